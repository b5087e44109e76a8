//! Log lines that strangers can cause: one a second for each reason, with the number of those left out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_secs(1);

/// Decides which lines are written.
#[derive(Default)]
pub(crate) struct Quiet {
    reasons: Mutex<HashMap<&'static str, Reason>>,
}

struct Reason {
    written: Instant,
    left_out: u64,
}

impl Quiet {
    /// Whether to write a line for `reason` now; if so, how many were left out since the last one.
    pub(crate) fn may_write(&self, reason: &'static str, now: Instant) -> Option<u64> {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = reasons.get_mut(reason) else {
            reasons.insert(reason, Reason { written: now, left_out: 0 });
            return Some(0);
        };
        if now.saturating_duration_since(known.written) < PAUSE {
            known.left_out += 1;
            return None;
        }
        known.written = now;
        Some(std::mem::take(&mut known.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_written_once_a_second_with_the_count_of_the_others() {
        let (quiet, start) = (Quiet::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(quiet.may_write("stale", at(0)), Some(0));
        assert_eq!(quiet.may_write("stale", at(10)), None);
        assert_eq!(quiet.may_write("wrong_signature", at(20)), Some(0));
        assert_eq!(quiet.may_write("stale", at(999)), None);
        assert_eq!(quiet.may_write("stale", at(1_000)), Some(2));
        assert_eq!(quiet.may_write("stale", at(2_000)), Some(0));
    }
}
