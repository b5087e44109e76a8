// Written by `cargo xtask catalogue` from `catalogue/draft.toml`: change that.

//! Drafts of articles and of sets of pictures, and the cards of products inside them.
//!
//! Made by [`Client::draft`](crate::client::Client::draft).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, inside, open_texts};
use crate::client::{Client, Method, Result};

impl Client {
    /// Drafts of articles and of sets of pictures, and the cards of products inside them.
    pub fn draft(&self) -> Drafts<'_> {
        Drafts { client: self }
    }
}

/// Drafts of articles and of sets of pictures, and the cards of products inside them. See [`Client::draft`].
#[derive(Debug, Clone, Copy)]
pub struct Drafts<'a> {
    pub(crate) client: &'a Client,
}

impl Drafts<'_> {
    /// Makes a draft of one or more articles. It leaves the drafts once it is published or sent.
    ///
    /// `POST /cgi-bin/draft/add`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add.html).
    ///
    /// Limits: 1,000 calls a day for a new account.
    ///
    /// - `articles`: An article of a draft.
    ///
    /// # Errors
    /// 40007, 41039, 44003, 45003, 45004, 45005, 45008, 45110, 45166, 53404, 53405, 53406 and 88000, besides those of
    /// any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::draft::Article;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let media_id = wechat.draft().create(&[Article::new("TITLE", "CONTENT")]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(self, articles: &[Article]) -> Result<String> {
        let path = "/cgi-bin/draft/add";
        let check = Check::of(path);
        check.items("articles", articles.len(), 1..)?;
        for (index, item) in articles.iter().enumerate() {
            item.check(&check.item("articles", index))?;
        }
        let body = json!({ "articles": articles });
        self.client.call(Method::POST, path).json(&body).send_field("media_id").await
    }

    /// Tells a draft.
    ///
    /// `POST /cgi-bin/draft/get`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_getdraft.html).
    ///
    /// Limits: 500 calls a day for a new account.
    ///
    /// - `media_id`: Id of the draft.
    ///
    /// # Errors
    /// 40007, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let draft = wechat.draft().get("MEDIA_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get(self, media_id: &str) -> Result<Draft> {
        let path = "/cgi-bin/draft/get";
        Check::of(path).text("media_id", media_id)?;
        let body = json!({ "media_id": media_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send().await
    }

    /// Puts an article in the place of one of a draft.
    ///
    /// `POST /cgi-bin/draft/update`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_update.html).
    ///
    /// Limits: 1,000 calls a day for a new account.
    ///
    /// - `media_id`: Id of the draft.
    /// - `index`: Which article of the draft, from 0.
    /// - `article`: An article of a draft.
    ///
    /// # Errors
    /// 40007, 40114, 41039, 44003, 45003, 45004, 45005, 45008, 45110, 45166, 53404, 53405, 53406 and 88000, besides
    /// those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::draft::Article;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.draft().update("MEDIA_ID", 0, &Article::new("TITLE", "CONTENT")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update(self, media_id: &str, index: i64, article: &Article) -> Result<()> {
        let path = "/cgi-bin/draft/update";
        let check = Check::of(path);
        check.text("media_id", media_id)?;
        check.range("index", index, 0..)?;
        article.check(&check.field("articles"))?;
        let body = json!({ "media_id": media_id, "index": index, "articles": article });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Removes a draft for good.
    ///
    /// `POST /cgi-bin/draft/delete`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_delete.html).
    ///
    /// Limits: 1,000 calls a day for a new account.
    ///
    /// - `media_id`: Id of the draft.
    ///
    /// # Errors
    /// 40007, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.draft().delete("MEDIA_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, media_id: &str) -> Result<()> {
        let path = "/cgi-bin/draft/delete";
        Check::of(path).text("media_id", media_id)?;
        let body = json!({ "media_id": media_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Lists the drafts, up to 20 a page.
    ///
    /// `POST /cgi-bin/draft/batchget`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_batchget.html).
    ///
    /// Limits: 20 drafts a page; 1,000 calls a day for a new account.
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::draft::List;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = List::new(0, 20);
    /// let draft_page = wechat.draft().list(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(self, ask: &List) -> Result<DraftPage> {
        let path = "/cgi-bin/draft/batchget";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).idempotent(true).send().await
    }

    /// Tells how many drafts there are.
    ///
    /// `GET /cgi-bin/draft/count`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_count.html).
    ///
    /// Limits: 1,000 calls a day for a new account.
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let total_count = wechat.draft().count().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn count(self) -> Result<i64> {
        self.client.call(Method::GET, "/cgi-bin/draft/count").send_field("total_count").await
    }

    /// Tells what shows a product of the WeChat shop inside an article: HTML for its content, or a key. Sets of
    /// pictures take small cards, text links and bars; articles take large cards, small cards and text links.
    ///
    /// `POST /channels/ec/service/product/getcardinfo`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/draftbox/shop/api_ecsgetproductcardinfo.html).
    ///
    /// - `product_id`: Id of the product.
    /// - `article_type`: What the card is for.
    /// - `card_type`: 0 a large card, 1 a small card, 2 a text link, 3 a bar. 0 to 3.
    ///
    /// # Errors
    /// 10170001, 10170002 and 10170003, besides those of any call. A caller's mistake, unsent, when a field is beyond
    /// its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::draft::ArticleKind;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let product_card = wechat.draft().product_card("PRODUCT_ID", ArticleKind::News, 3).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn product_card(
        self,
        product_id: &str,
        article_type: ArticleKind,
        card_type: i64,
    ) -> Result<ProductCard> {
        let path = "/channels/ec/service/product/getcardinfo";
        let check = Check::of(path);
        check.text("product_id", product_id)?;
        check.range("card_type", card_type, 0..=3)?;
        let body = json!({ "product_id": product_id, "article_type": article_type, "card_type": card_type });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send().await
    }

    /// Turns drafts and publishing on, for good; or only tells whether they are. They are on for every account now.
    ///
    /// `POST /cgi-bin/draft/switch`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_switch.html).
    ///
    /// - `checkonly`: Whether to change nothing and only tell.
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let is_open = wechat.draft().switch(None).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "drafts are on for every account")]
    pub async fn switch(self, checkonly: Option<bool>) -> Result<bool> {
        let mut call = self.client.call(Method::POST, "/cgi-bin/draft/switch").idempotent(true);
        if let Some(checkonly) = checkonly {
            call = call.query("checkonly", i64::from(checkonly));
        }
        let flag: i64 = call.send_field_or_default("is_open").await?;
        Ok(flag != 0)
    }
}

