//! Publications, for the state page and for the figures.

use serde_json::json;

use super::{Published, State};
use crate::overview::Lines;

fn titles(published: &Published) -> Vec<String> {
    let titles = published.articles.iter().map(|article| article.content["title"].as_str().unwrap_or_default());
    titles.map(str::to_owned).collect()
}

impl State {
    /// The newest first.
    pub(crate) fn lines(&self) -> Lines<'_> {
        let line = |(article_id, published): (&str, &Published)| {
            let state = match published.status() {
                0 => "published",
                5 => "deleted",
                _ => "banned",
            };
            json!({
                "article_id": article_id,
                "titles": titles(published),
                "state": state,
                "update_time": published.update_time,
            })
        };
        Lines::new(self.published.len(), self.published.newest().map(line))
    }

    /// Article id, number, Unix seconds and titles of what was published.
    pub(crate) fn stories(&self) -> impl Iterator<Item = (&str, i64, i64, Vec<String>)> {
        let all = self.published.newest();
        all.map(|(id, published)| (id, published.msg_data_id, published.update_time, titles(published)))
    }
}
