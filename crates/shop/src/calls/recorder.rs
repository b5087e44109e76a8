//! Where calls and pushes are told. Telling is quick and never fails: a push is copied into a list, a call's bodies are held
//! by reference. A thread takes the lists twenty times a second, adds up, masks, and lets another one write.

use std::{
    collections::HashMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant, UNIX_EPOCH},
};

use bytes::Bytes;
use puzi_wechat::{
    Secret,
    client::{Exchange, Observer, Sent},
};
use tokio::sync::Notify;

use super::{
    collect::Collector,
    line::{Origin, PushSeen, Trouble},
    mask,
    waiting::{Waiting, Work},
    writer,
};
use crate::{
    Result,
    accounts::{
        Account,
        settings::{self, AccountSettings},
    },
    db::Db,
};

/// Pushes that may be told between two looks.
const STAGED_PUSHES: usize = 65_536;
/// Calls that may be told between two looks, and the bytes of their bodies.
const STAGED_CALLS: usize = 4_096;
const STAGED_BYTES: usize = 8 << 20;
/// How long stopping may take.
const LAST_WRITES: Duration = Duration::from_secs(3);

/// What of an account's calls is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether a push gets a line of its own. Figures count it either way.
    pub pushes: bool,
    /// Of which calls request and answer are kept.
    pub bodies: Bodies,
}

/// Of which calls request and answer are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// Of all.
    All,
    /// Of those that failed.
    Errors,
    /// Of none.
    None,
}

impl Policy {
    /// What the account's settings say.
    pub fn of(settings: &AccountSettings) -> Self {
        let bodies = match settings.text(settings::CALLS_BODIES).as_str() {
            "none" => Bodies::None,
            "errors" => Bodies::Errors,
            _ => Bodies::All,
        };
        Self { pushes: settings.is_on(settings::CALLS_PUSHES), bodies }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { pushes: true, bodies: Bodies::All }
    }
}

/// How often the recorder looks and writes.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Between two looks at what was told.
    pub look: Duration,
    /// How old sums may become before they are written.
    pub sums: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { look: Duration::from_millis(50), sums: Duration::from_secs(10) }
    }
}

/// The record of calls. Cheap to clone; [`Recorder::off`] hears everything and keeps nothing.
#[derive(Clone, Default)]
pub struct Recorder(Option<Arc<Running>>);

/// Ends the threads when the last handle is gone.
struct Running {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads see.
pub(super) struct Shared {
    pub(super) stage: Stage,
    pub(super) policies: RwLock<HashMap<i64, Policy>>,
    pub(super) node: String,
    pub(super) origin: Origin,
    pub(super) timing: Timing,
    waiting: Mutex<Waiting>,
    /// Wakes the writing thread.
    more: Condvar,
    /// Wakes the writing task.
    pub(super) more_task: Notify,
    /// The end: looked at by the collector first, then by the writer.
    stopping: AtomicBool,
    collected: AtomicBool,
    /// When what is not written by then is given up.
    until: Mutex<Option<Instant>>,
    /// Somebody waits until all is written: how often it was asked for, and how far it is.
    asked: AtomicU64,
    handed_over: AtomicU64,
    written: AtomicU64,
    settled: Notify,
}

/// What was told since the last look.
#[derive(Default)]
pub(super) struct Stage {
    pushes: Mutex<Vec<PushSeen>>,
    calls: Mutex<Calls>,
    lost: AtomicU64,
}

#[derive(Default)]
pub(super) struct Calls {
    pub(super) seen: Vec<CallSeen>,
    bytes: usize,
}

/// A call as it was told.
pub(super) struct CallSeen {
    pub(super) account: i64,
    pub(super) at: i64,
    pub(super) us: i64,
    pub(super) path: String,
    pub(super) sent: i64,
    pub(super) received: i64,
    pub(super) status: Option<i32>,
    pub(super) attempt: i32,
    pub(super) trouble: Option<Trouble>,
    pub(super) errcode: Option<i64>,
    pub(super) rid: Option<String>,
    pub(super) errmsg: Option<String>,
    /// None when there was no room.
    pub(super) raw: Option<Raw>,
}

/// What was exchanged, unmasked. It lives until the next look, in memory alone.
pub(super) struct Raw {
    pub(super) method: String,
    pub(super) host: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) request: RawSent,
    /// The content type, the length, and what may be JSON.
    pub(super) answer: Option<(Option<String>, i64, Option<Bytes>)>,
    pub(super) secrets: Vec<Secret<String>>,
}

pub(super) enum RawSent {
    Empty,
    Json(Bytes),
    Form(Vec<(String, Option<u64>)>),
    Plain(&'static str, Option<u64>),
}

impl Raw {
    fn weight(&self) -> usize {
        let request = if let RawSent::Json(bytes) = &self.request { bytes.len() } else { 0 };
        request + self.answer.as_ref().and_then(|(_, _, body)| body.as_ref()).map_or(0, Bytes::len)
    }
}

impl Recorder {
    /// A recorder that writes into `db` and calls itself `node`; `origin` tells who makes the calls.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(db: &Db, node: &str, origin: Origin) -> Result<Self> {
        Self::start_with(db, node, origin, Timing::default())
    }

