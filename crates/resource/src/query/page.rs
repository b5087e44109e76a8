//! One page: which statements it takes, and what they give.

use sea_orm::ConnectionTrait;
use serde_json::Value as Json;

use super::{
    Count, Cursor, ListPage, ListQuery,
    cursor::fingerprint,
    filter::{Cond, Operand, conditions},
    plan::{OrderBy, Plan, Segment},
    route::Route,
    sql::Sql,
};
use crate::{
    declare::{Actor, Error, Field, Kind, Record, Resource, Result},
    engine::{row, search_index},
};

/// The longest search, in characters, and the most words of it.
const LONGEST_SEARCH: usize = 200;
const MOST_WORDS: usize = 8;

/// A list as it was asked for, checked.
#[derive(Debug)]
pub(crate) struct Page<'r> {
    plan: Plan<'r>,
    fingerprint: u64,
}

impl<'r> Page<'r> {
    /// # Errors
    /// [`Error::Request`] for what the resource's list does not offer.
    pub(crate) fn new(r: &'r Resource, by: &Actor, q: &ListQuery, fields: Vec<&'r Field>) -> Result<Self> {
        let order = q.order.clone().unwrap_or_else(|| r.order.clone());
        let field = match order.field.as_str() {
            "id" => None,
            name => {
                let may = |field: &&Field| field.has_column() && !field.secret;
                let own = q.order.is_none();
                let found = r.find(name).filter(may).filter(|field| own || field.sortable);
                Some(found.ok_or_else(|| Error::Request(format!("{} is not sorted by {name}", r.name)))?)
            }
        };
        if q.deleted && !r.is_soft() {
            return Err(Error::Request(format!("{} keeps no deleted records", r.name)));
        }
        let mut conds = Vec::new();
        if let Some((column, value)) = r.scope.as_ref().and_then(|scope| scope(by)) {
            conds.push(scope_condition(column, &value));
        }
        conds.extend(conditions(r, by, &q.filters, q.exact)?);
        conds.extend(search(r, &q.search)?);
        if r.is_soft() {
            conds.push(Cond::Deleted(q.deleted));
        }
        let fingerprint = fingerprint(&order, [r.name, &format!("{conds:?}")]);
        let plan = Plan { r, fields, conds, order: OrderBy { field, descending: order.descending } };
        Ok(Self { plan, fingerprint })
    }

    /// Which way to take, and how many match.
    pub(crate) async fn survey(&self, on: &impl ConnectionTrait) -> Result<(Route, Count)> {
        self.plan.survey(on).await
    }