/// A picture of a `newspic`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Image {
    /// A picture, a permanent material; needed by `newspic`, whose cover is the first one.
    pub image_media_id: String,
}

impl Image {
    /// With what is required.
    pub fn new(image_media_id: impl Into<String>) -> Self {
        Self { image_media_id: image_media_id.into() }
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("image_media_id", self.image_media_id.as_str())?;
        Ok(())
    }
}

/// What of the cover is shown in one shape.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Crop {
    /// A shape of the cover; `16_9` is for `newspic` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Ratio>,
    /// Left edge of what is shown, as text from `0` to `1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x1: Option<String>,
    /// Upper edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y1: Option<String>,
    /// Right edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x2: Option<String>,
    /// Lower edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y2: Option<String>,
}

impl Crop {
    /// With nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// A shape of the cover; `16_9` is for `newspic` only.
    pub fn ratio(mut self, ratio: Ratio) -> Self {
        self.ratio = Some(ratio);
        self
    }

    /// Left edge of what is shown, as text from `0` to `1`.
    pub fn x1(mut self, x1: impl Into<String>) -> Self {
        self.x1 = Some(x1.into());
        self
    }

    /// Upper edge.
    pub fn y1(mut self, y1: impl Into<String>) -> Self {
        self.y1 = Some(y1.into());
        self
    }

