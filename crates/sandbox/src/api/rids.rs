//! Calls that failed, by the number in their errmsg: what `openapi/rid/get` explains.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

/// How many are kept; the oldest go first.
const KEPT: usize = 3000;
/// Seconds that one can be asked for.
const LIFE: i64 = 7 * 86_400;
/// Bytes of a request's body and query that are kept.
const CUT: usize = 2048;

/// A call that was answered with an errcode.
pub(crate) struct Failure {
    /// The account of the call; empty when it got no further than its token.
    pub(super) appid: String,
    /// Unix seconds.
    pub(super) at: i64,
    pub(super) cost_ms: u64,
    /// What follows the `?`: the platform tells no path.
    pub(super) query: String,
    pub(super) request_body: String,
    pub(super) response_body: String,
    pub(super) client_ip: String,
}

impl Failure {
    /// As `openapi/rid/get` answers.
    fn explained(&self) -> Value {
        json!({
            "invoke_time": self.at,
            "cost_in_ms": self.cost_ms,
            "request_url": self.query,
            "request_body": self.request_body,
            "response_body": self.response_body,
            "client_ip": self.client_ip,
        })
    }
}

/// The failures of a sandbox.
#[derive(Default)]
pub(crate) struct Failures {
    by_rid: HashMap<String, Failure>,
    order: VecDeque<String>,
}

/// Why a rid is not explained.
pub(super) enum Unknown {
    /// Made up, or too long ago.
    Gone,
    /// Another account's.
    NotYours,
}

impl Failures {
    pub(super) fn put(&mut self, rid: String, failure: Failure) {
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_rid.remove(&oldest);
        }
        self.order.push_back(rid.clone());
        self.by_rid.insert(rid, failure);
    }

    /// What happened, as long as seven days are not over.
    pub(super) fn explain(&self, rid: &str, appid: &str, now: i64) -> Result<Value, Unknown> {
        let failure = self.by_rid.get(rid).filter(|failure| now - failure.at < LIFE).ok_or(Unknown::Gone)?;
        if !failure.appid.is_empty() && failure.appid != appid {
            return Err(Unknown::NotYours);
        }
        Ok(failure.explained())
    }
}

/// Three groups of eight hexadecimal digits.
pub(super) fn is_rid(text: &str) -> bool {
    let mut groups = text.split('-');
    let is_group = |group: &str| group.len() == 8 && group.bytes().all(|b| b.is_ascii_hexdigit());
    groups.by_ref().take(3).filter(|group| is_group(group)).count() == 3 && groups.next().is_none()
}

/// The beginning of a text that may be long, or no text at all.
pub(super) fn cut(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(CUT)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rid_has_its_form_and_the_oldest_is_forgotten() {
        assert!(is_rid("5f3ded7d-00000000-abcdef01"));
        for bad in
            ["", "5f3ded7d", "5f3ded7d-00000000-abcdef0", "5f3ded7d-00000000-abcdef01-", "5f3ded7d-0000000x-abcdef01"]
        {
            assert!(!is_rid(bad), "{bad}");
        }
        let failure = || Failure {
            appid: String::new(),
            at: 0,
            cost_ms: 1,
            query: String::new(),
            request_body: String::new(),
            response_body: String::new(),
            client_ip: String::new(),
        };
        let mut failures = Failures::default();
        (0..=KEPT).for_each(|n| failures.put(n.to_string(), failure()));
        assert!(failures.explain("0", "wx", 0).is_err() && failures.explain("1", "wx", 0).is_ok());
        assert_eq!((failures.by_rid.len(), failures.order.len()), (KEPT, KEPT));
    }
}
