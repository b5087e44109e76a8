//! Group commit: messages that arrive while a commit runs share the next one.

use std::{sync::Arc, time::Duration};

use sea_orm::{DbErr, SqlErr};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::store::{self, Incoming, Recorded};
use crate::{Error, Result, db::Db};

/// The most messages in one commit: beyond this a statement grows faster than what a commit saves.
const LARGEST_BATCH: usize = 64;
/// Messages waiting for a commit; more than this and the journal takes them.
const QUEUE: usize = 16_384;
/// PostgreSQL commits in parallel; SQLite has one writer.
const POSTGRES_COMMITTERS: usize = 4;
/// Two nodes may lock each other's rows: PostgreSQL ends one of them, which then tries again.
const TRIES: usize = 3;

struct Waiting {
    message: Incoming,
    done: oneshot::Sender<Result<Recorded, StoreFailed>>,
}

/// The database did not take a message; it goes to the journal.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the message is not in the database: {0}")]
pub struct StoreFailed(pub String);

/// Where messages wait for their commit.
#[derive(Clone)]
pub(super) struct Intake {
    queue: mpsc::Sender<Waiting>,
}

impl Intake {
    /// Starts the committers of `db`; they end when the last handle is dropped and the queue is empty.
    pub(super) fn start(db: &Db) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let committers = if db.is_sqlite() { 1 } else { POSTGRES_COMMITTERS };
        for _ in 0..committers {
            tokio::spawn(commit_batches(db.clone(), waiting.clone()));
        }
        Self { queue }
    }

    /// Stores the message; when this returns `Ok` it is durable.
    ///
    /// # Errors
    /// [`StoreFailed`] when the database refuses or does not commit within `limit`. It may still commit afterwards:
    /// storing the message again is harmless.
    pub(super) async fn record(&self, message: Incoming, limit: Duration) -> Result<Recorded, StoreFailed> {
        let (done, answer) = oneshot::channel();
        if self.queue.try_send(Waiting { message, done }).is_err() {
            return Err(StoreFailed("too many messages wait".into()));
        }
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(recorded)) => recorded,
            Ok(Err(_)) => Err(StoreFailed("the committer stopped".into())),
            Err(_) => Err(StoreFailed(format!("no commit within {} ms", limit.as_millis()))),
        }
    }
}

async fn commit_batches(db: Db, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    let mut batch = Vec::with_capacity(LARGEST_BATCH);
    loop {
        if waiting.lock().await.recv_many(&mut batch, LARGEST_BATCH).await == 0 {
            return;
        }
        // Who gave up waiting has put the message into the journal, which brings it back.
        batch.retain(|waiting| !waiting.done.is_closed());
        if batch.is_empty() {
            continue;
        }
        let (mut messages, done): (Vec<_>, Vec<_>) = batch.drain(..).map(|w| (w.message, w.done)).unzip();
        match store_with_retries(&db, &mut messages).await {
            Ok(mut known) => {
                for (i, done) in done.into_iter().enumerate() {
                    let recorded = known.remove(&i).map_or(Recorded::New, Recorded::Known);
                    let _ = done.send(Ok(recorded));
                }
            }
            Err(error) => {
                let failed = StoreFailed(error.to_string());
                for done in done {
                    let _ = done.send(Err(failed.clone()));
                }
            }
        }
    }
}

async fn store_with_retries(
    db: &Db,
    messages: &mut [Incoming],
) -> Result<std::collections::HashMap<usize, store::KnownMessage>> {
    let mut tries = 1;
    loop {
        match store::store(db, messages).await {
            Err(Error::Database(error)) if tries < TRIES && is_deadlock(&error) => tries += 1,
            stored => return stored,
        }
    }
}

fn is_deadlock(error: &DbErr) -> bool {
    // 40P01 deadlock_detected, 40001 serialization_failure.
    let text = error.to_string();
    !matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
        && (text.contains("40P01") || text.contains("deadlock") || text.contains("40001"))
}
