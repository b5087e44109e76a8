//! The statements of a list: its count, and a page of it.

use serde_json::Value as Json;

use super::{
    Cursor,
    condition::condition,
    filter::Cond,
    route::{NARROW, Path, Route},
    sql::Sql,
};
use crate::{
    declare::{Field, Kind, Resource},
    engine::{row, search_index},
};

/// The order of a list: a column and the row number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderBy<'r> {
    /// None: the row number alone.
    pub(crate) field: Option<&'r Field>,
    pub(crate) descending: bool,
}

/// The part of a list in which the sorted column is null, or in which it is not. Null counts as the smallest value; the
/// two are asked for one after the other, because the databases' indexes disagree about where null belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segment {
    All,
    Null,
    Filled,
}

/// A list's conditions and order.
#[derive(Debug)]
pub(crate) struct Plan<'r> {
    pub(crate) r: &'r Resource,
    pub(crate) fields: Vec<&'r Field>,
    pub(crate) conds: Vec<Cond>,
    pub(crate) order: OrderBy<'r>,
}

impl<'r> Plan<'r> {
    /// Whether `cond` bounds the sorted column: then it is where its index begins or ends.
    pub(super) fn is_bound(&self, cond: &Cond) -> bool {
        let sorted = self.order.field.map(|field| field.column);
        matches!(cond, Cond::Compare { column, .. } if sorted == Some(column))
    }

    /// Counts what matches, no further than `most`.
    pub(super) fn count(&self, mut sql: Sql, conds: &[Cond], driver: Option<usize>, most: u64) -> Sql {
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        self.driven(&mut sql, conds, driver);
        sql.push(&format!(" LIMIT {most}) AS counted"));
        sql
    }

    /// `FROM` and `WHERE`, led by the condition `driver`; without one by the sorted column.
    fn driven(&self, sql: &mut Sql, conds: &[Cond], driver: Option<usize>) {
        let (table, key) = (self.r.table.as_str(), self.r.key);
        let mut by_search = None;
        match driver.map(|at| &conds[at]) {
            // CROSS JOIN is an order to SQLite: the search index first.
            Some(Cond::Indexed { table: index, query, .. }) if sql.is_sqlite() => {
                sql.name(index).push(" CROSS JOIN ").name(table).push(" ON ").column(table, key).push(" = ");
                sql.column(index, "rowid").push(" WHERE ").name(index).push(" MATCH ");
                sql.bind(search_index::fts_query(query));
                by_search = driver;
            }
            Some(Cond::Indexed { table: index, query, .. }) => {
                sql.name(table).push(" WHERE ");
                search_index::walks(sql, self.r, index, query);
                by_search = driver;
            }
            _ => {
                sql.name(table).push(" WHERE 1 = 1");
            }
        }
        for (at, cond) in conds.iter().enumerate().filter(|(at, _)| by_search != Some(*at)) {
            let leads = match driver {
                None => self.is_bound(cond),
                // Both ends of a range lead together.
                Some(driver) => at == driver || is_of_one_column(&conds[driver], cond),
            };
            sql.push(" AND ");
            condition(sql, self.r, cond, !leads);
        }
    }

    /// A page of `segment` from `cursor` on, in the list's order or, going `back`, against it.
    pub(super) fn page(
        &self,
        mut sql: Sql,
        Route { path, conds }: &Route,
        segment: Segment,
        (cursor, back): (Option<&Cursor>, bool),
        limit: u64,
    ) -> Sql {
        let (table, key) = (self.r.table.as_str(), self.r.key);
        if let Path::Gather(driver) = path {
            sql.push("WITH gathered AS MATERIALIZED (SELECT ").column(table, key).push(" AS id FROM ");
            self.driven(&mut sql, conds, *driver);
            // A row more or less between the count and now does no harm; a thousand times as many would.
            sql.push(&format!(" LIMIT {}) ", 2 * NARROW));
        }
        sql.push("SELECT ");
        row::select(&mut sql, self.r, &self.fields);
        sql.push(" FROM ");
        let mut id = (table, key);
        match path {
            Path::Gather(_) => {
                sql.name(table).push(" WHERE ").column(table, key).push(" IN (SELECT id FROM gathered)");
            }
            Path::Natural(driver) => {
                if let (Cond::Indexed { table: index, .. }, true) = (&conds[*driver], sql.is_sqlite()) {
                    // Its own row numbers: their order is the one in which it is read.
                    id = (index, "rowid");
                }
                self.driven(&mut sql, conds, Some(*driver));
            }
            Path::Walk => self.driven(&mut sql, conds, None),
        }
        let plus = if matches!(path, Path::Gather(_)) && sql.is_sqlite() { "+" } else { "" };
        self.keyset(&mut sql, (plus, id), segment, cursor, back);
        sql.push(&format!(" LIMIT {limit}"));
        sql
    }

    /// The place of the page in the order, and the order.
    fn keyset(
        &self,
        sql: &mut Sql,
        (plus, id): (&str, (&str, &str)),
        segment: Segment,
        cursor: Option<&Cursor>,
        back: bool,
    ) {
        let ascending = self.order.descending == back;
        let (beyond, way) = if ascending { (" > ", " ASC") } else { (" < ", " DESC") };
        let (table, column) = (self.r.table.as_str(), self.order.field.map(|field| field.column));
        if let (Some(field), Segment::Filled) = (self.order.field, segment) {
            // "Is not null" as a range, which both databases start an index at.
            sql.push(" AND ").push(plus).column(table, field.column).push(" >= ").push(least(&field.kind));
        }
        if let (Some(column), Segment::Null) = (column, segment) {
            sql.push(" AND ").push(plus).column(table, column).push(" IS NULL");
        }
        match (cursor, column, segment) {
            (Some(cursor), Some(column), Segment::Filled) => {
                sql.push(" AND (").push(plus).column(table, column).push(", ").push(plus).column(id.0, id.1).push(")");
                sql.push(beyond).push("(");
                match &cursor.value {
                    Json::Bool(value) => sql.bind(*value),
                    Json::Number(value) => sql.bind(value.as_i64()),
                    value => sql.bind(value.as_str().unwrap_or_default()),
                };
                sql.push(", ").bind(cursor.id).push(")");
            }
            (Some(cursor), ..) => {
                sql.push(" AND ").push(plus).column(id.0, id.1).push(beyond).bind(cursor.id);
            }
            (None, ..) => {}
        }
        sql.push(" ORDER BY ");
        if let Some(column) = column {
            sql.push(plus).column(table, column).push(way).push(", ");
        }
        sql.push(plus).column(id.0, id.1).push(way);
    }
}

/// The smallest value of a sortable kind.
fn least(kind: &Kind) -> &'static str {
    match kind {
        Kind::Boolean => "FALSE",
        kind if kind.is_number() => "-9223372036854775807",
        _ => "''",
    }
}

/// Whether both compare one column: the ends of a range.
pub(super) fn is_of_one_column(one: &Cond, other: &Cond) -> bool {
    match (one, other) {
        (Cond::Compare { column, .. }, Cond::Compare { column: other, .. }) => column == other,
        _ => false,
    }
}
