//! Who works on runs: every node, two at once, one of an account. Whoever finds one whose holder gave no sign of life for
//! the length of a lease takes it over.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use sea_orm::ConnectionTrait;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Ended, Event, Halt, Run, Runs, State, Turn, after_refusal, end, find, turn::LEASE_MS};
use crate::{
    Error, Result,
    accounts::Reach,
    audit::Actor,
    db::{self, now_ms},
    machine::{self, Who, Word},
};

/// Runs that a node works on at once.
const AT_ONCE: usize = 2;
/// How often it looks whether one is due.
const LOOK: Duration = Duration::from_millis(500);
/// How often a holder gives a sign of life while a step takes long.
const SIGN: Duration = Duration::from_secs(4);
/// How often whoever watches a run looks at it.
const WATCH: Duration = Duration::from_millis(250);
/// Milliseconds of rest after the database or this program failed.
const AFTER_FAILURE_MS: i64 = 10_000;
/// How long runs that have ended are kept, in milliseconds: 90 days.
const KEPT_MS: i64 = 90 * 86_400_000;
/// How long those that read lately come followers are kept, in milliseconds.
const BRIEFLY_MS: i64 = 86_400_000;
/// How often the older ones are taken away.
const SWEEP: Duration = Duration::from_secs(3_600);

