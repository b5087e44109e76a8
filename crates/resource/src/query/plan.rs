//! The statements of a list: its count, and a page of it.

use sea_orm::QueryResult;
use serde_json::Value as Json;

use super::{
    Cursor,
    condition::condition,
    filter::Cond,
    route::{NARROW, Path, Route},
    sql::Sql,
};
use crate::{
    declare::{Field, Kind, Resource, Result},
    engine::{row, search_index},
};

/// So many partitions are asked for one by one; of more, the table is read as if it had none.
const ONE_BY_ONE: usize = 64;

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

/// The partitions that a list lies in, sorted. Indexes begin with their column: it leads every statement.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) column: &'static str,
    pub(crate) ids: Vec<i64>,
}

/// Which rows of the order are read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span<'c> {
    /// Those behind this place.
    pub(crate) from: Option<&'c Cursor>,
    /// Those no further than this place.
    pub(crate) to: Option<&'c Cursor>,
    /// Against the order.
    pub(crate) back: bool,
}

/// A list's conditions and order.
#[derive(Debug)]
pub(crate) struct Plan<'r> {
    pub(crate) r: &'r Resource,
    pub(crate) fields: Vec<&'r Field>,
    pub(crate) conds: Vec<Cond>,
    pub(crate) order: OrderBy<'r>,
    pub(crate) parts: Option<Parts>,
}

/// What is read of each row.
#[derive(Debug, Clone, Copy)]
enum What {
    Record,
    /// Its place in the order.
    Place,
    /// That it is there.
    One,
}

impl<'r> Plan<'r> {
    /// Whether `cond` bounds the sorted column: then it is where its index begins or ends.
    pub(super) fn is_bound(&self, cond: &Cond) -> bool {
        let sorted = self.order.field.map(|field| field.column);
        matches!(cond, Cond::Compare { column, .. } if sorted == Some(column))
    }

    /// The condition in whose index the order of the list lies: among what equals its value, rows follow each other as they
    /// do in the list.
    pub(super) fn in_order(&self, conds: &[Cond]) -> Option<usize> {
        let own = self.order.field.map_or("id", |field| field.name) == self.r.order.field;
        let is = |cond: &Cond| {
            let Cond::Compare { column, op: "=", .. } = cond else { return false };
            self.r.fields.iter().any(|field| field.column == column && field.in_order)
        };
        conds.iter().position(is).filter(|_| own)
    }

