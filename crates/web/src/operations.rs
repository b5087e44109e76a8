//! `/healthz`, `/readyz` and `/metrics`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, HOST},
        uri::Authority,
    },
    response::{IntoResponse, Response},
};
use metrics::gauge;
use serde_json::json;

use crate::{App, pages};

/// A database that takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /healthz`: the process runs.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: messages can be stored. 503 while the database refuses, and while messages that it refused wait.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let database = matches!(tokio::time::timeout(PATIENCE, app.db.try_write()).await, Ok(Ok(())));
    let waiting = app.conversations.waiting_in_journal();
    let status = if database && waiting == 0 { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "database": database, "waiting_in_journal": waiting }))).into_response()
}

/// `GET /metrics` on its own listener.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    gauge!("puzi_journal_waiting").set(app.conversations.waiting_in_journal() as f64);
    // Without the database the other numbers are worth the more.
    if let Ok(Ok((queued, dead))) = tokio::time::timeout(PATIENCE, puzi_shop::jobs::counts(&app.db)).await {
        gauge!("puzi_jobs_waiting").set(queued as f64);
        gauge!("puzi_jobs_dead").set(dead as f64);
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render()).into_response()
}

/// `GET /metrics` on the public listener: only for this machine, and not through a proxy.
pub(crate) async fn metrics_for_neighbours(
    app: State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if peer.ip().to_canonical().is_loopback() && is_asked_here(&headers) {
        metrics(app).await
    } else {
        pages::nothing_here()
    }
}

/// Whether the request was made to this machine by name and was not passed on: a proxy that tells nothing of the client
/// still asks for the public name, as does a page that rebinds its name to loopback.
pub(crate) fn is_asked_here(headers: &HeaderMap) -> bool {
    const FORWARDING: [&str; 6] =
        ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];
    headers.contains_key(HOST)
        && headers.get_all(HOST).iter().all(is_this_machine)
        && !FORWARDING.iter().any(|name| headers.contains_key(*name))
}

fn is_this_machine(host: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let name_is = host.eq_ignore_ascii_case("localhost");
    name_is || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(lines: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        is_asked_here(&headers)
    }

    #[test]
    fn only_this_machine_by_name_is_here() {
        for host in ["localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"] {
            assert!(asked(&[("host", host)]), "{host}");
        }
        for host in ["", "shop.example.com", "127.0.0.1.example.com", "localhost.evil:80", "10.0.0.1:8080", "[::2]:1"] {
            assert!(!asked(&[("host", host)]), "{host}");
        }
        assert!(!asked(&[]));
        assert!(!asked(&[("host", "localhost"), ("host", "shop.example.com")]));
    }

    #[test]
    fn what_was_passed_on_is_not() {
        for name in ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"] {
            assert!(!asked(&[("host", "localhost"), (name, "x")]), "{name}");
        }
    }
}
