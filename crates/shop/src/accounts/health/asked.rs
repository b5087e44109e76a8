//! The checks of a sentence each: token, last push, quotas.

use puzi_wechat::client::{ApiError, Client, Condition, ErrorKind};

use super::{Found, HealthParts, PATIENCE, State};
use crate::{
    Result,
    accounts::{Account, LiveAccount, Reach, quota, settings::QUOTA_WARN_PERCENT},
    conversations::figures,
    db::{self, now_ms},
};

const DAY_MS: i64 = 24 * 3_600_000;

/// What WeChat said to AppID and AppSecret.
#[derive(Debug, Clone)]
pub struct Token {
    /// Whether there is a token.
    pub good: bool,
    /// Key of the sentence.
    pub text: &'static str,
    /// WeChat's own words, for support.
    pub detail: String,
    error: Option<ApiError>,
}

/// Asks for an access token. Not by the tokens in the database: one that is still good would hide a secret that no
/// longer is.
pub async fn ask_for_token(account: &Account) -> Token {
    let mut builder =
        Client::builder(account.appid.clone(), account.secret.clone()).timeout(PATIENCE).deadline(PATIENCE);
    if let Some(base) = &account.api_base {
        builder = builder.base_url(base.clone());
    }
    let asked = match builder.build() {
        Ok(client) => client.token().await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(_) => Token { good: true, text: "account_health.token_good", detail: String::new(), error: None },
        Err(error) => Token { good: false, text: why(&error), detail: error.to_string(), error: Some(error) },
    }
}

fn why(error: &ApiError) -> &'static str {
    match error.kind {
        _ if error.is(Condition::AddressNotAllowed) => "account_health.token_address",
        _ if error.is(Condition::WrongCredentials) => "account_health.token_credentials",
        ErrorKind::Transport => "account_health.token_transport",
        ErrorKind::RetryLater => "account_health.token_later",
        _ => "account_health.token_refused",
    }
}

pub(super) async fn token(live: &LiveAccount) -> Option<Found> {
    let token = ask_for_token(&live.account).await;
    let state = match token.error.as_ref().map(|error| error.kind) {
        None => State::Good,
        Some(ErrorKind::Transport) => return None,
        Some(ErrorKind::RetryLater) => State::Warning,
        Some(_) => State::Bad,
    };
    let found = Found::new(state, token.text).detail(token.detail);
    Some(match token.error.and_then(|error| address(&error.errmsg)) {
        Some(address) if token.text == "account_health.token_address" => found.with("address", address),
        _ if token.text == "account_health.token_address" => found.with("address", "?"),
        _ => found,
    })
}

/// The address that WeChat names when it is not in the account's list: `invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in …`.
fn address(errmsg: &str) -> Option<String> {
    let words = errmsg.split(|c: char| !(c.is_ascii_hexdigit() || matches!(c, '.' | ':')));
    words.filter_map(|word| word.trim_matches(':').parse::<std::net::IpAddr>().ok()).next().map(|ip| ip.to_string())
}

pub(super) async fn push(parts: &HealthParts, live: &LiveAccount) -> Result<Option<Found>> {
    let at = figures::last_push(parts.db.read(), live.account.id).await?;
    Ok(Some(match at {
        None => Found::new(State::Bad, "account_health.push_never"),
        Some(at) if at > now_ms() - DAY_MS => Found::new(State::Good, "account_health.push_good").with("at", at),
        // Nobody writes at a shop that nobody follows.
        Some(at) if has_followers(&parts.db, live.account.id).await? => {
            Found::new(State::Warning, "account_health.push_old").with("at", at)
        }
        Some(at) => Found::new(State::Good, "account_health.push_good").with("at", at),
    }))
}

async fn has_followers(db: &db::Db, account: i64) -> Result<bool> {
    use sea_orm::ConnectionTrait;
    let sql = "SELECT 1 AS one FROM followers WHERE account_id = $1 AND subscribed = $2 LIMIT 1";
    Ok(db.read().query_one_raw(db::statement(db.read(), sql, [account.into(), true.into()])).await?.is_some())
}

pub(super) async fn quota(parts: &HealthParts, live: &LiveAccount) -> Result<Option<Found>> {
    let now = now_ms();
    let mut quotas = quota::known(&parts.db, &Reach::All, live.account.id).await?;
    quotas.retain(|quota| quota.asked_at > now - DAY_MS);
    if quotas.is_empty() {
        quotas = quota::refresh(&parts.db, live, None).await?;
        quotas.retain(|quota| quota.trouble.is_none());
    }
    let Some(worst) = quotas.iter().max_by_key(|quota| (quota.percent(), quota.used)) else {
        return Ok(None);
    };
    let percent = worst.percent();
    let (state, text) = if worst.daily_limit > 0 && worst.remain <= 0 {
        (State::Bad, "account_health.quota_spent")
    } else if percent >= live.settings.number(QUOTA_WARN_PERCENT) {
        (State::Warning, "account_health.quota_high")
    } else {
        (State::Good, "account_health.quota_good")
    };
    Ok(Some(Found::new(state, text).with("path", &worst.path).with("percent", percent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_to_add_is_read_from_the_refusal() {
        let told = "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 6925ab";
        assert_eq!(address(told).as_deref(), Some("203.0.113.9"));
        assert_eq!(address("system error"), None);
    }
}
