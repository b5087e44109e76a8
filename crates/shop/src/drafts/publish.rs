//! Publishing a draft and taking it away again. The order to publish is given once: when its answer is lost, WeChat's event
//! tells what became of it, or that the draft still lies there; else a person does.

use puzi_wechat::api::publish::{Publication, Submitted};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::{
    Drafts, Event, NO_SUCH_MEDIA, Of, State,
    entity::Model,
    find_in, is, push, save, step,
    told::{self, Ended},
};
use crate::{
    Error, Result,
    accounts::Reach,
    db::{self, now_ms},
    jobs::{self, Job, MAX_ATTEMPTS, Outcome},
    machine::Who,
    materials,
};

/// The job that gives the order to publish.
pub(super) const JOB: &str = "draft.submit";
/// The job that looks what became of an order whose answer was lost.
pub(super) const DOUBT_JOB: &str = "draft.doubt";
/// The job that asks how a publication goes.
pub(super) const STATE_JOB: &str = "draft.state";
/// The job that takes a publication away.
pub(super) const REMOVE_JOB: &str = "draft.remove";

/// Publications that WeChat lets an account take away in a day.
pub const REMOVALS_A_DAY: i64 = 10;

const MINUTE_MS: i64 = 60_000;
/// When WeChat is asked how a publication goes, ms after the time before: its event may be lost.
const ASKED_AFTER: [i64; 4] = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 360 * MINUTE_MS];
/// A draft that lies there this long after the order was not taken.
const UNTAKEN_MS: i64 = 10 * MINUTE_MS;
/// Between two looks at an order in doubt.
const DOUBT_MS: i64 = 20_000;
/// WeChat's code for a publication that is not there.
const NO_ARTICLE: i64 = 53_600;
/// A day begins at midnight in Beijing, for WeChat.
const BEIJING_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    draft: i64,
    /// How often it was asked before.
    times: usize,
}

/// What becomes of a job that has noted everything itself.
pub(super) fn outcome(job: &Job, done: Result<()>) -> Outcome {
    match done {
        Ok(()) | Err(Error::NotFound) => Outcome::Done,
        Err(error) if job.attempts < MAX_ATTEMPTS => Outcome::Retry(error.to_string()),
        Err(error) => Outcome::Dead(error.to_string()),
    }
}

impl Drafts {
    pub(super) async fn submit_job(&self, job: &Job) -> Result<()> {
        let Some(draft) = self.of(job).await?.filter(|draft| is(draft, State::Submitting)) else { return Ok(()) };
        let Some(media_id) = draft.media_id.as_deref().filter(|_| draft.tried_at.is_none()) else {
            // A process died after it began to tell WeChat.
            return self.doubt(job, &draft).await;
        };
        let live = self.live(draft.account_id)?;
        const BEGIN: &str =
            "UPDATE drafts SET tried_at = $1 WHERE id = $2 AND state = 'submitting' AND tried_at IS NULL";
        if self.db.execute(BEGIN, [now_ms().into(), draft.id.into()]).await? != 1 {
            return Ok(());
        }
        match live.client.publish().submit(media_id).await {
            Ok(submitted) => self.taken(job, &draft, &submitted).await,
            Err(error) if error.unsent || error.errcode.is_some() => {
                let passes = error.unsent || materials::passes(error.kind);
                if passes && job.attempts < MAX_ATTEMPTS {
                    let sql = "UPDATE drafts SET tried_at = NULL WHERE id = $1 AND state = 'submitting'";
                    self.db.execute(sql, [draft.id.into()]).await?;
                    return Err(error.into());
                }
                self.untaken(job, &draft, &error.into()).await
            }
            Err(error) => {
                tracing::warn!(draft = draft.id, %error, "nobody knows whether WeChat publishes it");
                self.doubt(job, &draft).await
            }
        }
    }

    async fn taken(&self, job: &Job, draft: &Model, submitted: &Submitted) -> Result<()> {
        let publish_id = submitted.publish_id.to_string();
        let tx = self.db.begin_write().await?;
        if !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        const SQL: &str = "UPDATE drafts SET publish_id = $1, msg_data_id = $2, updated_at = $3 WHERE id = $4";
        let data = submitted.msg_data_id.map(|id| id.to_string());
        db::execute(&*tx, SQL, [publish_id.as_str().into(), data.into(), now_ms().into(), draft.id.into()]).await?;
        // WeChat's event may have been faster than its answer; then the draft is further already.
        step(&*tx, draft.id, Event::Taken, Who::WeChat, "").await?;
        if let Some(ended) = told::kept(&*tx, draft.account_id, &publish_id).await? {
            told::apply(&*tx, draft.id, &ended).await?;
        }
        ask_later(&*tx, draft, 0).await?;
        tx.commit().await
    }

    async fn untaken(&self, job: &Job, draft: &Model, error: &Error) -> Result<()> {
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? && step(&*tx, draft.id, Event::Untaken, Who::WeChat, "").await? {
            save::note(&*tx, draft.id, error, None).await?;
        }
        tx.commit().await
    }