    /// The same, at another pace.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start_with(db: &Db, node: &str, origin: Origin, timing: Timing) -> Result<Self> {
        let stage = Stage { pushes: Mutex::new(Vec::with_capacity(STAGED_PUSHES)), ..Stage::default() };
        let shared = Arc::new(Shared {
            stage,
            policies: RwLock::default(),
            node: node.chars().filter(|c| !c.is_control()).take(120).collect(),
            origin,
            timing,
            waiting: Mutex::default(),
            more: Condvar::new(),
            more_task: Notify::new(),
            stopping: AtomicBool::new(false),
            collected: AtomicBool::new(false),
            until: Mutex::default(),
            asked: AtomicU64::new(0),
            handed_over: AtomicU64::new(0),
            written: AtomicU64::new(0),
            settled: Notify::new(),
        });
        // The names of pushes are put together here, not while WeChat waits.
        super::PushEndpoint::unreadable();
        let mut threads = Vec::new();
        if let Some(path) = db.sqlite_file() {
            let (shared, db, path) = (shared.clone(), db.clone(), path.to_owned());
            let write = move || writer::to_sqlite(&shared, &db, &path);
            threads.push(thread::Builder::new().name("puzi-calls-write".into()).spawn(write)?);
        } else {
            tokio::spawn(writer::to_postgres(shared.clone(), db.clone()));
        }
        let collector = Collector::new(shared.clone(), Vec::with_capacity(STAGED_PUSHES));
        threads.push(thread::Builder::new().name("puzi-calls".into()).spawn(move || collector.run())?);
        Ok(Self(Some(Arc::new(Running { shared, threads: Mutex::new(threads) }))))
    }

    /// Keeps nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// Whether anything is kept.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Hears the calls of the account; its secrets are struck out wherever they are repeated.
    pub fn of(&self, account: &Account) -> Arc<dyn Observer> {
        let aes_keys = [Some(&account.aes_key), account.previous_aes_key.as_ref()];
        let aes_keys = aes_keys.into_iter().flatten().map(|key| Secret::new(key.expose()));
        let secrets = [account.secret.clone(), account.token.clone()].into_iter().chain(aes_keys).collect();
        Arc::new(Watcher { running: self.0.clone(), account: account.id, secrets })
    }

    /// Tells of a push. It neither allocates nor waits: when too many were told since the last look, it is counted as
    /// lost.
    pub fn push(&self, seen: PushSeen) {
        let Some(running) = &self.0 else { return };
        let stage = &running.shared.stage;
        let mut pushes = lock(&stage.pushes);
        if pushes.len() < pushes.capacity() {
            pushes.push(seen);
        } else {
            stage.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What of an account's calls is kept from now on.
    pub fn policy(&self, account: i64, policy: Policy) {
        if let Some(running) = &self.0 {
            let mut policies = running.shared.policies.write().unwrap_or_else(PoisonError::into_inner);
            policies.insert(account, policy);
        }
    }

    /// Waits until all that was told before is written, sums too; at most `limit`. True when it is.
    pub async fn settle(&self, limit: Duration) -> bool {
        let Some(running) = &self.0 else { return true };
        let shared = &running.shared;
        let asked = shared.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let settle = async {
            loop {
                let told = shared.settled.notified();
                tokio::pin!(told);
                told.as_mut().enable();
                if shared.written.load(Ordering::Acquire) >= asked {
                    return;
                }
                told.await;
            }
        };
        tokio::time::timeout(limit, settle).await.is_ok()
    }

    /// Writes what waits, 3 s at most, and keeps nothing from here on.
    pub async fn stop(&self) {
        let Some(running) = &self.0 else { return };
        let settled = self.settle(LAST_WRITES).await;
        running.shared.stop();
        if !settled {
            tracing::warn!("some calls of the last moments were not recorded");
            return;
        }
        let threads = std::mem::take(&mut *lock(&running.threads));
        let join = tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| drop(thread.join())));
        let _ = tokio::time::timeout(LAST_WRITES, join).await;
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("on", &self.is_on()).finish()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Shared {
    fn stop(&self) {
        lock(&self.until).get_or_insert_with(|| Instant::now() + LAST_WRITES);
        self.stopping.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        self.more.notify_all();
        self.more_task.notify_one();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether what waits is given up.
    pub(super) fn is_over(&self) -> bool {
        self.is_stopping() && lock(&self.until).is_none_or(|until| Instant::now() >= until)
    }

    /// Exchanges the list of pushes for an empty one.
    pub(super) fn take_pushes(&self, empty: &mut Vec<PushSeen>) {
        std::mem::swap(&mut *lock(&self.stage.pushes), empty);
    }

    pub(super) fn take_calls(&self) -> Vec<CallSeen> {
        std::mem::take(&mut *lock(&self.stage.calls)).seen
    }

    pub(super) fn take_lost(&self) -> u64 {
        self.stage.lost.swap(0, Ordering::Relaxed)
    }

    pub(super) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }

    /// How often settling was asked for.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Acquire)
    }

    /// What was told up to the settling `asked` waits to be written now. At the end nothing more comes.
    pub(super) fn handed_over(&self, asked: u64, last: bool) {
        self.handed_over.store(asked, Ordering::Release);
        if last {
            self.collected.store(true, Ordering::Release);
        }
        self.wake();
    }

    /// What to write next; `Err` with true at the end, with false when there is nothing now.
    pub(super) fn next(&self, most: usize) -> std::result::Result<Work, bool> {
        let collected = self.collected.load(Ordering::Acquire);
        let handed_over = self.handed_over.load(Ordering::Acquire);
        let mut waiting = self.waiting();
        if !waiting.is_empty() && !self.is_over() {
            return Ok(waiting.take(most));
        }
        drop(waiting);
        self.written.fetch_max(handed_over, Ordering::AcqRel);
        self.settled.notify_waiters();
        Err(collected || self.is_over())
    }

    /// Waits in a thread until there may be something to write.
    pub(super) fn wait_for_more(&self) {
        let waiting = self.waiting();
        if waiting.is_empty() {
            // The time limit is for a notice that came between the look and here.
            drop(self.more.wait_timeout(waiting, Duration::from_millis(500)));
        }
    }

    /// Rests in a thread; the end, and who waits for all to be written, end the rest.
    pub(super) fn rest(&self, rest: Duration) {
        let until = Instant::now() + rest;
        while Instant::now() < until && !self.is_hurried() {
            thread::sleep((until - Instant::now()).min(Duration::from_millis(20)));
        }
    }

    /// Whether somebody waits for all to be written.
    pub(super) fn is_hurried(&self) -> bool {
        self.is_stopping() || self.asked() > self.written.load(Ordering::Acquire)
    }
}

