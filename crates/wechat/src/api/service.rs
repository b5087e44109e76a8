// Written by `cargo xtask catalogue` from `catalogue/service.toml`: change that.

//! Customer service: its accounts, who of them is at work, the sessions between them and users, and what was said.
//!
//! Made by [`Client::service`](crate::client::Client::service).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, open_texts};
use crate::client::{Client, Content, Field, Method, Result};

impl Client {
    /// Customer service: its accounts, who of them is at work, the sessions between them and users, and what was said.
    pub fn service(&self) -> Service<'_> {
        Service { client: self }
    }
}

/// Customer service: its accounts, who of them is at work, the sessions between them and users, and what was said. See
/// [`Client::service`].
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    pub(crate) client: &'a Client,
}

impl Service<'_> {
    /// Lists the customer-service accounts.
    ///
    /// `GET /cgi-bin/customservice/getkflist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_getkflist.html).
    ///
    /// - `business_id`: Number of the merchant meant, of an account that has several.
    ///
    /// # Errors
    /// 65400, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let agents = wechat.service().accounts(None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn accounts(self, business_id: Option<&str>) -> Result<Vec<Agent>> {
        let mut call = self.client.call(Method::GET, "/cgi-bin/customservice/getkflist");
        if let Some(business_id) = business_id {
            call = call.query("business_id", business_id);
        }
        call.send_field("kf_list").await
    }

    /// Lists the accounts that are at work now.
    ///
    /// `GET /cgi-bin/customservice/getonlinekflist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_getonlinekflist.html).
    ///
    /// - `business_id`: Number of the merchant meant, of an account that has several.
    ///
    /// # Errors
    /// 65400, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let online_agents = wechat.service().online(None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn online(self, business_id: Option<&str>) -> Result<Vec<OnlineAgent>> {
        let mut call = self.client.call(Method::GET, "/cgi-bin/customservice/getonlinekflist");
        if let Some(business_id) = business_id {
            call = call.query("business_id", business_id);
        }
        call.send_field("kf_online_list").await
    }

    /// Makes a customer-service account. The Official Account must have a WeChat id of its own; nobody works with the
    /// new account before `invite` was accepted.
    ///
    /// `POST /customservice/kfaccount/add`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_addkfaccount.html).
    ///
    /// Limits: 100 customer-service accounts an account.
    ///
    /// - `kf_account`: The account: a prefix of up to 10 letters, digits and underscores, `@`, the WeChat id of the
    ///   Official Account, of up to 30 characters.
    /// - `nickname`: Its nickname. At most 16 characters.
    /// - `business_id`: Number of the merchant meant, of an account that has several.
    ///
    /// # Errors
    /// 65400, 65403, 65404, 65405 and 65406, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.service().add("KF_ACCOUNT", "NICKNAME", None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add(self, kf_account: &str, nickname: &str, business_id: Option<&str>) -> Result<()> {
        let path = "/customservice/kfaccount/add";
        let check = Check::of(path);
        check.text("kf_account", kf_account)?;
        check.chars("nickname", nickname, 1..=16)?;
        let mut body = json!({ "kf_account": kf_account, "nickname": nickname });
        if let Some(business_id) = business_id {
            body["business_id"] = business_id.into();
        }
        self.client.call(Method::POST, path).json(&body).done().await
    }

    /// Changes the nickname of a customer-service account.
    ///
    /// `POST /customservice/kfaccount/update`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_updatekfaccount.html).
    ///
    /// - `kf_account`: The account.
    /// - `nickname`: Its new nickname. At most 16 characters.
    ///
    /// # Errors
    /// 65400, 65401, 65403 and 65404, besides those of any call. A caller's mistake, unsent, when a field is beyond
    /// its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.service().rename("KF_ACCOUNT", "NICKNAME").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rename(self, kf_account: &str, nickname: &str) -> Result<()> {
        let path = "/customservice/kfaccount/update";
        let check = Check::of(path);
        check.text("kf_account", kf_account)?;
        check.chars("nickname", nickname, 1..=16)?;
        let body = json!({ "kf_account": kf_account, "nickname": nickname });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Removes a customer-service account. It was a GET with `kf_account` in the query once.
    ///
    /// `POST /customservice/kfaccount/del`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_delkfaccount.html).
    ///
    /// - `kf_account`: The account.
    /// - `business_id`: Number of the merchant meant, of an account that has several.
    ///
    /// # Errors
    /// 65400, 65401 and 65404, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.service().delete("KF_ACCOUNT", None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, kf_account: &str, business_id: Option<&str>) -> Result<()> {
        let path = "/customservice/kfaccount/del";
        Check::of(path).text("kf_account", kf_account)?;
        let mut body = json!({ "kf_account": kf_account });
        if let Some(business_id) = business_id {
            body["business_id"] = business_id.into();
        }
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Invites a WeChat user to work with a customer-service account. The user accepts in WeChat.
    ///
    /// `POST /customservice/kfaccount/inviteworker`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_invitekfworker.html).
    ///
    /// - `kf_account`: The account.
    /// - `invite_wx`: WeChat id of who is invited.
    ///
    /// # Errors
    /// 65400, 65401, 65407, 65408, 65409, 65410, 65411 and 65412, besides those of any call. A caller's mistake,
    /// unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.service().invite("KF_ACCOUNT", "INVITE_WX").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn invite(self, kf_account: &str, invite_wx: &str) -> Result<()> {
        let path = "/customservice/kfaccount/inviteworker";
        let check = Check::of(path);
        check.text("kf_account", kf_account)?;
        check.text("invite_wx", invite_wx)?;
        let body = json!({ "kf_account": kf_account, "invite_wx": invite_wx });
        self.client.call(Method::POST, path).json(&body).done().await
    }

    /// Gives a customer-service account a picture.
    ///
    /// `POST /customservice/kfaccount/uploadheadimg`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_uploadkfheadimg.html).
    ///
    /// Limits: JPEG, 5 MB, best 640×640.
    ///
    /// - `kf_account`: The account.
    /// - `file_name`, `content`: The picture. At most 5,242,880 bytes.
    ///
    /// # Errors
    /// 40005, 40009, 65400 and 65401, besides those of any call. A caller's mistake, unsent, when a field is beyond
    /// its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.service().set_avatar("KF_ACCOUNT", "picture.jpg", vec![0xff, 0xd8]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_avatar(self, kf_account: &str, file_name: &str, content: impl Into<Content>) -> Result<()> {
        let path = "/customservice/kfaccount/uploadheadimg";
        let content = content.into();
        let check = Check::of(path);
        check.text("kf_account", kf_account)?;
        check.file("media", &content, 5_242_880).await?;
        let call = self
            .client
            .call(Method::POST, path)
            .query("kf_account", kf_account)
            .multipart([Field::file("media", file_name, content)])
            .idempotent(true);
        call.done().await
    }

    /// Opens a session between a customer-service account and a user; when the two have one already, nothing changes.
    /// The account must have somebody bound to it and be at work.
    ///
    /// `POST /customservice/kfsession/create`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_createkfsession.html).
    ///
    /// - `kf_account`: The account.
    /// - `openid`: The user.
    ///
    /// # Errors
    /// 40003, 65400, 65401, 65402, 65414 and 65415, besides those of any call. A caller's mistake, unsent, when a
    /// field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.service().open_session("KF_ACCOUNT", "oLVPpjqs9BhvzwPj5A-vTYAX3GLc").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open_session(self, kf_account: &str, openid: &str) -> Result<()> {
        let path = "/customservice/kfsession/create";
        let check = Check::of(path);
        check.text("kf_account", kf_account)?;
        check.text("openid", openid)?;
        let body = json!({ "kf_account": kf_account, "openid": openid });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Closes the session between a customer-service account and a user.
    ///
    /// `POST /customservice/kfsession/close`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_closesession.html).
    ///
    /// - `kf_account`: The account.
    /// - `openid`: The user.
    ///
    /// # Errors
    /// 40003, 65400, 65401, 65402, 65413 and 65414, besides those of any call. A caller's mistake, unsent, when a
    /// field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.service().close_session("KF_ACCOUNT", "oLVPpjqs9BhvzwPj5A-vTYAX3GLc").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close_session(self, kf_account: &str, openid: &str) -> Result<()> {
        let path = "/customservice/kfsession/close";
        let check = Check::of(path);
        check.text("kf_account", kf_account)?;
        check.text("openid", openid)?;
        let body = json!({ "kf_account": kf_account, "openid": openid });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Tells the session that a user is in.
    ///
    /// `GET /customservice/kfsession/getsession`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getkfsession.html).
    ///
    /// - `openid`: The user.
    ///
    /// # Errors
    /// 40003 and 65400, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let user_session = wechat.service().session("oLVPpjqs9BhvzwPj5A-vTYAX3GLc").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn session(self, openid: &str) -> Result<UserSession> {
        let path = "/customservice/kfsession/getsession";
        Check::of(path).text("openid", openid)?;
        self.client.call(Method::GET, path).query("openid", openid).send().await
    }

    /// Lists the sessions of a customer-service account.
    ///
    /// `GET /customservice/kfsession/getsessionlist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getkfsessionlist.html).
    ///
    /// - `kf_account`: The account.
    ///
    /// # Errors
    /// 65400, 65401 and 65402, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let sessions = wechat.service().sessions("KF_ACCOUNT").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn sessions(self, kf_account: &str) -> Result<Vec<Session>> {
        let path = "/customservice/kfsession/getsessionlist";
        Check::of(path).text("kf_account", kf_account)?;
        self.client.call(Method::GET, path).query("kf_account", kf_account).send_field("sessionlist").await
    }

    /// Lists the users who wait for a session, up to 100, in the order they came.
    ///
    /// `GET /customservice/kfsession/getwaitcase`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getwaitcase.html).
    ///
    /// Limits: 100 users are listed.
    ///
    /// # Errors
    /// 65400, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let waiting = wechat.service().waiting().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn waiting(self) -> Result<Waiting> {
        self.client.call(Method::GET, "/customservice/kfsession/getwaitcase").send().await
    }

    /// Lists what users and customer service wrote within at most 24 hours, up to 10,000 messages a page. Pictures,
    /// voices and videos are only named, as `[image]`, `[voice]`, `[video]`.
    ///
    /// `POST /customservice/msgrecord/getmsglist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/customer/message/api_getmsglist.html).
    ///
    /// Limits: 24 hours a call; 10,000 messages a page.
    ///
    /// # Errors
    /// 65400 and 65416, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::service::Records;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Records::new(1_790_000_000, 1_790_000_000, 1, 1);
    /// let record_page = wechat.service().records(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn records(self, ask: &Records) -> Result<RecordPage> {
        let path = "/customservice/msgrecord/getmsglist";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).idempotent(true).send().await
    }

    /// Lists what users and customer service wrote, page by page, of one user or of all.
    ///
    /// `POST /customservice/msgrecord/getrecord`, for verified accounts.
    ///
    /// Limits: one day a call; 50 messages a page.
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::service::RecordsByPage;
    ///
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = RecordsByPage::new(1_790_000_000, 1_790_000_000, 1, 50);
    /// let records = wechat.service().records_by_page(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `service().records`")]
    pub async fn records_by_page(self, ask: &RecordsByPage) -> Result<Vec<Record>> {
        let path = "/customservice/msgrecord/getrecord";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).idempotent(true).send_field("recordlist").await
    }
}

