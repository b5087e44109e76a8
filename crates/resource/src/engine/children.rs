//! What belongs to a record in other tables: pairs and rows, read and saved with it.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, SqlErr, Value};
use serde_json::{Map, Value as Json};

use super::{read::CHUNK, row};
use crate::{
    declare::{Error, Field, Inline, Kind, Many, Problem, Record, Resource, Result},
    query::sql::Sql,
};

/// The most rows or pairs of one record that are read.
const MOST: u64 = 1_000;

/// Sets `field` of each record to the row numbers of its related ones.
pub(crate) async fn load_many(
    on: &impl ConnectionTrait,
    field: &Field,
    many: &Many,
    records: &mut [Record],
) -> Result<()> {
    let mut found: BTreeMap<i64, Vec<Json>> = BTreeMap::new();
    for chunk in records.chunks(CHUNK) {
        let ids: Vec<String> = chunk.iter().map(|record| record.id.to_string()).collect();
        let mut sql = Sql::new(on);
        sql.push("SELECT CAST(").name(many.here).push(" AS BIGINT), CAST(").name(many.there).push(" AS BIGINT) FROM ");
        sql.name(many.table).push(" WHERE ").name(many.here).push(&format!(" IN ({})", ids.join(", ")));
        sql.push(" ORDER BY ").name(many.here).push(", ").name(many.there);
        for pair in on.query_all_raw(sql.statement()).await? {
            let (here, there): (i64, i64) = (pair.try_get_by_index(0)?, pair.try_get_by_index(1)?);
            found.entry(here).or_default().push(there.into());
        }
    }
    for record in records {
        let ids = found.remove(&record.id).unwrap_or_default();
        record.set(field.name, ids);
    }
    Ok(())
}

/// The rows of the record `parent`, each an object with its `id`.
pub(crate) async fn load_rows(on: &impl ConnectionTrait, inline: &Inline, parent: i64) -> Result<Json> {
    let fields: Vec<&Field> = inline.fields.iter().filter(|field| row::is_stored(field)).collect();
    let mut sql = Sql::new(on);
    sql.push("SELECT CAST(").column(inline.table, "id").push(" AS BIGINT)");
    for field in &fields {
        sql.push(", ");
        row::select_field(&mut sql, inline.table, field);
    }
    sql.push(" FROM ").name(inline.table).push(" WHERE ").column(inline.table, inline.parent).push(" = ").bind(parent);
    sql.push(" ORDER BY ");
    if let Some(position) = inline.position {
        sql.column(inline.table, position).push(", ");
    }
    sql.column(inline.table, "id").push(&format!(" LIMIT {MOST}"));
    let mut rows = Vec::new();
    for found in on.query_all_raw(sql.statement()).await? {
        let mut values = Map::new();
        values.insert("id".into(), found.try_get_by_index::<i64>(0)?.into());
        for (at, field) in fields.iter().enumerate() {
            values.insert(field.name.to_owned(), row::read_field(&found, at + 1, &field.kind)?);
        }
        rows.push(Json::Object(values));
    }
    Ok(Json::Array(rows))
}

