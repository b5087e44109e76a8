//! Around every request: a request id, security headers, a time limit, and a panic that stays inside.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tracing::Instrument;

/// Longer than WeChat's 5 s, so that a callback is never cut off by us.
const TIME_LIMIT: Duration = Duration::from_secs(15);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware of all routes.
pub(crate) async fn protect(request: Request, next: Next) -> Response {
    let id = format!("{:016x}", rand::random::<u64>());
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(TIME_LIMIT, handled.instrument(span.clone())).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            span.in_scope(|| tracing::error!("a handler panicked"));
            metrics::counter!("puzi_panics_total").increment(1);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => {
            span.in_scope(|| tracing::warn!("a request took too long"));
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    };
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    secure(response.headers_mut());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn secure(headers: &mut HeaderMap) {
    const HEADERS: [(HeaderName, HeaderValue); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
}
