//! What the world touches: WeChat's callback, health and metrics. A handler parses, calls one use case, answers.

mod callback;
mod operations;
mod protect;
mod serve;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use puzi_shop::{accounts::Registry, conversations::Conversations, db::Db};

pub use self::serve::serve;

/// The largest body a callback may have, in bytes.
pub const MAX_CALLBACK_BODY: usize = puzi_wechat::MAX_BODY;

/// How the echostr of Puzi's own URL check begins (`puzi doctor`): it does not count as WeChat's.
pub const OWN_CHECK: &str = "puzi-doctor-";

/// What handlers reach.
pub struct App {
    /// The accounts as the callback needs them.
    pub registry: Registry,
    /// Takes messages and answers them.
    pub conversations: Conversations,
    /// For the readiness check.
    pub db: Db,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
}

/// All routes. `metrics_here` is false when `/metrics` has a listener of its own.
pub fn router(app: Arc<App>, metrics_here: bool) -> Router {
    let callback = Router::new()
        .route("/wechat/{account}", get(callback::verify_url).post(callback::receive))
        .layer(DefaultBodyLimit::max(MAX_CALLBACK_BODY));
    let mut routes = callback.route("/healthz", get(operations::healthz)).route("/readyz", get(operations::readyz));
    if metrics_here {
        routes = routes.route("/metrics", get(operations::metrics_for_neighbours));
    }
    routes.layer(middleware::from_fn(protect::protect)).with_state(app)
}

/// The routes of the metrics' own listener.
pub fn metrics_router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(operations::metrics)).with_state(app)
}
