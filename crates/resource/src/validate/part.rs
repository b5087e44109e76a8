//! One record of the input, or one row of another table within it: read, and checked as far as no database is needed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    Input, html,
    input::texts,
    rules::{self, Beside, is_empty},
};
use crate::{
    Actor, Choices, Field, Inline, Kind, Options, Problem, Record, Resource, Rule,
    values::{Fault, from_json, from_text, reading},
};

/// Most rows of another table edited with one record.
const ROWS: usize = 200;
/// Most records in a relation to several.
const MANY: usize = 500;
/// Fewest characters of a password where no rule says otherwise.
const PASSWORD: i64 = 10;

/// What reading the input found.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub problems: Vec<Problem>,
    pub asks: Vec<Ask<'a>>,
}

impl<'a> Found<'a> {
    /// One problem a field: the first.
    pub(super) fn problem(&mut self, problem: Problem) {
        if !self.has_problem(&problem.field) {
            self.problems.push(problem);
        }
    }

    fn has_problem(&self, path: &str) -> bool {
        self.problems.iter().any(|known| known.field == path)
    }

    fn ask(&mut self, path: &str, question: Question<'a>) {
        self.asks.push(Ask { path: path.to_owned(), question });
    }
}

/// What a database has to say about a field.
pub(super) struct Ask<'a> {
    pub path: String,
    pub question: Question<'a>,
}

