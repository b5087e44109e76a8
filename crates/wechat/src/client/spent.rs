//! Paths whose quota is used up, so that a thousand tasks do not go on asking for what cannot be had.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::ApiError;

/// Calls that give quotas back.
const CLEARING: &[&str] = &[
    "/cgi-bin/clear_quota",
    "/cgi-bin/clear_quota/v2",
    "/cgi-bin/openapi/quota/clear",
    "/cgi-bin/component/clear_quota",
];
/// 45009 alone is a quota of the path; the others of its condition are one user's or one month's.
const REACHED: i64 = 45009;

/// Remembers each path's last refusal for a while.
pub(super) struct Spent {
    lasts: Duration,
    refusals: Mutex<HashMap<String, (Instant, ApiError)>>,
}

impl Spent {
    pub(super) fn new(lasts: Duration) -> Self {
        Self { lasts, refusals: Mutex::default() }
    }

    /// The refusal that a call of `path` would get again.
    pub(super) fn refusal(&self, path: &str) -> Option<ApiError> {
        let mut refusals = self.refusals();
        let (at, error) = refusals.get(path)?;
        if at.elapsed() < self.lasts {
            return Some(error.clone().before_sending());
        }
        refusals.remove(path);
        None
    }

    /// Takes note of what a call of `path` was answered.
    pub(super) fn note(&self, path: &str, error: Option<&ApiError>) {
        match error {
            Some(error) if error.errcode == Some(REACHED) && !error.unsent && !self.lasts.is_zero() => {
                tracing::warn!(path, "the quota is used up");
                self.refusals().insert(path.to_owned(), (Instant::now(), error.clone()));
            }
            None if CLEARING.contains(&path) => self.refusals().clear(),
            _ => {}
        }
    }

    fn refusals(&self) -> MutexGuard<'_, HashMap<String, (Instant, ApiError)>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_forgotten_in_time_and_by_clearing() {
        let spent = Spent::new(Duration::from_millis(50));
        let refusal = ApiError::refused("/a", REACHED, "reach max api daily quota limit");
        spent.note("/a", Some(&refusal));
        assert!(spent.refusal("/a").is_some_and(|e| e.unsent && e.errcode == Some(REACHED)));
        assert_eq!(spent.refusal("/b"), None);

        spent.note("/cgi-bin/clear_quota", None);
        assert_eq!(spent.refusal("/a"), None);

        spent.note("/a", Some(&refusal));
        // What was answered from memory says nothing new.
        spent.note("/c", Some(&refusal.clone().before_sending()));
        assert_eq!(spent.refusal("/c"), None);
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(spent.refusal("/a"), None);
    }

    #[test]
    fn other_refusals_are_not_kept() {
        let spent = Spent::new(Duration::from_secs(10));
        for errcode in [45011, 45047, 48006, -1] {
            spent.note("/a", Some(&ApiError::refused("/a", errcode, "")));
            assert_eq!(spent.refusal("/a"), None, "{errcode}");
        }
    }
}