/// Hears the calls of one account.
struct Watcher {
    running: Option<Arc<Running>>,
    account: i64,
    secrets: Vec<Secret<String>>,
}

impl Observer for Watcher {
    fn exchanged(&self, e: &Exchange<'_>) {
        let Some(running) = &self.running else { return };
        let stage = &running.shared.stage;
        let seen = self.seen(e);
        let mut calls = lock(&stage.calls);
        if calls.seen.len() >= STAGED_CALLS {
            stage.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut seen = seen;
        let weight = seen.raw.as_ref().map_or(0, Raw::weight);
        if calls.bytes + weight > STAGED_BYTES {
            seen.raw = None;
        } else {
            calls.bytes += weight;
        }
        calls.seen.push(seen);
    }
}

impl Watcher {
    fn seen(&self, e: &Exchange<'_>) -> CallSeen {
        let (request, sent) = match e.request {
            Sent::Json(bytes) => (RawSent::Json(bytes.clone()), bytes.len() as u64),
            Sent::Form(form) => {
                let fields: Vec<_> = form.fields().map(|(name, length)| (name.to_owned(), length)).collect();
                let sent = fields.iter().filter_map(|(_, length)| *length).sum();
                (RawSent::Form(fields), sent)
            }
            Sent::Plain(content_type, length) => (RawSent::Plain(content_type, length), length.unwrap_or_default()),
            _ => (RawSent::Empty, 0),
        };
        let received = signed(e.got.and_then(|got| got.length).unwrap_or_default());
        let answer = e.got.map(|got| {
            let body = got.body.filter(|body| body.len() <= mask::READABLE && may_be_json(body)).cloned();
            (got.content_type.map(str::to_owned), received, body)
        });
        let secrets = e.secrets.iter().map(|secret| Secret::new((*secret).to_owned()));
        let trouble = e.error.map(|error| match error.errcode {
            Some(_) => Trouble::Refused,
            None if error.is_late() => Trouble::Late,
            None => Trouble::Transport,
        });
        let at = e.began.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        CallSeen {
            account: self.account,
            at: i64::try_from(at).unwrap_or(i64::MAX),
            us: i64::try_from(e.took.as_micros()).unwrap_or(i64::MAX),
            path: super::line::endpoint(e.path),
            sent: signed(sent),
            received,
            status: e.got.map(|got| got.status.into()),
            attempt: i32::try_from(e.attempt).unwrap_or(i32::MAX),
            trouble,
            errcode: e.error.and_then(|error| error.errcode),
            rid: e.error.and_then(|error| error.rid.clone()),
            errmsg: e.error.map(|error| error.errmsg.clone()),
            raw: Some(Raw {
                method: e.method.to_string(),
                host: e.host.to_owned(),
                query: e.query.to_vec(),
                request,
                answer,
                secrets: secrets.chain(self.secrets.iter().cloned()).collect(),
            }),
        }
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn may_be_json(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| matches!(first, b'{' | b'['))
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while it was held leaves a list, which is usable.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
