//! The same calls as one would write them by hand on reqwest, without an SDK: one token, fetched once; the errcode looked at, and
//! every field read.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::{At, Outcome};

/// A client by hand.
pub(crate) struct Bare {
    http: reqwest::Client,
    base: String,
    token: String,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// All that is told of a user, as the SDK's type has it, and in the place of it an errcode.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Card {
    errcode: i64,
    pub(crate) subscribe: u8,
    pub(crate) openid: String,
    unionid: Option<String>,
    nickname: String,
    sex: u8,
    language: String,
    city: String,
    province: String,
    country: String,
    headimgurl: String,
    pub(crate) subscribe_time: i64,
    remark: String,
    groupid: i64,
    tagid_list: Vec<i64>,
    subscribe_scene: String,
    qr_scene: i64,
    qr_scene_str: String,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    user_info_list: Vec<Card>,
}

impl Bare {
    /// Fetches the token.
    pub(crate) async fn start(at: &At) -> Outcome<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        let ask = json!({
            "grant_type": "client_credential", "appid": at.account.appid, "secret": at.account.secret, "force_refresh": false
        });
        let url = format!("{}/cgi-bin/stable_token", at.base_url);
        let token: Token = http.post(url).json(&ask).send().await?.error_for_status()?.json().await?;
        Ok(Self { http, base: at.base_url.clone(), token: token.access_token })
    }

    /// `GET /cgi-bin/user/info`.
    pub(crate) async fn info(&self, openid: &str) -> Outcome<Card> {
        let url = format!("{}/cgi-bin/user/info", self.base);
        let query = [("access_token", self.token.as_str()), ("openid", openid), ("lang", "zh_CN")];
        let card: Card = self.http.get(url).query(&query).send().await?.error_for_status()?.json().await?;
        refuse(card.errcode)?;
        Ok(card)
    }

    /// `POST /cgi-bin/user/info/batchget`.
    pub(crate) async fn infos(&self, openids: &[String]) -> Outcome<Vec<Card>> {
        let url = format!("{}/cgi-bin/user/info/batchget", self.base);
        let list: Vec<_> = openids.iter().map(|openid| json!({ "openid": openid, "lang": "zh_CN" })).collect();
        let request = self.http.post(url).query(&[("access_token", self.token.as_str())]);
        let sent = request.json(&json!({ "user_list": list })).send().await?;
        let batch: Batch = sent.error_for_status()?.json().await?;
        refuse(batch.errcode)?;
        Ok(batch.user_info_list)
    }
}

/// An errcode other than 0 is an error, as in every client by hand.
fn refuse(errcode: i64) -> Outcome<()> {
    if errcode == 0 { Ok(()) } else { Err(format!("errcode {errcode}").into()) }
}
