//! Creating and changing records.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, RuntimeErr, SqlErr, Value};
use serde_json::{Map, Value as Json};

use super::{
    Asked, Engine, TRIES, children, in_scope, now_ms, permit,
    read::{compute, load, lock, veil},
    row, search_index,
};
use crate::{
    declare::{Actor, AuditEntry, Change, Error, Field, Hook, Kind, Problem, Record, Resource, Result, Rule, Verb},
    query::{ListQuery, sql::Sql},
    validate::{Checker, Input, attach_uploads, has_uploads},
};

impl Engine {
    /// Makes a record of what was given.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`]; what a hook refuses.
    pub async fn create(&self, r: &Resource, by: &Actor, input: &Input) -> Result<Record> {
        permit(r, by, Asked::Verb(Verb::Create))?;
        let mut values = self.checked(r, by, input, None).await?;
        keep_in_scope(r, by, &mut values);
        if let Some(writer) = &r.writer {
            let id = writer.create(by, &values).await?;
            return self.written(r, by, id).await;
        }
        let mut tries = 1;
        let mut record = loop {
            let tx = self.store.begin().await?;
            match self.create_in(tx.on(), r, by, values.clone()).await {
                Ok(record) => {
                    tx.commit().await?;
                    break record;
                }
                Err(error) if tries < TRIES && error.is_deadlock() => tries += 1,
                Err(error) => return Err(error),
            }
        };
        veil(r, by, std::slice::from_mut(&mut record));
        Ok(record)
    }

    /// Changes the fields given and leaves the others alone. `version` is the one the person saw; a resource that
    /// counts its changes asks for it.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the record as it is now, when somebody was faster; [`Error::NotFound`] also for a
    /// record that is not this actor's or is deleted; [`Error::Forbidden`]; [`Error::Invalid`]; what a hook refuses.
    pub async fn update(
        &self,
        r: &Resource,
        by: &Actor,
        id: i64,
        version: Option<i64>,
        input: &Input,
    ) -> Result<Record> {
        permit(r, by, Asked::Verb(Verb::Edit))?;
        let existing = load(self.store.reader(), r, by, id).await?.filter(|record| record.deleted_at.is_none());
        let existing = existing.ok_or(Error::NotFound)?;
        same_version(r, by, &existing, version)?;
        let mut values = self.checked(r, by, input, Some(&existing)).await?;
        keep_in_scope(r, by, &mut values);
        if let Some(writer) = &r.writer {
            return match writer.update(by, id, version, &values).await {
                Ok(()) => self.written(r, by, id).await,
                // The use case knows that somebody was faster, not what the record is as it is seen here.
                Err(Error::Conflict(_)) => {
                    let current = load(self.store.reader(), r, by, id).await?.filter(|it| it.deleted_at.is_none());
                    Err(current.map_or(Error::NotFound, |record| conflict(r, by, record)))
                }
                Err(error) => Err(error),
            };
        }
        let mut tries = 1;
        let mut record = loop {
            let tx = self.store.begin().await?;
            match self.update_in(tx.on(), r, by, id, version, values.clone()).await {
                Ok(record) => {
                    tx.commit().await?;
                    break record;
                }
                Err(error) if tries < TRIES && error.is_deadlock() => tries += 1,
                Err(error) => return Err(error),
            }
        };
        veil(r, by, std::slice::from_mut(&mut record));
        Ok(record)
    }

    pub(crate) async fn checked(
        &self,
        r: &Resource,
        by: &Actor,
        input: &Input,
        existing: Option<&Record>,
    ) -> Result<Record> {
        let checker = Checker { store: self.store(), resources: &self.resources };
        checker.check(r, by, input, existing).await
    }

