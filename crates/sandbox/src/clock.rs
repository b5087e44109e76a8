//! A clock that tests can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::sync::{Notify, broadcast};

use crate::stream::Happening;

/// How far from the machine's time the clock goes: ten thousand years, in milliseconds.
const FARTHEST_MS: i64 = 10_000 * 366 * 86_400_000;

/// The sandbox's time: the machine's, moved by an offset. Token and media lifetimes, customer-service windows,
/// `CreateTime` and signature timestamps follow it; the five seconds of a delivery are real ones.
#[derive(Clone, Debug)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    moved: Arc<Notify>,
    events: broadcast::Sender<Happening>,
}

/// The clock as the phone page sees it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ClockView {
    /// Unix seconds.
    pub(crate) now: i64,
    /// Seconds ahead of the machine's time.
    pub(crate) offset: i64,
}

impl Clock {
    pub(crate) fn new(start_at: Option<i64>, events: broadcast::Sender<Happening>) -> Self {
        let offset = start_at.map_or(0, |at| at * 1000 - machine_ms());
        Self { offset_ms: Arc::new(AtomicI64::new(offset)), moved: Arc::default(), events }
    }

    /// Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        machine_ms() + self.offset_ms.load(Ordering::Relaxed)
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.shift(i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4));
    }

    /// Moves the clock by whole seconds, backwards when negative.
    pub fn shift_seconds(&self, seconds: i64) {
        self.shift(seconds.saturating_mul(1000));
    }

    fn shift(&self, ms: i64) {
        // Many steps in one direction must not lead to where time overflows.
        let moved = |offset: i64| Some(offset.saturating_add(ms).clamp(-FARTHEST_MS, FARTHEST_MS));
        let _ = self.offset_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
        self.moved.notify_one();
        // Nobody watching is fine.
        let _ = self.events.send(Happening::Clock(self.view()));
    }

    /// Waits until the clock is moved; for one who waits.
    pub(crate) async fn moved(&self) {
        self.moved.notified().await;
    }

    pub(crate) fn view(&self) -> ClockView {
        ClockView { now: self.now(), offset: self.offset_ms.load(Ordering::Relaxed) / 1000 }
    }
}

fn machine_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
