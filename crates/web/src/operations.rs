//! `/healthz`, `/readyz` and `/metrics`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use metrics::gauge;
use serde_json::json;

use crate::App;

/// A database that takes longer to say "1" is not ready.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /healthz`: the process runs.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: messages can be stored. 503 while they go to the journal.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let database = matches!(tokio::time::timeout(PATIENCE, app.db.ping()).await, Ok(Ok(())));
    let journal = app.conversations.waiting_in_journal();
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "database": database, "waiting_in_journal": journal }))).into_response()
}

/// `GET /metrics` on its own listener.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    gauge!("puzi_journal_waiting").set(app.conversations.waiting_in_journal() as f64);
    if let Ok((queued, dead)) = puzi_shop::jobs::counts(&app.db).await {
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
    let proxied = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name));
    if !peer.ip().to_canonical().is_loopback() || proxied {
        return StatusCode::NOT_FOUND.into_response();
    }
    metrics(app).await
}
