//! The dead letters: jobs that failed for good, and sending them again.

use sea_orm::FromQueryResult;

use crate::{
    Error, Result,
    db::{self, Db, now_ms},
};

/// A job that failed for good.
#[derive(Debug, Clone, FromQueryResult)]
pub struct DeadJob {
    /// Row number.
    pub id: i64,
    /// What it was to do.
    pub kind: String,
    /// JSON of what it needed.
    pub payload: String,
    /// Attempts made.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Unix ms.
    pub created_at: i64,
}

/// The dead jobs, the newest first, at most `limit`.
pub async fn dead(db: &Db, limit: u32) -> Result<Vec<DeadJob>> {
    let sql = format!(
        "SELECT id, kind, payload, attempts, last_error, created_at FROM jobs WHERE state = 'dead' \
         ORDER BY id DESC LIMIT {limit}"
    );
    Ok(DeadJob::find_by_statement(db::statement(db.read(), &sql, [])).all(db.read()).await?)
}

/// Puts a dead job back into the queue, due now, with all its attempts before it.
///
/// # Errors
/// [`Error::NotFound`] when no dead job has this number.
pub async fn retry(db: &Db, id: i64) -> Result<()> {
    const SQL: &str = "UPDATE jobs SET state = 'queued', attempts = 0, run_at = $1 WHERE id = $2 AND state = 'dead'";
    match db.execute(SQL, [now_ms().into(), id.into()]).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::jobs::{Handler, Job, Outcome, counts, push, run};

    async fn until(db: &Db, expected: (i64, i64)) {
        for _ in 0..200 {
            if counts(db).await.unwrap() == expected {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{:?} instead of {expected:?}", counts(db).await.unwrap());
    }

    #[tokio::test]
    async fn a_dead_job_is_listed_and_can_be_sent_again() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("jobs.db")).await.unwrap();
        db.migrate().await.unwrap();
        let tx = db.begin_write().await.unwrap();
        push(&*tx, "greet", Some("greet/1"), &"小明", now_ms()).await.unwrap();
        tx.commit().await.unwrap();

        let works = Arc::new(AtomicBool::new(false));
        let seen = works.clone();
        let handler: Handler = Arc::new(move |_: Job| {
            let works = seen.load(Ordering::Relaxed);
            Box::pin(async move { if works { Outcome::Done } else { Outcome::Dead("nobody is there".into()) } })
        });
        let stop = CancellationToken::new();
        let running = tokio::spawn(run(db.clone(), handler, stop.clone()));
        until(&db, (0, 1)).await;
        let list = dead(&db, 10).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].kind.as_str(), list[0].payload.as_str()), ("greet", "\"小明\""));
        assert_eq!(list[0].last_error.as_deref(), Some("nobody is there"));

        works.store(true, Ordering::Relaxed);
        retry(&db, list[0].id).await.unwrap();
        until(&db, (0, 0)).await;
        assert!(matches!(retry(&db, list[0].id).await, Err(Error::NotFound)));
        stop.cancel();
        running.await.unwrap();
    }
}
