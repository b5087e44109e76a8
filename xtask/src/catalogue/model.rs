//! The catalogue as it is read from its files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::exec::{self, Context as _, Error, Result};

/// Where the catalogue lies.
pub(super) fn folder() -> PathBuf {
    exec::root().join("crates/wechat/catalogue")
}

/// One file: a method of the client that gives the calls of a family.
pub(super) struct Family {
    pub(super) name: String,
    pub(super) about: String,
    /// The type that the calls are methods of.
    pub(super) handle: String,
    /// Whether that type is written by hand.
    pub(super) handle_by_hand: bool,
    /// Functions that make the calls of several methods, and the fields these ask with.
    pub(super) shared: BTreeMap<String, Vec<String>>,
    pub(super) calls: Vec<Call>,
}

/// One call, as the README of the catalogue says.
pub(super) struct Call {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) method: String,
    pub(super) host: Option<String>,
    pub(super) about: String,
    pub(super) doc: Option<String>,
    pub(super) who: String,
    pub(super) token: String,
    pub(super) body: String,
    pub(super) repeatable: bool,
    pub(super) retired: Option<String>,
    pub(super) beyond: bool,
    pub(super) by_hand: Option<String>,
    /// What an example sets besides what is required.
    pub(super) example: Option<String>,
    pub(super) errors: Vec<i64>,
    pub(super) limits: Vec<String>,
    /// Names of types, by what is described: `Name`, or `Name: what it is.`
    pub(super) names: BTreeMap<String, String>,
    /// Objects that may be left out although something inside them is required.
    pub(super) may_lack: Vec<String>,
    pub(super) ask: Vec<Field>,
    pub(super) answer: Vec<Field>,
}

/// One field of a request or an answer.
#[derive(Clone)]
pub(super) struct Field {
    pub(super) at: String,
    pub(super) kind: String,
    pub(super) about: String,
    pub(super) required: bool,
    pub(super) optional: bool,
    pub(super) loose: bool,
    pub(super) secret: bool,
    /// It is told together with an errcode, and so is no part of an answer that went well.
    pub(super) on_error: bool,
    pub(super) empty: bool,
    pub(super) values: Vec<String>,
    pub(super) example: Option<String>,
    pub(super) has_default: bool,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) max_chars: Option<i64>,
    pub(super) max_bytes: Option<i64>,
    pub(super) min_items: Option<i64>,
    pub(super) max_items: Option<i64>,
}

/// A call without a method of its own.
pub(super) struct Other {
    pub(super) path: String,
    pub(super) method: String,
    pub(super) about: String,
    pub(super) family: String,
    pub(super) retired: bool,
}

impl Call {
    /// The appid, the secret: what the client knows of itself.
    pub(super) fn is_own(field: &Field) -> bool {
        matches!(field.at.trim_start_matches('?'), "appid" | "secret" | "appsecret")
    }

    /// What is the same in every request, such as `grant_type`.
    pub(super) fn constant(field: &Field) -> Option<&str> {
        let fixed = field.required && field.has_default && field.values.len() == 1;
        fixed.then(|| field.values[0].as_str())
    }

    /// A picture, by URL or as a file.
    pub(super) fn takes_picture(&self) -> bool {
        self.ask.iter().any(|field| field.at == "?img_url") && self.ask.iter().any(|field| field.at == "@img")
    }
}

impl Field {
    /// What comes of `field.at` when nothing tells where it lies: `tag.name` of `?tag.name`.
    pub(super) fn place(&self) -> &str {
        self.at.trim_start_matches(['?', '@'])
    }
}

/// All families, in the order of their files' names.
pub(super) fn families() -> Result<Vec<Family>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder()).context("the catalogue")? {
        let path = entry.context("the catalogue")?.path();
        if path.extension().is_some_and(|it| it == "toml") && path.file_stem().is_some_and(|it| it != "others") {
            names.push(path);
        }
    }
    names.sort();
    names.iter().map(|path| family(&read(path)?)).collect()
}

/// The calls without a method.
pub(super) fn others() -> Result<Vec<Other>> {
    let table = read(&folder().join("others.toml"))?;
    let other = |table: &Table| Other {
        path: text(table, "path"),
        method: text(table, "method"),
        about: text(table, "about"),
        family: text(table, "family"),
        retired: text(table, "state") == "retired",
    };
    Ok(tables(&table, "other").map(other).collect())
}

/// The family of a file's text.
pub(super) fn family(table: &Table) -> Result<Family> {
    let name = text(table, "family");
    let handle = some(table, "handle").unwrap_or_else(|| super::words::camel(&name));
    let calls = tables(table, "call").map(call).collect::<Result<_>>()?;
    let shared = table.get("shared").and_then(Value::as_table);
    let shared = shared.map(|it| it.keys().map(|name| (name.clone(), texts(it, name))).collect()).unwrap_or_default();
    Ok(Family {
        shared,
        handle,
        handle_by_hand: table.contains_key("handle_by_hand"),
        about: text(table, "about"),
        name,
        calls,
    })
}

fn call(table: &Table) -> Result<Call> {
    let fields = |side| tables(table, side).map(field).collect();
    let names = table.get("names").and_then(Value::as_table).into_iter().flatten();
    let names = names.map(|(at, name)| (at.clone(), name.as_str().unwrap_or_default().to_owned())).collect();
    let call = Call {
        name: text(table, "name"),
        path: text(table, "path"),
        method: text(table, "method"),
        host: some(table, "host"),
        about: text(table, "about"),
        doc: some(table, "doc"),
        who: text(table, "who"),
        token: text(table, "token"),
        body: text(table, "body"),
        repeatable: is(table, "repeatable"),
        retired: some(table, "retired"),
        beyond: is(table, "beyond"),
        by_hand: some(table, "by_hand"),
        example: some(table, "example"),
        errors: list(table, "errors").filter_map(Value::as_integer).collect(),
        limits: texts(table, "limits"),
        names,
        may_lack: texts(table, "may_lack"),
        ask: fields("ask"),
        answer: fields("answer"),
    };
    match ["GET", "POST"].contains(&call.method.as_str()) {
        true => Ok(call),
        false => Err(Error::new(format!("{}: the method {:?}", call.name, call.method))),
    }
}

fn field(table: &Table) -> Field {
    let number = |key| table.get(key).and_then(Value::as_integer);
    Field {
        at: text(table, "at"),
        kind: text(table, "type"),
        about: text(table, "about"),
        required: is(table, "required"),
        optional: is(table, "optional"),
        loose: is(table, "loose"),
        secret: is(table, "secret"),
        on_error: is(table, "on_error"),
        empty: is(table, "empty"),
        values: texts(table, "values"),
        example: some(table, "example"),
        has_default: table.contains_key("default"),
        min: number("min"),
        max: number("max"),
        max_chars: number("max_chars"),
        max_bytes: number("max_bytes"),
        min_items: number("min_items"),
        max_items: number("max_items"),
    }
}

fn read(path: &Path) -> Result<Table> {
    fs::read_to_string(path).context(path.display())?.parse().context(path.display())
}

fn text(table: &Table, key: &str) -> String {
    some(table, key).unwrap_or_default()
}

fn some(table: &Table, key: &str) -> Option<String> {
    table.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn is(table: &Table, key: &str) -> bool {
    table.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn list<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Value> {
    table.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn texts(table: &Table, key: &str) -> Vec<String> {
    list(table, key).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn tables<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Table> {
    list(table, key).filter_map(Value::as_table)
}