    /// Up to `limit` records from `cursor` on.
    pub(crate) async fn rows(
        &self,
        on: &impl ConnectionTrait,
        route: &Route,
        cursor: Option<&Cursor>,
        back: bool,
        limit: u64,
    ) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut cursor = cursor;
        for segment in self.segments(cursor, back) {
            let left = limit - records.len() as u64;
            let statement = self.plan.page(Sql::new(on), route, *segment, (cursor, back), left).statement();
            for row in on.query_all_raw(statement).await? {
                records.push(row::read(&row, self.plan.r, &self.plan.fields)?);
            }
            if records.len() as u64 >= limit {
                break;
            }
            // The next segment is read from its beginning.
            cursor = None;
        }
        Ok(records)
    }

    /// The statements of a first (or last) page, to be explained.
    #[cfg(test)]
    pub(crate) fn statements(&self, sql: &Sql, route: &Route, back: bool, limit: u64) -> Vec<sea_orm::Statement> {
        let segments = self.segments(None, back).iter();
        segments.map(|one| self.plan.page(sql.empty(), route, *one, (None, back), limit).statement()).collect()
    }

    /// The segments from the cursor's on, in the order of reading.
    fn segments(&self, cursor: Option<&Cursor>, back: bool) -> &'static [Segment] {
        if self.plan.order.field.is_none() {
            return &[Segment::All];
        }
        let order: &[Segment] = if self.plan.order.descending == back {
            &[Segment::Null, Segment::Filled]
        } else {
            &[Segment::Filled, Segment::Null]
        };
        let Some(cursor) = cursor else { return order };
        let own = if cursor.value.is_null() { Segment::Null } else { Segment::Filled };
        if order[0] == own { order } else { &order[1..] }
    }

    pub(crate) async fn read(&self, on: &impl ConnectionTrait, q: &ListQuery) -> Result<ListPage> {
        let size = q.page_size(self.plan.r);
        let cursor = q.cursor.as_deref().map(|text| self.decode(text)).transpose()?;
        let (route, count) = self.survey(on).await?;
        if count == Count::Exactly(0) && cursor.is_none() {
            // Nothing is looked for twice: what no index leads to takes as long the second time.
            return Ok(ListPage { count, ..ListPage::default() });
        }
        let mut records = self.rows(on, &route, cursor.as_ref(), q.back, size + 1).await?;
        let more = records.len() as u64 > size;
        records.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        if q.back {
            records.reverse();
        }
        let first = records.first().map(|record| self.cursor(record));
        let last = records.last().map(|record| self.cursor(record));
        let (previous, next) = match (q.back, cursor.is_some()) {
            (false, false) => (None, last.filter(|_| more)),
            // Beyond the end: what is before it is the last page.
            (false, true) => (Some(first.unwrap_or_default()), last.filter(|_| more)),
            (true, false) => (first.filter(|_| more), None),
            (true, true) => (first.filter(|_| more), last),
        };
        Ok(ListPage { records, next, previous, count })
    }

    pub(crate) fn decode(&self, text: &str) -> Result<Cursor> {
        Cursor::decode(text, self.fingerprint, |value| match self.plan.order.field.map(|field| &field.kind) {
            None => false,
            Some(Kind::Boolean) => value.is_boolean(),
            Some(kind) if kind.is_number() => value.is_i64(),
            Some(_) => value.is_string(),
        })
    }

    pub(crate) fn place(&self, record: &Record) -> Cursor {
        let value = match self.plan.order.field {
            Some(field) => record.get(field.name).clone(),
            None => Json::Null,
        };
        Cursor { value, id: record.id }
    }

    fn cursor(&self, record: &Record) -> String {
        self.place(record).encode(self.fingerprint)
    }
}

fn scope_condition(column: &str, value: &Json) -> Cond {
    let column = column.to_owned();
    match value {
        Json::Null => Cond::Empty { column, text: false, filled: false },
        Json::Bool(value) => Cond::Compare { column, op: "=", value: Operand::Bool(*value) },
        Json::Number(value) => Cond::Compare { column, op: "=", value: Operand::Key(value.as_i64().unwrap_or(-1)) },
        value => Cond::Compare { column, op: "=", value: Operand::Text(value.as_str().unwrap_or_default().to_owned()) },
    }
}

fn search(r: &Resource, text: &str) -> Result<Option<Cond>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > LONGEST_SEARCH {
        return Err(Error::Request("the search is too long".into()));
    }
    if r.indexed_search {
        if search_index::words(text).is_empty() {
            // Only punctuation: no record is found by it.
            return Ok(Some(Cond::Compare { column: r.key.into(), op: "<", value: Operand::Key(0) }));
        }
        let table = search_index::table(&r.table);
        let columns = search_index::searched(r).into_iter().map(|field| field.column.to_owned()).collect();
        return Ok(Some(Cond::Indexed { table, query: text.to_owned(), columns }));
    }
    let searchable = r.fields.iter().filter(|field| field.searchable && field.has_column() && !field.secret);
    let columns: Vec<String> = searchable.map(|field| field.column.to_owned()).collect();
    if columns.is_empty() {
        return Err(Error::Request(format!("{} has nothing to search", r.name)));
    }
    let texts = text.split_whitespace().take(MOST_WORDS).map(str::to_owned).collect();
    Ok(Some(Cond::Search { columns, texts }))
}