    /// Looks again a little later.
    async fn doubt(&self, job: &Job, draft: &Model) -> Result<()> {
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? {
            push(&*tx, draft, DOUBT_JOB, DOUBT_MS).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    pub(super) async fn doubt_job(&self, job: &Job) -> Result<()> {
        let Some(draft) = self.of(job).await?.filter(|draft| is(draft, State::Submitting)) else { return Ok(()) };
        let live = self.live(draft.account_id)?;
        let there = match draft.media_id.as_deref() {
            Some(media_id) => match live.client.draft().get(media_id).await {
                Ok(_) => true,
                Err(error) if error.errcode == Some(NO_SUCH_MEDIA) => false,
                Err(error) => return Err(error.into()),
            },
            None => false,
        };
        if there {
            let since = draft.tried_at.unwrap_or_default();
            if now_ms() - since < UNTAKEN_MS {
                return self.doubt(job, &draft).await;
            }
            let why = Error::NotNow(crate::Problem::new("state", "draft.untaken"));
            return self.untaken(job, &draft, &why).await;
        }
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? {
            step(&*tx, draft.id, Event::Unsure, Who::Clock, "").await?;
            tx.commit().await?;
        }
        Ok(())
    }

    pub(super) async fn state_job(&self, job: &Job) -> Result<()> {
        let Ok(Asked { draft, times }) = job.read::<Asked>() else { return Err(Error::NotFound) };
        let draft = find_in(self.db.read(), &Reach::All, draft).await?;
        let (true, Some(publish_id)) = (is(&draft, State::Publishing), draft.publish_id.as_deref()) else {
            return Ok(());
        };
        let told = self.live(draft.account_id)?.client.publish().status(publish_id).await?;
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? {
            match ended(&told) {
                Some(ended) => told::apply(&*tx, draft.id, &ended).await?,
                None => ask_later(&*tx, &draft, times + 1).await?,
            }
            tx.commit().await?;
        }
        Ok(())
    }

    pub(super) async fn remove_job(&self, job: &Job) -> Result<()> {
        let Some(draft) = self.of(job).await?.filter(|draft| is(draft, State::Removing)) else { return Ok(()) };
        let live = self.live(draft.account_id)?;
        let removed = match draft.article_id.as_deref() {
            Some(article) => live.client.publish().delete(article, None).await,
            None => Ok(()),
        };
        let refused = match removed {
            Ok(()) => None,
            Err(error) if error.errcode == Some(NO_ARTICLE) => None,
            Err(error) if materials::passes(error.kind) && job.attempts < MAX_ATTEMPTS => return Err(error.into()),
            Err(error) => Some(Error::from(error)),
        };
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? {
            let event = if refused.is_some() { Event::Kept } else { Event::Removed };
            if step(&*tx, draft.id, event, Who::WeChat, "").await?
                && let Some(error) = &refused
            {
                save::note(&*tx, draft.id, error, None).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// How many publications of the account may still be taken away today, as far as is known here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn removals_left(&self, account_id: i64) -> Result<i64> {
        let midnight = (now_ms() + BEIJING_MS) / DAY_MS * DAY_MS - BEIJING_MS;
        const SQL: &str = "SELECT COUNT(*) AS n FROM draft_events e JOIN drafts d ON d.id = e.draft_id \
                           WHERE d.account_id = $1 AND e.event = 'remove' AND e.at >= $2";
        let used = db::one_number(self.db.read(), SQL, [account_id.into(), midnight.into()]).await?;
        Ok((REMOVALS_A_DAY - used).max(0))
    }

    /// The draft that a job is about, unless it was deleted.
    async fn of(&self, job: &Job) -> Result<Option<Model>> {
        let Ok(Of { draft }) = job.read::<Of>() else { return Err(Error::NotFound) };
        find_in(self.db.read(), &Reach::All, draft).await.map(Some)
    }
}

/// Asks again how it goes, a few times.
async fn ask_later<C: ConnectionTrait>(tx: &C, draft: &Model, times: usize) -> Result<()> {
    let Some(after) = ASKED_AFTER.get(times) else { return Ok(()) };
    let key = format!("{STATE_JOB}/{}", draft.id);
    let asked = Asked { draft: draft.id, times };
    jobs::push_of(tx, Some(draft.account_id), STATE_JOB, Some(&key), &asked, now_ms() + after).await
}

/// How it ended; none while it goes on.
fn ended(told: &Publication) -> Option<Ended> {
    if told.publish_status == 1 {
        return None;
    }
    let items = told.article_detail.as_ref().map(|detail| detail.item.as_slice()).unwrap_or_default();
    Some(Ended {
        status: told.publish_status,
        article_id: Some(told.article_id.clone()).filter(|id| !id.is_empty()),
        urls: items.iter().map(|item| item.article_url.clone()).collect(),
        refused: told.fail_idx.clone(),
    })
}
