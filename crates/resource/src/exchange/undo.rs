//! Undoing an applied file, as long as nobody has gone on from it.

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::apply::{Step, list, set_status, stored};
use crate::{
    Actor, Error, Record, Resource, Result, Verb,
    engine::{Asked, Engine, permit, read::lock},
    query::sql::Sql,
};

/// Files shown to choose from.
const SHOWN: u64 = 20;

/// What was undone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// Records that the file had made, and that are deleted.
    pub deleted: u64,
    /// Records that are again what they were.
    pub restored: u64,
}

/// A file that was brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub file: String,
    /// `checked`, `applied` or `undone`.
    pub status: String,
    /// Who brought it: kind and row number, such as `staff:7`.
    pub owner: String,
    /// When it was checked, Unix ms.
    pub created_at: i64,
    /// When it was applied, Unix ms.
    pub applied_at: Option<i64>,
}

impl Engine {
    /// The last files that were applied or undone, the newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn imports(&self, r: &Resource, by: &Actor) -> Result<Vec<ImportRow>> {
        permit(r, by, Asked::Verb(Verb::Import))?;
        let reader = self.store().reader();
        let mut sql = Sql::new(reader);
        sql.push(
            "SELECT CAST(id AS BIGINT), file, status, owner, created_at, applied_at FROM imports WHERE resource = ",
        );
        sql.bind(r.name).push(&format!(" AND status <> 'checked' ORDER BY id DESC LIMIT {SHOWN}"));
        let rows = reader.query_all_raw(sql.statement()).await?;
        let read = |row: &sea_orm::QueryResult| {
            Ok(ImportRow {
                id: row.try_get_by_index(0)?,
                file: row.try_get_by_index(1)?,
                status: row.try_get_by_index(2)?,
                owner: row.try_get_by_index(3)?,
                created_at: row.try_get_by_index(4)?,
                applied_at: row.try_get_by_index(5)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Takes an applied file back: its new records are deleted, its changed ones get their former values; all or
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] with `import.changed_since` and the records' numbers when somebody changed them since, with
    /// `import.done` when it is undone already; with `import.too_old` after thirty days; [`Error::NotFound`];
    /// [`Error::Forbidden`]; what a hook refuses.
    pub async fn import_undo(&self, r: &Resource, by: &Actor, id: i64) -> Result<Undone> {
        permit(r, by, Asked::Verb(Verb::Import))?;
        let reader = self.store().reader();
        let mut sql = Sql::new(reader);
        sql.push("SELECT undo, status FROM imports WHERE id = ").bind(id).push(" AND resource = ").bind(r.name);
        let row = reader.query_one_raw(sql.statement()).await?.ok_or(Error::NotFound)?;
        let undo: Option<String> = row.try_get_by_index(0)?;
        let undo = match (undo, row.try_get_by_index::<String>(1)?.as_str()) {
            // Never applied: there is nothing to undo.
            (_, "checked") => return Err(Error::NotFound),
            (None, _) => return Err(Error::Refused("import.too_old".into(), Vec::new())),
            (Some(undo), _) => undo,
        };
        let mut steps: Vec<Step> = serde_json::from_str(&undo).map_err(|error| Error::Other(error.to_string()))?;
        // Backwards: a later line may lead to an earlier one's record.
        steps.reverse();
        let tx = self.store().begin().await?;
        let on = tx.on();
        set_status(on, id, ("applied", "undone"), "undone_at").await?;
        let mut current = Vec::new();
        let mut overtaken = Vec::new();
        for step in &steps {
            match lock(on, r, by, step.id).await?.filter(|record| is_as_left(r, step, record)) {
                Some(record) => current.push(record),
                None => overtaken.push(step.id),
            }
        }
        if !overtaken.is_empty() {
            overtaken.reverse();
            return Err(Error::Refused("import.changed_since".into(), vec![("records", list(&overtaken))]));
        }
        let mut undone = Undone::default();
        for (step, record) in steps.into_iter().zip(current) {
            self.step_back(on, r, by, step, &record, &mut undone).await?;
        }
        tx.commit().await?;
        Ok(undone)
    }

    async fn step_back(
        &self,
        tx: &DatabaseTransaction,
        r: &Resource,
        by: &Actor,
        step: Step,
        record: &Record,
        undone: &mut Undone,
    ) -> Result<()> {
        if step.created {
            undone.deleted += 1;
            return self.delete_in(tx, r, by, step.id).await;
        }
        undone.restored += 1;
        let values = Record { id: step.id, values: step.before, ..Record::default() };
        self.update_in(tx, r, by, step.id, record.version, values).await?;
        Ok(())
    }
}

fn is_as_left(r: &Resource, step: &Step, record: &Record) -> bool {
    if record.deleted_at.is_some() {
        return false;
    }
    match record.version {
        Some(version) => step.version == Some(version),
        None => stored(r, record).iter().all(|(name, value)| step.after.get(name).is_none_or(|left| left == value)),
    }
}
