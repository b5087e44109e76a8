//! Errors of API calls, typed by what the caller can do about them.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{codes, received};

/// What an API call answers.
pub type Result<T> = std::result::Result<T, ApiError>;

/// What the caller can do about an [`ApiError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing is wrong with the call: the platform is busy or the calls came too fast. Try again after
    /// [`ApiError::retry_after`].
    RetryLater,
    /// The access token was refused. The client has already refreshed it and tried once more.
    RefreshToken,
    /// The appid, the secret, the address list of allowed callers or the base URL must be corrected first.
    Configuration,
    /// The user's authorisation is used up or expired: send the user through it again.
    AskUserAgain,
    /// The call is right, but the account's or the user's state does not allow it now.
    BusinessState,
    /// The call itself is wrong; repeating it unchanged fails again.
    CallerMistake,
    /// The request or the answer was lost or mangled on the way; whether it had an effect is unknown.
    Transport,
}

impl ErrorKind {
    /// The kind in words, for logs and command lines.
    pub fn label(self) -> &'static str {
        match self {
            Self::RetryLater => "retry later",
            Self::RefreshToken => "access token refused",
            Self::Configuration => "configuration",
            Self::AskUserAgain => "ask the user again",
            Self::BusinessState => "business state",
            Self::CallerMistake => "caller's mistake",
            Self::Transport => "transport",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A named reason that callers branch on: `e.is(WindowClosed)` reads better than a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Condition {
    /// -1: the platform is busy.
    SystemBusy,
    /// The access token is wrong, malformed or expired.
    TokenRefused,
    /// The appid is unknown, or the secret is wrong, frozen or missing.
    WrongCredentials,
    /// The caller's address is not in the account's list; [`ApiError::errmsg`] names the address.
    AddressNotAllowed,
    /// The openid is malformed or nobody's.
    NoSuchUser,
    /// The user does not follow the account.
    NotFollowing,
    /// The user is in the account's blacklist.
    Blacklisted,
    /// The user refused this kind of message.
    RefusedByUser,
    /// Outside the customer-service window: the user wrote too long ago.
    WindowClosed,
    /// The quota of the API, of its resetting, or of messages to this user is used up. A day's quota of a path (45009)
    /// is answered from memory for a while, see [`Builder::quota_memory`](super::Builder::quota_memory); how much of it
    /// is left tells [`Base::quota`](super::Base::quota).
    QuotaUsedUp,
    /// Too many calls in this minute.
    TooFrequent,
    /// The same `clientmsgid` was sent before: done already.
    AlreadySent,
    /// The account has no menu.
    NoMenu,
    /// The account may not use this API.
    NotPermitted,
    /// The user is being shown "typing" already, or has not written for too long to be shown it.
    TypingIgnored,
}

/// A failed API call.
///
/// ```no_run
/// use puzi_wechat::client::{ApiError, Client, Condition, CustomMessage, ErrorKind};
///
/// async fn tell(wechat: &Client, openid: &str, text: &str) -> Result<bool, ApiError> {
///     match wechat.messages().send(openid, &CustomMessage::text(text)).await {
///         Ok(()) => Ok(true),
///         Err(e) if e.is(Condition::WindowClosed) || e.is(Condition::NotFollowing) => Ok(false),
///         Err(e) if e.kind == ErrorKind::RetryLater => {
///             tokio::time::sleep(e.retry_after().unwrap_or_default()).await;
///             wechat.messages().send(openid, &CustomMessage::text(text)).await.map(|()| true)
///         }
///         Err(e) => {
///             println!("{e}, rid {:?}, hint {:?}", e.rid, e.hint());
///             Err(e)
///         }
///     }
/// }
/// ```
///
/// Neither its `Debug` nor its `Display` contains a token or a secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// What can be done about it.
    pub kind: ErrorKind,
    /// The platform's code; `None` when the failure was found on this side or on the way.
    pub errcode: Option<i64>,
    /// The platform's words, or ours when the failure was found on this side.
    pub errmsg: String,
    /// The platform's request id, which `/cgi-bin/openapi/rid/get` explains for seven days.
    pub rid: Option<String>,
    /// The API path, without its query.
    pub path: String,
    /// The beginning of what came in the place of an answer: a gateway's page, half a JSON, an answer of another shape.
    /// At most 200 bytes on one line, tokens and secrets struck out; `None` when nothing came, and when the platform
    /// answered with an errcode.
    pub received: Option<String>,
    /// The call certainly never reached the platform: there was no connection, no access token to make it with, or it
    /// was answered from memory. Making it again later cannot do it twice.
    pub unsent: bool,
    /// The same request would get the same again, whatever the kind says.
    pub(super) settled: bool,
    /// The time was over.
    late: bool,
    /// The refused answer without errcode and errmsg.
    rest: Option<Box<Map<String, Value>>>,
}

impl ApiError {
    /// The platform refused the call with `errcode`.
    pub(super) fn refused(path: &str, errcode: i64, errmsg: &str) -> Self {
        let kind = codes::kind(errcode);
        let rid = rid(errmsg).map(str::to_owned);
        Self { errcode: Some(errcode), rid, ..Self::local(kind, path, errmsg) }
    }

