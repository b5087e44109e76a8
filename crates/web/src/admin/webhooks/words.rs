//! What the pages say of endpoints and deliveries.

use puzi_shop::texts::Locale;

use crate::{
    admin::resource::Markup,
    texts::{find, say},
};

/// A state in one word, in its colour.
fn coloured(tone: &str, text: &str) -> Markup {
    Markup::tag("span", &[("class", &format!("state state-{tone}"))], Markup::text(text))
}

/// The state of an endpoint; `troubled`: the last attempts failed.
pub(super) fn state(locale: Locale, word: &str, troubled: bool) -> Markup {
    let (tone, key) = match word {
        "active" if troubled => ("warn", "webhooks.troubled"),
        "active" => ("good", "webhooks.options.state.active"),
        "failing" => ("bad", "webhooks.options.state.failing"),
        _ => ("off", "webhooks.options.state.paused"),
    };
    coloured(tone, &say(locale, key, &[]))
}

/// How far a delivery is.
pub(super) fn way(locale: Locale, word: &str, next_at: Option<i64>) -> Markup {
    let (tone, key) = match word {
        "delivered" => ("good", "delivered"),
        "failed" => ("bad", "failed"),
        "sending" => ("busy", "sending"),
        "waiting" if next_at.is_none() => ("off", "parked"),
        "waiting" => ("warn", "waiting"),
        _ => ("off", "cancelled"),
    };
    let key = match key {
        "parked" => "deliveries.parked".to_owned(),
        word => format!("deliveries.options.state.{word}"),
    };
    coloured(tone, &say(locale, &key, &[]))
}

/// Why an attempt failed, in words; none when it did not.
pub(super) fn error(locale: Locale, error: Option<&str>, status: Option<i64>) -> Option<String> {
    let error = error.filter(|error| !error.is_empty())?;
    let (word, more) = error.split_once(": ").unwrap_or((error, ""));
    let status = status.map(|status| status.to_string()).unwrap_or_default();
    let key = match word {
        "refused" => format!("deliveries.errors.refused_{more}"),
        word => format!("deliveries.errors.{word}"),
    };
    Some(match find(locale, &key) {
        Some(_) => say(locale, &key, &[("status", status), ("why", more.to_owned())]),
        None => error.to_owned(),
    })
}

/// A length of time: `0.4 ms`, `12 ms`.
pub(super) fn took(locale: Locale, us: i64) -> String {
    let n = if us < 10_000 { format!("{}.{}", us / 1_000, us % 1_000 / 100) } else { ((us + 500) / 1_000).to_string() };
    say(locale, "webhooks.ms", &[("n", n)])
}

/// What an event is called.
pub(super) fn event(locale: Locale, name: &str) -> String {
    find(locale, &format!("webhooks.options.events.{name}")).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use puzi_shop::webhooks::EVENTS;

    use super::*;

    #[test]
    fn every_event_and_every_failure_has_words_in_both_languages() {
        for locale in Locale::ALL {
            for name in EVENTS.iter().chain(&["ping"]) {
                assert_ne!(event(locale, name), *name);
            }
            let words = ["timeout", "redirect", "gone", "status", "no_key", "interrupted", "deleted", "waited", "full"];
            let refused = ["url", "scheme", "credentials", "port", "private"].map(|why| format!("refused: {why}"));
            for word in words.map(str::to_owned).into_iter().chain(refused).chain(["unreachable: no".to_owned()]) {
                assert_ne!(error(locale, Some(&word), Some(500)).unwrap(), word, "{word}");
            }
        }
    }
}
