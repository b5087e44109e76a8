//! What must hold of the catalogue of WeChat's API, `crates/wechat/catalogue/`, and of what is made of it.

use std::collections::BTreeSet;
use std::fs;

use toml::{Table, Value};

use super::{coverage, files as made, model, plan, render, stale};
use crate::exec;

const FAMILY: [&str; 6] = ["family", "about", "handle", "handle_by_hand", "shared", "call"];
const CALL: [&str; 20] = [
    "name",
    "path",
    "method",
    "host",
    "retired",
    "beyond",
    "by_hand",
    "example",
    "names",
    "may_lack",
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
const FIELD: [&str; 18] = [
    "at",
    "type",
    "about",
    "required",
    "optional",
    "loose",
    "secret",
    "on_error",
    "empty",
    "example",
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
        let unknown = family.keys().filter(|key| !FAMILY.contains(&key.as_str()));
        faults.extend(unknown.map(|key| format!("{file}: {key} means nothing")));
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

#[test]
fn all_170_calls_of_the_platforms_table_have_a_method() {
    let families = model::families().unwrap();
    let calls: Vec<_> = families.iter().flat_map(|family| &family.calls).collect();
    assert_eq!(calls.iter().filter(|call| !call.beyond).count(), coverage::TABLE);
    let beyond: Vec<_> = calls.iter().filter(|call| call.beyond).map(|call| call.path.as_str()).collect();
    assert_eq!(beyond, ["/wxa/business/getuserphonenumber"]);
}

#[test]
fn what_is_said_to_be_written_by_hand_is() {
    for family in model::families().unwrap() {
        for call in &family.calls {
            let Some(file) = &call.by_hand else { continue };
            let path = exec::root().join("crates/wechat/src/client").join(file);
            let code = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = format!("fn {}", call.name);
            let is_there = code.match_indices(&name).any(|(at, _)| code[at + name.len()..].starts_with(['(', '<']));
            assert!(is_there, "{file} has no {} of {}", call.name, family.name);
        }
    }
}

#[test]
fn names_and_objects_that_may_lack_are_of_the_call() {
    for family in model::families().unwrap() {
        for call in &family.calls {
            let fields = || call.ask.iter().chain(&call.answer).map(|field| field.at.as_str());
            let there = |at: &str| fields().any(|it| it == at || it.starts_with(&format!("{at}.")));
            let ends = call.names.keys().filter(|at| !matches!(at.as_str(), "" | "?"));
            for at in ends.chain(&call.may_lack) {
                assert!(there(at), "{}.{}: there is no {at}", family.name, call.name);
            }
        }
    }
}

#[test]
fn what_is_made_of_the_catalogue_is_not_stale() {
    let stale: Vec<_> = stale().unwrap().iter().map(|file| file.name()).collect();
    assert_eq!(stale, Vec::<String>::new(), "run `cargo xtask catalogue`");
}

#[test]
fn what_is_made_has_a_method_for_every_call_that_is_not_by_hand() {
    let files = made().unwrap();
    for family in model::families().unwrap() {
        let name = format!("api/{}.rs", family.name);
        let code = files.iter().find(|(path, _)| path.ends_with(&name)).map(|(_, text)| text.as_str());
        for call in family.calls.iter().filter(|call| call.by_hand.is_none()) {
            let code = code.unwrap_or_else(|| panic!("no {name}"));
            assert!(code.contains(&format!("pub async fn {}", call.name)), "{}.{}", family.name, call.name);
            assert!(code.contains(&format!("`{} {}`", call.method, call.path)), "{}.{}", family.name, call.name);
        }
    }
}

/// The Rust of a family of these calls.
fn rust(calls: &str) -> String {
    let table = format!("family = \"things\"\nabout = \"Things.\"\n{calls}").parse().unwrap();
    let family = model::family(&table).unwrap();
    let code = render::module(&plan::Module::of(&family).unwrap());
    super::rustfmt("things.rs", &code).unwrap()
}

fn call(fields: &str) -> String {
    format!(
        "[[call]]\nname = \"make\"\npath = \"/things/make\"\nmethod = \"POST\"\nabout = \"Makes a thing.\"\nwho = \"all\"\n\
         token = \"account\"\nbody = \"json\"\nrepeatable = false\n{fields}"
    )
}

#[test]
fn few_plain_fields_are_arguments_and_are_checked() {
    let code = rust(&call(
        r#"names = { thing = "Thing: A thing." }
           ask = [{ at = "thing.name", type = "text", required = true, max_bytes = 30, about = "Its name." }]
           answer = [{ at = "thing.id", type = "int", about = "Its number." }, { at = "thing.name", type = "text", about = "Its name." }]"#,
    ));
    assert!(code.contains("pub async fn make(self, name: &str) -> Result<Thing>"), "{code}");
    assert!(code.contains("Check::of(path).bytes(\"thing.name\", name, 1..=30)?;"), "{code}");
    assert!(code.contains("json!({ \"thing\": { \"name\": name } })"), "{code}");
    assert!(code.contains(".json(&body).send_field(\"thing\").await"), "{code}");
}

#[test]
fn many_fields_are_a_struct_with_setters() {
    let code = rust(&call(
        r#"may_lack = ["page"]
           names = { page = "Page: A page." }
           ask = [
               { at = "to", type = "openid", required = true, about = "Who." },
               { at = "text.content", type = "text", max_chars = 600, about = "What." },
               { at = "page.id", type = "int", required = true, min = 1, about = "Which page." },
               { at = "page.open", type = "flag", about = "Whether it is open." },
               { at = "data.{}.value", type = "text", required = true, about = "A word." },
           ]"#,
    ));
    assert!(code.contains("pub async fn make(self, ask: &Make) -> Result<()>"), "{code}");
    assert!(code.contains("pub fn new(to: impl Into<String>) -> Self"), "{code}");
    assert!(code.contains("pub fn text(mut self, text: impl Into<String>) -> Self"), "{code}");
    assert!(code.contains("pub fn page(mut self, page: Page) -> Self"), "{code}");
    assert!(
        code.contains("pub fn data(mut self, name: impl Into<String>, value: impl Into<String>) -> Self"),
        "{code}"
    );
    assert!(code.contains("check.chars(\"text.content\", self.text.as_deref(), ..=600)?;"), "{code}");
    assert!(code.contains("it.check(&check.field(\"page\"))?;"), "{code}");
    assert!(code.contains("write as_content = \"content\";"), "{code}");
    assert!(code.contains("write_each each_value = \"value\";"), "{code}");
}

#[test]
fn a_struct_without_words_is_refused() {
    let two = call(
        r#"answer = [{ at = "a[].x", type = "int", about = "X." }, { at = "a[].y", type = "int", about = "Y." }]"#,
    );
    let table = format!("family = \"things\"\nabout = \"Things.\"\n{two}").parse().unwrap();
    let error = plan::Module::of(&model::family(&table).unwrap()).err().unwrap().to_string();
    assert_eq!(error, "things.make: `names` says nothing of A");
}

#[test]
fn one_name_for_two_requests_is_refused() {
    let two = call(
        r#"names = { "a[]" = "A: An a." }
                      ask = [{ at = "a[].x", type = "int", required = true, about = "X." }]"#,
    );
    let other = call(
        r#"names = { "a[]" = "A" }
                        ask = [{ at = "a[].y", type = "int", required = true, about = "Y." }]"#,
    );
    let table = format!("family = \"things\"\nabout = \"Things.\"\n{two}\n{other}").parse().unwrap();
    let family = model::family(&table).unwrap();
    let error = plan::Module::of(&family).err().unwrap().to_string();
    assert!(error.contains("A is two structs"), "{error}");
}
