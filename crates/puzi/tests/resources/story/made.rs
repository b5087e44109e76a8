//! Records made up from a declaration.

use std::collections::{BTreeMap, HashMap};

use puzi_resource::{Field, Kind, Options, Rule, reading::input_value, values::from_text};
use serde_json::{Map, Value, json};

use super::{
    files::{self, Upload},
    numbers,
    rules::{Beside, fits_all},
    words,
};

/// What only the database knows: records to relate to, values that other tables have, choices that are asked for.
pub(super) type Found = HashMap<String, Vec<Value>>;

/// A record made up, in stored form.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) values: Map<String, Value>,
    /// For the fields whose values are keys of uploads.
    pub(super) files: Vec<Upload>,
}

/// What records are made from.
pub(super) struct Making<'a> {
    pub(super) fields: &'a [Field],
    pub(super) zone: &'a jiff::tz::TimeZone,
    pub(super) today: jiff::civil::Date,
    /// What the test types.
    pub(super) takes: &'a BTreeMap<String, String>,
    pub(super) found: &'a Found,
}

impl Making<'_> {
    /// A record with values for all of `fields`. `serial` tells records apart.
    pub(super) fn draft(&self, fields: &[&Field], serial: usize) -> Draft {
        let mut draft = Draft::default();
        for field in in_order(fields) {
            if matches!(field.kind, Kind::Image(_) | Kind::File(_)) {
                draft.files.push(files::fitting(field, serial));
                continue;
            }
            let value = self.value(field, serial, &draft.values);
            draft.values.insert(field.name.to_owned(), value);
        }
        draft
    }

    /// A value for one field beside the others.
    pub(super) fn value(&self, field: &Field, serial: usize, beside: &Map<String, Value>) -> Value {
        if let Some(typed) = self.takes.get(field.name) {
            return self.typed(field, typed);
        }
        let beside = Beside { fields: self.fields, values: beside, zone: self.zone, today: self.today };
        for group in self.groups(field, serial, beside) {
            let fitting: Vec<_> = group.into_iter().filter(|value| fits_all(field, value, beside)).collect();
            if !fitting.is_empty() {
                return fitting[serial % fitting.len()].clone();
            }
        }
        panic!("{}: no value keeps {:?}; say one with .takes(…)", field.name, field.rules)
    }

    fn typed(&self, field: &Field, typed: &str) -> Value {
        let value = |text: &str| {
            from_text(&field.kind, text, self.zone).unwrap_or_else(|fault| panic!("{}: {fault:?}", field.name))
        };
        if field.kind.is_list() {
            return typed.split(',').filter_map(value).collect();
        }
        value(typed).unwrap_or_default()
    }

    fn groups(&self, field: &Field, serial: usize, beside: Beside<'_>) -> Vec<Vec<Value>> {
        if let Some(found) = self.found.get(field.name) {
            return vec![self.of_found(field, found)];
        }
        match &field.kind {
            Kind::Integer | Kind::Decimal(_) | Kind::Money | Kind::Percent => numbers::groups(field, serial, beside),
            Kind::DateTime => numbers::moments(field, serial, beside),
            Kind::Time => vec![numbers::times(field, serial, beside)],
            Kind::Date => {
                let days = numbers::dates(field, serial, beside);
                days.map(|days| days.iter().map(|day| day.to_string().into()).collect()).into()
            }
            Kind::Boolean => vec![vec![false.into(), true.into()]],
            Kind::Select(Options::Fixed(known)) | Kind::Radio(Options::Fixed(known)) => {
                vec![known.iter().map(|word| Value::from(*word)).collect()]
            }
            Kind::MultiSelect(Options::Fixed(known)) => several(known, serial),
            Kind::Json => vec![vec![json!({ "tea": serial })], vec![json!([serial])], vec![json!(serial)]],
            Kind::Inline(rows) => {
                let fields: Vec<_> = rows.fields.iter().collect();
                let inner = Making { fields: &rows.fields, takes: &BTreeMap::new(), ..*self };
                vec![vec![json!([Value::Object(inner.draft(&fields, serial).values)])]]
            }
            _ => words::values(words::groups(field, serial, beside)),
        }
    }

    /// One value, or for a list as many as its rules want.
    fn of_found(&self, field: &Field, found: &[Value]) -> Vec<Value> {
        if field.kind.is_list() {
            return (1..=found.len()).map(|n| found[..n].iter().cloned().collect()).collect();
        }
        found.to_vec()
    }

    /// The form's pairs of the fields of `values`, as a browser sends them.
    pub(super) fn pairs(&self, values: &Map<String, Value>) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for field in self.fields.iter().filter(|field| values.contains_key(field.name)) {
            let value = &values[field.name];
            pairs.extend(self.pairs_of(field, field.name, value));
            if field.rules.iter().any(|rule| matches!(rule, Rule::Confirmed)) {
                pairs.push((format!("{}_confirmation", field.name), self.text(field, value)));
            }
        }
        pairs
    }

    fn pairs_of(&self, field: &Field, name: &str, value: &Value) -> Vec<(String, String)> {
        let marker = || (format!("_has.{name}"), "1".to_owned());
        match (&field.kind, value) {
            (Kind::Boolean, value) => {
                let ticked = (value == &Value::Bool(true)).then(|| (name.to_owned(), "1".to_owned()));
                std::iter::once(marker()).chain(ticked).collect()
            }
            (Kind::Inline(rows), Value::Array(all)) => {
                let cell = |at: usize, row: &Value, inner: &Field| {
                    self.pairs_of(inner, &format!("{name}.{at}.{}", inner.name), &row[inner.name])
                };
                let row = |(at, row): (usize, &Value)| {
                    rows.fields.iter().flat_map(|inner| cell(at, row, inner)).collect::<Vec<_>>()
                };
                std::iter::once(marker()).chain(all.iter().enumerate().flat_map(row)).collect()
            }
            (kind, Value::Array(all)) if kind.is_list() => {
                let entry = |one| (name.to_owned(), self.text(field, one));
                std::iter::once(marker()).chain(all.iter().map(entry)).collect()
            }
            (_, value) => vec![(name.to_owned(), self.text(field, value))],
        }
    }

    /// As it is typed. A password is in no widget again.
    pub(super) fn text(&self, field: &Field, value: &Value) -> String {
        match (&field.kind, value) {
            (Kind::Password, Value::String(text)) => text.clone(),
            (_, value) => input_value(field, value, self.zone),
        }
    }
}

