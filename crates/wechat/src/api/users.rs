// Written by `cargo xtask catalogue` from `catalogue/users.toml`: change that.

//! Followers: who they are, the list of them, the remarks on them, and their openids after the account moved.
//!
//! Made by [`Client::users`](crate::client::Client::users).

use serde::Deserialize;
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape;
use crate::client::{Method, Result, Users};

impl Users<'_> {
    /// Tells the new openids of up to 100 followers after another account was merged into this one. It works from the
    /// day the migration is approved, for 15 days.
    ///
    /// `POST /cgi-bin/changeopenid`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/changeopenid/api_changeopenid.html).
    ///
    /// Limits: 100 openids a call; 15 days from the approval of the migration.
    ///
    /// - `from_appid`: The old account's original id (`gh_…`), not its appid.
    /// - `openids`: Each a follower's openid with the old account. 1 to 100.
    ///
    /// # Errors
    /// 63178, 63182 and 63183, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let converteds = wechat.users().convert("FROM_APPID", &["oLVPpjqs9BhvzwPj5A-vTYAX3GLc"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn convert(self, from_appid: &str, openids: &[impl AsRef<str>]) -> Result<Vec<Converted>> {
        let path = "/cgi-bin/changeopenid";
        let check = Check::of(path);
        check.text("from_appid", from_appid)?;
        check.items("openid_list", openids.len(), 1..=100)?;
        let body = json!({ "from_appid": from_appid, "openid_list": shape::texts(openids) });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send_field("result_list").await
    }
}

/// The new openid of a user.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Converted {
    /// The openid asked for.
    pub ori_openid: String,
    /// The user's openid with this account; left out when there is none.
    pub new_openid: String,
    /// `ok`, or `ori_openid error` for somebody who did not follow the old account.
    pub err_msg: String,
}
