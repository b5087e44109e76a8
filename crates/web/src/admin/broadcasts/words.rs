//! How broadcasts and their parts are said.

use puzi_shop::{
    broadcasts::{Part, Told},
    texts::Locale,
};

use crate::{admin::resource::Markup, texts};

/// How a state looks: `good`, `busy` and so on.
pub(super) fn mood(word: &str) -> &'static str {
    match word {
        "done" => "good",
        "freezing" | "sending" | "stopping" | "ready" | "accepted" => "busy",
        "waiting" | "approved" | "partly" | "stopped" | "unsure" => "warn",
        "failed" => "bad",
        _ => "off",
    }
}

/// A state as lists show it.
pub(super) fn state(word: &str, text: &str) -> Markup {
    Markup::tag("span", &[("class", &format!("state state-{}", mood(word))), ("data-state", word)], Markup::text(text))
}

/// What stands in a column `error`: the key of a text of ours, or WeChat's words.
pub(super) fn error(locale: Locale, error: &str) -> String {
    if error.starts_with("broadcast.") { puzi_shop::texts::t(locale, error, &[]) } else { error.to_owned() }
}

/// Why a part did not go out, if it did not.
pub(super) fn why(locale: Locale, part: &Part) -> Option<String> {
    if let Some(said) = &part.error {
        // Where it is known what WeChat's code means to a merchant, that is said; the code stands beside it anyway.
        let meant = part.errcode.and_then(|code| texts::find(locale, &format!("broadcasts.codes.{code}")));
        return Some(match meant {
            Some(meant) if !said.starts_with("broadcast.") => meant.to_owned(),
            _ => error(locale, said),
        });
    }
    let status = part.result.as_deref().filter(|_| puzi_shop::machine::Word::word(part.state) == "failed")?;
    let told = Told { status: status.to_owned(), ..Told::default() };
    let reason = told.reason().and_then(|reason| texts::find(locale, &format!("broadcasts.reasons.{reason}")));
    Some(
        reason.map_or_else(|| texts::say(locale, "broadcasts.reason", &[("status", status.to_owned())]), str::to_owned),
    )
}