/// Words in every number, beginning at another one each time.
fn several(known: &[&str], serial: usize) -> Vec<Vec<Value>> {
    let from = |count: usize| {
        let words = (0..count).map(|at| known[(serial + at) % known.len()]);
        vec![words.map(Value::from).collect::<Value>()]
    };
    (1..=known.len()).map(from).collect()
}

/// Fields that look at others come after them.
fn in_order<'f>(fields: &[&'f Field]) -> Vec<&'f Field> {
    let (mut waiting, mut ordered): (Vec<&Field>, Vec<&Field>) = (fields.to_vec(), Vec::new());
    while !waiting.is_empty() {
        let free = |field: &&Field| !refers_to(field).iter().any(|name| waiting.iter().any(|it| it.name == *name));
        // In a circle somebody has to begin.
        let at = waiting.iter().position(free).unwrap_or(0);
        ordered.push(waiting.remove(at));
    }
    ordered
}

/// Names of the fields that the rules of this one look at.
pub(super) fn refers_to(field: &Field) -> Vec<&str> {
    let mut names = Vec::new();
    for rule in &field.rules {
        match rule {
            Rule::Before(name) | Rule::After(name) | Rule::Different(name) | Rule::Same(name) if name != field.name => {
                names.push(name.as_str());
            }
            Rule::RequiredWith(others) => names.extend(others.iter().map(String::as_str)),
            _ => {}
        }
    }
    names
}
