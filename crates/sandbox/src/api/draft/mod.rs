//! Drafts: articles that are not published yet.

mod article;
mod clean;
mod lines;
mod product;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::ask::{list, number, number_or, text};
use super::media::BAD_ID;
use super::shelf::{Page, Shelf, object};
use super::{Answered, ApiError, Call, Endpoint, Reply, read, write};
use crate::world::{Account, Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/draft/add", 1000, add),
    write("/cgi-bin/draft/get", 500, get),
    write("/cgi-bin/draft/update", 1000, update),
    write("/cgi-bin/draft/delete", 1000, delete),
    read("/cgi-bin/draft/count", 1000, count),
    write("/cgi-bin/draft/batchget", 1000, batch),
    write("/cgi-bin/draft/switch", 1000, switch),
    write("/channels/ec/service/product/getcardinfo", 1000, product::card),
];

/// Articles of one draft.
const ARTICLES: usize = 8;

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    drafts: Shelf<Draft>,
    /// Articles that were uploaded for a mass message, and do not last.
    kept: HashMap<String, Vec<Value>>,
    /// Of an account that still has the old articles; new ones have drafts from the start.
    pub(crate) closed: bool,
}

struct Draft {
    articles: Vec<Value>,
    create_time: i64,
    update_time: i64,
}

impl State {
    /// The articles of a draft.
    pub(crate) fn articles(&self, media_id: &str) -> Option<&[Value]> {
        self.drafts.get(media_id).map(|draft| draft.articles.as_slice())
    }

    /// Keeps articles that were uploaded for a mass message.
    pub(super) fn keep(&mut self, media_id: String, articles: Vec<Value>) {
        self.kept.insert(media_id, articles);
    }

    /// Drops them when their time is over.
    pub(super) fn drop_kept(&mut self, media_id: &str) {
        self.kept.remove(media_id);
    }

    /// Takes a draft out of the box, as when it was published or sent.
    pub(crate) fn take(&mut self, media_id: &str) -> Option<Vec<Value>> {
        self.drafts.take(media_id).map(|draft| draft.articles)
    }
}

/// The articles that a media id stands for: a draft's, a permanent material's, or those uploaded for a mass message.
pub(super) fn articles<'a>(account: &'a Account, media_id: &str) -> Option<&'a [Value]> {
    let families = &account.families;
    let kept = || families.draft.kept.get(media_id).map(Vec::as_slice);
    families.draft.articles(media_id).or_else(|| families.material.articles(media_id)).or_else(kept)
}

/// Takes a draft out of the box: it was sent.
pub(super) fn take(account: &mut Account, media_id: &str) {
    account.families.draft.take(media_id);
}

fn open_box(world: &World, call: &Call) -> Result<(), ApiError> {
    let closed = world.account(&call.appid).families.draft.closed;
    if closed { Err(ApiError::new(48001, "api unauthorized")) } else { Ok(()) }
}

/// `POST /cgi-bin/draft/add`, addDraft.
fn add(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    const EMPTY: ApiError = ApiError::new(44003, "empty news data");
    open_box(world, call)?;
    let request = object(call)?;
    let given = list(&request, "articles", EMPTY)?;
    match given.len() {
        0 => return Err(EMPTY),
        1..=ARTICLES => {}
        _ => return Err(ApiError::new(45008, "article size out of limit")),
    }
    let media_id = world.chance.media_id();
    let single = given.len() == 1;
    let articles: Result<Vec<_>, _> = (1..)
        .zip(given)
        .map(|(idx, article)| article::accepted(inner, world, call, article, single, &url(inner, &media_id, idx)))
        .collect();
    let draft = Draft { articles: articles?, create_time: call.now, update_time: call.now };
    world.account_mut(&call.appid).families.draft.drafts.put(media_id.clone(), draft);
    Ok(Reply::Json(json!({ "media_id": media_id })))
}

/// Where an article shows while it is a draft; `idx` counts from 1.
fn url(inner: &Inner, media_id: &str, idx: usize) -> String {
    format!("{}/sandbox/articles/{media_id}/{idx}", inner.base_url)
}

