//! What is kept of notices and for how long, and those that lost their job.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio_util::sync::CancellationToken;

use super::{Notices, entity::notice, send};
use crate::{Result, accounts::settings::NOTICES_DAYS, db::now_ms, jobs, leases};

const DAY_MS: i64 = 24 * 3_600_000;
/// How often is looked for what is due.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// How long the lease holds: longer than the look takes.
const HOLD: Duration = Duration::from_secs(10 * 60);
/// The name of the lease.
const LEASE: &str = "notices";
/// Rows in one step.
const STEP: u64 = 2_000;
/// Between two steps, so that the database is left to others.
const BREATH: Duration = Duration::from_millis(50);
/// Longer than a job is held by a process that died: a notice on its way without a job then has lost it, ms.
const LOST_MS: i64 = 10 * 60_000;
/// Results that no notice asked for go after this, ms.
const RESULTS_MS: i64 = 3 * DAY_MS;

impl Notices {
    /// Looks after what is kept until `stop`.
    pub(super) async fn keep(&self, stop: CancellationToken) {
        let holder = leases::holder();
        while tokio::time::timeout(EVERY, stop.cancelled()).await.is_err() {
            if let Err(error) = self.look_after(&holder, &stop).await {
                tracing::warn!(%error, "notices could not be looked after, trying again");
            }
        }
        let _ = leases::give_up(&self.db, LEASE, &holder).await;
    }

    async fn look_after(&self, holder: &str, stop: &CancellationToken) -> Result<()> {
        if !leases::take(&self.db, LEASE, holder, HOLD).await? {
            return Ok(());
        }
        self.find_lost(now_ms()).await?;
        self.ask_blocked().await?;
        let sql = "DELETE FROM notice_results WHERE at < $1";
        self.db.execute(sql, [(now_ms() - RESULTS_MS).into()]).await?;
        for live in self.registry.all() {
            let before = now_ms() - live.settings.number(NOTICES_DAYS).max(1) * DAY_MS;
            while !stop.is_cancelled() && self.sweep(live.account.id, before).await? == STEP {
                tokio::time::sleep(BREATH).await;
            }
        }
        Ok(())
    }

    /// Notices on their way that no job carries any more: the process died between two notes, or the database was away.
    pub(super) async fn find_lost(&self, now: i64) -> Result<()> {
        let mut after = 0;
        loop {
            let some = notice::Entity::find()
                .filter(notice::Column::State.is_in(["queued", "sending"]))
                .filter(notice::Column::Id.gt(after))
                .order_by_asc(notice::Column::Id)
                .limit(100)
                .all(self.db.read())
                .await?;
            let Some(last) = some.last() else { return Ok(()) };
            after = last.id;
            let keys: Vec<String> = some.iter().map(|one| send::key(one.id)).collect();
            let carried = jobs::alive(self.db.read(), &keys).await?;
            for (one, key) in some.iter().zip(&keys) {
                let since = one.doubt_at.unwrap_or(one.queued_at).max(one.queued_at);
                if since < now - LOST_MS && !carried.contains(key) {
                    self.take_up(one).await?;
                }
            }
        }
    }

    /// Removes the oldest notices of an account that were queued before `before` (Unix ms), at most some, and gives how
    /// many went. Numbers grow with time: only the oldest are looked at.
    pub(super) async fn sweep(&self, account: i64, before: i64) -> Result<u64> {
        let sql = format!(
            "DELETE FROM notices WHERE id IN (SELECT id FROM (SELECT id, created_at, state FROM notices \
             WHERE account_id = $1 ORDER BY id LIMIT {STEP}) AS oldest \
             WHERE created_at < $2 AND state NOT IN ('queued', 'sending'))"
        );
        self.db.execute(&sql, [account.into(), before.into()]).await
    }
}