/// Saves the pairs and rows among `values`, in the transaction of the change.
pub(crate) async fn save(
    on: &impl ConnectionTrait,
    r: &Resource,
    id: i64,
    before: Option<&Record>,
    values: &Record,
) -> Result<()> {
    for field in &r.fields {
        let Some(value) = values.values.get(field.name) else { continue };
        let old = before.map_or(&Json::Null, |record| record.get(field.name));
        match &field.kind {
            Kind::Many(many) => save_pairs(on, many, id, old, value).await.map_err(|error| explain(field, error))?,
            Kind::Inline(inline) => {
                save_rows(on, field, inline, id, old, value).await.map_err(|error| explain(field, error))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A database's refusal as a problem of the field whose rows or pairs it is about.
fn explain(field: &Field, error: Error) -> Error {
    let Error::Database(refusal) = &error else { return error };
    let key = match refusal.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => "rules.unique",
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => "rules.choice",
        _ => return error,
    };
    Error::Invalid(vec![Problem::new(field.name, key)])
}

fn numbers(value: &Json) -> BTreeSet<i64> {
    value.as_array().into_iter().flatten().filter_map(Json::as_i64).collect()
}

async fn save_pairs(on: &impl ConnectionTrait, many: &Many, id: i64, old: &Json, new: &Json) -> Result<()> {
    let (old, new) = (numbers(old), numbers(new));
    for gone in old.difference(&new) {
        let mut sql = Sql::new(on);
        sql.push("DELETE FROM ").name(many.table).push(" WHERE ").name(many.here).push(" = ").bind(id);
        sql.push(" AND ").name(many.there).push(" = ").bind(*gone);
        on.execute_raw(sql.statement()).await?;
    }
    for added in new.difference(&old) {
        let mut sql = Sql::new(on);
        sql.push("INSERT INTO ").name(many.table).push(" (").name(many.here).push(", ").name(many.there);
        sql.push(") VALUES (").bind(id).push(", ").bind(*added).push(")");
        on.execute_raw(sql.statement()).await?;
    }
    Ok(())
}

async fn save_rows(
    on: &impl ConnectionTrait,
    field: &Field,
    inline: &Inline,
    parent: i64,
    old: &Json,
    new: &Json,
) -> Result<()> {
    let row_ids = |rows: &Json| -> BTreeSet<i64> {
        rows.as_array().into_iter().flatten().filter_map(|row| row.get("id")?.as_i64()).collect()
    };
    let (old_ids, new_ids) = (row_ids(old), row_ids(new));
    if !new_ids.is_subset(&old_ids) {
        // Another record's row, or one that somebody deleted meanwhile.
        return Err(Error::Invalid(vec![Problem::new(field.name, "rules.rows")]));
    }
    for gone in old_ids.difference(&new_ids) {
        let mut sql = Sql::new(on);
        sql.push("DELETE FROM ").name(inline.table).push(" WHERE ").name("id").push(" = ").bind(*gone);
        sql.push(" AND ").name(inline.parent).push(" = ").bind(parent);
        on.execute_raw(sql.statement()).await?;
    }
    for (at, row) in new.as_array().into_iter().flatten().enumerate() {
        let Some(row) = row.as_object() else { continue };
        let mut columns: Vec<(&str, Value)> = inline
            .fields
            .iter()
            .filter(|field| field.has_column())
            .filter_map(|field| Some((field.column, row::bindable(&field.kind, row.get(field.name)?))))
            .collect();
        if let Some(position) = inline.position {
            columns.push((position, i64::try_from(at).unwrap_or(i64::MAX).into()));
        }
        match row.get("id").and_then(Json::as_i64) {
            Some(id) => update(on, inline, parent, id, columns).await?,
            None => insert(on, inline, parent, columns).await?,
        }
    }
    Ok(())
}

async fn update(
    on: &impl ConnectionTrait,
    inline: &Inline,
    parent: i64,
    id: i64,
    columns: Vec<(&str, Value)>,
) -> Result<()> {
    if columns.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new(on);
    sql.push("UPDATE ").name(inline.table).push(" SET ");
    for (at, (column, value)) in columns.into_iter().enumerate() {
        sql.push(if at > 0 { ", " } else { "" }).name(column).push(" = ").bind(value);
    }
    sql.push(" WHERE ").name("id").push(" = ").bind(id);
    sql.push(" AND ").name(inline.parent).push(" = ").bind(parent);
    on.execute_raw(sql.statement()).await?;
    Ok(())
}

async fn insert(
    on: &impl ConnectionTrait,
    inline: &Inline,
    parent: i64,
    mut columns: Vec<(&str, Value)>,
) -> Result<()> {
    columns.push((inline.parent, parent.into()));
    let mut sql = Sql::new(on);
    sql.push("INSERT INTO ").name(inline.table).push(" (");
    for (at, (column, _)) in columns.iter().enumerate() {
        sql.push(if at > 0 { ", " } else { "" }).name(column);
    }
    sql.push(") VALUES (").bind_all(columns.into_iter().map(|(_, value)| value)).push(")");
    on.execute_raw(sql.statement()).await?;
    Ok(())
}
