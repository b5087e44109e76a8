//! The dead letters: jobs that failed for good, and sending them again.

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use crate::{
    Error, Result,
    accounts::reach_of,
    audit::{self, Actor, Entry},
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

/// Puts a dead job back into the queue; see [`retry_in`].
///
/// # Errors
/// [`Error::NotFound`] when no dead job has this number.
pub async fn retry(db: &Db, by: &Actor, id: i64) -> Result<()> {
    let tx = db.begin_write().await?;
    retry_in(&*tx, by, id).await?;
    tx.commit().await
}

/// Puts a dead job back into the queue, in the transaction `tx`: due now, with all its attempts before it. One that died
/// while it was sending may then tell somebody twice: `by`, whom the audit log names, decides.
///
/// # Errors
/// [`Error::NotFound`] when no dead job has this number, or it works for an account that `by` does not see.
pub async fn retry_in<C: ConnectionTrait>(tx: &C, by: &Actor, id: i64) -> Result<()> {
    let reach = reach_of(tx, by).await?;
    let mut values = vec![now_ms().into(), id.into()];
    let seen = reach.sql("account_id", &mut values);
    let sql = format!(
        "UPDATE jobs SET state = 'queued', attempts = 0, run_at = $1 WHERE id = $2 AND state = 'dead'{seen} \
         RETURNING account_id"
    );
    let row = tx.query_one_raw(db::statement(tx, &sql, values)).await?.ok_or(Error::NotFound)?;
    let account: Option<i64> = row.try_get("", "account_id")?;
    let entry = Entry::new(by, "jobs.retry", "jobs", id).of_account(account);
    audit::record(tx, &entry.before(json!({ "state": "dead" })).after(json!({ "state": "queued" }))).await
}
