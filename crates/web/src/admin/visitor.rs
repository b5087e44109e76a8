//! What is known of whoever asks, before it is known who it is.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{
        HeaderMap, StatusCode, Version,
        header::{HOST, ORIGIN, USER_AGENT},
        request::Parts,
    },
};
use puzi_shop::texts::Locale;

use super::cookies;
use crate::{App, operations, pages};

const AGENT_CHARS: usize = 200;

/// Whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// The language of `?lang=`, the cookie or the browser.
    pub(crate) locale: Locale,
    /// `light`, `dark` or `auto`.
    pub(crate) theme: String,
    /// Whose failures are counted together.
    pub(crate) address: IpAddr,
    /// The browser's own words.
    pub(crate) agent: String,
    /// htmx asks.
    pub(crate) htmx: bool,
    /// htmx will put the answer into the page's main part.
    pub(crate) partial: bool,
    /// The cookie may be kept from plain HTTP.
    pub(crate) secure: bool,
    /// Asked on this machine by its own name, past no proxy.
    pub(crate) here: bool,
    /// Path and query.
    pub(crate) path: String,
    /// The `Host` that was asked.
    pub(crate) host: String,
}

impl Visitor {
    pub(super) fn of(app: &App, parts: &Parts) -> Self {
        let headers = &parts.headers;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let htmx = text("hx-request") == "true";
        let host = text(HOST.as_str()).to_owned();
        Self {
            locale: locale(parts.uri.query(), headers, app.admin.locale),
            theme: cookies::read(headers, cookies::THEME).filter(|theme| is_theme(theme)).unwrap_or("auto").to_owned(),
            address: address(peer, headers),
            agent: text(USER_AGENT.as_str()).chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect(),
            htmx,
            partial: htmx && text("hx-target") == "main",
            secure: app.admin.public_url.starts_with("https://") && is_host_of(&app.admin.public_url, &host),
            here: peer.is_some_and(|peer| peer.is_loopback())
                && operations::is_asked_here(headers)
                && is_unfronted(parts.version, &app.admin.public_url),
            path: parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string),
            host,
        }
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, StatusCode> {
        // Every route of the table has its gate, which leaves one here.
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Whether a form comes from one of our own pages, as far as the browser tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// The browser says so.
    OurPage,
    /// The browser says: another site.
    Stranger,
    /// No browser of these days: they all tell.
    Silent,
}

impl Sender {
    pub(super) fn of(app: &App, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        if let Some(site) = text("sec-fetch-site") {
            return if matches!(site, "same-origin" | "none") { Self::OurPage } else { Self::Stranger };
        }
        let Some(origin) = text(ORIGIN.as_str()) else { return Self::Silent };
        let host = text(HOST.as_str()).unwrap_or_default();
        let ours = origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
            || origin.eq_ignore_ascii_case(app.admin.public_url.trim_end_matches('/'));
        if ours { Self::OurPage } else { Self::Stranger }
    }
}

pub(super) fn is_theme(theme: &str) -> bool {
    matches!(theme, "light" | "dark" | "auto")
}

/// Reads a language as a form or a cookie gives it.
pub(super) fn known_locale(tag: &str) -> Option<Locale> {
    match tag {
        "zh-CN" => Some(Locale::ZhCn),
        "en" => Some(Locale::En),
        _ => None,
    }
}

fn locale(query: Option<&str>, headers: &HeaderMap, default: Locale) -> Locale {
    let asked = query.unwrap_or_default().split('&').find_map(|pair| known_locale(pair.strip_prefix("lang=")?));
    asked
        .or_else(|| known_locale(cookies::read(headers, cookies::LANGUAGE)?))
        .or_else(|| pages::accepted_locale(headers))
        .unwrap_or(default)
}

/// A proxy on this machine tells who asked it in the last entry of `X-Forwarded-For`; from anywhere else the header is
/// what the client likes to claim.
pub(crate) fn address(peer: Option<IpAddr>, headers: &HeaderMap) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    if !peer.is_loopback() {
        return peer;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let told = last.and_then(|list| list.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    told.map_or(peer, |address| address.to_canonical())
}

/// Whether the one who asks here surely asks for himself. A server with a public name has a proxy before it, which may
/// hide that it is one; and HTTP/1.0 is what such a proxy speaks when nobody has told it otherwise.
fn is_unfronted(version: Version, public_url: &str) -> bool {
    let url = url::Url::parse(public_url);
    let is_local = match url.as_ref().map(url::Url::host) {
        Ok(Some(url::Host::Domain(name))) => name == "localhost",
        Ok(Some(url::Host::Ipv4(ip))) => ip.is_loopback(),
        Ok(Some(url::Host::Ipv6(ip))) => ip.is_loopback(),
        _ => public_url.is_empty(),
    };
    is_local && version > Version::HTTP_10
}

fn is_host_of(url: &str, host: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default();
    let bare = |name: &str| name.trim_end_matches(":443").to_ascii_lowercase();
    !host.is_empty() && bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("198.51.100.7, 203.0.113.9"));
        let loopback = Some(IpAddr::from([127, 0, 0, 1]));
        let elsewhere = Some(IpAddr::from([192, 0, 2, 1]));
        assert_eq!(address(loopback, &headers), IpAddr::from([203, 0, 113, 9]));
        assert_eq!(address(elsewhere, &headers), IpAddr::from([192, 0, 2, 1]));
        headers.insert("x-forwarded-for", HeaderValue::from_static("whatever"));
        assert_eq!(address(loopback, &headers), IpAddr::from([127, 0, 0, 1]));
    }

    #[test]
    fn a_proxy_that_hides_itself_is_noticed() {
        for (version, url, unfronted) in [
            (Version::HTTP_11, "", true),
            (Version::HTTP_11, "http://localhost:8080", true),
            (Version::HTTP_11, "http://127.0.0.1:8080/", true),
            (Version::HTTP_11, "http://[::1]", true),
            (Version::HTTP_10, "", false),
            (Version::HTTP_11, "https://shop.example.com", false),
            (Version::HTTP_11, "http://192.0.2.1", false),
            (Version::HTTP_11, "shop.example.com", false),
        ] {
            assert_eq!(is_unfronted(version, url), unfronted, "{version:?} {url}");
        }
    }

    #[test]
    fn the_public_name_is_recognised() {
        for (url, host) in [
            ("https://shop.example.com", "shop.example.com"),
            ("https://shop.example.com/", "Shop.Example.com:443"),
            ("https://shop.example.com:8443/x", "shop.example.com:8443"),
        ] {
            assert!(is_host_of(url, host), "{url} {host}");
        }
        for (url, host) in
            [("https://shop.example.com", "localhost:8080"), ("", ""), ("https://a", ""), ("https://ab", "a")]
        {
            assert!(!is_host_of(url, host), "{url} {host}");
        }
    }
}
