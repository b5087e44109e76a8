//! What is kept and for how long, and what waits for whom.

use std::time::Duration;

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::Webhooks;
use crate::{
    Result,
    db::{self, now_ms},
};

const DAY_MS: i64 = 24 * 3_600_000;
/// How long what was delivered is kept.
pub const DELIVERED_DAYS: i64 = 7;
/// How long what failed or was cancelled is kept.
pub const FAILED_DAYS: i64 = 30;
/// How long a delivery waits for a paused endpoint.
pub const WAITS_DAYS: i64 = 7;
/// Deliveries of an account that may wait.
pub const MOST_WAITING: i64 = 200_000;
/// Rows removed or moved in one step.
const STEP: u32 = 500;
/// Between two steps, so that the database is left to others.
const BREATH: Duration = Duration::from_millis(50);

impl Webhooks {
    /// Looks after everything once.
    ///
    /// # Errors
    /// When the database does not answer; what was done is done.
    pub(super) async fn keep(&self) -> Result<()> {
        let now = now_ms();
        let sql = "UPDATE webhooks SET previous_secret = NULL, previous_until = NULL WHERE previous_until <= $1";
        self.db().execute(sql, [now.into()]).await?;
        self.unpark().await?;
        self.cancel_leftovers(now).await?;
        let mut waiting = 0;
        for account in self.accounts().await? {
            waiting += self.cancel_the_newest(account).await?;
            for (state, days) in [("delivered", DELIVERED_DAYS), ("failed", FAILED_DAYS), ("cancelled", FAILED_DAYS)] {
                while self.sweep(account, state, now - days * DAY_MS).await? == u64::from(STEP) {
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        metrics::gauge!("puzi_webhooks_waiting").set(waiting as f64);
        Ok(())
    }

    /// The accounts that have or had endpoints.
    async fn accounts(&self) -> Result<Vec<i64>> {
        let sql = "SELECT DISTINCT account_id FROM webhooks ORDER BY account_id";
        let rows = self.db().read().query_all_raw(db::statement(self.db().read(), sql, [])).await?;
        rows.iter().map(|row| Ok(row.try_get("", "account_id")?)).collect()
    }

    /// What waited for an endpoint that was resumed is due.
    async fn unpark(&self) -> Result<()> {
        const PARKED: &str = "SELECT id FROM webhooks WHERE state <> 'paused' AND deleted_at IS NULL \
                              AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = webhooks.id \
                              AND d.state = 'waiting' AND d.next_at IS NULL)";
        for webhook in self.ids(PARKED).await? {
            loop {
                let tx = self.db().begin_write().await?;
                let moved = unpark(&*tx, webhook).await?;
                tx.commit().await?;
                if moved < u64::from(STEP) {
                    break;
                }
                tokio::time::sleep(BREATH).await;
            }
        }
        Ok(())
    }

    /// What waits for a deleted endpoint, and what has waited too long for a paused one.
    async fn cancel_leftovers(&self, now: i64) -> Result<()> {
        const DELETED: &str = "SELECT id FROM webhooks WHERE deleted_at IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries d \
                               WHERE d.webhook_id = webhooks.id AND d.state = 'waiting' AND d.next_at IS NULL)";
        const PAUSED: &str = "SELECT id FROM webhooks WHERE deleted_at IS NULL AND state = 'paused'";
        for (which, why, before) in [(DELETED, "deleted", i64::MAX), (PAUSED, "waited", now - WAITS_DAYS * DAY_MS)] {
            for webhook in self.ids(which).await? {
                loop {
                    let tx = self.db().begin_write().await?;
                    let cancelled = cancel(&*tx, webhook, why, before, STEP).await?;
                    tx.commit().await?;
                    if cancelled < u64::from(STEP) {
                        break;
                    }
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        Ok(())
    }

    /// Cancels the newest of those beyond [`MOST_WAITING`], and gives how many wait.
    async fn cancel_the_newest(&self, account: i64) -> Result<i64> {
        let rows = "SELECT 1 AS one FROM deliveries WHERE account_id = $1 AND state = 'waiting'";
        let sql = format!("SELECT COUNT(*) AS n FROM ({rows} LIMIT {}) AS bounded", 2 * MOST_WAITING);
        let row = self.db().read().query_one_raw(db::statement(self.db().read(), &sql, [account.into()])).await?;
        let waiting: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0);
        let mut beyond = waiting - MOST_WAITING;
        while beyond > 0 {
            let sql = format!(
                "UPDATE deliveries SET state = 'cancelled', next_at = NULL, last_error = 'full', done_at = $1 \
                 WHERE state = 'waiting' AND id IN (SELECT id FROM deliveries WHERE account_id = $2 \
                 AND state = 'waiting' ORDER BY created_at DESC, id DESC LIMIT {})",
                beyond.min(i64::from(STEP))
            );
            let cancelled = self.db().execute(&sql, [now_ms().into(), account.into()]).await?;
            if cancelled == 0 {
                break;
            }
            beyond -= i64::try_from(cancelled).unwrap_or(beyond);
            tokio::time::sleep(BREATH).await;
        }
        Ok(waiting.min(MOST_WAITING))
    }

    /// Removes the oldest deliveries of a state that ended before `before` (Unix ms), with their attempts. What waited for
    /// days for its endpoint is kept from its end on, too.
    async fn sweep(&self, account: i64, state: &str, before: i64) -> Result<u64> {
        let sql = format!(
            "SELECT id FROM deliveries WHERE account_id = $1 AND state = $2 AND created_at < $3 \
             AND COALESCE(done_at, created_at) < $4 ORDER BY created_at, id LIMIT {STEP}"
        );
        let values = [account.into(), state.into(), before.into(), before.into()];
        let rows = self.db().read().query_all_raw(db::statement(self.db().read(), &sql, values)).await?;
        let ids = rows.iter().map(|row| Ok(row.try_get::<i64>("", "id")?.to_string())).collect::<Result<Vec<_>>>()?;
        if ids.is_empty() {
            return Ok(0);
        }
        let ids = ids.join(", ");
        let tx = self.db().begin_write().await?;
        db::execute(&*tx, &format!("DELETE FROM delivery_attempts WHERE delivery_id IN ({ids})"), []).await?;
        let removed = db::execute(&*tx, &format!("DELETE FROM deliveries WHERE id IN ({ids})"), []).await?;
        tx.commit().await?;
        Ok(removed)
    }

    async fn ids(&self, sql: &str) -> Result<Vec<i64>> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
        }
        let rows = Row::find_by_statement(db::statement(self.db().read(), sql, [])).all(self.db().read()).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}

/// Cancels at most `most` deliveries that wait for an endpoint, or whose sender died, and that came before `before` (Unix ms).
pub(super) async fn cancel<C: ConnectionTrait>(tx: &C, webhook: i64, why: &str, before: i64, most: u32) -> Result<u64> {
    // What is being sent has its lease in `next_at`: over, nobody sends it any more.
    const OPEN: &str = "(state = 'waiting' OR (state = 'sending' AND next_at <= $2))";
    let sql = format!(
        "UPDATE deliveries SET state = 'cancelled', next_at = NULL, last_error = $1, done_at = $2 \
         WHERE {OPEN} AND id IN (SELECT id FROM deliveries WHERE webhook_id = $3 AND {OPEN} \
         AND created_at < $4 ORDER BY created_at LIMIT {most})"
    );
    db::execute(tx, &sql, [why.into(), now_ms().into(), webhook.into(), before.into()]).await
}

/// Takes at most `most` deliveries of a paused endpoint out of what is due.
pub(super) async fn park<C: ConnectionTrait>(tx: &C, webhook: i64, most: u32) -> Result<u64> {
    let sql = format!(
        "UPDATE deliveries SET next_at = NULL, state = 'waiting' WHERE id IN (SELECT id FROM deliveries \
         WHERE webhook_id = $1 AND next_at <= $2 ORDER BY next_at LIMIT {most})"
    );
    db::execute(tx, &sql, [webhook.into(), now_ms().into()]).await
}

/// Makes some of what waits for an endpoint that was resumed due: the others follow.
pub(super) async fn unpark<C: ConnectionTrait>(tx: &C, webhook: i64) -> Result<u64> {
    let sql = format!(
        "UPDATE deliveries SET next_at = $1 WHERE id IN (SELECT id FROM deliveries \
         WHERE webhook_id = $2 AND state = 'waiting' AND next_at IS NULL ORDER BY id LIMIT {STEP})"
    );
    db::execute(tx, &sql, [now_ms().into(), webhook.into()]).await
}
