//! Waiting for pushes that come after a job.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::time::Duration;

use crate::common::{Callback, Got};

/// The `nth` push of an event, from 1, once it is there.
pub async fn heard(callback: &Callback, event: &str, nth: usize) -> Got {
    for _ in 0..500 {
        let found = callback.got().into_iter().filter(|got| got.field("Event") == event).nth(nth - 1);
        if let Some(got) = found {
            return got;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("push {nth} of {event} never came: {:#?}", callback.got());
}

/// How often an event was pushed so far.
pub fn count(callback: &Callback, event: &str) -> usize {
    callback.got().iter().filter(|got| got.field("Event") == event).count()
}
