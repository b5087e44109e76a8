//! What the world touches: WeChat's callback, health, metrics, a home page and the admin. A handler parses, calls one use
//! case, answers.

mod admin;
mod api;
mod callback;
mod consent;
mod fingerprint;
mod operations;
mod pages;
mod protect;
mod quiet;
mod serve;
mod texts;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::{Router, extract::DefaultBodyLimit, http::Method, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use puzi_shop::{accounts::Registry, conversations::Conversations, db::Db, staff::Staff};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use self::quiet::Quiet;
pub use self::{
    admin::{AdminParts, Face, Faces, Needs, Page, PosterSize, ResourceStore, declared, faces, poster_svg},
    protect::RequestId,
    serve::{Limits, serve},
};

/// The largest body a callback may have, in bytes.
pub const MAX_CALLBACK_BODY: usize = puzi_wechat::MAX_BODY;

/// How the echostr of Puzi's own URL check begins (`puzi doctor`): it does not count as WeChat's.
pub use puzi_shop::accounts::health::OWN_CHECK;

/// Refused callbacks being written down at once.
const KEEPERS: usize = 4;

/// How long what is not an answer may take at the end.
const LAST_TASKS: Duration = Duration::from_secs(2);

/// What handlers reach.
pub struct App {
    registry: Registry,
    conversations: Conversations,
    db: Db,
    metrics: PrometheusHandle,
    refusals: Quiet,
    keepers: Arc<Semaphore>,
    tasks: TaskTracker,
    staff: Staff,
    staff_seen: AtomicBool,
    figures: admin::Remembered,
    once: admin::Once,
    admin: AdminParts,
}

impl App {
    /// Handlers for the accounts of `registry`, whose messages `conversations` takes; `metrics` renders `/metrics`.
    pub fn new(
        registry: Registry,
        conversations: Conversations,
        db: Db,
        metrics: PrometheusHandle,
        admin: AdminParts,
    ) -> Self {
        admin.faces.start(&admin::Running {
            db: &db,
            registry: &registry,
            uploads: &admin.uploads,
            materials: &admin.materials,
            drafts: &admin.drafts,
        });
        Self {
            registry,
            conversations,
            db,
            metrics,
            refusals: Quiet::default(),
            keepers: Arc::new(Semaphore::new(KEEPERS)),
            tasks: TaskTracker::new(),
            staff: admin.staff.clone(),
            staff_seen: AtomicBool::new(false),
            figures: admin::Remembered::default(),
            once: admin::Once::default(),
            admin,
        }
    }

    /// Lets what handlers began and did not wait for come to its end, 2 s at most.
    pub async fn finish(&self) {
        self.tasks.close();
        if tokio::time::timeout(LAST_TASKS, self.tasks.wait()).await.is_err() {
            tracing::warn!("refused callbacks were not all kept before the end");
        }
    }
}

/// All routes. `metrics_here` is false when `/metrics` has a listener of its own.
pub fn router(app: Arc<App>, metrics_here: bool) -> Router {
    let callback = Router::new()
        .route("/wechat/{account}", get(callback::verify_url).post(callback::receive))
        .layer(DefaultBodyLimit::max(MAX_CALLBACK_BODY));
    let mut routes = callback
        .route("/", get(pages::home))
        .route("/wechat/{account}/hello", get(consent::hello))
        .route("/wechat/{account}/hello/back", get(consent::back))
        .route(pages::STYLE_PATH, get(pages::style))
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(operations::readyz))
        .merge(admin::router(&app))
        .merge(api::router(&app))
        .fallback(pages::not_found);
    if metrics_here {
        routes = routes.route("/metrics", get(operations::metrics_for_neighbours));
    }
    routes.with_state(app)
}

/// Every route behind a gate, the admin's and the API's, and who may use it: for the test that walks them all.
pub fn route_table(faces: &Faces) -> Vec<(Method, String, Needs)> {
    let mut table = admin::route_table(faces);
    table.extend(api::route_table(faces));
    table
}

/// The routes of the metrics' own listener.
pub fn metrics_router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(operations::metrics)).with_state(app)
}
