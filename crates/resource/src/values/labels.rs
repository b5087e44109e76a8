//! What related records and asked-for choices are called, fetched once for a whole list.

use std::collections::HashMap;

/// Titles of related records and labels of asked-for choices, by field.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    titles: HashMap<(String, i64), String>,
    words: HashMap<(String, String), String>,
}

impl Labels {
    /// What the record `id` that `field` points at is called.
    pub fn of(&self, field: &str, id: i64) -> Option<&str> {
        self.titles.get(&(field.to_owned(), id)).map(String::as_str)
    }

    /// The label of the choice `value` of `field`, where the choices are asked for.
    pub fn word(&self, field: &str, value: &str) -> Option<&str> {
        self.words.get(&(field.to_owned(), value.to_owned())).map(String::as_str)
    }

    /// Says what the record `id` that `field` points at is called.
    pub fn insert(&mut self, field: impl Into<String>, id: i64, title: impl Into<String>) {
        self.titles.insert((field.into(), id), title.into());
    }

    /// Says what the choice `value` of `field` is called.
    pub fn insert_word(&mut self, field: impl Into<String>, value: impl Into<String>, label: impl Into<String>) {
        self.words.insert((field.into(), value.into()), label.into());
    }
}
