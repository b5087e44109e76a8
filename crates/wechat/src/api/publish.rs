// Written by `cargo xtask catalogue` from `catalogue/publish.toml`: change that.

//! Publishing drafts, without a message to the followers.
//!
//! Made by [`Client::publish`](crate::client::Client::publish).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape;
use crate::client::{Client, Method, Result};

impl Client {
    /// Publishing drafts, without a message to the followers.
    pub fn publish(&self) -> Publish<'_> {
        Publish { client: self }
    }
}

/// Publishing drafts, without a message to the followers. See [`Client::publish`].
#[derive(Debug, Clone, Copy)]
pub struct Publish<'a> {
    pub(crate) client: &'a Client,
}

impl Publish<'_> {
    /// Begins to publish a draft. The push PUBLISHJOBFINISH tells the end, and `status` how far it is: the checks may
    /// still refuse it. The draft is gone afterwards.
    ///
    /// `POST /cgi-bin/freepublish/submit`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/public/api_freepublish_submit.html).
    ///
    /// Limits: 100 calls a day for a new account.
    ///
    /// - `media_id`: Id of the draft.
    ///
    /// # Errors
    /// 40007, 53500, 53501, 53503, 53504 and 53505, besides those of any call. A caller's mistake, unsent, when a
    /// field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let submitted = wechat.publish().submit("MEDIA_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn submit(self, media_id: &str) -> Result<Submitted> {
        let path = "/cgi-bin/freepublish/submit";
        Check::of(path).text("media_id", media_id)?;
        let body = json!({ "media_id": media_id });
        self.client.call(Method::POST, path).json(&body).send().await
    }

    /// Tells how far a publication is.
    ///
    /// `POST /cgi-bin/freepublish/get`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/public/api_freepublish_get.html).
    ///
    /// Limits: 100 calls a day for a new account.
    ///
    /// - `publish_id`: Number of the publication, as text.
    ///
    /// # Errors
    /// 40002 and 53502, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let publication = wechat.publish().status("PUBLISH_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn status(self, publish_id: &str) -> Result<Publication> {
        let path = "/cgi-bin/freepublish/get";
        Check::of(path).text("publish_id", publish_id)?;
        let body = json!({ "publish_id": publish_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send().await
    }

    /// Removes published articles for good.
    ///
    /// `POST /cgi-bin/freepublish/delete`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/public/api_freepublishdelete.html).
    ///
    /// Limits: 10 calls a day for a new account.
    ///
    /// - `article_id`: Id of what was published.
    /// - `index`: Which article, from 1; 0 for all.
    ///
    /// # Errors
    /// 53600, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.publish().delete("ARTICLE_ID", None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, article_id: &str, index: Option<i64>) -> Result<()> {
        let path = "/cgi-bin/freepublish/delete";
        let check = Check::of(path);
        check.text("article_id", article_id)?;
        check.range("index", index, 0..)?;
        let mut body = json!({ "article_id": article_id });
        if let Some(index) = index {
            body["index"] = index.into();
        }
        self.client.call(Method::POST, path).json(&body).done().await
    }

    /// Tells published articles.
    ///
    /// `POST /cgi-bin/freepublish/getarticle`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/public/api_freepublishgetarticle.html).
    ///
    /// Limits: 100 calls a day for a new account.
    ///
    /// - `article_id`: Id of what was published.
    ///
    /// # Errors
    /// 53600, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let articles = wechat.publish().article("ARTICLE_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn article(self, article_id: &str) -> Result<Vec<Article>> {
        let path = "/cgi-bin/freepublish/getarticle";
        Check::of(path).text("article_id", article_id)?;
        let body = json!({ "article_id": article_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send_field_or_default("news_item").await
    }

    /// Lists what was published, up to 20 a page. What was sent as a mass message is not among it.
    ///
    /// `POST /cgi-bin/freepublish/batchget`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/public/api_freepublish_batchget.html).
    ///
    /// Limits: 20 publications a page; 100 calls a day for a new account.
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::publish::List;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = List::new(0, 20);
    /// let publication_page = wechat.publish().list(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(self, ask: &List) -> Result<PublicationPage> {
        let path = "/cgi-bin/freepublish/batchget";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).idempotent(true).send().await
    }
}

/// A publication that has begun.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Submitted {
    /// Number of the publication.
    #[serde(deserialize_with = "shape::int")]
    pub publish_id: i64,
    /// Number of the articles, for their comments and statistics.
    #[serde(deserialize_with = "shape::maybe_int")]
    pub msg_data_id: Option<i64>,
}

/// Where an article is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PublishedItem {
    /// Which article, from 1.
    pub idx: Option<i64>,
    /// Where it is for good.
    pub article_url: String,
}

/// The articles of a publication.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Published {
    /// How many articles it has; for status 0.
    pub count: i64,
    /// Where an article is.
    pub item: Vec<PublishedItem>,
}

/// How far a publication is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Publication {
    /// Number of the publication.
    #[serde(deserialize_with = "shape::int")]
    pub publish_id: i64,
    /// 0 published, 1 under way, 2 refused as not original, 3 failed, 4 refused by the platform, 5 published and all
    /// articles removed since, 6 published and all articles banned since.
    pub publish_status: i64,
    /// Id of what was published; for status 0.
    pub article_id: String,
    /// The articles of a publication.
    pub article_detail: Option<Published>,
    /// Each an article that was refused, from 1; for status 2 and 4.
    pub fail_idx: Vec<i64>,
}

/// A published article.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Article {
    /// Title of an article.
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
    /// Whether it was removed.
    pub is_deleted: bool,
}

/// What [`Publish::list`] asks with.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct List {
    /// Where the page begins, from 0.
    pub offset: i64,
    /// How many to list. 1 to 20.
    pub count: i64,
    /// Whether to leave out the articles.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub no_content: Option<bool>,
}

impl List {
    /// With what is required.
    pub fn new(offset: i64, count: i64) -> Self {
        Self { offset, count, no_content: None }
    }

    /// Whether to leave out the articles.
    pub fn no_content(mut self, no_content: bool) -> Self {
        self.no_content = Some(no_content);
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.range("offset", self.offset, 0..)?;
        check.range("count", self.count, 1..=20)?;
        Ok(())
    }
}

/// What was published.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Content {
    /// A published article.
    pub news_item: Vec<Article>,
    /// When it was made. Unix seconds.
    pub create_time: i64,
    /// When it was changed last. Unix seconds.
    pub update_time: i64,
}

/// A publication in a list.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PublicationItem {
    /// Id of a publication.
    pub article_id: String,
    /// When it was changed last. Unix seconds.
    pub update_time: i64,
    /// What was published.
    pub content: Option<Content>,
}

/// A page of publications.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PublicationPage {
    /// How many publications there are.
    pub total_count: i64,
    /// How many this page has.
    pub item_count: i64,
    /// A publication in a list.
    pub item: Vec<PublicationItem>,
}
