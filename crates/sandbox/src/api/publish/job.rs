//! How a publication goes, and how a test asks for another end.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::ApiError;
use super::{Article, Published};
use crate::push;
use crate::world::{Inner, World};
use crate::xml::{Fields, nested, number, text};

/// Milliseconds that the platform takes.
const TAKES_MS: i64 = 2000;

/// How a job will end. A title that contains `[publish:2]` (3, 4) lets it fail with that status; `[publish:53503]`
/// (53500, 53504, 53505) lets the platform refuse it at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Published,
    /// A status, and the places of the articles that are at fault, from 1.
    Failed(i64, Vec<i64>),
}

impl Verdict {
    pub(super) fn of(articles: &[Value]) -> Result<Self, ApiError> {
        let mut verdict = Self::Published;
        for (idx, article) in (1..).zip(articles) {
            match asked(article["title"].as_str().unwrap_or_default()) {
                Some(53500) => return Err(ApiError::new(53500, "publish is blocked")),
                Some(53503) => return Err(ApiError::new(53503, "draft did not pass the publish check")),
                Some(53504) => return Err(ApiError::new(53504, "use the draft on the official website")),
                Some(53505) => return Err(ApiError::new(53505, "save the draft manually before publishing")),
                Some(status @ 2..=4) => match &mut verdict {
                    Self::Failed(_, places) => places.push(idx),
                    Self::Published => verdict = Self::Failed(status, vec![idx]),
                },
                _ => {}
            }
        }
        Ok(verdict)
    }
}

/// The number in a title's `[publish:…]`.
fn asked(title: &str) -> Option<i64> {
    let (_, after) = title.split_once("[publish:")?;
    after.split_once(']')?.0.parse().ok()
}

/// One publication, from its beginning.
pub(super) struct Job {
    media_id: String,
    pub(super) msg_data_id: i64,
    /// As they were when it began.
    articles: Vec<Value>,
    verdict: Verdict,
    done: bool,
    article_id: Option<String>,
}

impl Job {
    pub(super) fn begin(media_id: &str, msg_data_id: i64, articles: Vec<Value>, verdict: Verdict) -> Self {
        Self { media_id: media_id.to_owned(), msg_data_id, articles, verdict, done: false, article_id: None }
    }

    /// Whether this draft is being published by it.
    pub(super) fn runs(&self, media_id: &str) -> bool {
        !self.done && self.media_id == media_id
    }

    pub(super) fn article_id(&self) -> Option<&str> {
        self.article_id.as_deref()
    }

    pub(super) fn status(&self) -> i64 {
        match (&self.verdict, self.done) {
            (_, false) => 1,
            (Verdict::Published, true) => 0,
            (Verdict::Failed(status, _), true) => *status,
        }
    }

    pub(super) fn failed(&self) -> &[i64] {
        match &self.verdict {
            Verdict::Failed(_, places) if self.done => places,
            _ => &[],
        }
    }
}

pub(super) fn finish_later(inner: &Inner, appid: &str, publish_id: i64) {
    let appid = appid.to_owned();
    inner.later.at(inner.clock.now_ms() + TAKES_MS, move |inner| finish(inner, &appid, publish_id));
}

/// Ends a job: articles and comments come, the draft goes, and the account is told.
fn finish(inner: &Arc<Inner>, appid: &str, publish_id: i64) {
    let now = inner.clock.now();
    let info = {
        let mut world = inner.world();
        end(&mut world, inner, appid, publish_id, now)
    };
    let Some(info) = info else { return };
    // It comes from one who runs the account, as on the platform.
    let operator = puzi_wechat::signature::sign(&[appid, "operator"]);
    let operator = format!("o{}", &operator[..27]);
    push::announce_with(inner, appid, &operator, "PUBLISHJOBFINISH", vec![nested("PublishEventInfo", info)]);
}

fn end(world: &mut World, inner: &Inner, appid: &str, publish_id: i64, now: i64) -> Option<Fields> {
    let article_id = world.chance.media_id();
    let families = &mut world.account_mut(appid).families;
    let place = usize::try_from(publish_id - super::FIRST).ok()?;
    let job = families.publish.jobs.get_mut(place)?;
    job.done = true;
    let mut info = vec![number("publish_id", publish_id), number("publish_status", job.status())];
    if let Verdict::Failed(_, places) = &job.verdict {
        info.extend(places.iter().map(|idx| number("fail_idx", idx)));
        return Some(info);
    }
    job.article_id = Some(article_id.clone());
    let articles = std::mem::take(&mut job.articles);
    let (media_id, msg_data_id) = (job.media_id.clone(), job.msg_data_id);
    families.draft.take(&media_id);
    families.comments.open_articles(msg_data_id, &articles);
    info.push(text("article_id", &article_id));
    let mut detail = vec![number("count", articles.len())];
    let articles = (1..).zip(articles).map(|(idx, mut content): (i64, _)| {
        let url = format!("{}/sandbox/articles/{article_id}/{idx}", inner.base_url);
        detail.push(nested("item", vec![number("idx", idx), text("article_url", &url)]));
        content["url"] = json!(url);
        Article { content, deleted: false }
    });
    let published = Published { msg_data_id, articles: articles.collect(), update_time: now, banned: false };
    families.publish.published.put(article_id, published);
    info.push(nested("article_detail", detail));
    Some(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_asks_for_the_end() {
        let of = |titles: &[&str]| {
            let articles: Vec<_> = titles.iter().map(|title| json!({ "title": title })).collect();
            Verdict::of(&articles)
        };
        assert_eq!(of(&["早上好", "[publish:x]", "[publish:9]"]), Ok(Verdict::Published));
        assert_eq!(of(&["a", "b [publish:4]", "[publish:2]"]), Ok(Verdict::Failed(4, vec![2, 3])));
        assert_eq!(of(&["[publish:53503]"]).unwrap_err().errcode, 53503);
    }
}
