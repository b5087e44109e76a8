//! What is sent.

use serde_json::Value;

use crate::api::ask::{BAD_FORMAT, INVALID, number_or, text, text_or_empty, texts};
use crate::api::messages::{BAD_MEDIA, news};
use crate::api::{ApiError, Call, draft};
use crate::chat::{Article, ChatItem, Kind};
use crate::world::{Inner, World};

/// Bytes of a text.
const TEXT_BYTES: usize = 2048;
/// Pictures of one message.
const PICTURES: usize = 20;

/// A message to many.
pub(super) struct Message {
    /// Its `msgtype`.
    pub(super) kind: &'static str,
    /// Bubbles without their envelope; articles are apart, as they may be deleted one by one.
    items: Vec<ChatItem>,
    pub(super) articles: Vec<Article>,
    /// The same as they lay in the drafts.
    pub(super) values: Vec<Value>,
    pub(super) draft: Option<String>,
}

impl Message {
    /// Reads the message of a request by its `msgtype`.
    pub(super) fn read(inner: &Inner, world: &World, call: &Call, request: &Value) -> Result<Self, ApiError> {
        const BAD_KIND: ApiError = ApiError::new(40008, "invalid message type");
        let reading = Reading { inner, world, call };
        let kind = text(request, "msgtype", BAD_KIND)?;
        let content = &request[kind];
        let one = |kind, item| Ok(Self { kind, items: vec![item], articles: vec![], values: vec![], draft: None });
        match kind {
            "mpnews" => reading.news(content),
            "text" => one("text", words(content)?),
            "voice" => one("voice", reading.file(content, Kind::Voice, "voice")?),
            "image" if request["images"].is_object() => reading.pictures(&request["images"]),
            "image" => one("image", reading.file(content, Kind::Image, "image")?),
            "mpvideo" | "video" => one("mpvideo", reading.file(content, Kind::Video, "video")?),
            "music" => one("music", reading.file(content, Kind::Voice, "voice")?),
            "wxcard" => {
                let card = text(content, "card_id", ApiError::new(40073, "invalid card id"))?;
                one("wxcard", ChatItem { kind: Kind::Link, title: Some(card.to_owned()), ..ChatItem::default() })
            }
            _ => Err(BAD_KIND),
        }
    }

    /// Bubbles as they show, in their order.
    pub(super) fn items(&self) -> Vec<ChatItem> {
        if self.articles.is_empty() {
            return self.items.clone();
        }
        vec![ChatItem { kind: Kind::News, articles: self.articles.clone(), ..ChatItem::default() }]
    }

    /// In a few words, for a list.
    pub(super) fn summary(&self) -> String {
        let first = self.items.first().and_then(|item| item.text.clone().or_else(|| item.title.clone()));
        if self.articles.is_empty() { first.unwrap_or_default() } else { self.titles().join("、") }
    }

    pub(super) fn titles(&self) -> Vec<String> {
        self.articles.iter().map(|article| article.title.clone()).collect()
    }
}

struct Reading<'a> {
    inner: &'a Inner,
    world: &'a World,
    call: &'a Call,
}

impl Reading<'_> {
    fn news(&self, content: &Value) -> Result<Message, ApiError> {
        let media_id = text(content, "media_id", BAD_MEDIA)?;
        let account = self.world.account(&self.call.appid);
        let articles = news::of_draft(self.inner, account, media_id).ok_or(BAD_MEDIA)?;
        let values = draft::articles(account, media_id).unwrap_or_default().to_vec();
        Ok(Message { kind: "mpnews", items: vec![], articles, values, draft: Some(media_id.to_owned()) })
    }

    fn pictures(&self, images: &Value) -> Result<Message, ApiError> {
        let ids = texts(images, "media_ids", BAD_MEDIA)?;
        if ids.is_empty() || ids.len() > PICTURES {
            return Err(BAD_MEDIA);
        }
        for flag in ["need_open_comment", "only_fans_can_comment"] {
            if !matches!(number_or(images, flag, 0)?, 0 | 1) {
                return Err(INVALID);
            }
        }
        let mut items = ids.iter().map(|id| self.stored(id, Kind::Image, "image")).collect::<Result<Vec<_>, _>>()?;
        let words = text_or_empty(images, "recommend")?;
        if !words.is_empty() {
            let text = Some(words.to_owned());
            items.insert(0, ChatItem { kind: Kind::Text, text, ..ChatItem::default() });
        }
        Ok(Message { kind: "image", items, articles: vec![], values: vec![], draft: None })
    }

    fn file(&self, content: &Value, kind: Kind, wanted: &str) -> Result<ChatItem, ApiError> {
        let some = |name| text_or_empty(content, name).map(|text| Some(text.to_owned()).filter(|t| !t.is_empty()));
        let item = self.stored(text(content, "media_id", BAD_MEDIA)?, kind, wanted)?;
        Ok(ChatItem { title: some("title")?, description: some("description")?, ..item })
    }

    fn stored(&self, media_id: &str, kind: Kind, wanted: &str) -> Result<ChatItem, ApiError> {
        let media = self.world.media.usable(media_id, &self.call.appid, self.call.now).ok_or(BAD_MEDIA)?;
        if media.kind != wanted {
            return Err(ApiError::new(40004, "invalid media type"));
        }
        let url = Some(self.inner.media_url(media_id));
        Ok(ChatItem { kind, media_id: Some(media_id.to_owned()), url, ..ChatItem::default() })
    }
}

fn words(content: &Value) -> Result<ChatItem, ApiError> {
    if !content.is_null() && !content.is_object() {
        return Err(BAD_FORMAT);
    }
    let words = text(content, "content", ApiError::new(44004, "empty content"))?;
    if words.len() > TEXT_BYTES {
        return Err(ApiError::new(45002, "content size out of limit"));
    }
    Ok(ChatItem { kind: Kind::Text, text: Some(words.to_owned()), ..ChatItem::default() })
}
