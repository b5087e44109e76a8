//! Which way to a page, so that it stays fast in a large table.
//!
//! A page walks along the index of the sorted column, from the cursor on, and looks at each row whether it matches:
//! quick as long as matching rows are frequent. When few rows match, they are gathered through the index of their
//! rarest condition, and sorted. Counts that stop early decide which of the two it is. PostgreSQL keeps statistics and
//! finds the rarest condition by itself; SQLite keeps none, and is told: a unary plus before a column keeps it from
//! using that column's index.

use sea_orm::ConnectionTrait;

use super::{
    COUNTED, Count, Cursor,
    filter::Cond,
    plan::{Plan, Segment, Span, is_of_one_column},
    sql::Sql,
};
use crate::{
    declare::{Error, Kind, Result},
    engine::search_index,
};

/// So many matches are gathered and sorted; of more, a walk soon finds a page full. At a million rows both then read
/// some ten thousand. Few in tests, so that they go both ways.
pub(crate) const NARROW: u64 = if cfg!(test) { 8 } else { 5_000 };

/// How matching rows are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// Along the sorted column's index.
    Walk,
    /// Gathered through the index of this condition, or of any, then sorted.
    Gather(Option<usize>),
    /// In the order in which the index of this condition has them: by row number.
    Natural(usize),
}

/// The way, and the conditions as they are asked on it.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) path: Path,
    pub(crate) conds: Vec<Cond>,
    /// How far the first page looks in its first segment, where the count has found that out.
    pub(super) first: First,
}

/// How far a page looks.
#[derive(Debug, Clone)]
pub(super) enum First {
    Unasked,
    ToItsEnd,
    To(Cursor),
    /// To there, and nothing on the way matches.
    InVain(Cursor),
}

impl Route {
    pub(super) fn new(path: Path, conds: Vec<Cond>) -> Self {
        Self { path, conds, first: First::Unasked }
    }
}

