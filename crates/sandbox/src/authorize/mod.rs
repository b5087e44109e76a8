//! The pages on which a user lets an account know who they are: `/connect/oauth2/authorize` for pages that are
//! opened in WeChat, `/connect/qrconnect` for websites.
//!
//! Every step is a link: the pages work without JavaScript, and no policy for forms stands between the user's choice
//! and the account's page, which is on another origin.

mod page;
mod request;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api::{BASE, Grant, Purpose};
use crate::avatar;
use crate::world::Inner;
use page::Person;
use request::{Door, Refusal, Request};
use words::{Words, words};

/// Phones that the page offers: the latest ones.
const OFFERED: usize = 12;
/// Nothing but the style sheet and the pictures of this listener.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
const STYLE: &str = include_str!("style.css");

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/connect/oauth2/authorize", get(official_account))
        .route("/connect/qrconnect", get(website))
        .route("/connect/style.css", get(style))
        .route("/sandbox/avatar/{appid}/{openid}/{size}", get(picture))
}

impl Inner {
    /// Where a user's picture is, in the form of WeChat's: the size at the end.
    pub(crate) fn avatar_url(&self, appid: &str, openid: &str) -> String {
        format!("{}{}", self.base_url, avatar_path(appid, openid))
    }
}

fn avatar_path(appid: &str, openid: &str) -> String {
    format!("/sandbox/avatar/{appid}/{openid}/132")
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "no-cache")], STYLE).into_response()
}

/// A user's picture, in one size; someone who is not there has one too, as a snapshot's user does.
async fn picture(
    State(inner): State<Arc<Inner>>,
    Path((appid, openid, _)): Path<(String, String, String)>,
) -> Response {
    let color = {
        let world = inner.world();
        world.apps.get(&appid).and_then(|account| account.phone(&openid)).map_or("#8d9299", |phone| phone.color)
    };
    ([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "private, max-age=86400")], avatar::png(color)).into_response()
}

async fn official_account(State(inner): State<Arc<Inner>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    open(&inner, Door::OfficialAccount, &query.unwrap_or_default(), &headers)
}

async fn website(State(inner): State<Arc<Inner>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    open(&inner, Door::Website, &query.unwrap_or_default(), &headers)
}

fn open(inner: &Inner, door: Door, query: &str, headers: &HeaderMap) -> Response {
    let pairs = request::pairs(query);
    let words = words(language(&pairs, headers));
    let asked = match Request::read(door, &pairs, &inner.world()) {
        Ok(asked) => asked,
        Err(refusal) => return refused(words, &refusal),
    };
    let openid = match who(inner, &asked, headers) {
        Who::Phone(openid) => openid,
        Who::New(openid) => return go_to(&asked.link(Some(&openid), &[]), &asked, &openid),
        Who::Nobody => return ask_who(inner, words, &asked),
        Who::Unknown => return refused(words, &Refusal::NoPhone),
    };
    if asked.scope == BASE || asked.force_snapshot {
        return with_code(inner, &asked, &openid);
    }
    match asked.consent.as_str() {
        "allow" => with_code(inner, &asked, &openid),
        "deny" => go_to(&asked.back(None), &asked, &openid),
        _ => ask_consent(inner, words, &asked, &openid),
    }
}

/// The language asked for, else the browser's, else Chinese.
fn language<'a>(pairs: &'a [(String, String)], headers: &'a HeaderMap) -> &'a str {
    let asked = pairs.iter().find(|(name, _)| name == "lang").map(|(_, value)| value.as_str());
    let browser = headers.get("accept-language").and_then(|value| value.to_str().ok());
    asked.or(browser).unwrap_or_default()
}

enum Who {
    Phone(String),
    New(String),
    Nobody,
    Unknown,
}

/// The phone that is named, else the one that this browser used last with the account.
fn who(inner: &Inner, asked: &Request, headers: &HeaderMap) -> Who {
    let mut world = inner.world();
    let there = |openid: &str| world.account(&asked.appid).phone(openid).is_some();
    match asked.phone.as_str() {
        "choose" => Who::Nobody,
        "new" => Who::New(world.add_phone(&asked.appid, None, None)),
        "" => match cookie(headers, &cookie_name(&asked.appid)).filter(|openid| there(openid)) {
            Some(openid) => Who::Phone(openid.to_owned()),
            None => Who::Nobody,
        },
        openid if there(openid) => Who::Phone(openid.to_owned()),
        _ => Who::Unknown,
    }
}

fn cookie_name(appid: &str) -> String {
    format!("puzi_phone_{appid}")
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split("; ")).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Makes the code and brings it to the account's page.
fn with_code(inner: &Inner, asked: &Request, openid: &str) -> Response {
    let now = inner.clock.now();
    let mut world = inner.world();
    let openid_told = match asked.force_snapshot {
        // The account sees someone it will never meet again.
        true => format!("o{}", &world.chance.media_id()[..27]),
        false => openid.to_owned(),
    };
    let grant = Grant { openid: openid_told, scope: asked.scope, snapshot: asked.force_snapshot };
    let code = world.login_code(&asked.appid, grant, Purpose::Web(asked.scope), now);
    drop(world);
    go_to(&asked.back(Some(&code)), asked, openid)
}

/// Goes on, and remembers whose phone it is. The phone page writes the same cookie, hence no `HttpOnly`.
fn go_to(url: &str, asked: &Request, openid: &str) -> Response {
    let cookie = format!("{}={openid}; Path=/connect; Max-Age=31536000; SameSite=Lax", cookie_name(&asked.appid));
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in [(LOCATION, url), (SET_COOKIE, &cookie)] {
        // Both are made of checked and escaped parts; one that is not a header after all is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

fn ask_who(inner: &Inner, words: &Words, asked: &Request) -> Response {
    let world = inner.world();
    let phones = world.phone_views().into_iter().filter(|phone| phone.appid == asked.appid);
    let mut people: Vec<Person> = phones.map(Person::from).collect();
    people.reverse();
    people.truncate(OFFERED);
    let page = page::choose(words, &world.account(&asked.appid).app.name, asked, &people);
    drop(world);
    html(StatusCode::OK, page)
}

fn ask_consent(inner: &Inner, words: &Words, asked: &Request, openid: &str) -> Response {
    let world = inner.world();
    let account = world.account(&asked.appid);
    let Some(phone) = account.phone_view(openid) else { return refused(words, &Refusal::NoPhone) };
    let page = page::consent(words, &account.app.name, asked, &Person::from(phone));
    drop(world);
    html(StatusCode::OK, page)
}

fn refused(words: &Words, refusal: &Refusal) -> Response {
    html(StatusCode::BAD_REQUEST, page::refused(words, refusal))
}

fn html(status: StatusCode, page: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Body::from(page)).into_response()
}