    /// Right edge.
    pub fn x2(mut self, x2: impl Into<String>) -> Self {
        self.x2 = Some(x2.into());
        self
    }

    /// Lower edge.
    pub fn y2(mut self, y2: impl Into<String>) -> Self {
        self.y2 = Some(y2.into());
        self
    }
}

/// An article of a draft.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Article {
    /// Whether it is an article or a set of pictures with a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article_type: Option<ArticleKind>,
    /// Its title. At most 32 characters.
    pub title: String,
    /// Its author. At most 16 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its summary, of an article that stands alone; the first 54 characters of the content when left out. At most 128
    /// characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Its content: for `news` HTML, without scripts and with no pictures but those of `media.upload_image`; for
    /// `newspic` plain text and the tags of up to 50 products. Fewer than 20,000 characters and less than 1 MB. At
    /// most 19,999 characters. At most 1,048,575 bytes.
    pub content: String,
    /// What "read the original" opens. At most 1024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_source_url: Option<String>,
    /// Its cover, a permanent material; needed by `news`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumb_media_id: Option<String>,
    /// Whether comments are open.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub need_open_comment: Option<bool>,
    /// Whether only followers may comment.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub only_fans_can_comment: Option<bool>,
    /// What of the cover is shown at 2.35:1: `X1_Y1_X2_Y2`, from `0_0_1_1` for all of it, with up to 6 decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pic_crop_235_1: Option<String>,
    /// The same at 1:1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pic_crop_1_1: Option<String>,
    /// A picture of a `newspic`. At most 20.
    #[serde(serialize_with = "as_image_list", skip_serializing_if = "Vec::is_empty")]
    pub image_info: Vec<Image>,
    /// What of the cover is shown in one shape.
    #[serde(serialize_with = "as_crop_percent_list", skip_serializing_if = "Vec::is_empty")]
    pub cover_info: Vec<Crop>,
    /// A product shown below the content: the key that `product_card` tells.
    #[serde(serialize_with = "as_footer_product_info_product_key", skip_serializing_if = "Option::is_none")]
    pub product_info: Option<String>,
}

impl Article {
    /// With what is required.
    pub fn new(title: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            article_type: None,
            title: title.into(),
            author: None,
            digest: None,
            content: content.into(),
            content_source_url: None,
            thumb_media_id: None,
            need_open_comment: None,
            only_fans_can_comment: None,
            pic_crop_235_1: None,
            pic_crop_1_1: None,
            image_info: Vec::new(),
            cover_info: Vec::new(),
            product_info: None,
        }
    }

    /// Whether it is an article or a set of pictures with a text.
    pub fn article_type(mut self, article_type: ArticleKind) -> Self {
        self.article_type = Some(article_type);
        self
    }

    /// Its author. At most 16 characters.
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }

    /// Its summary, of an article that stands alone; the first 54 characters of the content when left out. At most 128
    /// characters.
    pub fn digest(mut self, digest: impl Into<String>) -> Self {
        self.digest = Some(digest.into());
        self
    }

    /// What "read the original" opens. At most 1024 bytes.
    pub fn content_source_url(mut self, content_source_url: impl Into<String>) -> Self {
        self.content_source_url = Some(content_source_url.into());
        self
    }

    /// Its cover, a permanent material; needed by `news`.
    pub fn thumb_media_id(mut self, thumb_media_id: impl Into<String>) -> Self {
        self.thumb_media_id = Some(thumb_media_id.into());
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

    /// What of the cover is shown at 2.35:1: `X1_Y1_X2_Y2`, from `0_0_1_1` for all of it, with up to 6 decimals.
    pub fn pic_crop_235_1(mut self, pic_crop_235_1: impl Into<String>) -> Self {
        self.pic_crop_235_1 = Some(pic_crop_235_1.into());
        self
    }

    /// The same at 1:1.
    pub fn pic_crop_1_1(mut self, pic_crop_1_1: impl Into<String>) -> Self {
        self.pic_crop_1_1 = Some(pic_crop_1_1.into());
        self
    }

    /// A picture of a `newspic`. At most 20.
    pub fn image_info(mut self, image_info: impl IntoIterator<Item = Image>) -> Self {
        self.image_info = image_info.into_iter().collect();
        self
    }

    /// What of the cover is shown in one shape.
    pub fn cover_info(mut self, cover_info: impl IntoIterator<Item = Crop>) -> Self {
        self.cover_info = cover_info.into_iter().collect();
        self
    }

    /// A product shown below the content: the key that `product_card` tells.
    pub fn product_info(mut self, product_info: impl Into<String>) -> Self {
        self.product_info = Some(product_info.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.chars("title", self.title.as_str(), 1..=32)?;
        check.chars("author", self.author.as_deref(), ..=16)?;
        check.chars("digest", self.digest.as_deref(), ..=128)?;
        check.chars("content", self.content.as_str(), 1..=19_999)?;
        check.bytes("content", self.content.as_str(), 1..=1_048_575)?;
        check.bytes("content_source_url", self.content_source_url.as_deref(), ..=1024)?;
        check.items("image_info.image_list", self.image_info.len(), ..=20)?;
        for (index, item) in self.image_info.iter().enumerate() {
            item.check(&check.item("image_info.image_list", index))?;
        }
        Ok(())
    }
}

/// A picture of a `newspic`, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SavedImage {
    /// A picture of a `newspic`.
    pub image_media_id: String,
}

