//! One access token for an account: fetched once however many ask, and replaced only when it is the one that failed.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::answer;
use super::error::{ApiError, Condition, ErrorKind, Result};
use super::pauses::{random, random_below};
use super::token::{AccessToken, TokenStore, now};
use super::upload::Payload;
use super::wire::{Outgoing, Wire};
use crate::Secret;

const PATH: &str = "/cgi-bin/stable_token";
/// The platform hands out the same token until 5 minutes before its end; asking earlier brings nothing new.
const MARGIN: i64 = 300;
/// Processes renew spread over this many seconds after the margin begins.
const JITTER: u32 = 60;
/// A token with fewer seconds left may end on the way to the platform.
const LAST_SECONDS: i64 = 5;
/// How long a fetch may take, and how long the lease on it lasts: the lease outlives the fetch.
const FETCH_TIME: Duration = Duration::from_secs(10);
const LEASE_SECONDS: u32 = 15;
/// How long to wait for what another process fetches.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a refusal by the token API is answered from memory.
const REFUSAL_LASTS: Duration = Duration::from_secs(10);
/// How long to use a token inside its margin before trying to renew it again.
const RENEW_AGAIN: Duration = Duration::from_secs(30);
/// The platform allows a forced refresh every 30 seconds, 20 a day.
const FORCE_AGAIN: Duration = Duration::from_secs(30);

/// Keeps one account's token.
pub(super) struct Keeper {
    pub(super) appid: String,
    pub(super) secret: Secret<String>,
    store: Arc<dyn TokenStore>,
    /// This client's name towards other processes.
    holder: String,
    margin: i64,
    /// Held while this process gets a token.
    flight: tokio::sync::Mutex<()>,
    notes: Mutex<Notes>,
    accepted: Accepted,
}

#[derive(Default)]
struct Notes {
    /// The last token fetched here, for when the store fails.
    last: Option<AccessToken>,
    /// The store did not take `last`.
    unsaved: bool,
    failure: Option<(Instant, ApiError)>,
    renewed: Option<Instant>,
    forced: Option<Instant>,
}

/// The last tokens that the platform accepted, told by their hashes: looked at by every call, changed seldom.
#[derive(Default)]
struct Accepted {
    hashes: RandomState,
    last: [AtomicU64; 4],
    next: AtomicUsize,
}

impl Accepted {
    fn hash(&self, token: &AccessToken) -> u64 {
        self.hashes.hash_one(token.value.expose())
    }

    fn has(&self, hash: u64) -> bool {
        self.last.iter().any(|one| one.load(Ordering::Relaxed) == hash)
    }

    fn add(&self, hash: u64) {
        if !self.has(hash) {
            let at = self.next.fetch_add(1, Ordering::Relaxed) % self.last.len();
            self.last[at].store(hash, Ordering::Relaxed);
        }
    }
}

#[derive(Serialize)]
struct Ask<'a> {
    grant_type: &'a str,
    appid: &'a str,
    secret: &'a str,
    force_refresh: bool,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds.
    expires_in: i64,
}

impl Keeper {
    pub(super) fn new(appid: String, secret: Secret<String>, store: Arc<dyn TokenStore>) -> Self {
        Self {
            appid,
            secret,
            store,
            holder: format!("{}-{:016x}", std::process::id(), random()),
            margin: MARGIN - i64::from(random_below(JITTER)),
            flight: tokio::sync::Mutex::new(()),
            notes: Mutex::default(),
            accepted: Accepted::default(),
        }
    }

    /// Takes note that a call with `token` got past the check of its token.
    pub(super) fn accepted(&self, token: &AccessToken) {
        self.accepted.add(self.accepted.hash(token));
    }

    /// Whether a call got through with `token` lately.
    pub(super) fn was_accepted(&self, token: &AccessToken) -> bool {
        self.accepted.has(self.accepted.hash(token))
    }

