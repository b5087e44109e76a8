//! WeChat's list of customer-service accounts, copied: who there is, who is at work, whom nobody told of any more.

use puzi_wechat::{
    api::service::{Agent, InviteStatus},
    client::ApiError,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{
    Agents,
    entity::{Column, Entity, Model},
};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Reach},
    db::{self, now_ms},
};

/// A mirror younger than this is not made anew without the button.
const FRESH_MS: i64 = 30_000;

impl Agents {
    /// Copies the list of one account now. True when something is other than before.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen; [`Error::WeChat`] as WeChat refuses.
    pub async fn mirror(&self, reach: &Reach, account: i64) -> Result<bool> {
        let live = self.live(reach, account)?;
        let before = self.all(account).await?;
        self.mirror_live(&live).await?;
        let after = self.all(account).await?;
        let told = |agents: Vec<Model>| {
            agents.into_iter().map(|agent| Model { seen_at: 0, updated_at: 0, ..agent }).collect::<Vec<_>>()
        };
        Ok(told(before) != told(after))
    }

    /// The same, unless it was done within half a minute.
    ///
    /// # Errors
    /// As [`Agents::mirror`].
    pub async fn mirror_if_old(&self, reach: &Reach, account: i64) -> Result<bool> {
        reach.must_see(account)?;
        let newest = self.all(account).await?.iter().map(|agent| agent.seen_at).max();
        match newest {
            Some(at) if at > now_ms() - FRESH_MS => Ok(false),
            _ => self.mirror(reach, account).await,
        }
    }

    /// Those that the account has, as they were told of last, the oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn list(&self, reach: &Reach, account: i64) -> Result<Vec<Model>> {
        reach.must_see(account)?;
        let mut all = self.all(account).await?;
        all.retain(|agent| agent.deleted_at.is_none());
        Ok(all)
    }

    /// All that there are or were of the account, the oldest first.
    async fn all(&self, account: i64) -> Result<Vec<Model>> {
        use sea_orm::QueryOrder;
        let all = Entity::find().filter(Column::AccountId.eq(account)).order_by_asc(Column::Id);
        Ok(all.all(self.db.read()).await?)
    }

    pub(super) async fn mirror_live(&self, live: &LiveAccount) -> Result<()> {
        let (service, account, asked_at) = (live.client.service(), live.account.id, now_ms());
        let agents = service.accounts(None).await.map_err(closed)?;
        // Who is at work is an addition: without it the list is still a list.
        let online = live.client.service().online(None).await.unwrap_or_default();
        let tx = self.db.begin_write().await?;
        for agent in &agents {
            let at_work = online.iter().find(|one| one.kf_account == agent.kf_account);
            upsert(&*tx, account, agent, at_work.map(|one| one.accepted_case.unwrap_or_default()), asked_at).await?;
        }
        // One that was made after we asked is not in the list, and not gone.
        let sql = "UPDATE agents SET deleted_at = $3, online = $4, sessions = NULL \
                   WHERE account_id = $1 AND seen_at < $2 AND created_at < $2 AND deleted_at IS NULL";
        db::execute(&*tx, sql, [account.into(), asked_at.into(), now_ms().into(), false.into()]).await?;
        tx.commit().await
    }

    pub(super) async fn find(&self, account: i64, kf_account: &str) -> Result<Option<Model>> {
        let found = Entity::find().filter(Column::AccountId.eq(account)).filter(Column::KfAccount.eq(kf_account));
        Ok(found.one(self.db.read()).await?)
    }

    /// How many there are at WeChat, as far as is known.
    pub(super) async fn count(&self, account: i64) -> Result<usize> {
        Ok(self.all(account).await?.iter().filter(|agent| agent.deleted_at.is_none()).count())
    }

    /// What stands behind the `@` of another one of the account.
    pub(super) async fn suffix(&self, account: i64) -> Result<Option<String>> {
        let all = self.all(account).await?;
        Ok(all.iter().rev().find_map(|agent| agent.kf_account.split_once('@').map(|(_, suffix)| suffix.to_owned())))
    }

    /// Keeps one that was just made, for which WeChat's list could not be read.
    pub(super) async fn remember(&self, live: &LiveAccount, kf_account: &str, nickname: &str) -> Result<()> {
        let agent = serde_json::from_value(serde_json::json!({ "kf_account": kf_account, "kf_nick": nickname }));
        let agent: Agent = agent.unwrap_or_default();
        let tx = self.db.begin_write().await?;
        upsert(&*tx, live.account.id, &agent, None, now_ms()).await?;
        tx.commit().await
    }
}

/// "The desk is not opened" is said as such.
fn closed(error: ApiError) -> Error {
    super::refused::problem("kf_account", &error)
}

async fn upsert<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    agent: &Agent,
    at_work: Option<i64>,
    asked_at: i64,
) -> Result<()> {
    let sql = "INSERT INTO agents (account_id, kf_account, kf_id, nickname, avatar_url, wx, invite_wx, invite_status, \
               invite_ends_at, online, sessions, seen_at, deleted_at, version, created_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, 1, $12, $12) \
               ON CONFLICT (account_id, kf_account) DO UPDATE SET kf_id = excluded.kf_id, nickname = excluded.nickname, \
               avatar_url = excluded.avatar_url, wx = excluded.wx, invite_wx = excluded.invite_wx, \
               invite_status = excluded.invite_status, invite_ends_at = excluded.invite_ends_at, \
               online = excluded.online, sessions = excluded.sessions, seen_at = excluded.seen_at, deleted_at = NULL \
               WHERE agents.seen_at <= excluded.seen_at";
    let status = match agent.invite_status {
        Some(InviteStatus::Waiting) => Some("waiting"),
        Some(InviteStatus::Rejected) => Some("rejected"),
        Some(InviteStatus::Expired) => Some("expired"),
        _ => None,
    };
    let values = [
        account.into(),
        agent.kf_account.as_str().into(),
        agent.kf_id.into(),
        agent.kf_nick.as_str().into(),
        agent.kf_headimgurl.as_str().into(),
        agent.kf_wx.as_str().into(),
        agent.invite_wx.as_str().into(),
        status.into(),
        agent.invite_expire_time.map(|seconds| seconds.saturating_mul(1_000)).into(),
        at_work.is_some().into(),
        at_work.into(),
        asked_at.into(),
    ];
    db::execute(tx, sql, values).await?;
    Ok(())
}
