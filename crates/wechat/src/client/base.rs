//! The platform's addresses, its network diagnosis, and quotas.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::check::Check;
use super::error::Result;
use super::loose::number;
use super::token::now;
use super::{AccessToken, Call, Client, Method};
use crate::Secret;

const QUOTA: &str = "/cgi-bin/openapi/quota/get";
const GRANT: &str = "client_credential";

/// What the network diagnosis does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckAction {
    /// Resolves the callback's host name.
    Dns,
    /// Pings the callback's addresses.
    Ping,
    /// Both.
    All,
}

/// The network the diagnosis starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CheckOperator {
    /// China Telecom.
    #[serde(rename = "CHINANET")]
    ChinaNet,
    /// China Unicom.
    #[serde(rename = "UNICOM")]
    Unicom,
    /// Tencent's own.
    #[serde(rename = "CAP")]
    Cap,
    /// The platform picks by address.
    #[serde(rename = "DEFAULT")]
    Default,
}

/// What the network diagnosis found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NetworkCheck {
    /// The addresses that the host name resolves to.
    pub dns: Vec<DnsCheck>,
    /// How the pings went.
    pub ping: Vec<PingCheck>,
}

/// An address of the callback's host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DnsCheck {
    /// The address.
    pub ip: String,
    /// Whose network it is in.
    pub real_operator: String,
}

/// A ping of the callback's host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PingCheck {
    /// The address.
    pub ip: String,
    /// The network it was pinged from.
    pub from_operator: String,
    /// Packets lost, such as `0%`.
    pub package_loss: String,
    /// Time taken, such as `23.079ms`.
    pub time: String,
}

/// The quota of one API path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Quota {
    /// Calls today.
    pub quota: QuotaUse,
    /// The limit for a short time, when there is one.
    pub rate_limit: Option<RateLimit>,
    /// The same for calls that a service provider makes for the account.
    pub component_rate_limit: Option<RateLimit>,
}

/// Calls of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct QuotaUse {
    /// Calls allowed a day.
    pub daily_limit: i64,
    /// Calls made today.
    pub used: i64,
    /// Calls left today.
    pub remain: i64,
}

/// Calls of a short time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RateLimit {
    /// Calls allowed within `refresh_second`.
    pub call_count: i64,
    /// Seconds after which the count begins anew.
    pub refresh_second: i64,
}

#[derive(Deserialize)]
struct Addresses {
    ip_list: Vec<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds.
    #[serde(deserialize_with = "number")]
    expires_in: i64,
}

/// Calls about the platform and the account's quotas; see [`Client::base`].
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    pub(crate) client: &'a Client,
}

