//! Takes due jobs and hands them to their handler.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sea_orm::FromQueryResult;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Job, MAX_ATTEMPTS};
use crate::{
    Result,
    db::{self, Db, now_ms},
};

/// A job taken but not finished within this time (the process died) is due again.
const LEASE_MS: i64 = 120_000;
/// How many jobs one round takes.
const BATCH: i64 = 16;
/// How often an idle runner looks.
const IDLE: Duration = Duration::from_millis(500);

/// What a handler made of a job.
#[derive(Debug)]
pub enum Outcome {
    /// Done, or no longer needed: the row goes.
    Done,
    /// Not now: tried again with back-off until [`MAX_ATTEMPTS`].
    Retry(String),
    /// It can never work: straight to the dead letters.
    Dead(String),
}

/// Does a job.
pub type Handler = Arc<dyn Fn(Job) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// Runs due jobs until `stop`; jobs that began are finished.
pub async fn run(db: Db, handler: Handler, stop: CancellationToken) {
    let running = TaskTracker::new();
    while !stop.is_cancelled() {
        let taken = match take_due(&db, now_ms()).await {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::warn!(%error, "jobs could not be read");
                Vec::new()
            }
        };
        let idle = taken.is_empty();
        for job in taken {
            let (db, handler) = (db.clone(), handler.clone());
            running.spawn(async move { finish(&db, &job, handler(job.clone()).await).await });
        }
        // One round at a time: a slow receiver slows its own queue, not the memory.
        running.close();
        running.wait().await;
        running.reopen();
        if idle {
            let _ = tokio::time::timeout(IDLE, stop.cancelled()).await;
        }
    }
}

async fn take_due(db: &Db, now: i64) -> Result<Vec<Job>> {
    let skip_locked = if db.is_sqlite() { "" } else { "FOR UPDATE SKIP LOCKED" };
    let sql = format!(
        "UPDATE jobs SET run_at = $1, attempts = attempts + 1 WHERE id IN \
         (SELECT id FROM jobs WHERE state = 'queued' AND run_at <= $2 ORDER BY run_at LIMIT {BATCH} {skip_locked}) \
         RETURNING id, kind, payload, attempts, last_error"
    );
    let due = "SELECT id, kind, payload, attempts, last_error FROM jobs WHERE state = 'queued' AND run_at <= $1 LIMIT 1";
    // Looking needs no write lock, and mostly there is nothing.
    if Job::find_by_statement(db::statement(db.read(), due, [now.into()])).one(db.read()).await?.is_none() {
        return Ok(Vec::new());
    }
    let tx = db.begin_write().await?;
    let jobs = Job::find_by_statement(db::statement(&*tx, &sql, [(now + LEASE_MS).into(), now.into()])).all(&*tx).await?;
    tx.commit().await?;
    Ok(jobs)
}

async fn finish(db: &Db, job: &Job, outcome: Outcome) {
    let done = match outcome {
        Outcome::Done => db.execute("DELETE FROM jobs WHERE id = $1", [job.id.into()]).await,
        Outcome::Retry(error) if job.attempts < MAX_ATTEMPTS => {
            let sql = "UPDATE jobs SET run_at = $1, last_error = $2 WHERE id = $3";
            db.execute(sql, [(now_ms() + back_off_ms(job.attempts)).into(), error.into(), job.id.into()]).await
        }
        Outcome::Retry(error) | Outcome::Dead(error) => {
            tracing::warn!(job = job.id, kind = job.kind, error, "a job is dead");
            metrics::counter!("puzi_jobs_dead_total").increment(1);
            let sql = "UPDATE jobs SET state = 'dead', key = NULL, last_error = $1 WHERE id = $2";
            db.execute(sql, [error.into(), job.id.into()]).await
        }
    };
    if let Err(error) = done {
        // The lease runs out and the job comes again: handlers must stand that.
        tracing::warn!(job = job.id, %error, "a job's outcome could not be stored");
    }
}

/// 2 s, 4 s, 8 s … at most 10 minutes.
fn back_off_ms(attempts: i32) -> i64 {
    (1_000_i64 << attempts.clamp(0, 20)).min(600_000)
}
