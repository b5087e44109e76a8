//! Names and sentences of generated code.

/// `SendAll` of `send_all`, `EnUs` of `en_US`.
pub(super) fn camel(name: &str) -> String {
    let parts = snake(name);
    let capital = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let name: String = parts.split('_').map(capital).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("V{parts}") } else { name }
}

/// `pri_tmpl_id` of `priTmplId`, `dom` of `DOM`, `qr_str_scene` of `QR_STR_SCENE`.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut before = '_';
    for letter in name.chars() {
        let letter = if letter.is_ascii_alphanumeric() { letter } else { '_' };
        if letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
        before = letter;
    }
    out
}

/// The Rust name of a field.
pub(super) fn member(json: &str) -> String {
    match snake(json).as_str() {
        "type" => "kind".to_owned(),
        "msgtype" => "kind".to_owned(),
        "tagid" => "tag_id".to_owned(),
        other => other.to_owned(),
    }
}

/// The Rust name of an argument, which stands without the name of its object or list.
pub(super) fn argument(json: &str) -> String {
    match member(json).as_str() {
        "openid_list" => "openids".to_owned(),
        "keyword_name_list" => "keywords".to_owned(),
        other => other.to_owned(),
    }
}

/// One of what a list's name says: `Article` of `articles`, `Result` of `result_list`.
pub(super) fn singular(json: &str) -> String {
    let name = snake(json);
    let name = ["_list", "_info", "list"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let name = match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => name.strip_suffix('s').unwrap_or(name).to_owned(),
    };
    camel(&name)
}

/// `1_048_576` of 1048576.
pub(super) fn number(number: i64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// `1,048,576` of 1048576.
pub(super) fn count(count: i64) -> String {
    number(count).replace('_', ",")
}

/// `a, b and c`.
pub(super) fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A space at which no line is broken.
pub(super) const GLUE: char = '\u{a0}';

/// A doc comment of `text`, broken into lines that rustfmt leaves alone. A paragraph that begins with a space or with
/// `#`, `-`, `|` keeps its own lines.
pub(super) fn doc(text: &str, indent: usize) -> String {
    let mut out = String::new();
    for line in text.split('\n') {
        let mut left = 120 - indent - 4;
        let hang = if line.starts_with("- ") { "  " } else { "" };
        let mut current = String::new();
        for word in line.split(' ') {
            let width = word.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum::<usize>() + 1;
            if width > left && !current.is_empty() && !line.starts_with('|') {
                out.push_str(&format!("/// {}\n", current.trim_end()));
                left = 120 - indent - 4 - hang.len();
                current = hang.to_owned();
            }
            left = left.saturating_sub(width);
            current.push_str(word);
            current.push(' ');
        }
        out.push_str(format!("/// {}", current.trim_end()).trim_end());
        out.push('\n');
    }
    out.replace(GLUE, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_rust() {
        assert_eq!(camel("send_all"), "SendAll");
        assert_eq!(camel("QR_STR_SCENE"), "QrStrScene");
        assert_eq!(camel("zh_CN"), "ZhCn");
        assert_eq!(camel("2.35_1"), "V2_35_1");
        assert_eq!(snake("keywordEnumValueList"), "keyword_enum_value_list");
        assert_eq!(member("type"), "kind");
        assert_eq!(singular("categories"), "Category");
        assert_eq!(singular("result_list"), "Result");
        assert_eq!(number(1_048_576), "1_048_576");
        assert_eq!(count(600), "600");
    }

    #[test]
    fn comments_stay_within_the_line() {
        let text = "word ".repeat(60);
        let lines = doc(text.trim(), 4);
        assert!(lines.lines().all(|line| line.len() <= 116), "{lines}");
        assert_eq!(lines.matches("word").count(), 60);
        assert_eq!(doc("- a\n\nb", 0), "/// - a\n///\n/// b\n");
    }
}
