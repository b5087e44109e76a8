//! Whether an account's callback answers under its public URL, asked as WeChat asks.

use puzi_shop::{
    accounts::{Account, Status},
    db::now_ms,
};
use puzi_wechat::signature;
use rand::Rng;
use url::Url;

use super::{
    Report,
    online::{http, reason},
};
use crate::settings::Settings;

/// Sends WeChat's URL check to the account's own callback.
pub(super) async fn look(report: &mut Report, settings: &Settings, account: &Account) {
    let slug = [("slug", account.slug.clone())];
    if account.status == Status::Paused {
        report.warn("callback", "paused", &slug);
        return;
    }
    let address = settings.callback_url(&account.slug);
    let echo = format!("{}{}", puzi_web::OWN_CHECK, rand::rng().random::<u64>());
    let Some(url) = signed(&address, account, &echo) else {
        report.fail("callback", "callback_url", &[("url", address)]);
        return;
    };
    let asked = async {
        let response = http()?.get(url).send().await?;
        Ok::<_, reqwest::Error>((response.status().as_u16(), response.text().await?))
    };
    let named = |status: u16| [("url", address.clone()), ("status", status.to_string()), slug[0].clone()];
    match asked.await {
        Ok((200, body)) if body == echo && account.verified_at.is_none() => {
            report.warn("callback", "not_verified", &named(200));
        }
        Ok((200, body)) if body == echo => report.ok("callback", "callback", &named(200)),
        Ok((200, _)) => report.fail("callback", "callback_other", &named(200)),
        Ok((403, _)) => report.fail("callback", "callback_forbidden", &named(403)),
        Ok((404, _)) => report.fail("callback", "callback_unknown", &named(404)),
        Ok((status @ 300..400, _)) => report.fail("callback", "callback_redirect", &named(status)),
        Ok((status, _)) => report.fail("callback", "callback_status", &named(status)),
        Err(error) => report.fail("callback", "callback_unreachable", &[("url", address), ("why", reason(error))]),
    }
}

/// The callback's address with WeChat's query for its URL check (接入指南).
fn signed(address: &str, account: &Account, echo: &str) -> Option<Url> {
    let mut url = Url::parse(address).ok()?;
    let timestamp = (now_ms() / 1000).to_string();
    let nonce = rand::rng().random::<u32>().to_string();
    let signature = signature::sign(&[account.token.expose(), &timestamp, &nonce]);
    url.query_pairs_mut()
        .append_pair("signature", &signature)
        .append_pair("timestamp", &timestamp)
        .append_pair("nonce", &nonce)
        .append_pair("echostr", echo);
    Some(url)
}
