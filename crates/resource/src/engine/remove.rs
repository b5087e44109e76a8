//! Deleting and restoring records.

use sea_orm::{ConnectionTrait, DatabaseTransaction, SqlErr};
use serde_json::{Map, json};

use super::{
    Asked, Engine, TRIES, in_scope, now_ms, permit,
    read::{load, lock},
    search_index,
    write::{next_version, open, run},
};
use crate::{
    declare::{Actor, Error, Kind, Record, Resource, Result, Verb},
    query::sql::Sql,
};

impl Engine {
    /// Deletes a record: softly where the table has `deleted_at`, else with its rows and pairs.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for one that is deleted already or not this actor's; [`Error::Refused`] with the key
    /// `resource.in_use` when other records need it; [`Error::Forbidden`]; what a hook refuses.
    pub async fn delete(&self, r: &Resource, by: &Actor, id: i64) -> Result<()> {
        permit(r, by, Asked::Verb(Verb::Delete))?;
        self.each(r, by, Verb::Delete, &[id]).await
    }

    /// Takes a soft deletion back, and gives the record.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for one that is not deleted or not this actor's; [`Error::Forbidden`]; what a hook
    /// refuses.
    pub async fn restore(&self, r: &Resource, by: &Actor, id: i64) -> Result<Record> {
        permit(r, by, Asked::Verb(Verb::Restore))?;
        self.each(r, by, Verb::Restore, &[id]).await?;
        self.written(r, by, id).await
    }

    /// Deletes or restores all of `ids` or none.
    pub(crate) async fn each(&self, r: &Resource, by: &Actor, verb: Verb, ids: &[i64]) -> Result<()> {
        if let Some(writer) = &r.writer {
            for id in ids {
                // The use case knows no scope.
                load(self.store.reader(), r, by, *id).await?.ok_or(Error::NotFound)?;
                match verb {
                    Verb::Restore => writer.restore(by, *id).await?,
                    _ => writer.delete(by, *id).await?,
                }
                if r.indexed_search && !r.is_soft() {
                    let tx = self.store.begin().await?;
                    let on = tx.on();
                    search_index::remove(on, r, *id).await?;
                    tx.commit().await?;
                }
            }
            return Ok(());
        }
        let mut tries = 1;
        loop {
            match self.each_in_one(r, by, verb, ids).await {
                Err(error) if tries < TRIES && error.is_deadlock() => tries += 1,
                ended => return ended,
            }
        }
    }

    async fn each_in_one(&self, r: &Resource, by: &Actor, verb: Verb, ids: &[i64]) -> Result<()> {
        let tx = self.store.begin().await?;
        let on = tx.on();
        for id in ids {
            match verb {
                Verb::Restore => self.restore_in(on, r, by, *id).await?,
                _ => self.delete_in(on, r, by, *id).await?,
            }
        }
        tx.commit().await
    }

    pub(crate) async fn delete_in(&self, tx: &DatabaseTransaction, r: &Resource, by: &Actor, id: i64) -> Result<()> {
        let found = lock(tx, r, by, id).await?.filter(|record| record.deleted_at.is_none());
        let before = found.ok_or(Error::NotFound)?;
        let mut values = before.clone();
        run(&r.before, tx, by, Verb::Delete, id, Some(&before), &mut values).await?;
        if r.is_soft() {
            mark(tx, r, by, &before, Some(now_ms())).await?;
        } else {
            erase(tx, r, by, id).await.map_err(in_use)?;
        }
        run(&r.after, tx, by, Verb::Delete, id, Some(&before), &mut values).await?;
        let old = open(r, &before.values);
        self.record_change(tx, r, by, (Verb::Delete, id), Some(old), None).await
    }

    pub(crate) async fn restore_in(&self, tx: &DatabaseTransaction, r: &Resource, by: &Actor, id: i64) -> Result<()> {
        let found = lock(tx, r, by, id).await?.filter(|record| record.deleted_at.is_some());
        let before = found.ok_or(Error::NotFound)?;
        let mut values = before.clone();
        run(&r.before, tx, by, Verb::Restore, id, Some(&before), &mut values).await?;
        mark(tx, r, by, &before, None).await?;
        run(&r.after, tx, by, Verb::Restore, id, Some(&before), &mut values).await?;
        let at = |moment| Map::from_iter([("deleted_at".to_owned(), moment)]);
        let (old, new) = (at(json!(before.deleted_at)), at(json!(null)));
        self.record_change(tx, r, by, (Verb::Restore, id), Some(old), Some(new)).await
    }
}

async fn mark(on: &impl ConnectionTrait, r: &Resource, by: &Actor, before: &Record, at: Option<i64>) -> Result<()> {
    let mut sql = Sql::new(on);
    sql.push("UPDATE ").name(&r.table).push(" SET ").name("deleted_at").push(" = ").bind(at);
    if r.has_column("updated_at") {
        sql.push(", ").name("updated_at").push(" = ").bind(now_ms());
    }
    next_version(&mut sql, r);
    sql.push(" WHERE ").column(&r.table, r.key).push(" = ").bind(before.id);
    in_scope(&mut sql, r, by);
    let is = if at.is_some() { " IS NULL" } else { " IS NOT NULL" };
    sql.push(" AND ").column(&r.table, "deleted_at").push(is);
    let changed = on.execute_raw(sql.statement()).await?.rows_affected();
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

async fn erase(on: &impl ConnectionTrait, r: &Resource, by: &Actor, id: i64) -> Result<()> {
    for field in &r.fields {
        let (table, column) = match &field.kind {
            Kind::Many(many) => (many.table, many.here),
            Kind::Inline(inline) => (inline.table, inline.parent),
            _ => continue,
        };
        let mut sql = Sql::new(on);
        sql.push("DELETE FROM ").name(table).push(" WHERE ").name(column).push(" = ").bind(id);
        on.execute_raw(sql.statement()).await?;
    }
    if r.indexed_search {
        search_index::remove(on, r, id).await?;
    }
    let mut sql = Sql::new(on);
    sql.push("DELETE FROM ").name(&r.table).push(" WHERE ").column(&r.table, r.key).push(" = ").bind(id);
    in_scope(&mut sql, r, by);
    let gone = on.execute_raw(sql.statement()).await?.rows_affected();
    if gone == 0 { Err(Error::NotFound) } else { Ok(()) }
}

fn in_use(error: Error) -> Error {
    match &error {
        Error::Database(refusal) if matches!(refusal.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) => {
            Error::Refused("resource.in_use".into(), Vec::new())
        }
        _ => error,
    }
}
