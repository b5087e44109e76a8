//! Around every request: a request id, security headers, a time limit, and a panic that stays inside.

use std::{convert::Infallible, panic::AssertUnwindSafe, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tower::Service;
use tracing::Instrument;

use crate::api;

/// Longer than WeChat's 5 s, so that a callback is never cut off by us.
const TIME_LIMIT: Duration = Duration::from_secs(15);
/// A file comes by a merchant's own line, not by WeChat's. What is streamed afterwards has no limit at all: it is the
/// making of an answer that is timed, not its sending.
const FILE_LIMIT: Duration = Duration::from_secs(180);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// A span that holds the id costs more than many an answer; this costs next to nothing.
    static CURRENT: RequestId;
}

/// What names a request in its answer and in the log: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// The id of the request that this task is answering; none outside of one.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|id| *id).ok()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }

    fn random() -> Self {
        let mut rest = rand::random::<u64>();
        Self(std::array::from_fn(|_| {
            let digit = b"0123456789abcdef"[(rest % 16) as usize];
            rest /= 16;
            digit
        }))
    }
}

/// Answers `request` by `routes`, whatever happens in them.
pub(crate) async fn protect(routes: Router, request: Request) -> Result<Response, Infallible> {
    let id = RequestId::random();
    let mut response = CURRENT.scope(id, answer(routes, request)).await;
    secure(response.headers_mut(), id);
    Ok(response)
}

async fn answer(mut routes: Router, request: Request) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let span = tracing::debug_span!("request", %method, path = uri.path());
    let limit = if brings_files(&request) { FILE_LIMIT } else { TIME_LIMIT };
    let reader = api::is_asked(uri.path()).then(|| api::Reader::of(request.headers()));
    let handled = AssertUnwindSafe(async move { routes.call(request).await }).catch_unwind();
    let response = match tokio::time::timeout(limit, handled.instrument(span)).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(_)) => {
            tracing::error!(%method, path = uri.path(), "a handler panicked");
            metrics::counter!("puzi_panics_total").increment(1);
            unanswered(reader, StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(_) => {
            tracing::warn!(%method, path = uri.path(), "a request took too long");
            unanswered(reader, StatusCode::SERVICE_UNAVAILABLE)
        }
    };
    tracing::debug!(%method, path = uri.path(), status = response.status().as_u16(), "answered");
    response
}

/// What is said when no handler says anything: programs read problems, others the status.
fn unanswered(reader: Option<api::Reader>, status: StatusCode) -> Response {
    match reader {
        Some(reader) => reader.problem(status).into_response(),
        None => status.into_response(),
    }
}

fn brings_files(request: &Request) -> bool {
    request.uri().path().starts_with("/admin/")
        && request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"))
}

fn secure(headers: &mut HeaderMap, id: RequestId) {
    const ALWAYS: [(HeaderName, HeaderValue); 2] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    const UNLESS_SAID: [(HeaderName, HeaderValue); 3] = [
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    // Once for all of them and the server's own `date` instead of growing twice.
    headers.reserve(ALWAYS.len() + UNLESS_SAID.len() + 2);
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    for (name, value) in UNLESS_SAID {
        headers.entry(name).or_insert(value);
    }
    if let Ok(id) = HeaderValue::from_bytes(&id.0) {
        headers.insert(REQUEST_ID, id);
    }
}
