//! Drafts, for the state page.

use serde_json::json;

use super::State;
use crate::overview::Lines;

impl State {
    /// The newest first.
    pub(crate) fn lines(&self) -> Lines<'_> {
        let line = |(media_id, draft): (&str, &super::Draft)| {
            let titles: Vec<_> = draft.articles.iter().map(|article| &article["title"]).collect();
            json!({ "media_id": media_id, "titles": titles, "update_time": draft.update_time })
        };
        Lines::new(self.drafts.len(), self.drafts.newest().map(line))
    }
}
