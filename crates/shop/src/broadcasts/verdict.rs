//! What an answer to a call means for the part it was made for.

use std::time::Duration;

use puzi_wechat::client::{ApiError, Condition, ErrorKind};

/// No message is left in the month, or of the day.
pub(super) const NO_QUOTA: i64 = 45028;
/// The same clientmsgid was repeated too fast.
const TOO_FAST: i64 = 45066;
/// Too many calls in this minute: certainly not taken.
const TOO_FREQUENT: i64 = 45011;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It had been taken before, under this number when WeChat says it.
    Before(Option<i64>),
    /// The same once more, after so long; `doubt`: it may have been taken.
    Again { after: Duration, doubt: bool },
    /// The quota is used up: nothing behind it will go out either.
    NoQuota,
    /// Somebody on its list is nobody of this account.
    Somebody,
    /// It is certainly not taken, and would not be.
    Refused,
}

/// What `error` means for a part that was tried `tries` times; `list`: the call named openids.
pub(super) fn of(error: &ApiError, tries: i64, list: bool) -> Verdict {
    if error.is(Condition::AlreadySent) {
        return Verdict::Before(error.answered("msg_id").and_then(number));
    }
    if error.errcode == Some(NO_QUOTA) {
        return Verdict::NoQuota;
    }
    if list && error.is(Condition::NoSuchUser) {
        return Verdict::Somebody;
    }
    if error.errcode == Some(TOO_FAST) {
        // WeChat knows it: a minute later it says the number.
        return Verdict::Again { after: Duration::from_secs(61), doubt: true };
    }
    match error.kind {
        ErrorKind::RetryLater | ErrorKind::Transport | ErrorKind::RefreshToken => {
            let doubt = !error.unsent && error.errcode != Some(TOO_FREQUENT) && error.kind != ErrorKind::RefreshToken;
            Verdict::Again { after: pause(tries).max(error.retry_after().unwrap_or_default()), doubt }
        }
        // A mistake that was found on this side is marked as unsent, too: it would be found again.
        _ => Verdict::Refused,
    }
}

/// How long to wait after so many calls.
fn pause(tries: i64) -> Duration {
    Duration::from_secs(match tries {
        ..=1 => 5,
        2 => 15,
        3 => 61,
        4 => 300,
        _ => 600,
    })
}

/// A number that some of WeChat's servers write as a text.
fn number(value: &serde_json::Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_as_numbers_and_as_texts() {
        assert_eq!(number(&json!(7)), Some(7));
        assert_eq!(number(&json!(" 7 ")), Some(7));
        assert_eq!(number(&json!(null)), None);
    }

    #[test]
    fn pauses_grow_and_stay() {
        let pauses: Vec<_> = (1..=6).map(|tries| pause(tries).as_secs()).collect();
        assert_eq!(pauses, [5, 15, 61, 300, 600, 600]);
    }
}
