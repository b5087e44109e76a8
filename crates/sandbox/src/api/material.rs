//! Permanent material.

mod lines;

use serde_json::{Value, json};

use super::ask::{INVALID, text, text_or_empty};
use super::media::{BAD_ID, BAD_KIND, Rules, as_file, uploaded};
use super::shelf::{Page, Shelf, object};
use super::{Answered, ApiError, Call, Endpoint, Reply, read, write};
use crate::media::StoredMedia;
use crate::world::{Account, Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint { as_text: true, ..write("/cgi-bin/material/add_material", 1000, add) },
    write("/cgi-bin/material/get_material", 1000, get),
    write("/cgi-bin/material/del_material", 1000, delete),
    read("/cgi-bin/material/get_materialcount", 5000, count),
    write("/cgi-bin/material/batchget_material", 1000, list),
    write("/cgi-bin/material/add_news", 1000, retired),
    write("/cgi-bin/material/update_news", 1000, retired),
];

/// No more of this kind.
pub(super) const FULL: ApiError = ApiError::new(45034, "media file count is out of limit");
/// Kinds in the order of [`State::counts`].
const KINDS: [&str; 5] = ["image", "voice", "video", "thumb", "news"];

/// What the account keeps of it; the files lie with all other media.
#[derive(Default)]
pub(crate) struct State {
    items: Shelf<Item>,
    counts: [usize; KINDS.len()],
}

/// What is known of a material beside its file.
struct Item {
    kind: &'static str,
    name: String,
    /// Second line of a video.
    introduction: String,
    update_time: i64,
    /// Of `news`: articles from the time before drafts.
    articles: Vec<Value>,
}

/// How many of a kind an account can keep.
fn most(kind: &str) -> usize {
    match kind {
        "image" | "news" => 100_000,
        _ => 1000,
    }
}

fn place(kind: &str) -> usize {
    KINDS.iter().position(|known| *known == kind).unwrap_or_default()
}

impl State {
    /// The kind of a material: `image`, `voice`, `video`, `thumb` or `news`.
    pub(crate) fn kind_of(&self, media_id: &str) -> Option<&'static str> {
        self.items.get(media_id).map(|item| item.kind)
    }

    /// The articles of a material of kind `news`.
    pub(crate) fn articles(&self, media_id: &str) -> Option<&[Value]> {
        self.items.get(media_id).filter(|item| item.kind == "news").map(|item| item.articles.as_slice())
    }

    /// Keeps articles as an account did before there were drafts.
    pub(crate) fn keep_articles(&mut self, media_id: String, articles: Vec<Value>, now: i64) {
        let name = articles.first().and_then(|first| first["title"].as_str()).unwrap_or_default().to_owned();
        self.put(media_id, Item { kind: "news", name, introduction: String::new(), update_time: now, articles });
    }

    fn has_room(&self, kind: &str) -> bool {
        self.counts[place(kind)] < most(kind)
    }

    fn put(&mut self, media_id: String, item: Item) {
        self.counts[place(item.kind)] += 1;
        self.items.put(media_id, item);
    }

    fn take(&mut self, media_id: &str) -> Option<Item> {
        let item = self.items.take(media_id)?;
        self.counts[place(item.kind)] -= 1;
        Some(item)
    }
}

/// `POST /cgi-bin/material/add_material`, addMaterial.
fn add(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let rules = Rules::permanent(call.query("type"))?;
    let upload = uploaded(call, &["media"])?;
    let media = rules.check(call, upload)?;
    let mut item = Item {
        kind: rules.kind,
        name: upload.file_name.clone().unwrap_or_default(),
        introduction: String::new(),
        update_time: call.now,
        articles: Vec::new(),
    };
    if item.kind == "video" {
        (item.name, item.introduction) = description(call)?;
    }
    if !world.account(&call.appid).families.material.has_room(item.kind) {
        return Err(FULL);
    }
    let media_id = world.chance.media_id();
    if !world.media.put_for_good(media_id.clone(), media) {
        return Err(FULL);
    }
    let mut answer = json!({ "media_id": media_id });
    if item.kind == "image" {
        answer["url"] = inner.media_url(&media_id).into();
    }
    world.account_mut(&call.appid).families.material.put(media_id, item);
    Ok(Reply::Json(answer))
}

/// Title and second line of a video: JSON in a part of the form or, as some clients send it, in the query.
fn description(call: &Call) -> Result<(String, String), ApiError> {
    let given = match call.part("description") {
        Some(part) => &part.bytes[..],
        None => call.query("description").as_bytes(),
    };
    if given.is_empty() {
        return Err(INVALID);
    }
    let description: Value = serde_json::from_slice(given).map_err(|_| super::ask::BAD_FORMAT)?;
    let title = text(&description, "title", INVALID)?;
    Ok((title.to_owned(), text_or_empty(&description, "introduction")?.to_owned()))
}

