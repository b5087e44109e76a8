//! What is pasted into WeChat's admin platform: URL, Token, EncodingAESKey; and whether WeChat can reach the URL at all.

use puzi_shop::accounts::Account;
use puzi_wechat::envelope::Mode;

use crate::{App, admin::visitor::Visitor};

/// The three values of one account and what is to be said about them.
pub(crate) struct Callback {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) aes_key: String,
    pub(crate) mode: Mode,
    /// When WeChat's check arrived, Unix ms.
    pub(crate) verified_at: Option<i64>,
    /// Key of the text that says why WeChat cannot reach the URL.
    pub(crate) unreachable: Option<&'static str>,
}

impl Callback {
    /// What to paste for `account`, as `visitor` reaches this server.
    pub(crate) fn of(app: &App, visitor: &Visitor, account: &Account) -> Self {
        let url = app.callback_url(&account.slug, &visitor.host);
        Self {
            id: account.id,
            name: account.name.clone(),
            // The sandbox is on this machine, where loopback is the right address.
            unreachable: if account.api_base.is_some() { None } else { why_unreachable(&url) },
            url,
            token: account.token.expose().clone(),
            aes_key: account.aes_key.expose(),
            mode: account.mode,
            verified_at: account.verified_at,
        }
    }

    /// The text that names the mode.
    pub(crate) fn mode_text(&self) -> String {
        format!("accounts.options.mode.{}", self.mode)
    }
}

/// WeChat calls ports 80 and 443 of public names only.
fn why_unreachable(url: &str) -> Option<&'static str> {
    let Ok(url) = url::Url::parse(url) else { return Some("accounts.url_broken") };
    let is_near = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || !name.contains('.') || name.ends_with(".local"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unique_local(),
        None => true,
    };
    if is_near {
        return Some("accounts.url_near");
    }
    if !matches!(url.port_or_known_default(), Some(80 | 443)) {
        return Some("accounts.url_port");
    }
    (url.scheme() == "http").then_some("accounts.url_plain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wechat_cannot_reach_is_told() {
        for (url, told) in [
            ("https://shop.example.com/wechat/tea", None),
            ("http://shop.example.com/wechat/tea", Some("accounts.url_plain")),
            ("https://shop.example.com:8443/wechat/tea", Some("accounts.url_port")),
            ("http://localhost:8080/wechat/tea", Some("accounts.url_near")),
            ("http://127.0.0.1/wechat/tea", Some("accounts.url_near")),
            ("http://[::1]:80/wechat/tea", Some("accounts.url_near")),
            ("http://192.168.1.5/wechat/tea", Some("accounts.url_near")),
            ("http:///wechat/tea", Some("accounts.url_near")),
            ("http://a b/wechat/tea", Some("accounts.url_broken")),
        ] {
            assert_eq!(why_unreachable(url), told, "{url}");
        }
    }
}
