//! Cells: what a value is in a sheet, and the text of a cell as a form would send it.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::{Field, Kind, Labels, Record, Resource, Say, reading};

/// What stands between several values in one cell.
const BETWEEN: &str = ",";

/// A cell of an exported sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Empty,
    /// A number in decimal.
    Number(String),
    Text(String),
}

/// The fields that a file has: nothing secret, and nothing that fits into no cell.
pub(super) fn fields(r: &Resource) -> Vec<&Field> {
    let fits =
        |field: &&Field| !field.secret && field.appears.api && !matches!(field.kind, Kind::Password | Kind::Inline(_));
    r.fields.iter().filter(fits).collect()
}

/// The label of a field, which heads its column.
pub(super) fn label(r: &Resource, field: &Field, texts: &dyn Say) -> String {
    texts.find(&format!("{}.fields.{}", r.name, field.name)).unwrap_or_else(|| field.name.to_owned())
}

/// The cell of a record's field.
pub(super) fn cell(
    r: &Resource,
    field: &Field,
    record: &Record,
    texts: &dyn Say,
    zone: &TimeZone,
    labels: &Labels,
) -> Cell {
    if let Kind::Computed(_) = field.kind {
        let text = reading::read(r, field, record, texts, zone, labels);
        return Some(text).filter(|text| !text.is_empty()).map_or(Cell::Empty, Cell::Text);
    }
    let value = record.get(field.name);
    let title = |id: &Value| {
        let id = id.as_i64().unwrap_or_default();
        labels.of(field.name, id).map_or_else(|| format!("#{id}"), str::to_owned)
    };
    let word = |word: &Value| reading::option_label(r, field, word.as_str().unwrap_or_default(), texts, labels);
    let text = match (&field.kind, value) {
        (_, Value::Null) => return Cell::Empty,
        (Kind::Boolean, Value::Bool(yes)) => texts.say(if *yes { "rules.yes" } else { "rules.no" }, &[]),
        (Kind::DateTime, value) => reading::input_value(field, value, zone).replacen('T', " ", 1),
        (Kind::Select(_) | Kind::Radio(_), value) => word(value),
        (Kind::MultiSelect(_), Value::Array(words)) => words.iter().map(word).collect::<Vec<_>>().join(BETWEEN),
        (Kind::BelongsTo(_), id) => title(id),
        (Kind::Many(_), Value::Array(ids)) => ids.iter().map(title).collect::<Vec<_>>().join(BETWEEN),
        (Kind::Json, value) => value.to_string(),
        (_, value) => reading::input_value(field, value, zone),
    };
    match field.kind {
        _ if text.is_empty() => Cell::Empty,
        Kind::Integer | Kind::Decimal(_) | Kind::Money | Kind::Percent => Cell::Number(text),
        _ => Cell::Text(text),
    }
}

/// What a person may have written for a choice, in lower case, and the word that is stored.
pub(super) type Words = HashMap<String, String>;

/// The choices of a field by their labels in the given languages.
pub(super) fn words(r: &Resource, field: &Field, texts: &[&dyn Say], labels: &Labels, stored: &[String]) -> Words {
    let mut words = Words::new();
    for word in stored {
        for texts in texts {
            words.insert(reading::option_label(r, field, word, *texts, labels).to_lowercase(), word.clone());
        }
    }
    for word in stored {
        words.insert(word.to_lowercase(), word.clone());
    }
    words
}

/// The texts of a cell with several values.
pub(super) fn several(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '，', '、', ';', '；', '\n']).map(str::trim).filter(|part| !part.is_empty())
}

/// A cell's text without the apostrophe that kept it from being a formula.
pub(super) fn undefused(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if super::csv::is_formula(rest) => rest,
        _ => text,
    }
}