/// An article of a draft, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SavedArticle {
    /// Whether it is an article or a set of pictures with a text.
    pub article_type: Option<ArticleKind>,
    /// Its title.
    pub title: String,
    /// Its author.
    pub author: String,
    /// Its summary; empty when there are several articles.
    pub digest: String,
    /// Its content.
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
    /// A picture of a `newspic`, as it is kept.
    #[serde(deserialize_with = "in_image_list")]
    pub image_info: Vec<SavedImage>,
    /// The product shown below the content.
    #[serde(deserialize_with = "in_footer_product_info_product_key")]
    pub product_info: String,
    /// Where the draft can be read for a while.
    pub url: String,
}

/// A draft.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Draft {
    /// An article of a draft, as it is kept.
    pub news_item: Vec<SavedArticle>,
    /// When the draft was made. Unix seconds.
    pub create_time: Option<i64>,
    /// When it was changed last. Unix seconds.
    pub update_time: Option<i64>,
}

/// What [`Drafts::list`] asks with.
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

/// A draft in a list.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DraftItem {
    /// Id of a draft.
    pub media_id: String,
    /// When it was changed last. Unix seconds.
    pub update_time: i64,
    /// A draft.
    pub content: Option<Draft>,
}

/// A page of drafts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DraftPage {
    /// How many drafts there are.
    pub total_count: i64,
    /// How many this page has.
    pub item_count: i64,
    /// A draft in a list.
    pub item: Vec<DraftItem>,
}

/// What shows a product inside an article.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProductCard {
    /// Key of the product, where the article takes one.
    pub product_key: String,
    /// The card as HTML, where the article takes that.
    #[serde(rename = "DOM")]
    pub dom: String,
}

open_texts! {
/// Whether it is an article or a set of pictures with a text.
ArticleKind {
/// `news`.
News = "news",
/// `newspic`.
Newspic = "newspic",
}
}

open_texts! {
/// A shape of the cover; `16_9` is for `newspic` only.
Ratio {
/// `1_1`.
V1_1 = "1_1",
/// `16_9`.
V16_9 = "16_9",
/// `2.35_1`.
V2_35_1 = "2.35_1",
}
}

inside! {
    read in_image_list = "image_list";
    read in_footer_product_info_product_key = "footer_product_info" / "product_key";
    write as_image_list = "image_list";
    write as_crop_percent_list = "crop_percent_list";
    write as_footer_product_info_product_key = "footer_product_info" / "product_key";
}
