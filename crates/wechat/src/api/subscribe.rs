// Written by `cargo xtask catalogue` from `catalogue/subscribe.toml`: change that.

//! Subscription notices: messages that a user allowed beforehand, and their templates.
//!
//! Made by [`Client::subscribe`](crate::client::Client::subscribe).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, inside, open_texts};
use crate::client::{Client, Method, Result};

impl Client {
    /// Subscription notices: messages that a user allowed beforehand, and their templates.
    pub fn subscribe(&self) -> Subscribe<'_> {
        Subscribe { client: self }
    }
}

/// Subscription notices: messages that a user allowed beforehand, and their templates. See [`Client::subscribe`].
#[derive(Debug, Clone, Copy)]
pub struct Subscribe<'a> {
    pub(crate) client: &'a Client,
}

impl Subscribe<'_> {
    /// Sends a notice to a user who allowed it; one allowed once is sent once. The push subscribe_msg_sent_event tells
    /// whether it arrived.
    ///
    /// `POST /cgi-bin/message/subscribe/bizsend`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/notify/api_sendnewsubscribemsg.html).
    ///
    /// Limits: thing: 20 characters; number, letter, character_string: 32 characters; symbol: 5 characters;
    /// phone_number: 17 characters; car_number: 8 characters; name: 10 Chinese characters or 20 letters; phrase: 5
    /// Chinese characters; amount: 10 digits with one sign of the currency before them.
    ///
    /// # Errors
    /// 40003, 40037, 41030, 43101 and 47003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::subscribe::Send;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Send::new("oLVPpjqs9BhvzwPj5A-vTYAX3GLc", "TEMPLATE_ID")
    ///     .data("thing1", "VALUE");
    /// wechat.subscribe().send(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self, ask: &Send) -> Result<()> {
        let path = "/cgi-bin/message/subscribe/bizsend";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).done().await
    }

    /// Lists the categories of the account; they decide which templates it may take.
    ///
    /// `GET /wxaapi/newtmpl/getcategory`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/notify/api_getcategory.html).
    ///
    /// # Errors
    /// 404, 20001 and 200100, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let categorys = wechat.subscribe().categories().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn categories(self) -> Result<Vec<Category>> {
        self.client.call(Method::GET, "/wxaapi/newtmpl/getcategory").send_field("data").await
    }

    /// Lists the public templates of some categories, up to 30 a page.
    ///
    /// `GET /wxaapi/newtmpl/getpubtemplatetitles`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/notify/api_getpubnewtemplatetitles.html).
    ///
    /// Limits: 30 templates a page.
    ///
    /// - `ids`: Numbers of the categories, with commas between them.
    /// - `start`: Where the page begins, from 0.
    /// - `limit`: How many to list. 1 to 30.
    ///
    /// # Errors
    /// 404, 200001, 200016, 200017, 200018 and 200019, besides those of any call. A caller's mistake, unsent, when a
    /// field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let title_page = wechat.subscribe().titles("IDS", 0, 30).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn titles(self, ids: &str, start: i64, limit: i64) -> Result<TitlePage> {
        let path = "/wxaapi/newtmpl/getpubtemplatetitles";
        let check = Check::of(path);
        check.text("ids", ids)?;
        check.range("start", start, 0..)?;
        check.range("limit", limit, 1..=30)?;
        self.client.call(Method::GET, path).query("ids", ids).query("start", start).query("limit", limit).send().await
    }

    /// Lists the words of a public template.
    ///
    /// `GET /wxaapi/newtmpl/getpubtemplatekeywords`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/notify/api_getpubnewtemplatekeywords.html).
    ///
    /// - `tid`: Number of the public template.
    ///
    /// # Errors
    /// 20001, 200002 and 200014, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let keywords = wechat.subscribe().keywords("TID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn keywords(self, tid: &str) -> Result<Keywords> {
        let path = "/wxaapi/newtmpl/getpubtemplatekeywords";
        Check::of(path).text("tid", tid)?;
        self.client.call(Method::GET, path).query("tid", tid).send().await
    }

    /// Takes a public template, with some of its words, into the account's own.
    ///
    /// `POST /wxaapi/newtmpl/addtemplate`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/notify/api_addwxanewtemplate.html).
    ///
    /// - `tid`: Number of the public template.
    /// - `kid_list`: Number of a word, in the order wanted. 2 to 5.
    /// - `scene_desc`: What the notices are for. At most 15 characters.
    ///
    /// # Errors
    /// 40400, 200001, 200011, 200012, 200013, 200014, 200020, 200021, 200022 and 200100, besides those of any call. A
    /// caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let pri_tmpl_id = wechat.subscribe().add("TID", &[100], "SCENE_DESC").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add(self, tid: &str, kid_list: &[i64], scene_desc: &str) -> Result<String> {
        let path = "/wxaapi/newtmpl/addtemplate";
        let check = Check::of(path);
        check.text("tid", tid)?;
        check.items("kidList", kid_list.len(), 2..=5)?;
        check.chars("sceneDesc", scene_desc, 1..=15)?;
        let body = json!({ "tid": tid, "kidList": kid_list, "sceneDesc": scene_desc });
        self.client.call(Method::POST, path).json(&body).send_field("priTmplId").await
    }

    /// Lists the account's templates.
    ///
    /// `GET /wxaapi/newtmpl/gettemplate`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/notify/api_getwxapubnewtemplate.html).
    ///
    /// # Errors
    /// 404 and 200100, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let templates = wechat.subscribe().list().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(self) -> Result<Vec<Template>> {
        self.client.call(Method::GET, "/wxaapi/newtmpl/gettemplate").send_field("data").await
    }

    /// Removes a template of the account.
    ///
    /// `POST /wxaapi/newtmpl/deltemplate`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/notify/api_delwxanewtemplate.html).
    ///
    /// - `pri_tmpl_id`: Id of the template.
    ///
    /// # Errors
    /// 20001, 20002, 200001, 200002 and 200014, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.subscribe().delete("PRI_TMPL_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, pri_tmpl_id: &str) -> Result<()> {
        let path = "/wxaapi/newtmpl/deltemplate";
        Check::of(path).text("priTmplId", pri_tmpl_id)?;
        let body = json!({ "priTmplId": pri_tmpl_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }
}

