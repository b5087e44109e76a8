//! What can go wrong, on switches.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::stream::Happening;

/// Faults of the network and of the platform. All off by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// Milliseconds by which every answer to a push comes later; they count against `timeout_seconds`.
    pub slow_ms: u64,
    /// Milliseconds by which every API answer comes later.
    pub api_slow_ms: u64,
    /// Chance in percent that a delivery is lost: by equal chance before it reaches the callback, or its answer after.
    pub drop: u8,
    /// Chance in percent that a delivery arrives twice, at the same time.
    pub duplicate: u8,
    /// Pushes of an account are sent in swapped pairs; one that stays alone goes out after a second.
    pub reorder: bool,
    /// Every push carries a signature that does not fit.
    pub wrong_signature: bool,
    /// Chance in percent that an API call is answered with -1, system busy.
    pub system_busy: u8,
    /// Errcodes by API path, such as `/cgi-bin/tags/get`: a call that passed the door is answered with it.
    pub refuse: BTreeMap<String, i64>,
    /// Seconds that WeChat waits for an answer; the platform's value is 5.
    pub timeout_seconds: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            slow_ms: 0,
            api_slow_ms: 0,
            drop: 0,
            duplicate: 0,
            reorder: false,
            wrong_signature: false,
            system_busy: 0,
            refuse: BTreeMap::new(),
            timeout_seconds: 5.0,
        }
    }
}

impl Faults {
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs_f64(self.timeout_seconds)
    }

    /// Brings every value into its range, so that what comes over HTTP cannot panic anything.
    fn bounded(mut self) -> Self {
        self.slow_ms = self.slow_ms.min(60_000);
        self.api_slow_ms = self.api_slow_ms.min(60_000);
        self.drop = self.drop.min(100);
        self.duplicate = self.duplicate.min(100);
        self.system_busy = self.system_busy.min(100);
        self.refuse.retain(|_, errcode| *errcode != 0);
        self.timeout_seconds =
            if self.timeout_seconds.is_finite() { self.timeout_seconds.clamp(0.05, 60.0) } else { 5.0 };
        self
    }
}

/// The switches of a running sandbox; a change shows on the phone page at once.
#[derive(Debug)]
pub struct FaultSwitches {
    current: Mutex<Faults>,
    events: broadcast::Sender<Happening>,
}

impl FaultSwitches {
    pub(crate) fn new(faults: Faults, events: broadcast::Sender<Happening>) -> Self {
        Self { current: Mutex::new(faults.bounded()), events }
    }

    /// The faults as they are.
    #[must_use]
    pub fn get(&self) -> Faults {
        self.current.lock().expect("no code panics while it holds the faults").clone()
    }

    /// Sets all of them; values out of range are brought into it.
    pub fn set(&self, faults: Faults) {
        self.update(|current| *current = faults);
    }

    /// Changes some of them: `faults.update(|f| f.drop = 30)`.
    pub fn update(&self, change: impl FnOnce(&mut Faults)) {
        let now = {
            let mut current = self.current.lock().expect("no code panics while it holds the faults");
            let mut next = current.clone();
            change(&mut next);
            *current = next.bounded();
            current.clone()
        };
        // Nobody watching is fine.
        let _ = self.events.send(Happening::Faults(now));
    }
}
