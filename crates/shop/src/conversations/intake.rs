//! Group commit: messages that arrive while a commit runs share the next one.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use super::{
    sqlite::{Checkpointer, Writer},
    store::{self, Incoming, Recorded},
};
use crate::{
    Result,
    db::{Db, TRIES},
};

/// The most messages in one commit.
const LARGEST_BATCH: usize = 128;
/// Messages waiting for a commit; more than this and the journal takes them.
const QUEUE: usize = 16_384;
/// PostgreSQL commits in parallel; SQLite has one writer.
const POSTGRES_COMMITTERS: usize = 4;
/// A commit to PostgreSQL that takes longer has failed.
const COMMIT_WITHIN: Duration = Duration::from_secs(10);
/// How often SQLite's write-ahead log is folded in.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);
/// A log smaller than this, in bytes, is left alone.
const SMALL_LOG: u64 = 4 << 20;

struct Waiting {
    message: Arc<Incoming>,
    done: oneshot::Sender<Result<Recorded, StoreFailed>>,
}

/// The database did not take a message; it goes to the journal.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the message is not in the database: {0}")]
pub struct StoreFailed(pub String);

/// Where messages wait for their commit.
pub(super) struct Intake {
    /// None once stopped.
    queue: RwLock<Option<mpsc::Sender<Waiting>>>,
    threads: std::sync::Mutex<Vec<JoinHandle<()>>>,
    /// Told of each message stored here.
    stored: Arc<Notify>,
}

impl Intake {
    /// Starts the committers of `db`; they end when the last handle is dropped and the queue is empty.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn start(db: &Db) -> Result<Self> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let mut threads = Vec::new();
        if let Some(path) = db.sqlite_file() {
            let (committer, checkpointer) = (db.clone(), db.clone());
            let (path, ended) = (path.to_owned(), queue.downgrade());
            let fold = path.clone();
            let commit = move || commit_to_sqlite(&committer, &path, waiting);
            threads.push(thread::Builder::new().name("puzi-commit".into()).spawn(commit)?);
            let fold = move || checkpoint(&checkpointer, &fold, || ended.upgrade().is_none());
            threads.push(thread::Builder::new().name("puzi-checkpoint".into()).spawn(fold)?);
        } else {
            let waiting = Arc::new(Mutex::new(waiting));
            for _ in 0..POSTGRES_COMMITTERS {
                tokio::spawn(commit_to_postgres(db.clone(), waiting.clone()));
            }
        }
        Ok(Self { queue: RwLock::new(Some(queue)), threads: std::sync::Mutex::new(threads), stored: Arc::default() })
    }

    /// Lets `stored` know of each message stored here.
    pub(super) fn telling(mut self, stored: Arc<Notify>) -> Self {
        self.stored = stored;
        self
    }

    /// Commits what waits, then lets go of the database.
    pub(super) async fn stop(&self) {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| drop(thread.join())));
        let _ = joined.await;
    }

    /// Stores the message; when this returns `Ok` it is durable.
    ///
    /// # Errors
    /// [`StoreFailed`] when the database refuses or does not commit within `limit`. It may still commit afterwards:
    /// storing the message again is harmless.
    pub(super) async fn record(&self, message: Arc<Incoming>, limit: Duration) -> Result<Recorded, StoreFailed> {
        let (done, answer) = oneshot::channel();
        let sent = match &*self.queue.read().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.try_send(Waiting { message, done }),
            None => return Err(StoreFailed("the server stops".into())),
        };
        if sent.is_err() {
            return Err(StoreFailed("too many messages wait".into()));
        }
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(recorded)) => {
                if matches!(recorded, Ok(Recorded::New)) {
                    // Leaves a permit at most: whoever follows wakes up once for many messages.
                    self.stored.notify_one();
                }
                recorded
            }
            Ok(Err(_)) => Err(StoreFailed("the committer stopped".into())),
            Err(_) => Err(StoreFailed(format!("no commit within {} ms", limit.as_millis()))),
        }
    }
}

