// Written by `cargo xtask catalogue` from `catalogue/material.toml`: change that.

//! Permanent materials: pictures, voices, videos and covers kept until they are removed.
//!
//! Made by [`Client::material`](crate::client::Client::material).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, open_texts};
use crate::client::{Material, Method, Result};

impl Material<'_> {
    /// Removes a material, also one made on the admin platform. One that automatic replies or the menu use cannot be
    /// removed.
    ///
    /// `POST /cgi-bin/material/del_material`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/material/permanent/api_delmaterial.html).
    ///
    /// - `media_id`: Id of the material.
    ///
    /// # Errors
    /// 40007, 41006, 45060 and 48005, besides those of any call. A caller's mistake, unsent, when a field is beyond
    /// its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.material().delete("MEDIA_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, media_id: &str) -> Result<()> {
        let path = "/cgi-bin/material/del_material";
        Check::of(path).text("media_id", media_id)?;
        let body = json!({ "media_id": media_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Tells how many materials of each kind there are, those of the admin platform included.
    ///
    /// `GET /cgi-bin/material/get_materialcount`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/material/permanent/api_getmaterialcount.html).
    ///
    /// Limits: 100,000 pictures and news, 1,000 of each other kind.
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let counts = wechat.material().count().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn count(self) -> Result<Counts> {
        self.client.call(Method::GET, "/cgi-bin/material/get_materialcount").send().await
    }

    /// Lists the materials of a kind, up to 20 a page, those of the admin platform included. News made since there are
    /// drafts are not among them: see the drafts and the published articles.
    ///
    /// `POST /cgi-bin/material/batchget_material`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/material/permanent/api_batchgetmaterial.html).
    ///
    /// Limits: 20 materials a page.
    ///
    /// - `kind`: Kind of the materials.
    /// - `offset`: Where the page begins, from 0.
    /// - `count`: How many to list. 1 to 20.
    ///
    /// # Errors
    /// 40004 and 40007, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::material::MaterialKind;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let material_page = wechat.material().list(MaterialKind::Image, 0, 20).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(self, kind: MaterialKind, offset: i64, count: i64) -> Result<MaterialPage> {
        let path = "/cgi-bin/material/batchget_material";
        let check = Check::of(path);
        check.range("offset", offset, 0..)?;
        check.range("count", count, 1..=20)?;
        let body = json!({ "type": kind, "offset": offset, "count": count });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send().await
    }

    /// Makes news of 1 to 8 articles among the permanent materials. Retired in February 2022.
    ///
    /// `POST /cgi-bin/material/add_news`, for all accounts.
    ///
    /// Limits: 1 to 8 articles.
    ///
    /// - `articles`: An article of news to make. 1 to 8.
    ///
    /// # Errors
    /// 40007 and 45106, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::material::Article;
    ///
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let media_id = wechat.material().add_news(&[Article::new("TITLE", "MEDIA_ID", "CONTENT")]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `draft().create`")]
    pub async fn add_news(self, articles: &[Article]) -> Result<String> {
        let path = "/cgi-bin/material/add_news";
        let check = Check::of(path);
        check.items("articles", articles.len(), 1..=8)?;
        for (index, item) in articles.iter().enumerate() {
            item.check(&check.item("articles", index))?;
        }
        let body = json!({ "articles": articles });
        self.client.call(Method::POST, path).json(&body).send_field("media_id").await
    }

    /// Puts an article in the place of one of the news among the permanent materials. Retired in February 2022.
    ///
    /// `POST /cgi-bin/material/update_news`, for all accounts.
    ///
    /// - `media_id`: Id of the news.
    /// - `index`: Which article of the news, from 0.
    /// - `article`: An article of news to make.
    ///
    /// # Errors
    /// 40007, 40114 and 45106, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::material::Article;
    ///
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.material().update_news("MEDIA_ID", 0, &Article::new("TITLE", "MEDIA_ID", "CONTENT")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `draft().update`")]
    pub async fn update_news(self, media_id: &str, index: i64, article: &Article) -> Result<()> {
        let path = "/cgi-bin/material/update_news";
        let check = Check::of(path);
        check.text("media_id", media_id)?;
        check.range("index", index, 0..)?;
        article.check(&check.field("articles"))?;
        let body = json!({ "media_id": media_id, "index": index, "articles": article });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }
}

/// How many materials of each kind there are.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Counts {
    /// How many voices.
    pub voice_count: i64,
    /// How many videos.
    pub video_count: i64,
    /// How many pictures.
    pub image_count: i64,
    /// How many news.
    pub news_count: i64,
}

/// An article of news.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NewsArticle {
    /// Title of an article; there for `news` only.
    pub title: String,
    /// Its author.
    pub author: String,
    /// Its summary; empty when there are several articles.
    pub digest: String,
    /// Its content, as HTML.
    pub content: String,
    /// What "read the original" opens.
    pub content_source_url: String,
    /// Its cover, a permanent material.
    pub thumb_media_id: String,
    /// Where the cover is.
    pub thumb_url: String,
    /// Whether the cover is shown inside.
    #[serde(deserialize_with = "shape::flag")]
    pub show_cover_pic: bool,
    /// Whether comments are open.
    #[serde(deserialize_with = "shape::flag")]
    pub need_open_comment: bool,
    /// Whether only followers may comment.
    #[serde(deserialize_with = "shape::flag")]
    pub only_fans_can_comment: bool,
    /// The article.
    pub url: String,
}

/// News among the materials.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct News {
    /// An article of news.
    pub news_item: Vec<NewsArticle>,
    /// When the news was made. Unix seconds.
    pub create_time: i64,
    /// When the news was changed last. Unix seconds.
    pub update_time: i64,
}

/// A material in a list.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MaterialItem {
    /// Id of a material.
    pub media_id: String,
    /// Name of the file; left out for news.
    pub name: String,
    /// Where the file is; left out for news.
    pub url: String,
    /// When it was changed last. Unix seconds.
    pub update_time: i64,
    /// News among the materials.
    pub content: Option<News>,
}

/// A page of materials.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MaterialPage {
    /// How many materials of the kind there are.
    pub total_count: i64,
    /// How many this page has.
    pub item_count: i64,
    /// A material in a list.
    pub item: Vec<MaterialItem>,
}

/// An article of news to make.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Article {
    /// Its title.
    pub title: String,
    /// Its cover, a permanent material.
    pub thumb_media_id: String,
    /// Its author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its summary, of an article that stands alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Whether the cover is shown inside.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub show_cover_pic: Option<bool>,
    /// Its content, as HTML.
    pub content: String,
    /// What "read the original" opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_source_url: Option<String>,
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
            thumb_media_id: thumb_media_id.into(),
            author: None,
            digest: None,
            show_cover_pic: None,
            content: content.into(),
            content_source_url: None,
            need_open_comment: None,
            only_fans_can_comment: None,
        }
    }

    /// Its author.
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }

    /// Its summary, of an article that stands alone.
    pub fn digest(mut self, digest: impl Into<String>) -> Self {
        self.digest = Some(digest.into());
        self
    }

    /// Whether the cover is shown inside.
    pub fn show_cover_pic(mut self, show_cover_pic: bool) -> Self {
        self.show_cover_pic = Some(show_cover_pic);
        self
    }

    /// What "read the original" opens.
    pub fn content_source_url(mut self, content_source_url: impl Into<String>) -> Self {
        self.content_source_url = Some(content_source_url.into());
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

open_texts! {
/// Kind of the materials.
MaterialKind {
/// `image`.
Image = "image",
/// `video`.
Video = "video",
/// `voice`.
Voice = "voice",
/// `news`.
News = "news",
}
}
