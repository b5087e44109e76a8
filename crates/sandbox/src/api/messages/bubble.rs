//! The bubble that a customer-service message becomes, when nothing is wrong with it.

use serde_json::Value;

use super::news;
use crate::api::ask::{BAD_FORMAT, list, text, text_or_empty};
use crate::api::{ApiError, Call};
use crate::chat::{Article, ChatItem, Choice, Kind};
use crate::world::{Inner, World};

/// Bytes of a text.
const TEXT_BYTES: usize = 2048;

pub(in crate::api) const BAD_MEDIA: ApiError = ApiError::new(40007, "invalid media_id");
const EMPTY: ApiError = ApiError::new(44004, "empty content");

/// A message being read.
struct Reading<'a> {
    inner: &'a Inner,
    world: &'a World,
    call: &'a Call,
    content: &'a Value,
}

/// Reads the message of `request` by its `msgtype`.
pub(in crate::api) fn bubble(inner: &Inner, world: &World, call: &Call, request: &Value) -> Result<ChatItem, ApiError> {
    const BAD_KIND: ApiError = ApiError::new(40008, "invalid message type");
    let kind = text(request, "msgtype", BAD_KIND)?;
    let content = &request[kind];
    if !content.is_null() && !content.is_object() {
        return Err(BAD_FORMAT);
    }
    let reading = Reading { inner, world, call, content };
    match kind {
        "text" => reading.words(),
        "image" => reading.with_file(Kind::Image, "image"),
        "voice" => reading.with_file(Kind::Voice, "voice"),
        "video" => reading.video(),
        "music" => reading.music(),
        "news" => reading.news(),
        "mpnews" => reading.own_news(),
        "mpnewsarticle" => reading.published(),
        "msgmenu" => reading.menu(),
        "wxcard" => {
            let card = text(content, "card_id", ApiError::new(40073, "invalid card id"))?;
            Ok(ChatItem { title: Some(card.to_owned()), ..item(Kind::Link) })
        }
        "miniprogrampage" => reading.page(),
        _ => Err(BAD_KIND),
    }
}

fn item(kind: Kind) -> ChatItem {
    ChatItem { kind, ..ChatItem::default() }
}

/// An object of known fields; serde would take a list for one as well.
fn object<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, ApiError> {
    if !value.is_object() {
        return Err(BAD_FORMAT);
    }
    serde_json::from_value(value.clone()).map_err(|_| BAD_FORMAT)
}

impl Reading<'_> {
    fn some(&self, name: &str) -> Result<Option<String>, ApiError> {
        Ok(Some(text_or_empty(self.content, name)?).filter(|text| !text.is_empty()).map(str::to_owned))
    }

    fn titled(&self, kind: Kind) -> Result<ChatItem, ApiError> {
        Ok(ChatItem { title: self.some("title")?, description: self.some("description")?, ..item(kind) })
    }

    /// A file of the account, of one of these kinds.
    fn file(&self, name: &str, kinds: &[&str]) -> Result<String, ApiError> {
        let media_id = text(self.content, name, BAD_MEDIA)?;
        let media = self.world.media.usable(media_id, &self.call.appid, self.call.now).ok_or(BAD_MEDIA)?;
        if kinds.contains(&media.kind) {
            Ok(media_id.to_owned())
        } else {
            Err(ApiError::new(40004, "invalid media type"))
        }
    }

    fn with_file(&self, kind: Kind, wanted: &str) -> Result<ChatItem, ApiError> {
        let media_id = self.file("media_id", &[wanted])?;
        Ok(ChatItem { url: Some(self.inner.media_url(&media_id)), media_id: Some(media_id), ..self.titled(kind)? })
    }

    fn words(&self) -> Result<ChatItem, ApiError> {
        let words = text(self.content, "content", EMPTY)?;
        if words.len() > TEXT_BYTES {
            return Err(ApiError::new(45002, "content size out of limit"));
        }
        Ok(ChatItem { text: Some(words.to_owned()), ..item(Kind::Text) })
    }

    fn video(&self) -> Result<ChatItem, ApiError> {
        if self.some("thumb_media_id")?.is_some() {
            self.file("thumb_media_id", &["thumb", "image"])?;
        }
        self.with_file(Kind::Video, "video")
    }

    fn music(&self) -> Result<ChatItem, ApiError> {
        self.file("thumb_media_id", &["thumb", "image"])?;
        let url = self.some("musicurl")?.or(self.some("hqmusicurl")?);
        Ok(ChatItem { url, ..self.titled(Kind::Music)? })
    }

    /// One article that leads anywhere, since October 2018.
    fn news(&self) -> Result<ChatItem, ApiError> {
        const NONE: ApiError = ApiError::new(44003, "empty news data");
        match list(self.content, "articles", NONE)? {
            [] => Err(NONE),
            [article] => Ok(ChatItem { articles: vec![object::<Article>(article)?], ..item(Kind::News) }),
            _ => Err(ApiError::new(45008, "article size out of limit")),
        }
    }

    fn own_news(&self) -> Result<ChatItem, ApiError> {
        let media_id = text(self.content, "media_id", BAD_MEDIA)?;
        let account = self.world.account(&self.call.appid);
        let articles = news::of_draft(self.inner, account, media_id).ok_or(BAD_MEDIA)?;
        Ok(ChatItem { media_id: Some(media_id.to_owned()), articles, ..item(Kind::News) })
    }

    fn published(&self) -> Result<ChatItem, ApiError> {
        const BAD_ARTICLE: ApiError = ApiError::new(53600, "invalid article_id");
        let id = text(self.content, "article_id", BAD_ARTICLE)?;
        let account = self.world.account(&self.call.appid);
        let articles = news::of_published(self.inner, account, id).ok_or(BAD_ARTICLE)?;
        Ok(ChatItem { articles, ..item(Kind::News) })
    }

    fn menu(&self) -> Result<ChatItem, ApiError> {
        let choices = list(self.content, "list", EMPTY)?;
        let choices = choices.iter().map(object::<Choice>).collect::<Result<Vec<_>, _>>()?;
        if choices.is_empty() || choices.iter().any(|choice| choice.content.is_empty()) {
            return Err(EMPTY);
        }
        let (title, description) = (self.some("head_content")?, self.some("tail_content")?);
        Ok(ChatItem { title, description, choices, ..item(Kind::Menu) })
    }

    fn page(&self) -> Result<ChatItem, ApiError> {
        text(self.content, "appid", ApiError::new(40013, "invalid appid"))?;
        let path = text(self.content, "pagepath", ApiError::new(40165, "invalid weapp pagepath"))?;
        self.file("thumb_media_id", &["thumb", "image"])?;
        Ok(ChatItem { url: Some(path.to_owned()), ..self.titled(Kind::Link)? })
    }
}