/// A question to a database.
pub(super) enum Question<'a> {
    /// No other row has this value.
    Unique {
        table: &'a str,
        key: &'a str,
        column: &'a str,
        soft: bool,
        except: Option<i64>,
        kind: &'a Kind,
        value: Value,
    },
    /// Rows have these values.
    Exists { table: &'a str, column: &'a str, kind: &'a Kind, values: Vec<Value> },
    /// The resource has these records, and the actor may see them.
    Records { resource: &'a str, ids: Vec<i64> },
    /// These words are among the choices.
    Choices { choices: &'a Choices, words: Vec<String> },
    /// These uploads are there, and fit the field.
    Uploads { field: &'a Field, keys: Vec<String> },
    /// These rows belong to that record.
    Rows { inline: &'a Inline, parent: i64, ids: Vec<i64> },
}

/// Whether a new record needs a value of `field` from whoever creates it through the API.
pub fn must_be_given(field: &Field) -> bool {
    field.is_taken(true) && field.default.is_none() && (field.is_required() || when_absent(field).is_none())
}

/// Whether `field` may be sent empty: as `null`.
pub(crate) fn may_be_empty(field: &Field) -> bool {
    !field.is_required() && when_empty(field).is_some()
}

/// What an emptied field is stored as; none: it must be given.
fn when_empty(field: &Field) -> Option<Value> {
    match &field.kind {
        kind if kind.is_list() => Some(Value::Array(Vec::new())),
        _ if field.rules.iter().any(|rule| matches!(rule, Rule::Nullable)) => Some(Value::Null),
        Kind::String | Kind::Text | Kind::RichText | Kind::Email | Kind::Phone | Kind::Url | Kind::Colour => {
            Some(String::new().into())
        }
        _ => None,
    }
}

/// What a new record has where nothing was sent.
fn when_absent(field: &Field) -> Option<Value> {
    match field.kind {
        Kind::Boolean => when_empty(field).or(Some(false.into())),
        _ => when_empty(field),
    }
}

/// What was sent for one field.
enum Given {
    Absent,
    Empty,
    Value(Value),
}

impl From<Option<Value>> for Given {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::Empty, Self::Value)
    }
}

/// The record, or the row, that the input is for.
pub(super) struct Part<'a> {
    by: &'a Actor,
    now: Timestamp,
    /// Before the names of the fields in problems.
    prefix: String,
    fields: &'a [Field],
    table: &'a str,
    /// The column of the row number.
    key: &'a str,
    soft: bool,
    /// Row number; none for a new one.
    id: Option<i64>,
    /// The values it has.
    before: Map<String, Value>,
    /// The columns that the actor's scope fills by itself.
    scoped: Vec<&'a str>,
}

impl<'a> Part<'a> {
    pub(super) fn of(r: &'a Resource, by: &'a Actor, existing: Option<&Record>, now: Timestamp) -> Self {
        Self {
            by,
            now,
            prefix: String::new(),
            fields: &r.fields,
            table: &r.table,
            key: r.key,
            soft: r.is_soft(),
            id: existing.map(|record| record.id),
            before: existing.map(|record| record.values.clone()).unwrap_or_default(),
            scoped: r.limits(by).into_iter().filter(|(_, it)| it.only().is_some()).map(|(column, _)| column).collect(),
        }
    }

    /// The values for the database, as far as they are right.
    pub(super) fn read(&self, input: &Input, found: &mut Found<'a>) -> Map<String, Value> {
        self.refuse_unknown(input, found);
        let mut values = Map::new();
        for field in self.taken() {
            let path = self.path(field);
            match self.take(field, input, found) {
                Ok(Given::Value(value)) => drop(values.insert(field.name.to_owned(), value)),
                Ok(Given::Empty) => self.put(field, when_empty(field), &mut values, found),
                Ok(Given::Absent) if self.id.is_none() && !self.scoped.contains(&field.column) => {
                    self.put(field, field.default.clone().or_else(|| when_absent(field)), &mut values, found);
                }
                Ok(Given::Absent) => {}
                Err(fault) => found.problem(fault.at(path)),
            }
        }
        self.judge(&values, input, found);
        values
    }

    fn taken(&self) -> impl Iterator<Item = &'a Field> {
        let new = self.id.is_none();
        self.fields.iter().filter(move |field| field.is_taken(new) && !matches!(field.kind, Kind::Computed(_)))
    }

    fn path(&self, field: &Field) -> String {
        format!("{}{}", self.prefix, field.name)
    }

    fn put(&self, field: &Field, value: Option<Value>, values: &mut Map<String, Value>, found: &mut Found<'a>) {
        match value {
            Some(value) => drop(values.insert(field.name.to_owned(), value)),
            None => found.problem(Problem::new(self.path(field), "rules.required")),
        }
    }

    /// A program that sends what is not taken is told so; a form's own hidden fields are no news to anybody.
    fn refuse_unknown(&self, input: &Input, found: &mut Found<'a>) {
        let Input::Json(map) = input else { return };
        let known = |name: &str| {
            self.taken().filter(|field| field.appears.api).any(|field| {
                let again = || field.rules.iter().any(|rule| matches!(rule, Rule::Confirmed));
                field.name == name || (name.strip_suffix("_confirmation") == Some(field.name) && again())
            })
        };
        for name in map.keys().filter(|name| !known(name)) {
            if self.prefix.is_empty() || name != "id" {
                found.problem(Problem::new(format!("{}{name}", self.prefix), "rules.unknown"));
            }
        }
    }

    fn take(&self, field: &'a Field, input: &Input, found: &mut Found<'a>) -> Result<Given, Fault> {
        if let Kind::Inline(inline) = &field.kind {
            return self.take_rows(field, inline, input, found);
        }
        let given = match input {
            Input::Form(pairs) => self.take_form(field, input, pairs)?,
            Input::Json(map) => take_json(field, map)?,
        };
        match given {
            // What is never shown would come back empty.
            Given::Empty if field.secret && self.id.is_some() && matches!(input, Input::Form(_)) => Ok(Given::Absent),
            Given::Value(Value::String(text)) => {
                if let Some(fault) = rules::too_long(field, &text) {
                    return Err(fault);
                }
                let text = if matches!(field.kind, Kind::RichText) { html::clean(&text) } else { text };
                Ok(if text.is_empty() { Given::Empty } else { Given::Value(text.into()) })
            }
            Given::Value(Value::Array(all)) => distinct(field, all),
            given => Ok(given),
        }
    }

    fn take_form(&self, field: &Field, input: &Input, pairs: &[(String, String)]) -> Result<Given, Fault> {
        let zone = &self.by.zone;
        if field.kind.is_list() {
            if !input.has(field.name) {
                return Ok(Given::Absent);
            }
            let entries = texts(pairs, field.name).map(|text| from_text(&field.kind, text, zone));
            let entries = entries.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
            return Ok(Some(Value::Array(entries)).filter(|all| !is_empty(all)).into());
        }
        let Some(text) = texts(pairs, field.name).last() else {
            return Ok(match (input.has(field.name), &field.kind) {
                (false, _) => Given::Absent,
                (true, Kind::Boolean) => Given::Value(false.into()),
                (true, _) => Given::Empty,
            });
        };
        // A time that the clocks show twice means the one it was, as long as nobody changes it.
        if let (Kind::DateTime, Some(before)) = (&field.kind, self.before.get(field.name))
            && before.is_i64()
            && reading::input_value(field, before, zone) == text.trim()
        {
            return Ok(Given::Value(before.clone()));
        }
        Ok(from_text(&field.kind, text, zone)?.into())
    }

    fn take_rows(
        &self,
        field: &'a Field,
        inline: &'a Inline,
        input: &Input,
        found: &mut Found<'a>,
    ) -> Result<Given, Fault> {
        let rows = input.rows(field.name);
        match input {
            Input::Form(pairs) => {
                let start = format!("{}.", field.name);
                let sent = pairs.iter().any(|(name, _)| name.starts_with(&start));
                if !sent && !input.has(field.name) {
                    return Ok(Given::Absent);
                }
            }
            Input::Json(map) => match map.get(field.name) {
                None => return Ok(Given::Absent),
                Some(Value::Null) => return Ok(Given::Empty),
                Some(Value::Array(all)) if all.len() == rows.len() => {}
                Some(_) => return Err(Fault::new("rules.rows")),
            },
        }
        if rows.len() > ROWS {
            return Err(Fault::new("rules.max.list").with("max", ROWS));
        }
        let mut taken = Vec::new();
        let mut ids = BTreeSet::new();
        for (place, row) in rows {
            let prefix = format!("{}{}.{place}.", self.prefix, field.name);
            let id = row_id(&row)?;
            // A row number twice, or of no record yet, was not made by a form of ours.
            if id.is_some_and(|id| self.id.is_none() || !ids.insert(id)) {
                return Err(Fault::new("rules.rows"));
            }
            taken.push(self.row(field, inline, id, prefix, &row, found));
        }
        if let Some(parent) = self.id
            && !ids.is_empty()
        {
            let ids = ids.into_iter().collect();
            found.ask(&self.path(field), Question::Rows { inline, parent, ids });
        }
        Ok(Some(Value::Array(taken)).filter(|all| !is_empty(all)).into())
    }

    fn row(
        &self,
        field: &Field,
        inline: &'a Inline,
        id: Option<i64>,
        prefix: String,
        row: &Input,
        found: &mut Found<'a>,
    ) -> Value {
        let known = self.before.get(field.name).and_then(Value::as_array);
        let known = known.and_then(|all| all.iter().find(|row| id.is_some() && row["id"].as_i64() == id));
        let part = Part {
            by: self.by,
            now: self.now,
            prefix,
            fields: &inline.fields,
            table: inline.table,
            key: "id",
            soft: false,
            id,
            before: known.and_then(Value::as_object).cloned().unwrap_or_default(),
            scoped: Vec::new(),
        };
        let mut values = part.read(row, found);
        if let Some(id) = id {
            values.insert("id".to_owned(), id.into());
        }
        Value::Object(values)
    }

    /// Holds the rules against the values, and asks what only a database knows.
    fn judge(&self, values: &Map<String, Value>, input: &Input, found: &mut Found<'a>) {
        let mut record = Record { id: self.id.unwrap_or(0), values: self.before.clone(), ..Record::default() };
        record.values.extend(values.clone());
        let beside = Beside { record: &record, fields: self.fields, zone: &self.by.zone, now: self.now };
        for field in self.taken() {
            let path = self.path(field);
            if found.has_problem(&path) {
                continue;
            }
            let Some(value) = values.get(field.name) else {
                // It is left as it is, which another field may not allow any more.
                let with = field.rules.iter().filter(|rule| matches!(rule, Rule::RequiredWith(_)) && self.id.is_some());
                let fault = with.filter_map(|rule| rules::judge(rule, field, record.get(field.name), &beside)).next();
                found.problems.extend(fault.map(|fault| fault.at(path)));
                continue;
            };
            match self.fault(field, value, input, &beside) {
                Some(fault) => found.problem(fault.at(path)),
                None if is_empty(value) || self.before.get(field.name) == Some(value) => {}
                None => self.ask(field, value, &path, found),
            }
        }
    }

    /// The first rule that the value breaks.
    fn fault(&self, field: &Field, value: &Value, input: &Input, beside: &Beside<'_>) -> Option<Fault> {
        let least = field.rules.iter().any(|rule| matches!(rule, Rule::Min(_) | Rule::Between(..) | Rule::Size(_)));
        if matches!(field.kind, Kind::Password) && !least {
            let short = rules::judge(&Rule::Min(PASSWORD), field, value, beside);
            if short.is_some() {
                return short;
            }
        }
        field.rules.iter().find_map(|rule| match rule {
            Rule::Confirmed if input.has(field.name) => {
                let typed = input.raw(&format!("{}_confirmation", field.name));
                rules::confirmed(field, value, typed.as_deref(), &self.by.zone)
            }
            rule => rules::judge(rule, field, value, beside),
        })
    }

    fn ask(&self, field: &'a Field, value: &Value, path: &str, found: &mut Found<'a>) {
        let all = value.as_array().map_or_else(|| vec![value.clone()], Clone::clone);
        let known = self.before.get(field.name).and_then(Value::as_array);
        let fresh = all.iter().filter(|one| !known.is_some_and(|known| known.contains(one)));
        let ids = || fresh.clone().filter_map(Value::as_i64).collect::<Vec<_>>();
        let words = || fresh.clone().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        match &field.kind {
            Kind::BelongsTo(relation) => {
                found.ask(path, Question::Records { resource: relation.resource, ids: ids() });
            }
            Kind::Many(relation) => found.ask(path, Question::Records { resource: relation.resource, ids: ids() }),
            Kind::Image(_) | Kind::File(_) => found.ask(path, Question::Uploads { field, keys: words() }),
            kind => {
                if let Some(Options::Asked(choices)) = kind.options() {
                    // A choice that is not offered any more is one no longer, kept or not.
                    let words = all.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                    found.ask(path, Question::Choices { choices, words });
                }
            }
        }
        for rule in &field.rules {
            match rule {
                Rule::Unique if field.has_column() => found.ask(
                    path,
                    Question::Unique {
                        table: self.table,
                        key: self.key,
                        column: field.column,
                        soft: self.soft,
                        except: self.id,
                        kind: &field.kind,
                        value: value.clone(),
                    },
                ),
                Rule::Exists(table, column) => {
                    found.ask(path, Question::Exists { table, column, kind: &field.kind, values: all.clone() });
                }
                _ => {}
            }
        }
    }
}