type Done = Vec<oneshot::Sender<Result<Recorded, StoreFailed>>>;

/// The messages of a batch that somebody still waits for: who gave up has put the message into the journal, which
/// brings it back.
fn still_wanted(batch: &mut Vec<Waiting>) -> (Vec<Arc<Incoming>>, Done) {
    batch.drain(..).filter(|waiting| !waiting.done.is_closed()).map(|w| (w.message, w.done)).unzip()
}

fn tell(done: Done, stored: Result<Vec<Recorded>, String>) {
    match stored {
        Ok(recorded) => {
            for (done, recorded) in done.into_iter().zip(recorded) {
                let _ = done.send(Ok(recorded));
            }
        }
        Err(error) => {
            for done in done {
                let _ = done.send(Err(StoreFailed(error.clone())));
            }
        }
    }
}

/// The thread that writes messages to SQLite.
fn commit_to_sqlite(db: &Db, path: &Path, mut waiting: mpsc::Receiver<Waiting>) {
    let mut writer = None;
    let mut batch = Vec::with_capacity(LARGEST_BATCH);
    while waiting.blocking_recv_many(&mut batch, LARGEST_BATCH) > 0 {
        let (messages, done) = still_wanted(&mut batch);
        if messages.is_empty() {
            continue;
        }
        let turn = db.wait_for_turn_of_pushes();
        let storing = AssertUnwindSafe(|| match &mut writer {
            Some(writer) => Writer::store(writer, &messages),
            None => Writer::open(path).and_then(|opened| writer.insert(opened).store(&messages)),
        });
        // Whatever happens with one batch, the next ones are stored.
        let stored = match catch_unwind(storing) {
            Ok(stored) => stored.map_err(|error| error.to_string()),
            Err(_) => Err("storing panicked".to_owned()),
        };
        drop(turn);
        if stored.is_err() {
            // The file may have been moved or mended meanwhile: look again with the next batch.
            writer = None;
        }
        tell(done, stored);
    }
}

/// The thread that folds SQLite's log in, mostly while others write.
fn checkpoint(db: &Db, path: &Path, ended: impl Fn() -> bool) {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let mut connection = None;
    while !ended() {
        thread::sleep(CHECKPOINT_EVERY);
        if std::fs::metadata(&log).is_ok_and(|log| log.len() < SMALL_LOG) {
            continue;
        }
        if connection.is_none() {
            connection = Checkpointer::open(path).ok();
        }
        let Some(checkpointer) = &connection else { continue };
        // Most of it beside the writers; the rest, a few pages, while they wait: only then the log begins anew.
        let done = checkpointer.run().and_then(|()| {
            let _turn = db.wait_for_turn();
            checkpointer.run()
        });
        if let Err(error) = done {
            tracing::warn!(%error, "the write-ahead log could not be folded in");
            connection = None;
        }
    }
}

async fn commit_to_postgres(db: Db, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    let mut batch = Vec::with_capacity(LARGEST_BATCH);
    loop {
        if waiting.lock().await.recv_many(&mut batch, LARGEST_BATCH).await == 0 {
            return;
        }
        let (messages, done) = still_wanted(&mut batch);
        if !messages.is_empty() {
            // A connection that hangs silently must not hang the queue behind it.
            let stored = match tokio::time::timeout(COMMIT_WITHIN, store_with_retries(&db, &messages)).await {
                Ok(stored) => stored.map_err(|error| error.to_string()),
                Err(_) => Err(format!("no commit within {} s", COMMIT_WITHIN.as_secs())),
            };
            tell(done, stored);
        }
    }
}

async fn store_with_retries(db: &Db, messages: &[Arc<Incoming>]) -> Result<Vec<Recorded>> {
    let mut tries = 1;
    loop {
        match store::store(db, messages).await {
            Err(error) if tries < TRIES && error.is_deadlock() => tries += 1,
            stored => return stored,
        }
    }
}
