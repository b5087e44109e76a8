//! What was sent: a form or JSON.

use std::{collections::BTreeSet, fmt};

use serde_json::{Map, Value};

use crate::{Error, Result};

/// Before the name of a field whose widget sends nothing when it is empty: an unticked box, a list of choices.
const MARKER: &str = "_has.";

/// What was sent for a record.
#[derive(Clone)]
pub enum Input {
    /// A form's pairs. A repeated name (also as `name[]`) is a list; of another field the last one counts. With
    /// `_has.NAME` a field that is not there is empty, without it it is left alone. Rows of another table are
    /// `items.0.title`, one of them is taken out with `items.0._remove` and is not empty with `items.0.id`.
    Form(Vec<(String, String)>),
    /// A JSON object.
    Json(Map<String, Value>),
}

impl Input {
    /// A form's pairs.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Form(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// A JSON object.
    ///
    /// # Errors
    /// [`Error::Request`] when it is another JSON value.
    pub fn from_json(value: Value) -> Result<Self> {
        match value {
            Value::Object(map) => Ok(Self::Json(map)),
            _ => Err(Error::Request("the body must be a JSON object".into())),
        }
    }

    /// What was typed into `field`, to show it again.
    pub fn raw(&self, field: &str) -> Option<String> {
        self.raw_all(field).pop()
    }

    /// All that was typed into or chosen for `field`, to show it again.
    pub fn raw_all(&self, field: &str) -> Vec<String> {
        fn text(value: &Value) -> String {
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        }
        match self {
            Self::Form(pairs) => texts(pairs, field).map(str::to_owned).collect(),
            Self::Json(map) => match map.get(field) {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(all)) => all.iter().map(text).collect(),
                Some(value) => vec![text(value)],
            },
        }
    }

    /// Whether `field` was sent, be it empty.
    pub fn has(&self, field: &str) -> bool {
        match self {
            Self::Form(pairs) => {
                texts(pairs, field).next().is_some()
                    || pairs.iter().any(|(name, _)| name.strip_prefix(MARKER) == Some(field))
            }
            Self::Json(map) => map.contains_key(field),
        }
    }

    /// The rows of another table that were sent for `field`, each with its place as it was sent. Rows that were taken
    /// out, and rows of a form in which nothing was entered, are left out.
    pub fn rows(&self, field: &str) -> Vec<(usize, Self)> {
        match self {
            Self::Form(pairs) => form_rows(pairs, field),
            Self::Json(map) => {
                let rows = map.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let objects = rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.as_object()?.clone())));
                objects.map(|(at, row)| (at, Self::Json(row))).collect()
            }
        }
    }
}

/// All values of `field` in a form, in their order.
pub(super) fn texts<'a>(pairs: &'a [(String, String)], field: &str) -> impl Iterator<Item = &'a str> {
    let fits = move |name: &str| name == field || name.strip_suffix("[]") == Some(field);
    pairs.iter().filter(move |(name, _)| fits(name)).map(|(_, value)| value.as_str())
}

fn form_rows(pairs: &[(String, String)], field: &str) -> Vec<(usize, Input)> {
    /// `items.0.title`, or the marker `_has.items.0.title`, as (0, `title` or `_has.title`).
    fn part(name: &str, field: &str) -> Option<(usize, String)> {
        let (marker, rest) = name.strip_prefix(MARKER).map_or(("", name), |rest| (MARKER, rest));
        let (at, inner) = rest.strip_prefix(field)?.strip_prefix('.')?.split_once('.')?;
        Some((at.parse().ok()?, format!("{marker}{inner}")))
    }
    let parts: Vec<_> =
        pairs.iter().filter_map(|(name, value)| part(name, field).map(|(at, inner)| (at, inner, value))).collect();
    let places: BTreeSet<usize> = parts.iter().map(|(at, ..)| *at).collect();
    let mut rows = Vec::new();
    for place in places {
        let row = parts.iter().filter(|(at, ..)| *at == place);
        let row: Vec<_> = row.map(|(_, inner, value)| (inner.clone(), (*value).clone())).collect();
        let removed = row.iter().any(|(name, value)| name == "_remove" && !value.is_empty());
        let entered = row.iter().any(|(name, value)| !name.starts_with('_') && !value.trim().is_empty());
        if entered && !removed {
            rows.push((place, Input::Form(row)));
        }
    }
    rows
}

// Without the values: among them are passwords.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, names): (_, Vec<&String>) = match self {
            Self::Form(pairs) => ("Form", pairs.iter().map(|(name, _)| name).collect()),
            Self::Json(map) => ("Json", map.keys().collect()),
        };
        f.debug_tuple(word).field(&names).finish()
    }
}