/// `POST /cgi-bin/draft/get`, getDraft.
fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    open_box(world, call)?;
    let request = object(call)?;
    let media_id = text(&request, "media_id", BAD_ID)?;
    let draft = world.account(&call.appid).families.draft.drafts.get(media_id).ok_or(BAD_ID)?;
    Ok(Reply::Json(content(draft, false)))
}

fn content(draft: &Draft, without_content: bool) -> Value {
    json!({
        "news_item": told(&draft.articles, without_content),
        "create_time": draft.create_time,
        "update_time": draft.update_time,
    })
}

/// Articles as lists tell them, on wish without their text.
pub(super) fn told(articles: &[Value], without_content: bool) -> Value {
    let each = |article: &Value| {
        let mut article = article.clone();
        if without_content && let Some(fields) = article.as_object_mut() {
            fields.remove("content");
        }
        article
    };
    articles.iter().map(each).collect()
}

/// `POST /cgi-bin/draft/update`, updateDraft: one article by its place, the first is 0.
fn update(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    const BAD_INDEX: ApiError = ApiError::new(40114, "invalid index value");
    open_box(world, call)?;
    let request = object(call)?;
    let media_id = text(&request, "media_id", BAD_ID)?;
    let count = world.account(&call.appid).families.draft.articles(media_id).ok_or(BAD_ID)?.len();
    let place = usize::try_from(number_or(&request, "index", 0)?).map_err(|_| BAD_INDEX)?;
    if place >= count {
        return Err(BAD_INDEX);
    }
    let given = &request["articles"];
    if !given.is_object() {
        return Err(if given.is_null() { ApiError::new(44003, "empty news data") } else { super::ask::BAD_FORMAT });
    }
    let url = url(inner, media_id, place + 1);
    let article = article::accepted(inner, world, call, given, count == 1, &url)?;
    let drafts = &mut world.account_mut(&call.appid).families.draft.drafts;
    let draft = drafts.get_mut(media_id).ok_or(BAD_ID)?;
    draft.articles[place] = article;
    draft.update_time = call.now;
    Ok(Reply::ok())
}

/// `POST /cgi-bin/draft/delete`, deleteDraft.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    open_box(world, call)?;
    let request = object(call)?;
    let media_id = text(&request, "media_id", BAD_ID)?;
    world.account_mut(&call.appid).families.draft.take(media_id).ok_or(BAD_ID)?;
    Ok(Reply::ok())
}

/// `GET /cgi-bin/draft/count`, countDraft.
fn count(_: &Inner, world: &mut World, call: &Call) -> Answered {
    open_box(world, call)?;
    let total = world.account(&call.appid).families.draft.drafts.len();
    Ok(Reply::Json(json!({ "total_count": total })))
}

/// `POST /cgi-bin/draft/batchget`, batchGetDraft: the newest first.
fn batch(_: &Inner, world: &mut World, call: &Call) -> Answered {
    open_box(world, call)?;
    let request = object(call)?;
    let page = Page::asked(&request)?;
    let without_content = number_or(&request, "no_content", 0)? == 1;
    let drafts = &world.account(&call.appid).families.draft.drafts;
    let items: Vec<_> = drafts
        .newest()
        .skip(page.offset)
        .take(page.count)
        .map(|(media_id, draft)| {
            json!({
                "media_id": media_id,
                "content": content(draft, without_content),
                "update_time": draft.update_time,
            })
        })
        .collect();
    Ok(Reply::Json(json!({ "total_count": drafts.len(), "item_count": items.len(), "item": items })))
}

/// `POST /cgi-bin/draft/switch`, switchDraft: opens the box for good; with `checkonly=1` only tells whether it is open.
fn switch(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let draft = &mut world.account_mut(&call.appid).families.draft;
    if call.query("checkonly") != "1" {
        draft.closed = false;
    }
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "is_open": i64::from(!draft.closed) })))
}

/// A number that must be 0 or 1 and may be left out.
fn switch_of(article: &Value, name: &str) -> Result<i64, ApiError> {
    if article[name].is_null() {
        return Ok(0);
    }
    match number(article, name, super::ask::INVALID)? {
        on @ (0 | 1) => Ok(on),
        _ => Err(super::ask::INVALID),
    }
}
