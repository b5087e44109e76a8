//! Saving a draft among WeChat's. Making one there twice would leave two: a job that was taken up again looks for what the
//! attempt before may have made.

use std::collections::HashMap;

use puzi_wechat::client::ApiError;
use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::io::AsyncReadExt;

use super::{
    Drafts, Event, NO_SUCH_MEDIA, Of, State,
    article::{self, Article, Kind},
    copy::{self, Resolved},
    entity::Model,
    find_in, html, is, step,
};
use crate::{
    Error, Problem, Result,
    accounts::{LiveAccount, Reach},
    db::{self, now_ms},
    jobs::{self, Job, MAX_ATTEMPTS, Outcome},
    machine::Who,
    materials,
};

/// The job that saves.
pub(super) const JOB: &str = "draft.save";

/// Why it was not saved, and which article is at fault, from 1, when that is known.
struct Unsaved(Error, Option<usize>);

impl From<Error> for Unsaved {
    fn from(error: Error) -> Self {
        Self(error, None)
    }
}

impl From<ApiError> for Unsaved {
    fn from(error: ApiError) -> Self {
        Self(error.into(), None)
    }
}

impl Drafts {
    pub(super) async fn save_job(&self, job: &Job) -> Outcome {
        let Ok(Of { draft }) = job.read::<Of>() else { return Outcome::Dead("the job cannot be read".into()) };
        let Err(Unsaved(error, at)) = self.save_now(job, draft).await else { return Outcome::Done };
        let passes = match &error {
            Error::WeChat(error) => materials::passes(error.kind),
            Error::Invalid(_) | Error::NotFound | Error::NotNow(_) => false,
            _ => true,
        };
        if passes && job.attempts < MAX_ATTEMPTS {
            return Outcome::Retry(error.to_string());
        }
        match self.not_saved(job, draft, &error, at).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    async fn save_now(&self, job: &Job, id: i64) -> Result<(), Unsaved> {
        let draft = find_in(self.db.read(), &Reach::All, id).await?;
        if !is(&draft, State::Saving) {
            return Ok(());
        }
        let live = self.live(draft.account_id)?;
        let articles = self.resolve(&live, &draft.list()).await?;
        let media_id = self.place(&live, &draft, &articles, job.attempts > 1).await?;
        let tx = self.db.begin_write().await?;
        if !jobs::take(&*tx, job).await? || !step(&*tx, id, Event::Saved, Who::WeChat, "").await? {
            return Ok(());
        }
        const SQL: &str = "UPDATE drafts SET media_id = $1, saved_version = version, resolved = $2, error = NULL, \
                           errcode = NULL, rid = NULL, refused = '[]', updated_at = $3 WHERE id = $4";
        let values = [media_id.as_str().into(), json!(articles).to_string().into(), now_ms().into(), id.into()];
        db::execute(&*tx, SQL, values).await.map_err(Unsaved::from)?;
        tx.commit().await?;
        // One more draft that nobody needs; should this fail, somebody deletes it by hand.
        if let Some(old) = draft.media_id.filter(|old| *old != media_id)
            && let Err(error) = live.client.draft().delete(&old).await
        {
            tracing::info!(draft = id, %error, "the draft before could not be deleted at WeChat");
        }
        Ok(())
    }

    /// Puts the articles among WeChat's drafts and gives WeChat's number.
    async fn place(
        &self,
        live: &LiveAccount,
        draft: &Model,
        articles: &[Resolved],
        again: bool,
    ) -> Result<String, Unsaved> {
        let there = copy::resolved(self.db.read(), draft.id).await?;
        if let Some(media_id) = draft.media_id.as_ref().filter(|_| there.len() == articles.len())
            && self.renew(live, media_id, articles).await?
        {
            return Ok(media_id.clone());
        }
        if again {
            let since = draft.began_at.unwrap_or_else(now_ms);
            if let Some(found) = copy::lost(&self.db, live, articles, since).await?.into_iter().next() {
                return Ok(found);
            }
        }
        Ok(copy::make(live, articles).await?)
    }

    /// Writes each article over the one that is there. False when the draft is not there any more.
    async fn renew(&self, live: &LiveAccount, media_id: &str, articles: &[Resolved]) -> Result<bool, Unsaved> {
        for (index, one) in articles.iter().enumerate() {
            match live.client.draft().update(media_id, index as i64, &one.article()).await {
                Ok(()) => {}
                // The code is the same for a cover that is not there: of the first article only the draft can be meant
                // when asking for it says so, too.
                Err(error) if error.errcode == Some(NO_SUCH_MEDIA) && index == 0 => {
                    match live.client.draft().get(media_id).await {
                        Err(gone) if gone.errcode == Some(NO_SUCH_MEDIA) => return Ok(false),
                        _ => return Err(Unsaved(error.into(), Some(1))),
                    }
                }
                Err(error) => return Err(Unsaved(error.into(), Some(index + 1))),
            }
        }
        Ok(true)
    }

    /// The articles with WeChat's numbers of covers and WeChat's addresses of pictures.
    async fn resolve(&self, live: &LiveAccount, articles: &[Article]) -> Result<Vec<Resolved>> {
        let wanted: Vec<i64> = articles.iter().flat_map(Article::materials).collect();
        let there = materials::lasting_pictures(self.db.read(), live.account.id, &wanted).await?;
        let mut all = Vec::with_capacity(articles.len());
        for (n, one) in articles.iter().enumerate() {
            let find = |id: &i64, field: &str| {
                let missing = || Error::Invalid(vec![Problem::new(article::path(n, field), "draft.no_material")]);
                there.get(id).cloned().ok_or_else(missing)
            };
            let content = match one.kind {
                Kind::News => self.with_wechats_pictures(live, n, &one.content).await?,
                Kind::Newspic => one.content.clone(),
            };
            all.push(Resolved {
                kind: one.kind,
                title: one.title.clone(),
                author: one.author.clone(),
                digest: one.digest.clone(),
                content,
                source_url: one.source_url.clone(),
                cover: one.cover.map(|id| find(&id, "cover")).transpose()?,
                pictures: one.pictures.iter().map(|id| find(id, "pictures")).collect::<Result<_>>()?,
                comments: one.comments,
            });
        }
        Ok(all)
    }

    async fn with_wechats_pictures(&self, live: &LiveAccount, n: usize, content: &str) -> Result<String> {
        let refused = |key| Error::Invalid(vec![Problem::new(article::path(n, "content"), key)]);
        let mut places = HashMap::new();
        for address in html::pictures(content) {
            let Some(key) = html::upload_key(&address) else {
                if html::is_wechats(&address) {
                    continue;
                }
                return Err(refused("draft.foreign_picture"));
            };
            let upload = self.uploads.find(key).await.map_err(|_| refused("draft.bad_picture"))?;
            let (mut file, length) = self.uploads.open(&upload, false).await?;
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
            file.read_to_end(&mut bytes).await?;
            let url = match self.materials.article_picture(live, bytes).await {
                Err(Error::Invalid(_)) => return Err(refused("draft.bad_picture")),
                other => other?,
            };
            places.insert(address, url);
        }
        Ok(html::with_pictures(content, &places))
    }

    async fn not_saved(&self, job: &Job, id: i64, error: &Error, at: Option<usize>) -> Result<()> {
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? && step(&*tx, id, Event::SaveFailed, Who::WeChat, "").await? {
            note(&*tx, id, error, at).await?;
        }
        tx.commit().await
    }
}

/// Writes down why WeChat, or we, refused it.
pub(super) async fn note<C: ConnectionTrait>(tx: &C, id: i64, error: &Error, at: Option<usize>) -> Result<()> {
    let (words, errcode, rid, at) = match error {
        Error::WeChat(error) => (error.errmsg.clone(), error.errcode, error.rid.clone(), at),
        // A key, said in the reader's language.
        Error::Invalid(problems) => {
            let first = problems.first();
            let number = first.and_then(|one| one.field.split('.').nth(1)?.parse::<usize>().ok()).map(|n| n + 1);
            (first.map_or("draft.failed", |one| one.key).to_owned(), None, None, number)
        }
        Error::NotNow(problem) => (problem.key.to_owned(), None, None, at),
        other => (other.to_string(), None, None, at),
    };
    let refused = json!(at.into_iter().collect::<Vec<_>>()).to_string();
    const SQL: &str =
        "UPDATE drafts SET error = $1, errcode = $2, rid = $3, refused = $4, updated_at = $5 WHERE id = $6";
    let values = [words.into(), errcode.into(), rid.into(), refused.into(), now_ms().into(), id.into()];
    db::execute(tx, SQL, values).await?;
    Ok(())
}
