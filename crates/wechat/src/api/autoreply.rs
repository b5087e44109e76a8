// Written by `cargo xtask catalogue` from `catalogue/autoreply.toml`: change that.

//! The automatic replies set up on the admin platform.
//!
//! Made by [`Client::autoreply`](crate::client::Client::autoreply).

use serde::Deserialize;

use crate::client::shape::{self, inside, open_texts};
use crate::client::{Client, Method, Result};

impl Client {
    /// The automatic replies set up on the admin platform.
    pub fn autoreply(&self) -> Autoreply<'_> {
        Autoreply { client: self }
    }
}

/// The automatic replies set up on the admin platform. See [`Client::autoreply`].
#[derive(Debug, Clone, Copy)]
pub struct Autoreply<'a> {
    pub(crate) client: &'a Client,
}

impl Autoreply<'_> {
    /// Tells the replies to new followers, to messages and to keywords that were set up on the admin platform. Media
    /// ids of pictures, voices and videos are temporary and others each time; those of news are for good.
    ///
    /// `GET /cgi-bin/get_current_autoreply_info`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/autoreplies/api_getcurrentautoreplyinfo.html).
    ///
    /// Limits: temporary media ids live 3 days.
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let auto_replies = wechat.autoreply().get().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get(self) -> Result<AutoReplies> {
        self.client.call(Method::GET, "/cgi-bin/get_current_autoreply_info").send().await
    }
}

/// A reply without conditions.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Reply {
    /// Kind of the reply to a new follower; the object is left out when there is none.
    #[serde(rename = "type")]
    pub kind: ReplyKind,
    /// The text, or the media id.
    pub content: String,
}

/// A keyword of a rule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Keyword {
    /// Kind of the keyword.
    #[serde(rename = "type")]
    pub kind: KeywordKind,
    /// Whether the message must contain the keyword or be it.
    pub match_mode: MatchMode,
    /// The keyword, or the media id.
    pub content: String,
}

/// An article of a reply.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Article {
    /// Title of an article; `news_info` is there for `news` only.
    pub title: String,
    /// Its author.
    pub author: String,
    /// Its summary.
    pub digest: String,
    /// Whether its cover is shown.
    #[serde(deserialize_with = "shape::flag")]
    pub show_cover: bool,
    /// Its cover.
    pub cover_url: String,
    /// The article.
    pub content_url: String,
    /// What "read the original" opens; empty for none.
    pub source_url: String,
}

/// A reply of a rule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RuleReply {
    /// Kind of the reply.
    #[serde(rename = "type")]
    pub kind: ReplyKind,
    /// The text, or the media id.
    pub content: String,
    /// An article of a reply.
    #[serde(deserialize_with = "in_list")]
    pub news_info: Vec<Article>,
}

/// A rule that replies to keywords.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Rule {
    /// Name of a rule. Its object is left out when there is none.
    pub rule_name: String,
    /// When the rule was made. Unix seconds.
    pub create_time: i64,
    /// Whether all replies are sent or one picked by chance.
    pub reply_mode: ReplyMode,
    /// A keyword of a rule.
    pub keyword_list_info: Vec<Keyword>,
    /// A reply of a rule.
    pub reply_list_info: Vec<RuleReply>,
}

/// The automatic replies of the account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AutoReplies {
    /// Whether new followers are replied to.
    #[serde(deserialize_with = "shape::flag")]
    pub is_add_friend_reply_open: bool,
    /// Whether messages are replied to.
    #[serde(deserialize_with = "shape::flag")]
    pub is_autoreply_open: bool,
    /// A reply without conditions.
    pub add_friend_autoreply_info: Option<Reply>,
    /// A reply without conditions.
    pub message_default_autoreply_info: Option<Reply>,
    /// A rule that replies to keywords.
    #[serde(deserialize_with = "in_list")]
    pub keyword_autoreply_info: Vec<Rule>,
}

open_texts! {
/// Kind of a reply.
ReplyKind {
/// `text`.
Text = "text",
/// `img`.
Img = "img",
/// `voice`.
Voice = "voice",
/// `video`.
Video = "video",
/// `news`.
News = "news",
}
}

open_texts! {
/// Whether all replies are sent or one picked by chance.
ReplyMode {
/// `reply_all`.
ReplyAll = "reply_all",
/// `random_one`.
RandomOne = "random_one",
}
}

open_texts! {
/// Kind of the keyword.
KeywordKind {
/// `text`.
Text = "text",
/// `img`.
Img = "img",
/// `voice`.
Voice = "voice",
/// `video`.
Video = "video",
}
}

open_texts! {
/// Whether the message must contain the keyword or be it.
MatchMode {
/// `contain`.
Contain = "contain",
/// `equal`.
Equal = "equal",
}
}

inside! {
    read in_list = "list";
}
