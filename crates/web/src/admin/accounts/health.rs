//! Asking WeChat whether it knows an account's AppID and AppSecret.

use std::time::Duration;

use puzi_shop::accounts::Account;
use puzi_wechat::client::{ApiError, Client, Condition, ErrorKind};

/// How long WeChat may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// What WeChat said.
pub(super) struct Token {
    pub(super) good: bool,
    /// Key of the text.
    pub(super) text: &'static str,
    /// WeChat's own words, for support.
    pub(super) detail: String,
}

/// Asks for an access token. Not by the tokens in the database: one that is still good would hide a secret that no
/// longer is.
pub(super) async fn ask_for_token(account: &Account) -> Token {
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
        Ok(_) => Token { good: true, text: "accounts.check.good", detail: String::new() },
        Err(error) => Token { good: false, text: why(&error), detail: error.to_string() },
    }
}

fn why(error: &ApiError) -> &'static str {
    match error.kind {
        _ if error.is(Condition::AddressNotAllowed) => "accounts.check.address",
        _ if error.is(Condition::WrongCredentials) => "accounts.check.credentials",
        ErrorKind::Transport => "accounts.check.transport",
        ErrorKind::RetryLater => "accounts.check.later",
        _ => "accounts.check.refused",
    }
}
