//! What to paste into WeChat's admin platform, and where to click there.

use puzi_shop::accounts::Account;
use serde_json::json;

use crate::{
    error::Failure,
    output::{self, Clock},
    settings::Settings,
    texts::say,
};

/// Prints URL, token and EncodingAESKey of an account: the one place that shows its secrets, and shows them to the
/// operator only, who must type them into WeChat's admin platform.
pub(super) fn print(account: &Account, settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let clock = Clock::of(settings)?;
    let url = settings.callback_url(&account.slug);
    if as_json {
        output::json(&json!({
            "slug": account.slug,
            "name": account.name,
            "appid": account.appid,
            "url": url,
            "token": account.token.expose(),
            "encoding_aes_key": account.aes_key.expose(),
            "mode": account.mode.as_str(),
            "status": account.status.as_str(),
            "verified_at": account.verified_at.map(|at| clock.iso(at)),
            "previous_key_accepted": account.previous_aes_key.is_some(),
        }));
        return Ok(());
    }
    let locale = settings.locale();
    let tell = |key: &str| say(locale, key, &[]);
    let verified = match account.verified_at {
        Some(at) => say(locale, "accounts.verified_since", &[("at", clock.show(at))]),
        None => tell("accounts.not_verified"),
    };
    output::line(format!("{}  {}", puzi_resource::on_one_line(&account.name), account.appid));
    let rows = [
        ("accounts.url", url),
        ("accounts.token", account.token.expose().clone()),
        ("accounts.aes_key", account.aes_key.expose()),
        ("accounts.mode", super::mode(account.mode, locale)),
        ("accounts.status", super::status(account.status, locale)),
        ("accounts.verified", verified),
    ];
    let widest = rows.iter().map(|(label, _)| puzi_resource::width(&tell(label))).max().unwrap_or(0);
    for (label, value) in rows {
        let label = tell(label);
        let space = " ".repeat(widest - puzi_resource::width(&label) + 2);
        output::line(format!("  {label}{space}{value}"));
    }
    output::line("");
    output::line(tell("accounts.where_to_paste"));
    output::line(tell("accounts.ports"));
    if settings.public_url.is_empty() {
        output::line(tell("accounts.no_public_url"));
    }
    if account.previous_aes_key.is_some() {
        output::line(say(locale, "accounts.previous_key", &[("slug", account.slug.clone())]));
    }
    Ok(())
}
