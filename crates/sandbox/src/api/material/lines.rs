//! Permanent material, for the state page.

use serde_json::{Value, json};

use super::{Item, State};
use crate::overview::Lines;

impl State {
    /// The newest first.
    pub(crate) fn lines(&self) -> Lines<'_> {
        Lines::new(self.items.len(), self.items.newest().map(|(media_id, item)| line(media_id, item)))
    }
}

fn line(media_id: &str, Item { kind, name, update_time, articles, .. }: &Item) -> Value {
    let titles: Vec<_> = articles.iter().map(|article| &article["title"]).collect();
    json!({ "media_id": media_id, "kind": kind, "name": name, "titles": titles, "update_time": update_time })
}
