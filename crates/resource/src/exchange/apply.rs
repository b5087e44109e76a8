//! Applying a checked file: every line of it in one transaction, or none.

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::import::{Planned, owner};
use crate::{
    Actor, Error, Input, Problem, Record, Resource, Result, Verb,
    engine::{
        Asked, Engine, now_ms, permit,
        read::{load, lock},
    },
    query::sql::Sql,
};

/// What was applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// New records.
    pub created: u64,
    /// Changed records.
    pub changed: u64,
}

/// What it takes to undo one line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) id: i64,
    pub(super) created: bool,
    pub(super) version: Option<i64>,
    pub(super) before: Map<String, Json>,
    pub(super) after: Map<String, Json>,
}

impl Engine {
    /// Applies a file that this actor had checked: through the same validation, hooks and audit as by hand, all or
    /// nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] for another's file; [`Error::Refused`] with `import.done` when it was applied already, with
    /// `import.changed` and the lines when somebody changed their records since it was checked; [`Error::Invalid`] with
    /// `{line}` in each problem's arguments when a line is no longer right; [`Error::Forbidden`]; what a hook refuses.
    pub async fn import_apply(&self, r: &Resource, by: &Actor, id: i64) -> Result<Applied> {
        permit(r, by, Asked::Verb(Verb::Import))?;
        let planned = self.plan(r, by, id).await?;
        for (verb, new) in [(Verb::Create, true), (Verb::Edit, false)] {
            if planned.iter().any(|line| line.id.is_none() == new) {
                permit(r, by, Asked::Verb(verb))?;
            }
        }
        let lines = self.check_again(r, by, planned).await?;
        let tx = self.store().begin().await?;
        let on = tx.on();
        set_status(on, id, ("checked", "applied"), "applied_at").await?;
        let mut applied = Applied::default();
        let mut steps = Vec::new();
        for (planned, values) in lines {
            let line = planned.line;
            let step = self.line_in(on, r, by, planned, values).await.map_err(|error| at_line(error, line))?;
            if step.created {
                applied.created += 1;
            } else {
                applied.changed += 1;
            }
            steps.push(step);
        }
        let undo = serde_json::to_string(&steps).map_err(|error| Error::Other(error.to_string()))?;
        let mut sql = Sql::new(on);
        sql.push("UPDATE imports SET undo = ").bind(undo).push(", plan = '' WHERE id = ").bind(id);
        on.execute_raw(sql.statement()).await?;
        tx.commit().await?;
        Ok(applied)
    }

    async fn plan(&self, r: &Resource, by: &Actor, id: i64) -> Result<Vec<Planned>> {
        let reader = self.store().reader();
        let mut sql = Sql::new(reader);
        sql.push("SELECT status, plan FROM imports WHERE id = ").bind(id).push(" AND resource = ").bind(r.name);
        sql.push(" AND owner = ").bind(owner(by));
        let row = reader.query_one_raw(sql.statement()).await?.ok_or(Error::NotFound)?;
        if row.try_get_by_index::<String>(0)? != "checked" {
            return Err(Error::Refused("import.done".into(), Vec::new()));
        }
        let plan: String = row.try_get_by_index(1)?;
        serde_json::from_str(&plan).map_err(|error| Error::Other(error.to_string()))
    }

    /// Checks every line once more: what it leads to may be gone, and so may the day before which a date must lie.
    async fn check_again(&self, r: &Resource, by: &Actor, planned: Vec<Planned>) -> Result<Vec<(Planned, Record)>> {
        let (mut lines, mut problems, mut overtaken) = (Vec::new(), Vec::new(), Vec::new());
        for line in planned {
            let existing = match line.id {
                None => None,
                Some(id) => {
                    let found = load(self.store().reader(), r, by, id).await?;
                    let same = found.filter(|record| record.deleted_at.is_none() && is_as_planned(&line, record));
                    if same.is_none() {
                        overtaken.push(line.line);
                        continue;
                    }
                    same
                }
            };
            match self.checked(r, by, &Input::Form(line.pairs.clone()), existing.as_ref()).await {
                Ok(values) => lines.push((line, values)),
                Err(Error::Invalid(found)) => {
                    problems.extend(found.into_iter().map(|problem: Problem| problem.with("line", line.line)));
                }
                Err(error) => return Err(error),
            }
        }
        match (problems.is_empty(), overtaken.is_empty()) {
            (_, false) => Err(changed(&overtaken)),
            (false, true) => Err(Error::Invalid(problems)),
            (true, true) => Ok(lines),
        }
    }

    async fn line_in(
        &self,
        tx: &DatabaseTransaction,
        r: &Resource,
        by: &Actor,
        planned: Planned,
        values: Record,
    ) -> Result<Step> {
        let Some(id) = planned.id else {
            let record = self.create_in(tx, r, by, values).await?;
            let after = stored(r, &record);
            return Ok(Step { id: record.id, created: true, version: record.version, before: Map::new(), after });
        };
        let before = lock(tx, r, by, id).await?.filter(|record| is_as_planned(&planned, record));
        let before = before.ok_or_else(|| changed(&[planned.line]))?;
        let record = self.update_in(tx, r, by, id, planned.version, values).await?;
        let (mut old, mut new) = (stored(r, &before), stored(r, &record));
        // What a hook changed besides is undone, too.
        old.retain(|name, value| new.get(name) != Some(value));
        new.retain(|name, _| old.contains_key(name));
        Ok(Step { id, created: false, version: record.version, before: old, after: new })
    }
}

/// The record's own values without what follows from others and from the clock.
pub(super) fn stored(r: &Resource, record: &Record) -> Map<String, Json> {
    let kept = r.fields.iter().filter(|field| {
        !matches!(field.kind, crate::Kind::Computed(_)) && !matches!(field.column, "created_at" | "updated_at")
    });
    kept.filter_map(|field| Some((field.name.to_owned(), record.values.get(field.name)?.clone()))).collect()
}

fn is_as_planned(planned: &Planned, record: &Record) -> bool {
    match record.version {
        Some(version) => planned.version == Some(version),
        None => planned.before.iter().all(|(name, value)| record.get(name) == value),
    }
}

fn changed(lines: &[u64]) -> Error {
    Error::Refused("import.changed".into(), vec![("lines", list(lines))])
}

/// Numbers with commas between; the first twenty.
pub(super) fn list<T: ToString>(numbers: &[T]) -> String {
    let mut text = numbers.iter().take(20).map(T::to_string).collect::<Vec<_>>().join(", ");
    if numbers.len() > 20 {
        text.push_str(" …");
    }
    text
}

fn at_line(error: Error, line: u64) -> Error {
    match error {
        Error::Conflict(_) | Error::NotFound => changed(&[line]),
        Error::Invalid(problems) => {
            Error::Invalid(problems.into_iter().map(|problem| problem.with("line", line)).collect())
        }
        error => error,
    }
}

/// Of two who apply or undo a file at once, one does.
pub(super) async fn set_status(
    on: &impl ConnectionTrait,
    id: i64,
    (from, to): (&'static str, &'static str),
    moment: &'static str,
) -> Result<()> {
    let mut sql = Sql::new(on);
    sql.push("UPDATE imports SET status = ").bind(to).push(", ").name(moment).push(" = ").bind(now_ms());
    sql.push(" WHERE id = ").bind(id).push(" AND status = ").bind(from);
    match on.execute_raw(sql.statement()).await?.rows_affected() {
        0 => Err(Error::Refused("import.done".into(), Vec::new())),
        _ => Ok(()),
    }
}
