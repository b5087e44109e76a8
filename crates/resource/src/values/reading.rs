//! Values as people and programs read them.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Labels, moment, number};
use crate::{Field, Kind, Record, Resource, Say};

/// What a person reads of `field`; empty when there is nothing. Plain text: the page escapes it.
pub fn read(r: &Resource, field: &Field, record: &Record, texts: &dyn Say, zone: &TimeZone, labels: &Labels) -> String {
    if let Some(reading) = &field.reading {
        return reading(record);
    }
    let word = |value: &str| option_label(r, field, value, texts, labels);
    if let Kind::Computed(compute) = &field.kind {
        // A word that has a text reads as it, like one that is chosen.
        return match compute(record) {
            Value::String(text) => word(&text),
            value => text_of(&value),
        };
    }
    let value = record.get(field.name);
    match (&field.kind, value) {
        (_, Value::Null) => String::new(),
        (Kind::Money | Kind::Percent | Kind::Decimal(_), Value::Number(_)) => {
            number_or_text(value, |n| amount(&field.kind, n))
        }
        (Kind::Boolean, Value::Bool(yes)) => texts.say(if *yes { "rules.yes" } else { "rules.no" }, &[]),
        (Kind::DateTime, Value::Number(_)) => number_or_text(value, |ms| moment::for_people(ms, zone)),
        (Kind::Time, Value::String(time)) => time.strip_suffix(":00").unwrap_or(time).to_owned(),
        (Kind::BelongsTo(_), Value::Number(_)) => number_or_text(value, |id| title(field, id, labels)),
        (Kind::Select(_) | Kind::Radio(_), Value::String(chosen)) => word(chosen),
        (Kind::MultiSelect(_), Value::Array(all)) => {
            joined(all.iter().map(|one| word(one.as_str().unwrap_or_default())), texts)
        }
        (Kind::Many(_), Value::Array(all)) => {
            joined(all.iter().filter_map(Value::as_i64).map(|id| title(field, id, labels)), texts)
        }
        (Kind::Image(_) | Kind::File(_) | Kind::Inline(_), Value::Array(all)) => all.len().to_string(),
        (Kind::RichText, Value::String(html)) => crate::validate::html::text(html),
        (Kind::Password, _) => String::new(),
        _ => text_of(value),
    }
}

/// The label of a choice: the one that was asked for, the catalogue's, or the bare word.
pub fn option_label(r: &Resource, field: &Field, value: &str, texts: &dyn Say, labels: &Labels) -> String {
    if let Some(label) = labels.word(field.name, value) {
        return label.to_owned();
    }
    texts.find(&format!("{}.options.{}.{value}", r.name, field.name)).unwrap_or_else(|| value.to_owned())
}

fn title(field: &Field, id: i64, labels: &Labels) -> String {
    labels.of(field.name, id).map_or_else(|| format!("#{id}"), str::to_owned)
}

fn joined(all: impl Iterator<Item = String>, texts: &dyn Say) -> String {
    let between = if texts.tag().starts_with("zh") { "、" } else { ", " };
    all.collect::<Vec<_>>().join(between)
}

fn number_or_text(value: &Value, reading: impl FnOnce(i64) -> String) -> String {
    value.as_i64().map_or_else(|| text_of(value), reading)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value of a form's widget, and of a cell of an exported file: [`super::from_text`] makes the same value of it. Of
/// a kind that is a list, `value` is one entry or, for a cell, all of them, with commas between.
pub fn input_value(field: &Field, value: &Value, zone: &TimeZone) -> String {
    match (&field.kind, value) {
        (Kind::Password, _) => String::new(),
        (Kind::Json, Value::Null) => String::new(),
        (Kind::Json, value) => serde_json::to_string_pretty(value).unwrap_or_default(),
        (_, Value::Array(all)) => all.iter().map(|one| input_value(field, one, zone)).collect::<Vec<_>>().join(","),
        (Kind::Money, Value::Number(_)) => number_or_text(value, |fen| number::plain(fen, 2)),
        (Kind::Percent, Value::Number(_)) => number_or_text(value, |n| number::trimmed(n, 2)),
        (Kind::Decimal(scale), Value::Number(_)) => number_or_text(value, |n| number::plain(n, *scale)),
        (Kind::DateTime, Value::Number(_)) => number_or_text(value, |ms| moment::for_input(ms, zone)),
        (Kind::Boolean, Value::Bool(yes)) => if *yes { "1" } else { "0" }.to_owned(),
        _ => text_of(value),
    }
}

/// The value in the JSON API: a moment in RFC 3339, a decimal as text, rows of another table as objects of such
/// values, else the stored form (fen, basis points).
pub fn to_api(field: &Field, value: &Value) -> Value {
    match (&field.kind, value.as_i64()) {
        (Kind::DateTime, Some(ms)) => moment::for_api(ms).map_or_else(|| value.clone(), Value::String),
        (Kind::Decimal(scale), Some(n)) => number::plain(n, *scale).into(),
        (Kind::Inline(rows), _) => {
            let row = |row: &Value| {
                let mut row = row.clone();
                for field in &rows.fields {
                    if let Some(value) = row.get_mut(field.name) {
                        *value = to_api(field, value);
                    }
                }
                row
            };
            value.as_array().map_or_else(|| value.clone(), |all| all.iter().map(row).collect())
        }
        _ => value.clone(),
    }
}

/// An amount of a kind that is a number, as people read it.
pub(crate) fn amount(kind: &Kind, value: i64) -> String {
    match kind {
        Kind::Money => number::yuan(value),
        Kind::Percent => format!("{} %", number::trimmed(value, 2)),
        Kind::Decimal(scale) => number::grouped(&number::plain(value, *scale)),
        _ => value.to_string(),
    }
}
