//! Checking what was sent before it is stored.

mod browser;
pub mod html;
mod input;
mod lookup;
mod message;
mod parse;
mod part;
mod rules;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::Value;

use crate::{Actor, Error, Kind, Problem, Record, Resource, Resources, Result, Store};

pub use self::{
    browser::browser_rules,
    input::Input,
    message::{explain, label},
    parse::{NAMES, RuleError},
    part::must_be_given,
};

pub(crate) use self::{
    lookup::{attach_uploads, has_uploads},
    parse::{pattern_length, pieces},
    part::may_be_empty,
};

use self::part::{Found, Part};

/// Checks records of resources against their declarations and the database.
#[derive(Clone, Copy)]
pub struct Checker<'a> {
    /// The database.
    pub store: &'a dyn Store,
    /// All resources, for relations.
    pub resources: &'a Resources,
}

impl Checker<'_> {
    /// The values of a new record, or those that change of the `existing` one, in stored form: only fields that `r`
    /// takes, rich text sanitised, passwords hashed. Everything else is ignored in a form and refused in JSON.
    ///
    /// A new record gets a value for every field that it takes: what was not sent is the field's default, or empty.
    ///
    /// # Errors
    /// [`Error::Invalid`] with one problem for each field that is wrong, in the order of the fields.
    pub async fn check(&self, r: &Resource, by: &Actor, input: &Input, existing: Option<&Record>) -> Result<Record> {
        let part = Part::of(r, by, existing, Timestamp::now());
        let mut found = Found::default();
        let mut values = part.read(input, &mut found);
        in_scope(r, by, existing.is_none(), &mut values, &mut found);
        let Found { mut problems, asks } = found;
        lookup::answer(self, by, asks, &mut problems).await?;
        if !problems.is_empty() {
            let place = |problem: &Problem| {
                let name = problem.field.split('.').next().unwrap_or_default();
                r.fields.iter().position(|field| field.name == name)
            };
            problems.sort_by_key(|problem| place(problem).unwrap_or(usize::MAX));
            return Err(Error::Invalid(problems));
        }
        // An area's use cases check a password as it was typed, and hash it themselves.
        for field in r.fields.iter().filter(|field| r.writer.is_none() && matches!(field.kind, Kind::Password)) {
            if let Some(Value::String(password)) = values.get_mut(field.name) {
                *password = self.store.hash_password(std::mem::take(password)).await?;
            }
        }
        Ok(Record {
            id: existing.map_or(0, |record| record.id),
            version: existing.and_then(|record| record.version),
            deleted_at: existing.and_then(|record| record.deleted_at),
            values,
        })
    }
}

/// A record cannot be put where its author may not see it; a new one is put where he may.
fn in_scope(r: &Resource, by: &Actor, new: bool, values: &mut serde_json::Map<String, Value>, found: &mut Found<'_>) {
    for (column, limit) in r.limits(by) {
        let Some(field) = r.fields.iter().find(|field| field.column == column && field.has_column()) else { continue };
        match (values.get(field.name), limit.only()) {
            (Some(value), _) if limit.allows(value) => {}
            (Some(_), _) => found.problem(Problem::new(field.name, "rules.choice")),
            (None, Some(only)) if new => drop(values.insert(field.name.to_owned(), only)),
            (None, None) if new => found.problem(Problem::new(field.name, "rules.required")),
            (None, _) => {}
        }
    }
}
