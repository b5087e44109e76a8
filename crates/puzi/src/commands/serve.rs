//! `puzi serve`: the callback, until it is told to stop.

use std::sync::Arc;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use puzi_shop::{
    accounts::Registry,
    conversations::{Conversations, Timing},
};
use puzi_web::App;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{error::Failure, settings::Settings};

/// Buckets of the callback's time: WeChat's 5 s is the end of the world.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// A server that runs.
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    stop: CancellationToken,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the settings, the database or the addresses cannot be used.
pub async fn run(settings: &Settings) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let server = Server::prepare(settings, stop.clone()).await?;
    tracing::info!(address = %server.address()?, "listening");
    tokio::spawn(async move {
        wait_for_the_end().await;
        tracing::info!("stopping: answers in flight are finished first");
        stop.cancel();
    });
    server.serve().await
}

impl Server {
    /// Opens the database and the addresses and loads the accounts; nothing is answered yet.
    ///
    /// # Errors
    /// When the settings, the database or the addresses cannot be used.
    pub async fn prepare(settings: &Settings, stop: CancellationToken) -> Result<Self, Failure> {
        let place = settings.open().await?;
        let webhooks = settings.webhooks()?;
        let registry =
            Registry::load(place.db.clone(), place.vault, &settings.timezone, settings.replay_window()).await?;
        let journal = settings.data.join("journal");
        let conversations =
            Conversations::start(place.db.clone(), registry.clone(), webhooks, journal, Timing::default())?;
        let listener = listen(settings.listen).await?;
        let metrics = match settings.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let app = Arc::new(App { registry, conversations, db: place.db, metrics: record_metrics()? });
        Ok(Self { app, listener, metrics, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<std::net::SocketAddr, Failure> {
        Ok(self.listener.local_addr()?)
    }

    /// Answers until the stop, then finishes what is in flight.
    pub async fn serve(self) -> Result<(), Failure> {
        let watching = tokio::spawn(self.app.registry.clone().watch(self.stop.clone()));
        let own_metrics = self.metrics.map(|listener| {
            tokio::spawn(puzi_web::serve(listener, puzi_web::metrics_router(self.app.clone()), self.stop.clone()))
        });
        let routes = puzi_web::router(self.app.clone(), own_metrics.is_none());
        let served = puzi_web::serve(self.listener, routes, self.stop.clone()).await;
        self.stop.cancel();
        self.app.conversations.stop().await;
        let _ = watching.await;
        self.app.db.clone().close().await?;
        Ok(served?)
    }
}

async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| Failure::plain(format!("{address}: {error}")))
}

/// The recorder is the process's own: a second server in it shares it.
fn record_metrics() -> Result<PrometheusHandle, Failure> {
    static RECORDER: std::sync::OnceLock<Result<PrometheusHandle, String>> = std::sync::OnceLock::new();
    let made = RECORDER.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())
    });
    made.clone().map_err(Failure::Plain)
}

/// Ctrl-C, or the service manager's SIGTERM.
pub(crate) async fn wait_for_the_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
