//! What must hold of the catalogue of WeChat's API, `crates/wechat/catalogue/`.

use std::collections::BTreeSet;
use std::fs;

use toml::{Table, Value};

use crate::exec;

const CALL: [&str; 14] = [
    "name",
    "path",
    "method",
    "host",
    "about",
    "doc",
    "who",
    "token",
    "body",
    "repeatable",
    "errors",
    "limits",
    "ask",
    "answer",
];
const NEEDED: [&str; 7] = ["name", "path", "method", "about", "who", "token", "body"];
const FIELD: [&str; 14] = [
    "at",
    "type",
    "about",
    "required",
    "optional",
    "loose",
    "values",
    "default",
    "min",
    "max",
    "max_chars",
    "max_bytes",
    "min_items",
    "max_items",
];
const TYPES: [&str; 14] = [
    "text", "int", "float", "flag", "bool", "time", "seconds", "date", "openid", "media_id", "url", "bytes", "enum",
    "json",
];
const BODIES: [&str; 4] = ["json", "multipart", "text", "none"];
const TOKENS: [&str; 4] = ["account", "user", "secret", "none"];

fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn tables<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Table> {
    table.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

/// Every file's name without its ending, and what is in it.
fn files() -> Vec<(String, Table)> {
    let folder = exec::root().join("crates/wechat/catalogue");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let toml = paths.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    toml.map(|path| {
        let table = fs::read_to_string(&path).unwrap().parse::<Table>();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, table.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    })
    .collect()
}

/// What is wrong with a field.
fn fault(field: &Table, asked: bool) -> Option<String> {
    let kind = text(field, "type");
    let wrong_side = if asked { "optional" } else { "required" };
    let values = field.contains_key("values");
    if let Some(unknown) = field.keys().find(|key| !FIELD.contains(&key.as_str())) {
        Some(format!("{unknown} means nothing"))
    } else if !TYPES.contains(&kind) {
        Some(format!("there is no type {kind:?}"))
    } else if field.contains_key(wrong_side) {
        Some(format!("{wrong_side} means nothing on this side"))
    } else if values && kind != "enum" {
        Some("values without enum".into())
    } else {
        None
    }
}

#[test]
fn every_call_and_field_of_the_catalogue_has_its_form() {
    let mut faults = Vec::new();
    for (file, family) in files().iter().filter(|(file, _)| file != "others") {
        assert_eq!(text(family, "family"), file, "a file is called as its family");
        let mut names = BTreeSet::new();
        for call in tables(family, "call") {
            let name = format!("{file}.{}", text(call, "name"));
            if !names.insert(name.clone()) {
                faults.push(format!("{name} stands twice"));
            }
            faults
                .extend(NEEDED.iter().filter(|key| text(call, key).is_empty()).map(|key| format!("{name}: no {key}")));
            let unknown = call.keys().filter(|key| !CALL.contains(&key.as_str()));
            faults.extend(unknown.map(|key| format!("{name}: {key} means nothing")));
            if !BODIES.contains(&text(call, "body")) || !TOKENS.contains(&text(call, "token")) {
                faults.push(format!("{name}: body or token"));
            }
            for side in ["ask", "answer"] {
                let mut places = BTreeSet::new();
                for field in tables(call, side) {
                    let at = text(field, "at");
                    faults.extend(fault(field, side == "ask").map(|what| format!("{name}: {side} {at:?}: {what}")));
                    if !places.insert(at) {
                        faults.push(format!("{name}: {side} {at:?} stands twice"));
                    }
                }
            }
        }
        assert!(!names.is_empty(), "{file} has no calls");
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn no_path_of_the_catalogue_stands_twice() {
    let mut seen = BTreeSet::new();
    for (file, table) in files() {
        for key in ["call", "other"] {
            for entry in tables(&table, key) {
                let place = (text(entry, "method").to_owned(), text(entry, "path").to_owned());
                assert!(seen.insert(place.clone()), "{file}: {place:?} stands twice");
            }
        }
    }
    assert!(seen.len() > 400, "only {}", seen.len());
}
