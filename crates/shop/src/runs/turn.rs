//! One holder's turn at a run: its steps are commits, each fenced by the lease.

use std::{sync::Arc, time::Duration};

use puzi_wechat::client::ApiError;
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{LINES, Run};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Registry},
    db::{self, Db, WriteTx, now_ms},
};

/// How long a holder has a run without a sign of life.
pub(super) const LEASE_MS: i64 = 15_000;

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// All is done that could be.
    Done,
    /// Not now: it goes on by itself.
    Rest {
        /// When, Unix ms.
        until: i64,
        /// Key of the text that says why.
        problem: &'static str,
        /// What WeChat said.
        detail: Option<String>,
    },
    /// A person must say whether it goes on.
    Ask {
        /// Key of the question.
        problem: &'static str,
        /// The number that it names.
        detail: Option<String>,
    },
    /// Not before something is put right.
    Fail {
        /// Key of the text that says what.
        problem: &'static str,
        /// What WeChat said.
        detail: Option<String>,
    },
}

/// Why a turn was cut off.
#[derive(Debug)]
pub enum Halt {
    /// The run is another's, or no longer running: nothing was written, and nothing may be asked any more.
    Lost,
    /// Something failed; what WeChat refused says by itself how the run goes on.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a step adds to the run's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Gone over.
    pub seen: i64,
    /// New ones.
    pub added: i64,
    /// Changed ones.
    pub changed: i64,
    /// Those who are gone.
    pub gone: i64,
}

/// A run in somebody's hands.
pub struct Turn {
    /// The run, kept up to date by [`Step::commit`].
    pub run: Run,
    /// The account, as it was when the turn began.
    pub live: Arc<LiveAccount>,
    /// The database.
    pub db: Db,
    /// All accounts.
    pub registry: Registry,
    pub(super) holder: String,
    /// The server is about to stop, or the run was taken away: waits end.
    pub(super) stop: CancellationToken,
}

/// The transaction of one step. The run is the holder's while it lasts; dropped, nothing was done.
pub struct Step {
    tx: WriteTx,
    refused: i64,
}

impl Turn {
    /// Begins a step: makes sure that the run is still in these hands and running, and holds on to it.
    ///
    /// # Errors
    /// [`Halt::Lost`] when it is not; [`Halt::Failed`] when the database does not answer.
    pub async fn begin(&self) -> Result<Step, Halt> {
        let tx = self.db.begin_write().await?;
        const SQL: &str = "UPDATE runs SET lease_until = $1 WHERE id = $2 AND state = 'running' AND holder = $3";
        let values = [(now_ms() + LEASE_MS).into(), self.run.id.into(), self.holder.as_str().into()];
        if db::execute(&*tx, SQL, values).await? != 1 {
            return Err(Halt::Lost);
        }
        Ok(Step { tx, refused: self.run.refused })
    }

    /// A step whose effects are only `place` and `add`.
    ///
    /// # Errors
    /// As [`Turn::begin`].
    pub async fn note(&mut self, place: &(impl Serialize + Sync), add: Counted) -> Result<(), Halt> {
        self.begin().await?.commit(self, place, add).await
    }

    /// Notes how many there are to go through.
    ///
    /// # Errors
    /// As [`Turn::begin`].
    pub async fn expect(&mut self, total: i64) -> Result<(), Halt> {
        if self.run.total == Some(total) {
            return Ok(());
        }
        let step = self.begin().await?;
        let sql = "UPDATE runs SET total = $1, version = version + 1 WHERE id = $2";
        db::execute(step.tx(), sql, [total.into(), self.run.id.into()]).await?;
        step.done().await?;
        self.run.total = Some(total);
        Ok(())
    }

    /// Waits, unless the turn ends meanwhile.
    ///
    /// # Errors
    /// [`Halt::Lost`] when it does.
    pub async fn pause(&self, time: Duration) -> Result<(), Halt> {
        match tokio::time::timeout(time, self.stop.cancelled()).await {
            Ok(()) => Err(Halt::Lost),
            Err(_) => Ok(()),
        }
    }

    /// For calls that are made again while WeChat is busy or out of reach.
    pub fn patience(&self) -> Patience {
        Patience { stop: self.stop.clone(), wait: Duration::from_secs(1) }
    }
}

/// How long a call is made again: after 1, 2, 4 … seconds while WeChat is busy or out of reach, for about a minute.
#[derive(Debug, Clone)]
pub struct Patience {
    stop: CancellationToken,
    wait: Duration,
}

impl Patience {
    /// Waits before the call that ended in `error` is made again.
    ///
    /// # Errors
    /// [`Halt::Failed`] with `error` when that is no use, or was long enough; [`Halt::Lost`] when the turn ended.
    pub async fn after(&mut self, error: ApiError) -> Result<(), Halt> {
        if !passes(&error) || self.wait > Duration::from_secs(32) {
            return Err(error.into());
        }
        if tokio::time::timeout(self.wait, self.stop.cancelled()).await.is_ok() {
            return Err(Halt::Lost);
        }
        self.wait *= 2;
        Ok(())
    }
}

/// Whether the same call may succeed in a moment.
fn passes(error: &ApiError) -> bool {
    use puzi_wechat::client::{Condition, ErrorKind};
    match error.kind {
        ErrorKind::RetryLater => !error.is(Condition::QuotaUsedUp),
        ErrorKind::Transport => true,
        _ => false,
    }
}

impl Step {
    /// Where the step's effects are written.
    pub fn tx(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// Somebody could not be done: a line, and one more refused. `detail` is WeChat's words, or a key that begins with
    /// `runs.`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn refuse(&mut self, turn: &Turn, subject: &str, errcode: Option<i64>, detail: &str) -> Result<()> {
        self.refused += 1;
        if self.refused > LINES {
            return Ok(());
        }
        let sql = "INSERT INTO run_lines (run_id, number, subject, errcode, detail) VALUES ($1, $2, $3, $4, $5)";
        let values = [turn.run.id.into(), self.refused.into(), subject.into(), errcode.into(), detail.into()];
        db::execute(self.tx(), sql, values).await?;
        Ok(())
    }

    /// Makes the step's effects durable, and leaves the run where it is.
    ///
    /// # Errors
    /// As [`Step::commit`].
    pub async fn done(self) -> Result<(), Halt> {
        Ok(self.tx.commit().await?)
    }

    /// Makes the step's effects durable, with the place to go on from and the counters.
    ///
    /// # Errors
    /// When the database refuses; then nothing was done, or (the answer to the commit was lost) all of it.
    pub async fn commit(self, turn: &mut Turn, place: &(impl Serialize + Sync), add: Counted) -> Result<(), Halt> {
        let place = serde_json::to_value(place).map_err(|error| Error::Io(error.into()))?;
        let run = &turn.run;
        const SQL: &str = "UPDATE runs SET place = $1, seen = seen + $2, added = added + $3, changed = changed + $4, \
                           gone = gone + $5, refused = $6, failures = 0, version = version + 1 WHERE id = $7";
        let values = [
            place.to_string().into(),
            add.seen.into(),
            add.added.into(),
            add.changed.into(),
            add.gone.into(),
            self.refused.into(),
            run.id.into(),
        ];
        db::execute(self.tx(), SQL, values).await?;
        self.tx.commit().await?;
        let run = &mut turn.run;
        run.place = place;
        run.seen += add.seen;
        run.added += add.added;
        run.changed += add.changed;
        run.gone += add.gone;
        run.refused = self.refused;
        run.version += 1;
        Ok(())
    }
}
