//! Lists and single records.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::Value as Json;

use super::{Asked, Engine, children, in_partitions, in_scope, is_sqlite, permit, permit_any, resources::related, row};
use crate::{
    declare::{Actor, Error, Field, Kind, Options, Record, Resource, Result, Verb},
    query::{ListPage, ListQuery, Page, sql::Sql},
    values::Labels,
};

/// Row numbers in one `IN (…)`.
pub(crate) const CHUNK: usize = 500;

impl Engine {
    /// One page of a list.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Request`] for a filter, an order or a cursor that is none of this list's.
    pub async fn list(&self, r: &Resource, by: &Actor, q: &ListQuery) -> Result<ListPage> {
        permit(r, by, Asked::Verb(Verb::View))?;
        let shown = shown(r, q);
        let by = &self.of_all_partitions(r, by).await?;
        let page = Page::new(r, by, q, selected(r, &shown, q))?;
        let reader = self.store.reader();
        let mut found =
            if is_sqlite(reader) { page.read(reader, q).await? } else { self.read_planned(&page, q).await? };
        self.fill(r, &mut found.records).await?;
        for field in &shown {
            match &field.kind {
                Kind::Many(many) => children::load_many(reader, field, many, &mut found.records).await?,
                Kind::Computed(compute) => {
                    for record in &mut found.records {
                        let value = compute(record);
                        record.set(field.name, value);
                    }
                }
                _ => {}
            }
        }
        veil(r, by, &mut found.records);
        Ok(found)
    }

    /// Who sees all partitions of a large table sees each that there is.
    pub(crate) async fn of_all_partitions(&self, r: &Resource, by: &Actor) -> Result<Actor> {
        match (&r.partitions, &by.within) {
            (Some(all), None) => Ok(by.clone().within(Some(all(self.store()).await?.into()))),
            _ => Ok(by.clone()),
        }
    }

    /// PostgreSQL plans a prepared statement once for all values; how frequent a word is decides here between two plans
    /// that differ a thousandfold.
    // It only reads: no lock is waited for.
    #[allow(clippy::disallowed_methods)]
    async fn read_planned(&self, page: &Page<'_>, q: &ListQuery) -> Result<ListPage> {
        let tx = self.store.reader().begin().await?;
        // Nor are other processes of use for half a hundred rows; to start them takes longer than to read those.
        let planning = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL max_parallel_workers_per_gather = 0";
        tx.execute_unprepared(planning).await?;
        let found = page.read(&tx, q).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// One record with all that belongs to it; also a softly deleted one, which its `deleted_at` tells.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for a record that is not this actor's.
    pub async fn get(&self, r: &Resource, by: &Actor, id: i64) -> Result<Record> {
        permit(r, by, Asked::Verb(Verb::View))?;
        let mut record = load(self.store.reader(), r, by, id).await?.ok_or(Error::NotFound)?;
        self.fill(r, std::slice::from_mut(&mut record)).await?;
        compute(r, &mut record);
        veil(r, by, std::slice::from_mut(&mut record));
        Ok(record)
    }

    /// Sets the fields that lie elsewhere.
    pub(crate) async fn fill(&self, r: &Resource, records: &mut [Record]) -> Result<()> {
        for fill in &r.fills {
            fill(self.store(), records).await?;
        }
        for field in r.fields.iter().filter(|field| field.filled) {
            for record in &mut *records {
                record.values.entry(field.name).or_insert(Json::Null);
            }
        }
        Ok(())
    }

    /// What the related records and the asked-for choices in `records` are called: one question for each relation.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the permission to view, create or edit.
    pub async fn labels(&self, r: &Resource, by: &Actor, records: &[Record]) -> Result<Labels> {
        permit_any(r, by)?;
        self.labels_of(r, by, records).await
    }

    pub(crate) async fn labels_of(&self, r: &Resource, by: &Actor, records: &[Record]) -> Result<Labels> {
        let mut labels = Labels::default();
        let mut wanted: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        let mut places: Vec<(String, &str, BTreeSet<i64>)> = Vec::new();
        for field in &r.fields {
            let rows: Vec<&Json> = records.iter().map(|record| record.get(field.name)).collect();
            collect(field, field.name.to_owned(), &rows, &mut places);
            if let Kind::Inline(inline) = &field.kind {
                for inner in &inline.fields {
                    let inner_rows = rows.iter().filter_map(|row| row.as_array()).flatten();
                    let values: Vec<&Json> = inner_rows.filter_map(|row| row.get(inner.name)).collect();
                    collect(inner, format!("{}.{}", field.name, inner.name), &values, &mut places);
                }
            }
            if let Some(Options::Asked(choices)) = field.kind.options() {
                for choice in choices(self.store(), by).await? {
                    if let Some(label) = choice.label {
                        labels.insert_word(field.name, choice.value, label);
                    }
                }
            }
        }
        for (_, resource, ids) in &places {
            wanted.entry(resource).or_default().extend(ids);
        }
        let mut titles: BTreeMap<(&str, i64), String> = BTreeMap::new();
        for (resource, ids) in wanted {
            let Some(other) = self.resources.get(resource) else { continue };
            for (id, title) in titles_of(self.store.reader(), other, by, ids).await? {
                titles.insert((resource, id), title);
            }
        }
        for (place, resource, ids) in places {
            for id in ids {
                if let Some(title) = titles.get(&(resource, id)) {
                    labels.insert(place.clone(), id, title.clone());
                }
            }
        }
        Ok(labels)
    }
}

fn collect<'r>(field: &'r Field, place: String, values: &[&Json], into: &mut Vec<(String, &'r str, BTreeSet<i64>)>) {
    let Some(resource) = related(field) else { return };
    let mut ids = BTreeSet::new();
    for value in values {
        match value {
            Json::Array(several) => ids.extend(several.iter().filter_map(Json::as_i64)),
            one => ids.extend(one.as_i64()),
        }
    }
    if !ids.is_empty() {
        into.push((place, resource, ids));
    }
}

async fn titles_of(
    on: &impl ConnectionTrait,
    other: &Resource,
    by: &Actor,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Vec<(i64, String)>> {
    let ids: Vec<i64> = ids.into_iter().collect();
    let title: Vec<&Field> = other.find(other.title).into_iter().filter(|field| row::is_stored(field)).collect();
    let mut titles = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = Sql::new(on);
        sql.push("SELECT ");
        row::select(&mut sql, other, &title);
        sql.push(" FROM ").name(&other.table).push(" WHERE ").name(other.key).push(" IN (");
        // Row numbers, written out: their count differs from page to page, and each would be prepared anew.
        let list: Vec<String> = chunk.iter().map(i64::to_string).collect();
        sql.push(&list.join(", ")).push(")");
        in_partitions(&mut sql, other, by);
        for found in on.query_all_raw(sql.statement()).await? {
            let record = row::read(&found, other, &title)?;
            titles.push((record.id, other.title_of(&record)));
        }
    }
    Ok(titles)
}

/// The fields of a list's columns: those asked for, else the resource's own. A program may ask for what is too long for a
/// column on a page.
fn shown<'r>(r: &'r Resource, q: &ListQuery) -> Vec<&'r Field> {
    match &q.columns {
        Some(names) => {
            let choosable = |field: &&Field| (field.appears.choosable || q.exact) && !field.secret;
            names.iter().filter_map(|name| r.find(name)).filter(choosable).collect()
        }
        None => r.fields.iter().filter(|field| field.appears.list && !field.secret).collect(),
    }
}

