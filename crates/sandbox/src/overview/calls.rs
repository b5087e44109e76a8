//! The calls of the API as they come.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::stream::Happening;
use crate::world::Inner;

/// Calls that are kept in all; the oldest go first.
const KEPT: usize = 1000;
/// Bytes of a path that are kept; a longer one is none of the platform's.
const PATH: usize = 120;

/// One call of the platform's API.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Called {
    /// Grows over the whole sandbox.
    pub(crate) id: u64,
    /// The account; empty when the call got no further than its token.
    pub(crate) appid: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// 0 when it worked.
    pub(crate) errcode: i64,
    /// Milliseconds.
    pub(crate) millis: u64,
    /// The number in the errmsg of a call that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rid: Option<String>,
    /// Unix milliseconds.
    pub(crate) at: i64,
}

/// The latest calls, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    calls: VecDeque<Called>,
    count: u64,
}

impl CallLog {
    fn put(&mut self, call: Called) -> &Called {
        self.count += 1;
        if self.calls.len() >= KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(Called { id: self.count, ..call });
        self.calls.back().expect("one was just put in")
    }

    /// Those of an account, and those that got no further than their token; the newest first.
    pub(super) fn newest<'a>(&'a self, appid: &'a str) -> impl Iterator<Item = &'a Called> {
        self.calls.iter().rev().filter(move |call| call.appid.is_empty() || call.appid == appid)
    }
}

/// Writes a call down and shows it. `answer` is what it was answered in JSON; a file has none.
pub(crate) fn note(inner: &Inner, method: &str, path: &str, appid: &str, millis: u64, answer: &Value) {
    let errmsg = answer["errmsg"].as_str().unwrap_or_default();
    let mut end = path.len().min(PATH);
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    let call = Called {
        id: 0,
        appid: appid.to_owned(),
        method: method.to_owned(),
        path: path[..end].to_owned(),
        errcode: answer["errcode"].as_i64().unwrap_or_default(),
        millis,
        rid: errmsg.rsplit_once("rid: ").map(|(_, rid)| rid.to_owned()),
        at: inner.clock.now_ms(),
    };
    let watched = inner.events.receiver_count() > 0;
    let mut world = inner.world();
    let call = world.calls.put(call);
    if watched {
        // The last watcher may have gone just now.
        let _ = inner.events.send(Happening::Call(call.clone()));
    }
}
