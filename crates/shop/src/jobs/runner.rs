//! Takes due jobs and hands them to their handler.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Job, LEASE_MS, MAX_ATTEMPTS, NOBODY_KNOWS};
use crate::{
    Result,
    db::{self, Db, now_ms},
};

/// How many jobs run at once.
pub(super) const AT_ONCE: usize = 16;
/// How often a runner looks whether something is due.
const LOOK: Duration = Duration::from_millis(500);

/// What a handler made of a job.
#[derive(Debug)]
pub enum Outcome {
    /// Done, or no longer needed: the row goes.
    Done,
    /// Not now, and nothing was done that must not be done twice: tried again with back-off until [`MAX_ATTEMPTS`].
    Retry(String),
    /// It can never work: straight to the dead letters.
    Dead(String),
}

/// Does a job. One that panics has failed this attempt.
pub type Handler = Arc<dyn Fn(Job) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// Runs due jobs until `stop`, some at once: a slow one holds up nobody until all places are taken by such. Jobs that
/// began are finished.
pub async fn run(db: Db, handler: Handler, stop: CancellationToken) {
    run_kinds(db, None, handler, stop).await;
}

/// The same for jobs of these kinds alone: so a command that waits for its own work does it in its own process, and
/// leaves to the server what is the server's.
pub async fn run_only(db: Db, kinds: &[&str], handler: Handler, stop: CancellationToken) {
    run_kinds(db, Some(kinds), handler, stop).await;
}

async fn run_kinds(db: Db, kinds: Option<&[&str]>, handler: Handler, stop: CancellationToken) {
    let mut running = JoinSet::new();
    while !stop.is_cancelled() {
        while running.try_join_next().is_some() {}
        let taken = match take_due(&db, kinds, now_ms(), AT_ONCE - running.len()).await {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::warn!(%error, "jobs could not be read");
                Vec::new()
            }
        };
        for job in taken {
            running.spawn(work(db.clone(), handler.clone(), job));
        }
        // Until a place is free, something may have become due, or the end.
        tokio::select! {
            () = stop.cancelled() => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    while running.join_next().await.is_some() {}
}

async fn take_due(db: &Db, kinds: Option<&[&str]>, now: i64, limit: usize) -> Result<Vec<Job>> {
    if limit == 0 || kinds.is_some_and(<[_]>::is_empty) {
        return Ok(Vec::new());
    }
    let (only, named) = of_kinds(kinds);
    let values: Vec<_> = std::iter::once(now.into()).chain(named).collect();
    // Looking needs no write lock, and mostly there is nothing.
    let due = format!("SELECT id FROM jobs WHERE state IN ('queued', 'sending') AND run_at <= $1{only} LIMIT 1");
    if db.read().query_one_raw(db::statement(db.read(), &due, values.clone())).await?.is_none() {
        return Ok(Vec::new());
    }
    let skip_locked = if db.is_sqlite() { "" } else { "FOR UPDATE SKIP LOCKED" };
    let sql = format!(
        "UPDATE jobs SET run_at = $1 + {LEASE_MS}, attempts = attempts + 1 WHERE id IN \
         (SELECT id FROM jobs WHERE state IN ('queued', 'sending') AND run_at <= $1{only} ORDER BY run_at LIMIT {limit} \
         {skip_locked}) RETURNING id, kind, payload, attempts, last_error, account_id, state"
    );
    let tx = db.begin_write().await?;
    let jobs = Job::find_by_statement(db::statement(&*tx, &sql, values)).all(&*tx).await?;
    tx.commit().await?;
    Ok(jobs)
}

/// The condition that leaves these kinds alone, its values from `$2` on.
fn of_kinds(kinds: Option<&[&str]>) -> (String, Vec<Value>) {
    let Some(kinds) = kinds else { return (String::new(), Vec::new()) };
    let places: Vec<_> = (2..2 + kinds.len()).map(|n| format!("${n}")).collect();
    (format!(" AND kind IN ({})", places.join(", ")), kinds.iter().map(|kind| Value::from(*kind)).collect())
}

async fn work(db: Db, handler: Handler, job: Job) {
    let outcome = AssertUnwindSafe(async { handler(job.clone()).await }).catch_unwind().await;
    let stored = match outcome {
        _ if job.is_interrupted() => bury(&db, &job, NOBODY_KNOWS).await,
        Ok(Outcome::Done) => {
            const SQL: &str = "DELETE FROM jobs WHERE id = $1 AND attempts = $2";
            db.execute(SQL, [job.id.into(), job.attempts.into()]).await.map(|_| ())
        }
        Ok(Outcome::Retry(error)) if job.attempts < MAX_ATTEMPTS => {
            const SQL: &str = "UPDATE jobs SET state = 'queued', run_at = $1, last_error = $2 \
                               WHERE id = $3 AND attempts = $4";
            try_again(&db, &job, SQL, &error).await
        }
        Ok(Outcome::Retry(error) | Outcome::Dead(error)) => bury(&db, &job, &error).await,
        Err(_) if job.attempts < MAX_ATTEMPTS => {
            tracing::error!(job = job.id, kind = job.kind, "a job panicked");
            // Its state stays: one that panicked while sending is found so, and dead.
            const SQL: &str = "UPDATE jobs SET run_at = $1, last_error = $2 WHERE id = $3 AND attempts = $4";
            try_again(&db, &job, SQL, "panicked").await
        }
        Err(_) => bury(&db, &job, "panicked").await,
    };
    if let Err(error) = stored {
        // The lease runs out and the job comes again: handlers must stand that.
        tracing::warn!(job = job.id, %error, "a job's outcome could not be stored");
    }
}

async fn try_again(db: &Db, job: &Job, sql: &str, error: &str) -> Result<()> {
    let at = now_ms() + back_off_ms(job.attempts);
    db.execute(sql, [at.into(), error.into(), job.id.into(), job.attempts.into()]).await?;
    Ok(())
}

async fn bury(db: &Db, job: &Job, error: &str) -> Result<()> {
    const SQL: &str = "UPDATE jobs SET state = 'dead', key = NULL, last_error = $1 WHERE id = $2 AND attempts = $3";
    tracing::warn!(job = job.id, kind = job.kind, error, "a job is dead");
    metrics::counter!("puzi_jobs_dead_total").increment(1);
    db.execute(SQL, [error.into(), job.id.into(), job.attempts.into()]).await?;
    Ok(())
}

/// 2 s, 4 s, 8 s … at most 10 minutes.
fn back_off_ms(attempts: i32) -> i64 {
    (1_000_i64 << attempts.clamp(0, 20)).min(600_000)
}
