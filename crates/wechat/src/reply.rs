//! Passive replies: what the answer to a push may be.

use serde::{Deserialize, Serialize};

use crate::xml;

/// Most articles a news reply may have.
pub const MAX_ARTICLES: usize = 10;

/// An answer to a push.
///
/// ```
/// use puzi_wechat::reply::Reply;
///
/// let reply = Reply::text("9:00–18:00");
/// reply.check()?;
/// let xml = reply.to_xml("gh_1", "o1", 1_700_000_000);
/// assert!(xml.contains("<Content><![CDATA[9:00–18:00]]></Content>"));
/// assert_eq!(Reply::Nothing.to_xml("gh_1", "o1", 1_700_000_000), "success");
/// # Ok::<(), puzi_wechat::reply::ReplyError>(())
/// ```
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// A text.
    Text {
        /// The text; WeChat makes links of `<a href="…">…</a>` in it.
        content: String,
        /// The old protocol's `FuncFlag` bit 0x0001: the account's operator sees the message starred.
        #[serde(default, skip_serializing_if = "is_false")]
        star: bool,
    },
    /// A picture.
    Image {
        /// Of an uploaded picture.
        media_id: String,
    },
    /// A voice.
    Voice {
        /// Of an uploaded voice.
        media_id: String,
    },
    /// A video.
    Video {
        /// Of an uploaded video.
        media_id: String,
        /// May be empty.
        #[serde(default)]
        title: String,
        /// May be empty.
        #[serde(default)]
        description: String,
    },
    /// Music.
    Music {
        /// May be empty.
        #[serde(default)]
        title: String,
        /// May be empty.
        #[serde(default)]
        description: String,
        /// Address of the music; may be empty.
        #[serde(default)]
        music_url: String,
        /// Address of the music in better quality, preferred on Wi-Fi; may be empty.
        #[serde(default)]
        hq_music_url: String,
        /// Of an uploaded thumbnail.
        thumb_media_id: String,
        /// See [`Reply::Text`].
        #[serde(default, skip_serializing_if = "is_false")]
        star: bool,
    },
    /// One to ten articles. The platform shows eight of them, and only the first in answer to an ordinary message
    /// (text, image, voice, video, location, link); eight in answer to a menu tap, a scan or a follow.
    News {
        /// In the order shown.
        articles: Vec<Article>,
        /// See [`Reply::Text`].
        #[serde(default, skip_serializing_if = "is_false")]
        star: bool,
    },
    /// Hands the conversation over to the platform's customer service.
    TransferCustomerService {
        /// The agent it should go to; without one, any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kf_account: Option<String>,
    },
    /// No answer. The platform is told `success`, so that it does not deliver again.
    Nothing,
}

/// An article of a news reply.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Article {
    /// Headline.
    pub title: String,
    /// Shown when there is only one article; may be empty.
    #[serde(default)]
    pub description: String,
    /// Address of the picture, JPG or PNG; 360×200 px for the first, 200×200 px for others. May be empty.
    #[serde(default)]
    pub pic_url: String,
    /// Where a tap leads; may be empty.
    #[serde(default)]
    pub url: String,
}

/// Why WeChat would not take a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// A field that must be filled is empty: the platform's name of it.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// News with no article or with more than ten.
    #[error("news has 1 to {MAX_ARTICLES} articles, this one has {0}")]
    Articles(usize),
}

impl Reply {
    /// A text.
    pub fn text(content: impl Into<String>) -> Self {
        Self::Text { content: content.into(), star: false }
    }

    /// Whether WeChat would take it.
    ///
    /// # Errors
    /// See [`ReplyError`].
    pub fn check(&self) -> Result<(), ReplyError> {
        match self {
            Self::Text { content, .. } => filled("Content", content),
            Self::Image { media_id } | Self::Voice { media_id } | Self::Video { media_id, .. } => {
                filled("MediaId", media_id)
            }
            Self::Music { thumb_media_id, .. } => filled("ThumbMediaId", thumb_media_id),
            Self::News { articles, .. } => {
                if articles.is_empty() || articles.len() > MAX_ARTICLES {
                    return Err(ReplyError::Articles(articles.len()));
                }
                articles.iter().try_for_each(|article| filled("Title", &article.title))
            }
            Self::TransferCustomerService { kf_account: Some(account) } => filled("KfAccount", account),
            Self::TransferCustomerService { kf_account: None } | Self::Nothing => Ok(()),
        }
    }

