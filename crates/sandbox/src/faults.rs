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
    /// Milliseconds by which every API answer comes later; nothing has happened before.
    pub api_slow_ms: u64,
    /// Milliseconds by which every API answer comes later, after the call has had its effect.
    pub api_late_ms: u64,
    /// How many answers are lost on the way, by API path: the call has its effect, then the connection closes.
    pub api_lost: BTreeMap<String, u32>,
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
    /// Errcodes by openid: calls that name many at once (batchget, batchtagging, batchblacklist and their opposites) are
    /// refused as a whole when they name one of these; getblacklist is when it is to begin behind one.
    pub refused_openids: BTreeMap<String, i64>,
    /// `user/get` tells of no more than this many followers and still counts them all; 0 tells of all.
    pub short_list: usize,
    /// Seconds that WeChat waits for an answer; the platform's value is 5.
    pub timeout_seconds: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            slow_ms: 0,
            api_slow_ms: 0,
            api_late_ms: 0,
            api_lost: BTreeMap::new(),
            drop: 0,
            duplicate: 0,
            reorder: false,
            wrong_signature: false,
            system_busy: 0,
            refuse: BTreeMap::new(),
            refused_openids: BTreeMap::new(),
            short_list: 0,
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
        self.api_late_ms = self.api_late_ms.min(60_000);
        self.api_lost.retain(|_, times| *times > 0);
        self.refused_openids.retain(|_, errcode| *errcode != 0);
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

    /// Whether the answer to a call of `path` is lost; it is counted then.
    pub(crate) fn loses(&self, path: &str) -> bool {
        let mut current = self.current.lock().expect("no code panics while it holds the faults");
        let Some(times) = current.api_lost.get_mut(path) else { return false };
        *times -= 1;
        if *times == 0 {
            current.api_lost.remove(path);
        }
        true
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
