//! Whose turn it is to write to SQLite.

use std::{
    panic::Location,
    path::PathBuf,
    sync::{Arc, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// A SQLite database, which one may write to at a time.
#[derive(Debug)]
pub(super) struct Sqlite {
    pub(super) file: PathBuf,
    /// SQLite has one writer; queueing here is fair, its busy handler is not.
    writer: Arc<Mutex<()>>,
    /// Of all but the committer of pushes one stands in that queue and the others behind it: WeChat waits for one
    /// transaction of theirs, not for each.
    behind: Arc<Mutex<()>>,
    share: std::sync::Mutex<Share>,
}

/// While pushes come, theirs is the greater share of the time: what reads on behind them can do so later.
#[derive(Debug, Default)]
struct Share {
    /// When the committer of pushes last had its turn.
    pushed: Option<Instant>,
    /// Until then all others rest.
    rest_until: Option<Instant>,
}

/// Pushes come: the last one is no longer ago.
const PUSHING: Duration = Duration::from_millis(20);

/// So many times as long as their transaction took the others then rest, at most [`LONGEST_REST`].
const REST: u32 = 3;
const LONGEST_REST: Duration = Duration::from_millis(100);

/// A transaction that takes longer is told of at the level of debugging.
const LONG: Duration = Duration::from_millis(15);

impl Sqlite {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, writer: Arc::default(), behind: Arc::default(), share: std::sync::Mutex::default() }
    }

    /// Waits in a thread of its own for its turn, past all but one of those who wait for [`Sqlite::turn`].
    pub(super) fn wait(&self) -> OwnedMutexGuard<()> {
        self.writer.clone().blocking_lock_owned()
    }

    /// The same for the committer of pushes.
    pub(super) fn wait_as_pushes(&self) -> OwnedMutexGuard<()> {
        let turn = self.wait();
        self.share().pushed = Some(Instant::now());
        turn
    }

    fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next turn of those who are no committer of pushes.
    pub(super) async fn turn(self: &Arc<Self>, whence: &'static Location<'static>) -> Turn {
        let behind = self.behind.clone().lock_owned().await;
        let rest_until = self.share().rest_until.filter(|until| *until > Instant::now());
        if let Some(until) = rest_until {
            tokio::time::sleep_until(until.into()).await;
        }
        let writer = self.writer.clone().lock_owned().await;
        Turn { sqlite: self.clone(), whence, began: Instant::now(), _writer: writer, _behind: behind }
    }
}

/// The right to write to SQLite: from when it is had until the transaction's end.
#[derive(Debug)]
pub(super) struct Turn {
    sqlite: Arc<Sqlite>,
    /// Who writes.
    whence: &'static Location<'static>,
    began: Instant,
    _writer: OwnedMutexGuard<()>,
    _behind: OwnedMutexGuard<()>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let now = Instant::now();
        let took = now - self.began;
        if took >= LONG {
            tracing::debug!(whence = %self.whence, ms = took.as_millis(), "all others waited long to write to SQLite");
        }
        let mut share = self.sqlite.share();
        if share.pushed.is_some_and(|pushed| now - pushed < PUSHING.max(took)) {
            share.rest_until = Some(now + LONGEST_REST.min(took * REST));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_push_waits_for_one_transaction_however_many_others_queue() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("puzi.db")).await.unwrap();
        let held = db.begin_write().await.unwrap();
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let (db, order) = (db.clone(), order.clone());
            waiting.spawn(async move {
                let tx = db.begin_write().await.unwrap();
                order.lock().unwrap().push("other");
                tx.commit().await.unwrap();
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let (pushing, heard) = (db.clone(), order.clone());
        waiting.spawn_blocking(move || {
            let _turn = pushing.wait_for_turn();
            heard.lock().unwrap().push("push");
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(held);
        waiting.join_all().await;
        assert_eq!(*order.lock().unwrap(), ["push", "other", "other", "other"]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn while_pushes_come_all_others_rest_between_their_turns() {
        const HELD: Duration = Duration::from_millis(10);
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("puzi.db")).await.unwrap();
        let waited = async || {
            let tx = db.begin_write().await.unwrap();
            tokio::time::sleep(HELD).await;
            tx.commit().await.unwrap();
            let since = Instant::now();
            db.begin_write().await.unwrap().commit().await.unwrap();
            since.elapsed()
        };
        waited().await;
        assert!(rest_until(&db).is_none(), "no push, no rest");
        let pushing = db.clone();
        tokio::task::spawn_blocking(move || drop(pushing.wait_for_turn_of_pushes())).await.unwrap();
        assert!(waited().await >= HELD * REST);
        tokio::time::sleep(PUSHING * 2).await;
        let rested = rest_until(&db);
        waited().await;
        assert_eq!(rest_until(&db), rested, "they come no longer");
    }

    fn rest_until(db: &Db) -> Option<Instant> {
        db.sqlite.as_ref().unwrap().share().rest_until
    }
}
