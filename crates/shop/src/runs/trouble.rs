//! What WeChat's refusal means to a run as a whole: later, or not before somebody puts it right.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use puzi_wechat::client::{ApiError, Condition, ErrorKind};

use super::Ended;

/// Milliseconds of rest when WeChat is busy or out of reach.
const BUSY_MS: i64 = 60_000;
/// WeChat's day begins in Beijing; five minutes later its counters surely have.
const QUOTA_MINUTES: i64 = 5;

/// How a run goes on after `error` refused what cannot be left out. A used-up quota waits for WeChat's midnight, a busy
/// platform for a minute; what only a person can put right fails with the key of what to do.
pub fn after_refusal(error: &ApiError, now: i64) -> Ended {
    let detail = Some(match &error.rid {
        Some(rid) if !error.errmsg.contains(rid.as_str()) => format!("{} rid: {rid}", said(error)),
        _ => said(error),
    });
    if error.is(Condition::QuotaUsedUp) {
        return Ended::Rest { until: next_midnight(now), problem: "runs.quota", detail };
    }
    let rest = |problem| Ended::Rest { until: now + BUSY_MS, problem, detail: detail.clone() };
    let fail = |problem| Ended::Fail { problem, detail: detail.clone() };
    match error.kind {
        ErrorKind::RetryLater => rest("runs.busy"),
        ErrorKind::Transport => rest("runs.unreachable"),
        _ if error.is(Condition::NotPermitted) => fail("runs.not_permitted"),
        _ if error.is(Condition::AddressNotAllowed) => fail("runs.address"),
        _ if error.is(Condition::WrongCredentials) => fail("runs.credentials"),
        ErrorKind::Configuration | ErrorKind::RefreshToken | ErrorKind::AskUserAgain => fail("runs.configuration"),
        ErrorKind::BusinessState | ErrorKind::CallerMistake => fail("runs.refused"),
    }
}

/// A refusal as it is stored: its errcode, if it has one, and WeChat's words.
pub(crate) fn said(error: &ApiError) -> String {
    // PostgreSQL keeps no U+0000.
    let words = error.errmsg.replace('\0', "");
    match error.errcode {
        Some(code) => format!("{code} {words}"),
        None => words,
    }
}

/// 00:05 of the next day in Beijing, Unix ms.
fn next_midnight(now: i64) -> i64 {
    let beijing = TimeZone::fixed(jiff::tz::offset(8));
    let today = Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(beijing).start_of_day();
    let next = today.and_then(|day| day.checked_add(1.day().minutes(QUOTA_MINUTES)));
    next.map_or(now + 3_600_000, |next| next.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_comes_back_after_beijings_midnight() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(next_midnight(at("2026-11-23T03:00:00+08:00")), at("2026-11-24T00:05:00+08:00"));
        assert_eq!(next_midnight(at("2026-11-23T23:59:59+08:00")), at("2026-11-24T00:05:00+08:00"));
    }
}