fn take_json(field: &Field, map: &Map<String, Value>) -> Result<Given, Fault> {
    let Some(value) = map.get(field.name) else { return Ok(Given::Absent) };
    if !field.kind.is_list() || value.is_null() {
        return Ok(from_json(&field.kind, value)?.into());
    }
    let entries = value.as_array().ok_or_else(|| Fault::new("rules.list"))?;
    let entries = entries.iter().map(|entry| from_json(&field.kind, entry)?.ok_or_else(|| Fault::new("rules.list")));
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Value::Array(entries)).filter(|all| !is_empty(all)).into())
}

/// The entries without repetitions, no more than the field may have.
fn distinct(field: &Field, all: Vec<Value>) -> Result<Given, Fault> {
    let mut seen = std::collections::HashSet::new();
    let all: Vec<Value> = all.into_iter().filter(|one| seen.insert(one.to_string())).collect();
    let most = match field.kind {
        Kind::Image(most) | Kind::File(most) => most,
        Kind::Many(_) => MANY,
        _ => usize::MAX,
    };
    if all.len() > most {
        return Err(Fault::new("rules.max.list").with("max", most));
    }
    Ok(Given::Value(Value::Array(all)))
}

/// The row number of a row that is there already.
fn row_id(row: &Input) -> Result<Option<i64>, Fault> {
    let id = match row {
        Input::Form(_) => row.raw("id").filter(|id| !id.is_empty()).map(|id| id.parse().ok()),
        Input::Json(map) => map.get("id").filter(|id| !id.is_null()).map(Value::as_i64),
    };
    match id {
        None => Ok(None),
        Some(Some(id)) if id > 0 => Ok(Some(id)),
        Some(_) => Err(Fault::new("rules.rows")),
    }
}