impl Runs {
    /// Works on due runs until `stop`; those under way are given back then, and another node goes on at once.
    pub async fn work(self, stop: CancellationToken) {
        let mut working = JoinSet::new();
        let mut sweep = tokio::time::interval(SWEEP);
        while !stop.is_cancelled() {
            while working.try_join_next().is_some() {}
            match self.take_due(AT_ONCE - working.len()).await {
                Ok(turns) => {
                    for turn in turns {
                        working.spawn(self.clone().turn(turn, stop.child_token()));
                    }
                }
                Err(error) => tracing::warn!(%error, "runs could not be read"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = working.join_next() => {}
                () = tokio::time::sleep(LOOK) => {}
                _ = sweep.tick() => self.sweep().await,
            }
        }
        while working.join_next().await.is_some() {}
    }

    /// Works on the run `id` itself, or watches whoever does, until it needs no more or something else than time: the
    /// command line. `show` is told how it stands.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is out of reach.
    pub async fn drive(
        &self,
        reach: &Reach,
        id: i64,
        stop: &CancellationToken,
        mut show: impl FnMut(&Run),
    ) -> Result<Run> {
        loop {
            let run = self.get(reach, id).await?;
            show(&run);
            let rests = run.state == State::Waiting && run.wake_at > now_ms() + 2 * AFTER_FAILURE_MS;
            if !run.state.is_open() || rests || stop.is_cancelled() {
                return Ok(run);
            }
            match self.take(&run).await? {
                Some(turn) => {
                    let working = self.clone().turn(turn, stop.child_token());
                    tokio::pin!(working);
                    loop {
                        tokio::select! {
                            () = &mut working => break,
                            () = tokio::time::sleep(WATCH) => show(&self.get(reach, id).await?),
                        }
                    }
                }
                None => tokio::time::sleep(WATCH).await,
            }
        }
    }

    /// Takes runs that are due, at most `limit`.
    async fn take_due(&self, limit: usize) -> Result<Vec<Turn>> {
        let mut taken = Vec::new();
        if limit == 0 || self.kinds.is_empty() {
            return Ok(taken);
        }
        // Looking needs no write lock, and mostly there is nothing.
        const DUE: &str = "SELECT id FROM runs WHERE state IN ('queued', 'running', 'waiting') AND wake_at <= $1 \
                           AND (state <> 'running' OR lease_until < $1) ORDER BY wake_at, id LIMIT 32";
        let on = self.db.read();
        for row in on.query_all_raw(db::statement(on, DUE, [now_ms().into()])).await? {
            if taken.len() == limit {
                break;
            }
            let run = find(on, row.try_get("", "id")?).await?;
            taken.extend(self.take(&run).await?);
        }
        Ok(taken)
    }

    /// Takes `run`, unless it is not due, somebody has it, or another of its account works.
    async fn take(&self, run: &Run) -> Result<Option<Turn>> {
        let now = now_ms();
        let due = match run.state {
            State::Running => run.lease_until < now,
            state => state.is_open() && run.wake_at <= now,
        };
        let Some(live) = self.registry.by_id(run.account_id).filter(|_| due && self.kinds.contains_key(&run.kind))
        else {
            return Ok(None);
        };
        const OTHER: &str = "SELECT 1 AS one FROM runs WHERE account_id = $1 AND state = 'running' AND id <> $2";
        let values = [run.account_id.into(), run.id.into()];
        if self.db.read().query_one_raw(db::statement(self.db.read(), OTHER, values)).await?.is_some() {
            return Ok(None);
        }
        let holder = format!("{:032x}", rand::random::<u128>());
        let tx = self.db.begin_write().await?;
        if run.state != State::Running {
            match machine::step::<Self>(&*tx, run.id, Event::Start, Who::Clock, &Actor::system(), "").await {
                Ok(_) => {}
                // Somebody was faster with this one, or with another of the account.
                Err(Error::NotNow(_) | Error::Stale) => return Ok(None),
                Err(Error::Database(error)) if error.sql_err().is_some() => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        // The lease that was seen is compared: of two that find a dead holder one takes the run.
        const TAKE: &str = "UPDATE runs SET holder = $1, lease_until = $2, taken_at = $3, taken_seen = seen, \
                            started_at = COALESCE(started_at, $3), problem = NULL, detail = NULL, \
                            version = version + 1 WHERE id = $4 AND state = 'running' AND lease_until = $5";
        let values =
            [holder.as_str().into(), (now + LEASE_MS).into(), now.into(), run.id.into(), run.lease_until.into()];
        if db::execute(&*tx, TAKE, values).await? != 1 {
            return Ok(None);
        }
        let run = find(&*tx, run.id).await?;
        tx.commit().await?;
        Ok(Some(Turn {
            run,
            live,
            db: self.db.clone(),
            registry: self.registry.clone(),
            holder,
            stop: CancellationToken::new(),
        }))
    }

    /// Works on a run that was taken, and stores what came of it.
    async fn turn(self, mut turn: Turn, stop: CancellationToken) {
        let (id, holder, lost) = (turn.run.id, turn.holder.clone(), CancellationToken::new());
        turn.stop = lost.clone();
        let Some(worker) = self.kinds.get(&turn.run.kind) else { return };
        let working = AssertUnwindSafe(worker(turn)).catch_unwind();
        let ended = tokio::select! {
            ended = working => ended,
            // Dropped where it waits: each of its effects is a commit of its own.
            () = stop.cancelled() => {
                self.give_back(id, &holder).await;
                return;
            }
            () = self.signs_of_life(id, &holder) => return,
        };
        lost.cancel();
        let ended = match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(Halt::Lost)) => return,
            Ok(Err(Halt::Failed(Error::WeChat(error)))) => {
                tracing::warn!(run = id, %error, "WeChat refused a run");
                after_refusal(&error, now_ms())
            }
            Ok(Err(Halt::Failed(error))) => {
                tracing::warn!(run = id, %error, "a run failed, it is tried again");
                Ended::Rest { until: now_ms() + AFTER_FAILURE_MS, problem: "runs.broken", detail: None }
            }
            Err(_) => {
                tracing::error!(run = id, "a run panicked");
                Ended::Fail { problem: "runs.panicked", detail: None }
            }
        };
        if let Err(error) = self.store(id, &holder, ended).await {
            // The lease runs out, and somebody goes on.
            tracing::warn!(run = id, %error, "the end of a run could not be stored");
        }
    }

    /// Holds on to a run until it is no longer the holder's.
    async fn signs_of_life(&self, id: i64, holder: &str) {
        loop {
            tokio::time::sleep(SIGN).await;
            const SQL: &str = "UPDATE runs SET lease_until = $1 WHERE id = $2 AND state = 'running' AND holder = $3";
            let values = [(now_ms() + LEASE_MS).into(), id.into(), holder.into()];
            match self.db.execute(SQL, values).await {
                Ok(1) => {}
                Ok(_) => return,
                Err(error) => tracing::warn!(run = id, %error, "a run's lease could not be renewed"),
            }
        }
    }

    /// Gives a run back, so that another node goes on at once.
    async fn give_back(&self, id: i64, holder: &str) {
        const SQL: &str =
            "UPDATE runs SET lease_until = 0, holder = NULL WHERE id = $1 AND state = 'running' AND holder = $2";
        if let Err(error) = self.db.execute(SQL, [id.into(), holder.into()]).await {
            tracing::warn!(run = id, %error, "a run could not be given back");
        }
    }

    async fn store(&self, id: i64, holder: &str, ended: Ended) -> Result<()> {
        let tx = self.db.begin_write().await?;
        const MINE: &str =
            "UPDATE runs SET holder = NULL, lease_until = 0 WHERE id = $1 AND state = 'running' AND holder = $2";
        if db::execute(&*tx, MINE, [id.into(), holder.into()]).await? != 1 {
            return Ok(());
        }
        let partly = find(&*tx, id).await?.refused > 0;
        let (event, wake_at, problem, detail) = match ended {
            Ended::Done if partly => (Event::FinishPartly, 0, None, None),
            Ended::Done => (Event::Finish, 0, None, None),
            Ended::Rest { until, problem, detail } => (Event::Rest, until, Some(problem), detail),
            Ended::Ask { problem, detail } => (Event::Ask, 0, Some(problem), detail),
            Ended::Fail { problem, detail } => (Event::Fail, 0, Some(problem), detail),
        };
        let why = problem.unwrap_or_default();
        machine::step::<Self>(&*tx, id, event, Who::Clock, &Actor::system(), why).await?;
        const SQL: &str =
            "UPDATE runs SET wake_at = $1, problem = $2, detail = $3, version = version + 1 WHERE id = $4";
        db::execute(&*tx, SQL, [wake_at.into(), problem.into(), detail.into(), id.into()]).await?;
        if matches!(event, Event::Finish | Event::FinishPartly) {
            end(&tx, id).await?;
        }
        tracing::info!(run = id, event = event.word(), problem = why, "a run came to a stop");
        tx.commit().await
    }

    /// Takes away what ended long ago.
    async fn sweep(&self) {
        // What begins by itself each minute and found nothing to tell of goes sooner.
        const SQL: &str = "DELETE FROM runs WHERE state IN ('done', 'partly', 'cancelled') AND (ended_at < $1 \
                           OR (ended_at < $2 AND kind = 'sync_recent' AND state = 'done'))";
        let values = [(now_ms() - KEPT_MS).into(), (now_ms() - BRIEFLY_MS).into()];
        if let Err(error) = self.db.execute(SQL, values).await {
            tracing::warn!(%error, "old runs could not be taken away");
        }
    }
}
