//! What only the database knows: whether records, rows, uploads and choices are there, and whether a value is taken.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::{Map, Value};

use super::{
    Checker,
    part::{Ask, Question},
    rules::{bound_fault, out_of_bounds},
};
use crate::{
    Actor, Field, Inline, Kind, Problem, Record, Resource, Result, Rule, Store, Upload,
    engine::{bindable, in_scope, plain},
    query::sql::Sql,
    values::Fault,
};

/// Values in one statement: SQLite and PostgreSQL take more.
const AT_ONCE: usize = 500;

/// Asks everything that reading the input left open, and adds what is wrong.
pub(super) async fn answer(
    checker: &Checker<'_>,
    by: &Actor,
    asks: Vec<Ask<'_>>,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    let seen = visible(checker, by, &asks).await?;
    let uploads = uploads(checker, &asks).await?;
    for Ask { path, question } in asks {
        if problems.iter().any(|known| known.field == path) {
            continue;
        }
        let fault = match question {
            Question::Records { resource, ids } => {
                let all = ids.iter().all(|id| seen.get(resource).is_some_and(|seen| seen.contains(id)));
                (!all).then(|| Fault::new("rules.choice"))
            }
            Question::Choices { choices, words } => {
                let offered = choices(checker.store, by).await?;
                let all = words.iter().all(|word| offered.iter().any(|choice| choice.value == *word));
                (!all).then(|| Fault::new("rules.choice"))
            }
            Question::Uploads { field, keys } => unfit(field, &keys, &uploads),
            Question::Rows { inline, parent, ids } => {
                let all = are_rows_of(checker, inline, parent, &ids).await?;
                (!all).then(|| Fault::new("rules.rows"))
            }
            Question::Unique { table, key, column, soft, except, kind, value } => {
                let mut sql = Sql::new(checker.store.reader());
                sql.push("SELECT 1 FROM ").name(table).push(" WHERE ").name(column).push(" = ");
                sql.bind(bindable(kind, &value));
                if soft {
                    sql.push(" AND \"deleted_at\" IS NULL");
                }
                if let Some(id) = except {
                    sql.push(" AND ").name(key).push(" <> ").bind(id);
                }
                sql.push(" LIMIT 1");
                let taken = checker.store.reader().query_one_raw(sql.statement()).await?.is_some();
                taken.then(|| Fault::new("rules.unique"))
            }
            Question::Exists { table, column, kind, values } => {
                let all = exist(checker, table, column, kind, &values).await?;
                (!all).then(|| Fault::new("rules.exists"))
            }
        };
        problems.extend(fault.map(|fault| fault.at(path)));
    }
    Ok(())
}

/// The records asked for that are there, living, and within the actor's scope; one statement a resource.
async fn visible<'a>(checker: &Checker<'_>, by: &Actor, asks: &[Ask<'a>]) -> Result<HashMap<&'a str, HashSet<i64>>> {
    let mut wanted: HashMap<&str, HashSet<i64>> = HashMap::new();
    for ask in asks {
        if let Question::Records { resource, ids } = &ask.question {
            wanted.entry(resource).or_default().extend(ids);
        }
    }
    let mut seen = HashMap::new();
    for (name, ids) in wanted {
        let Some(other) = checker.resources.get(name) else { continue };
        let ids: Vec<i64> = ids.into_iter().collect();
        let mut found = HashSet::new();
        for some in ids.chunks(AT_ONCE) {
            let mut sql = Sql::new(checker.store.reader());
            sql.push("SELECT CAST(").name(other.key).push(" AS BIGINT) FROM ").name(&other.table);
            sql.push(" WHERE ").name(other.key).push(" IN (");
            sql.bind_all(some.iter().copied()).push(")");
            if other.is_soft() {
                sql.push(" AND \"deleted_at\" IS NULL");
            }
            in_scope(&mut sql, other, by);
            for row in checker.store.reader().query_all_raw(sql.statement()).await? {
                found.insert(row.try_get_by_index::<i64>(0)?);
            }
        }
        seen.insert(name, found);
    }
    Ok(seen)
}

async fn uploads(checker: &Checker<'_>, asks: &[Ask<'_>]) -> Result<HashMap<String, Upload>> {
    let mut wanted = HashSet::new();
    for ask in asks {
        if let Question::Uploads { keys, .. } = &ask.question {
            wanted.extend(keys.iter().cloned());
        }
    }
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted: Vec<String> = wanted.into_iter().collect();
    let found = checker.store.uploads(&wanted).await?;
    Ok(found.into_iter().map(|upload| (upload.key.clone(), upload)).collect())
}