/// `POST /cgi-bin/material/get_material`, getMaterial: the file; of articles and videos what they are.
fn get(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let media_id = text(&request, "media_id", BAD_ID)?;
    let item = world.account(&call.appid).families.material.items.get(media_id).ok_or(BAD_ID)?;
    Ok(match item.kind {
        "news" => Reply::Json(json!({ "news_item": item.articles })),
        "video" => Reply::Json(json!({
            "title": item.name, "description": item.introduction, "down_url": inner.media_url(media_id),
        })),
        _ => as_file(media_id, world.media.permanent(media_id, &call.appid).ok_or(BAD_ID)?),
    })
}

/// `POST /cgi-bin/material/del_material`, delMaterial; what a menu or an automatic reply names stays.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let media_id = text(&request, "media_id", BAD_ID)?;
    let account = world.account_mut(&call.appid);
    account.families.material.kind_of(media_id).ok_or(BAD_ID)?;
    if account.menu_names(media_id) || account.families.autoreply.names(media_id) {
        return Err(ApiError::new(48005, "api forbidden to delete material used by auto-reply or menu"));
    }
    account.families.material.take(media_id);
    world.media.forget(media_id);
    Ok(Reply::ok())
}

/// `GET /cgi-bin/material/get_materialcount`, getMaterialCount; thumbs are in none of the counts.
fn count(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let counts = world.account(&call.appid).families.material.counts;
    let of = |kind| counts[place(kind)];
    Ok(Reply::Json(json!({
        "voice_count": of("voice"), "video_count": of("video"), "image_count": of("image"), "news_count": of("news"),
    })))
}

/// `POST /cgi-bin/material/batchget_material`, batchGetMaterial: the newest first.
fn list(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let kind = text(&request, "type", BAD_KIND)?;
    if !["image", "voice", "video", "news"].contains(&kind) {
        return Err(BAD_KIND);
    }
    let page = Page::asked(&request)?;
    let material = &world.account(&call.appid).families.material;
    let of_kind = material.items.newest().filter(|(_, item)| item.kind == kind);
    let items: Vec<_> =
        of_kind.skip(page.offset).take(page.count).map(|(media_id, item)| listed(inner, media_id, item)).collect();
    let total = material.counts[place(kind)];
    Ok(Reply::Json(json!({ "total_count": total, "item_count": items.len(), "item": items })))
}

fn listed(inner: &Inner, media_id: &str, item: &Item) -> Value {
    let update_time = item.update_time;
    match item.kind {
        "news" => {
            let content = json!({ "news_item": item.articles, "create_time": update_time, "update_time": update_time });
            json!({ "media_id": media_id, "content": content, "update_time": update_time })
        }
        "image" => {
            let url = inner.media_url(media_id);
            json!({ "media_id": media_id, "name": item.name, "update_time": update_time, "url": url })
        }
        _ => json!({ "media_id": media_id, "name": item.name, "update_time": update_time }),
    }
}

/// Since February 2022 articles are drafts.
fn retired(_: &Inner, _: &mut World, _: &Call) -> Answered {
    Err(ApiError::new(45106, "This API has been unsupported"))
}

/// Permanent material that can be a picture: of a cover, or in a message of pictures.
pub(super) fn picture<'a>(world: &'a World, appid: &str, media_id: &str) -> Option<&'a StoredMedia> {
    world.media.permanent(media_id, appid).filter(|media| ["image", "thumb"].contains(&media.kind))
}

/// Whether some field of a menu's or rule's JSON names this material.
pub(super) fn is_named(within: &Value, media_id: &str) -> bool {
    match within {
        Value::String(text) => text == media_id,
        Value::Array(list) => list.iter().any(|value| is_named(value, media_id)),
        Value::Object(fields) => fields.values().any(|value| is_named(value, media_id)),
        _ => false,
    }
}

impl Account {
    /// Whether the account's menus name this material.
    fn menu_names(&self, media_id: &str) -> bool {
        let default = self.menu.as_ref().is_some_and(|menu| is_named(&menu.buttons, media_id));
        default || self.families.menu.names(media_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_of_a_kind() {
        let mut material = State::default();
        for (kind, most) in [("image", 100_000), ("news", 100_000), ("voice", 1000), ("video", 1000), ("thumb", 1000)] {
            material.counts[place(kind)] = most - 1;
            assert!(material.has_room(kind));
            material.counts[place(kind)] = most;
            assert!(!material.has_room(kind), "{kind}");
        }
    }

    #[test]
    fn counts_follow_what_comes_and_goes() {
        let mut material = State::default();
        material.keep_articles("n1".into(), vec![json!({ "title": "旧文章" })], 1);
        assert_eq!((material.counts[place("news")], material.kind_of("n1")), (1, Some("news")));
        assert!(material.take("n1").is_some() && material.take("n1").is_none());
        assert_eq!(material.counts, [0; KINDS.len()]);
    }
}
