//! Whether the callback answers under its public address, asked as WeChat asks; and what WeChat's network says of the way.

use std::net::IpAddr;

use puzi_wechat::{
    client::{CheckAction, CheckOperator, NetworkCheck},
    signature,
};
use rand::Rng;
use serde_json::json;
use url::Url;

use super::{Found, HealthParts, PATIENCE, State, refused};
use crate::{
    Result,
    accounts::{Account, LiveAccount, Status},
    db::now_ms,
};

/// How the echostr of Puzi's own URL check begins: it does not count as WeChat's.
pub const OWN_CHECK: &str = "puzi-doctor-";

/// WeChat's errcode when the account has no callback URL.
const NO_URL: i64 = 40_201;

pub(super) async fn look(parts: &HealthParts, live: &LiveAccount) -> Result<Option<Found>> {
    let account = &live.account;
    if account.status == Status::Paused {
        return Ok(Some(Found::new(State::Warning, "account_health.callback_paused")));
    }
    // Only where the operator says that the world finds us: an address out of a request would let whoever sends it make
    // this server ask anybody.
    if !parts.public_url.is_empty() {
        let url = format!("{}/wechat/{}", parts.public_url.trim_end_matches('/'), account.slug);
        if let Some(found) = ask(account, &url).await {
            return Ok(Some(found));
        }
    }
    let told = live.client.base().check_callback(CheckAction::All, CheckOperator::Default).await;
    Ok(match told {
        Ok(told) => Some(judge(&told, account)),
        Err(error) if error.errcode == Some(NO_URL) => {
            Some(Found::new(State::Bad, "account_health.callback_no_url").detail(error.to_string()))
        }
        // Our own question went well, and a busy diagnosis is nobody's fault.
        Err(error) => refused(&error, "account_health.callback_refused"),
    })
}

/// Sends WeChat's URL check to the callback; none when it answered rightly.
async fn ask(account: &Account, address: &str) -> Option<Found> {
    let bad = |text| Found::new(State::Bad, text).with("url", address);
    let echo = format!("{OWN_CHECK}{}", rand::rng().random::<u64>());
    let Some(url) = signed(address, account, &echo) else { return Some(bad("account_health.callback_url")) };
    let asked = async {
        let http = reqwest::Client::builder().timeout(PATIENCE / 2).redirect(reqwest::redirect::Policy::none());
        let response = http.build()?.get(url).send().await?;
        let status = response.status().as_u16();
        // A page of somebody else's may be long; ours is the echo.
        let mut body = Vec::new();
        let mut response = response;
        while let Some(part) = response.chunk().await? {
            body.extend_from_slice(&part);
            if body.len() > 1_024 {
                break;
            }
        }
        Ok::<_, reqwest::Error>((status, body))
    };
    match asked.await {
        Ok((200, body)) if body == echo.as_bytes() => None,
        Ok((200, _)) => Some(bad("account_health.callback_other")),
        Ok((403, _)) => Some(bad("account_health.callback_token")),
        Ok((404, _)) => Some(bad("account_health.callback_unknown")),
        Ok((status, _)) => Some(bad("account_health.callback_status").with("status", status)),
        Err(error) => Some(bad("account_health.callback_silent").detail(error.without_url().to_string())),
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

/// What WeChat's network says of the way to the callback.
fn judge(told: &NetworkCheck, account: &Account) -> Found {
    let lines = told.ping.iter().map(|ping| {
        json!({ "address": ping.ip, "network": ping.from_operator, "loss": ping.package_loss, "time": ping.time })
    });
    let lines = lines.collect::<Vec<_>>();
    let addresses = || told.dns.iter().map(|dns| &dns.ip).chain(told.ping.iter().map(|ping| &ping.ip));
    // The sandbox is on this machine, where loopback is the right address.
    let private = addresses().find(|ip| account.api_base.is_none() && is_private(ip));
    let loss = |text: &str| text.trim().trim_end_matches('%').parse::<f64>().unwrap_or(0.0);
    let most = told.ping.iter().map(|ping| loss(&ping.package_loss)).fold(0.0, f64::max);
    let all_lost = !told.ping.is_empty() && told.ping.iter().all(|ping| loss(&ping.package_loss) >= 100.0);
    let found = if let Some(address) = private {
        Found::new(State::Bad, "account_health.callback_private").with("address", address)
    } else if told.dns.is_empty() && told.ping.is_empty() {
        Found::new(State::Bad, "account_health.callback_no_name")
    } else if all_lost {
        Found::new(State::Bad, "account_health.callback_lost")
    } else if most > 0.0 {
        Found::new(State::Warning, "account_health.callback_loss").with("loss", format!("{most:.0}%"))
    } else if account.verified_at.is_none() {
        Found::new(State::Warning, "account_health.callback_unverified")
    } else {
        Found::new(State::Good, "account_health.callback_good")
    };
    found.detail(lines)
}

fn is_private(ip: &str) -> bool {
    match ip.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => false,
    }
}
