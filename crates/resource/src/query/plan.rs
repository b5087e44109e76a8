//! How a page of a list is asked for, so that it stays fast in a large table.
//!
//! A page walks along the index of the sorted column, from the cursor on, and looks at each row whether it matches:
//! quick as long as matching rows are frequent. When few rows match, they are gathered through the filter's or the
//! search's index and sorted. Which of the two it is, a count that stops early decides; SQLite, which keeps no
//! statistics by itself, is kept from choosing the other by a unary plus before the columns whose index it shall not
//! use.

use serde_json::Value as Json;

use super::{
    Cursor,
    filter::{Cond, Operand},
    sql::{Sql, containing, literal},
};
use crate::{
    declare::{Field, Kind, Resource},
    engine::{row, search_index},
};

/// So many matches are gathered and sorted; of more, a walk soon finds a page full. Few in tests, so that they go both
/// ways.
pub(crate) const NARROW: u64 = if cfg!(test) { 8 } else { 5_000 };

/// The same for a search: asking the index about one row after the other costs more than reading a list of matches.
pub(crate) const NARROW_SEARCH: u64 = if cfg!(test) { 8 } else { 20_000 };

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

/// How matching rows are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// Along the sorted column's index.
    Walk,
    /// Gathered by their conditions, then sorted.
    Gather,
    /// In the order in which the condition's own index has them: by row number.
    Natural,
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
    /// Whether there is anything to match but that a record is not deleted.
    pub(crate) fn is_plain(&self) -> bool {
        self.conds.iter().all(|cond| matches!(cond, Cond::Deleted(false)))
    }

    pub(crate) fn narrow(&self) -> u64 {
        if self.index_query().is_some() { NARROW_SEARCH } else { NARROW }
    }

    /// The path to take when `matches` rows were counted, no further than just beyond [`Plan::narrow`].
    pub(crate) fn path(&self, matches: u64) -> Path {
        if self.is_plain() {
            return Path::Walk;
        }
        if matches <= self.narrow() {
            return Path::Gather;
        }
        let mut conds = self.conds.iter().filter(|cond| !matches!(cond, Cond::Deleted(false)));
        let (first, second) = (conds.next(), conds.next());
        let sorted = self.order.field.map(|field| field.column);
        match (first, second) {
            // An index on (column, id) has what is equal in the order of the row numbers, and so has the search index.
            (Some(Cond::Compare { op: "=", .. } | Cond::Indexed { .. }), None) if sorted.is_none() => Path::Natural,
            // Bounds of the sorted column itself.
            (Some(Cond::Compare { column, .. }), None) if sorted == Some(column) => Path::Natural,
            _ => Path::Walk,
        }
    }

    fn is_bound(&self, cond: &Cond) -> bool {
        let sorted = self.order.field.map(|field| field.column);
        matches!(cond, Cond::Compare { column, .. } if sorted == Some(column))
    }

    fn index_query(&self) -> Option<(&str, &str)> {
        self.conds.iter().find_map(|cond| match cond {
            Cond::Indexed { table, query } => Some((table.as_str(), query.as_str())),
            _ => None,
        })
    }

    /// Counts what matches, no further than `most`.
    pub(crate) fn count(&self, mut sql: Sql, most: u64) -> Sql {
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        self.driven(&mut sql, self.index_query().is_none() && self.is_plain());
        sql.push(&format!(" LIMIT {most}) AS counted"));
        sql
    }

    /// `FROM` and `WHERE` led by the conditions; with `guard` by nothing but the table.
    fn driven(&self, sql: &mut Sql, guard: bool) {
        let table = self.r.table.as_str();
        match self.index_query() {
            // CROSS JOIN is an order to SQLite: the search index first.
            Some((index, query)) if sql.is_sqlite() => {
                sql.name(index).push(" CROSS JOIN ").name(table).push(" ON ").column(table, "id").push(" = ");
                sql.name(index).push(".rowid WHERE ").name(index).push(" MATCH ").bind(search_index::fts_query(query));
                for cond in self.conds.iter().filter(|cond| !matches!(cond, Cond::Indexed { .. })) {
                    sql.push(" AND ");
                    condition(sql, table, cond, true);
                }
            }
            _ => {
                sql.name(table).push(" WHERE 1 = 1");
                for cond in &self.conds {
                    sql.push(" AND ");
                    condition(sql, table, cond, guard);
                }
            }
        }
    }

    /// A page of `segment` from `cursor` on, in the list's order or, going `back`, against it.
    pub(crate) fn page(
        &self,
        mut sql: Sql,
        path: Path,
        segment: Segment,
        cursor: Option<&Cursor>,
        back: bool,
        limit: u64,
    ) -> Sql {
        let table = self.r.table.as_str();
        if path == Path::Gather {
            sql.push("WITH gathered AS MATERIALIZED (SELECT ").column(table, "id").push(" AS id FROM ");
            self.driven(&mut sql, false);
            // A row more or less between the count and now does no harm; a thousand times as many would.
            sql.push(&format!(" LIMIT {}) ", 2 * self.narrow()));
        }
        sql.push("SELECT ");
        row::select(&mut sql, self.r, &self.fields);
        sql.push(" FROM ");
        match path {
            Path::Gather => {
                sql.name(table).push(" WHERE ").column(table, "id").push(" IN (SELECT id FROM gathered)");
            }
            Path::Natural => self.driven(&mut sql, false),
            Path::Walk => {
                sql.name(table).push(" WHERE 1 = 1");
                for cond in &self.conds {
                    sql.push(" AND ");
                    // Bounds of the sorted column are where its index begins and ends.
                    condition(&mut sql, table, cond, !self.is_bound(cond));
                }
            }
        }
        self.keyset(&mut sql, path == Path::Gather, segment, cursor, back);
        sql.push(&format!(" LIMIT {limit}"));
        sql
    }

    /// The place of the page in the order, and the order.
    fn keyset(&self, sql: &mut Sql, plus: bool, segment: Segment, cursor: Option<&Cursor>, back: bool) {
        let ascending = self.order.descending == back;
        let (beyond, way) = if ascending { (" > ", " ASC") } else { (" < ", " DESC") };
        let plus = if plus && sql.is_sqlite() { "+" } else { "" };
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
                sql.push(" AND (").push(plus).column(table, column).push(", ").push(plus).column(table, "id").push(")");
                sql.push(beyond).push("(");
                match &cursor.value {
                    Json::Bool(value) => sql.bind(*value),
                    Json::Number(value) => sql.bind(value.as_i64()),
                    value => sql.bind(value.as_str().unwrap_or_default()),
                };
                sql.push(", ").bind(cursor.id).push(")");
            }
            (Some(cursor), ..) => {
                sql.push(" AND ").push(plus).column(table, "id").push(beyond).bind(cursor.id);
            }
            (None, ..) => {}
        }
        sql.push(" ORDER BY ");
        if let Some(column) = column {
            sql.push(plus).column(table, column).push(way).push(", ");
        }
        sql.push(plus).column(table, "id").push(way);
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

