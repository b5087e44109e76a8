//! How a publication ended, as WeChat's event tells: perhaps before the answer to the order was stored here, perhaps instead of
//! it. The ends of all publications are kept, so that whoever learns the number later finds how it ended.

use puzi_wechat::message::{Body, Event as Told, Push};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Event, step};
use crate::{
    Result,
    conversations::reading::Full,
    db::{self, now_ms},
    machine::Who,
};

/// The event that is followed.
pub(super) const KINDS: &[&str] = &["event:PUBLISHJOBFINISH"];

/// WeChat's clock and ours may differ by so much, ms.
const CLOCKS_MS: i64 = 60_000;

/// How a publication ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Ended {
    /// 0 published, 2 not original, 3 failed, 4 refused, 5 taken away, 6 banned.
    pub(super) status: i64,
    pub(super) article_id: Option<String>,
    pub(super) urls: Vec<String>,
    /// Numbers of the articles at fault, from 1.
    pub(super) refused: Vec<i64>,
}

/// Takes one event into its draft.
pub(super) async fn take<C: ConnectionTrait>(tx: &C, message: &Full) -> Result<()> {
    let bytes = message.payload.as_bytes();
    let push =
        if message.payload.trim_start().starts_with('{') { Push::from_json(bytes) } else { Push::from_xml(bytes) };
    let Ok(Push { body: Body::Event(Told::PublishJobFinish { info: Some(info) }), .. }) = push else {
        return Ok(());
    };
    let (account, publish_id) = (message.account_id, info.publish_id.trim());
    let status = info.publish_status.unwrap_or_default();
    if publish_id.is_empty() || status == 1 {
        return Ok(());
    }
    let items = info.article_detail.map(|detail| detail.items).unwrap_or_default();
    let ended = Ended {
        status,
        article_id: info.article_id.filter(|id| !id.is_empty()),
        urls: items.into_iter().map(|item| item.article_url).collect(),
        refused: info.fail_idx,
    };
    const KEEP: &str = "INSERT INTO publish_results (account_id, publish_id, payload, at) VALUES ($1, $2, $3, $4) \
                        ON CONFLICT (account_id, publish_id) DO NOTHING";
    let payload = json!(ended).to_string();
    let values = [account.into(), publish_id.into(), payload.into(), message.sent_at.into()];
    if db::execute(tx, KEEP, values).await? == 0 {
        // Told before.
        return Ok(());
    }
    let draft = match by_number(tx, account, publish_id).await? {
        Some(draft) => Some(draft),
        None => doubtful(tx, account, publish_id, message.sent_at).await?,
    };
    match draft {
        Some(draft) => apply(tx, draft, &ended).await,
        None => Ok(()),
    }
}

/// How the publication of this number ended, if that was told.
pub(super) async fn kept<C: ConnectionTrait>(on: &C, account: i64, publish_id: &str) -> Result<Option<Ended>> {
    let sql = "SELECT payload FROM publish_results WHERE account_id = $1 AND publish_id = $2";
    let row = on.query_one_raw(db::statement(on, sql, [account.into(), publish_id.into()])).await?;
    let Some(row) = row else { return Ok(None) };
    let payload: String = row.try_get("", "payload")?;
    Ok(serde_json::from_str(&payload).ok())
}

/// Writes the end into the draft; one that is written already changes nothing.
pub(super) async fn apply<C: ConnectionTrait>(tx: &C, draft: i64, ended: &Ended) -> Result<()> {
    let now = now_ms();
    if ended.status == 0 {
        if step(tx, draft, Event::Published, Who::WeChat, "").await? {
            const SQL: &str = "UPDATE drafts SET article_id = $1, urls = $2, media_id = NULL, error = NULL, \
                               errcode = NULL, rid = NULL, refused = '[]', updated_at = $3 WHERE id = $4";
            let urls = json!(ended.urls).to_string();
            let values = [ended.article_id.as_deref().into(), urls.into(), now.into(), draft.into()];
            db::execute(tx, SQL, values).await?;
        }
        return Ok(());
    }
    if step(tx, draft, Event::Refused, Who::WeChat, &ended.status.to_string()).await? {
        const SQL: &str = "UPDATE drafts SET error = $1, errcode = NULL, rid = NULL, refused = $2, publish_id = NULL, \
                           updated_at = $3 WHERE id = $4";
        let refused = json!(ended.refused).to_string();
        db::execute(tx, SQL, [why(ended.status).into(), refused.into(), now.into(), draft.into()]).await?;
    }
    Ok(())
}

/// The key of why it was not published.
fn why(status: i64) -> &'static str {
    match status {
        2 => "draft.not_original",
        4 => "draft.refused_by_review",
        5 => "draft.taken_away",
        6 => "draft.banned",
        _ => "draft.publish_failed",
    }
}

async fn by_number<C: ConnectionTrait>(on: &C, account: i64, publish_id: &str) -> Result<Option<i64>> {
    let sql = "SELECT id FROM drafts WHERE account_id = $1 AND publish_id = $2";
    let row = on.query_one_raw(db::statement(on, sql, [account.into(), publish_id.into()])).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?)
}

/// The draft whose order nobody knows the answer of: only when there is no other that it could be.
async fn doubtful<C: ConnectionTrait>(tx: &C, account: i64, publish_id: &str, at: i64) -> Result<Option<i64>> {
    const SQL: &str = "SELECT id FROM drafts WHERE account_id = $1 AND state IN ('submitting', 'unsure') \
                       AND tried_at IS NOT NULL AND tried_at <= $2 ORDER BY id LIMIT 2";
    let rows = tx.query_all_raw(db::statement(tx, SQL, [account.into(), (at + CLOCKS_MS).into()])).await?;
    let [row] = rows.as_slice() else { return Ok(None) };
    let id: i64 = row.try_get("", "id")?;
    if !step(tx, id, Event::Taken, Who::WeChat, "by its event").await? {
        return Ok(None);
    }
    let sql = "UPDATE drafts SET publish_id = $1, updated_at = $2 WHERE id = $3";
    db::execute(tx, sql, [publish_id.into(), now_ms().into(), id.into()]).await?;
    Ok(Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_a_reason_of_its_own() {
        let reasons: std::collections::BTreeSet<_> = [2, 3, 4, 5, 6].map(why).into();
        assert_eq!(reasons.len(), 5);
    }
}
