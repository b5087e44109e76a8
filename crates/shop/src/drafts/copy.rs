//! What is told to WeChat of the articles; making them there, and finding again what was made and whose answer was lost.

use puzi_wechat::{
    api::draft::{self, ArticleKind, DraftItem, Image, List},
    client::ApiError,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::{Comments, Event, Kind, step};
use crate::{
    Error, Problem, Result,
    accounts::LiveAccount,
    db::{self, Db, now_ms},
    machine::Who,
};

/// How many of WeChat's drafts are looked through for a lost one.
const NEWEST: i64 = 20;
/// How often a copy is made, when others take what was made.
const TRIES: usize = 5;
/// WeChat tells whole seconds, ms.
const SECOND: i64 = 999;

/// An article as WeChat is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Resolved {
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) author: String,
    pub(super) digest: String,
    pub(super) content: String,
    pub(super) source_url: String,
    pub(super) cover: Option<String>,
    pub(super) pictures: Vec<String>,
    pub(super) comments: Comments,
}

impl Resolved {
    pub(super) fn article(&self) -> draft::Article {
        let mut article = draft::Article::new(self.title.clone(), self.content.clone());
        article = article.article_type(match self.kind {
            Kind::News => ArticleKind::News,
            Kind::Newspic => ArticleKind::Newspic,
        });
        if !self.author.is_empty() {
            article = article.author(self.author.clone());
        }
        if !self.digest.is_empty() {
            article = article.digest(self.digest.clone());
        }
        if !self.source_url.is_empty() {
            article = article.content_source_url(self.source_url.clone());
        }
        if let Some(cover) = &self.cover {
            article = article.thumb_media_id(cover.clone());
        }
        if !self.pictures.is_empty() {
            article = article.image_info(self.pictures.iter().map(|picture| Image::new(picture.clone())));
        }
        article
            .need_open_comment(self.comments != Comments::Closed)
            .only_fans_can_comment(self.comments == Comments::Fans)
    }
}

/// The articles as WeChat was told of them last; empty when it never was.
pub(super) async fn resolved<C: ConnectionTrait>(on: &C, id: i64) -> Result<Vec<Resolved>> {
    let sql = "SELECT resolved FROM drafts WHERE id = $1";
    let row = on.query_one_raw(db::statement(on, sql, [id.into()])).await?.ok_or(Error::NotFound)?;
    let json: Option<String> = row.try_get("", "resolved")?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

/// Makes a draft of the articles at WeChat.
///
/// # Errors
/// WeChat's refusal, or that of the way to it.
pub(super) async fn make(live: &LiveAccount, articles: &[Resolved]) -> Result<String, ApiError> {
    let articles: Vec<_> = articles.iter().map(Resolved::article).collect();
    live.client.draft().create(&articles).await
}

/// Drafts at WeChat with these titles, made at `since` (Unix ms) or later, of which nobody knows here.
pub(super) async fn lost(db: &Db, live: &LiveAccount, articles: &[Resolved], since: i64) -> Result<Vec<String>> {
    let page = live.client.draft().list(&List::new(0, NEWEST).no_content(true)).await?;
    let fits = |item: &DraftItem| {
        let there = item.content.as_ref().map(|content| content.news_item.as_slice()).unwrap_or_default();
        item.update_time * 1_000 + SECOND >= since
            && there.len() == articles.len()
            && there.iter().zip(articles).all(|(there, wanted)| there.title == wanted.title)
    };
    const KNOWN: &str = "SELECT media_id FROM drafts WHERE account_id = $1 AND media_id = $2 \
                         UNION ALL SELECT media_id FROM draft_copies WHERE account_id = $1 AND media_id = $2";
    let mut found = Vec::new();
    for item in page.item.into_iter().filter(fits) {
        let values = [live.account.id.into(), item.media_id.as_str().into()];
        if db.read().query_one_raw(db::statement(db.read(), KNOWN, values)).await?.is_none() {
            found.push(item.media_id);
        }
    }
    Ok(found)
}

/// Makes one more copy of the draft at WeChat and gives its number: a broadcast uses up what it sends. A copy whose answer was
/// lost is found again when it was made at `since` (Unix ms) or later. No two calls give the same one.
///
/// # Errors
/// [`Error::NotNow`] when the draft never was saved at WeChat; [`Error::NotFound`]; [`Error::WeChat`].
pub(crate) async fn copy(db: &Db, live: &LiveAccount, draft: i64, since: i64) -> Result<String> {
    let articles = resolved(db.read(), draft).await?;
    if articles.is_empty() {
        return Err(Error::NotNow(Problem::new("state", "draft.not_saved")));
    }
    for found in lost(db, live, &articles, since).await? {
        if claim(db, live.account.id, draft, &found).await? {
            return Ok(found);
        }
    }
    for _ in 0..TRIES {
        let made = make(live, &articles).await?;
        // Somebody who looks for a lost one may have taken it for theirs already.
        if claim(db, live.account.id, draft, &made).await? {
            return Ok(made);
        }
    }
    Err(Error::Busy)
}

async fn claim(db: &Db, account: i64, draft: i64, media_id: &str) -> Result<bool> {
    const SQL: &str = "INSERT INTO draft_copies (account_id, media_id, draft_id, at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (account_id, media_id) DO NOTHING";
    Ok(db.execute(SQL, [account.into(), media_id.into(), draft.into(), now_ms().into()]).await? == 1)
}

/// Notes in `tx` that a broadcast used the draft up: it is not among WeChat's drafts any more.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn used<C: ConnectionTrait>(tx: &C, draft: i64) -> Result<()> {
    if step(tx, draft, Event::Used, Who::WeChat, "").await? {
        let sql = "UPDATE drafts SET media_id = NULL, updated_at = $1 WHERE id = $2";
        db::execute(tx, sql, [now_ms().into(), draft.into()]).await?;
    }
    Ok(())
}