impl Plan<'_> {
    /// The way to take, and how many match.
    pub(super) async fn survey(&self, on: &impl ConnectionTrait) -> Result<(Route, Count)> {
        let mut conds = self.conds.clone();
        let (path, driver) = if Sql::new(on).is_sqlite() || self.r.bound.is_some() {
            self.told(on, &mut conds).await?
        } else {
            let plain = conds.iter().all(|cond| matches!(cond, Cond::Deleted(false)));
            let matches = number(on, self.count(Sql::new(on), &conds, None, COUNTED + 1)).await?;
            let searched = conds.iter().position(|cond| matches!(cond, Cond::Indexed { .. }));
            let path = match searched {
                _ if plain => Path::Walk,
                _ if matches <= NARROW.min(COUNTED) => Path::Gather(None),
                // It takes the words of one term for independent, and then expects too few matches to walk.
                Some(at) if self.order.field.is_none() => Path::Natural(at),
                // Its statistics know better.
                _ => Path::Walk,
            };
            return Ok((Route::new(path, conds), counted(matches)));
        };
        let mut route = Route::new(path, conds);
        if let Some(rows) = self.r.bound.filter(|_| self.passes_over(&route)) {
            let count = self.count_looked(on, &mut route, rows).await?;
            return Ok((route, count));
        }
        let matches = number(on, self.count(Sql::new(on), &route.conds, driver, COUNTED + 1)).await?;
        Ok((route, counted(matches)))
    }

    /// How many match among the first `rows` rows of the way.
    async fn count_looked(&self, on: &impl ConnectionTrait, route: &mut Route, rows: u64) -> Result<Count> {
        let mut matches = 0;
        for segment in self.segments(None, false) {
            let far = self.looked_to(on, route, *segment, Span::default(), rows).await?;
            let span = Span { to: far.as_ref(), ..Span::default() };
            matches += number(on, self.count_within(Sql::new(on), route, *segment, span, COUNTED + 1)).await?;
            if matches!(route.first, First::Unasked) {
                route.first = match &far {
                    None => First::ToItsEnd,
                    Some(place) if matches == 0 => First::InVain(place.clone()),
                    Some(place) => First::To(place.clone()),
                };
            }
            if matches > COUNTED {
                break;
            }
            if far.is_some() {
                return Ok(if matches > 1 { Count::MoreThan(matches - 1) } else { Count::Unknown });
            }
        }
        Ok(counted(matches))
    }

    /// How far a page of the segment looks that begins where `span` does; none: to its end. The first page's first segment
    /// is not asked about twice.
    pub(super) async fn looked_to(
        &self,
        on: &impl ConnectionTrait,
        route: &Route,
        segment: Segment,
        span: Span<'_>,
        rows: u64,
    ) -> Result<Option<Cursor>> {
        if self.is_first(segment, span) {
            match &route.first {
                First::Unasked => {}
                First::ToItsEnd => return Ok(None),
                First::To(place) | First::InVain(place) => return Ok(Some(place.clone())),
            }
        }
        let row = on.query_one_raw(self.far(Sql::new(on), route, segment, span, rows).statement()).await?;
        row.map(|row| self.read_place(&row)).transpose()
    }

    /// Whether the first page is known to have nothing as far as it looks.
    pub(super) fn is_in_vain(&self, route: &Route, segment: Segment, span: Span<'_>) -> bool {
        matches!(route.first, First::InVain(_)) && self.is_first(segment, span)
    }

    /// Whether the first page begins there.
    fn is_first(&self, segment: Segment, span: Span<'_>) -> bool {
        span.from.is_none() && !span.back && self.segments(None, false).first() == Some(&segment)
    }

    /// The way that SQLite is told to take, and the condition by which to count. PostgreSQL is told it too where a page must
    /// not look at everything.
    async fn told(&self, on: &impl ConnectionTrait, conds: &mut [Cond]) -> Result<(Path, Option<usize>)> {
        let by_id = self.order.field.is_none();
        if let Some(at) = self.in_order(conds)
            && conds
                .iter()
                .enumerate()
                .all(|(other, cond)| other == at || self.is_bound(cond) || matches!(cond, Cond::Deleted(false)))
        {
            return Ok((Path::Walk, None));
        }
        let drivers: Vec<usize> = (0..conds.len()).filter(|at| self.can_drive(&conds[*at])).collect();
        let sqlite = Sql::new(on).is_sqlite();
        // An index on (column, id) has what is equal in the order of the row numbers.
        let equals = |cond: &Cond| {
            let Cond::Compare { column, op: "=", .. } = cond else { return false };
            self.r.partition_index || self.parts.is_none() || !self.is_switch(column)
        };
        let in_order = |conds: &[Cond], at: usize| match &conds[at] {
            Cond::Indexed { .. } => true,
            Cond::Pairs { ids: Some(ids), absent: false, .. } => sqlite && ids.len() == 1,
            cond => equals(cond),
        };
        if let (true, [at]) = (by_id, drivers.as_slice())
            && equals(&conds[*at])
        {
            // An index on (column, id) has what is equal in the order of the row numbers, be it much or little.
            return Ok((Path::Natural(*at), Some(*at)));
        }
        let mut rarest: Option<(usize, u64)> = None;
        for &at in &drivers {
            let matches = match &conds[at] {
                Cond::Indexed { table, query, .. } if sqlite => {
                    let (ids, matches) = search_index::ids(on, table, query, NARROW + 1).await?;
                    if matches <= NARROW {
                        // Searched once is enough.
                        conds[at] = Cond::Ids(ids);
                    }
                    matches
                }
                // In all partitions, as on SQLite: asked for in one, each row would be looked up.
                Cond::Indexed { table, query, .. } => search_index::count(on, table, query, NARROW + 1).await?,
                cond => {
                    let alone: Vec<Cond> = match cond {
                        Cond::Compare { .. } => conds.iter().filter(|it| is_of_one_column(cond, it)).cloned().collect(),
                        cond => vec![cond.clone()],
                    };
                    number(on, self.count(Sql::new(on), &alone, Some(0), NARROW + 1)).await?
                }
            };
            if rarest.is_none_or(|(_, least)| matches < least) {
                rarest = Some((at, matches));
            }
        }
        let path = match rarest {
            // Led by its search index, PostgreSQL would ask one row after the other.
            Some((at, matches)) if matches <= NARROW => {
                Path::Gather(Some(at).filter(|at| sqlite || !matches!(conds[*at], Cond::Indexed { .. })))
            }
            _ => match drivers.iter().find(|at| by_id && in_order(conds, **at)) {
                Some(at) => Path::Natural(*at),
                None => Path::Walk,
            },
        };
        let driver = match path {
            Path::Natural(at) => Some(at),
            Path::Gather(driver) => driver,
            Path::Walk => rarest.map(|(at, _)| at).filter(|_| sqlite),
        };
        Ok((path, driver))
    }

    /// Whether the column is one of yes and no. Where rows are walked by their numbers, an index has one of the two at
    /// most.
    fn is_switch(&self, column: &str) -> bool {
        self.r.fields.iter().any(|field| field.column == column && matches!(field.kind, Kind::Boolean))
    }

    /// Whether an index leads to what matches. The bounds of the sorted column are followed in any case.
    fn can_drive(&self, cond: &Cond) -> bool {
        match cond {
            Cond::Compare { .. } => !self.is_bound(cond),
            Cond::Any { .. } | Cond::Indexed { .. } | Cond::Deleted(true) => true,
            Cond::Pairs { ids, absent, .. } => ids.is_some() && !absent,
            _ => false,
        }
    }
}

/// A count that went no further than one beyond the bound.
fn counted(matches: u64) -> Count {
    if matches > COUNTED { Count::MoreThan(COUNTED) } else { Count::Exactly(matches) }
}

async fn number(on: &impl ConnectionTrait, counting: Sql) -> Result<u64> {
    let row = on.query_one_raw(counting.statement()).await?;
    let matches: i64 = row.ok_or_else(|| Error::Other("a count gave no row".into()))?.try_get_by_index(0)?;
    Ok(matches.unsigned_abs())
}
