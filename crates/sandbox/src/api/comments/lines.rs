//! Comments, for the state page.

use serde_json::json;

use super::State;
use crate::overview::Lines;

impl State {
    /// The newest first.
    pub(crate) fn lines(&self) -> Lines<'_> {
        let mut comments: Vec<_> =
            self.threads.values().flat_map(|thread| &thread.comments).filter(|comment| !comment.withdrawn).collect();
        comments.sort_unstable_by_key(|comment| std::cmp::Reverse(comment.id));
        let line = |comment: &super::Comment| {
            json!({
                "content": comment.content,
                "openid": comment.openid,
                "reply": comment.reply.as_ref().map(|(words, _)| words),
                "state": if comment.elected { "elected" } else { "plain" },
                "create_time": comment.create_time,
            })
        };
        Lines::new(comments.len(), comments.into_iter().map(line))
    }
}