    /// The parts of the order from the cursor's on, in the order of reading.
    pub(super) fn segments(&self, cursor: Option<&Cursor>, back: bool) -> &'static [Segment] {
        if self.order.field.is_none() {
            return &[Segment::All];
        }
        if self.conds.iter().any(|cond| self.is_bound(cond)) {
            // What is null lies in no range.
            return &[Segment::Filled];
        }
        let order: &[Segment] = if self.order.descending == back {
            &[Segment::Null, Segment::Filled]
        } else {
            &[Segment::Filled, Segment::Null]
        };
        let Some(cursor) = cursor else { return order };
        let own = if cursor.value.is_null() { Segment::Null } else { Segment::Filled };
        if order[0] == own { order } else { &order[1..] }
    }

    /// Counts what matches, no further than `most`.
    pub(super) fn count(&self, mut sql: Sql, conds: &[Cond], driver: Option<usize>, most: u64) -> Sql {
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        self.driven(&mut sql, conds, driver, (self.all(), true));
        sql.push(&format!(" LIMIT {most}) AS counted"));
        sql
    }

    /// Counts what matches within `span` of `segment`, no further than `most`.
    pub(super) fn count_within(&self, mut sql: Sql, route: &Route, segment: Segment, span: Span<'_>, most: u64) -> Sql {
        sql.push("SELECT COUNT(*) FROM (");
        self.each(&mut sql, route, &|plan, sql, ids| {
            plan.select(sql, route, What::One, segment, span, ids);
            sql.push(&format!(" LIMIT {most}"));
        });
        if self.is_parted(route) {
            sql.push(&format!(" LIMIT {most}"));
        }
        sql.push(") AS counted");
        sql
    }

    /// All partitions.
    fn all(&self) -> &[i64] {
        self.parts.as_ref().map_or(&[], |parts| &parts.ids)
    }

    /// `FROM` and `WHERE`, led by the partitions `ids` (where they shall lead) and the condition `driver`; without one by
    /// the sorted column.
    fn driven(&self, sql: &mut Sql, conds: &[Cond], driver: Option<usize>, (ids, leads): (&[i64], bool)) {
        let (table, key) = (self.r.table.as_str(), self.r.key);
        let mut by_other = None;
        match driver.map(|at| &conds[at]) {
            // CROSS JOIN is an order to SQLite: the search index first.
            Some(Cond::Indexed { table: index, query, .. }) if sql.is_sqlite() => {
                sql.name(index).push(" CROSS JOIN ").name(table).push(" ON ").column(table, key).push(" = ");
                sql.column(index, "rowid").push(" WHERE ").name(index).push(" MATCH ");
                sql.bind(search_index::fts_query(query));
                by_other = driver;
            }
            Some(Cond::Indexed { table: index, query, .. }) => {
                sql.name(table).push(" WHERE ");
                search_index::walks(sql, self.r, index, query);
                by_other = driver;
            }
            // The pairs first, which lie in the order of the row numbers.
            Some(Cond::Pairs { many, ids: Some(ids), absent: false }) if sql.is_sqlite() && ids.len() == 1 => {
                sql.name(many.table).push(" CROSS JOIN ").name(table).push(" ON ").column(table, key).push(" = ");
                sql.column(many.table, many.here).push(" WHERE ").column(many.table, many.there).push(" = ");
                sql.bind(ids[0]);
                by_other = driver;
            }
            _ => {
                sql.name(table).push(" WHERE 1 = 1");
            }
        }
        self.in_parts(sql, ids, leads && by_other.is_none());
        let in_order = self.in_order(conds);
        for (at, cond) in conds.iter().enumerate().filter(|(at, _)| by_other != Some(*at)) {
            let leads = match driver {
                None => self.is_bound(cond) || in_order == Some(at),
                // Both ends of a range lead together.
                Some(driver) => at == driver || is_of_one_column(&conds[driver], cond),
            };
            sql.push(" AND ");
            condition(sql, self.r, cond, !leads);
        }
    }

    fn in_parts(&self, sql: &mut Sql, ids: &[i64], leads: bool) {
        let Some(parts) = &self.parts else { return };
        let plus = if !leads && sql.is_sqlite() { "+" } else { "" };
        sql.push(" AND ").push(plus).column(&self.r.table, parts.column);
        // Written out: the planner should see how large each one is.
        match ids {
            // No number is smaller: nothing is found.
            [] => sql.push(&format!(" < {}", -i64::MAX)),
            [id] => sql.push(&format!(" = {id}")),
            _ => sql.push(&format!(" IN ({})", ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))),
        };
    }

    /// Whether the partitions lead on this way. Where rows are walked by their numbers, and no index has those of one
    /// partition together, they do not.
    fn parts_lead(&self, path: Path) -> bool {
        self.r.partition_index || self.order.field.is_some() || !matches!(path, Path::Walk)
    }

    /// Whether each partition is asked for by itself: an index has the rows of one in order, not those of several.
    fn is_parted(&self, Route { path, conds, .. }: &Route) -> bool {
        let in_order = match path {
            Path::Walk => self.parts_lead(*path),
            Path::Natural(at) => matches!(conds[*at], Cond::Compare { .. }),
            Path::Gather(_) => false,
        };
        in_order && (2..=ONE_BY_ONE).contains(&self.all().len())
    }

    /// Writes `one` for all partitions at once, or for each by itself with `UNION ALL` between them.
    fn each(&self, sql: &mut Sql, route: &Route, one: &dyn Fn(&Self, &mut Sql, &[i64])) {
        if !self.is_parted(route) {
            return one(self, sql, self.all());
        }
        sql.push("SELECT * FROM (");
        for (at, id) in self.all().iter().enumerate() {
            sql.push(if at > 0 { " UNION ALL SELECT * FROM (" } else { "SELECT * FROM (" });
            one(self, sql, &[*id]);
            sql.push(&format!(") AS part_{at}"));
        }
        sql.push(") AS parts");
    }

    /// A page of `segment` within `span`, in the list's order or, going back, against it.
    pub(super) fn page(&self, mut sql: Sql, route: &Route, segment: Segment, span: Span<'_>, limit: u64) -> Sql {
        let parted = self.is_parted(route);
        self.each(&mut sql, route, &|plan, sql, ids| {
            plan.select(sql, route, What::Record, segment, span, ids);
            plan.order(sql, route, span.back);
            sql.push(&format!(" LIMIT {limit}"));
        });
        if parted {
            self.order_parts(&mut sql, span.back);
            sql.push(&format!(" LIMIT {limit}"));
        }
        sql
    }

    /// The place of the row `rows` further in the order, by the conditions alone that lead: as far as a page looks.
    pub(super) fn far(&self, mut sql: Sql, route: &Route, segment: Segment, span: Span<'_>, rows: u64) -> Sql {
        let leading: Vec<Cond> =
            route.conds.iter().enumerate().filter(|it| self.leads(route, it)).map(|it| it.1.clone()).collect();
        let path = match route.path {
            Path::Natural(_) => Path::Natural(0),
            path => path,
        };
        let route = Route::new(path, leading);
        if self.is_parted(&route) {
            // Not each in brackets, with a limit: so both databases merge them, and read no more than is asked for.
            for (at, id) in self.all().iter().enumerate() {
                sql.push(if at > 0 { " UNION ALL " } else { "" });
                self.select(&mut sql, &route, What::Place, segment, span, &[*id]);
            }
            self.order_parts(&mut sql, span.back);
        } else {
            self.select(&mut sql, &route, What::Place, segment, span, self.all());
            self.order(&mut sql, &route, span.back);
        }
        sql.push(&format!(" LIMIT 1 OFFSET {}", rows - 1));
        sql
    }

    /// Whether the condition is where the index of the way begins or ends.
    fn leads(&self, Route { path, conds, .. }: &Route, (at, cond): &(usize, &Cond)) -> bool {
        match path {
            Path::Natural(driver) => at == driver || is_of_one_column(&conds[*driver], cond),
            _ => self.is_bound(cond) || self.in_order(conds) == Some(*at),
        }
    }

    /// Whether rows are passed over on this way because of other conditions than those that lead.
    pub(super) fn passes_over(&self, route: &Route) -> bool {
        let mut others = route.conds.iter().enumerate().filter(|it| !self.leads(route, it));
        // Almost all records live.
        let by_cond = others.any(|(_, cond)| !matches!(cond, Cond::Deleted(false)));
        let by_parts = self.parts.is_some() && !self.parts_lead(route.path);
        !matches!(route.path, Path::Gather(_)) && (by_cond || by_parts)
    }

    /// A place as [`Plan::far`] gives it.
    pub(super) fn read_place(&self, row: &QueryResult) -> Result<Cursor> {
        let value = match self.order.field {
            Some(field) => row::read_field(row, 1, &field.kind)?,
            None => Json::Null,
        };
        Ok(Cursor { value, id: row.try_get_by_index(0)? })
    }

    fn select(&self, sql: &mut Sql, route: &Route, what: What, segment: Segment, span: Span<'_>, ids: &[i64]) {
        let (table, key) = (self.r.table.as_str(), self.r.key);
        let Route { path, conds, .. } = route;
        let leads = self.parts_lead(*path);
        if let Path::Gather(driver) = path {
            sql.push("WITH gathered AS MATERIALIZED (SELECT ").column(table, key).push(" AS id FROM ");
            self.driven(sql, conds, *driver, (ids, true));
            // A row more or less between the count and now does no harm; a thousand times as many would.
            sql.push(&format!(" LIMIT {}) ", 2 * NARROW));
        }
        sql.push("SELECT ");
        match what {
            What::Record => row::select(sql, self.r, &self.fields),
            What::One => {
                sql.push("1 AS one");
            }
            What::Place => {
                sql.push("CAST(").column(table, key).push(" AS BIGINT)");
                if let Some(field) = self.order.field {
                    sql.push(", ");
                    row::select_field(sql, table, field);
                }
            }
        }
        if self.is_parted(route) && !matches!(what, What::One) {
            // What the parts are put in order by.
            if let Some(field) = self.order.field {
                sql.push(", ").column(table, field.column).push(" AS sorted_by");
            }
            sql.push(", ").column(table, key).push(" AS row_number");
        }
        sql.push(" FROM ");
        match path {
            Path::Gather(_) => {
                sql.name(table).push(" WHERE ").column(table, key).push(" IN (SELECT id FROM gathered)");
            }
            Path::Natural(driver) => self.driven(sql, conds, Some(*driver), (ids, leads)),
            Path::Walk => self.driven(sql, conds, None, (ids, leads)),
        }
        self.range(sql, route, segment, span);
    }

    /// The row number as it lies in the order that is read, and what keeps SQLite from another.
    fn id<'a>(&'a self, sql: &Sql, Route { path, conds, .. }: &'a Route) -> (&'static str, (&'a str, &'a str)) {
        let own = (self.r.table.as_str(), self.r.key);
        if !sql.is_sqlite() {
            return ("", own);
        }
        match path {
            Path::Gather(_) => ("+", own),
            Path::Natural(driver) => match &conds[*driver] {
                // Their own row numbers: their order is the one in which they are read.
                Cond::Indexed { table: index, .. } => ("", (index, "rowid")),
                Cond::Pairs { many, .. } => ("", (many.table, many.here)),
                _ => ("", own),
            },
            Path::Walk => ("", own),
        }
    }

    /// The segment and the span as conditions.
    fn range(&self, sql: &mut Sql, route: &Route, segment: Segment, span: Span<'_>) {
        let (plus, id) = self.id(sql, route);
        let (table, column) = (self.r.table.as_str(), self.order.field.map(|field| field.column));
        if let (Some(field), Segment::Filled) = (self.order.field, segment) {
            // "Is not null" as a range, which both databases start an index at.
            sql.push(" AND ").push(plus).column(table, field.column).push(" >= ").push(least(&field.kind));
        }
        if let (Some(column), Segment::Null) = (column, segment) {
            sql.push(" AND ").push(plus).column(table, column).push(" IS NULL");
        }
        let (beyond, within) = if self.ascending(span.back) { (" > ", " <= ") } else { (" < ", " >= ") };
        for (place, way) in [(span.from, beyond), (span.to, within)] {
            let Some(place) = place else { continue };
            sql.push(" AND ");
            match (column, segment) {
                (Some(column), Segment::Filled) => {
                    sql.push("(").push(plus).column(table, column).push(", ").push(plus).column(id.0, id.1).push(")");
                    sql.push(way).push("(");
                    match &place.value {
                        Json::Bool(value) => sql.bind(*value),
                        Json::Number(value) => sql.bind(value.as_i64()),
                        value => sql.bind(value.as_str().unwrap_or_default()),
                    };
                    sql.push(", ").bind(place.id).push(")");
                }
                _ => {
                    sql.push(plus).column(id.0, id.1).push(way).bind(place.id);
                }
            }
        }
    }

    fn ascending(&self, back: bool) -> bool {
        self.order.descending == back
    }

    fn order(&self, sql: &mut Sql, route: &Route, back: bool) {
        let (plus, id) = self.id(sql, route);
        let way = if self.ascending(back) { " ASC" } else { " DESC" };
        sql.push(" ORDER BY ");
        if let Some(field) = self.order.field {
            sql.push(plus).column(&self.r.table, field.column).push(way).push(", ");
        }
        sql.push(plus).column(id.0, id.1).push(way);
    }

    /// The order of what the parts gave.
    fn order_parts(&self, sql: &mut Sql, back: bool) {
        let way = if self.ascending(back) { " ASC" } else { " DESC" };
        let sorted = self.order.field.map(|_| format!("sorted_by{way}, ")).unwrap_or_default();
        sql.push(&format!(" ORDER BY {sorted}row_number{way}"));
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