    /// The record after an area's use case, or `by` himself, wrote it: whoever may change a record is told what became of
    /// it, also without the permission to view others. Its words go into the search index.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn written(&self, r: &Resource, by: &Actor, id: i64) -> Result<Record> {
        let Some(mut record) = load(self.store.reader(), r, by, id).await? else {
            return Ok(Record { id, ..Record::default() });
        };
        if r.indexed_search || has_uploads(r, &record) {
            let tx = self.store.begin().await?;
            let on = tx.on();
            attach_uploads(self.store(), on, r, &record).await?;
            if r.indexed_search {
                search_index::store(on, r, std::slice::from_ref(&record)).await?;
            }
            tx.commit().await?;
        }
        self.fill(r, std::slice::from_mut(&mut record)).await?;
        compute(r, &mut record);
        veil(r, by, std::slice::from_mut(&mut record));
        Ok(record)
    }

    /// Creates a record of checked values in a transaction.
    pub(crate) async fn create_in(
        &self,
        tx: &DatabaseTransaction,
        r: &Resource,
        by: &Actor,
        mut values: Record,
    ) -> Result<Record> {
        for field in r.fields.iter().filter(|field| field.has_column()) {
            if let (Some(default), false) = (&field.default, values.values.contains_key(field.name)) {
                values.set(field.name, default.clone());
            }
        }
        run(&r.before, tx, by, Verb::Create, 0, None, &mut values).await?;
        keep_in_scope(r, by, &mut values);
        let id = insert(tx, r, by, &values).await.map_err(|error| explain(r, &values, error))?;
        values.id = id;
        children::save(tx, r, id, None, &values).await?;
        attach_uploads(self.store(), tx, r, &values).await?;
        run(&r.after, tx, by, Verb::Create, id, None, &mut values).await?;
        run(&self.also, tx, by, Verb::Create, id, None, &mut values).await?;
        self.record_change(tx, r, by, (Verb::Create, id), None, Some(open(r, &values.values))).await?;
        self.reread(tx, r, by, id).await
    }

    /// Changes a record by checked values in a transaction.
    pub(crate) async fn update_in(
        &self,
        tx: &DatabaseTransaction,
        r: &Resource,
        by: &Actor,
        id: i64,
        version: Option<i64>,
        mut values: Record,
    ) -> Result<Record> {
        let found = lock(tx, r, by, id).await?.filter(|record| record.deleted_at.is_none());
        let before = found.ok_or(Error::NotFound)?;
        same_version(r, by, &before, version)?;
        values.id = id;
        run(&r.before, tx, by, Verb::Edit, id, Some(&before), &mut values).await?;
        keep_in_scope(r, by, &mut values);
        let mut changed = values.clone();
        changed.values.retain(|name, value| differs(r, &before, name, value));
        if changed.values.is_empty() {
            return self.reread(tx, r, by, id).await;
        }
        let rows = change(tx, r, by, &before, &changed).await.map_err(|error| explain(r, &changed, error))?;
        if rows == 0 {
            return Err(self.overtaken(tx, r, by, id).await?);
        }
        children::save(tx, r, id, Some(&before), &changed).await?;
        attach_uploads(self.store(), tx, r, &changed).await?;
        run(&r.after, tx, by, Verb::Edit, id, Some(&before), &mut values).await?;
        run(&self.also, tx, by, Verb::Edit, id, Some(&before), &mut values).await?;
        let names = open(r, &changed.values);
        let old = names.keys().map(|name| (name.clone(), before.get(name).clone())).collect();
        let old = open(r, &old);
        self.record_change(tx, r, by, (Verb::Edit, id), Some(old), Some(names)).await?;
        self.reread(tx, r, by, id).await
    }

    /// The record at the end of its change, its words in the search index.
    async fn reread(&self, tx: &DatabaseTransaction, r: &Resource, by: &Actor, id: i64) -> Result<Record> {
        let mut record = load(tx, r, by, id).await?.ok_or(Error::NotFound)?;
        if r.indexed_search {
            search_index::store(tx, r, std::slice::from_ref(&record)).await?;
        }
        compute(r, &mut record);
        Ok(record)
    }

    /// Why a compare-and-set found no row.
    async fn overtaken(&self, tx: &DatabaseTransaction, r: &Resource, by: &Actor, id: i64) -> Result<Error> {
        let found = load(tx, r, by, id).await?.filter(|record| record.deleted_at.is_none());
        Ok(found.map_or(Error::NotFound, |record| conflict(r, by, record)))
    }

    /// Leaves an audit row for a file taken out, with the list that was asked for.
    pub(crate) async fn note_export(&self, r: &Resource, by: &Actor, q: &ListQuery) -> Result<()> {
        // Words that were searched for are often somebody's name: how many there were is enough to know what was taken out.
        let told = |(name, value): (String, String)| match name.as_str() {
            "q" => (name, Json::from(value.chars().count())),
            _ => (name, Json::from(value)),
        };
        let asked = q.to_pairs().into_iter().map(told).collect();
        let tx = self.store.begin().await?;
        self.record_change(tx.on(), r, by, (Verb::Export, 0), None, Some(asked)).await?;
        tx.commit().await
    }

    pub(crate) async fn record_change(
        &self,
        tx: &DatabaseTransaction,
        r: &Resource,
        by: &Actor,
        (verb, id): (Verb, i64),
        before: Option<Map<String, Json>>,
        after: Option<Map<String, Json>>,
    ) -> Result<()> {
        let partition = partition_of(tx, r, by, id, before.as_ref().or(after.as_ref())).await?;
        let (before, after) = (before.map(Json::Object), after.map(Json::Object));
        let action = r.permission(verb);
        let entry = AuditEntry { actor: by, action, subject: r.name, id, partition, before, after };
        self.store.audit(tx, entry).await
    }
}