/// A customer-service account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Agent {
    /// An account: a prefix, `@`, the WeChat id of the Official Account.
    pub kf_account: String,
    /// Its nickname.
    pub kf_nick: String,
    /// Its number.
    #[serde(deserialize_with = "shape::int")]
    pub kf_id: i64,
    /// Its picture.
    pub kf_headimgurl: String,
    /// WeChat id of who works with it; left out before somebody is bound.
    pub kf_wx: String,
    /// WeChat id of who was invited to it; only before somebody is bound.
    pub invite_wx: String,
    /// When the invitation ends. Unix seconds.
    #[serde(deserialize_with = "shape::maybe_int")]
    pub invite_expire_time: Option<i64>,
    /// What became of the invitation.
    pub invite_status: Option<InviteStatus>,
    /// Openid of who works with it.
    pub kf_openid: String,
}

/// A customer-service account at work.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OnlineAgent {
    /// An account.
    pub kf_account: String,
    /// 0 away, 1 at work in the browser.
    pub status: i64,
    /// Its number.
    #[serde(deserialize_with = "shape::int")]
    pub kf_id: i64,
    /// How many sessions it has now.
    pub accepted_case: Option<i64>,
    /// Openid of who works with it.
    pub kf_openid: String,
}

/// The session that a user is in.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserSession {
    /// When the session began. Unix seconds.
    pub createtime: Option<i64>,
    /// The account that serves the user; empty when none does.
    pub kf_account: String,
}

