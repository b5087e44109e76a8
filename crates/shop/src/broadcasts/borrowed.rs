//! What broadcasts need of drafts and materials: what is sent, and when a draft is used up. In one place, so that it is seen
//! how much that is; the tables are those areas' own.

use puzi_wechat::client::MediaKind;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::Content;
use crate::{
    Error, Problem, Result,
    accounts::LiveAccount,
    db::{self, Db},
    drafts, materials,
};

/// Makes one more copy of a draft at WeChat and gives its number. A copy whose answer was lost is found again when it was
/// made at `since` or later (Unix ms).
pub(super) async fn copy(db: &Db, live: &LiveAccount, draft: i64, since: i64) -> Result<String> {
    drafts::copy(db, live, draft, since).await
}

/// Notes that WeChat used the draft up.
pub(super) async fn used<C: ConnectionTrait>(tx: &C, draft: i64) -> Result<()> {
    drafts::used(tx, draft).await
}

/// The materials of an account with these numbers and this kind, in the order asked for; one that WeChat has not has no number.
///
/// # Errors
/// [`Error::Invalid`] when one of them is not there.
async fn media<C: ConnectionTrait>(on: &C, account: i64, kind: &str, ids: &[i64]) -> Result<Vec<materials::Sendable>> {
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let found = materials::sendable(on, account, kind, *id).await?;
        all.push(found.ok_or_else(|| missing(kind, "broadcast.no_material"))?);
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
    found.into_iter().map(|one| one.media_id.ok_or_else(|| missing(kind, "broadcast.material_over"))).collect()
}

/// Beside the field that chooses a material of this kind.
fn missing(kind: &str, key: &'static str) -> Error {
    let field = match kind {
        "voice" => "voice_id",
        "video" => "video_id",
        _ => "materials",
    };
    Error::Invalid(vec![Problem::new(field, key)])
}

/// What an approval of `content` binds beside its row: the articles of its draft, the files of its materials.
pub(super) async fn weight<C: ConnectionTrait>(on: &C, account: i64, content: &Content) -> Result<Value> {
    if let Some(id) = content.draft() {
        let draft = drafts::sendable(on, account, id).await?.ok_or(Error::NotFound)?;
        return Ok(json!({ "articles": draft.articles, "media_id": draft.media_id }));
    }
    let (kind, ids) = content.materials();
    if ids.is_empty() {
        return Ok(Value::Null);
    }
    let found = media(on, account, kind, ids).await?;
    Ok(found.iter().map(|one| json!([one.id, one.mark])).collect())
}

/// Something that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Row number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// There is a small picture of it.
    pub pictured: bool,
}

impl From<drafts::Sendable> for Choice {
    fn from(draft: drafts::Sendable) -> Self {
        Self { id: draft.id, name: draft.title, pictured: false }
    }
}

impl From<materials::Sendable> for Choice {
    fn from(material: materials::Sendable) -> Self {
        Self { id: material.id, name: material.name, pictured: material.has_thumbnail }
    }
}

/// Drafts that may be chosen, the latest first.
pub(super) async fn drafts_of(db: &Db, account: i64) -> Result<Vec<Choice>> {
    Ok(drafts::all_sendable(db.read(), account).await?.into_iter().map(Choice::from).collect())
}

/// Materials of a kind that may be chosen, the latest first.
pub(super) async fn materials_of(db: &Db, account: i64, kind: MediaKind) -> Result<Vec<Choice>> {
    Ok(materials::all_sendable(db.read(), account, kind.as_str()).await?.into_iter().map(Choice::from).collect())
}

/// What `content` sends beside words, as far as it is still there: the draft, or the materials.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn carried<C: ConnectionTrait>(on: &C, account: i64, content: &Content) -> Result<Vec<Choice>> {
    if let Some(id) = content.draft() {
        return Ok(drafts::sendable(on, account, id).await?.into_iter().map(Choice::from).collect());
    }
    let (kind, ids) = content.materials();
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(materials::sendable(on, account, kind, *id).await?.map(Choice::from));
    }
    Ok(found)
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
