//! What broadcasts need of drafts and materials: what is sent, and when a draft is used up. In one place, so that it is seen
//! how much that is.

use puzi_wechat::client::MediaKind;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

use super::Content;
use crate::{
    Error, Problem, Result,
    accounts::LiveAccount,
    db::{self, Db, now_ms},
    drafts,
};

/// A draft as it can be sent.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct DraftNow {
    /// Title of its first article.
    pub(super) title: String,
    /// JSON of its articles.
    pub(super) articles: String,
    /// WeChat's number of it, while it is there as it stands here.
    pub(super) media_id: Option<String>,
}

/// The draft `id` of an account; its `media_id` only while WeChat has what stands here.
pub(super) async fn draft<C: ConnectionTrait>(on: &C, account: i64, id: i64) -> Result<Option<DraftNow>> {
    const SQL: &str = "SELECT title, articles, CASE WHEN state = 'saved' THEN media_id END AS media_id FROM drafts \
                       WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL";
    Ok(DraftNow::find_by_statement(db::statement(on, SQL, [id.into(), account.into()])).one(on).await?)
}

/// Makes one more copy of a draft at WeChat and gives its number. A copy whose answer was lost is found again when it was
/// made at `since` or later (Unix ms).
pub(super) async fn copy(db: &Db, live: &LiveAccount, draft: i64, since: i64) -> Result<String> {
    drafts::copy(db, live, draft, since).await
}

/// Notes that WeChat used the draft up.
pub(super) async fn used<C: ConnectionTrait>(tx: &C, draft: i64) -> Result<()> {
    drafts::used(tx, draft).await
}

/// A material as it can be sent.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Media {
    pub(super) id: i64,
    /// WeChat's number of it.
    pub(super) media_id: Option<String>,
}

/// The materials of an account with these numbers and this kind, in the order asked for; one that WeChat has not has no number.
///
/// # Errors
/// [`Error::Invalid`] when one of them is not there.
pub(super) async fn media<C: ConnectionTrait>(on: &C, account: i64, kind: &str, ids: &[i64]) -> Result<Vec<Media>> {
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        // A lasting one outlives what is uploaded for three days.
        const SQL: &str = "SELECT id, COALESCE(lasting_id, CASE WHEN expires_at > $4 THEN passing_id END) AS media_id \
                           FROM materials WHERE id = $1 AND account_id = $2 AND kind = $3 AND deleted_at IS NULL";
        let values = [(*id).into(), account.into(), kind.into(), now_ms().into()];
        let found = Media::find_by_statement(db::statement(on, SQL, values)).one(on).await?;
        all.push(found.ok_or_else(|| missing("broadcast.no_material"))?);
    }
    Ok(all)
}

/// WeChat's numbers of the materials that `content` sends.
///
/// # Errors
/// [`Error::Invalid`] when one is not there, or WeChat has it no longer.
pub(super) async fn media_ids<C: ConnectionTrait>(on: &C, account: i64, content: &Content) -> Result<Vec<String>> {
    let (kind, ids) = content.materials();
    let found = media(on, account, kind, ids).await?;
    found.into_iter().map(|one| one.media_id.ok_or_else(|| missing("broadcast.material_over"))).collect()
}

fn missing(key: &'static str) -> Error {
    Error::Invalid(vec![Problem::new("materials", key)])
}

/// What an approval of `content` binds beside its row: the articles of its draft, the files of its materials.
pub(super) async fn weight<C: ConnectionTrait>(on: &C, account: i64, content: &Content) -> Result<Value> {
    if let Some(id) = content.draft() {
        let draft = draft(on, account, id).await?.ok_or(Error::NotFound)?;
        return Ok(json!({ "articles": draft.articles, "media_id": draft.media_id }));
    }
    let (kind, ids) = content.materials();
    if ids.is_empty() {
        return Ok(Value::Null);
    }
    let found = media(on, account, kind, ids).await?;
    Ok(found.iter().map(|one| json!([one.id, one.media_id])).collect())
}

/// Something that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Choice {
    /// Row number.
    pub id: i64,
    /// What it is called.
    pub name: String,
}

/// Drafts that may be chosen, the latest first.
pub(super) async fn drafts_of(db: &Db, account: i64) -> Result<Vec<Choice>> {
    const SQL: &str = "SELECT id, title AS name FROM drafts WHERE account_id = $1 AND state = 'saved' \
                       AND deleted_at IS NULL ORDER BY id DESC LIMIT 100";
    Ok(Choice::find_by_statement(db::statement(db.read(), SQL, [account.into()])).all(db.read()).await?)
}

/// Materials of a kind that may be chosen, the latest first.
pub(super) async fn materials_of(db: &Db, account: i64, kind: MediaKind) -> Result<Vec<Choice>> {
    const SQL: &str = "SELECT id, name FROM materials WHERE account_id = $1 AND kind = $2 AND deleted_at IS NULL \
                       AND (lasting_id IS NOT NULL OR expires_at > $3) ORDER BY id DESC LIMIT 100";
    let values = [account.into(), kind.as_str().into(), now_ms().into()];
    Ok(Choice::find_by_statement(db::statement(db.read(), SQL, values)).all(db.read()).await?)
}

/// Broadcasts that are not sent yet and need the material `id`: number and name.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn naming_material<C: ConnectionTrait>(on: &C, account: i64, id: i64) -> Result<Vec<(i64, String)>> {
    const SQL: &str = "SELECT id, name, content FROM broadcasts WHERE account_id = $1 \
                       AND kind IN ('image', 'voice', 'mpvideo') \
                       AND state IN ('draft', 'freezing', 'waiting', 'approved', 'sending', 'stopping') ORDER BY id";
    let mut naming = Vec::new();
    for row in on.query_all_raw(db::statement(on, SQL, [account.into()])).await? {
        let content: String = row.try_get("", "content")?;
        if serde_json::from_str::<Content>(&content).is_ok_and(|content| content.materials().1.contains(&id)) {
            naming.push((row.try_get("", "id")?, row.try_get("", "name")?));
        }
    }
    Ok(naming)
}
