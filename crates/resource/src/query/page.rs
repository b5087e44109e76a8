//! One page: which statements it takes, and what they give.

use sea_orm::ConnectionTrait;
use serde_json::Value as Json;

use super::{
    Count, Cursor, ListPage, ListQuery,
    cursor::fingerprint,
    filter::{Cond, Operand, conditions},
    plan::{OrderBy, Parts, Plan, Span},
    route::Route,
    sql::Sql,
};
use crate::{
    declare::{Actor, Error, Field, Kind, Limit, Order, Record, Resource, Result, SearchedBy},
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
        let mut conds = conditions(r, by, &q.filters, q.exact)?;
        let order = q.order.clone().unwrap_or_else(|| own_order(r, &conds));
        let field = match order.field.as_str() {
            "id" => None,
            name => {
                let may = |field: &&Field| field.has_column() && !field.secret;
                let own = q.order.is_none();
                let found = r.find(name).filter(may).filter(|field| own || is_sortable(field, &conds));
                Some(found.ok_or_else(|| Error::Request(format!("{} is not sorted by {name}", r.name)))?)
            }
        };
        if q.deleted && !r.is_soft() {
            return Err(Error::Request(format!("{} keeps no deleted records", r.name)));
        }
        let chosen = q.partition.filter(|_| r.narrowed && r.partition.is_some() && !is_asked_for(r, q));
        // What is seen is asked for anew with each page: the cursor is of the list that was chosen.
        let fingerprint = fingerprint(&order, [r.name, &format!("{conds:?} {:?} {} {chosen:?}", q.search, q.deleted)]);
        let parts = parts(r, by, chosen, &mut conds);
        for (column, limit) in
            r.limits(by).into_iter().filter(|(column, _)| Some(*column) != r.partition || parts.is_none())
        {
            conds.push(limit_condition(column, &limit));
        }
        match &r.searched_by {
            Some(searched) => conds.extend(searched_conditions(r, by, searched, &q.search)?),
            None => conds.extend(search(r, &q.search)?),
        }
        if r.is_soft() {
            conds.push(Cond::Deleted(q.deleted));
        }
        let order = OrderBy { field, descending: order.descending };
        Ok(Self { plan: Plan { r, fields, conds, order, parts }, fingerprint })
    }

    /// Which way to take, and how many match.
    pub(crate) async fn survey(&self, on: &impl ConnectionTrait) -> Result<(Route, Count)> {
        self.plan.survey(on).await
    }

    /// Up to `limit` records from `cursor` on, and where looking for more ended before the end of the list.
    pub(crate) async fn rows(
        &self,
        on: &impl ConnectionTrait,
        route: &Route,
        cursor: Option<&Cursor>,
        back: bool,
        limit: u64,
    ) -> Result<(Vec<Record>, Option<Cursor>)> {
        let bound = self.plan.r.bound.filter(|_| self.plan.passes_over(route));
        let mut records = Vec::new();
        let mut cursor = cursor;
        for segment in self.plan.segments(cursor, back) {
            let left = limit - records.len() as u64;
            let span = Span { from: cursor, to: None, back };
            let far = match bound {
                Some(rows) => self.plan.looked_to(on, route, *segment, span, rows).await?,
                None => None,
            };
            if self.plan.is_in_vain(route, *segment, span) {
                return Ok((records, far));
            }
            let span = Span { to: far.as_ref(), ..span };
            let statement = self.plan.page(Sql::new(on), route, *segment, span, left).statement();
            for row in on.query_all_raw(statement).await? {
                records.push(row::read(&row, self.plan.r, &self.plan.fields)?);
            }
            if records.len() as u64 >= limit {
                break;
            }
            if far.is_some() {
                return Ok((records, far));
            }
            // The next segment is read from its beginning.
            cursor = None;
        }
        Ok((records, None))
    }

    /// The statements of a first (or last) page, to be explained.
    #[cfg(test)]
    pub(crate) fn statements(&self, sql: &Sql, route: &Route, back: bool, limit: u64) -> Vec<sea_orm::Statement> {
        let span = Span { back, ..Span::default() };
        let segments = self.plan.segments(None, back).iter();
        segments.map(|one| self.plan.page(sql.empty(), route, *one, span, limit).statement()).collect()
    }

    /// Those that ask how far it looks.
    #[cfg(test)]
    pub(crate) fn looks(&self, sql: &Sql, route: &Route, back: bool, rows: u64) -> Vec<sea_orm::Statement> {
        let span = Span { back, ..Span::default() };
        let segments = self.plan.segments(None, back).iter();
        segments.map(|one| self.plan.far(sql.empty(), route, *one, span, rows).statement()).collect()
    }

    pub(crate) async fn read(&self, on: &impl ConnectionTrait, q: &ListQuery) -> Result<ListPage> {
        let size = q.page_size(self.plan.r);
        let cursor = q.cursor.as_deref().map(|text| self.decode(text)).transpose()?;
        let (route, count) = self.survey(on).await?;
        if count == Count::Exactly(0) && cursor.is_none() {
            // Nothing is looked for twice: what no index leads to takes as long the second time.
            return Ok(ListPage { count, ..ListPage::default() });
        }
        let (mut records, far) = self.rows(on, &route, cursor.as_ref(), q.back, size + 1).await?;
        let more = records.len() as u64 > size;
        records.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        if q.back {
            records.reverse();
        }
        let looked = far.as_ref().and(self.plan.r.bound);
        let far = far.map(|place| place.encode(self.fingerprint));
        let first = records.first().map(|record| self.cursor(record));
        let last = records.last().map(|record| self.cursor(record));
        let (previous, next) = match (q.back, cursor.is_some()) {
            (false, false) => (None, last.filter(|_| more).or(far)),
            // Beyond the end: what is before it is the last page.
            (false, true) => (Some(first.or_else(|| far.clone()).unwrap_or_default()), last.filter(|_| more).or(far)),
            (true, false) => (first.filter(|_| more).or(far), None),
            (true, true) => (first.filter(|_| more).or_else(|| far.clone()), last.or(far)),
        };
        Ok(ListPage { records, next, previous, count, looked })
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

/// The order of a list until somebody chooses another one: that of the range asked for, else the resource's.
fn own_order(r: &Resource, conds: &[Cond]) -> Order {
    let ranged = r.fields.iter().find(|field| field.ordered_with_filter && is_ranged(field, conds));
    ranged.map_or_else(|| r.order.clone(), |field| Order { field: field.name.to_owned(), descending: true })
}

fn is_sortable(field: &Field, conds: &[Cond]) -> bool {
    field.sortable || field.ordered_with_filter && is_ranged(field, conds)
}

fn is_ranged(field: &Field, conds: &[Cond]) -> bool {
    conds.iter().any(|cond| matches!(cond, Cond::Compare { column, .. } if column == field.column))
}

/// The partitions that the list lies in: those seen, the one chosen, and those asked for by a filter, which is then no
/// condition any more. None where nothing limits them, and where they are the row numbers themselves.
fn parts(r: &Resource, by: &Actor, chosen: Option<i64>, conds: &mut Vec<Cond>) -> Option<Parts> {
    let column = r.partition.filter(|column| *column != r.key)?;
    let mut ids: Option<Vec<i64>> = by.within.as_deref().map(<[i64]>::to_vec);
    let mut narrow = |to: &[i64]| {
        let mut kept: Vec<i64> = match &ids {
            Some(ids) => ids.iter().filter(|id| to.contains(id)).copied().collect(),
            None => to.to_vec(),
        };
        kept.sort_unstable();
        kept.dedup();
        ids = Some(kept);
    };
    if let Some(chosen) = chosen {
        narrow(&[chosen]);
    }
    conds.retain(|cond| {
        let asked: Vec<i64> = match cond {
            Cond::Compare { column: asked, op: "=", value: Operand::Key(id) } if asked == column => vec![*id],
            Cond::Any { column: asked, values } if asked == column => {
                values.iter().filter_map(|value| if let Operand::Key(id) = value { Some(*id) } else { None }).collect()
            }
            _ => return true,
        };
        narrow(&asked);
        false
    });
    ids.map(|ids| Parts { column, ids })
}

/// Whether the list asks for partitions by itself, with a filter.
fn is_asked_for(r: &Resource, q: &ListQuery) -> bool {
    let field = r.fields.iter().find(|field| Some(field.column) == r.partition);
    field.is_some_and(|field| q.filters.iter().any(|filter| filter.field == field.name))
}

fn limit_condition(column: &str, limit: &Limit) -> Cond {
    let column = column.to_owned();
    let value = match limit {
        Limit::Any(ids) => match **ids {
            // No row number is smaller: nothing is found.
            [] => return Cond::Compare { column, op: "<", value: Operand::Key(-i64::MAX) },
            [id] => return Cond::Compare { column, op: "=", value: Operand::Key(id) },
            _ => return Cond::Any { column, values: ids.iter().map(|id| Operand::Key(*id)).collect() },
        },
        Limit::Is(value) => value,
    };
    match value {
        Json::Null => Cond::Empty { column, text: false, filled: false },
        Json::Bool(value) => Cond::Compare { column, op: "=", value: Operand::Bool(*value) },
        Json::Number(value) => Cond::Compare { column, op: "=", value: Operand::Key(value.as_i64().unwrap_or(-1)) },
        value => Cond::Compare { column, op: "=", value: Operand::Text(value.as_str().unwrap_or_default().to_owned()) },
    }
}

fn searched_conditions(r: &Resource, by: &Actor, searched: &SearchedBy, text: &str) -> Result<Vec<Cond>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.chars().count() > LONGEST_SEARCH {
        return Err(Error::Request("the search is too long".into()));
    }
    let filters = searched(text);
    if filters.is_empty() {
        return Ok(vec![Cond::Compare { column: r.key.into(), op: "<", value: Operand::Key(0) }]);
    }
    conditions(r, by, &filters, true)
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
