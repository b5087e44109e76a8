// Written by `cargo xtask catalogue` from `catalogue/template.toml`: change that.

//! Template messages: notices about something a user did, made from the account's templates.
//!
//! Made by [`Client::template`](crate::client::Client::template).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, inside};
use crate::client::{Client, Method, Result};

impl Client {
    /// Template messages: notices about something a user did, made from the account's templates.
    pub fn template(&self) -> Templates<'_> {
        Templates { client: self }
    }
}

/// Template messages: notices about something a user did, made from the account's templates. See [`Client::template`].
#[derive(Debug, Clone, Copy)]
pub struct Templates<'a> {
    pub(crate) client: &'a Client,
}

impl Templates<'_> {
    /// Sends a template message to a follower. The push TEMPLATESENDJOBFINISH tells whether it arrived.
    ///
    /// `POST /cgi-bin/message/template/send`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html).
    ///
    /// Limits: 100,000 calls a day, more with many followers.
    ///
    /// # Errors
    /// 40003, 40008, 40013, 40036, 40037, 40039, 40165, 40249, 43004, 43116, 45014, 45051 and 47003, besides those of
    /// any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::template::Send;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Send::new("oLVPpjqs9BhvzwPj5A-vTYAX3GLc", "TEMPLATE_ID")
    ///     .data("thing1", "VALUE")
    ///     .url("https://example.com/orders/1");
    /// let msgid = wechat.template().send(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self, ask: &Send) -> Result<i64> {
        let path = "/cgi-bin/message/template/send";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).send_field("msgid").await
    }

    /// Sends the one message that a user allowed for a scene: to the chat of a follower, otherwise to the service
    /// notices.
    ///
    /// `POST /cgi-bin/message/template/subscribe`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/subscribe/api_templatesubscribe.html).
    ///
    /// Limits: 1 message for each time the user allows it.
    ///
    /// # Errors
    /// 40003, 40013, 40037, 40062 and 43101, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::template::{Content, SendOnce};
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = SendOnce::new("oLVPpjqs9BhvzwPj5A-vTYAX3GLc", "TEMPLATE_ID", "SCENE", "TITLE", Content::new("VALUE"));
    /// wechat.template().send_once(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_once(self, ask: &SendOnce) -> Result<()> {
        let path = "/cgi-bin/message/template/subscribe";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).done().await
    }

    /// Sets the two industries whose templates the account may use. The templates of an industry given up are removed.
    ///
    /// `POST /cgi-bin/template/api_set_industry`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/template/api_setindustry.html).
    ///
    /// Limits: once a month.
    ///
    /// - `industry_id1`: Number of the first industry, from 1 to 41, as text.
    /// - `industry_id2`: Number of the second one, likewise.
    ///
    /// # Errors
    /// 43100, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.template().set_industry("INDUSTRY_ID1", "INDUSTRY_ID2").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_industry(self, industry_id1: &str, industry_id2: &str) -> Result<()> {
        let path = "/cgi-bin/template/api_set_industry";
        let check = Check::of(path);
        check.text("industry_id1", industry_id1)?;
        check.text("industry_id2", industry_id2)?;
        let body = json!({ "industry_id1": industry_id1, "industry_id2": industry_id2 });
        self.client.call(Method::POST, path).json(&body).done().await
    }

    /// Tells the two industries of the account.
    ///
    /// `GET /cgi-bin/template/get_industry`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/template/api_getindustry.html).
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let industries = wechat.template().industry().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn industry(self) -> Result<Industries> {
        self.client.call(Method::GET, "/cgi-bin/template/get_industry").send().await
    }

    /// Takes a template of the public ones into the account's own.
    ///
    /// `POST /cgi-bin/template/api_add_template`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/template/api_addtemplate.html).
    ///
    /// Limits: 25 templates an account.
    ///
    /// - `template_id_short`: Number of the public template: `TM…`, `OPENTM…`, or digits alone for one of a
    ///   category.
    /// - `keywords`: Each a word of the template, in the order wanted; needed by a template of a category.
    ///
    /// # Errors
    /// 40037, 40246, 40247, 45026 and 45027, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let template_id = wechat.template().add("TEMPLATE_ID_SHORT", &["KEYWORD_NAME_LIST"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add(self, template_id_short: &str, keywords: &[impl AsRef<str>]) -> Result<String> {
        let path = "/cgi-bin/template/api_add_template";
        Check::of(path).text("template_id_short", template_id_short)?;
        let body = json!({ "template_id_short": template_id_short, "keyword_name_list": shape::texts(keywords) });
        self.client.call(Method::POST, path).json(&body).send_field("template_id").await
    }

    /// Lists the account's templates.
    ///
    /// `GET /cgi-bin/template/get_all_private_template`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/template/api_getalltemplates.html).
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let templates = wechat.template().list().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(self) -> Result<Vec<Template>> {
        self.client.call(Method::GET, "/cgi-bin/template/get_all_private_template").send_field("template_list").await
    }

    /// Removes a template of the account.
    ///
    /// `POST /cgi-bin/template/del_private_template`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/template/api_deletetemplate.html).
    ///
    /// - `template_id`: Id of the template.
    ///
    /// # Errors
    /// 40037, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.template().delete("TEMPLATE_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, template_id: &str) -> Result<()> {
        let path = "/cgi-bin/template/del_private_template";
        Check::of(path).text("template_id", template_id)?;
        let body = json!({ "template_id": template_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Lists template messages that were stopped, of one template, up to 100 a page.
    ///
    /// `POST /wxa/sec/queryblocktmplmsg`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/template/api_queryblocktmplmsg.html).
    ///
    /// Limits: 100 messages a page.
    ///
    /// - `tmpl_msg_id`: Id of the template.
    /// - `largest_id`: 0 at first, then the last `id` told.
    /// - `limit`: How many to list. 1 to 100.
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let blocked_messages = wechat.template().blocked("TMPL_MSG_ID", 0, 1).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn blocked(self, tmpl_msg_id: &str, largest_id: i64, limit: i64) -> Result<Vec<BlockedMessage>> {
        let path = "/wxa/sec/queryblocktmplmsg";
        let check = Check::of(path);
        check.text("tmpl_msg_id", tmpl_msg_id)?;
        check.range("largest_id", largest_id, 0..)?;
        check.range("limit", limit, 1..=100)?;
        let body = json!({ "tmpl_msg_id": tmpl_msg_id, "largest_id": largest_id, "limit": limit });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send_field("msginfo").await
    }
}

/// The mini program that a tap opens.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MiniProgram {
    /// The linked mini program that a tap opens; it goes before `url`, which clients without mini programs open.
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

/// A template message to a follower.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Send {
    /// Who receives it.
    pub touser: String,
    /// Id of the account's template.
    pub template_id: String,
    /// What a tap opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The mini program that a tap opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub miniprogram: Option<MiniProgram>,
    /// The sender's own id of the message: the same one to the same user is sent once within 10 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_msg_id: Option<String>,
    /// What stands for a word of the template; the key is that word, without `.DATA`.
    #[serde(serialize_with = "each_value")]
    pub data: BTreeMap<String, String>,
}

