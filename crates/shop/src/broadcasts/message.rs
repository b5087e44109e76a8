//! The calls that carry a broadcast, as WeChat wants them.

use puzi_wechat::api::mass::{self, Images, MessageKind, SendAll, Video};

use super::{Audience, Broadcast, Content, Part};

/// What a call carries.
pub(super) enum Carried {
    /// Words alone.
    Words,
    /// WeChat's numbers of what it sends.
    Media(Vec<String>),
}

/// To a list of openids.
pub(super) fn to_list(broadcast: &Broadcast, part: &Part, carried: &Carried, openids: Vec<String>) -> mass::Send {
    let ask = mass::Send::new(openids, kind(&broadcast.content)).clientmsgid(part.clientmsgid.as_str());
    let ask = ask.send_ignore_reprint(broadcast.ignore_reprint);
    match (&broadcast.content, carried) {
        (Content::Text { text }, _) => ask.text(text.as_str()),
        (Content::Mpnews { .. }, Carried::Media(ids)) => ask.mpnews(first(ids)),
        (Content::Voice { .. }, Carried::Media(ids)) => ask.voice(first(ids)),
        (Content::Image { recommend, comments, .. }, Carried::Media(ids)) => {
            ask.images(images(ids, recommend, *comments))
        }
        (Content::Mpvideo { title, description, .. }, Carried::Media(ids)) => {
            ask.mpvideo(Video::new(first(ids)).title(title.as_str()).description(description.as_str()))
        }
        (_, Carried::Words) => ask,
    }
}

/// To all followers, or to a tag.
pub(super) fn to_all(broadcast: &Broadcast, part: &Part, carried: &Carried) -> SendAll {
    let filter = match &broadcast.audience {
        Audience::Tag { wechat_id, .. } => mass::Filter::new().is_to_all(false).tag_id(*wechat_id),
        _ => mass::Filter::new().is_to_all(true),
    };
    let ask = SendAll::new(kind(&broadcast.content)).filter(filter).clientmsgid(part.clientmsgid.as_str());
    let ask = ask.send_ignore_reprint(broadcast.ignore_reprint);
    match (&broadcast.content, carried) {
        (Content::Text { text }, _) => ask.text(text.as_str()),
        (Content::Mpnews { .. }, Carried::Media(ids)) => ask.mpnews(first(ids)),
        (Content::Voice { .. }, Carried::Media(ids)) => ask.voice(first(ids)),
        (Content::Image { recommend, comments, .. }, Carried::Media(ids)) => {
            ask.images(images(ids, recommend, *comments))
        }
        (Content::Mpvideo { .. }, Carried::Media(ids)) => ask.mpvideo(first(ids)),
        (_, Carried::Words) => ask,
    }
}

fn first(ids: &[String]) -> String {
    ids.first().cloned().unwrap_or_default()
}

fn images(ids: &[String], recommend: &str, comments: bool) -> Images {
    let images = Images::new(ids.iter().map(String::as_str)).need_open_comment(comments);
    if recommend.is_empty() { images } else { images.recommend(recommend) }
}

fn kind(content: &Content) -> MessageKind {
    match content {
        Content::Text { .. } => MessageKind::Text,
        Content::Mpnews { .. } => MessageKind::Mpnews,
        Content::Image { .. } => MessageKind::Image,
        Content::Voice { .. } => MessageKind::Voice,
        Content::Mpvideo { .. } => MessageKind::Mpvideo,
    }
}
