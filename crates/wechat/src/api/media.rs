// Written by `cargo xtask catalogue` from `catalogue/media.toml`: change that.

//! Temporary media, kept for three days; pictures for articles; speech to text and translation.
//!
//! Made by [`Client::media`](crate::client::Client::media).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, open_texts};
use crate::client::{Media, Method, Result};

impl Media<'_> {
    /// Makes a news of 1 to 8 articles for mass messages. Drafts have taken its place.
    ///
    /// `POST /cgi-bin/media/uploadnews`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/message/api_uploadnewsmsg.html).
    ///
    /// Limits: 1 to 8 articles; kept for 3 days.
    ///
    /// - `articles`: An article of news for mass messages. 1 to 8.
    ///
    /// # Errors
    /// 40007, 44003, 45003, 45004, 45005 and 45008, besides those of any call. A caller's mistake, unsent, when a
    /// field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::media::Article;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let made = wechat.media().upload_news(&[Article::new("TITLE", "MEDIA_ID", "CONTENT")]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn upload_news(self, articles: &[Article]) -> Result<Made> {
        let path = "/cgi-bin/media/uploadnews";
        let check = Check::of(path);
        check.items("articles", articles.len(), 1..=8)?;
        for (index, item) in articles.iter().enumerate() {
            item.check(&check.item("articles", index))?;
        }
        let body = json!({ "articles": articles });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send().await
    }

    /// Makes of an uploaded video one that mass messages can carry.
    ///
    /// `POST /cgi-bin/media/uploadvideo`, for verified accounts.
    ///
    /// # Errors
    /// 40007, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::media::UploadVideo;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = UploadVideo::new("MEDIA_ID");
    /// let made = wechat.media().upload_video(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn upload_video(self, ask: &UploadVideo) -> Result<Made> {
        let path = "/cgi-bin/media/uploadvideo";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).idempotent(true).send().await
    }
}

/// An article of news for mass messages.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Article {
    /// Title of an article.
    pub title: String,
    /// Its author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its cover: a temporary media of the kind `thumb`.
    pub thumb_media_id: String,
    /// Its content, as HTML; accounts without WeChat Pay may not use links in it.
    pub content: String,
    /// What "read the original" opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_source_url: Option<String>,
    /// Its summary; the first 64 characters of the content when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Whether the cover is shown inside.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub show_cover_pic: Option<bool>,
    /// Whether comments are open.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub need_open_comment: Option<bool>,
    /// Whether only followers may comment.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub only_fans_can_comment: Option<bool>,
}

impl Article {
    /// With what is required.
    pub fn new(title: impl Into<String>, thumb_media_id: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            author: None,
            thumb_media_id: thumb_media_id.into(),
            content: content.into(),
            content_source_url: None,
            digest: None,
            show_cover_pic: None,
            need_open_comment: None,
            only_fans_can_comment: None,
        }
    }

    /// Its author.
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }

    /// What "read the original" opens.
    pub fn content_source_url(mut self, content_source_url: impl Into<String>) -> Self {
        self.content_source_url = Some(content_source_url.into());
        self
    }

    /// Its summary; the first 64 characters of the content when left out.
    pub fn digest(mut self, digest: impl Into<String>) -> Self {
        self.digest = Some(digest.into());
        self
    }

    /// Whether the cover is shown inside.
    pub fn show_cover_pic(mut self, show_cover_pic: bool) -> Self {
        self.show_cover_pic = Some(show_cover_pic);
        self
    }

    /// Whether comments are open.
    pub fn need_open_comment(mut self, need_open_comment: bool) -> Self {
        self.need_open_comment = Some(need_open_comment);
        self
    }

    /// Whether only followers may comment.
    pub fn only_fans_can_comment(mut self, only_fans_can_comment: bool) -> Self {
        self.only_fans_can_comment = Some(only_fans_can_comment);
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("title", self.title.as_str())?;
        check.text("thumb_media_id", self.thumb_media_id.as_str())?;
        check.text("content", self.content.as_str())?;
        Ok(())
    }
}

/// A media that the platform made.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Made {
    /// Always `news`.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Id of the news.
    pub media_id: String,
    /// When it was made. Unix seconds.
    #[serde(deserialize_with = "shape::int")]
    pub created_at: i64,
}

/// A video for mass messages.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct UploadVideo {
    /// Id of the video, a temporary media.
    pub media_id: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl UploadVideo {
    /// With what is required.
    pub fn new(media_id: impl Into<String>) -> Self {
        Self { media_id: media_id.into(), title: None, description: None }
    }

    /// Its title.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Its description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("media_id", self.media_id.as_str())?;
        Ok(())
    }
}

open_texts! {
/// Always `news`.
Type {
/// `news`.
News = "news",
/// `video`.
Video = "video",
}
}