/// One condition; with `guard` SQLite does not use an index for it.
fn condition(sql: &mut Sql, table: &str, cond: &Cond, guard: bool) {
    let plus = if guard && sql.is_sqlite() { "+" } else { "" };
    match cond {
        Cond::Compare { column, op, value } => {
            sql.push(plus).column(table, column).push(" ").push(op).push(" ");
            operand(sql, value);
        }
        Cond::Unlike { column, value } => {
            sql.push("(").column(table, column).push(" <> ");
            operand(sql, value);
            sql.push(" OR ").column(table, column).push(" IS NULL)");
        }
        Cond::Any { column, values } => {
            sql.push(plus).column(table, column).push(" IN (");
            for (at, value) in values.iter().enumerate() {
                sql.push(if at > 0 { ", " } else { "" });
                operand(sql, value);
            }
            sql.push(")");
        }
        Cond::Within { column, texts, absent } => {
            sql.push(if *absent { "(" } else { "" }).push(if *absent { "NOT (" } else { "(" });
            for (at, text) in texts.iter().enumerate() {
                sql.push(if at > 0 { " OR " } else { "" });
                like(sql, table, column, text);
            }
            sql.push(")");
            if *absent {
                sql.push(" OR ").column(table, column).push(" IS NULL)");
            }
        }
        Cond::Empty { column, text, filled } => {
            sql.push(if *filled { "NOT (" } else { "(" }).column(table, column).push(" IS NULL");
            if *text {
                sql.push(" OR ").column(table, column).push(" IN ('', '[]')");
            }
            sql.push(")");
        }
        Cond::Pairs { many, ids, absent } => {
            sql.column(table, "id").push(if *absent { " NOT IN (" } else { " IN (" });
            sql.push("SELECT ").name(many.here).push(" FROM ").name(many.table);
            if let Some(ids) = ids {
                sql.push(" WHERE ").name(many.there).push(" IN (").bind_all(ids.iter().copied()).push(")");
            }
            sql.push(")");
        }
        Cond::Search { columns, texts } => search(sql, table, columns, texts),
        Cond::Indexed { table: index, query } => search_index::matches(sql, table, index, query),
        // Almost all records live: an index on it is of use for the deleted ones only.
        Cond::Deleted(false) => {
            sql.push(if sql.is_sqlite() { "+" } else { "" }).column(table, "deleted_at").push(" IS NULL");
        }
        Cond::Deleted(true) => {
            sql.push(plus).column(table, "deleted_at").push(" >= 0");
        }
    }
}

fn search(sql: &mut Sql, table: &str, columns: &[String], texts: &[String]) {
    for (at, text) in texts.iter().enumerate() {
        sql.push(if at > 0 { " AND (" } else { "(" });
        for (at, column) in columns.iter().enumerate() {
            sql.push(if at > 0 { " OR " } else { "" });
            like(sql, table, column, text);
        }
        sql.push(")");
    }
}

fn like(sql: &mut Sql, table: &str, column: &str, text: &str) {
    let word = if sql.is_sqlite() { " LIKE " } else { " ILIKE " };
    // Also of a column that is no text.
    sql.push("CAST(").column(table, column).push(" AS TEXT)").push(word).bind(containing(text)).push(" ESCAPE '\\'");
}

fn operand(sql: &mut Sql, value: &Operand) {
    match value {
        Operand::Text(text) => sql.bind(text.as_str()),
        Operand::Number(number) => sql.bind(*number),
        Operand::Word(word) => sql.push(&literal(word)),
        Operand::Key(key) => sql.push(&key.to_string()),
        Operand::Bool(value) => sql.push(if *value { "TRUE" } else { "FALSE" }),
    };
}