    /// The same, with what a refused answer says beside its errcode: a mass message that was sent before has its number there.
    pub(super) fn answering(mut self, mut rest: Map<String, Value>) -> Self {
        rest.remove("errcode");
        rest.remove("errmsg");
        self.rest = (!rest.is_empty()).then(|| Box::new(rest));
        self
    }

    /// A failure that carries no errcode.
    pub(crate) fn local(kind: ErrorKind, path: &str, errmsg: impl Into<String>) -> Self {
        Self {
            kind,
            errcode: None,
            errmsg: errmsg.into(),
            rid: None,
            path: bare(path).to_owned(),
            received: None,
            unsent: false,
            settled: false,
            late: false,
            rest: None,
        }
    }

    /// No answer within `timeout`.
    pub(super) fn late(path: &str, timeout: Duration) -> Self {
        Self { late: true, ..Self::local(ErrorKind::Transport, path, format!("no answer within {timeout:?}")) }
    }

    /// The call cannot be sent as it is.
    pub(crate) fn mistake(path: &str, errmsg: impl Into<String>) -> Self {
        Self::local(ErrorKind::CallerMistake, path, errmsg).before_sending()
    }

    /// The HTTP exchange failed. The URL is left out, because its query carries the access token.
    pub(crate) fn transport(path: &str, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let kind = if error.is_builder() { ErrorKind::CallerMistake } else { ErrorKind::Transport };
        let unsent = error.is_builder() || error.is_connect();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        Self { unsent, ..Self::local(kind, path, text) }
    }

    /// The same, of a call that it kept from being sent.
    pub(crate) fn before_sending(self) -> Self {
        Self { unsent: true, ..self }
    }

    /// The same, with the beginning of what was received; see [`ApiError::presentable`].
    pub(super) fn having_received(mut self, body: &[u8]) -> Self {
        self.received = Some(received::beginning(body)).filter(|text| !text.is_empty());
        self
    }

    /// The same, of an exchange that would end alike if it were repeated.
    pub(super) fn settled(self) -> Self {
        Self { settled: true, ..self }
    }

    /// Whether there was no connection to send the call over.
    pub(super) fn never_connected(&self) -> bool {
        self.unsent && self.kind == ErrorKind::Transport
    }

    /// Removes `secrets` wherever a text of this error repeats them, and cuts what was received. Every error passes
    /// here before a caller sees it.
    pub(super) fn presentable(mut self, secrets: &[&str]) -> Self {
        if let Cow::Owned(errmsg) = received::without(&self.errmsg, secrets) {
            self.errmsg = errmsg;
        }
        if let Some(rest) = &mut self.rest {
            rest.values_mut().for_each(|value| strike_out(value, secrets));
        }
        self.received = self.received.map(|text| received::presentable(&text, secrets));
        self
    }

    /// Whether the time for an answer was over: the request went out, and what became of it is unknown.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// Whether the failure is for this reason.
    pub fn is(&self, condition: Condition) -> bool {
        self.errcode.is_some_and(|code| codes::condition(code) == Some(condition))
    }

    /// What a refused answer says in `field` beside errcode and errmsg: with 45065, `msg_id` is the number of the message that
    /// was sent before. `None` for an answer of more than 4 KiB, and when nothing was refused by an errcode.
    pub fn answered(&self, field: &str) -> Option<&Value> {
        self.rest.as_ref()?.get(field)
    }