/// A session of a customer-service account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Session {
    /// When a session began. Unix seconds.
    pub createtime: i64,
    /// The user in it.
    pub openid: String,
}

/// A user who waits for a session.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WaitingUser {
    /// When a user wrote last. Unix seconds.
    pub latest_time: i64,
    /// The user.
    pub openid: String,
}

/// Who waits for a session.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Waiting {
    /// How many wait, also those not listed.
    pub count: i64,
    /// A user who waits for a session.
    pub waitcaselist: Vec<WaitingUser>,
}

/// Which messages to list.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Records {
    /// Where the time begins. Unix seconds.
    pub starttime: i64,
    /// Where it ends, at most 24 hours later. Unix seconds.
    pub endtime: i64,
    /// Where the page begins: 1, then the `msgid` of the last answer. At least 1.
    pub msgid: i64,
    /// How many to list. 1 to 10,000.
    pub number: i64,
}

impl Records {
    /// With what is required.
    pub fn new(starttime: i64, endtime: i64, msgid: i64, number: i64) -> Self {
        Self { starttime, endtime, msgid, number }
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.range("msgid", self.msgid, 1..)?;
        check.range("number", self.number, 1..=10_000)?;
        Ok(())
    }
}

/// A message of a user or of customer service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Record {
    /// The user of a message.
    pub openid: String,
    /// 2002 written by customer service, 2003 written by the user.
    pub opercode: i64,
    /// What it says.
    pub text: String,
    /// When it was written. Unix seconds.
    pub time: i64,
    /// The customer-service account.
    pub worker: String,
}