/// The fields that are read for it: long texts only where they are shown, or where something is computed or read from
/// all of them.
fn selected<'r>(r: &'r Resource, shown: &[&'r Field], q: &ListQuery) -> Vec<&'r Field> {
    let computed = !r.fills.is_empty()
        || shown.iter().any(|field| matches!(field.kind, Kind::Computed(_)) || field.reading.is_some());
    let sorted = q.order.as_ref().map_or(r.order.field.as_str(), |order| order.field.as_str());
    let is_long = |field: &Field| matches!(field.kind, Kind::Text | Kind::RichText | Kind::Json);
    let is_shown = |field: &Field| shown.iter().any(|it| it.name == field.name);
    row::stored(r)
        .into_iter()
        .filter(|field| !is_long(field) || computed || is_shown(field) || field.name == sorted || field.name == r.title)
        .collect()
}

/// Takes out of `records` what `by` does not get to see.
pub(crate) fn veil(r: &Resource, by: &Actor, records: &mut [Record]) {
    for veil in &r.veils {
        records.iter_mut().for_each(|record| veil(by, record));
    }
}

/// Sets the computed fields.
pub(crate) fn compute(r: &Resource, record: &mut Record) {
    for field in &r.fields {
        if let Kind::Computed(compute) = &field.kind {
            let value = compute(record);
            record.set(field.name, value);
        }
    }
}

/// A record of this actor's with its rows and pairs; nothing is computed.
pub(crate) async fn load(on: &impl ConnectionTrait, r: &Resource, by: &Actor, id: i64) -> Result<Option<Record>> {
    read_one(on, r, by, id, false).await
}

/// The same in a write transaction: nobody else changes it before the end of it.
pub(crate) async fn lock(on: &impl ConnectionTrait, r: &Resource, by: &Actor, id: i64) -> Result<Option<Record>> {
    read_one(on, r, by, id, true).await
}

async fn read_one(on: &impl ConnectionTrait, r: &Resource, by: &Actor, id: i64, lock: bool) -> Result<Option<Record>> {
    let fields = row::stored(r);
    let mut sql = Sql::new(on);
    sql.push("SELECT ");
    row::select(&mut sql, r, &fields);
    sql.push(" FROM ").name(&r.table).push(" WHERE ").column(&r.table, r.key).push(" = ").bind(id);
    in_scope(&mut sql, r, by);
    if lock && !sql.is_sqlite() {
        sql.push(" FOR UPDATE");
    }
    let Some(found) = on.query_one_raw(sql.statement()).await? else { return Ok(None) };
    let mut record = row::read(&found, r, &fields)?;
    for field in &r.fields {
        match &field.kind {
            Kind::Many(many) => children::load_many(on, field, many, std::slice::from_mut(&mut record)).await?,
            Kind::Inline(inline) => {
                let rows = children::load_rows(on, inline, record.id).await?;
                record.set(field.name, rows);
            }
            _ => {}
        }
    }
    Ok(Some(record))
}