/// The mini program that a tap opens.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MiniProgram {
    /// The linked mini program that a tap opens.
    pub appid: String,
    /// Its page, with its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagepath: Option<String>,
}

impl MiniProgram {
    /// With what is required.
    pub fn new(appid: impl Into<String>) -> Self {
        Self { appid: appid.into(), pagepath: None }
    }

    /// Its page, with its query.
    pub fn pagepath(mut self, pagepath: impl Into<String>) -> Self {
        self.pagepath = Some(pagepath.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("appid", self.appid.as_str())?;
        Ok(())
    }
}

/// A notice to a user.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Send {
    /// Who receives it.
    pub touser: String,
    /// Id of the account's template.
    pub template_id: String,
    /// The web page that a tap opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The mini program that a tap opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub miniprogram: Option<MiniProgram>,
    /// What stands for a word of the template; the key is that word, such as `thing1`, and tells what the value may
    /// be.
    #[serde(serialize_with = "each_value")]
    pub data: BTreeMap<String, String>,
    /// Which release of the mini program is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub miniprogram_state: Option<Release>,
    /// Language of the mini program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<AppLanguage>,
    /// The sender's own id of the message, against sending it twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_msg_id: Option<String>,
}

impl Send {
    /// With what is required.
    pub fn new(touser: impl Into<String>, template_id: impl Into<String>) -> Self {
        Self {
            touser: touser.into(),
            template_id: template_id.into(),
            page: None,
            miniprogram: None,
            data: BTreeMap::new(),
            miniprogram_state: None,
            lang: None,
            client_msg_id: None,
        }
    }