/// Why one of the uploads does not fit the field.
fn unfit(field: &Field, keys: &[String], uploads: &HashMap<String, Upload>) -> Option<Fault> {
    keys.iter().find_map(|key| {
        let Some(upload) = uploads.get(key) else { return Some(Fault::new("rules.upload")) };
        if matches!(field.kind, Kind::Image(_)) && !upload.is_picture {
            return Some(Fault::new("rules.image"));
        }
        field.rules.iter().find_map(|rule| match rule {
            Rule::Image => (!upload.is_picture).then(|| Fault::new("rules.image")),
            Rule::Mimes(kinds) => {
                let fits = kinds.iter().any(|kind| media_types(kind).contains(&upload.media_type.as_str()));
                (!fits).then(|| Fault::new("rules.mimes").with("kinds", kinds.join(", ")))
            }
            // A started KiB counts.
            rule => out_of_bounds(rule, (upload.bytes + 1023) / 1024).then(|| bound_fault(rule, field)),
        })
    })
}

/// The media types of a kind of file as `mimes` names it.
fn media_types(kind: &str) -> &'static [&'static str] {
    match kind {
        "jpg" | "jpeg" => &["image/jpeg"],
        "png" => &["image/png"],
        "gif" => &["image/gif"],
        "webp" => &["image/webp"],
        "pdf" => &["application/pdf"],
        "docx" => &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
        "xlsx" => &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        "pptx" => &["application/vnd.openxmlformats-officedocument.presentationml.presentation"],
        "zip" => &["application/zip"],
        "txt" => &["text/plain"],
        "csv" => &["text/csv"],
        "mp3" => &["audio/mpeg"],
        "wav" => &["audio/wav"],
        "amr" => &["audio/amr"],
        "mp4" => &["video/mp4"],
        _ => &[],
    }
}

async fn are_rows_of(checker: &Checker<'_>, inline: &Inline, parent: i64, ids: &[i64]) -> Result<bool> {
    let mut sql = Sql::new(checker.store.reader());
    sql.push("SELECT COUNT(*) FROM ").name(inline.table).push(" WHERE ").name(inline.parent).push(" = ");
    sql.bind(parent).push(" AND \"id\" IN (").bind_all(ids.iter().copied()).push(")");
    let row = checker.store.reader().query_one_raw(sql.statement()).await?;
    let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(usize::try_from(count) == Ok(ids.len()))
}

async fn exist(checker: &Checker<'_>, table: &str, column: &str, kind: &Kind, values: &[Value]) -> Result<bool> {
    for value in values {
        let value = if kind.is_list() { plain(value) } else { bindable(kind, value) };
        let mut sql = Sql::new(checker.store.reader());
        sql.push("SELECT 1 FROM ").name(table).push(" WHERE ").name(column).push(" = ").bind(value);
        sql.push(" LIMIT 1");
        if checker.store.reader().query_one_raw(sql.statement()).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Says of the uploads among `values` that a record has them now, in the transaction that stores it.
pub(crate) async fn attach_uploads(
    store: &dyn Store,
    tx: &DatabaseTransaction,
    r: &Resource,
    values: &Record,
) -> Result<()> {
    let keys = upload_keys(&r.fields, &values.values);
    if keys.is_empty() { Ok(()) } else { store.attach_uploads(tx, &keys).await }
}

/// Whether there are uploads among `values`.
pub(crate) fn has_uploads(r: &Resource, values: &Record) -> bool {
    !upload_keys(&r.fields, &values.values).is_empty()
}

fn upload_keys<'v>(fields: &[Field], values: &'v Map<String, Value>) -> Vec<&'v str> {
    let mut keys = Vec::new();
    for field in fields {
        let entries = values.get(field.name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        match &field.kind {
            Kind::Image(_) | Kind::File(_) => keys.extend(entries.iter().filter_map(Value::as_str)),
            Kind::RichText => {
                // Pictures among the words: cleaned, so that nothing else stands in their address.
                let html = values.get(field.name).and_then(Value::as_str).unwrap_or_default();
                let key =
                    |rest: &'v str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next();
                keys.extend(html.split("/uploads/").skip(1).filter_map(key).filter(|key| !key.is_empty()));
            }
            Kind::Inline(inline) => {
                let rows = entries.iter().filter_map(Value::as_object);
                keys.extend(rows.flat_map(|row| upload_keys(&inline.fields, row)));
            }
            _ => {}
        }
    }
    keys
}
