//! A word about what was just done, told on the next page: carried there by a cookie that only this session can sign.

use aws_lc_rs::hmac;
use axum::{
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{cookies, desk::Desk};

/// Told soon or never, in seconds.
const LIFE: u32 = 60;
/// A cookie holds 4,096 bytes.
const TEXT_CHARS: usize = 300;

/// What a page tells in passing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Toast {
    /// `done`, `warning` or `error`.
    pub(crate) kind: String,
    /// The words.
    pub(crate) text: String,
    /// Where a POST takes it back.
    pub(crate) undo: Option<String>,
}

impl Toast {
    /// Something went well.
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self::of("done", text)
    }

    /// Something went well, but.
    pub(crate) fn warning(text: impl Into<String>) -> Self {
        Self::of("warning", text)
    }

    /// Something did not happen.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self::of("error", text)
    }

    /// A POST to `path` takes it back.
    #[must_use]
    pub(crate) fn undo(mut self, path: impl Into<String>) -> Self {
        self.undo = Some(path.into());
        self
    }

    fn of(kind: &str, text: impl Into<String>) -> Self {
        Self { kind: kind.into(), text: text.into().chars().take(TEXT_CHARS).collect(), undo: None }
    }

    /// As the cookie carries it.
    pub(super) fn seal(&self, session: &str) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let tag = hmac::sign(&key(session), &json);
        format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(json), BASE64_URL_SAFE_NO_PAD.encode(tag))
    }

    /// Reads what [`Toast::seal`] made in the same session.
    pub(super) fn open(sealed: &str, session: &str) -> Option<Self> {
        let (json, tag) = sealed.split_once('.')?;
        let (json, tag) = (BASE64_URL_SAFE_NO_PAD.decode(json).ok()?, BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?);
        hmac::verify(&key(session), &json, &tag).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

fn key(session: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, format!("toast/{session}").as_bytes())
}

/// To another page of the admin, with a GET.
pub(crate) fn redirect(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path.to_owned())]).into_response()
}

/// To another page, which tells `toast`.
pub(crate) fn redirect_with(desk: &Desk, path: &str, toast: &Toast) -> Response {
    let mut response = redirect(path);
    cookies::set(&mut response, &desk.visitor, cookies::TOAST, &toast.seal(desk.key()), LIFE);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toast_is_read_only_in_its_session() {
        let toast = Toast::done("“早安”已保存").undo("/admin/rules/3/restore");
        let sealed = toast.seal("session-a");
        assert_eq!(Toast::open(&sealed, "session-a"), Some(toast));
        assert_eq!(Toast::open(&sealed, "session-b"), None);
        let (json, tag) = sealed.split_once('.').unwrap();
        for forged in [json, tag, "", ".", &format!("{tag}.{json}"), &sealed[1..]] {
            assert_eq!(Toast::open(forged, "session-a"), None, "{forged}");
        }
    }
}
