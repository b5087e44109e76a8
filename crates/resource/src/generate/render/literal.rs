//! Rust and TOML as people write them.

/// Columns of a line, as in rustfmt.toml.
const WIDTH: usize = 120;

/// A text in quotes.
pub(super) fn text(text: &str) -> String {
    let raw = (text.contains('\\') || text.contains('"')) && !text.chars().any(char::is_control);
    if !raw {
        return format!("{text:?}");
    }
    // As many hashes as keep a quote in the text from ending it.
    let quotes = (0..).find(|n| !text.contains(&format!("\"{}", "#".repeat(*n))));
    let hashes = "#".repeat(quotes.unwrap_or_default());
    format!("r{hashes}\"{text}\"{hashes}")
}

/// A number, its thousands apart.
pub(super) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// Texts in quotes with commas between.
pub(super) fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    texts.into_iter().map(text).collect::<Vec<_>>().join(", ")
}

/// `use {path}::{…};` on one line, or as rustfmt fills several.
pub(super) fn import(path: &str, mut names: Vec<&str>) -> String {
    names.sort_unstable();
    names.dedup();
    if let [name] = names[..] {
        return format!("use {path}::{name};");
    }
    let line = format!("use {path}::{{{}}};", names.join(", "));
    if fits(0, &line) {
        return line;
    }
    let mut lines = vec![String::new()];
    for name in names {
        let line = lines.last_mut().filter(|line| fits(4, &format!("{line} {name},")));
        match line {
            Some(line) if line.is_empty() => line.push_str(&format!("{name},")),
            Some(line) => line.push_str(&format!(" {name},")),
            None => lines.push(format!("{name},")),
        }
    }
    format!("use {path}::{{\n    {}\n}};", lines.join("\n    "))
}

/// Whether `line` fits with so many spaces before it.
pub(super) fn fits(indent: usize, line: &str) -> bool {
    indent + crate::table::width(line) <= WIDTH
}

/// A key of TOML: bare where it can be.
pub(super) fn toml_key(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_owned() } else { toml_text(key) }
}

/// A text of TOML, in double quotes.
pub(super) fn toml_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `post_id` as a variant of an enum: `PostId`.
pub(super) fn variant(name: &str) -> String {
    heck::AsUpperCamelCase(name).to_string()
}

/// `post_id` as a constant: `POST_ID`.
pub(super) fn constant(name: &str) -> String {
    name.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_people_do() {
        assert_eq!(text("open"), r#""open""#);
        assert_eq!(text("标题"), r#""标题""#);
        assert_eq!(text(r"regex:/^\d+$/"), r#"r"regex:/^\d+$/""#);
        assert_eq!(text(r#"a"b"#), r##"r#"a"b"#"##);
        assert_eq!(text("a\"#b"), "r##\"a\"#b\"##");
        assert_eq!(text("a\n\"b"), r#""a\n\"b""#);
        assert_eq!(number(1_000), "1_000");
        assert_eq!(number(-128), "-128");
        assert_eq!(number(9_007_199_254_740_991), "9_007_199_254_740_991");
    }

    #[test]
    fn toml_is_quoted_where_it_must_be() {
        assert_eq!(toml_key("in_stock-2"), "in_stock-2");
        assert_eq!(toml_key("in stock"), "\"in stock\"");
        let all = "a\"b\\c\td\ne\u{7}现货";
        let parsed: toml::Table = format!("{} = {}", toml_key(all), toml_text(all)).parse().unwrap();
        assert_eq!(parsed[all].as_str(), Some(all));
    }

    #[test]
    fn many_imports_fill_lines() {
        assert_eq!(import("a", vec!["text", "Resource", "text"]), "use a::{Resource, text};");
        assert_eq!(import("a", vec!["Resource"]), "use a::Resource;");
        let names: Vec<String> = (10..40).map(|n| format!("name{n}")).collect();
        let lines = import("a", names.iter().map(String::as_str).collect());
        assert!(lines.lines().all(|line| line.len() <= 120), "{lines}");
        assert!(lines.lines().nth(1).is_some_and(|line| line.len() > 110), "{lines}");
    }
}
