// Written by `cargo xtask catalogue` from `catalogue/oauth.toml`: change that.

//! Users who come by the web or a mini program: who they are, and their phone number.
//!
//! Made by [`Client::oauth`](crate::client::Client::oauth).

use serde::Deserialize;
use serde_json::json;

use crate::Secret;
use crate::client::check::Check;
use crate::client::shape::{self, open_texts};
use crate::client::{Client, Method, Result};

impl Client {
    /// Users who come by the web or a mini program: who they are, and their phone number.
    pub fn oauth(&self) -> OAuth<'_> {
        OAuth { client: self }
    }
}

/// Users who come by the web or a mini program: who they are, and their phone number. See [`Client::oauth`].
#[derive(Debug, Clone, Copy)]
pub struct OAuth<'a> {
    pub(crate) client: &'a Client,
}

impl OAuth<'_> {
    /// Gives the user's token for a code, and tells who the user is. The token is good for `/sns/` calls about this
    /// user only.
    ///
    /// `GET /sns/oauth2/access_token`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken.html).
    ///
    /// Limits: 50,000 calls a minute; a code works once and lives 5 minutes.
    ///
    /// - `code`: The code that came with the user.
    ///
    /// # Errors
    /// 40013, 40029, 40125, 40163, 41002, 41004, 41008 and 42003, besides those of any call. A caller's mistake,
    /// unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let user_token = wechat.oauth().token("CODE").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn token(self, code: &str) -> Result<UserToken> {
        let path = "/sns/oauth2/access_token";
        Check::of(path).text("code", code)?;
        let (appid, secret) = self.client.credentials();
        let call = self
            .client
            .call(Method::GET, path)
            .without_token()
            .query("appid", appid)
            .query("secret", secret.expose())
            .query("code", code)
            .query("grant_type", "authorization_code")
            .idempotent(false);
        call.send().await
    }

    /// Renews the token of a user. After 30 days the user must be asked again.
    ///
    /// `GET /sns/oauth2/refresh_token`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken.html).
    ///
    /// Limits: 50,000 calls a minute.
    ///
    /// - `refresh_token`: The refresh token told with the user's token.
    ///
    /// # Errors
    /// 40013, 40030, 41002, 41003, 42002 and 42007, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client, refresh_token: &puzi_wechat::Secret<String>) -> puzi_wechat::client::Result<()> {
    /// let user_token = wechat.oauth().refresh(refresh_token).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refresh(self, refresh_token: &Secret<String>) -> Result<UserToken> {
        let call = self
            .client
            .call(Method::GET, "/sns/oauth2/refresh_token")
            .without_token()
            .query("appid", self.client.appid())
            .query("grant_type", "refresh_token")
            .query("refresh_token", refresh_token.expose());
        call.send().await
    }

    /// Tells the profile of a user who agreed to `snsapi_userinfo`; for another scope the answer is 48001.
    ///
    /// `GET /sns/userinfo`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsuserinfo.html).
    ///
    /// Limits: 50,000 calls a minute.
    ///
    /// - `user_token`: The user's own token, from `oauth().token`.
    /// - `openid`: The user.
    /// - `lang`: Language of the places.
    ///
    /// # Errors
    /// 40003, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::oauth::PlaceLanguage;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client, user_token: &puzi_wechat::Secret<String>) -> puzi_wechat::client::Result<()> {
    /// let profile = wechat.oauth().profile(user_token, "oLVPpjqs9BhvzwPj5A-vTYAX3GLc", None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn profile(
        self,
        user_token: &Secret<String>,
        openid: &str,
        lang: Option<PlaceLanguage>,
    ) -> Result<Profile> {
        let path = "/sns/userinfo";
        Check::of(path).text("openid", openid)?;
        let mut call = self
            .client
            .call(Method::GET, path)
            .without_token()
            .query("access_token", user_token.expose())
            .query("openid", openid);
        if let Some(lang) = lang {
            call = call.query("lang", lang);
        }
        call.send().await
    }

    /// Tells whether a user's token is valid: an error when it is not.
    ///
    /// `GET /sns/auth`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsauth.html).
    ///
    /// - `user_token`: The user's own token, from `oauth().token`.
    /// - `openid`: The user.
    ///
    /// # Errors
    /// 40003, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client, user_token: &puzi_wechat::Secret<String>) -> puzi_wechat::client::Result<()> {
    /// wechat.oauth().check(user_token, "oLVPpjqs9BhvzwPj5A-vTYAX3GLc").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(self, user_token: &Secret<String>, openid: &str) -> Result<()> {
        let path = "/sns/auth";
        Check::of(path).text("openid", openid)?;
        let call = self
            .client
            .call(Method::GET, path)
            .without_token()
            .query("access_token", user_token.expose())
            .query("openid", openid);
        call.done().await
    }

    /// Tells who a user of a mini program is, for the code of wx.login. The session key signs what the mini program
    /// hands over: it must not leave the server.
    ///
    /// `GET /sns/jscode2session`, for mini programs:
    /// [the platform's page](https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session.html).
    ///
    /// Limits: 100 calls a minute for a user; a code works once and lives 5 minutes.
    ///
    /// - `js_code`: The code of wx.login.
    ///
    /// # Errors
    /// 40013, 40029, 40125, 40163, 40226, 41002, 41004 and 41008, besides those of any call. A caller's mistake,
    /// unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let session = wechat.oauth().mini_program_session("JS_CODE").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn mini_program_session(self, js_code: &str) -> Result<Session> {
        let path = "/sns/jscode2session";
        Check::of(path).text("js_code", js_code)?;
        let (appid, secret) = self.client.credentials();
        let call = self
            .client
            .call(Method::GET, path)
            .without_token()
            .query("appid", appid)
            .query("secret", secret.expose())
            .query("js_code", js_code)
            .query("grant_type", "authorization_code")
            .idempotent(false);
        call.send().await
    }

    /// Tells the phone number of a user of a mini program, for the code of its getPhoneNumber button (not that of
    /// wx.login). The token is that of the mini program.
    ///
    /// `POST /wxa/business/getuserphonenumber`, for verified mini programs:
    /// [the platform's page](https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/phone-number/api_getphonenumber.html).
    ///
    /// Limits: a code works once and lives 5 minutes.
    ///
    /// - `code`: The code of the button.
    /// - `openid`: The user the code must belong to; not checked when left out.
    ///
    /// # Errors
    /// 40013 and 40029, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let phone_info = wechat.oauth().phone_number("CODE", None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn phone_number(self, code: &str, openid: Option<&str>) -> Result<PhoneNumber> {
        let path = "/wxa/business/getuserphonenumber";
        Check::of(path).text("code", code)?;
        let mut body = json!({ "code": code });
        if let Some(openid) = openid {
            body["openid"] = openid.into();
        }
        self.client.call(Method::POST, path).json(&body).send_field("phone_info").await
    }

    /// Gives the user's token for a code, to a service provider whom the account authorized.
    ///
    /// `GET /sns/oauth2/component/access_token`, for service providers.
    ///
    /// Limits: a code works once and lives 5 minutes.
    ///
    /// - `code`: The code that came with the user.
    /// - `component_appid`: Appid of the service provider's platform.
    /// - `component_access_token`: Its token.
    ///
    /// # Errors
    /// 40029 and 40163, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client, component_access_token: &puzi_wechat::Secret<String>) -> puzi_wechat::client::Result<()> {
    /// let user_token = wechat.oauth().component_token("CODE", "COMPONENT_APPID", component_access_token).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn component_token(
        self,
        code: &str,
        component_appid: &str,
        component_access_token: &Secret<String>,
    ) -> Result<UserToken> {
        let path = "/sns/oauth2/component/access_token";
        let check = Check::of(path);
        check.text("code", code)?;
        check.text("component_appid", component_appid)?;
        let call = self
            .client
            .call(Method::GET, path)
            .without_token()
            .query("appid", self.client.appid())
            .query("code", code)
            .query("grant_type", "authorization_code")
            .query("component_appid", component_appid)
            .query("component_access_token", component_access_token.expose())
            .idempotent(false);
        call.send().await
    }

    /// Renews the token of a user, for a service provider whom the account authorized.
    ///
    /// `GET /sns/oauth2/component/refresh_token`, for service providers.
    ///
    /// - `component_appid`: Appid of the service provider's platform.
    /// - `component_access_token`: Its token.
    /// - `refresh_token`: The refresh token told with the user's token.
    ///
    /// # Errors
    /// 40030 and 42002, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client, component_access_token: &puzi_wechat::Secret<String>, refresh_token: &puzi_wechat::Secret<String>) -> puzi_wechat::client::Result<()> {
    /// let user_token = wechat.oauth().component_refresh("COMPONENT_APPID", component_access_token, refresh_token).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn component_refresh(
        self,
        component_appid: &str,
        component_access_token: &Secret<String>,
        refresh_token: &Secret<String>,
    ) -> Result<UserToken> {
        let path = "/sns/oauth2/component/refresh_token";
        Check::of(path).text("component_appid", component_appid)?;
        let call = self
            .client
            .call(Method::GET, path)
            .without_token()
            .query("appid", self.client.appid())
            .query("grant_type", "refresh_token")
            .query("component_appid", component_appid)
            .query("component_access_token", component_access_token.expose())
            .query("refresh_token", refresh_token.expose());
        call.send().await
    }

    /// Tells a service provider who a user of a mini program is, for the code of wx.login.
    ///
    /// `GET /sns/component/jscode2session`, for service providers.
    ///
    /// Limits: a code works once and lives 5 minutes.
    ///
    /// - `js_code`: The code of wx.login.
    /// - `component_appid`: Appid of the service provider's platform.
    /// - `component_access_token`: Its token.
    ///
    /// # Errors
    /// 40029 and 40163, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client, component_access_token: &puzi_wechat::Secret<String>) -> puzi_wechat::client::Result<()> {
    /// let session = wechat.oauth().component_mini_program_session("JS_CODE", "COMPONENT_APPID", component_access_token).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn component_mini_program_session(
        self,
        js_code: &str,
        component_appid: &str,
        component_access_token: &Secret<String>,
    ) -> Result<Session> {
        let path = "/sns/component/jscode2session";
        let check = Check::of(path);
        check.text("js_code", js_code)?;
        check.text("component_appid", component_appid)?;
        let call = self
            .client
            .call(Method::GET, path)
            .without_token()
            .query("appid", self.client.appid())
            .query("js_code", js_code)
            .query("grant_type", "authorization_code")
            .query("component_appid", component_appid)
            .query("component_access_token", component_access_token.expose())
            .idempotent(false);
        call.send().await
    }
}

