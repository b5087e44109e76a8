//! What the pages say of notices.

use puzi_shop::{notices::entity::notice, texts::Locale};

use crate::{
    admin::resource::Markup,
    texts::{find, say},
};

/// How far a notice is, in its colour.
pub(super) fn state(locale: Locale, word: &str) -> Markup {
    let tone = match word {
        "delivered" => "good",
        "accepted" => "calm",
        "sending" => "busy",
        "queued" | "unknown" => "warn",
        _ => "bad",
    };
    let text = say(locale, &format!("notices.options.state.{word}"), &[]);
    Markup::tag("span", &[("class", &format!("state state-{tone}"))], Markup::text(&text))
}

/// Which way a notice or a template goes.
pub(super) fn way(locale: Locale, word: &str) -> String {
    say(locale, &format!("notices.options.way.{word}"), &[])
}

/// What a word of this kind takes.
pub(super) fn takes(locale: Locale, kind: &str) -> String {
    let key = format!("notices.kinds.{kind}");
    find(locale, &key).map_or_else(|| say(locale, "notices.kinds.any", &[]), str::to_owned)
}

/// What WeChat told, as the log keeps it.
pub(super) struct Told<'a> {
    pub(super) state: &'a str,
    pub(super) errcode: Option<i64>,
    pub(super) error: &'a str,
    pub(super) outcome: &'a str,
}

impl<'a> From<&'a notice::Model> for Told<'a> {
    fn from(notice: &'a notice::Model) -> Self {
        Self {
            state: &notice.state,
            errcode: notice.errcode,
            error: notice.error.as_deref().unwrap_or_default(),
            outcome: notice.outcome.as_deref().unwrap_or_default(),
        }
    }
}

/// Why a notice did not arrive, or has not gone yet; none when there is nothing to explain.
pub(super) fn reason(locale: Locale, told: &Told<'_>) -> Option<String> {
    match told.state {
        "unknown" => Some(say(locale, "notices.why.unknown", &[])),
        "blocked" => Some(say(locale, "notices.why.blocked", &[])),
        "failed" | "queued" => {
            let coded = told.errcode.map(|code| format!("notices.why.{code}"));
            if let Some(key) = coded.filter(|key| find(locale, key).is_some()) {
                return Some(say(locale, &key, &[]));
            }
            match (told.error, told.outcome) {
                ("", "") if told.state == "queued" => None,
                ("", "intercepted") => Some(say(locale, "notices.why.intercepted", &[])),
                ("", _) => Some(say(locale, "notices.why.system", &[])),
                (error, _) => Some(error.to_owned()),
            }
        }
        _ => None,
    }
}
