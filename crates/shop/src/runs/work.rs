//! Who works on runs: every node, two at once, and of an account one of each lane: a reading of its followers, a mark, a
//! reading of records. Whoever finds one whose holder gave no sign of life for the length of a lease takes it over.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use sea_orm::ConnectionTrait;
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Ended, Event, Halt, LINES, Run, Runs, State, Turn, after_refusal, end, find, turn::LEASE_MS};
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
/// Milliseconds of rest after the database or this program failed; twice as many after each further time.
const AFTER_FAILURE_MS: i64 = 10_000;
/// It rests no longer than this, in milliseconds.
const LONGEST_REST_MS: i64 = 600_000;
/// Failures at one and the same place after which it is given to a person.
const FAILURES: i64 = 8;
/// Which runs of an account wait for each other, as the index `runs_working` has it.
const LANE: &str = "(CASE kind WHEN 'mark' THEN 1 WHEN 'records' THEN 2 ELSE 0 END)";
/// How long runs that have ended are kept, in milliseconds: 90 days.
const KEPT_MS: i64 = 90 * 86_400_000;
/// How long those that read lately come followers are kept, in milliseconds.
const BRIEFLY_MS: i64 = 86_400_000;
/// Runs, and lines of a run, that are taken away in one step.
const SWEPT: i64 = 1_000;
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
        self.ending.cancel();
        self.hurried.close();
        while working.join_next().await.is_some() {}
        self.hurried.wait().await;
    }

    /// Works on the run `id` at once, beside the two, when nobody has it yet and it need not wait for another; returns when
    /// it is over, or after `patience`: then it goes on by itself.
    pub async fn hurry(&self, id: i64, patience: Duration) {
        let until = Instant::now() + patience;
        let mut taken = false;
        while Instant::now() < until && !self.ending.is_cancelled() {
            let Ok(run) = find(self.db.read(), id).await else { return };
            if !run.state.is_open() || (taken && run.state != State::Running) {
                return;
            }
            match self.take(&run).await {
                Ok(Some(turn)) => {
                    taken = true;
                    // On its own: whoever stops waiting leaves it to go on.
                    let working = self.hurried.spawn(self.clone().turn(turn, self.ending.child_token()));
                    let _ = tokio::time::timeout_at(until, working).await;
                }
                Ok(None) => tokio::time::sleep(WATCH).await,
                Err(error) => {
                    tracing::warn!(run = id, %error, "a run could not be taken at once");
                    return;
                }
            }
        }
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
        let accounts: Vec<String> = self.registry.all().iter().map(|live| live.account.id.to_string()).collect();
        if accounts.is_empty() {
            return Ok(taken);
        }
        // Looking needs no write lock, and mostly there is nothing. Of each lane the first alone: those that have to wait
        // for it must not stand in the way of other accounts.
        let kinds: Vec<_> = self.kinds.keys().map(|kind| format!("'{}'", kind.word())).collect();
        // `+ 0`: those that are due are few, those of an account many.
        let others = LANE.replace("kind", "o.kind");
        let due = format!(
            "SELECT MIN(id) AS id FROM runs WHERE state IN ('queued', 'running', 'waiting') AND wake_at <= $1 \
             AND (state <> 'running' OR lease_until < $1) AND kind IN ({}) AND account_id + 0 IN ({}) \
             AND NOT EXISTS (SELECT 1 FROM runs o WHERE o.account_id = runs.account_id AND {others} = {} \
             AND o.state = 'running' AND o.id <> runs.id) \
             GROUP BY account_id, {LANE} ORDER BY MIN(wake_at), MIN(id) LIMIT 32",
            kinds.join(", "),
            accounts.join(", "),
            LANE.replace("kind", "runs.kind"),
        );
        let on = self.db.read();
        for row in on.query_all_raw(db::statement(on, &due, [now_ms().into()])).await? {
            if taken.len() == limit {
                break;
            }
            let run = find(on, row.try_get("", "id")?).await?;
            taken.extend(self.take(&run).await?);
        }
        Ok(taken)
    }

    /// Takes `run`, unless it is not due, somebody has it, or another of its lane works.
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
        let lane = LANE.replace("kind", "$3");
        let other = format!(
            "SELECT 1 AS one FROM runs WHERE account_id = $1 AND state = 'running' AND id <> $2 AND {LANE} = {lane}"
        );
        let values = [run.account_id.into(), run.id.into(), run.kind.word().into()];
        if self.db.read().query_one_raw(db::statement(self.db.read(), &other, values)).await?.is_some() {
            return Ok(None);
        }
        let holder = format!("{:032x}", rand::random::<u128>());
        let tx = self.db.begin_write().await?;
        if run.state != State::Running {
            match machine::step::<Self>(&*tx, run.id, Event::Start, Who::Clock, &Actor::system(), "").await {
                Ok(_) => {}
                // Somebody was faster with this one, or with another of its lane.
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
                let failures = find(self.db.read(), id).await.map_or(0, |run| run.failures) + 1;
                tracing::warn!(run = id, %error, failures, "a run failed");
                after_failure(&error, failures)
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
        let broken = i64::from(problem == Some(BROKEN));
        const SQL: &str = "UPDATE runs SET wake_at = $1, problem = $2, detail = $3, failures = failures + $5, \
                           version = version + 1 WHERE id = $4";
        db::execute(&*tx, SQL, [wake_at.into(), problem.into(), detail.into(), id.into(), broken.into()]).await?;
        if matches!(event, Event::Finish | Event::FinishPartly) {
            end(&tx, id).await?;
        }
        tracing::info!(run = id, event = event.word(), problem = why, "a run came to a stop");
        tx.commit().await
    }

    /// Takes away what ended long ago, in small steps.
    async fn sweep(&self) {
        if let Err(error) = self.sweep_all(now_ms()).await {
            tracing::warn!(%error, "old runs could not be taken away");
        }
    }

    async fn sweep_all(&self, now: i64) -> Result<()> {
        // What begins by itself each minute and found nothing to tell of goes sooner, and so does what WeChat refused to it.
        let old = format!(
            "SELECT id FROM runs WHERE (state IN ('done', 'partly', 'cancelled') AND (ended_at < $1 \
             OR (ended_at < $2 AND kind = 'sync_recent' AND state = 'done'))) \
             OR (state = 'failed' AND ((created_at < $1 AND taken_at < $1) \
             OR (created_at < $2 AND taken_at < $2 AND kind = 'sync_recent'))) ORDER BY id LIMIT {SWEPT}"
        );
        let on = self.db.read();
        loop {
            let values = [(now - KEPT_MS).into(), (now - BRIEFLY_MS).into()];
            let rows = on.query_all_raw(db::statement(on, &old, values)).await?;
            for row in &rows {
                let id: i64 = row.try_get("", "id")?;
                let mut number = SWEPT;
                while number < LINES {
                    let sql = "DELETE FROM run_lines WHERE run_id = $1 AND number <= $2";
                    if self.db.execute(sql, [id.into(), number.into()]).await? == 0 {
                        break;
                    }
                    number += SWEPT;
                }
                self.db.execute("DELETE FROM runs WHERE id = $1", [id.into()]).await?;
            }
            if rows.len() < SWEPT as usize {
                return Ok(());
            }
        }
    }
}

