//! What a customer-service message can say.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::reply::{Article, Reply};

/// Bytes.
const LONGEST_TEXT: usize = 2048;

/// A message to one user (`/cgi-bin/message/custom/send`).
///
/// ```
/// use puzi_wechat::client::{CustomMessage, MenuChoice};
///
/// let choice = |id: &str, content: &str| MenuChoice { id: id.to_owned(), content: content.to_owned() };
/// let question = CustomMessage::MsgMenu {
///     head_content: "满意吗?".to_owned(),
///     list: vec![choice("1", "满意"), choice("2", "不满意")],
///     tail_content: String::new(),
/// };
/// assert_eq!(question.check(), Ok(()));
/// assert_eq!(CustomMessage::image("").check().unwrap_err(), "`image.media_id` is empty");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "msgtype", rename_all = "lowercase")]
#[non_exhaustive]
pub enum CustomMessage {
    /// A text; `<a href>` and `<a href="weixin://bizmsgmenu?…">` become links.
    Text {
        /// The text.
        content: String,
    },
    /// A picture.
    Image {
        /// Media id of the picture.
        media_id: String,
    },
    /// A voice.
    Voice {
        /// Media id of the voice.
        media_id: String,
    },
    /// A video.
    Video {
        /// Media id of the video.
        media_id: String,
        /// Media id of its still; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        thumb_media_id: String,
        /// Title; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
        /// Description; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        description: String,
    },
    /// A piece of music.
    Music {
        /// Title; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
        /// Description; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        description: String,
        /// URL of the music.
        musicurl: String,
        /// URL of the music in better quality, for Wi-Fi.
        hqmusicurl: String,
        /// Media id of its picture.
        thumb_media_id: String,
    },
    /// One article that opens a URL.
    News {
        /// The article; the platform takes exactly one.
        articles: [CustomArticle; 1],
    },
    /// A news material of the account's.
    MpNews {
        /// Media id of the material.
        media_id: String,
    },
    /// A published article of the account's.
    MpNewsArticle {
        /// Id of the article.
        article_id: String,
    },
    /// Choices to tap; what is tapped comes back as a text message with its `bizmsgmenuid`.
    MsgMenu {
        /// Text above the choices.
        head_content: String,
        /// The choices.
        list: Vec<MenuChoice>,
        /// Text below the choices.
        tail_content: String,
    },
    /// A card or coupon.
    WxCard {
        /// Id of the card.
        card_id: String,
    },
    /// A card that opens a mini program linked with the account.
    MiniProgramPage {
        /// Title.
        title: String,
        /// The mini program's appid.
        appid: String,
        /// The page with its parameters.
        pagepath: String,
        /// Media id of the card's picture.
        thumb_media_id: String,
    },
}

/// The article of a [`CustomMessage::News`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomArticle {
    /// Title.
    pub title: String,
    /// Description.
    #[serde(default)]
    pub description: String,
    /// What a tap opens.
    pub url: String,
    /// URL of the picture.
    #[serde(default)]
    pub picurl: String,
}

/// A choice of a [`CustomMessage::MsgMenu`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuChoice {
    /// Comes back when the choice is tapped.
    pub id: String,
    /// What the user reads.
    pub content: String,
}

impl CustomMessage {
    /// A text message.
    pub fn text(content: impl Into<String>) -> Self {
        Self::Text { content: content.into() }
    }

    /// An image message.
    pub fn image(media_id: impl Into<String>) -> Self {
        Self::Image { media_id: media_id.into() }
    }

