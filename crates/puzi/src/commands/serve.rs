//! `puzi serve`: the callback, until it is told to stop.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use puzi_shop::{
    accounts::Registry,
    conversations::{Conversations, Timing},
    db::Db,
    inbox::Inbox,
    replies::hits,
    secrets::Vault,
    staff::Staff,
    uploads::Uploads,
};
use puzi_web::{AdminParts, App, Face, Limits};
use puzi_wechat::Secret;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::sandbox::random_word;
use crate::{
    error::Failure,
    output,
    settings::{Settings, Workplace},
    texts::say,
};

/// Buckets of the callback's time: WeChat's 5 s is the end of the world.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Letters and digits of the first run's code: some 95 bits.
const SETUP_CODE_CHARS: usize = 16;

/// How often the recorder folds its samples together; nothing else does so while nobody asks for `/metrics`.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// The addresses that a server answers on, taken before it touches anything: a second server on a taken address ends
/// here, and has taken no job and no message of the first one.
pub struct Listeners {
    main: TcpListener,
    metrics: Option<TcpListener>,
}

/// A server that is ready to run.
pub struct Server {
    app: Arc<App>,
    registry: Registry,
    conversations: Conversations,
    inbox: Inbox,
    uploads: Uploads,
    zone: TimeZone,
    db: Db,
    metrics: PrometheusHandle,
    listeners: Listeners,
    stop: CancellationToken,
    staff: Staff,
    setup_code: Secret<String>,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the settings, the database or the addresses cannot be used.
pub async fn run(settings: &Settings) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let listeners = Listeners::take(settings).await?;
    let address = listeners.address()?;
    let server = Server::prepare(settings, listeners, stop.clone(), puzi_web::declared).await?;
    tracing::info!(%address, "listening");
    server.tell_the_first_run(settings, address).await?;
    tokio::spawn(async move {
        wait_for_the_end().await;
        tracing::info!("stopping: answers in flight are finished first");
        stop.cancel();
    });
    server.serve().await
}

impl Listeners {
    /// Takes the addresses of the settings.
    ///
    /// # Errors
    /// When one of them is taken or not this machine's.
    pub async fn take(settings: &Settings) -> Result<Self, Failure> {
        let metrics = match settings.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        Ok(Self { main: listen(settings.listen).await?, metrics })
    }

    /// Where the server listens; with the port 0 in the settings this tells which one it is.
    pub fn address(&self) -> Result<SocketAddr, Failure> {
        Ok(self.main.local_addr()?)
    }
}

impl Server {
    /// Opens the database and loads the accounts; nothing is answered yet. The admin shows the resources of `declared`.
    ///
    /// # Errors
    /// When the settings or the database cannot be used.
    pub async fn prepare(
        settings: &Settings,
        listeners: Listeners,
        stop: CancellationToken,
        declared: impl FnOnce(&Staff) -> Vec<Face>,
    ) -> Result<Self, Failure> {
        let metrics = record_metrics()?;
        let Workplace { db, vault, .. } = settings.open().await?;
        let webhooks = settings.webhooks()?;
        let registry = Registry::load(db.clone(), vault.clone(), &settings.timezone, settings.replay_window()).await?;
        let journal = settings.data.join("journal");
        let inbox = Inbox::new(db.clone(), registry.clone(), settings.data.join("media"))?;
        let (timing, beside) = (Timing::default(), inbox.beside());
        let conversations =
            Conversations::start_beside(db.clone(), registry.clone(), webhooks, journal, timing, beside)?;
        let admin = admin_parts(settings, &db, vault, inbox.clone(), stop.clone(), declared)?;
        let (zone, staff, setup_code) = (admin.zone.clone(), admin.staff.clone(), admin.setup_code.clone());
        let uploads = admin.uploads.clone();
        let app = Arc::new(App::new(registry.clone(), conversations.clone(), db.clone(), metrics.clone(), admin));
        Ok(Self { app, registry, conversations, inbox, uploads, zone, db, metrics, listeners, stop, staff, setup_code })
    }

    /// The staff of this server.
    pub(super) fn staff(&self) -> &Staff {
        &self.staff
    }

    /// What handlers reach.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// While there is nobody yet, prints where the first run begins and the code that it asks of whoever is not on this
    /// machine.
    async fn tell_the_first_run(&self, settings: &Settings, address: SocketAddr) -> Result<(), Failure> {
        if self.staff.any().await? {
            return Ok(());
        }
        let base = match settings.public_url.trim_end_matches('/') {
            "" => format!("http://{address}"),
            url => url.to_owned(),
        };
        let locale = settings.locale();
        output::lines([
            say(locale, "serve.first_run", &[("url", format!("{base}/admin/setup"))]),
            say(locale, "serve.setup_code", &[("code", self.setup_code.expose().clone())]),
        ]);
        Ok(())
    }

    /// Answers until the stop, then finishes what is in flight.
    pub async fn serve(self) -> Result<(), Failure> {
        let Self { app, registry, conversations, inbox, uploads, zone, db, metrics, listeners, stop, .. } = self;
        let beside = TaskTracker::new();
        beside.spawn(registry.watch(stop.clone()));
        beside.spawn(keep_up(metrics, stop.clone()));
        beside.spawn(inbox.run(stop.clone()));
        beside.spawn(uploads.run(stop.clone()));
        beside.spawn(hits::count(db.clone(), zone, stop.clone()));
        let metrics_here = listeners.metrics.is_none();
        if let Some(listener) = listeners.metrics {
            let routes = puzi_web::metrics_router(app.clone());
            beside.spawn(puzi_web::serve(listener, routes, Limits::default(), stop.clone()));
        }
        beside.close();
        let routes = puzi_web::router(app.clone(), metrics_here);
        puzi_web::serve(listeners.main, routes, Limits::default(), stop.clone()).await;
        app.finish().await;
        conversations.stop().await;
        beside.wait().await;
        Ok(db.close().await?)
    }
}

fn admin_parts(
    settings: &Settings,
    db: &Db,
    vault: Arc<Vault>,
    inbox: Inbox,
    stop: CancellationToken,
    declared: impl FnOnce(&Staff) -> Vec<Face>,
) -> Result<AdminParts, Failure> {
    let staff = Staff::new(db.clone(), vault.clone());
    Ok(AdminParts {
        faces: Arc::new(puzi_web::faces(db, &staff, declared(&staff))),
        staff,
        inbox,
        uploads: Uploads::new(db.clone(), settings.data.join("uploads"))?,
        vault,
        guard: settings.guard()?,
        public_url: settings.public_url.clone(),
        data: settings.data.clone(),
        zone: TimeZone::get(&settings.timezone).map_err(|error| Failure::setting("timezone", &error))?,
        locale: settings.locale(),
        setup_code: Secret::new(random_word(SETUP_CODE_CHARS)),
        stop,
    })
}

async fn keep_up(metrics: PrometheusHandle, stop: CancellationToken) {
    while tokio::time::timeout(METRICS_UPKEEP, stop.cancelled()).await.is_err() {
        metrics.run_upkeep();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
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
