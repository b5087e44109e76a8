//! What must hold of the repository's files, whatever they say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::exec;

/// The Chinese help of the command line: in English it stands beside the commands, and puzi's own test compares the two.
const HELP: &str = "help.toml";

/// Every text's key, as `file: outer.inner`, of one language.
fn keys(language: &str) -> BTreeSet<String> {
    let dir = exec::root().join("locales").join(language);
    let mut keys = BTreeSet::new();
    for entry in fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with(HELP) {
            continue;
        }
        let file = path.file_stem().unwrap().to_str().unwrap();
        for (key, text) in texts(&path) {
            assert!(!text.trim().is_empty(), "{} has no text for {key}", path.display());
            keys.insert(format!("{file}: {key}"));
        }
    }
    keys
}

fn texts(path: &Path) -> BTreeMap<String, String> {
    let source = fs::read_to_string(path).unwrap();
    let value: serde_json::Value = match path.extension().and_then(|e| e.to_str()) {
        Some("json") => serde_json::from_str(&source).unwrap(),
        Some("toml") => serde_json::to_value(source.parse::<toml::Table>().unwrap()).unwrap(),
        _ => panic!("{} is neither JSON nor TOML", path.display()),
    };
    let mut texts = BTreeMap::new();
    flatten("", &value, &mut texts);
    texts
}

fn flatten(prefix: &str, value: &serde_json::Value, into: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, inner) in map {
                flatten(&if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") }, inner, into);
            }
        }
        other => {
            into.insert(prefix.to_owned(), other.as_str().unwrap_or_default().to_owned());
        }
    }
}

#[test]
fn both_languages_have_the_same_texts() {
    let (zh, en) = (keys("zh-CN"), keys("en"));
    assert!(!zh.is_empty(), "no texts at all");
    assert_eq!(zh.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "only in zh-CN");
    assert_eq!(en.difference(&zh).collect::<Vec<_>>(), Vec::<&String>::new(), "only in en");
}

/// The names in `{…}` and `%{…}`, which the program fills in.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn a_text_has_the_same_placeholders_in_both_languages() {
    let dir = exec::root().join("locales");
    for entry in fs::read_dir(dir.join("zh-CN")).unwrap() {
        let file = entry.unwrap().file_name();
        if file == HELP {
            continue;
        }
        let (zh, en) = (texts(&dir.join("zh-CN").join(&file)), texts(&dir.join("en").join(&file)));
        for (key, text) in &zh {
            assert_eq!(placeholders(text), placeholders(&en[key]), "{key} in {}", file.display());
        }
    }
}

#[test]
fn both_readmes_name_the_two_commands_a_newcomer_needs() {
    for file in ["README.md", "README.zh-CN.md"] {
        let text = fs::read_to_string(exec::root().join(file)).unwrap();
        for command in ["cargo xtask demo", "cargo xtask test"] {
            assert!(text.contains(command), "{file} does not say `{command}`");
        }
    }
}
