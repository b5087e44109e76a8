//! A story tells the whole life of a declared resource: how a record is made, refused, found, changed, taken out and
//! brought in, deleted, and who may do it, through the pages and the JSON API of the real server. All of it follows from
//! the declaration; a test only says which resource, and what its readers should see refused:
//!
//! ```ignore
//! Story::of("phrases").refuses("title", "").tell().await;
//! ```
//!
//! Steps that a resource does not offer are left out. A step that fails says which one it was, and why.

mod access;
mod api;
mod files;
mod form;
mod languages;
mod list;
mod made;
mod numbers;
mod page;
mod rows;
mod rules;
mod shop;
mod telling;
mod texts;
mod words;
mod wrong;

use std::collections::BTreeMap;

use self::telling::Telling;

/// What is told of one resource.
#[derive(Debug)]
pub(crate) struct Story {
    resource: &'static str,
    takes: BTreeMap<String, String>,
    refuses: Vec<(String, String)>,
    shows: BTreeMap<String, String>,
    given: Vec<String>,
}

impl Story {
    /// The story of the resource of this name.
    pub(crate) fn of(resource: &'static str) -> Self {
        Self { resource, takes: BTreeMap::new(), refuses: Vec::new(), shows: BTreeMap::new(), given: Vec::new() }
    }

    /// Types `value` into `field` where otherwise a value would be made up: money in yuan, a rate in percent, a moment
    /// as `2026-11-22T09:30`, yes and no as `1` and `0`, several choices with commas between them.
    #[allow(dead_code, reason = "for fields whose rules are too narrow to make a value up")]
    pub(crate) fn takes(mut self, field: &str, value: &str) -> Self {
        self.takes.insert(field.to_owned(), value.to_owned());
        self
    }

    /// With `value` in `field` and everything else right, the form comes back with a message beside the field, the API
    /// names the field, and nothing is stored.
    pub(crate) fn refuses(mut self, field: &str, value: &str) -> Self {
        self.refuses.push((field.to_owned(), value.to_owned()));
        self
    }

    /// The page of a record shows `text` for `field`, where a cell of its own shows it otherwise than its kind would.
    #[allow(dead_code, reason = "for resources whose pages show a field in a way of their own")]
    pub(crate) fn shows(mut self, field: &str, text: &str) -> Self {
        self.shows.insert(field.to_owned(), text.to_owned());
        self
    }

    /// Runs `sql` before the story begins: rows of other tables that cannot be made up.
    #[allow(dead_code, reason = "for resources that lean on rows which no declaration describes")]
    pub(crate) fn given(mut self, sql: &str) -> Self {
        self.given.push(sql.to_owned());
        self
    }

    /// Tells it.
    pub(crate) async fn tell(self) {
        Telling::begin(self).await.tell().await;
    }
}