    /// The platform's name for the kind of message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::Music { .. } => "music",
            Self::News { .. } => "news",
            Self::MpNews { .. } => "mpnews",
            Self::MpNewsArticle { .. } => "mpnewsarticle",
            Self::MsgMenu { .. } => "msgmenu",
            Self::WxCard { .. } => "wxcard",
            Self::MiniProgramPage { .. } => "miniprogrampage",
        }
    }

    /// What the platform would refuse, found before it is asked: fields that are missing, a text beyond 2,048 bytes of
    /// UTF-8.
    ///
    /// ```
    /// use puzi_wechat::client::CustomMessage;
    ///
    /// assert_eq!(CustomMessage::text("您好").check(), Ok(()));
    /// let long = CustomMessage::text("字".repeat(700));
    /// assert_eq!(long.check().unwrap_err(), "`text.content` has 2100 bytes; 2048 are allowed");
    /// ```
    ///
    /// # Errors
    /// A sentence that names the field.
    pub fn check(&self) -> Result<(), String> {
        let needed: &[(&str, &str)] = match self {
            Self::Text { content } if content.len() > LONGEST_TEXT => {
                return Err(format!("`text.content` has {} bytes; {LONGEST_TEXT} are allowed", content.len()));
            }
            Self::Text { content } => &[("content", content)],
            Self::Image { media_id }
            | Self::Voice { media_id }
            | Self::Video { media_id, .. }
            | Self::MpNews { media_id } => &[("media_id", media_id)],
            Self::Music { musicurl, thumb_media_id, .. } => {
                &[("musicurl", musicurl), ("thumb_media_id", thumb_media_id)]
            }
            Self::News { articles: [article] } => &[("articles[0].title", &article.title)],
            Self::MpNewsArticle { article_id } => &[("article_id", article_id)],
            Self::MsgMenu { list, .. } => return check_choices(list),
            Self::WxCard { card_id } => &[("card_id", card_id)],
            Self::MiniProgramPage { title, appid, pagepath, thumb_media_id } => {
                &[("title", title), ("appid", appid), ("pagepath", pagepath), ("thumb_media_id", thumb_media_id)]
            }
        };
        match needed.iter().find(|(_, text)| text.is_empty()) {
            Some((field, _)) => Err(format!("`{}.{field}` is empty", self.kind())),
            None => Ok(()),
        }
    }

    /// The platform wants `{"msgtype": "text", "text": {…}}`.
    pub(super) fn to_body(&self, openid: &str) -> Result<serde_json::Value, serde_json::Error> {
        let mut content = serde_json::to_value(self)?;
        if let Some(content) = content.as_object_mut() {
            content.remove("msgtype");
        }
        let mut body = json!({ "touser": openid, "msgtype": self.kind() });
        body[self.kind()] = content;
        Ok(body)
    }
}

fn check_choices(list: &[MenuChoice]) -> Result<(), String> {
    if list.is_empty() {
        return Err("`msgmenu.list` has no choices; it needs 1".to_owned());
    }
    for (at, MenuChoice { id, content }) in list.iter().enumerate() {
        for (field, text) in [("id", id), ("content", content)] {
            if text.is_empty() {
                return Err(format!("`msgmenu.list[{at}].{field}` is empty"));
            }
        }
    }
    Ok(())
}

/// A [`Reply`] that cannot be sent later as a customer-service message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSendable {
    /// There is nothing to send.
    #[error("an empty reply cannot be sent as a message")]
    Nothing,
    /// Only the answer to a push can hand a conversation over.
    #[error("a conversation can be handed over only in the answer to a push")]
    Transfer,
}

impl TryFrom<&Reply> for CustomMessage {
    type Error = NotSendable;

