//! What takes the network: the clock against WeChat's, the public URL, an access token.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use puzi_shop::{
    accounts::{Account, Status},
    db::now_ms,
};
use puzi_wechat::client::{ApiError, Client, Condition, ErrorKind};

use super::Report;
use crate::settings::Settings;

const WECHAT: &str = "https://api.weixin.qq.com";
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// A clock this far off deserves a look, in seconds.
const SKEW: i64 = 30;

/// Asks as WeChat does: no redirects are followed.
pub(super) fn http() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("puzi-doctor/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// An HTTP failure with its cause, and without the URL, whose query is signed.
pub(super) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// This machine's clock against the one of WeChat's API.
pub(super) async fn clock(report: &mut Report, settings: &Settings, accounts: &[Account]) {
    let other = accounts.iter().find_map(|account| account.api_base.as_deref());
    let url = if accounts.iter().any(|account| account.api_base.is_none()) { WECHAT } else { other.unwrap_or(WECHAT) };
    let started = Instant::now();
    let asked = async { http()?.head(url).send().await };
    let date = match asked.await {
        Ok(response) => response.headers().get("date").and_then(|date| date.to_str().ok()).map(str::to_owned),
        Err(error) => {
            report.fail("clock", "wechat_unreachable", &[("url", url.to_owned()), ("why", reason(error))]);
            return;
        }
    };
    let parsed = date.and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&date).ok());
    let Some(there) = parsed else {
        report.warn("clock", "no_date", &[("url", url.to_owned())]);
        return;
    };
    // The header was written about half-way, and it has whole seconds.
    let here = now_ms() - started.elapsed().as_millis() as i64 / 2;
    let skew = (here / 1000) - there.as_second();
    let args = [("seconds", skew.abs().to_string()), ("window", settings.replay_window_seconds.to_string())];
    if skew.unsigned_abs() >= settings.replay_window_seconds {
        report.fail("clock", "clock_off", &args);
    } else if skew.abs() > SKEW {
        report.warn("clock", "clock_drifts", &args);
    } else {
        report.ok("clock", "clock", &args);
    }
}

/// Whether this shop answers under its public URL.
pub(super) async fn public_url(report: &mut Report, settings: &Settings) {
    if settings.public_url.is_empty() {
        return;
    }
    let url = format!("{}/healthz", settings.public_url.trim_end_matches('/'));
    let asked = async {
        let response = http()?.get(&url).send().await?;
        Ok::<_, reqwest::Error>((response.status().as_u16(), response.text().await?))
    };
    match asked.await {
        Ok((200, body)) if body.trim() == "ok" => report.ok("reachable", "reachable", &[("url", url.clone())]),
        Ok((status, _)) => {
            report.fail("reachable", "not_puzi", &[("url", url.clone()), ("status", status.to_string())]);
        }
        Err(error) => report.fail("reachable", "unreachable", &[("url", url.clone()), ("why", reason(error))]),
    }
}

/// Whether WeChat gives this account an access token.
pub(super) async fn token(report: &mut Report, account: &Account) {
    if account.status == Status::Paused {
        return;
    }
    // Not the tokens in the database: a token that is still good would hide a secret that no longer is. Asking for a
    // stable token disturbs nobody.
    let base = account.api_base.as_deref().unwrap_or(WECHAT);
    let client = Client::builder(account.appid.clone(), account.secret.clone())
        .base_url(base)
        .timeout(PATIENCE)
        .deadline(PATIENCE)
        .build();
    let fetched = match client {
        Ok(client) => client.token().await,
        Err(error) => Err(error),
    };
    match fetched {
        Ok(_) => report.ok("token", "token", &[]),
        Err(error) => refused(report, &error),
    }
}

fn refused(report: &mut Report, error: &ApiError) {
    let args = [
        ("why", error.to_string()),
        ("ip", address(&error.errmsg).map_or_else(|| "?".to_owned(), |ip| ip.to_string())),
        ("rid", error.rid.clone().unwrap_or_else(|| "-".to_owned())),
    ];
    let key = match error.kind {
        _ if error.is(Condition::AddressNotAllowed) => "token_address",
        _ if error.is(Condition::WrongCredentials) => "token_credentials",
        ErrorKind::Configuration => "token_configuration",
        ErrorKind::Transport => "token_transport",
        ErrorKind::RetryLater => "token_later",
        _ => "token_refused",
    };
    if error.kind == ErrorKind::RetryLater {
        report.warn("token", key, &args);
    } else {
        report.fail("token", key, &args);
    }
}

/// The address in `invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist`.
fn address(errmsg: &str) -> Option<IpAddr> {
    errmsg.split([' ', ',', ';']).find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_to_allow_is_found() {
        let errmsg = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 5f9a-1";
        assert_eq!(address(errmsg), Some("203.0.113.7".parse().unwrap()));
        assert_eq!(address("invalid appsecret"), None);
    }
}