    /// A token that is good as far as anyone knows. One that ends soon is renewed by whoever comes first, while the
    /// others go on using it.
    pub(super) async fn current(&self, wire: &Wire) -> Result<AccessToken> {
        let Some(token) = self.known(None).await else {
            return self.obtain(wire, None).await;
        };
        if token.seconds_left(now()) > self.margin {
            return Ok(token);
        }
        let Ok(_flight) = self.flight.try_lock() else { return Ok(token) };
        if !self.renewal_is_due() || !self.lease().await {
            return Ok(token);
        }
        // Another process may have renewed it between the look and the lease.
        if let Some(renewed) = self.known(Some(&token)).await {
            self.give_lease_up().await;
            return Ok(renewed);
        }
        match self.fetch(wire, None).await {
            Ok(renewed) => Ok(renewed),
            Err(error) => {
                tracing::warn!(appid = self.appid, %error, "the access token could not be renewed; it is still good");
                Ok(token)
            }
        }
    }

    /// A token in the place of `failed`, which the platform refused.
    pub(super) async fn replace(&self, wire: &Wire, failed: &AccessToken) -> Result<AccessToken> {
        match self.known(Some(failed)).await {
            Some(token) => Ok(token),
            None => self.obtain(wire, Some(failed)).await,
        }
    }

    /// Keeps `failed` from being used again. Whoever fetches does it, once, not each of a thousand calls that failed.
    async fn drop_failed(&self, failed: &AccessToken) {
        if let Err(error) = self.store.drop_if(&self.appid, failed).await {
            tracing::warn!(appid = self.appid, %error, "a refused access token stays in the store");
        }
        self.notes().last.take_if(|last| last.is_same(failed));
    }

    /// Fetches a token, or waits for whoever is fetching it, here or in another process.
    async fn obtain(&self, wire: &Wire, failed: Option<&AccessToken>) -> Result<AccessToken> {
        let asked = Instant::now();
        let _flight = self.flight.lock().await;
        let until = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(20);
        loop {
            if let Some(token) = self.known(failed).await {
                return Ok(token);
            }
            if let Some(error) = self.failure_since(asked) {
                return Err(error);
            }
            if self.lease().await {
                // Another process may have saved one between the look and the lease.
                if let Some(token) = self.known(failed).await {
                    self.give_lease_up().await;
                    return Ok(token);
                }
                // Not before the lease: another process, finding none, would ask plainly and be given the failed one.
                if let Some(failed) = failed {
                    self.drop_failed(failed).await;
                }
                return self.fetch(wire, failed).await;
            }
            if Instant::now() >= until {
                let text = "another process is fetching the access token and does not finish";
                let error = ApiError::local(ErrorKind::RetryLater, PATH, text);
                // Those who waited here meanwhile do not wait as long again, one after the other.
                self.notes().failure = Some((Instant::now(), error.clone()));
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(250));
        }
    }

    /// The stored token, unless it is over or `failed`; what this process remembers when the store fails.
    async fn known(&self, failed: Option<&AccessToken>) -> Option<AccessToken> {
        let kept = match self.store.load(&self.appid).await {
            Ok(Some(token)) => Some(token),
            Ok(None) => Some(self.notes()).filter(|notes| notes.unsaved).and_then(|notes| notes.last.clone()),
            Err(error) => {
                tracing::warn!(appid = self.appid, %error, "using the access token in memory");
                self.notes().last.clone()
            }
        };
        kept.filter(|token| token.seconds_left(now()) > LAST_SECONDS)
            .filter(|token| failed.is_none_or(|failed| !failed.is_same(token)))
    }

    /// Without a store every process fetches for itself; the stable token API gives them all the same token.
    async fn lease(&self) -> bool {
        self.store.try_lease(&self.appid, &self.holder, LEASE_SECONDS).await.unwrap_or(true)
    }

    async fn give_lease_up(&self) {
        if let Err(error) = self.store.try_lease(&self.appid, &self.holder, 0).await {
            tracing::warn!(appid = self.appid, %error, "the lease on the access token stays until it ends");
        }
    }