/// The key of what failed here and is tried again.
const BROKEN: &str = "runs.broken";

/// How a run goes on after the database or this program failed, for the n-th time at the same place.
fn after_failure(error: &Error, failures: i64) -> Ended {
    let passes = !matches!(error, Error::Invalid(_) | Error::NotFound | Error::Forbidden(_) | Error::NotNow(_));
    if !passes || failures >= FAILURES {
        return Ended::Fail { problem: "runs.gave_up", detail: None };
    }
    let rest = (AFTER_FAILURE_MS << (failures - 1).clamp(0, 10)).min(LONGEST_REST_MS);
    Ended::Rest { until: now_ms() + rest, problem: BROKEN, detail: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_failing_is_tried_less_and_less_and_then_given_to_a_person() {
        let mut rests = Vec::new();
        for failures in 1.. {
            match after_failure(&Error::Busy, failures) {
                Ended::Rest { until, .. } => rests.push((until - now_ms() + 500) / 1_000),
                Ended::Fail { problem, .. } => {
                    assert_eq!(problem, "runs.gave_up");
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(rests, [10, 20, 40, 80, 160, 320, 600]);
        for hopeless in [Error::NotFound, Error::field("ids", "followers.nobody_chosen")] {
            assert!(matches!(after_failure(&hopeless, 1), Ended::Fail { .. }));
        }
    }
}
