//! The platform's addresses, its network diagnosis, and quotas.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::Result;
use super::{Client, Method};

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

/// Calls about the platform and the account's quotas; see [`Client::base`].
#[derive(Clone, Copy)]
pub struct Base<'a> {
    pub(super) client: &'a Client,
}

impl Base<'_> {
    /// The addresses of the API, to let out through a firewall.
    ///
    /// # Errors
    /// As any call.
    pub async fn api_addresses(self) -> Result<Vec<String>> {
        let answer: Addresses = self.client.call(Method::GET, "/cgi-bin/get_api_domain_ip").send().await?;
        Ok(answer.ip_list)
    }

    /// The addresses that pushes come from, to let in through a firewall.
    ///
    /// # Errors
    /// As any call.
    pub async fn callback_addresses(self) -> Result<Vec<String>> {
        let answer: Addresses = self.client.call(Method::GET, "/cgi-bin/getcallbackip").send().await?;
        Ok(answer.ip_list)
    }

    /// Lets the platform diagnose its way to the account's callback URL.
    ///
    /// # Errors
    /// As any call.
    pub async fn check_callback(self, action: CheckAction, operator: CheckOperator) -> Result<NetworkCheck> {
        let body = json!({ "action": action, "check_operator": operator });
        self.client.call(Method::POST, "/cgi-bin/callback/check").json(&body).idempotent(true).send().await
    }

    /// The quota of the API `path`, such as `/cgi-bin/message/custom/send`.
    ///
    /// # Errors
    /// A caller's mistake when the platform knows no such path.
    pub async fn quota(self, path: &str) -> Result<Quota> {
        let body = json!({ "cgi_path": path });
        self.client.call(Method::POST, "/cgi-bin/openapi/quota/get").json(&body).idempotent(true).send().await
    }

    /// Sets the daily counters of all APIs back; allowed 10 times a month.
    ///
    /// # Errors
    /// [`QuotaUsedUp`](super::Condition::QuotaUsedUp) when it was done too often.
    pub async fn clear_quota(self) -> Result<()> {
        let body = json!({ "appid": self.client.appid() });
        self.client.call(Method::POST, "/cgi-bin/clear_quota").json(&body).done().await
    }
}