    /// Fetches and saves; the caller has the lease, which ends here.
    async fn fetch(&self, wire: &Wire, failed: Option<&AccessToken>) -> Result<AccessToken> {
        match self.ask_for_another(wire, failed).await {
            Ok(token) => {
                tracing::debug!(appid = self.appid, expires_at = token.expires_at, "access token fetched");
                let saved = self.store.save(&self.appid, &self.holder, &token).await;
                if let Err(error) = &saved {
                    tracing::warn!(appid = self.appid, %error, "the access token is kept in memory only");
                }
                let mut notes = self.notes();
                notes.last = Some(token.clone());
                notes.unsaved = saved.is_err();
                notes.failure = None;
                Ok(token)
            }
            Err(error) => {
                self.notes().failure = Some((Instant::now(), error.clone()));
                self.give_lease_up().await;
                Err(error)
            }
        }
    }

    /// Asks plainly first: when another process has refreshed already, that brings the new token. Only when the
    /// platform insists on the one that failed, a refresh is forced.
    async fn ask_for_another(&self, wire: &Wire, failed: Option<&AccessToken>) -> Result<AccessToken> {
        let token = self.ask(wire, false).await?;
        if failed.is_none_or(|failed| !failed.is_same(&token)) {
            return Ok(token);
        }
        if self.notes().forced.is_some_and(|at| at.elapsed() < FORCE_AGAIN) {
            let text = "the platform hands out a token that it refuses, and a refresh was forced a moment ago";
            return Err(ApiError::local(ErrorKind::RefreshToken, PATH, text));
        }
        // Asking plainly may have used the lease up. Two processes that force a refresh end each other's tokens.
        if !self.lease().await {
            let text = "another process has begun to fetch the access token";
            return Err(ApiError::local(ErrorKind::RetryLater, PATH, text));
        }
        self.notes().forced = Some(Instant::now());
        tracing::warn!(appid = self.appid, "forcing a refresh of the access token");
        self.ask(wire, true).await
    }

    async fn ask(&self, wire: &Wire, force_refresh: bool) -> Result<AccessToken> {
        let secret = self.secret.expose();
        let ask = Ask { grant_type: "client_credential", appid: &self.appid, secret, force_refresh };
        let payload = Payload::json(PATH, &ask)?;
        let timeout = wire.timeout.min(FETCH_TIME / 2);
        let (method, path) = (&Method::POST, PATH);
        let payload = &payload;
        let mut out =
            Outgoing { method, host: None, path, query: &[], token: None, secret, payload, timeout, attempt: 0 };
        let mut pauses = wire.pauses((FETCH_TIME - timeout).min(wire.deadline));
        loop {
            out.attempt += 1;
            let asked_at = now();
            let answer = wire.exchange(&out).await;
            match answer.and_then(|answer| answer::parse::<Granted>(PATH, &answer.bytes)) {
                Ok(granted) => {
                    let expires_at = asked_at.saturating_add(granted.expires_in);
                    return Ok(AccessToken { value: Secret::new(granted.access_token), expires_at });
                }
                Err(error) => match pauses.next().filter(|_| error.is_passing()) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(credentials_refused(error).presentable(&[secret])),
                },
            }
        }
    }

    /// A failure that answers for one who began to ask at `asked`: it happened meanwhile, or it is a refusal that
    /// asking again so soon would only repeat.
    fn failure_since(&self, asked: Instant) -> Option<ApiError> {
        let notes = self.notes();
        let (at, error) = notes.failure.as_ref()?;
        let lasting = error.errcode.is_some() && !error.is(Condition::SystemBusy);
        (*at >= asked || (lasting && at.elapsed() < REFUSAL_LASTS)).then(|| error.clone())
    }

    fn renewal_is_due(&self) -> bool {
        let mut notes = self.notes();
        let due = notes.renewed.is_none_or(|at| at.elapsed() >= RENEW_AGAIN);
        if due {
            notes.renewed = Some(Instant::now());
        }
        due
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The token API sometimes says "invalid credential" (40001) for a wrong secret. There is no token to refresh yet:
/// taking it for a stale one would ask for ever.
fn credentials_refused(mut error: ApiError) -> ApiError {
    if error.kind == ErrorKind::RefreshToken {
        error.kind = ErrorKind::Configuration;
    }
    error
}
