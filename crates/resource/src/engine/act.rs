//! Actions on records chosen, and beginnings of new ones.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use serde_json::Value as Json;

use super::{
    Asked, Engine, in_scope, permit,
    read::{CHUNK, compute, load},
    search_index,
};
use crate::{
    declare::{Actor, Done, Error, Field, Kind, Record, Resource, Result, Rule, Run, Verb},
    query::sql::Sql,
};

/// The most records of one action.
const MOST: usize = 1_000;

impl Engine {
    /// Runs an action on `ids`; `delete` and `restore` are actions of every resource that offers them, all or nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one of `ids` is not there or not this actor's: then nothing is done;
    /// [`Error::Forbidden`]; [`Error::Request`] for none or too many; what the action refuses.
    pub async fn act(&self, r: &Resource, by: &Actor, action: &str, ids: &[i64]) -> Result<Done> {
        let built_in = match action {
            "delete" => Some(Verb::Delete),
            "restore" => Some(Verb::Restore),
            _ => None,
        };
        permit(r, by, built_in.map_or(Asked::Action(action), Asked::Verb))?;
        let ids: Vec<i64> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        if ids.is_empty() || ids.len() > MOST {
            return Err(Error::Request(format!("an action takes 1 to {MOST} records")));
        }
        self.all_there(r, by, &ids, built_in == Some(Verb::Restore)).await?;
        let changed = ids.len() as u64;
        if let Some(verb) = built_in {
            self.each(r, by, verb, &ids).await?;
            return Ok(Done { changed, ..Done::default() });
        }
        let action = r.actions.iter().find(|it| it.name == action).ok_or(Error::NotFound)?;
        if !action.bulk && ids.len() > 1 {
            return Err(Error::Request(format!("{} takes one record", action.name)));
        }
        let done = (action.run)(Run { store: self.store(), actor: by, ids: ids.clone() }).await?;
        if r.indexed_search {
            for id in ids {
                self.written(r, by, id).await?;
            }
        }
        Ok(done)
    }

    async fn all_there(&self, r: &Resource, by: &Actor, ids: &[i64], deleted: bool) -> Result<()> {
        let reader = self.store.reader();
        for chunk in ids.chunks(CHUNK) {
            let mut sql = Sql::new(reader);
            sql.push("SELECT COUNT(*) FROM ").name(&r.table).push(" WHERE ").column(&r.table, r.key).push(" IN (");
            sql.bind_all(chunk.iter().copied()).push(")");
            in_scope(&mut sql, r, by);
            if r.is_soft() {
                sql.push(" AND ").column(&r.table, "deleted_at").push(if deleted {
                    " IS NOT NULL"
                } else {
                    " IS NULL"
                });
            }
            let row = reader.query_one_raw(sql.statement()).await?.ok_or(Error::NotFound)?;
            if row.try_get_by_index::<i64>(0)?.unsigned_abs() != chunk.len() as u64 {
                return Err(Error::NotFound);
            }
        }
        Ok(())
    }

    /// What the form of a new record begins with.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn draft(&self, r: &Resource, by: &Actor) -> Result<Record> {
        permit(r, by, Asked::Verb(Verb::Create))?;
        let mut record = Record::default();
        for field in r.fields.iter().filter(|field| !matches!(field.kind, Kind::Computed(_))) {
            let value = match (&field.default, &field.kind) {
                (Some(default), _) => default.clone(),
                (None, Kind::Boolean) => false.into(),
                (None, kind) if kind.is_list() => Json::Array(Vec::new()),
                _ => Json::Null,
            };
            record.set(field.name, value);
        }
        Ok(record)
    }

    /// The beginning of a new record with another's values. It is not stored; what must be unique is left empty.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`], also when the actor may not see what he would copy.
    pub async fn duplicate(&self, r: &Resource, by: &Actor, id: i64) -> Result<Record> {
        permit(r, by, Asked::Verb(Verb::View))?;
        let mut draft = self.draft(r, by).await?;
        let original = load(self.store.reader(), r, by, id).await?.ok_or(Error::NotFound)?;
        let is_unique = |field: &Field| field.rules.iter().any(|rule| matches!(rule, Rule::Unique));
        for field in r.fields.iter().filter(|field| field.is_taken(true) && !is_unique(field)) {
            let Some(value) = original.values.get(field.name) else { continue };
            let mut value = value.clone();
            if let (Kind::Inline(inline), Some(rows)) = (&field.kind, value.as_array_mut()) {
                for row in rows.iter_mut().filter_map(Json::as_object_mut) {
                    // Rows of its own.
                    row.remove("id");
                    for inner in inline.fields.iter().filter(|inner| is_unique(inner)) {
                        row.insert(inner.name.to_owned(), Json::Null);
                    }
                }
            }
            draft.set(field.name, value);
        }
        compute(r, &mut draft);
        Ok(draft)
    }

    /// Writes the words of the next `step` records after `after` into the search index, and gives the number to go on
    /// after; none at the end. Each step is a transaction of its own, so that others can write in between.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rebuild_search(&self, r: &Resource, after: i64, step: u64) -> Result<Option<i64>> {
        let fields = search_index::searched(r);
        let tx = self.store.begin().await?;
        let on = tx.on();
        let mut sql = Sql::new(on);
        sql.push("SELECT ");
        super::row::select(&mut sql, r, &fields);
        sql.push(" FROM ").name(&r.table).push(" WHERE ").column(&r.table, r.key).push(" > ").bind(after);
        sql.push(" ORDER BY ").column(&r.table, r.key).push(&format!(" LIMIT {}", step.clamp(1, 10_000)));
        let rows = on.query_all_raw(sql.statement()).await?;
        let records = rows.iter().map(|row| super::row::read(row, r, &fields)).collect::<Result<Vec<_>>>()?;
        search_index::store(on, r, &records).await?;
        tx.commit().await?;
        Ok(records.last().map(|record| record.id))
    }
}