/// The partition of the record `id` (0: of what `by` sees, when that is one), whose values are known in part.
async fn partition_of(
    on: &impl ConnectionTrait,
    r: &Resource,
    by: &Actor,
    id: i64,
    known: Option<&Map<String, Json>>,
) -> Result<Option<i64>> {
    let Some(column) = r.partition else { return Ok(None) };
    if id == 0 {
        return Ok(by.within.as_deref().and_then(|ids| <[i64; 1]>::try_from(ids).ok()).map(|[only]| only));
    }
    if column == r.key {
        return Ok(Some(id));
    }
    let field = r.fields.iter().find(|field| field.column == column);
    if let Some(value) = field.and_then(|field| known?.get(field.name)) {
        return Ok(value.as_i64());
    }
    let mut sql = Sql::new(on);
    sql.push("SELECT CAST(").name(column).push(" AS BIGINT) FROM ").name(&r.table);
    sql.push(" WHERE ").name(r.key).push(" = ").bind(id);
    let row = on.query_one_raw(sql.statement()).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
}

/// Runs hooks one after the other.
pub(crate) async fn run(
    hooks: &[Hook],
    tx: &DatabaseTransaction,
    actor: &Actor,
    verb: Verb,
    id: i64,
    before: Option<&Record>,
    values: &mut Record,
) -> Result<()> {
    for hook in hooks {
        let mut change = Change { tx, actor, verb, id, before, values: &mut *values };
        hook(&mut change).await?;
    }
    Ok(())
}

/// The column that decides whose a record is cannot be entered.
fn keep_in_scope(r: &Resource, by: &Actor, values: &mut Record) {
    for (column, limit) in r.limits(by) {
        // Of several partitions one was chosen, and checked.
        let field = r.fields.iter().find(|field| field.column == column && field.column != r.key);
        if let (Some(field), Some(value)) = (field, limit.only()) {
            values.set(field.name, value);
        }
    }
}

/// # Errors
/// [`Error::Conflict`] when it is another version; [`Error::Request`] when it is missing.
fn same_version(r: &Resource, by: &Actor, record: &Record, seen: Option<i64>) -> Result<()> {
    match (record.version, seen) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(Error::Request("the version that was seen is missing".into())),
        (Some(now), Some(seen)) if now == seen => Ok(()),
        _ => Err(conflict(r, by, record.clone())),
    }
}

fn conflict(r: &Resource, by: &Actor, mut record: Record) -> Error {
    compute(r, &mut record);
    veil(r, by, std::slice::from_mut(&mut record));
    Error::Conflict(Box::new(record))
}

/// Whether a value given is another than the record's. What is never read is always another.
fn differs(r: &Resource, before: &Record, name: &str, value: &Json) -> bool {
    match r.find(name) {
        None => false,
        Some(field) if matches!(field.kind, Kind::Computed(_)) => false,
        Some(field) if field.has_column() && !row::is_stored(field) => true,
        Some(field) if matches!(field.kind, Kind::Many(_)) => {
            let sorted = |value: &Json| {
                let mut ids: Vec<i64> = value.as_array().into_iter().flatten().filter_map(Json::as_i64).collect();
                ids.sort_unstable();
                ids
            };
            sorted(before.get(name)) != sorted(value)
        }
        Some(_) => before.get(name) != value,
    }
}

/// Values without what is secret.
pub(crate) fn open(r: &Resource, values: &Map<String, Json>) -> Map<String, Json> {
    let is_open = |field: &Field| !field.secret && !matches!(field.kind, Kind::Password | Kind::Computed(_));
    let mut kept = Map::new();
    for field in r.fields.iter().filter(|field| is_open(field)) {
        let Some(value) = values.get(field.name) else { continue };
        let mut value = value.clone();
        if let (Kind::Inline(inline), Some(rows)) = (&field.kind, value.as_array_mut()) {
            for row in rows.iter_mut().filter_map(Json::as_object_mut) {
                row.retain(|name, _| name == "id" || inline.fields.iter().any(|it| it.name == name && is_open(it)));
            }
        }
        kept.insert(field.name.to_owned(), value);
    }
    kept
}

/// The columns of the values given.
fn columns<'r>(r: &'r Resource, values: &Record) -> Vec<(&'r str, Value)> {
    let given = r.fields.iter().filter(|field| field.has_column());
    given.filter_map(|field| Some((field.column, row::bindable(&field.kind, values.values.get(field.name)?)))).collect()
}