impl Base<'_> {
    /// Asks for an access token that is apart from the client's own. Each call replaces the token of the last one, which
    /// stays valid for 5 more minutes: only one process may do it. A program needs none of it: the client has
    /// [`Client::token`].
    ///
    /// `GET /cgi-bin/token`, [document](https://developers.weixin.qq.com/doc/service/api/base/api_getaccesstoken.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let token = wechat.base().token().await?;
    /// println!("until {}", token.expires_at);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`WrongCredentials`](super::Condition::WrongCredentials), [`AddressNotAllowed`](super::Condition::AddressNotAllowed);
    /// otherwise as any call.
    pub async fn token(self) -> Result<AccessToken> {
        let (appid, secret) = self.client.credentials();
        let call = self.client.call(Method::GET, "/cgi-bin/token").without_token();
        let call = call.query("grant_type", GRANT).query("appid", appid).query("secret", secret.expose());
        granted(call).await
    }

    /// Asks for the account's stable access token, which all who ask get until less than 5 minutes of it are left. With
    /// `force` the present one ends at once and another is issued: 20 times a day, 30 s apart. A program needs none of
    /// it: the client has [`Client::token`], and renews it by itself.
    ///
    /// `POST /cgi-bin/stable_token`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html); 10,000 calls a
    /// minute, 500,000 a day.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let token = wechat.base().stable_token(false).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Base::token`].
    pub async fn stable_token(self, force: bool) -> Result<AccessToken> {
        let (appid, secret) = self.client.credentials();
        let body = json!({ "grant_type": GRANT, "appid": appid, "secret": secret.expose(), "force_refresh": force });
        granted(self.client.call(Method::POST, "/cgi-bin/stable_token").without_token().json(&body)).await
    }

    /// The addresses of the API, to let out through a firewall. They change: ask once a day.
    ///
    /// `GET /cgi-bin/get_api_domain_ip`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/base/api_getapidomainip.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// for address in wechat.base().api_addresses().await? {
    ///     println!("allow out {address}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn api_addresses(self) -> Result<Vec<String>> {
        let answer: Addresses = self.client.call(Method::GET, "/cgi-bin/get_api_domain_ip").send().await?;
        Ok(answer.ip_list)
    }

    /// The addresses and networks that pushes come from, to let in through a firewall. They change: ask once a day.
    ///
    /// `GET /cgi-bin/getcallbackip`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/base/api_getcallbackip.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// for address in wechat.base().callback_addresses().await? {
    ///     println!("allow in {address}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn callback_addresses(self) -> Result<Vec<String>> {
        let answer: Addresses = self.client.call(Method::GET, "/cgi-bin/getcallbackip").send().await?;
        Ok(answer.ip_list)
    }

    /// Lets the platform diagnose its way to the account's callback URL.
    ///
    /// `POST /cgi-bin/callback/check`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/base/api_callbackcheck.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::{CheckAction, CheckOperator};
    ///
    /// let found = wechat.base().check_callback(CheckAction::All, CheckOperator::Default).await?;
    /// println!("{:?} {:?}", found.dns, found.ping);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 40201 when the account has no callback URL; otherwise as any call.
    pub async fn check_callback(self, action: CheckAction, operator: CheckOperator) -> Result<NetworkCheck> {
        let body = json!({ "action": action, "check_operator": operator });
        self.client.call(Method::POST, "/cgi-bin/callback/check").json(&body).idempotent(true).send().await
    }

    /// The quota of the API `path`, such as `/cgi-bin/message/custom/send`. Paths below `/sns/` are not known here.
    ///
    /// `POST /cgi-bin/openapi/quota/get`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let today = wechat.base().quota("/cgi-bin/message/custom/send").await?.quota;
    /// println!("{} of {} left", today.remain, today.daily_limit);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake when the platform knows no such path.
    pub async fn quota(self, path: &str) -> Result<Quota> {
        Check::of(QUOTA).text("cgi_path", path)?;
        self.client.call(Method::POST, QUOTA).json(&json!({ "cgi_path": path })).idempotent(true).send().await
    }

    /// Sets the daily counters of all APIs back; allowed 10 times a month, together with
    /// [`Base::clear_quota_with_secret`].
    ///
    /// `POST /cgi-bin/clear_quota`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/apimanage/api_clearquota.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// wechat.base().clear_quota().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`QuotaUsedUp`](super::Condition::QuotaUsedUp) when it was done too often.
    pub async fn clear_quota(self) -> Result<()> {
        let body = json!({ "appid": self.client.appid() });
        self.client.call(Method::POST, "/cgi-bin/clear_quota").json(&body).done().await
    }

    /// As [`Base::clear_quota`], without an access token: for when the quota of tokens itself is used up.
    ///
    /// `POST /cgi-bin/clear_quota/v2`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/apimanage/api_clearquotabyappsecret.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// wechat.base().clear_quota_with_secret().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`QuotaUsedUp`](super::Condition::QuotaUsedUp) when it was done too often.
    pub async fn clear_quota_with_secret(self) -> Result<()> {
        let (appid, secret) = self.client.credentials();
        let body = json!({ "appid": appid, "appsecret": secret.expose() });
        self.client.call(Method::POST, "/cgi-bin/clear_quota/v2").without_token().json(&body).done().await
    }
}

async fn granted(call: Call) -> Result<AccessToken> {
    let asked_at = now();
    let granted: Granted = call.send().await?;
    let expires_at = asked_at.saturating_add(granted.expires_in);
    Ok(AccessToken { value: Secret::new(granted.access_token), expires_at })
}