    /// The web page that a tap opens.
    pub fn page(mut self, page: impl Into<String>) -> Self {
        self.page = Some(page.into());
        self
    }

    /// The mini program that a tap opens.
    pub fn miniprogram(mut self, miniprogram: MiniProgram) -> Self {
        self.miniprogram = Some(miniprogram);
        self
    }

    /// What stands for a word of the template; the key is that word, such as `thing1`, and tells what the value may
    /// be.
    pub fn data(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.data.insert(name.into(), value.into());
        self
    }

    /// Which release of the mini program is opened.
    pub fn miniprogram_state(mut self, miniprogram_state: Release) -> Self {
        self.miniprogram_state = Some(miniprogram_state);
        self
    }

    /// Language of the mini program.
    pub fn lang(mut self, lang: AppLanguage) -> Self {
        self.lang = Some(lang);
        self
    }

    /// The sender's own id of the message, against sending it twice.
    pub fn client_msg_id(mut self, client_msg_id: impl Into<String>) -> Self {
        self.client_msg_id = Some(client_msg_id.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("touser", self.touser.as_str())?;
        check.text("template_id", self.template_id.as_str())?;
        if let Some(it) = &self.miniprogram {
            it.check(&check.field("miniprogram"))?;
        }
        check.items("data", self.data.len(), 1..)?;
        Ok(())
    }
}

/// A category of the account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Category {
    /// Number of a category.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// A public template.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Title {
    /// Number of a public template.
    pub tid: i64,
    /// Its title.
    pub title: String,
    /// 2 allowed for once, 3 allowed for long.
    #[serde(rename = "type")]
    pub kind: i64,
    /// Number of its category.
    #[serde(rename = "categoryId", deserialize_with = "shape::int")]
    pub category_id: i64,
}

/// A page of public templates.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TitlePage {
    /// How many templates there are.
    pub count: i64,
    /// A public template.
    pub data: Vec<Title>,
}

/// A word of a public template.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Keyword {
    /// Number of a word.
    pub kid: i64,
    /// The word.
    pub name: String,
    /// What may stand for it.
    pub example: String,
    /// Kind of its values, such as `thing`.
    pub rule: String,
}

/// The words of a public template.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Keywords {
    /// How many words there are.
    pub count: Option<i64>,
    /// A word of a public template.
    pub data: Vec<Keyword>,
}

/// A word that takes some values only.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct KeywordValues {
    /// A word that takes some values only, such as `enum1.DATA`.
    #[serde(rename = "keywordCode")]
    pub keyword_code: String,
    /// One of those values.
    #[serde(rename = "enumValueList")]
    pub enum_value_list: Vec<String>,
}

/// A template of the account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Template {
    /// Id of a template.
    #[serde(rename = "priTmplId")]
    pub pri_tmpl_id: String,
    /// Its title.
    pub title: String,
    /// Its text, with words such as `{{thing1.DATA}}`.
    pub content: String,
    /// What a notice looks like.
    pub example: String,
    /// 2 allowed for once, 3 allowed for long.
    #[serde(rename = "type")]
    pub kind: i64,
    /// A word that takes some values only.
    #[serde(rename = "keywordEnumValueList")]
    pub keyword_enum_value_list: Vec<KeywordValues>,
}

open_texts! {
/// Which release of the mini program is opened.
Release {
/// `developer`.
Developer = "developer",
/// `trial`.
Trial = "trial",
/// `formal`.
Formal = "formal",
}
}

open_texts! {
/// Language of the mini program.
AppLanguage {
/// `zh_CN`.
ZhCn = "zh_CN",
/// `en_US`.
EnUs = "en_US",
/// `zh_HK`.
ZhHk = "zh_HK",
/// `zh_TW`.
ZhTw = "zh_TW",
}
}

inside! {
    write_each each_value = "value";
}