impl Send {
    /// With what is required.
    pub fn new(touser: impl Into<String>, template_id: impl Into<String>) -> Self {
        Self {
            touser: touser.into(),
            template_id: template_id.into(),
            url: None,
            miniprogram: None,
            client_msg_id: None,
            data: BTreeMap::new(),
        }
    }

    /// What a tap opens.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The mini program that a tap opens.
    pub fn miniprogram(mut self, miniprogram: MiniProgram) -> Self {
        self.miniprogram = Some(miniprogram);
        self
    }

    /// The sender's own id of the message: the same one to the same user is sent once within 10 minutes.
    pub fn client_msg_id(mut self, client_msg_id: impl Into<String>) -> Self {
        self.client_msg_id = Some(client_msg_id.into());
        self
    }

    /// What stands for a word of the template; the key is that word, without `.DATA`.
    pub fn data(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.data.insert(name.into(), value.into());
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

/// What a message says.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Content {
    /// What the message says. At most 200 characters.
    pub value: String,
    /// Its colour, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

impl Content {
    /// With what is required.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), color: None }
    }

    /// Its colour, as `#RRGGBB`.
    pub fn color(mut self, color: impl Into<String>) -> Self {
        self.color = Some(color.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.chars("value", self.value.as_str(), 1..=200)?;
        Ok(())
    }
}

/// The one message that a user allowed.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SendOnce {
    /// Who receives it.
    pub touser: String,
    /// Id of the template for such messages.
    pub template_id: String,
    /// What a tap opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The mini program that a tap opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub miniprogram: Option<MiniProgram>,
    /// The scene that the user allowed: a number from 0 to 10000, as text.
    pub scene: String,
    /// Title of the message. At most 15 characters.
    pub title: String,
    /// What a message says.
    #[serde(serialize_with = "as_content")]
    pub data: Content,
}

impl SendOnce {
    /// With what is required.
    pub fn new(
        touser: impl Into<String>,
        template_id: impl Into<String>,
        scene: impl Into<String>,
        title: impl Into<String>,
        data: Content,
    ) -> Self {
        Self {
            touser: touser.into(),
            template_id: template_id.into(),
            url: None,
            miniprogram: None,
            scene: scene.into(),
            title: title.into(),
            data,
        }
    }

    /// What a tap opens.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The mini program that a tap opens.
    pub fn miniprogram(mut self, miniprogram: MiniProgram) -> Self {
        self.miniprogram = Some(miniprogram);
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("touser", self.touser.as_str())?;
        check.text("template_id", self.template_id.as_str())?;
        if let Some(it) = &self.miniprogram {
            it.check(&check.field("miniprogram"))?;
        }
        check.text("scene", self.scene.as_str())?;
        check.chars("title", self.title.as_str(), 1..=15)?;
        self.data.check(&check.field("data.content"))?;
        Ok(())
    }
}

/// An industry.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Industry {
    /// Group of the first industry.
    pub first_class: String,
    /// Name of the first industry.
    pub second_class: String,
}

/// The two industries of an account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Industries {
    /// An industry.
    pub primary_industry: Option<Industry>,
    /// An industry.
    pub secondary_industry: Option<Industry>,
}

/// A template of the account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Template {
    /// Id of a template.
    pub template_id: String,
    /// Its title.
    pub title: String,
    /// Group of its industry; empty for a template of a category.
    pub primary_industry: String,
    /// Its industry; empty for a template of a category.
    pub deputy_industry: String,
    /// Its text, with words such as `{{thing1.DATA}}`.
    pub content: String,
    /// What a message looks like.
    pub example: String,
}

/// A message that was stopped.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BlockedMessage {
    /// Number of a message, for the next page.
    #[serde(deserialize_with = "shape::int")]
    pub id: i64,
    /// Id of its template.
    pub tmpl_msg_id: String,
    /// Its title.
    pub title: String,
    /// What it says.
    pub content: String,
    /// When it was to be sent. Unix seconds.
    #[serde(deserialize_with = "shape::int")]
    pub send_timestamp: i64,
    /// Who was to receive it.
    pub openid: String,
}

inside! {
    write as_content = "content";
    write_each each_value = "value";
}
