//! Who does which kind of job: one handler for the runner, made of the areas' own.

use std::{collections::HashMap, sync::Arc};

use futures_util::FutureExt;

use super::{Handler, Job, Outcome};

/// The handlers of the areas, by the kind of job.
#[derive(Clone, Default)]
pub struct Kinds {
    handlers: HashMap<&'static str, Handler>,
    otherwise: Option<Handler>,
}

/// Every kind there is: what lists offer to look for, and what has a name in both languages.
pub const KINDS: &[&str] = &[
    "inbox_send",
    "inbox_media",
    "send_answer",
    "late_answer",
    "replay_answer",
    "session.move",
    "records.read",
    "channel_make",
    "channel_recount",
    "menu.publish",
    "material.sync",
    "material.missing",
    "material.renew",
    "material.clean",
    "draft.save",
    "draft.submit",
    "draft.doubt",
    "draft.state",
    "draft.remove",
    "broadcast.freeze",
    "broadcast.begin",
    "broadcast.part",
    "broadcast.state",
    "notice.send",
];

impl Kinds {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Jobs of `kind` are done by `handler`.
    ///
    /// # Panics
    /// When the kind has a handler already: which of two does a job must not hang on their order.
    #[must_use]
    pub fn on<F, Doing>(mut self, kind: &'static str, handler: F) -> Self
    where
        F: Fn(Job) -> Doing + Send + Sync + 'static,
        Doing: Future<Output = Outcome> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |job| handler(job).boxed());
        assert!(self.handlers.insert(kind, handler).is_none(), "two handlers for {kind}");
        self
    }

    /// What has no handler of its own is done by `handler`, which may know more kinds.
    #[must_use]
    pub fn otherwise(mut self, handler: Handler) -> Self {
        self.otherwise = Some(handler);
        self
    }

    /// One handler for all of them; a job of a kind that none knows is dead.
    pub fn into_handler(self) -> Handler {
        Arc::new(move |job: Job| match self.handlers.get(job.kind.as_str()).or(self.otherwise.as_ref()) {
            Some(handler) => handler(job),
            None => {
                let problem = format!("no handler for {}", job.kind);
                async move { Outcome::Dead(problem) }.boxed()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(kind: &str) -> Job {
        Job {
            id: 1,
            kind: kind.into(),
            payload: "{}".into(),
            attempts: 1,
            last_error: None,
            account_id: None,
            state: "queued".into(),
        }
    }

    #[tokio::test]
    async fn each_kind_goes_to_its_own_and_the_rest_to_the_last() {
        let named = |name: &'static str| move |_| async move { Outcome::Retry(name.into()) };
        let kinds = Kinds::new().on("a", named("a")).on("b", named("b"));
        let said = |outcome| match outcome {
            Outcome::Retry(name) | Outcome::Dead(name) => name,
            Outcome::Done => String::new(),
        };
        let alone = kinds.clone().into_handler();
        assert_eq!(said(alone(job("b")).await), "b");
        assert_eq!(said(alone(job("c")).await), "no handler for c");
        let with_rest = kinds.otherwise(Arc::new(|_| async { Outcome::Done }.boxed())).into_handler();
        assert_eq!(said(with_rest(job("a")).await), "a");
        assert!(matches!(with_rest(job("c")).await, Outcome::Done));
    }

    #[test]
    #[should_panic(expected = "two handlers for a")]
    fn a_kind_has_one_handler() {
        let done = |_| async { Outcome::Done };
        let _ = Kinds::new().on("a", done).on("a", done);
    }
}
