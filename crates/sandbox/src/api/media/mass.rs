//! What is uploaded for mass messages only.

use serde_json::{Value, json};

use super::super::ask::{BAD_FORMAT, list, text, text_or_empty};
use super::super::shelf::object;
use super::super::{Answered, ApiError, Call, Reply};
use super::{BAD_ID, BAD_KIND};
use crate::media::{LIFE, StoredMedia};
use crate::world::{Inner, World};

/// `POST /cgi-bin/media/uploadvideo`, uploadVideo: an uploaded video with title and second line, under a new media id.
pub(super) fn upload_video(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let media_id = text(&request, "media_id", BAD_ID)?;
    text_or_empty(&request, "title")?;
    text_or_empty(&request, "description")?;
    let media = world.media.usable(media_id, &call.appid, call.now).ok_or(BAD_ID)?;
    if media.kind != "video" {
        return Err(BAD_KIND);
    }
    let video = StoredMedia { created_at: call.now, ..media.clone() };
    let media_id = world.chance.media_id();
    world.media.put(media_id.clone(), video);
    Ok(Reply::Json(json!({ "type": "video", "media_id": media_id, "created_at": call.now })))
}

/// `POST /cgi-bin/media/uploadnews`, uploadNewsMsg: one to eight articles, for three days. Drafts took its place.
pub(super) fn upload_news(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    const EMPTY: ApiError = ApiError::new(44003, "empty news data");
    let request = object(call)?;
    let given = list(&request, "articles", EMPTY)?;
    match given.len() {
        0 => return Err(EMPTY),
        1..=8 => {}
        _ => return Err(ApiError::new(45008, "article size out of limit")),
    }
    let articles: Result<Vec<_>, _> = given.iter().map(|article| accepted(inner, world, call, article)).collect();
    let articles = articles?;
    let media_id = world.chance.media_id();
    world.account_mut(&call.appid).families.draft.keep(media_id.clone(), articles);
    let (appid, id) = (call.appid.clone(), media_id.clone());
    inner.later.at((call.now + LIFE) * 1000, move |inner| {
        inner.world().account_mut(&appid).families.draft.drop_kept(&id);
    });
    Ok(Reply::Json(json!({ "type": "news", "media_id": media_id, "created_at": call.now })))
}

fn accepted(inner: &Inner, world: &World, call: &Call, given: &Value) -> Result<Value, ApiError> {
    if !given.is_object() {
        return Err(BAD_FORMAT);
    }
    text(given, "title", ApiError::new(45003, "title size out of limit"))?;
    text(given, "content", ApiError::new(44004, "empty content"))?;
    for name in ["author", "digest", "content_source_url"] {
        text_or_empty(given, name)?;
    }
    let cover = text(given, "thumb_media_id", BAD_ID)?;
    let media = world.media.usable(cover, &call.appid, call.now).ok_or(BAD_ID)?;
    if !["image", "thumb"].contains(&media.kind) {
        return Err(BAD_ID);
    }
    let mut article = given.clone();
    article["thumb_url"] = inner.media_url(cover).into();
    Ok(article)
}
