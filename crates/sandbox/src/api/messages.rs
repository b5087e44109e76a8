//! Customer-service messages.

use serde_json::Value;

use super::users::BAD_OPENID;
use super::{Answered, ApiError, Call, Reply};
use crate::chat::{Article, ChatItem, Choice, Kind, Side};
use crate::window::Refused;
use crate::world::{Inner, World};

/// Bytes of a text.
const TEXT_BYTES: usize = 2048;
/// Milliseconds that "typing" shows.
const TYPING_MS: i64 = 15_000;
/// Milliseconds after the user's last doing in which "typing" may be shown.
const INTERACTION_MS: i64 = 30_000;

const BAD_MEDIA: ApiError = ApiError::new(40007, "invalid media_id");

/// `POST /cgi-bin/message/custom/send`, sendCustomMessage.
///
/// What is wrong with the message comes before the window: a refused message uses no allowance.
pub(super) fn send(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let openid = request["touser"].as_str().unwrap_or_default();
    let item = bubble(inner, world, call, &request)?;
    let phone = world.account_mut(&call.appid).phone_mut(openid).ok_or(BAD_OPENID)?;
    if phone.last_place == 0 {
        return Err(ApiError::new(43004, "require subscribe"));
    }
    let at = inner.clock.now_ms();
    phone.window.take(at).map_err(|refused| match refused {
        Refused::Closed => ApiError::new(45015, "response out of time limit or subscription is canceled"),
        Refused::Spent => ApiError::new(45047, "out of response count limit"),
    })?;
    phone.typing_until_ms = 0;
    world.say(ChatItem { appid: call.appid.clone(), openid: openid.to_owned(), at, side: Side::Account, ..item });
    Ok(Reply::ok())
}

fn bubble(inner: &Inner, world: &World, call: &Call, request: &Value) -> Result<ChatItem, ApiError> {
    let kind = request["msgtype"].as_str().unwrap_or_default();
    let content = &request[kind];
    let text = |name: &str| Some(content[name].as_str()?.to_owned()).filter(|text| !text.is_empty());
    let item = |kind| ChatItem { kind, ..ChatItem::default() };
    let titled = |kind| ChatItem { title: text("title"), description: text("description"), ..item(kind) };
    let with_file = |shown: ChatItem, name: &str, wanted: &str| {
        let media_id = text(name).ok_or(BAD_MEDIA)?;
        let media = world.media.usable(&media_id, &call.appid, call.now).ok_or(BAD_MEDIA)?;
        if media.kind != wanted {
            return Err(ApiError::new(40004, "invalid media type"));
        }
        Ok(ChatItem { url: Some(inner.media_url(&media_id)), media_id: Some(media_id), ..shown })
    };
    match kind {
        "text" => match content["content"].as_str().unwrap_or_default() {
            "" => Err(ApiError::new(44004, "empty content")),
            words if words.len() > TEXT_BYTES => Err(ApiError::new(45002, "content size out of limit")),
            words => Ok(ChatItem { text: Some(words.to_owned()), ..item(Kind::Text) }),
        },
        "image" => with_file(item(Kind::Image), "media_id", "image"),
        "voice" => with_file(item(Kind::Voice), "media_id", "voice"),
        "video" => with_file(titled(Kind::Video), "media_id", "video"),
        "music" => {
            text("thumb_media_id").ok_or(BAD_MEDIA)?;
            Ok(ChatItem { url: text("musicurl"), ..titled(Kind::Music) })
        }
        "news" => news(&content["articles"]),
        "mpnews" => text("media_id").map(|id| ChatItem { media_id: Some(id), ..item(Kind::News) }).ok_or(BAD_MEDIA),
        "mpnewsarticle" => match text("article_id") {
            Some(id) => {
                Ok(ChatItem { articles: vec![Article { title: id, ..Article::default() }], ..item(Kind::News) })
            }
            None => Err(ApiError::new(53600, "invalid article_id")),
        },
        "msgmenu" => menu(content),
        "wxcard" => match text("card_id") {
            Some(id) => Ok(ChatItem { title: Some(id), ..item(Kind::Link) }),
            None => Err(ApiError::new(40054, "invalid card id")),
        },
        "miniprogrampage" => {
            text("appid").ok_or(ApiError::new(40013, "invalid appid"))?;
            Ok(ChatItem { url: text("pagepath"), ..titled(Kind::Link) })
        }
        _ => Err(ApiError::new(40008, "invalid message type")),
    }
}

/// One article, since October 2018.
fn news(articles: &Value) -> Result<ChatItem, ApiError> {
    let articles: Vec<Article> =
        serde_json::from_value(articles.clone()).map_err(|_| ApiError::new(47001, "data format error"))?;
    match articles.len() {
        0 => Err(ApiError::new(44003, "empty news data")),
        1 => Ok(ChatItem { kind: Kind::News, articles, ..ChatItem::default() }),
        _ => Err(ApiError::new(45008, "article size out of limit")),
    }
}

fn menu(content: &Value) -> Result<ChatItem, ApiError> {
    let text = |name: &str| content[name].as_str().map(str::to_owned);
    let choices: Vec<Choice> =
        serde_json::from_value(content["list"].clone()).map_err(|_| ApiError::new(47001, "data format error"))?;
    if choices.is_empty() {
        return Err(ApiError::new(44004, "empty content"));
    }
    let (title, description) = (text("head_content"), text("tail_content"));
    Ok(ChatItem { kind: Kind::Menu, title, description, choices, ..ChatItem::default() })
}

/// `POST /cgi-bin/message/custom/typing`, setTyping.
pub(super) fn typing(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let openid = request["touser"].as_str().unwrap_or_default();
    let phone = world.account_mut(&call.appid).phone_mut(openid).ok_or(BAD_OPENID)?;
    let now = inner.clock.now_ms();
    match request["command"].as_str().unwrap_or_default() {
        "Typing" if now - phone.last_active_ms > INTERACTION_MS => {
            Err(ApiError::new(45080, "cannot set typing, no interaction in the last 30 seconds"))
        }
        "Typing" if now < phone.typing_until_ms => Err(ApiError::new(45081, "typing is already set")),
        "Typing" => {
            phone.typing_until_ms = now + TYPING_MS;
            Ok(Reply::ok())
        }
        "CancelTyping" => {
            phone.typing_until_ms = 0;
            Ok(Reply::ok())
        }
        _ => Err(ApiError::new(45072, "invalid command")),
    }
}
