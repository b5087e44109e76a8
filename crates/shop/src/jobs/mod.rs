//! The outbox: what must happen after a commit is a row written in the same transaction. Jobs retry with back-off and
//! then lie in a dead-letter list, from which they can be sent again.
//!
//! A job may run twice: its process may die, or lose its lease. What must not happen twice is guarded in one of two
//! ways. What the database does is done in the transaction that takes the row away (`take`). What somebody else is
//! told is told after the row says so (`begin_sending`); a job that is found so when its process died is dead.

mod dead;
pub mod entity;
mod kinds;
mod runner;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    dead::{DeadJob, dead, retry, retry_in},
    kinds::{KINDS, Kinds},
    runner::{Handler, Outcome, run, run_only},
};
use crate::{
    Result,
    accounts::Reach,
    db::{self, Db, now_ms},
};

/// Attempts before a job is dead.
pub const MAX_ATTEMPTS: i32 = 8;

/// A job taken but not finished within this time (the process died) is due again.
const LEASE_MS: i64 = 120_000;

/// Why a job is dead whose process died while it told somebody else.
const NOBODY_KNOWS: &str = "the process ended while it was sending: sent or not, nobody knows";

/// Enqueues one: kind, key, payload, due time, now, account.
pub(crate) const PUSH: &str = "INSERT INTO jobs (kind, key, payload, state, attempts, run_at, created_at, account_id) \
                               VALUES ($1, $2, $3, 'queued', 0, $4, $5, $6) ON CONFLICT (key) DO NOTHING";

/// A job as it waits or runs.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Job {
    /// Row number.
    pub id: i64,
    /// Which handler takes it.
    pub kind: String,
    /// JSON of what the handler needs.
    pub payload: String,
    /// Attempts begun, this one included. It also tells this attempt from a later one, after the lease was lost.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// The account it works for, if it works for one.
    pub account_id: Option<i64>,
    /// `queued`, or `sending` when the last attempt ended there.
    state: String,
}

impl Job {
    /// The payload as the handler's own type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.payload)
    }

    /// The process that ran it died between `begin_sending` and the outcome. The handler may note that; whatever it
    /// answers, the job is dead.
    pub fn is_interrupted(&self) -> bool {
        self.state == "sending"
    }
}

/// Enqueues a job in the transaction `tx`, due at `run_at` (Unix ms). With a `key`, a second one of that key is dropped
/// while the first waits. Who sees the `account` sees the job, should it fail for good; one without an account is seen by
/// those alone who see all.
pub(crate) async fn push_of<C: ConnectionTrait>(
    tx: &C,
    account: Option<i64>,
    kind: &str,
    key: Option<&str>,
    payload: &impl Serialize,
    run_at: i64,
) -> Result<()> {
    // This crate's own tests make kinds up.
    debug_assert!(cfg!(test) || KINDS.contains(&kind), "{kind} is missing among the kinds of jobs");
    let payload = serde_json::to_string(payload).expect("a job's payload is plain data");
    let values = [kind.into(), key.into(), payload.into(), run_at.into(), now_ms().into(), account.into()];
    db::execute(tx, PUSH, values).await?;
    Ok(())
}

/// Which of `keys` have a job that waits or runs; a dead one has given its key up.
pub(crate) async fn alive<C: ConnectionTrait>(on: &C, keys: &[String]) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for some in keys.chunks(100) {
        let mut sql = String::from("SELECT key FROM jobs WHERE key IN ");
        db::push_rows(&mut sql, 1, some.len());
        let rows = on.query_all_raw(db::statement(on, &sql, some.iter().map(|key| key.as_str().into()))).await?;
        for row in rows {
            found.insert(row.try_get("", "key")?);
        }
    }
    Ok(found)
}

/// Takes the job of `key` away, in the transaction `tx`, also while it runs. False when there was none.
pub(crate) async fn take_away<C: ConnectionTrait>(tx: &C, key: &str) -> Result<bool> {
    Ok(db::execute(tx, "DELETE FROM jobs WHERE key = $1", [key.into()]).await? == 1)
}

/// Takes the running `job` away, in the transaction `tx` that does what it was for. False when somebody took it away
/// before, or runs it too: then it is theirs, and the transaction is to be dropped.
pub(crate) async fn take<C: ConnectionTrait>(tx: &C, job: &Job) -> Result<bool> {
    const SQL: &str = "DELETE FROM jobs WHERE id = $1 AND attempts = $2";
    Ok(db::execute(tx, SQL, [job.id.into(), job.attempts.into()]).await? == 1)
}

/// Keeps the running `job` for this attempt for another while, in the transaction `tx` of a step of its work. False when
/// somebody else runs it, or took it away: then the transaction is to be dropped, and nothing more done.
pub(crate) async fn hold<C: ConnectionTrait>(tx: &C, job: &Job) -> Result<bool> {
    const SQL: &str = "UPDATE jobs SET run_at = $1 WHERE id = $2 AND attempts = $3";
    let values = [(now_ms() + LEASE_MS).into(), job.id.into(), job.attempts.into()];
    Ok(db::execute(tx, SQL, values).await? == 1)
}

/// Notes that `job` now does what must not be done twice: if the process dies before the outcome is stored, the job is
/// dead. False when the job is not this attempt's any more: then it must not be done.
pub(crate) async fn begin_sending(db: &Db, job: &Job) -> Result<bool> {
    const SQL: &str =
        "UPDATE jobs SET state = 'sending', run_at = $1 WHERE id = $2 AND attempts = $3 AND state = 'queued'";
    let values = [(now_ms() + LEASE_MS).into(), job.id.into(), job.attempts.into()];
    Ok(db.execute(SQL, values).await? == 1)
}

/// How many jobs wait or run and how many are dead.
pub async fn counts(db: &Db) -> Result<(i64, i64)> {
    counts_of(db, &Reach::All).await
}

/// The same of the jobs that work for the accounts within `reach`.
pub async fn counts_of(db: &Db, reach: &Reach) -> Result<(i64, i64)> {
    let mut values = Vec::new();
    let seen = reach.sql("account_id", &mut values);
    let sql = format!(
        "SELECT COALESCE(SUM(CASE WHEN state = 'dead' THEN 0 ELSE 1 END), 0) AS queued, \
         COALESCE(SUM(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) AS dead FROM jobs WHERE 1 = 1{seen}"
    );
    let row = db.read().query_one_raw(db::statement(db.read(), &sql, values)).await?;
    let Some(row) = row else { return Ok((0, 0)) };
    Ok((row.try_get("", "queued")?, row.try_get("", "dead")?))
}