    /// Writes the reply to `to` (the follower's openid) from `from` (the account's original id), `at` in Unix seconds.
    /// [`Reply::Nothing`] is the word `success`.
    ///
    /// No text can break out of its element: `]]>` is cut, and characters that XML 1.0 cannot carry are left out.
    #[must_use]
    pub fn to_xml(&self, to: &str, from: &str, at: i64) -> String {
        if matches!(self, Self::Nothing) {
            return String::from("success");
        }
        let mut out = String::with_capacity(256 + to.len() + from.len() + self.size());
        xml::open(&mut out, "xml");
        xml::cdata(&mut out, "ToUserName", to);
        xml::cdata(&mut out, "FromUserName", from);
        xml::number(&mut out, "CreateTime", at);
        xml::cdata(&mut out, "MsgType", self.msg_type());
        self.write_body(&mut out);
        if self.is_starred() {
            xml::number(&mut out, "FuncFlag", 1);
        }
        xml::close(&mut out, "xml");
        out
    }

    const fn msg_type(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::Music { .. } => "music",
            Self::News { .. } => "news",
            Self::TransferCustomerService { .. } => "transfer_customer_service",
            Self::Nothing => "",
        }
    }

    const fn is_starred(&self) -> bool {
        matches!(self, Self::Text { star: true, .. } | Self::Music { star: true, .. } | Self::News { star: true, .. })
    }

    /// About how many bytes the body takes, so that the buffer is allocated once.
    fn size(&self) -> usize {
        match self {
            Self::Text { content, .. } => content.len(),
            Self::News { articles, .. } => articles.len() * 512,
            _ => 512,
        }
    }

    fn write_body(&self, out: &mut String) {
        match self {
            Self::Text { content, .. } => xml::cdata(out, "Content", content),
            Self::Image { media_id } => within(out, "Image", &[("MediaId", media_id)]),
            Self::Voice { media_id } => within(out, "Voice", &[("MediaId", media_id)]),
            Self::Video { media_id, title, description } => {
                within(out, "Video", &[("MediaId", media_id), ("Title", title), ("Description", description)]);
            }
            Self::Music { title, description, music_url, hq_music_url, thumb_media_id, .. } => {
                let parts = [
                    ("Title", title),
                    ("Description", description),
                    ("MusicUrl", music_url),
                    ("HQMusicUrl", hq_music_url),
                    ("ThumbMediaId", thumb_media_id),
                ];
                within(out, "Music", &parts);
            }
            Self::News { articles, .. } => write_articles(out, articles),
            Self::TransferCustomerService { kf_account: Some(account) } => {
                within(out, "TransInfo", &[("KfAccount", account)]);
            }
            Self::TransferCustomerService { kf_account: None } | Self::Nothing => {}
        }
    }
}

fn write_articles(out: &mut String, articles: &[Article]) {
    let count = articles.len().try_into().expect("articles in memory are counted in 63 bits");
    xml::number(out, "ArticleCount", count);
    xml::open(out, "Articles");
    for Article { title, description, pic_url, url } in articles {
        within(out, "item", &[("Title", title), ("Description", description), ("PicUrl", pic_url), ("Url", url)]);
    }
    xml::close(out, "Articles");
}

fn within(out: &mut String, name: &str, parts: &[(&str, &String)]) {
    xml::open(out, name);
    for (name, text) in parts {
        xml::cdata(out, name, text);
    }
    xml::close(out, name);
}

fn filled(name: &'static str, text: &str) -> Result<(), ReplyError> {
    if text.is_empty() { Err(ReplyError::Empty(name)) } else { Ok(()) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
