//! How a call ended, for people in their language and for scripts by the exit code.

use puzi_shop::texts::Locale;
use puzi_wechat::client::{ApiError, Condition, ErrorKind};

use super::mask::Mask;
use crate::{error::Failure, exit, texts::say};

/// The key of the kind's texts.
fn key(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::CallerMistake => "mistake",
        ErrorKind::Configuration => "configuration",
        ErrorKind::BusinessState => "state",
        ErrorKind::AskUserAgain => "ask_again",
        ErrorKind::RetryLater => "later",
        ErrorKind::RefreshToken => "token",
        ErrorKind::Transport => "transport",
    }
}

/// Reasons that deserve a hint of their own.
const REASONS: [(Condition, &str); 8] = [
    (Condition::AddressNotAllowed, "address"),
    (Condition::WrongCredentials, "credentials"),
    (Condition::WindowClosed, "window"),
    (Condition::QuotaUsedUp, "quota"),
    (Condition::NotPermitted, "permission"),
    (Condition::NoSuchUser, "user"),
    (Condition::NotFollowing, "following"),
    (Condition::NoMenu, "menu"),
];

/// A call that did not go well: what was answered, what it means, what to do, and the id that support asks for.
pub(super) fn refusal(error: &ApiError, mask: &Mask, locale: Locale) -> Failure {
    let kind = key(error.kind);
    let what = match error.errcode {
        Some(code) => format!("{code} {}", mask.text(&error.errmsg)),
        None => mask.text(&error.errmsg),
    };
    let reason = REASONS.iter().find(|(condition, _)| error.is(*condition)).map_or(kind, |(_, key)| *key);
    let mut lines = vec![
        format!("{}: {}", error.path, puzi_resource::on_one_line(what.trim())),
        say(locale, "call.kind", &[("kind", say(locale, &format!("call.kinds.{kind}"), &[]))]),
        say(locale, "call.what_to_do", &[("todo", say(locale, &format!("call.todo.{reason}"), &[]))]),
    ];
    lines.extend(error.received.as_ref().map(|text| say(locale, "call.received", &[("text", mask.text(text))])));
    lines.extend(error.rid.as_ref().map(|rid| say(locale, "call.rid", &[("rid", rid.clone())])));
    Failure::Call(exit::of_call(error.kind), lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ErrorKind; 7] = [
        ErrorKind::CallerMistake,
        ErrorKind::Configuration,
        ErrorKind::BusinessState,
        ErrorKind::AskUserAgain,
        ErrorKind::RetryLater,
        ErrorKind::RefreshToken,
        ErrorKind::Transport,
    ];

    #[test]
    fn each_kind_has_its_texts() {
        for locale in Locale::ALL {
            for kind in KINDS {
                for group in ["kinds", "todo"] {
                    let key = format!("call.{group}.{}", key(kind));
                    assert_ne!(say(locale, &key, &[]), key, "{key}");
                }
            }
            for (_, reason) in REASONS {
                let key = format!("call.todo.{reason}");
                assert_ne!(say(locale, &key, &[]), key, "{key}");
            }
        }
    }

    #[test]
    fn the_page_in_docs_lists_the_same_codes() {
        let page = include_str!("../../../../../docs/call.md");
        for kind in KINDS {
            let row = format!("| {} | {} |", exit::of_call(kind), kind.label());
            assert!(page.contains(&row), "{row}");
        }
    }
}
