//! What a list is asked for, and how that becomes SQL.

mod condition;
mod cursor;
mod filter;
mod page;
mod plan;
pub(crate) mod route;
pub(crate) mod sql;

use crate::declare::{Error, Order, Record, Resource, Result};

pub use self::filter::{Filter, FilterSpec, Op, filters};
pub(crate) use self::{cursor::Cursor, page::Page};

/// Beyond this many matching records a list says "more than", and counts no further.
pub const COUNTED: u64 = 1_000;

/// The most records on one page.
pub const LARGEST_PAGE: u64 = 200;

/// What a list is asked for. Nothing here is trusted: fields, operators and cursors are checked against the resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQuery {
    /// Words that must all occur.
    pub search: String,
    /// Conditions that must all hold.
    pub filters: Vec<Filter>,
    /// Order; the resource's own when none.
    pub order: Option<Order>,
    /// Where the page begins (or ends, going back): one of [`ListPage::next`] and [`ListPage::previous`].
    pub cursor: Option<String>,
    /// The page before the cursor instead of the one after it; without a cursor the last page.
    pub back: bool,
    /// Records on a page; the resource's own number when none.
    pub size: Option<u64>,
    /// The deleted records instead of the living.
    pub deleted: bool,
    /// Fields to show, in this order; the resource's own columns when none.
    pub columns: Option<Vec<String>>,
    /// The partition chosen: the list is narrowed to it, unless a filter asks for partitions by itself. It does not
    /// stand in a URL.
    pub partition: Option<i64>,
    /// Filter values are in the form of the API (fen, basis points, RFC 3339) and not as people enter them.
    pub exact: bool,
}

/// One page of a list.
#[derive(Debug, Clone, Default)]
pub struct ListPage {
    /// The records, in order. Fields that were not asked for may be absent.
    pub records: Vec<Record>,
    /// Cursor of the page after this one; none at the end.
    pub next: Option<String>,
    /// Cursor of the page before this one; none at the beginning. Empty: the last page.
    pub previous: Option<String>,
    /// How many records match.
    pub count: Count,
    /// The page ends because so many rows were looked at, not because it is full: the next one goes on behind them.
    pub looked: Option<u64>,
}

/// How many records match; never counted further than [`COUNTED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// More than so many.
    MoreThan(u64),
    /// None among those looked at; nobody knows of the others.
    Unknown,
}

impl Default for Count {
    fn default() -> Self {
        Self::Exactly(0)
    }
}

impl ListQuery {
    /// From the pairs of a URL's query: `q`, `sort=-created_at`, `after=CURSOR`, `before=CURSOR` (empty: the last
    /// page), `size`, `deleted=only`, `columns=a,b`, and filters `f.FIELD=VALUE` with an operator at the end if it is
    /// not "is": `f.FIELD.not`, `.any` (values with commas between them), `.contains`, `.from`, `.to`, `.empty` (`1` or
    /// `0`). An empty value is no condition; other names are not the list's and are passed over.
    ///
    /// # Errors
    /// [`Error::Request`] for an operator or a number that is none.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut query = Self::default();
        for (name, value) in pairs {
            // No text in a database has it, and PostgreSQL does not even take the question.
            if value.contains('\0') {
                return Err(Error::Request(format!("{name:?} has a character that no text has")));
            }
            match name.as_str() {
                "q" => query.search = value.trim().to_owned(),
                "sort" if !value.is_empty() => query.order = Some(parse_order(&value)),
                "after" if !value.is_empty() => query.cursor = Some(value),
                "before" => {
                    query.back = true;
                    query.cursor = Some(value).filter(|cursor| !cursor.is_empty());
                }
                "size" if !value.is_empty() => {
                    let size = value.parse().map_err(|_| Error::Request("size is no number".into()))?;
                    query.size = Some(size);
                }
                "deleted" => query.deleted = value == "only",
                "columns" if !value.is_empty() => {
                    query.columns = Some(each_once(&value)).filter(|names| !names.is_empty());
                }
                _ => {
                    if let Some(rest) = name.strip_prefix("f.") {
                        query.filters.extend(Filter::from_pair(rest, &value)?);
                    }
                }
            }
        }
        Ok(query)
    }

    /// The pairs of a URL's query that [`ListQuery::from_pairs`] reads back.
    pub fn to_pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut push = |name: &str, value: String| pairs.push((name.to_owned(), value));
        if !self.search.is_empty() {
            push("q", self.search.clone());
        }
        for filter in &self.filters {
            let (name, value) = filter.to_pair();
            push(&name, value);
        }
        if let Some(order) = &self.order {
            push("sort", format!("{}{}", if order.descending { "-" } else { "" }, order.field));
        }
        if let Some(columns) = &self.columns {
            push("columns", columns.join(","));
        }
        if self.deleted {
            push("deleted", "only".to_owned());
        }
        if let Some(size) = self.size {
            push("size", size.to_string());
        }
        match (&self.cursor, self.back) {
            (Some(cursor), false) => push("after", cursor.clone()),
            (cursor, true) => push("before", cursor.clone().unwrap_or_default()),
            (None, false) => {}
        }
        pairs
    }

    /// The same list from its beginning.
    #[must_use]
    pub fn first_page(mut self) -> Self {
        self.cursor = None;
        self.back = false;
        self
    }

    pub(crate) fn page_size(&self, r: &Resource) -> u64 {
        self.size.unwrap_or(r.per_page).clamp(1, LARGEST_PAGE)
    }
}

/// The names between commas, in their order: a column is not shown twice.
fn each_once(value: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in value.split(',').filter(|name| !name.is_empty()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn parse_order(value: &str) -> Order {
    match value.strip_prefix('-') {
        Some(field) => Order { field: field.to_owned(), descending: true },
        None => Order { field: value.to_owned(), descending: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn pairs_are_read_and_written_alike() {
        let given = pairs(&[
            ("q", "绿茶"),
            ("f.status", "open"),
            ("f.status.not", "closed"),
            ("f.kind.any", "a,b"),
            ("f.amount.from", "1.50"),
            ("f.note.empty", "1"),
            ("sort", "-created_at"),
            ("columns", "title,amount"),
            ("deleted", "only"),
            ("size", "20"),
            ("before", ""),
        ]);
        let query = ListQuery::from_pairs(given.clone()).unwrap();
        assert!(query.back && query.cursor.is_none() && query.deleted);
        assert_eq!(query.filters.len(), 5);
        assert_eq!(query.to_pairs(), given);
    }

    #[test]
    fn a_column_is_asked_for_once() {
        let query = ListQuery::from_pairs(pairs(&[("columns", "title,,amount,title,title")])).unwrap();
        assert_eq!(query.columns.unwrap(), ["title", "amount"]);
    }

    #[test]
    fn an_empty_filter_is_none_and_an_unknown_operator_is_refused() {
        let query = ListQuery::from_pairs(pairs(&[("f.status", ""), ("f.status.not", ""), ("_csrf", "x")])).unwrap();
        assert_eq!(query, ListQuery::default());
        assert!(matches!(ListQuery::from_pairs(pairs(&[("f.a.like", "x")])), Err(Error::Request(_))));
        assert!(matches!(ListQuery::from_pairs(pairs(&[("size", "x")])), Err(Error::Request(_))));
        assert!(matches!(ListQuery::from_pairs(pairs(&[("q", "a\0b")])), Err(Error::Request(_))));
    }
}
