// Written by `cargo xtask catalogue` from `catalogue/base.toml`: change that.

//! Access tokens, the platform's addresses, its network diagnosis, quotas, and what became of a failed request.
//!
//! Made by [`Client::base`](crate::client::Client::base).

use serde::Deserialize;
use serde_json::json;

use crate::Secret;
use crate::client::check::Check;
use crate::client::shape;
use crate::client::{Base, Method, Result};

impl Base<'_> {
    /// Sets the daily counter of one API back. Each time that works uses up one of the month's 50.
    ///
    /// `POST /cgi-bin/openapi/quota/clear`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/apimanage/api_clearapiquota.html).
    ///
    /// Limits: 50 a month.
    ///
    /// - `cgi_path`: Path of the API with its first slash and without the host.
    ///
    /// # Errors
    /// 50002, 76021 and 76022, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.base().clear_quota_of("CGI_PATH").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn clear_quota_of(self, cgi_path: &str) -> Result<()> {
        let path = "/cgi-bin/openapi/quota/clear";
        Check::of(path).text("cgi_path", cgi_path)?;
        let body = json!({ "cgi_path": cgi_path });
        self.client.call(Method::POST, path).json(&body).done().await
    }

    /// Tells a failed request of the last 7 days by the rid in its errmsg. Only the account that made the request can;
    /// requests below `/sns/` are not kept.
    ///
    /// `POST /cgi-bin/openapi/rid/get`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/apimanage/api_getridinfo.html).
    ///
    /// Limits: a rid lives 7 days.
    ///
    /// - `rid`: The rid of the failed request.
    ///
    /// # Errors
    /// 76001, 76002, 76003, 76004 and 76022, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let request = wechat.base().look_up_rid("RID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn look_up_rid(self, rid: &str) -> Result<FailedRequest> {
        let path = "/cgi-bin/openapi/rid/get";
        Check::of(path).text("rid", rid)?;
        let body = json!({ "rid": rid });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send_field("request").await
    }
}

/// A request that failed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FailedRequest {
    /// When the request was made. Unix seconds.
    pub invoke_time: i64,
    /// Milliseconds it took.
    pub cost_in_ms: i64,
    /// Its query, with the access token in it.
    #[serde(deserialize_with = "shape::secret")]
    pub request_url: Secret<String>,
    /// Its body.
    pub request_body: String,
    /// The platform's answer.
    pub response_body: String,
    /// The address it came from.
    pub client_ip: String,
}
