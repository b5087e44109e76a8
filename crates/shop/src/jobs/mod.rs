//! The outbox: what must happen after a commit is a row written in the same transaction. Jobs retry with back-off and
//! then lie in a dead-letter list, from which they can be sent again.

mod dead;
mod runner;

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    dead::{DeadJob, dead, retry},
    runner::{Handler, Outcome, run},
};
use crate::{
    Result,
    db::{self, Db, now_ms},
};

/// Attempts before a job is dead.
pub const MAX_ATTEMPTS: i32 = 8;

/// Enqueues one: kind, key, payload, due time, now.
pub(crate) const PUSH: &str = "INSERT INTO jobs (kind, key, payload, state, attempts, run_at, created_at) \
                               VALUES ($1, $2, $3, 'queued', 0, $4, $5) ON CONFLICT (key) DO NOTHING";

/// A job as it waits or runs.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Job {
    /// Row number.
    pub id: i64,
    /// Which handler takes it.
    pub kind: String,
    /// JSON of what the handler needs.
    pub payload: String,
    /// Attempts begun, this one included.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

impl Job {
    /// The payload as the handler's own type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.payload)
    }
}

/// Enqueues a job in the transaction `tx`, due at `run_at` (Unix ms). With a `key`, a second one of that key is dropped
/// while the first waits.
pub(crate) async fn push<C: ConnectionTrait>(
    tx: &C,
    kind: &str,
    key: Option<&str>,
    payload: &impl Serialize,
    run_at: i64,
) -> Result<()> {
    let payload = serde_json::to_string(payload).expect("a job's payload is plain data");
    db::execute(tx, PUSH, [kind.into(), key.into(), payload.into(), run_at.into(), now_ms().into()]).await?;
    Ok(())
}

/// Takes the waiting job of `key` away, in the transaction `tx`. False when there was none.
pub(crate) async fn take_away<C: ConnectionTrait>(tx: &C, key: &str) -> Result<bool> {
    Ok(db::execute(tx, "DELETE FROM jobs WHERE key = $1", [key.into()]).await? == 1)
}

/// How many jobs wait and how many are dead.
pub async fn counts(db: &Db) -> Result<(i64, i64)> {
    let sql = "SELECT COALESCE(SUM(CASE WHEN state = 'queued' THEN 1 ELSE 0 END), 0) AS queued, \
               COALESCE(SUM(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) AS dead FROM jobs";
    let row = db.read().query_one_raw(db::statement(db.read(), sql, [])).await?;
    let Some(row) = row else { return Ok((0, 0)) };
    Ok((row.try_get("", "queued")?, row.try_get("", "dead")?))
}