    /// The same answer as a message, for when it comes too late for a reply. Of several articles the first is sent:
    /// a message carries one.
    fn try_from(reply: &Reply) -> Result<Self, NotSendable> {
        Ok(match reply.clone() {
            Reply::Text { content, .. } => Self::Text { content },
            Reply::Image { media_id } => Self::Image { media_id },
            Reply::Voice { media_id } => Self::Voice { media_id },
            Reply::Video { media_id, title, description } => {
                Self::Video { media_id, thumb_media_id: String::new(), title, description }
            }
            Reply::Music { title, description, music_url, hq_music_url, thumb_media_id, .. } => {
                // A message needs both addresses.
                let hqmusicurl = if hq_music_url.is_empty() { music_url.clone() } else { hq_music_url };
                let musicurl = if music_url.is_empty() { hqmusicurl.clone() } else { music_url };
                Self::Music { title, description, musicurl, hqmusicurl, thumb_media_id }
            }
            Reply::News { articles, .. } => {
                let first = articles.into_iter().next().ok_or(NotSendable::Nothing)?;
                let Article { title, description, pic_url, url } = first;
                Self::News { articles: [CustomArticle { title, description, url, picurl: pic_url }] }
            }
            Reply::TransferCustomerService { .. } => return Err(NotSendable::Transfer),
            Reply::Nothing => return Err(NotSendable::Nothing),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(reply: Reply) -> serde_json::Value {
        CustomMessage::try_from(&reply).unwrap().to_body("o1").unwrap()
    }

    #[test]
    fn a_reply_can_be_sent_later() {
        assert_eq!(later(Reply::text("您好")), json!({"touser": "o1", "msgtype": "text", "text": {"content": "您好"}}));
        let music = Reply::Music {
            title: "歌".into(),
            description: String::new(),
            music_url: "http://m".into(),
            hq_music_url: String::new(),
            thumb_media_id: "t".into(),
            star: false,
        };
        assert_eq!(
            later(music)["music"],
            json!({"title": "歌", "musicurl": "http://m", "hqmusicurl": "http://m", "thumb_media_id": "t"})
        );
        let article = |n: u8| Article {
            title: format!("t{n}"),
            description: "d".into(),
            pic_url: "http://p".into(),
            url: "http://u".into(),
        };
        assert_eq!(
            later(Reply::News { articles: vec![article(1), article(2)], star: false })["news"],
            json!({"articles": [{"title": "t1", "description": "d", "url": "http://u", "picurl": "http://p"}]})
        );
    }

    #[test]
    fn what_is_no_message_is_not_sent() {
        assert_eq!(CustomMessage::try_from(&Reply::Nothing), Err(NotSendable::Nothing));
        let transfer = Reply::TransferCustomerService { kf_account: None };
        assert_eq!(CustomMessage::try_from(&transfer), Err(NotSendable::Transfer));
    }

    #[test]
    fn every_kind_lies_under_its_own_name() {
        let choice = MenuChoice { id: "1".into(), content: "满意".into() };
        let menu =
            CustomMessage::MsgMenu { head_content: "如何?".into(), list: vec![choice], tail_content: "".into() };
        assert_eq!(
            menu.to_body("o1").unwrap(),
            json!({
                "touser": "o1", "msgtype": "msgmenu",
                "msgmenu": {"head_content": "如何?", "list": [{"id": "1", "content": "满意"}], "tail_content": ""},
            })
        );
        for message in [
            CustomMessage::MpNews { media_id: "m".into() },
            CustomMessage::MpNewsArticle { article_id: "a".into() },
            CustomMessage::WxCard { card_id: "c".into() },
        ] {
            let body = message.to_body("o1").unwrap();
            // serde's name of the variant and the platform's must be one.
            assert_eq!(serde_json::to_value(&message).unwrap()["msgtype"], message.kind());
            assert_eq!(body["msgtype"], message.kind());
            assert_eq!(body[message.kind()].as_object().unwrap().len(), 1);
        }
    }

    #[test]
    fn what_the_platform_would_refuse_is_named() {
        let (none, some) = (String::new, || "x".to_owned());
        let article = CustomArticle { title: none(), description: some(), url: some(), picurl: some() };
        let choice = |id: &str, content: &str| MenuChoice { id: id.into(), content: content.into() };
        let menu = |list| CustomMessage::MsgMenu { head_content: some(), list, tail_content: none() };
        let music = CustomMessage::Music {
            title: some(),
            description: some(),
            musicurl: some(),
            hqmusicurl: some(),
            thumb_media_id: none(),
        };
        let page =
            CustomMessage::MiniProgramPage { title: some(), appid: some(), pagepath: none(), thumb_media_id: some() };
        for (message, says) in [
            (CustomMessage::text(""), "`text.content` is empty"),
            (CustomMessage::text("x".repeat(2049)), "`text.content` has 2049 bytes; 2048 are allowed"),
            (CustomMessage::image(""), "`image.media_id` is empty"),
            (CustomMessage::MpNews { media_id: none() }, "`mpnews.media_id` is empty"),
            (CustomMessage::MpNewsArticle { article_id: none() }, "`mpnewsarticle.article_id` is empty"),
            (music, "`music.thumb_media_id` is empty"),
            (CustomMessage::News { articles: [article] }, "`news.articles[0].title` is empty"),
            (menu(vec![]), "`msgmenu.list` has no choices; it needs 1"),
            (menu(vec![choice("1", "好"), choice("2", "")]), "`msgmenu.list[1].content` is empty"),
            (menu(vec![choice("", "好")]), "`msgmenu.list[0].id` is empty"),
            (CustomMessage::WxCard { card_id: none() }, "`wxcard.card_id` is empty"),
            (page, "`miniprogrampage.pagepath` is empty"),
        ] {
            assert_eq!(message.check().unwrap_err(), says);
        }
        assert_eq!(CustomMessage::text("x".repeat(2048)).check(), Ok(()));
        assert_eq!(menu(vec![choice("1", "好")]).check(), Ok(()));
    }
}
