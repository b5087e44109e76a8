//! Every type with every rule: what is made is Rust and TOML, formatted.

use std::{path::Path, process::Command};

use super::*;
use crate::{
    generate::{TYPES, render::facts},
    validate::NAMES,
};

/// Each rule as it is typed.
pub(super) const RULES: &[&str] = &[
    "required",
    "required_with:other",
    "min:2",
    "max:20",
    "between:2,20",
    "size:4",
    "in:red,green",
    "not_in:red,green",
    "unique",
    "exists:others,id",
    "email",
    "url",
    "ip",
    "date",
    "before:2030-01-01",
    "after:today",
    r#"regex:/^[a-z]\d"?|x$/i"#,
    "alpha",
    "alpha_num",
    "alpha_dash",
    "numeric",
    "integer",
    "digits:6",
    "digits_between:4,6",
    "confirmed",
    "different:other",
    "same:other",
    "boolean",
    "json",
    "nullable",
    "accepted",
    "image",
    "mimes:png,pdf",
];

/// A resource with a field of the type `word` for each rule.
pub(super) fn of_type(word: &str) -> Spec {
    let fields = RULES.iter().map(|rule| {
        let name = format!("with_{}", rule.split(':').next().unwrap());
        let field = field(&name, word, &[rule]);
        let field = if matches!(field.form, FormKind::Select | FormKind::Radio | FormKind::MultiSelect) {
            field.options("red,green:Grün")
        } else {
            field
        };
        if *rule == "nullable" { field.nullable() } else { field }
    });
    let other = field("other", word, &[]).options("red,green");
    spec(&format!("every_{word}s"), &format!("every_{word}"), fields.chain([other]).collect())
}

/// All that is made of every type.
fn all() -> Vec<Plan> {
    TYPES.iter().map(|known| made(&of_type(known.word))).collect()
}

#[test]
fn the_rules_here_are_all_there_are() {
    let mut names: Vec<&str> = RULES.iter().map(|rule| rule.split(':').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, NAMES);
}

/// Where rustfmt is not there, nothing is checked.
fn formatted(files: &[(String, String)]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = files.iter().map(|(path, text)| (folder.path().join(path.replace('/', "_")), text)).collect();
    for (path, text) in &paths {
        std::fs::write(path, text).unwrap();
    }
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rustfmt.toml");
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--check", "--edition", "2024", "--config-path"]).arg(config);
    match rustfmt.args(paths.iter().map(|(path, _)| path)).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()),
        Err(_) => Ok(()),
    }
}

#[test]
fn every_rust_file_is_formatted() {
    let mut only_api = ecommerces();
    only_api.only_api = true;
    let plans = all().into_iter().chain([made(&ecommerces()), made(&only_api)]);
    let files = plans.enumerate().flat_map(|(at, plan)| {
        let rust = plan.files.into_iter().filter(|file| file.path.ends_with(".rs"));
        rust.map(move |file| (format!("{at}_{}", file.path), file.text)).collect::<Vec<_>>()
    });
    let files: Vec<_> = files.collect();
    assert!(files.len() > 4 * TYPES.len(), "{}", files.len());
    formatted(&files).unwrap_or_else(|diff| panic!("{diff}"));
}

#[test]
fn both_languages_have_the_same_keys() {
    for plan in all() {
        let keys = |locale: &str| {
            let end = format!("{}.toml", plan.name);
            let found = plan.files.iter().find(|file| file.path.contains(locale) && file.path.ends_with(&end)).unwrap();
            let table: toml::Table = found.text.parse().unwrap();
            let mut keys = Vec::new();
            walk("", &table, &mut keys);
            keys
        };
        assert_eq!(keys("/zh-CN/"), keys("/en/"), "{}", plan.name);
        assert!(keys("/en/").len() > RULES.len(), "{}", plan.name);
    }
}

fn walk(prefix: &str, table: &toml::Table, keys: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => walk(&format!("{prefix}{key}."), inner, keys),
            toml::Value::String(text) => {
                assert!(!text.is_empty(), "{prefix}{key}");
                keys.push(format!("{prefix}{key}"));
            }
            other => panic!("{prefix}{key}: {other}"),
        }
    }
}

#[test]
fn no_rule_is_lost_in_the_declaration() {
    for known in TYPES {
        let spec = of_type(known.word);
        let plan = made(&spec);
        let resource = file(&plan, &format!("admin/{}.rs", plan.name));
        for field in &spec.fields {
            let mut fields = resource.lines().filter(|line| line.contains(".field("));
            let line = fields.find(|line| line.contains(&format!("(\"{}\"", field.name))).unwrap();
            for (rule, text) in facts::rules(field) {
                let call = match rule {
                    Rule::Required | Rule::Unique => format!(".{}()", rule.name()),
                    Rule::Min(n) | Rule::Max(n) => format!(".{}({n})", rule.name()),
                    Rule::Nullable if facts::is_list(field.form) => String::new(),
                    Rule::Nullable => ".nullable()".to_owned(),
                    Rule::Regex(_) => format!(".rules(r#\"{text}\"#)"),
                    _ => format!(".rules(\"{text}\")"),
                };
                assert!(line.contains(&call), "{}: {line}", known.word);
            }
        }
    }
}

/// A value that a test expects to be refused is refused by the rule or the kind it is there for.
#[test]
fn each_rule_that_a_value_can_break_is_shown_broken() {
    let shown = |word: &str, name: &str| {
        let spec = of_type(word);
        let field = format!("\"with_{name}\"");
        let all = crate::generate::render::refusals::of(&spec).into_iter().filter(|refusal| refusal.field == field);
        all.map(|refusal| refusal.value).collect::<Vec<_>>().join(" ")
    };
    for (word, rule, values) in [
        ("string", "required", r#""""#),
        ("string", "min", r#""x""#),
        ("string", "max", r#"&"x".repeat(21)"#),
        ("string", "size", r#""xxxxx""#),
        ("string", "in", r#""none of these""#),
        ("string", "not_in", r#""red""#),
        ("string", "unique", ""),
        ("string", "regex", r#""?""#),
        ("string", "before", r#""2030-01-01""#),
        ("string", "after", r#""1000-01-01""#),
        ("string", "digits", r#""1111111""#),
        ("string", "confirmed", ""),
        ("string", "ip", r#""300.1.1.1""#),
        ("text", "digits_between", r#""1111111""#),
        ("integer", "alpha", r#""one" "a1""#),
        ("integer", "min", r#""one" "1""#),
        ("integer", "numeric", r#""one""#),
        ("integer", "in", r#""one" "0""#),
        ("integer", "boolean", r#""one" "2""#),
        ("integer", "exists", r#""one" "999999999""#),
        ("money", "max", r#""one" "0.21""#),
        ("decimal", "min", r#""one" "0.01""#),
        ("float", "between", r#""one" "0.0021""#),
        ("boolean", "accepted", r#""maybe" "0""#),
        ("boolean", "required", r#""maybe""#),
        ("datetime", "before", r#""soon" "2030-01-01T00:00""#),
        ("date", "after", r#""2026-02-30" "1000-01-01""#),
        ("email", "email", r#""nobody""#),
        ("url", "required", r#""nowhere" """#),
        ("select", "required", r#""none of these" """#),
        ("image", "required", r#""""#),
        ("image", "mimes", ""),
        ("password", "min", r#""x""#),
    ] {
        assert_eq!(shown(word, rule), values, "{word} {rule}");
    }
}
