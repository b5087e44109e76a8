//! What is left behind: old files that WeChat still uses, and files that ended long ago.

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};

use super::{DAY_MS, Materials, NO_SUCH_MEDIA};
use crate::{
    Result,
    db::{self, now_ms},
    drafts,
    jobs::{self, Job},
};

/// The job that removes what WeChat has let go of.
pub(super) const JOB: &str = "material.clean";

/// How long a row outlives a file that ended.
const REMEMBERED_MS: i64 = 90 * DAY_MS;
/// How many leftovers are asked for in one job.
const AT_ONCE: usize = 50;
/// How many rows are forgotten in one job.
const FORGOTTEN: usize = 200;

#[derive(Debug, Serialize, Deserialize)]
struct Clean {}

#[derive(FromQueryResult)]
struct Leftover {
    id: i64,
    account_id: i64,
    media_id: String,
    material_id: Option<i64>,
}

#[derive(FromQueryResult)]
struct Forgotten {
    id: i64,
    file: Option<String>,
}

/// Notes in `tx` that `media_id` is to be removed from WeChat as soon as nothing there uses it.
pub(super) async fn leave<C: ConnectionTrait>(
    tx: &C,
    account_id: i64,
    media_id: &str,
    material_id: Option<i64>,
    why: &str,
) -> Result<()> {
    const SQL: &str = "INSERT INTO material_leftovers (account_id, media_id, material_id, why, tries, created_at) \
                       VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (account_id, media_id) DO NOTHING";
    let now = now_ms();
    let values = [account_id.into(), media_id.into(), material_id.into(), why.into(), now.into()];
    db::execute(tx, SQL, values).await?;
    jobs::push_of(tx, Some(account_id), JOB, Some(&format!("{JOB}/{account_id}/now")), &Clean {}, now).await
}

impl Materials {
    /// Once a day: everything left behind is asked for again.
    pub(super) async fn push_clean(&self) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let day = now_ms() / DAY_MS;
        // The key stays with the job, which waits a day for its turn: one a day, however many nodes look.
        jobs::push_of(&*tx, None, JOB, Some(JOB), &Clean {}, (day + 1) * DAY_MS).await?;
        tx.commit().await
    }

    pub(super) async fn clean(&self, _: &Job) -> Result<()> {
        let sql = format!(
            "SELECT id, account_id, media_id, material_id FROM material_leftovers ORDER BY tries, id LIMIT {AT_ONCE}"
        );
        let left = Leftover::find_by_statement(db::statement(self.db.read(), &sql, [])).all(self.db.read()).await?;
        for one in left {
            self.remove_leftover(&one).await?;
        }
        self.forget().await
    }

    async fn remove_leftover(&self, one: &Leftover) -> Result<()> {
        let Ok(live) = self.live(one.account_id) else { return Ok(()) };
        let in_drafts = match one.material_id {
            Some(material) => drafts::saved_with(self.db.read(), one.account_id, material).await?,
            None => 0,
        };
        let gone = in_drafts == 0
            && match live.client.material().delete(&one.media_id).await {
                Ok(()) => true,
                Err(error) => error.errcode == Some(NO_SUCH_MEDIA),
            };
        let sql = match gone {
            true => "DELETE FROM material_leftovers WHERE id = $1",
            false => "UPDATE material_leftovers SET tries = tries + 1 WHERE id = $1",
        };
        self.db.execute(sql, [one.id.into()]).await?;
        Ok(())
    }

    /// Forgets files that ended long ago.
    async fn forget(&self) -> Result<()> {
        let sql = format!(
            "SELECT id, file FROM materials WHERE passing_id IS NOT NULL AND lasting_id IS NULL AND expires_at < $1 \
             ORDER BY expires_at LIMIT {FORGOTTEN}"
        );
        let before = now_ms() - REMEMBERED_MS;
        let rows =
            Forgotten::find_by_statement(db::statement(self.db.read(), &sql, [before.into()])).all(self.db.read());
        for row in rows.await? {
            self.db.execute("DELETE FROM materials WHERE id = $1", [row.id.into()]).await?;
            self.drop_file(row.file.as_deref()).await;
        }
        Ok(())
    }

    /// Removes a kept file that no row names any more.
    pub(super) async fn drop_file(&self, file: Option<&str>) {
        let Some(name) = file else { return };
        let sql = "SELECT COUNT(*) AS n FROM materials WHERE file = $1 AND deleted_at IS NULL";
        let named = db::one_number(self.db.read(), sql, [name.into()]).await;
        if let (Ok(0), Ok(path)) = (named, self.folder.path(name)) {
            let _ = tokio::fs::remove_file(path).await;
        }
    }
}
