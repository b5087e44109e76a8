//! Looking after what a dead process left, and forgetting lists that are no longer needed.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Value};
use tokio_util::sync::CancellationToken;

use super::{
    Ask, Broadcast, Broadcasts, FREEZE, PartState, STATE, State, find,
    freeze::forget_some,
    key, lock, part_key, parts_of, results,
    send::{push_begin, push_part, state_key},
};
use crate::{
    Result,
    db::{self, now_ms},
    jobs,
};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(60);
/// Nothing has moved for so long, ms: a job that is alive has moved it by then.
const STILL_MS: i64 = 5 * 60_000;
/// How long lists are kept after the end, ms: the month's count needs them.
const KEPT_MS: i64 = 35 * 86_400_000;
/// How long results are kept that belong to nothing of ours, ms.
const RESULTS_KEPT_MS: i64 = 7 * 86_400_000;

impl Broadcasts {
    /// Looks after everything until `stop`.
    pub(super) async fn keep(&self, stop: CancellationToken) {
        while tokio::time::timeout(LOOK, stop.cancelled()).await.is_err() {
            if let Err(error) = self.look_after().await {
                tracing::warn!(%error, "broadcasts could not be looked after");
            }
        }
    }

    /// One look: whatever has no job any more gets one, and what is old goes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn look_after(&self) -> Result<()> {
        const OPEN: &str =
            "SELECT id FROM broadcasts WHERE state IN ('freezing', 'approved', 'sending', 'stopping') ORDER BY id";
        for id in self.ids(OPEN, []).await? {
            self.rescue(id).await?;
        }
        self.forget().await
    }

    async fn ids(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<i64>> {
        let on = self.db.read();
        let mut ids = Vec::new();
        for row in on.query_all_raw(db::statement(on, sql, values)).await? {
            ids.push(row.try_get("", "id")?);
        }
        Ok(ids)
    }

    /// A job may be dead although what it was for is not: it failed too often, or somebody took it away.
    async fn rescue(&self, id: i64) -> Result<()> {
        let broadcast = find(self.db.read(), id).await?;
        let keys = keys_of(&broadcast, &parts_of(self.db.read(), id).await?);
        let wanted: Vec<String> = keys.iter().map(|(key, ..)| key.clone()).collect();
        let alive = jobs::alive(self.db.read(), &wanted).await?;
        if keys.iter().all(|(key, ..)| alive.contains(key)) && !keys.is_empty() {
            return Ok(());
        }
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, id).await?;
        const MOVED: &str = "SELECT updated_at AS n FROM broadcasts WHERE id = $1";
        let moved = db::one_number(&*tx, MOVED, [id.into()]).await?;
        if moved + STILL_MS > now_ms() {
            return Ok(());
        }
        let alive = jobs::alive(&*tx, &wanted).await?;
        for (key, kind, part) in keys_of(&broadcast, &parts_of(&*tx, id).await?) {
            if alive.contains(&key) {
                continue;
            }
            match (kind, part) {
                (Missing::Freeze, _) => {
                    let ask = Ask { id, round: 0 };
                    jobs::push_of(&*tx, Some(broadcast.account_id), FREEZE, Some(&key), &ask, now_ms()).await?;
                }
                (Missing::Begin, _) => push_begin(&*tx, &broadcast).await?,
                (Missing::Send, part) => push_part(&*tx, &broadcast, part, now_ms()).await?,
                (Missing::Ask, part) => {
                    let ask = Ask { id: part, round: 0 };
                    jobs::push_of(&*tx, Some(broadcast.account_id), STATE, Some(&key), &ask, now_ms()).await?;
                }
            }
        }
        results::finish(&*tx, &broadcast).await?;
        tx.commit().await
    }

    /// Takes old lists away, some thousand rows a step.
    async fn forget(&self) -> Result<()> {
        let before = now_ms() - KEPT_MS;
        const OLD: &str = "SELECT b.id FROM broadcasts b WHERE b.finished_at < $1 AND b.finished_at IS NOT NULL \
                           AND EXISTS (SELECT 1 FROM broadcast_recipients r WHERE r.broadcast_id = b.id) LIMIT 10";
        for id in self.ids(OLD, [before.into()]).await? {
            loop {
                let tx = self.db.begin_write().await?;
                let gone = forget_some(&tx, id).await?;
                tx.commit().await?;
                if gone == 0 {
                    break;
                }
                // The database is others', too.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.db.execute("DELETE FROM broadcast_given WHERE broadcast_id = $1", [id.into()]).await?;
        }
        const RESULTS: &str = "DELETE FROM mass_results WHERE at < $1";
        self.db.execute(RESULTS, [(now_ms() - RESULTS_KEPT_MS).into()]).await?;
        Ok(())
    }
}

/// Which job there has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Freeze,
    Begin,
    Send,
    Ask,
}

/// The jobs that there have to be: key, kind, and part.
fn keys_of(broadcast: &Broadcast, parts: &[super::Part]) -> Vec<(String, Missing, i64)> {
    match broadcast.state {
        State::Freezing => vec![(key(broadcast.id), Missing::Freeze, 0)],
        State::Approved => vec![(key(broadcast.id), Missing::Begin, 0)],
        State::Sending | State::Stopping => parts
            .iter()
            .filter_map(|part| match part.state {
                PartState::Ready | PartState::Sending => Some((part_key(part.id), Missing::Send, part.id)),
                PartState::Accepted if part.msg_id.is_some() => Some((state_key(part.id), Missing::Ask, part.id)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
