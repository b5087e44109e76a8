//! `puzi serve`: the callback, until it is told to stop.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use puzi_shop::{
    accounts::{
        Registry,
        health::{self, HealthParts},
    },
    broadcasts::Broadcasts,
    calls::{Origin, sweep},
    channels::{self, Channels},
    chats::Chats,
    conversations::{Conversations, Timing},
    db::Db,
    drafts::Drafts,
    followers::{Followers, arrivals, growth, sync},
    inbox::Inbox,
    jobs::Kinds,
    materials::Materials,
    menus::Menus,
    notices::Notices,
    replies::hits,
    runs::{Kind, Runs},
    said,
    secrets::Vault,
    staff::Staff,
    uploads::Uploads,
    webhooks::Webhooks,
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
    materials: Materials,
    drafts: Drafts,
    /// Tells endpoints what happens.
    told: Webhooks,
    /// Long work that can be watched.
    runs: Runs,
    zone: TimeZone,
    db: Db,
    metrics: PrometheusHandle,
    listeners: Listeners,
    stop: CancellationToken,
    staff: Staff,
    setup_code: Secret<String>,
    /// Looks at the accounts' health.
    health: HealthParts,
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
        let recorder = settings.recorder(&db, Origin::Serve)?;
        let window = settings.replay_window();
        let registry =
            Registry::load_recording(db.clone(), vault.clone(), &settings.timezone, window, recorder).await?;
        let journal = settings.data.join("journal");
        let inbox = Inbox::new(db.clone(), registry.clone(), settings.data.join("media"))?;
        let admin = admin_parts(settings, &db, &registry, vault, inbox.clone(), stop.clone(), declared)?;
        let (timing, mut beside) = (Timing::default(), inbox.beside());
        beside.jobs = beside.jobs.map(|inboxs| handlers(&db, &registry, &admin).otherwise(inboxs).into_handler());
        let conversations =
            Conversations::start_beside(db.clone(), registry.clone(), webhooks, journal, timing, beside)?;
        let (zone, staff, setup_code) = (admin.zone.clone(), admin.staff.clone(), admin.setup_code.clone());
        let uploads = admin.uploads.clone();
        let (materials, drafts) = (admin.materials.clone(), admin.drafts.clone());
        let (told, runs) = (admin.webhooks.clone(), admin.runs.clone());
        let app = Arc::new(App::new(registry.clone(), conversations.clone(), db.clone(), metrics.clone(), admin));
        let health =
            HealthParts { db: db.clone(), registry: registry.clone(), public_url: settings.public_url.clone() };
        Ok(Self {
            app,
            registry,
            conversations,
            inbox,
            uploads,
            materials,
            drafts,
            told,
            runs,
            zone,
            db,
            metrics,
            listeners,
            stop,
            staff,
            setup_code,
            health,
        })
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
        let Self {
            app,
            registry,
            conversations,
            inbox,
            uploads,
            materials,
            drafts,
            told,
            runs,
            zone,
            db,
            metrics,
            listeners,
            stop,
            health,
            ..
        } = self;
        let (beside, recorder) = (TaskTracker::new(), registry.recorder().clone());
        beside.spawn(registry.clone().watch(stop.clone()));
        beside.spawn(keep_up(metrics, stop.clone()));
        beside.spawn(sweep::run(db.clone(), registry.clone(), stop.clone()));
        beside.spawn(Chats::new(&db, &registry).run(stop.clone()));
        beside.spawn(Notices::new(&db, &registry).run(stop.clone()));
        beside.spawn(inbox.run(stop.clone()));
        beside.spawn(uploads.run(stop.clone()));
        beside.spawn(materials.run(stop.clone()));
        beside.spawn(drafts.run(stop.clone()));
        beside.spawn(health::watch(health, stop.clone()));
        beside.spawn(told.run(stop.clone()));
        beside.spawn(hits::count(db.clone(), zone.clone(), stop.clone()));
        beside.spawn(said::keep(db.clone(), stop.clone()));
        beside.spawn(runs.clone().work(stop.clone()));
        beside.spawn(arrivals::index(db.clone(), stop.clone()));
        beside.spawn(arrivals::ask(db.clone(), registry.clone(), runs, zone.clone(), stop.clone()));
        beside.spawn(channels::count(db.clone(), zone.clone(), stop.clone()));
        beside.spawn(Broadcasts::new(&db, &registry).run(stop.clone()));
        beside.spawn(growth::book(db.clone(), zone, stop.clone()));
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
        recorder.stop().await;
        Ok(db.close().await?)
    }
}

/// Who does which kind of job, beside the inbox's own. An area adds one line.
fn handlers(db: &Db, registry: &Registry, admin: &AdminParts) -> Kinds {
    let kinds = admin.drafts.jobs(admin.materials.jobs(Kinds::new()));
    let kinds = Chats::new(db, registry).jobs(kinds);
    let kinds = Menus::new(db, registry).jobs(kinds);
    let kinds = Channels::new(db, registry).jobs(kinds);
    let kinds = Broadcasts::new(db, registry).jobs(kinds);
    Notices::new(db, registry).jobs(kinds)
}

fn admin_parts(
    settings: &Settings,
    db: &Db,
    registry: &Registry,
    vault: Arc<Vault>,
    inbox: Inbox,
    stop: CancellationToken,
    declared: impl FnOnce(&Staff) -> Vec<Face>,
) -> Result<AdminParts, Failure> {
    let staff = Staff::new(db.clone(), vault.clone());
    let zone = TimeZone::get(&settings.timezone).map_err(|error| Failure::setting("timezone", &error))?;
    let uploads = Uploads::new(db.clone(), settings.data.join("uploads"))?;
    let materials = Materials::new(db, registry, settings.data.join("materials"))?;
    let drafts = Drafts::new(db, registry, &materials, &uploads);
    Ok(AdminParts {
        faces: Arc::new(puzi_web::faces(db, &staff, declared(&staff))),
        staff,
        inbox,
        runs: runs(db, registry, &zone),
        uploads,
        materials,
        drafts,
        webhooks: Webhooks::new(db.clone(), vault.clone(), settings.guard()?),
        vault,
        guard: settings.guard()?,
        public_url: settings.public_url.clone(),
        data: settings.data.clone(),
        zone,
        locale: settings.locale(),
        setup_code: Secret::new(random_word(SETUP_CODE_CHARS)),
        stop,
    })
}

/// Long work of every kind, and who does it.
pub(super) fn runs(db: &Db, registry: &Registry, zone: &TimeZone) -> Runs {
    let kinds = [
        (Kind::SyncFull, sync::full(zone.clone())),
        (Kind::SyncRecent, sync::recent(zone.clone())),
        (Kind::Mark, Followers::new(db, registry).marker()),
        (Kind::Records, Chats::new(db, registry).back_reader()),
    ];
    Runs::new(db.clone(), registry.clone(), kinds.into_iter().collect())
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
