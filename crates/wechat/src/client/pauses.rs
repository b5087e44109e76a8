//! The pauses between repeated attempts, and the little chance in them.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(8);

/// Growing pauses: doubled each time, with a little chance added so that many callers do not come back together.
pub(super) struct Pauses {
    next: Duration,
    left: u32,
    until: Instant,
}

impl Pauses {
    /// At most `times` pauses, the first as long as `first`, the last one over by `until`.
    pub(super) fn new(first: Duration, times: u32, until: Instant) -> Self {
        Self { next: first, left: times, until }
    }

    /// The pause before the next attempt; `None` when attempts or time are used up.
    pub(super) fn next(&mut self) -> Option<Duration> {
        let pause = self.next.mul_f64(1.0 + f64::from(random_below(250)) / 1000.0);
        if self.left == 0 || Instant::now() + pause > self.until {
            return None;
        }
        self.left -= 1;
        self.next = (self.next * 2).min(LONGEST);
        Some(pause)
    }
}

/// Randomness for jitter and names, not for secrets.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

pub(super) fn random_below(limit: u32) -> u32 {
    u32::try_from(random() % u64::from(limit)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let mut pauses = Pauses::new(Duration::from_secs(1), 5, Instant::now() + Duration::from_secs(60));
        let taken: Vec<_> = std::iter::from_fn(|| pauses.next()).map(|p| p.as_secs_f64()).collect();
        assert_eq!(taken.len(), 5);
        for (pause, least) in taken.iter().zip([1.0, 2.0, 4.0, 8.0, 8.0]) {
            assert!((least..least * 1.25).contains(pause), "{pause} for {least}");
        }
    }

    #[test]
    fn a_pause_beyond_the_deadline_is_not_taken() {
        let until = Instant::now() + Duration::from_millis(500);
        assert_eq!(Pauses::new(Duration::from_secs(1), 4, until).next(), None);
    }
}
