//! What WeChat's refusal of a call means to a person.

use puzi_shop::texts::Locale;
use puzi_wechat::client::{ApiError, ErrorKind};

use super::calls;
use crate::texts::say;

/// A sentence that says what WeChat refused and why; whether something was done where the network broke; and what can be
/// done about it as far as that is known.
pub(super) fn refused(locale: Locale, error: &ApiError) -> String {
    match error.errcode {
        Some(code) => refused_with(locale, Some(code), &error.errmsg),
        None if error.unsent => say(locale, "wechat.away", &[]),
        None if error.kind == ErrorKind::Transport => say(locale, "wechat.silent", &[]),
        None => refused_with(locale, None, &error.errmsg),
    }
}

/// The same of a refusal that was stored: its errcode and WeChat's words.
pub(super) fn refused_with(locale: Locale, errcode: Option<i64>, words: &str) -> String {
    let words = words.split(" rid:").next().unwrap_or_default().trim();
    let Some(code) = errcode else {
        return say(locale, "wechat.refused_plain", &[("words", words.to_owned())]);
    };
    let words = calls::why(locale, code).unwrap_or(words);
    say(locale, "wechat.refused", &[("words", words.to_owned()), ("code", code.to_string())])
}

/// The same of one that was stored in one text, its errcode before WeChat's words.
pub(super) fn refused_as_stored(locale: Locale, said: &str) -> String {
    let code = said.split_once(' ').and_then(|(code, words)| Some((code.parse().ok()?, words)));
    let (code, words) = code.map_or((None, said), |(code, words)| (Some(code), words));
    refused_with(locale, code, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_code_is_said_in_the_readers_words_and_no_request_number_is() {
        let words = "reach max api daily quota limit rid: 6548aa31-1b2c3d4e-5f6a7b8c";
        let zh = refused_with(Locale::ZhCn, Some(45009), words);
        assert!(zh.contains("45009") && !zh.contains("quota") && !zh.contains("rid"), "{zh}");
        let unknown = refused_with(Locale::En, Some(99_999), words);
        assert!(unknown.contains("reach max api daily quota limit (99999)"), "{unknown}");
        assert!(refused_with(Locale::En, None, "no JSON").contains("no JSON"));
        assert_eq!(refused_as_stored(Locale::ZhCn, &format!("45009 {words}")), zh);
        assert!(refused_as_stored(Locale::En, "no JSON").contains("no JSON"));
    }
}
