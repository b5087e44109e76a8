//! `GET /wechat/{account}/hello`: a follower agrees to show name and picture. Public: an account's menu leads there. WeChat
//! asks them, and sends them back with a code that only we can use.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{ConnectInfo, Path, Query, State},
    http::{
        Extensions, HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, COOKIE, HOST, LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use puzi_shop::{Error, accounts::LiveAccount, db::now_ms, followers::Followers};
use puzi_wechat::client::Scope;
use serde::{Deserialize, Serialize};

use crate::{App, admin, pages};

/// What goes along in the browser.
const COOKIE_NAME: &str = "puzi_hello";
/// How long somebody may take, in milliseconds; and how long a thank-you can be looked at again.
const LIFE_MS: i64 = 10 * 60_000;
/// Comings back of one address in a minute: many people share a carrier's.
const A_MINUTE: u32 = 60;
/// Addresses that are remembered.
const REMEMBERED: usize = 10_000;

static SEEN: LazyLock<Mutex<HashMap<IpAddr, (Instant, u32)>>> = LazyLock::new(Mutex::default);

/// What the cookie says; sealed, so that nobody writes one.
#[derive(Serialize, Deserialize)]
struct Way {
    account: i64,
    /// What WeChat brings back; empty once it did.
    state: String,
    /// Whom it was that agreed.
    thanked: Option<String>,
    until: i64,
}

/// What WeChat brings back.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Brought {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// `GET /wechat/{account}/hello`: on to WeChat's page.
pub(crate) async fn hello(State(app): State<Arc<App>>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    let Some(live) = app.registry.find(&slug) else { return pages::nothing_here() };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let back = format!("{}/hello/back", app.callback_url(&slug, host));
    let state = format!("{:032x}", rand::random::<u128>());
    let to = live.client.oauth().login_url(&back, Scope::Profile, &state);
    let way = Way { account: live.account.id, state, thanked: None, until: now_ms() + LIFE_MS };
    let mut response = (StatusCode::FOUND, [(LOCATION, to), (CACHE_CONTROL, "no-store".to_owned())]).into_response();
    remember(&app, &live, &mut response, &way);
    response
}

/// `GET /wechat/{account}/hello/back`: back from WeChat's page, with a code.
pub(crate) async fn back(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    Query(brought): Query<Brought>,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let Some(live) = app.registry.find(&slug) else { return pages::nothing_here() };
    let say = |status, what: &str, name: &str| pages::said(status, &headers, what, name);
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    if is_too_often(admin::address(peer, &headers)) {
        return say(StatusCode::TOO_MANY_REQUESTS, "busy", "");
    }
    let way = remembered(&app, &live, &headers);
    if let Some(name) = way.as_ref().and_then(|way| way.thanked.as_deref()) {
        // Looked at again: the code is used, and that is fine.
        return say(StatusCode::OK, "thanks", name);
    }
    let is_ours = way.is_some_and(|way| !way.state.is_empty() && same(&way.state, &brought.state));
    if !is_ours || brought.code.is_empty() || brought.code.len() > 200 {
        return say(StatusCode::BAD_REQUEST, "again", "");
    }
    let followers = Followers::new(&app.db, &app.registry);
    let kept = followers.keep_consent(app.admin.inbox.folder(), live.account.id, &brought.code).await;
    let (mut response, thanked) = match kept {
        Ok(agreed) => (say(StatusCode::OK, "thanks", &agreed.nickname), Some(agreed.nickname)),
        Err(Error::NotNow(_)) => (say(StatusCode::BAD_REQUEST, "again", ""), None),
        Err(error) => {
            tracing::warn!(%error, account = slug, "a follower's agreement could not be kept");
            (say(StatusCode::SERVICE_UNAVAILABLE, "busy", ""), None)
        }
    };
    // Used, whatever came of it.
    let way = Way { account: live.account.id, state: String::new(), thanked, until: now_ms() + LIFE_MS };
    remember(&app, &live, &mut response, &way);
    response
}

fn context(live: &LiveAccount) -> String {
    format!("hello/{}", live.account.id)
}

fn remember(app: &App, live: &LiveAccount, response: &mut Response, way: &Way) {
    let sealed = app.admin.vault.encrypt(&context(live), &serde_json::to_string(way).unwrap_or_default());
    let secure = if app.admin.public_url.starts_with("https:") { "; Secure" } else { "" };
    let path = format!("/wechat/{}/hello", live.account.slug);
    let line =
        format!("{COOKIE_NAME}={sealed}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={}{secure}", LIFE_MS / 1_000);
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(SET_COOKIE, line);
    }
}

fn remembered(app: &App, live: &LiveAccount, headers: &HeaderMap) -> Option<Way> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let sealed = lines
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))?;
    let plain = app.admin.vault.decrypt(&context(live), sealed).ok()?;
    let way: Way = serde_json::from_str(plain.expose()).ok()?;
    (way.account == live.account.id && way.until > now_ms()).then_some(way)
}

/// Compares without telling by its time how much was right.
fn same(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn is_too_often(address: IpAddr) -> bool {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    if seen.len() >= REMEMBERED {
        seen.retain(|_, (since, _)| now.duration_since(*since) < Duration::from_secs(60));
    }
    let entry = seen.entry(address).or_insert((now, 0));
    if now.duration_since(entry.0) >= Duration::from_secs(60) {
        *entry = (now, 0);
    }
    entry.1 += 1;
    entry.1 > A_MINUTE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_comes_back_so_often_a_minute() {
        let here = IpAddr::from([192, 0, 2, 77]);
        assert!((0..A_MINUTE).all(|_| !is_too_often(here)));
        assert!(is_too_often(here) && !is_too_often(IpAddr::from([192, 0, 2, 78])));
    }

    #[test]
    fn a_state_is_the_same_or_it_is_not() {
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "") && !same("", "a"));
    }
}