/// A user's token, and who the user is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserToken {
    /// The user's token.
    #[serde(deserialize_with = "shape::secret")]
    pub access_token: Secret<String>,
    /// For how long it is valid. In seconds.
    pub expires_in: i64,
    /// What `refresh` takes, for 30 days.
    #[serde(deserialize_with = "shape::secret")]
    pub refresh_token: Secret<String>,
    /// The user; also one who does not follow has an openid.
    pub openid: String,
    /// What the user agreed to, with commas between.
    pub scope: String,
    /// 1 for the made-up user of a snapshot page; left out for others.
    #[serde(deserialize_with = "shape::flag")]
    pub is_snapshotuser: bool,
    /// The user among all accounts of the owner; for `snsapi_userinfo`, of an account bound to an open platform.
    pub unionid: String,
}

/// The profile of a user.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Profile {
    /// The user.
    pub openid: String,
    /// Nickname.
    pub nickname: String,
    /// 0 unknown, 1 male, 2 female; the platform now tells 0 of all.
    pub sex: Option<i64>,
    /// Province; now empty.
    pub province: String,
    /// City; now empty.
    pub city: String,
    /// Country; now empty.
    pub country: String,
    /// The picture, empty for none. The number at its end is the size: 0 (640), 46, 64, 96 or 132. It ends when the
    /// user takes another picture.
    pub headimgurl: String,
    /// Each a privilege of the user, such as `chinaunicom`.
    pub privilege: Vec<String>,
    /// The user among all accounts of the owner; of an account bound to an open platform.
    pub unionid: String,
}

/// A user of a mini program.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Session {
    /// The user.
    pub openid: String,
    /// The session key.
    #[serde(deserialize_with = "shape::secret")]
    pub session_key: Secret<String>,
    /// The user among all accounts of the owner; of a mini program bound to an open platform.
    pub unionid: String,
}

/// For whom and when a number was told.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Watermark {
    /// When the user tapped the button. Unix seconds.
    pub timestamp: i64,
    /// The mini program.
    pub appid: String,
}

/// The phone number of a user.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PhoneNumber {
    /// The number, with the country's code when it is not Chinese.
    #[serde(rename = "phoneNumber")]
    pub phone_number: String,
    /// The number without the country's code.
    #[serde(rename = "purePhoneNumber")]
    pub pure_phone_number: String,
    /// The country's code.
    #[serde(rename = "countryCode", deserialize_with = "shape::int")]
    pub country_code: i64,
    /// For whom and when a number was told.
    pub watermark: Watermark,
}

open_texts! {
/// Language of the places.
PlaceLanguage {
/// `zh_CN`.
ZhCn = "zh_CN",
/// `zh_TW`.
ZhTw = "zh_TW",
/// `en`.
En = "en",
}
}