async fn insert(on: &impl ConnectionTrait, r: &Resource, by: &Actor, values: &Record) -> Result<i64> {
    let mut columns = columns(r, values);
    let now = now_ms();
    let mut also = |name: &'static str, value: Value| {
        if r.has_column(name) && !columns.iter().any(|(column, _)| *column == name) {
            columns.push((name, value));
        }
    };
    also("created_at", now.into());
    also("updated_at", now.into());
    also("version", 1_i64.into());
    for (column, limit) in r.limits(by) {
        // Also where the column is no field at all.
        if let Some(value) = limit.only().filter(|_| column != r.key) {
            also(column, row::plain(&value));
        }
    }
    let mut sql = Sql::new(on);
    sql.push("INSERT INTO ").name(&r.table);
    if columns.is_empty() {
        sql.push(" DEFAULT VALUES");
    } else {
        sql.push(" (");
        for (at, (column, _)) in columns.iter().enumerate() {
            sql.push(if at > 0 { ", " } else { "" }).name(column);
        }
        sql.push(") VALUES (").bind_all(columns.into_iter().map(|(_, value)| value)).push(")");
    }
    sql.push(" RETURNING CAST(").name(r.key).push(" AS BIGINT)");
    let row = on.query_one_raw(sql.statement()).await?;
    Ok(row.ok_or_else(|| Error::Other("a new record has no number".into()))?.try_get_by_index(0)?)
}

async fn change(on: &impl ConnectionTrait, r: &Resource, by: &Actor, before: &Record, changed: &Record) -> Result<u64> {
    let mut columns = columns(r, changed);
    if r.has_column("updated_at") && !columns.iter().any(|(column, _)| *column == "updated_at") {
        columns.push(("updated_at", now_ms().into()));
    }
    let mut sql = Sql::new(on);
    sql.push("UPDATE ").name(&r.table).push(" SET ");
    for (at, (column, value)) in columns.into_iter().enumerate() {
        sql.push(if at > 0 { ", " } else { "" }).name(column).push(" = ").bind(value);
    }
    next_version(&mut sql, r);
    // Where only rows or pairs changed and nothing counts it, the record is written as it was: whoever is gone is
    // noticed.
    if sql.text().ends_with(" SET ") {
        sql.name(r.key).push(" = ").name(r.key);
    }
    sql.push(" WHERE ").column(&r.table, r.key).push(" = ").bind(before.id);
    in_scope(&mut sql, r, by);
    if r.is_soft() {
        sql.push(" AND ").column(&r.table, "deleted_at").push(" IS NULL");
    }
    if let Some(version) = before.version {
        sql.push(" AND ").column(&r.table, "version").push(" = ").bind(version);
    }
    Ok(on.execute_raw(sql.statement()).await?.rows_affected())
}

/// Counts the change, where the table does, in the `SET` of an update.
pub(crate) fn next_version(sql: &mut Sql, r: &Resource) {
    if r.is_versioned() {
        sql.push(if sql.text().ends_with(" SET ") { "" } else { ", " });
        sql.name("version").push(" = ").column(&r.table, "version").push(" + 1");
    }
}

/// A database's refusal as a problem of the field it is about, where that can be told.
pub(crate) fn explain(r: &Resource, values: &Record, error: Error) -> Error {
    let Error::Database(refusal) = &error else { return error };
    match refusal.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(message)) => {
            let said = format!("{message} {}", detail(refusal));
            let given = |field: &&Field| values.values.contains_key(field.name) && field.has_column();
            let named = r.fields.iter().filter(given).rfind(|field| names_column(&said, field.column));
            let declared =
                || r.fields.iter().filter(given).find(|it| it.rules.iter().any(|rule| matches!(rule, Rule::Unique)));
            match named.or_else(declared) {
                Some(field) => Error::Invalid(vec![Problem::new(field.name, "rules.unique")]),
                None => error,
            }
        }
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
            let said = detail(refusal);
            let relation = r
                .fields
                .iter()
                .find(|field| matches!(field.kind, Kind::BelongsTo(_)) && names_column(&said, field.column));
            relation.map_or(error, |field| Error::Invalid(vec![Problem::new(field.name, "rules.choice")]))
        }
        _ => error,
    }
}

/// Whether `column` stands in a message as a name of its own.
fn names_column(said: &str, column: &str) -> bool {
    said.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == column)
}

/// PostgreSQL names the columns in the detail of its refusal: `Key (title)=(…) already exists`; the values are cut off.
fn detail(error: &DbErr) -> String {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error else {
        return String::new();
    };
    let refusal = inner.as_database_error();
    let detail = refusal.and_then(|it| it.try_downcast_ref::<sea_orm::sqlx::postgres::PgDatabaseError>()?.detail());
    detail.and_then(|text| text.split(")=(").next()).unwrap_or_default().to_owned()
}
