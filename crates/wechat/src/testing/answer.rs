//! What a double answers.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Body, Response};
use serde_json::{Value, json};

use crate::client::{ApiError, ErrorKind};

/// An answer of a [`Double`](super::Double), or what comes in its place.
///
/// ```
/// use std::time::Duration;
///
/// use puzi_wechat::testing::{Answer, Double};
///
/// let wechat = Double::new();
/// let picture = Answer::bytes("image/jpeg", b"\xff\xd8".as_slice()).file_name("M.jpg");
/// wechat.answer("/cgi-bin/media/get", picture.after(Duration::from_millis(20)));
/// wechat.answer("/cgi-bin/media/get", Answer::page(502, "<h1>Bad Gateway</h1>"));
/// wechat.answer("/cgi-bin/media/get", Answer::lost());
/// ```
#[derive(Debug, Clone)]
#[must_use = "an answer is given to a Double"]
pub struct Answer {
    status: u16,
    content_type: String,
    file_name: Option<String>,
    location: Option<String>,
    body: Bytes,
    after: Duration,
    ends: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ends {
    Well,
    BreaksOff,
    NeverConnected,
}

impl Answer {
    /// JSON, sent as `text/plain` as the platform likes to do.
    pub fn json(body: &Value) -> Self {
        Self::bytes("text/plain", body.to_string())
    }

    /// A refusal with `errcode`.
    pub fn error(errcode: i64, errmsg: &str) -> Self {
        Self::json(&json!({ "errcode": errcode, "errmsg": errmsg }))
    }

    /// A file, or anything else.
    pub fn bytes(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            content_type: content_type.to_owned(),
            file_name: None,
            location: None,
            body: body.into(),
            after: Duration::ZERO,
            ends: Ends::Well,
        }
    }

    /// A page of something between the client and the platform, with its HTTP status.
    pub fn page(status: u16, html: &str) -> Self {
        Self { status, ..Self::bytes("text/html", html.to_owned()) }
    }

    /// A redirect, which the client does not follow.
    pub fn redirect(to: &str) -> Self {
        Self { location: Some(to.to_owned()), ..Self::page(302, "") }
    }

    /// No answer: the connection is lost after the request was sent.
    pub fn lost() -> Self {
        Self::json(&Value::Null).breaking_off_after(0)
    }

    /// No connection: nothing was sent.
    pub fn unreachable() -> Self {
        Self { ends: Ends::NeverConnected, ..Self::json(&Value::Null) }
    }

    /// The same, with a file name in `Content-Disposition`.
    pub fn file_name(self, file_name: &str) -> Self {
        Self { file_name: Some(file_name.to_owned()), ..self }
    }

    /// The same, after a while. The client's time limit counts.
    pub fn after(self, pause: Duration) -> Self {
        Self { after: pause, ..self }
    }

    /// The first `bytes` of it, and then the connection is lost.
    pub fn breaking_off_after(self, bytes: usize) -> Self {
        let body = self.body.slice(..bytes.min(self.body.len()));
        Self { body, ends: Ends::BreaksOff, ..self }
    }

    /// Becomes an answer as one from the network would be.
    pub(super) async fn arrive(self, path: &str) -> Result<Response, ApiError> {
        tokio::time::sleep(self.after).await;
        let broken = |text: &str| ApiError::local(ErrorKind::Transport, path, text);
        match self.ends {
            Ends::NeverConnected => return Err(broken("the double is not to be connected to").before_sending()),
            Ends::BreaksOff if self.body.is_empty() => return Err(broken("the double lost the connection")),
            Ends::BreaksOff | Ends::Well => {}
        }
        let mut answer = http::Response::builder().status(self.status).header(CONTENT_TYPE, self.content_type);
        if let Some(name) = self.file_name {
            answer = answer.header(CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"").into_bytes());
        }
        if let Some(location) = self.location {
            answer = answer.header(LOCATION, location);
        }
        let body = match self.ends {
            Ends::BreaksOff => Body::wrap_stream(Broken { piece: Some(self.body) }),
            _ => {
                answer = answer.header(CONTENT_LENGTH, self.body.len());
                Body::from(self.body)
            }
        };
        let wrong = |e: http::Error| ApiError::mistake(path, format!("the double's answer is none: {e}"));
        Ok(answer.body(body).map_err(wrong)?.into())
    }
}

impl From<Value> for Answer {
    fn from(body: Value) -> Self {
        Self::json(&body)
    }
}

/// A piece, and then an error.
struct Broken {
    piece: Option<Bytes>,
}

impl Stream for Broken {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let lost = || io::Error::new(io::ErrorKind::ConnectionReset, "the double lost the connection");
        Poll::Ready(Some(self.piece.take().ok_or_else(lost)))
    }
}
