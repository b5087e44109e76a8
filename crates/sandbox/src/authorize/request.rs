//! What an account asks for in the address of the page.

use axum::extract::Query;
use axum::http::Uri;

use crate::api::{BASE, LOGIN, USER_INFO};
use crate::world::World;

/// Bytes of a state.
const STATE: usize = 128;
/// The parameters whose order the platform insists on.
const ORDER: [&str; 5] = ["appid", "redirect_uri", "response_type", "scope", "state"];

/// Which of the two pages is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// `/connect/oauth2/authorize`
    OfficialAccount,
    /// `/connect/qrconnect`
    Website,
}

impl Door {
    fn path(self) -> &'static str {
        match self {
            Self::OfficialAccount => "/connect/oauth2/authorize",
            Self::Website => "/connect/qrconnect",
        }
    }

    /// The scope by its name, when this page knows it.
    fn scope(self, name: &str) -> Option<&'static str> {
        let known: &[&'static str] = match self {
            Self::OfficialAccount => &[BASE, USER_INFO],
            Self::Website => &[LOGIN],
        };
        known.iter().copied().find(|scope| *scope == name)
    }
}

/// Why the page is not shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A parameter is missing; the platform has a number for each.
    Missing(&'static str, u32),
    /// The parameters come in another order than the platform wants.
    Order,
    /// No such account.
    Appid,
    /// `response_type` is not `code`.
    ResponseType,
    /// A scope that this page does not know.
    Scope,
    /// The redirect goes to a host that the account did not register.
    Domain,
    /// The state is too long.
    State,
    /// The phone that is named is not there.
    NoPhone,
}

impl Refusal {
    /// The platform's number, where it has one.
    pub(super) fn number(&self) -> Option<u32> {
        match self {
            Self::Missing(_, number) => Some(*number),
            Self::Scope => Some(10005),
            Self::Domain => Some(10003),
            Self::Appid => Some(40013),
            Self::Order | Self::ResponseType | Self::State | Self::NoPhone => None,
        }
    }
}

/// An address that was understood.
pub(super) struct Request {
    door: Door,
    pub(super) appid: String,
    redirect_uri: String,
    pub(super) scope: &'static str,
    state: String,
    /// The third-party platform that asks for the account.
    component: String,
    pub(super) force_snapshot: bool,
    lang: String,
    /// An openid, `new`, `choose`, or nothing.
    pub(super) phone: String,
    /// `allow`, `deny`, or nothing yet.
    pub(super) consent: String,
}

/// The parameters in their order.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    // A query that is no URI names nothing.
    let uri: Option<Uri> = format!("/?{query}").parse().ok();
    uri.and_then(|uri| Query::try_from_uri(&uri).ok()).map(|Query(pairs)| pairs).unwrap_or_default()
}