/// A page of messages.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RecordPage {
    /// A message of a user or of customer service.
    pub recordlist: Vec<Record>,
    /// How many this page has; fewer than asked for on the last page.
    pub number: i64,
    /// Where the next page begins.
    pub msgid: i64,
}

/// Which messages to list.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RecordsByPage {
    /// Where the time begins. Unix seconds.
    pub starttime: i64,
    /// Where it ends, on the same day. Unix seconds.
    pub endtime: i64,
    /// Which page, from 1. At least 1.
    pub pageindex: i64,
    /// How many a page. 1 to 50.
    pub pagesize: i64,
    /// The user; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid: Option<String>,
}

impl RecordsByPage {
    /// With what is required.
    pub fn new(starttime: i64, endtime: i64, pageindex: i64, pagesize: i64) -> Self {
        Self { starttime, endtime, pageindex, pagesize, openid: None }
    }

    /// The user; all when left out.
    pub fn openid(mut self, openid: impl Into<String>) -> Self {
        self.openid = Some(openid.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.range("pageindex", self.pageindex, 1..)?;
        check.range("pagesize", self.pagesize, 1..=50)?;
        Ok(())
    }
}

open_texts! {
/// What became of the invitation.
InviteStatus {
/// `waiting`.
Waiting = "waiting",
/// `rejected`.
Rejected = "rejected",
/// `expired`.
Expired = "expired",
}
}
