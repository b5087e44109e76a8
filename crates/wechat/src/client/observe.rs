//! Somebody who hears of each exchange with the platform.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use reqwest::Method;

use super::content::Content;
use super::error::{self, ApiError, ErrorKind};
use super::upload::{Field, Payload};
use super::wire::Outgoing;

/// Hears of each exchange of a client, tokens' included; see [`Builder::observer`](super::Builder::observer).
///
/// It is told on the caller's task, after each attempt, and must not block: the call waits for it. What it panics of is
/// logged and changes nothing else.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use puzi_wechat::Secret;
/// use puzi_wechat::client::{Client, Exchange, Observer};
///
/// #[derive(Default)]
/// struct Failures(AtomicU64);
///
/// impl Observer for Failures {
///     fn exchanged(&self, exchange: &Exchange<'_>) {
///         if exchange.error.is_some() {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// # fn example() -> Result<Client, puzi_wechat::client::ApiError> {
/// let failures = Arc::new(Failures::default());
/// Client::builder("wx0123456789abcdef", Secret::new("a secret".to_owned())).observer(failures).build()
/// # }
/// # assert!(example().is_ok());
/// ```
pub trait Observer: Send + Sync {
    /// One attempt has ended. What is answered from memory is no exchange.
    fn exchanged(&self, exchange: &Exchange<'_>);
}

/// One attempt of a call: what went out, what came back.
///
/// Query, request and answer are as they were, with whatever they carry: an observer that writes them down has to strike
/// out [`secrets`](Self::secrets), and what is a secret or a person's by its place.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// GET, POST.
    pub method: &'a Method,
    /// The host that was asked, with its port when it is not the usual one.
    pub host: &'a str,
    /// The API path. A query that was written into it is not told.
    pub path: &'a str,
    /// The query's parameters, without the access token.
    pub query: &'a [(String, String)],
    /// What the request carried.
    pub request: Sent<'a>,
    /// When it began.
    pub began: SystemTime,
    /// How long it took until the answer was read; of a stream, until it began.
    pub took: Duration,
    /// The how manieth attempt of one call this was, from 1.
    pub attempt: u32,
    /// What came back, when anything did.
    pub got: Option<Got<'a>>,
    /// Why the attempt failed. Token and secret are struck out of it.
    pub error: Option<&'a ApiError>,
    /// The access token, the account's secret, and what else of the query is nobody's business.
    pub secrets: &'a [&'a str],
}

/// What a request carried.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Sent<'a> {
    /// Nothing but the query.
    Empty,
    /// JSON.
    Json(&'a Bytes),
    /// A form, with files.
    Form(SentForm<'a>),
    /// A text or a file by itself: its content type, and its length in bytes when that is known.
    Plain(&'static str, Option<u64>),
}

/// The fields of a form: names and sizes, never what was in them.
#[derive(Clone, Copy)]
pub struct SentForm<'a>(&'a [Field]);

impl<'a> SentForm<'a> {
    /// The names of the fields, each with its length in bytes when that is known.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, Option<u64>)> + use<'a> {
        self.0.iter().map(|field| (field.name.as_str(), length(&field.content)))
    }
}

/// What came back.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Got<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The length in bytes: as received, or of a stream as told beforehand.
    pub length: Option<u64>,
    /// The content type, as sent.
    pub content_type: Option<&'a str>,
    /// What was received; `None` of a stream, and of what broke off.
    pub body: Option<&'a Bytes>,
}

/// Follows one attempt. Without an observer it notes nothing but the time for the log.
pub(super) struct Watch {
    observer: Option<Arc<dyn Observer>>,
    began: Instant,
    at: Option<SystemTime>,
}

impl Watch {
    pub(super) fn begin(observer: Option<&Arc<dyn Observer>>) -> Self {
        Self { observer: observer.cloned(), began: Instant::now(), at: observer.map(|_| SystemTime::now()) }
    }

    /// The attempt is over.
    pub(super) fn end(self, out: &Outgoing<'_>, host: &str, got: Option<Got<'_>>, error: Option<&ApiError>) {
        let (took, path) = (self.began.elapsed(), error::bare(out.path));
        let errcode = error.and_then(|e| e.errcode);
        tracing::debug!(path, ok = error.is_none(), errcode, millis = took.as_millis(), "call");
        let (Some(observer), Some(began)) = (self.observer, self.at) else { return };
        // What could not even be put together was no exchange.
        if error.is_some_and(|e| e.unsent && e.kind != ErrorKind::Transport) {
            return;
        }
        let secrets = out.secrets();
        let error = error.map(|error| error.clone().presentable(&secrets));
        let exchange = Exchange {
            method: out.method,
            host,
            path,
            query: out.query,
            request: sent(out.payload),
            began,
            took,
            attempt: out.attempt,
            got,
            error: error.as_ref(),
            secrets: &secrets,
        };
        if catch_unwind(AssertUnwindSafe(|| observer.exchanged(&exchange))).is_err() {
            tracing::error!(path, "the observer of calls panicked");
        }
    }
}

fn sent(payload: &Payload) -> Sent<'_> {
    match payload {
        Payload::Empty => Sent::Empty,
        Payload::Json(bytes) => Sent::Json(bytes),
        Payload::Form(fields) => Sent::Form(SentForm(fields)),
        Payload::Plain(content_type, content) => Sent::Plain(content_type, length(content)),
    }
}

/// A file's length is asked for when it is sent, not again here.
fn length(content: &Content) -> Option<u64> {
    match content {
        Content::Bytes(bytes) => Some(bytes.len() as u64),
        Content::Stream(source) => Some(source.length),
        Content::File(_) => None,
    }
}

/// The host in a base URL, with its port.
pub(super) fn host_of(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    // A user and a password are nobody's business.
    authority.rsplit('@').next().unwrap_or_default()
}

impl fmt::Debug for Exchange<'_> {
    /// Without the query and the bodies, which may carry secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("path", &self.path)
            .field("attempt", &self.attempt)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Sent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Json(_) => "Json(..)",
            Self::Form(_) => "Form(..)",
            Self::Plain(..) => "Plain(..)",
        })
    }
}

impl fmt::Debug for SentForm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fields()).finish()
    }
}

impl fmt::Debug for Got<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Got").field("status", &self.status).field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_without_what_stands_around_it() {
        for (base, host) in [
            ("https://api.weixin.qq.com", "api.weixin.qq.com"),
            ("http://127.0.0.1:8100/wechat", "127.0.0.1:8100"),
            ("https://user:hunter2@gateway.example", "gateway.example"),
        ] {
            assert_eq!(host_of(base), host);
        }
    }
}
