//! What the pages of calls say of a line.

use crate::admin::number::grouped;
use puzi_shop::{calls::read::Call, texts::Locale};

use crate::{
    admin::resource::Markup,
    texts::{find, say},
};

/// What takes longer than this, microseconds, is shown as slow.
pub(super) const SLOW_US: i64 = 1_000_000;

/// A length of time: `0.4 ms`, `12 ms`, `1,204 ms`.
pub(super) fn took(locale: Locale, us: i64) -> String {
    let n = if us < 10_000 { format!("{}.{}", us / 1_000, us % 1_000 / 100) } else { grouped((us + 500) / 1_000) };
    say(locale, "calls.ms", &[("n", n)])
}

/// A number of bytes: `980 B`, `1.2 KB`.
pub(super) fn bytes(n: i64) -> String {
    match n {
        ..1_024 => format!("{n} B"),
        1_024..1_048_576 => format!("{}.{} KB", n / 1_024, n % 1_024 * 10 / 1_024),
        _ => format!("{}.{} MB", n / 1_048_576, n % 1_048_576 * 10 / 1_048_576),
    }
}

/// What an errcode means, when there is a text for it.
pub(in crate::admin) fn why(locale: Locale, errcode: i64) -> Option<&'static str> {
    find(locale, &format!("calls.why.{errcode}"))
}

/// The colour of what went wrong.
pub(super) fn tone(trouble: Option<&str>) -> &'static str {
    match trouble {
        None => "good",
        Some("deferred") => "warn",
        Some(_) => "bad",
    }
}

/// The state in one word, in its colour.
pub(super) fn state(locale: Locale, trouble: Option<&str>) -> Markup {
    let text = match trouble {
        None => say(locale, "calls.fine", &[]),
        Some(trouble) => say(locale, &format!("calls.options.trouble.{trouble}"), &[]),
    };
    Markup::tag("span", &[("class", &format!("state state-{}", tone(trouble)))], Markup::text(&text))
}

/// A line in one sentence.
pub(super) fn sentence(locale: Locale, call: &Call) -> String {
    let plain = |key: &str| say(locale, &format!("calls.said.{key}"), &[]);
    match (call.trouble.as_deref(), call.errcode) {
        (None, _) if call.outgoing => plain("fine_call"),
        (None, _) if call.attempt > 1 => plain("repeat_push"),
        (None, _) => plain("fine_push"),
        (Some("refused"), Some(code)) => {
            let words = why(locale, code).map(str::to_owned).or_else(|| call.errmsg.clone());
            match words {
                Some(why) => say(locale, "calls.said.refused", &[("code", code.to_string()), ("why", why)]),
                None => say(locale, "calls.said.refused_plain", &[("code", code.to_string())]),
            }
        }
        (Some("refused"), None) => {
            let why = call.errmsg.clone().unwrap_or_default();
            say(locale, "calls.said.refused_plain", &[("code", why)])
        }
        (Some(trouble), _) => plain(trouble),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_short() {
        let said = |us| took(Locale::En, us);
        assert_eq!([420, 9_999, 12_345, 1_204_000].map(said), ["0.4 ms", "9.9 ms", "12 ms", "1,204 ms"]);
    }

    #[test]
    fn bytes_are_short() {
        assert_eq!([0, 1_023, 1_536, 3_145_728].map(bytes), ["0 B", "1023 B", "1.5 KB", "3.0 MB"]);
    }

    #[test]
    fn whatever_goes_wrong_has_a_sentence() {
        for trouble in puzi_shop::calls::Trouble::ALL {
            for locale in Locale::ALL {
                let word = trouble.as_str();
                assert!(find(locale, &format!("calls.options.trouble.{word}")).is_some(), "{word}");
                let has = find(locale, &format!("calls.said.{word}")).is_some();
                assert!(has || word == "refused", "{word}");
            }
        }
    }
}