    /// The platform's hint inside `errmsg`, which its support asks for.
    pub fn hint(&self) -> Option<&str> {
        let (_, rest) = self.errmsg.split_once("hint:")?;
        let (_, rest) = rest.split_once('[')?;
        Some(rest.split_once(']')?.0.trim()).filter(|hint| !hint.is_empty())
    }

    /// How long to wait before the same call can succeed, when that is known: one minute where the platform counts
    /// calls by the minute, one second when it is busy.
    pub fn retry_after(&self) -> Option<Duration> {
        if self.kind != ErrorKind::RetryLater {
            return None;
        }
        Some(Duration::from_secs(if self.is(Condition::SystemBusy) { 1 } else { 60 }))
    }

    /// Whether the same request, sent again in a moment, may pass: the platform was busy, or the exchange broke.
    pub(super) fn is_passing(&self) -> bool {
        !self.settled && (self.kind == ErrorKind::Transport || self.is(Condition::SystemBusy))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        if let Some(code) = self.errcode {
            write!(f, "{code} ")?;
        }
        f.write_str(&self.errmsg)?;
        if let Some(received) = &self.received {
            write!(f, "; received \"{received}\"")?;
        }
        write!(f, " ({})", self.kind)
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("kind", &self.kind)
            .field("errcode", &self.errcode)
            .field("errmsg", &self.errmsg)
            .field("rid", &self.rid)
            .field("path", &self.path)
            .field("received", &self.received)
            .field("unsent", &self.unsent)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ApiError {}

/// Removes `secrets` wherever a text inside `value` repeats them.
fn strike_out(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = received::without(text, secrets) {
                *text = clean;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| strike_out(value, secrets)),
        Value::Object(values) => values.values_mut().for_each(|value| strike_out(value, secrets)),
        _ => {}
    }
}

/// The path without a query, which may carry anything.
pub(super) fn bare(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Finds `rid: xxxx` in the platform's errmsg.
fn rid(errmsg: &str) -> Option<&str> {
    let (_, rest) = errmsg.rsplit_once("rid:")?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|rid| !rid.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rid_and_hint_are_found_in_errmsg() {
        let e = ApiError::refused(
            "/cgi-bin/user/info?openid=o",
            40003,
            "invalid openid hint: [yhD0Ga-1234 ip: 127.0.0.1] rid: 5f9a-3ccd-00ab",
        );
        assert_eq!(e.rid.as_deref(), Some("5f9a-3ccd-00ab"));
        assert_eq!(e.hint(), Some("yhD0Ga-1234 ip: 127.0.0.1"));
        assert_eq!(e.path, "/cgi-bin/user/info");
        assert!(e.is(Condition::NoSuchUser));
    }

    #[test]
    fn an_errmsg_without_them_has_none() {
        for errmsg in ["", "invalid openid", "rid: ", "hint: []", "hint: [open"] {
            let e = ApiError::refused("/x", 40003, errmsg);
            assert_eq!((e.rid.as_deref(), e.hint()), (None, None), "{errmsg}");
        }
    }

    #[test]
    fn what_is_said_beside_the_errcode_is_kept_without_secrets() {
        let answer = serde_json::json!({ "errcode": 45065, "errmsg": "exist", "msg_id": 7, "said": ["s3cret"] });
        let Value::Object(rest) = answer else { unreachable!() };
        let e = ApiError::refused("/x", 45065, "exist").answering(rest).presentable(&["s3cret"]);
        assert_eq!(e.answered("msg_id"), Some(&Value::from(7)));
        assert_eq!(e.answered("said"), Some(&serde_json::json!(["***"])));
        assert_eq!((e.answered("errcode"), e.answered("other")), (None, None));
    }

    #[test]
    fn secrets_are_struck_out() {
        let e = ApiError::refused("/x", 40125, "invalid appsecret s3cret").having_received(b"<p>s3cret</p>");
        let e = e.presentable(&["", "s3cret"]);
        assert_eq!(e.to_string(), "/x: 40125 invalid appsecret ***; received \"<p>***</p>\" (configuration)");
    }
}
