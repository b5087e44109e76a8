//! From text and from JSON into stored form. What comes out needs no further check of its kind; rules come after it.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Fault, moment, number, words};
use crate::{Kind, Options};

/// Longest JSON text, in bytes.
const JSON: usize = 65_535;
/// Longest key of an upload.
const KEY: usize = 64;

/// The stored form of what a form's widget, a filter or a cell of a file holds; none when that is empty. Of a kind
/// that is a list, `text` is one entry.
///
/// # Errors
/// Why `text` is none of this kind.
pub fn from_text(kind: &Kind, text: &str, zone: &TimeZone) -> Result<Option<Value>, Fault> {
    // A password may begin with a space; nothing else does on purpose.
    let text = if matches!(kind, Kind::Password) { text } else { text.trim() };
    if text.is_empty() {
        return Ok(None);
    }
    let value = match kind {
        Kind::Integer => number::integer(text)?.into(),
        Kind::Decimal(scale) => number::decimal(text, *scale)?.into(),
        Kind::Money => number::money(text)?.into(),
        Kind::Percent => number::percent(text)?.into(),
        Kind::Boolean => boolean(text)?.into(),
        Kind::DateTime => moment::datetime(text, zone)?.into(),
        Kind::BelongsTo(_) | Kind::Many(_) => {
            number::integer(text).ok().filter(|id| *id > 0).ok_or_else(choice)?.into()
        }
        Kind::Json => {
            if text.len() > JSON {
                return Err(Fault::new("rules.max.json").with("max", JSON / 1024));
            }
            let value = serde_json::from_str(text).map_err(|e| Fault::new("rules.json.line").with("line", e.line()))?;
            return json(value);
        }
        Kind::String => wording(kind, &text.replace(['\r', '\n', '\t'], " "))?.into(),
        _ => wording(kind, text)?.into(),
    };
    Ok(Some(value))
}

/// The stored form of a JSON value of the API; none when it is `null` or an empty text. Of a kind that is a list,
/// `value` is one entry.
///
/// # Errors
/// Why `value` is none of this kind.
pub fn from_json(kind: &Kind, value: &Value) -> Result<Option<Value>, Fault> {
    match (kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Json, value) => {
            if value.to_string().len() > JSON {
                return Err(Fault::new("rules.max.json").with("max", JSON / 1024));
            }
            json(value.clone())
        }
        (Kind::Integer, Value::Number(_)) => whole(value, "rules.integer"),
        (Kind::Money, Value::Number(_)) => whole(value, "rules.fen"),
        (Kind::Percent, Value::Number(_)) => whole(value, "rules.basis_points"),
        (Kind::BelongsTo(_) | Kind::Many(_), Value::Number(_)) => {
            value.as_i64().filter(|id| *id > 0).map(|id| Some(id.into())).ok_or_else(choice)
        }
        (Kind::Decimal(scale), Value::String(text)) => Ok(Some(number::decimal(text, *scale)?.into())),
        (Kind::Decimal(scale), Value::Number(n)) => Ok(Some(number::decimal(&n.to_string(), *scale)?.into())),
        (Kind::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        (Kind::DateTime, Value::String(text)) => Ok(Some(moment::instant(text)?.into())),
        (Kind::Integer, _) => Err(Fault::new("rules.integer")),
        (Kind::Money, _) => Err(Fault::new("rules.fen")),
        (Kind::Percent, _) => Err(Fault::new("rules.basis_points")),
        (Kind::Decimal(scale), _) => Err(Fault::new("rules.decimal").with("places", scale)),
        (Kind::Boolean, _) => Err(Fault::new("rules.boolean")),
        (Kind::DateTime, _) => Err(Fault::new("rules.datetime")),
        (Kind::BelongsTo(_) | Kind::Many(_), _) => Err(choice()),
        (_, Value::String(text)) if text.is_empty() => Ok(None),
        (_, Value::String(text)) => wording(kind, text).map(|text| Some(text.into())),
        _ => Err(Fault::new("rules.string")),
    }
}

fn whole(value: &Value, otherwise: &'static str) -> Result<Option<Value>, Fault> {
    let number = value.as_i64().ok_or_else(|| Fault::new(otherwise))?;
    if number.unsigned_abs() > number::MOST.unsigned_abs() {
        return Err(Fault::new("rules.too_large").with("max", number::MOST));
    }
    Ok(Some(value.clone()))
}

fn choice() -> Fault {
    Fault::new("rules.choice")
}

/// Any JSON but a character that PostgreSQL refuses in it.
fn json(value: Value) -> Result<Option<Value>, Fault> {
    fn has_nul(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(list) => list.iter().any(has_nul),
            Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
            _ => false,
        }
    }
    if has_nul(&value) {
        return Err(Fault::new("rules.characters"));
    }
    Ok((!value.is_null()).then_some(value))
}

fn boolean(text: &str) -> Result<bool, Fault> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "on" | "yes" | "y" | "是" | "对" => Ok(true),
        "0" | "false" | "off" | "no" | "n" | "否" | "不" => Ok(false),
        _ => Err(Fault::new("rules.boolean")),
    }
}

/// The stored form of a kind that is a text.
fn wording(kind: &Kind, text: &str) -> Result<String, Fault> {
    let several_lines = matches!(kind, Kind::Text | Kind::RichText);
    let text = if several_lines { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() };
    if text.chars().any(|c| c.is_control() && !(several_lines && matches!(c, '\n' | '\t'))) {
        return Err(Fault::new("rules.characters"));
    }
    let checked = |fits: bool, key| if fits { Ok(text.clone()) } else { Err(Fault::new(key)) };
    match kind {
        Kind::Date => moment::date(&text),
        Kind::Time => moment::time(&text),
        Kind::Colour => words::colour(&text).ok_or_else(|| Fault::new("rules.colour")),
        Kind::Phone => words::phone(&text).ok_or_else(|| Fault::new("rules.phone")),
        Kind::Email => checked(words::email(&text), "rules.email"),
        Kind::Url => checked(words::url(&text), "rules.url"),
        Kind::Select(options) | Kind::Radio(options) | Kind::MultiSelect(options) => match options {
            Options::Fixed(known) => checked(known.contains(&text.as_str()), "rules.choice"),
            Options::Asked(_) => Ok(text),
        },
        Kind::Image(_) | Kind::File(_) => {
            let is_key =
                text.len() <= KEY && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            checked(is_key, "rules.upload")
        }
        _ => Ok(text),
    }
}
