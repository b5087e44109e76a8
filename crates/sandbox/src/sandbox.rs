//! A running sandbox.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::api::{Limits, QuotaUse};
use crate::chat::ChatItem;
use crate::config::is_openid;
use crate::exchange::{Delivery, Exchange, Label, Outcome};
use crate::seal::{Dice, Sealer};
use crate::world::{Inner, Parts, World};
use crate::{
    App, Clock, Config, Error, FaultSwitches, Faults, Phone, StoredMedia, api, authorize, content, control, desk,
    later, overview, pages, push,
};

/// Events that a slow watcher may be behind before it has to read the state anew.
const BACKLOG: usize = 1024;
/// How long a stop waits for requests in flight.
const GRACE: Duration = Duration::from_secs(5);

/// WeChat on loopback: its API, its pushes, its phones. Dropping it stops it.
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
    server: Option<JoinHandle<()>>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.inner.base_url).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts listening.
    ///
    /// # Errors
    /// [`Error::Listen`] when the address cannot be used, [`Error::App`] when an account is wrong.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let (events, _) = broadcast::channel(BACKLOG);
        let clock = Clock::new(config.start_at, events.clone());
        let mut world = World::new(config.seed, events.clone());
        for app in config.apps {
            world.add_app(app, clock.now())?;
        }
        let listening = |source| Error::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let parts = Parts {
            faults: FaultSwitches::new(config.faults, events.clone()),
            http: client()?,
            base_url: format!("http://{}", reachable(address)),
            nicknames: config.nicknames,
            limits: Limits { calls_a_minute: config.calls_a_minute, quotas: config.quotas },
            clock,
            events,
        };
        let inner = Arc::new(Inner::new(world, parts));
        tokio::spawn(later::run(inner.clone()));
        let pages = pages::router()
            .merge(authorize::router())
            .merge(overview::router())
            .merge(content::router())
            .merge(desk::router());
        let app = Router::new().merge(control::router()).merge(pages).fallback(api::call);
        let app = app.with_state(inner.clone()).into_make_service_with_connect_info::<SocketAddr>();
        // axum::serve leaves Nagle's algorithm on, which costs 40 ms on some requests.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let stopped = inner.stop.clone();
        let server = tokio::spawn(async move {
            let serving = axum::serve(listener, app).with_graceful_shutdown(stopped.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::error!(%error, "the sandbox stopped listening");
            }
        });
        Ok(Self { inner, server: Some(server) })
    }

    /// `http://address:port`: base URL of the API for all of the platform's hosts; the phone is at `/phone`.
    #[must_use]
    pub fn url(&self) -> String {
        self.inner.base_url.clone()
    }

    /// The phone with this openid; made when there is none, and then it follows nothing yet.
    ///
    /// # Panics
    /// When the account does not exist or the text cannot be an openid (1 to 64 letters, digits, `_`, `-`).
    pub async fn phone(&self, appid: &str, openid: &str) -> Phone {
        assert!(is_openid(openid), "{openid:?} cannot be an openid");
        self.make_phone(appid, Some(openid.to_owned()))
    }

    /// A new phone with an openid and a nickname of its own, following nothing yet.
    ///
    /// # Panics
    /// When the account does not exist.
    #[must_use]
    pub fn new_phone(&self, appid: &str) -> Phone {
        self.make_phone(appid, None)
    }

    fn make_phone(&self, appid: &str, openid: Option<String>) -> Phone {
        let mut world = self.inner.world();
        // Told apart from a panic under the lock, which would spoil it for everyone.
        let openid = world.apps.contains_key(appid).then(|| world.add_phone(appid, openid, None));
        drop(world);
        let openid = openid.unwrap_or_else(|| panic!("no account {appid} in this sandbox"));
        Phone::new(self.inner.clone(), appid.to_owned(), openid)
    }

    /// The phones that follow an account, in the order they came.
    #[must_use]
    pub fn followers(&self, appid: &str) -> Vec<Phone> {
        let world = self.inner.world();
        let Some(account) = world.apps.get(appid) else { return Vec::new() };
        let (_, openids) = account.followers_after(0, usize::MAX);
        openids.into_iter().map(|openid| Phone::new(self.inner.clone(), appid.into(), openid)).collect()
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`Error::App`] when it is wrong or there already.
    pub fn add_app(&self, app: App) -> Result<(), Error> {
        let now = self.inner.clock.now();
        self.inner.world().add_app(app, now)
    }

    /// Changes an account: callback URL, mode, token, key, secret. A changed secret kills the tokens. The appid and
    /// the followers stay as they are.
    ///
    /// # Errors
    /// [`Error::UnknownApp`], or [`Error::App`] when it would be wrong; nothing is changed then.
    pub fn update_app(&self, appid: &str, change: impl FnOnce(&mut App)) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let unknown = || Error::UnknownApp(appid.to_owned());
        let before = self.inner.world().apps.get(appid).map(|account| account.app.clone()).ok_or_else(unknown)?;
        let mut app = before.clone();
        // Outside the lock: the change is the caller's code.
        change(&mut app);
        appid.clone_into(&mut app.appid);
        let app = app.checked()?;
        let mut world = self.inner.world();
        if app.secret != before.secret {
            world.tokens.invalidate(appid, now);
        }
        let account = world.account_mut(appid);
        account.sealer = Sealer::new(&app);
        account.app = app;
        world.tell_app(appid);
        Ok(())
    }

    /// What can go wrong, on switches.
    #[must_use]
    pub fn faults(&self) -> &FaultSwitches {
        &self.inner.faults
    }

    /// The clock, which can be moved.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Kills all access tokens of an account at once.
    pub fn invalidate_tokens(&self, appid: &str) {
        let now = self.inner.clock.now();
        self.inner.world().tokens.invalidate(appid, now);
    }

    /// How far the quotas of an account are used today: every path that was called, by name.
    #[must_use]
    pub fn quotas(&self, appid: &str) -> Vec<QuotaUse> {
        let now = self.inner.clock.now();
        let mut world = self.inner.world();
        let account = world.apps.get_mut(appid);
        account.map_or_else(Vec::new, |account| account.counters.all(&self.inner.limits, now))
    }

    /// Moves the followers of one account to another (账号迁移): for fifteen days `changeopenid`, called with the new
    /// account's token, tells the new openids.
    ///
    /// # Errors
    /// [`Error::UnknownApp`] when one of the two is not there.
    pub fn migrate(&self, from: &str, to: &str) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let mut world = self.inner.world();
        if !world.apps.contains_key(from) {
            return Err(Error::UnknownApp(from.to_owned()));
        }
        let account = world.apps.get_mut(to).ok_or_else(|| Error::UnknownApp(to.to_owned()))?;
        account.families.users.migrate(from, now);
        Ok(())
    }

    /// The latest exchanges, the newest first; 500 are kept.
    #[must_use]
    pub fn exchanges(&self, limit: usize) -> Vec<Exchange> {
        self.inner.world().exchanges(limit)
    }

    /// A file that a user sent or the account uploaded.
    #[must_use]
    pub fn media(&self, media_id: &str) -> Option<StoredMedia> {
        self.inner.world().media.get(media_id).cloned()
    }

    /// Everything that shows in any chat of an account.
    #[must_use]
    pub fn chat(&self, appid: &str, openid: &str) -> Vec<ChatItem> {
        self.inner.world().apps.get(appid).map_or_else(Vec::new, |account| account.chat_of(openid))
    }

    /// Sends WeChat's GET to the callback URL, as "submit" on the admin platform does.
    ///
    /// # Errors
    /// [`Error::UnknownApp`]; [`Error::NotVerified`] with what was wrong with the answer.
    pub async fn verify_url(&self, appid: &str) -> Result<(), Error> {
        verify_url(&self.inner, appid).await
    }

    /// Stops listening, and waits up to five seconds for requests in flight.
    pub async fn stop(mut self) {
        self.inner.stop.cancel();
        if let Some(mut server) = self.server.take()
            && tokio::time::timeout(GRACE, &mut server).await.is_err()
        {
            server.abort();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.inner.stop.cancel();
    }
}

fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent("Mozilla/4.0")
        .tcp_nodelay(true)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(1024)
        .build()
}

/// Where a listener can be reached from this machine: an address for all interfaces is none to call.
fn reachable(address: std::net::SocketAddr) -> std::net::SocketAddr {
    let mut address = address;
    match address.ip() {
        std::net::IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(std::net::Ipv4Addr::LOCALHOST.into()),
        std::net::IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(std::net::Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// The check that WeChat makes when a URL is submitted: the answer must be the echostr and nothing else.
pub(crate) async fn verify_url(inner: &Inner, appid: &str) -> Result<(), Error> {
    let faults: Faults = inner.faults.get();
    let (mut delivery, echostr, exchange_id) = {
        let mut world = inner.world();
        if !world.apps.contains_key(appid) {
            return Err(Error::UnknownApp(appid.to_owned()));
        }
        let echostr = world.chance.echostr();
        let dice = Dice {
            timestamp: inner.clock.now(),
            nonce: world.chance.nonce(),
            block: [0; 16],
            wrong_signature: faults.wrong_signature,
        };
        let at = inner.clock.now_ms();
        let account = world.account(appid);
        let query = account.sealer.check_query(&dice, &echostr);
        let delivery = check(account.app.callback_url.clone(), query, at);
        let label = Label { kind: "verify".into(), text: None };
        let id = world.open_exchange(appid, "", at, label);
        (delivery, echostr, id)
    };
    let began = std::time::Instant::now();
    let request = inner.http.get(push::with_query(&delivery.url, &delivery.query));
    let got = push::answer_to(request, faults.timeout(), Duration::from_millis(faults.slow_ms)).await;
    delivery.millis = u64::try_from(began.elapsed().as_millis()).ok();
    let problem = match got {
        Err((outcome, error)) => {
            delivery.outcome = outcome;
            Some(error)
        }
        Ok((status, body)) => {
            delivery.status = Some(status);
            delivery.response = String::from_utf8_lossy(&body).into_owned();
            let fits = status == 200 && body == echostr.as_bytes();
            delivery.outcome = if fits { Outcome::Answered } else { Outcome::BadAnswer };
            (!fits).then(|| format!("HTTP status {status}, and the body is not the echostr {echostr}"))
        }
    };
    delivery.error.clone_from(&problem);
    inner.world().change_exchange(exchange_id, |exchange| {
        exchange.deliveries.push(delivery);
        exchange.done = true;
    });
    problem.map_or(Ok(()), |problem| Err(Error::NotVerified(problem)))
}

fn check(url: String, query: String, at: i64) -> Delivery {
    Delivery {
        attempt: 1,
        at,
        method: "GET",
        url,
        query,
        encrypted: false,
        body: String::new(),
        plain: String::new(),
        status: None,
        millis: None,
        outcome: Outcome::Running,
        response: String::new(),
        response_plain: String::new(),
        error: None,
        answer: None,
    }
}