impl Request {
    pub(super) fn read(door: Door, pairs: &[(String, String)], world: &World) -> Result<Self, Refusal> {
        let text = |name: &str| pairs.iter().find(|pair| pair.0 == name).map_or("", |pair| pair.1.as_str());
        let needed = |name: &'static str, number| match text(name) {
            "" => Err(Refusal::Missing(name, number)),
            value => Ok(value),
        };
        let appid = needed("appid", 10012)?;
        let redirect_uri = needed("redirect_uri", 10011)?;
        let scope = needed("scope", 10010)?;
        if text("response_type") != "code" {
            return Err(Refusal::ResponseType);
        }
        if !in_order(pairs) {
            return Err(Refusal::Order);
        }
        let account = world.apps.get(appid).ok_or(Refusal::Appid)?;
        let scope = door.scope(scope).ok_or(Refusal::Scope)?;
        check_domain(redirect_uri, &account.app.login_domain)?;
        if text("state").len() > STATE {
            return Err(Refusal::State);
        }
        Ok(Self {
            door,
            appid: appid.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            scope,
            state: text("state").to_owned(),
            component: text("component_appid").to_owned(),
            // A page that only wants the openid is never shown as a snapshot.
            force_snapshot: scope == USER_INFO && text("forceSnapShot") == "true",
            lang: text("lang").to_owned(),
            phone: text("phone").to_owned(),
            consent: text("consent").to_owned(),
        })
    }

    /// This page again, for one phone or none, with more parameters.
    pub(super) fn link(&self, phone: Option<&str>, more: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("appid", self.appid.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", self.scope),
            ("state", &self.state),
        ];
        let kept = [("component_appid", self.component.as_str()), ("lang", &self.lang)];
        pairs.extend(kept.into_iter().filter(|(_, value)| !value.is_empty()));
        if self.force_snapshot && !more.iter().any(|(name, _)| *name == "forceSnapShot") {
            pairs.push(("forceSnapShot", "true"));
        }
        pairs.extend(phone.map(|phone| ("phone", phone)));
        pairs.extend(more.iter().copied());
        let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        format!("{}?{}#wechat_redirect", self.door.path(), query.join("&"))
    }

    /// The account's page, with the code; without one when the user refused.
    pub(super) fn back(&self, code: Option<&str>) -> String {
        let mut query = Vec::new();
        query.extend(code.map(|code| format!("code={code}")));
        query.push(format!("state={}", escaped(&self.state)));
        if !self.component.is_empty() {
            query.push(format!("appid={}", self.appid));
        }
        let (page, fragment) = match self.redirect_uri.split_once('#') {
            Some((page, fragment)) => (page, format!("#{}", printable(fragment))),
            None => (self.redirect_uri.as_str(), String::new()),
        };
        let joint = match page {
            page if page.ends_with(['?', '&']) => "",
            page if page.contains('?') => "&",
            _ => "?",
        };
        format!("{}{joint}{}{fragment}", printable(page), query.join("&"))
    }

    /// Whether the account only wants to know who is there.
    pub(super) fn may_be_snapshot(&self) -> bool {
        self.scope == USER_INFO
    }
}

/// Whether the parameters that are there come in the platform's order.
fn in_order(pairs: &[(String, String)]) -> bool {
    let places: Vec<_> = pairs.iter().filter_map(|(name, _)| ORDER.iter().position(|known| known == name)).collect();
    places.is_sorted()
}

/// The host must be the registered one, in full; nothing is checked while none is registered.
fn check_domain(redirect_uri: &str, registered: &str) -> Result<(), Refusal> {
    let after = redirect_uri.strip_prefix("http://").or_else(|| redirect_uri.strip_prefix("https://"));
    let authority = after.and_then(|rest| rest.split(['/', '?', '#', '\\']).next()).filter(|host| !host.is_empty());
    let authority = authority.ok_or(Refusal::Domain)?;
    // A name and password before the host could make it look like another one.
    if authority.contains('@') {
        return Err(Refusal::Domain);
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let fits = |wanted: &str| wanted.eq_ignore_ascii_case(host) || wanted.eq_ignore_ascii_case(authority);
    (registered.is_empty() || fits(registered)).then_some(()).ok_or(Refusal::Domain)
}

/// A text as it may stand in a query.
pub(super) fn escaped(text: &str) -> String {
    encode(text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// An address as it may stand in a header: what cannot is written with a per cent sign, the rest is left alone.
fn printable(text: &str) -> String {
    encode(text, |byte| byte.is_ascii_graphic())
}

fn encode(text: &str, stays: impl Fn(u8) -> bool) -> String {
    text.bytes().map(|byte| if stays(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registered_domain_is_the_whole_host() {
        for fits in ["http://shop.example", "https://SHOP.example:8443/a?b#c", "http://shop.example?x"] {
            assert_eq!(check_domain(fits, "shop.example"), Ok(()), "{fits}");
        }
        let others = [
            "http://pay.shop.example/",
            "http://example/",
            "http://shop.example@evil.example/",
            "http://evil.example\\@shop.example/",
            "ftp://shop.example/",
            "shop.example",
            "http:///",
        ];
        for other in others {
            assert_eq!(check_domain(other, "shop.example"), Err(Refusal::Domain), "{other}");
        }
        assert_eq!(check_domain("http://127.0.0.1:8080/x", "127.0.0.1:8080"), Ok(()));
        assert_eq!(check_domain("http://anything/", ""), Ok(()));
    }

    #[test]
    fn order_is_judged_by_the_known_names_only() {
        let ordered = pairs("appid=a&lang=en&redirect_uri=b&response_type=code&phone=x&scope=c&state=d&e=f");
        assert!(in_order(&ordered));
        assert!(!in_order(&pairs("redirect_uri=b&appid=a")));
        assert_eq!(pairs("state=%E5%A5%BD+a")[0].1, "好 a");
    }
}
