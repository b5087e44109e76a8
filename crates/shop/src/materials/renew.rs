//! Files that rules and unsent broadcasts still name when WeChat's three days are over: uploaded anew before that, and the rules led along.

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};
use serde::{Deserialize, Serialize};

use super::{
    HOUR_MS, Materials,
    add::{self, Sending},
    entity::{Entity, Model},
};
use crate::{
    Error, Result,
    broadcasts::naming_material,
    db::{self, now_ms},
    jobs::{self, Job},
    replies,
};

/// The job that uploads one anew.
pub(super) const JOB: &str = "material.renew";

/// How long before its end a file is uploaded anew.
const BEFORE_MS: i64 = 12 * HOUR_MS;
/// How many are looked at in one go.
const AT_ONCE: usize = 500;

#[derive(Debug, Serialize, Deserialize)]
struct Renew {
    material: i64,
}

#[derive(FromQueryResult)]
struct Ending {
    id: i64,
    account_id: i64,
    passing_id: String,
}

impl Materials {
    /// Enqueues the renewal of what ends soon and enabled rules or unsent broadcasts name.
    pub(super) async fn look_for_ending(&self) -> Result<()> {
        let sql = format!(
            "SELECT id, account_id, passing_id FROM materials WHERE passing_id IS NOT NULL AND expires_at < $1 \
             AND lasting_id IS NULL AND file IS NOT NULL AND state = 'ready' AND deleted_at IS NULL \
             ORDER BY expires_at DESC LIMIT {AT_ONCE}"
        );
        let until = now_ms() + BEFORE_MS;
        let rows = Ending::find_by_statement(db::statement(self.db.read(), &sql, [until.into()])).all(self.db.read());
        for one in rows.await? {
            let ruled = replies::naming_media(self.db.read(), one.account_id, &one.passing_id, true).await?;
            if ruled.is_empty() && naming_material(self.db.read(), one.account_id, one.id).await?.is_empty() {
                continue;
            }
            let key = format!("{JOB}/{}", one.id);
            let tx = self.db.begin_write().await?;
            let payload = Renew { material: one.id };
            jobs::push_of(&*tx, Some(one.account_id), JOB, Some(&key), &payload, now_ms()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Uploading it twice is harmless: nobody sees the first, and it ends by itself.
    pub(super) async fn renew(&self, job: &Job) -> Result<()> {
        let Ok(Renew { material }) = job.read() else { return Err(Error::NotFound) };
        let row = Entity::find_by_id(material).one(self.db.read()).await?.ok_or(Error::NotFound)?;
        let until = now_ms() + BEFORE_MS;
        let Some(old) = row.passing_id.clone().filter(|_| row.expires_at.is_some_and(|at| at < until)) else {
            return Ok(());
        };
        if row.state != "ready" || row.deleted_at.is_some() || row.lasting_id.is_some() {
            return Ok(());
        }
        let bytes = match self.bytes(&row).await {
            Err(Error::NotNow(_)) => return Ok(()),
            other => other?,
        };
        let live = self.live(row.account_id)?;
        let sent =
            add::upload(&live, &Sending { lasting: false, ..Sending::of(&row)? }, &row.media_type, bytes).await?;
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? && swap(&*tx, &row, &old, &sent).await? {
            tx.commit().await?;
        }
        Ok(())
    }
}

/// False when the row has another file by now.
async fn swap<C: ConnectionTrait>(tx: &C, row: &Model, old: &str, sent: &add::Sent) -> Result<bool> {
    const SQL: &str = "UPDATE materials SET passing_id = $1, expires_at = $2, version = version + 1, updated_at = $3 \
                       WHERE id = $4 AND passing_id = $5 AND deleted_at IS NULL";
    let values = [sent.media_id.as_str().into(), sent.expires_at.into(), now_ms().into(), row.id.into(), old.into()];
    if db::execute(tx, SQL, values).await? != 1 {
        return Ok(false);
    }
    replies::swap_media(tx, row.account_id, old, &sent.media_id).await?;
    Ok(true)
}
