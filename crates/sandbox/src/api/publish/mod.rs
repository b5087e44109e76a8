//! Publishing: a job that the platform finishes later, and the articles that came of it.

mod job;
mod lines;

use serde_json::{Value, json};

use super::ask::{INVALID, number, number_or, text};
use super::draft::told;
use super::media::BAD_ID;
use super::shelf::{Page, Shelf, object};
use super::{Answered, ApiError, Call, Endpoint, Reply, write};
use crate::world::{Inner, World};
use job::{Job, Verdict};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/freepublish/submit", 100, submit),
    write("/cgi-bin/freepublish/get", 100, get),
    write("/cgi-bin/freepublish/delete", 10, delete),
    write("/cgi-bin/freepublish/getarticle", 100, article),
    write("/cgi-bin/freepublish/batchget", 100, batch),
];

pub(super) const NO_ARTICLE: ApiError = ApiError::new(53600, "invalid article_id");
/// Publications are numbered from here; the numbers do not fit into 32 bits with a sign.
const FIRST: i64 = 2_247_483_650;

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    jobs: Vec<Job>,
    published: Shelf<Published>,
}

/// Articles that were published together.
pub(crate) struct Published {
    /// What comments name it by.
    pub(crate) msg_data_id: i64,
    pub(crate) articles: Vec<Article>,
    update_time: i64,
    /// Whether the platform took it away.
    pub(crate) banned: bool,
}

/// One published article.
pub(crate) struct Article {
    pub(crate) content: Value,
    pub(crate) deleted: bool,
}

impl State {
    /// Whether there is such an article that users can read.
    pub(super) fn has(&self, article_id: &str) -> bool {
        self.published.get(article_id).is_some_and(Published::is_there)
    }

    /// The articles that were published under this id.
    pub(crate) fn find(&self, article_id: &str) -> Option<&Published> {
        self.published.get(article_id)
    }

    /// Takes a publication away, as the platform does with what breaks its rules; false when there is none.
    pub(crate) fn ban(&mut self, article_id: &str) -> bool {
        self.published.get_mut(article_id).is_some_and(|published| {
            published.banned = true;
            true
        })
    }

    fn job(&self, publish_id: i64) -> Option<&Job> {
        let place = usize::try_from(publish_id.checked_sub(FIRST)?).ok()?;
        self.jobs.get(place)
    }
}

impl Published {
    fn is_there(&self) -> bool {
        !self.banned && self.articles.iter().any(|article| !article.deleted)
    }

    /// 0 while users can read it, 5 when the account deleted all of it, 6 when the platform did.
    fn status(&self) -> i64 {
        match (self.banned, self.is_there()) {
            (true, _) => 6,
            (false, true) => 0,
            (false, false) => 5,
        }
    }

    /// As an article with a cover, even what is a message of pictures: the kind is told of drafts only.
    fn told(&self, without_content: bool) -> Value {
        let each = |article: &Article| {
            let mut content = article.content.clone();
            content["is_deleted"] = article.deleted.into();
            if let Some(fields) = content.as_object_mut() {
                fields.retain(|name, _| !["article_type", "image_info", "product_info"].contains(&name.as_str()));
            }
            content
        };
        let articles: Vec<_> = self.articles.iter().map(each).collect();
        told(&articles, without_content)
    }
}

/// `POST /cgi-bin/freepublish/submit`, freepublish_submit: begins the job.
fn submit(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let media_id = text(&request, "media_id", BAD_ID)?;
    let families = &mut world.account_mut(&call.appid).families;
    let articles = families.draft.articles(media_id).ok_or(BAD_ID)?.to_vec();
    let verdict = Verdict::of(&articles)?;
    if families.publish.jobs.iter().any(|job| job.runs(media_id)) {
        return Err(ApiError::new(53501, "publish too frequently"));
    }
    let publish_id = FIRST + i64::try_from(families.publish.jobs.len()).unwrap_or_default();
    let msg_data_id = families.comments.next_msg_data_id();
    families.publish.jobs.push(Job::begin(media_id, msg_data_id, articles, verdict));
    job::finish_later(inner, &call.appid, publish_id);
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "publish_id": publish_id, "msg_data_id": msg_data_id })))
}

/// `POST /cgi-bin/freepublish/get`, freepublish_get: how the job is getting on.
fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const NO_JOB: ApiError = ApiError::new(53502, "invalid publish_id");
    let request = object(call)?;
    let publish_id = number(&request, "publish_id", NO_JOB)?;
    let publish = &world.account(&call.appid).families.publish;
    let job = publish.job(publish_id).ok_or(NO_JOB)?;
    let mut answer = json!({ "publish_id": publish_id, "publish_status": job.status(), "fail_idx": job.failed() });
    if let Some(article_id) = job.article_id()
        && let Some(published) = publish.find(article_id)
    {
        answer["publish_status"] = published.status().into();
        answer["article_id"] = article_id.into();
        if published.status() == 0 {
            let items: Vec<_> = (1..)
                .zip(&published.articles)
                .map(|(idx, article): (i64, _)| json!({ "idx": idx, "article_url": article.content["url"] }))
                .collect();
            answer["article_detail"] = json!({ "count": items.len(), "item": items });
        }
    }
    Ok(Reply::Json(answer))
}

/// `POST /cgi-bin/freepublish/delete`, freepublishDelete: one article by its place from 1, or all of them.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let article_id = text(&request, "article_id", NO_ARTICLE)?;
    let index = if request["index"] == "" { 0 } else { number_or(&request, "index", 0)? };
    let published = world.account_mut(&call.appid).families.publish.published.get_mut(article_id).ok_or(NO_ARTICLE)?;
    match usize::try_from(index) {
        Ok(0) => published.articles.iter_mut().for_each(|article| article.deleted = true),
        Ok(place) => published.articles.get_mut(place - 1).ok_or(INVALID)?.deleted = true,
        Err(_) => return Err(INVALID),
    }
    Ok(Reply::ok())
}

/// `POST /cgi-bin/freepublish/getarticle`, freepublishGetarticle.
fn article(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let article_id = text(&request, "article_id", NO_ARTICLE)?;
    let published = world.account(&call.appid).families.publish.find(article_id).ok_or(NO_ARTICLE)?;
    Ok(Reply::Json(json!({ "news_item": published.told(false) })))
}

/// `POST /cgi-bin/freepublish/batchget`, freepublish_batchget: what users can read, the newest first.
fn batch(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let page = Page::asked(&request)?;
    let without_content = number_or(&request, "no_content", 0)? == 1;
    let there: Vec<_> = world
        .account(&call.appid)
        .families
        .publish
        .published
        .newest()
        .filter(|(_, published)| published.is_there())
        .collect();
    let items: Vec<_> = there
        .iter()
        .skip(page.offset)
        .take(page.count)
        .map(|(article_id, published)| {
            let time = published.update_time;
            let content = json!({
                "news_item": published.told(without_content), "create_time": time, "update_time": time,
            });
            json!({ "article_id": article_id, "content": content, "update_time": time })
        })
        .collect();
    Ok(Reply::Json(json!({ "total_count": there.len(), "item_count": items.len(), "item": items })))
}
