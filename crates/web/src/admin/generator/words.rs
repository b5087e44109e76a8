//! The types that a column may become, as its select shows them.

use puzi_resource::generate::{ColumnKind, TableColumn};

use crate::admin::desk::Desk;

/// Of words that mean the same here, the one that says it best.
const TEXT: &[&str] = &[
    "string",
    "text",
    "rich_text",
    "email",
    "phone",
    "url",
    "password",
    "enum",
    "radio",
    "multi_select",
    "date",
    "time",
    "colour",
    "json",
    "image",
    "file",
];
const INTEGER: &[&str] = &["integer", "money", "percent", "decimal", "datetime", "smallint", "mediumint", "tinyint"];
const BOOLEAN: &[&str] = &["boolean"];

/// A type of the select.
pub(super) struct Word {
    /// As `--fields` says it.
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// All of them, each with what it means.
pub(super) fn all(desk: &Desk) -> Vec<(&'static str, String)> {
    // `enum` is another name for it, which takes its choices in parentheses.
    let words = [TEXT, INTEGER, BOOLEAN].concat().into_iter().map(|word| if word == "enum" { "select" } else { word });
    words.map(|word| (word, desk.t(&format!("generate.types.{word}")))).collect()
}

/// What `column` may become; `usual` is what it becomes by itself, `chosen` what was chosen.
pub(super) fn of(desk: &Desk, column: &TableColumn, usual: &str, chosen: &str) -> Vec<Word> {
    let of_kind = match column.kind() {
        Some(ColumnKind::Text) => TEXT,
        Some(ColumnKind::Integer) => INTEGER,
        Some(ColumnKind::Boolean) => BOOLEAN,
        None => &[],
    };
    let mut values = vec![usual.to_owned()];
    values.extend(of_kind.iter().filter(|word| **word != base(usual)).map(|word| with_choices(column, word)));
    // What was sent and stands in no list stays, and is refused with its place.
    if !values.iter().any(|value| value == chosen) {
        values.push(chosen.to_owned());
    }
    let word = |value: String| Word { label: label(desk, &value), chosen: value == chosen, value };
    values.into_iter().map(word).collect()
}

/// A choice among the words that the table allows.
fn with_choices(column: &TableColumn, word: &str) -> String {
    let words = column.options.join(",");
    match word {
        "enum" if !words.is_empty() => format!("enum({words})"),
        "radio" | "multi_select" if !words.is_empty() => format!("{word}#options={words}"),
        word => word.to_owned(),
    }
}

fn base(word: &str) -> &str {
    word.split(['(', '#']).next().unwrap_or(word).trim()
}

/// `string(40) · one line of text`.
fn label(desk: &Desk, word: &str) -> String {
    let key = format!("generator.words.{}", base(word));
    match crate::texts::find(desk.locale, &key) {
        Some(text) => format!("{} · {text}", word.replace('#', " ")),
        None => word.to_owned(),
    }
}
