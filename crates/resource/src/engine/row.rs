//! Rows: how values in stored form are read from columns and bound to them.

use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;

use crate::{
    declare::{Field, Kind, Record, Resource, Result},
    query::sql::Sql,
};

/// The fields that are read from the table: what is secret is not.
pub(crate) fn stored(r: &Resource) -> Vec<&Field> {
    r.fields.iter().filter(|field| is_stored(field)).collect()
}

pub(crate) fn is_stored(field: &Field) -> bool {
    field.has_column() && !field.secret && !matches!(field.kind, Kind::Password)
}

/// The columns that [`read`] takes, in its order. They are cast, so that the databases' many integer and text types are
/// read as two.
pub(crate) fn select(sql: &mut Sql, r: &Resource, fields: &[&Field]) {
    let table = r.table.as_str();
    cast(sql, table, r.key, "BIGINT");
    for column in ["version", "deleted_at"] {
        if r.has_column(column) {
            sql.push(", ");
            cast(sql, table, column, "BIGINT");
        }
    }
    for field in fields {
        sql.push(", ");
        select_field(sql, table, field);
    }
}

pub(crate) fn select_field(sql: &mut Sql, table: &str, field: &Field) {
    match &field.kind {
        Kind::Boolean => {
            sql.push("CAST(");
            cast(sql, table, field.column, "INTEGER");
            sql.push(" AS BIGINT)");
        }
        kind if kind.is_number() => cast(sql, table, field.column, "BIGINT"),
        _ => cast(sql, table, field.column, "TEXT"),
    }
}

fn cast(sql: &mut Sql, table: &str, column: &str, to: &str) {
    sql.push("CAST(").column(table, column).push(" AS ").push(to).push(")");
}

/// A record from the columns of [`select`].
pub(crate) fn read(row: &QueryResult, r: &Resource, fields: &[&Field]) -> Result<Record> {
    let mut at = 0;
    let mut next = || {
        at += 1;
        at - 1
    };
    let mut record = Record { id: row.try_get_by_index(next())?, ..Record::default() };
    if r.is_versioned() {
        record.version = row.try_get_by_index(next())?;
    }
    if r.is_soft() {
        record.deleted_at = row.try_get_by_index(next())?;
    }
    for field in fields {
        let value = read_field(row, next(), &field.kind)?;
        record.values.insert(field.name.to_owned(), value);
    }
    Ok(record)
}

pub(crate) fn read_field(row: &QueryResult, at: usize, kind: &Kind) -> Result<Json> {
    if matches!(kind, Kind::Boolean) {
        let number: Option<i64> = row.try_get_by_index(at)?;
        return Ok(number.map(|number| number != 0).into());
    }
    if kind.is_number() {
        return Ok(row.try_get_by_index::<Option<i64>>(at)?.into());
    }
    let text: Option<String> = row.try_get_by_index(at)?;
    Ok(match (kind, text) {
        (_, None) => Json::Null,
        // What the column holds and is no JSON was not written here: it is shown as it is.
        (Kind::Json, Some(text)) => serde_json::from_str(&text).unwrap_or(Json::String(text)),
        (kind, Some(text)) if kind.is_list() => list(text),
        (_, Some(text)) => Json::String(text),
    })
}

/// A stored array; a column of one picture may hold its bare key.
fn list(text: String) -> Json {
    match serde_json::from_str(&text) {
        Ok(Json::Array(entries)) => Json::Array(entries),
        _ if text.is_empty() => Json::Array(Vec::new()),
        _ => Json::Array(vec![Json::String(text)]),
    }
}

/// A value in stored form as the column takes it.
pub(crate) fn bindable(kind: &Kind, value: &Json) -> Value {
    match kind {
        Kind::Boolean => value.as_bool().into(),
        kind if kind.is_number() => value.as_i64().into(),
        Kind::Json => (!value.is_null()).then(|| value.to_string()).into(),
        kind if kind.is_list() => (!value.is_null()).then(|| value.to_string()).into(),
        _ => match value {
            Json::Null => None::<String>.into(),
            Json::String(text) => text.clone().into(),
            other => other.to_string().into(),
        },
    }
}

/// A scope's value as its column takes it.
pub(crate) fn plain(value: &Json) -> Value {
    match value {
        Json::Bool(value) => (*value).into(),
        Json::Number(value) => value.as_i64().into(),
        Json::String(text) => text.clone().into(),
        _ => None::<i64>.into(),
    }
}
