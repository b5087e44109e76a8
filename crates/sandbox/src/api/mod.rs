//! The Official Account API at the listener's root: one base URL for all of the platform's hosts.

mod base;
mod custom;
mod media;
mod menu;
mod users;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart, Query, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::tokens::day_of;
use crate::world::{Inner, World};

/// Bytes of a request: the largest upload is a video of 10 MiB.
const BODY: usize = 11 * 1024 * 1024;

/// What the platform answers instead of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    errcode: i64,
    errmsg: &'static str,
}

impl ApiError {
    pub(crate) const fn new(errcode: i64, errmsg: &'static str) -> Self {
        Self { errcode, errmsg }
    }
}

/// What an API answers.
enum Reply {
    Json(Value),
    File { content_type: &'static str, name: String, bytes: Bytes },
}

impl Reply {
    fn ok() -> Self {
        Self::Json(json!({ "errcode": 0, "errmsg": "ok" }))
    }
}

type Answered = Result<Reply, ApiError>;

/// A call that passed the door.
struct Call {
    query: HashMap<String, String>,
    body: Bytes,
    /// The file of a multipart body.
    upload: Option<Bytes>,
    /// The account of the access token; empty where none is asked for.
    appid: String,
    now: i64,
}

impl Call {
    fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// The body as JSON, whatever its Content-Type says.
    fn json<T: for<'a> Deserialize<'a>>(&self) -> Result<T, ApiError> {
        if self.body.is_empty() {
            return Err(ApiError::new(44002, "empty post data"));
        }
        serde_json::from_slice(&self.body).map_err(|_| ApiError::new(47001, "data format error"))
    }
}

/// The methods that the API knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
}

/// One API path.
struct Endpoint {
    path: &'static str,
    verb: Verb,
    /// Whether it asks for an access token.
    token: bool,
    /// Calls a day.
    daily: u32,
    /// Whether its JSON comes as `text/plain`, as it does for some.
    as_text: bool,
    run: Run,
}

type Run = fn(&Inner, &mut World, &Call) -> Answered;

const fn read(path: &'static str, daily: u32, run: Run) -> Endpoint {
    Endpoint { path, verb: Verb::Get, token: true, daily, as_text: false, run }
}

const fn write(path: &'static str, daily: u32, run: Run) -> Endpoint {
    Endpoint { path, verb: Verb::Post, token: true, daily, as_text: false, run }
}

/// Quotas are those that the platform's limits page names for an account without special rights.
static ENDPOINTS: &[Endpoint] = &[
    Endpoint { token: false, ..read("/cgi-bin/token", 2000, base::token) },
    Endpoint { token: false, ..write("/cgi-bin/stable_token", 500_000, base::stable_token) },
    Endpoint { as_text: true, ..write("/cgi-bin/clear_quota", 1000, base::clear_quota) },
    Endpoint { token: false, ..write("/cgi-bin/clear_quota/v2", 1000, base::clear_quota_by_secret) },
    write("/cgi-bin/openapi/quota/get", 10_000, base::quota),
    read("/cgi-bin/getcallbackip", 10_000, base::ip_list),
    read("/cgi-bin/get_api_domain_ip", 10_000, base::ip_list),
    write("/cgi-bin/callback/check", 10_000, base::callback_check),
    read("/cgi-bin/user/info", 5_000_000, users::info),
    write("/cgi-bin/user/info/batchget", 500_000, users::batch),
    write("/cgi-bin/user/info/updateremark", 10_000, users::remark),
    read("/cgi-bin/user/get", 500, users::list),
    write("/cgi-bin/message/custom/send", 500_000, custom::send),
    write("/cgi-bin/message/custom/typing", 500_000, custom::typing),
    write("/cgi-bin/menu/create", 1000, menu::create),
    read("/cgi-bin/menu/get", 10_000, menu::get),
    read("/cgi-bin/menu/delete", 1000, menu::delete),
    read("/cgi-bin/get_current_selfmenu_info", 10_000, menu::current),
    Endpoint { as_text: true, ..write("/cgi-bin/media/upload", 100_000, media::upload) },
    read("/cgi-bin/media/get", 200_000, media::get),
    Endpoint { as_text: true, ..write("/cgi-bin/media/uploadimg", 100_000, media::upload_image) },
];

fn find(path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path)
}

/// How often an account called what today, and how often it cleared that.
#[derive(Default)]
pub(crate) struct Counters {
    day: i64,
    used: HashMap<&'static str, u32>,
    month: i64,
    cleared: u32,
}

impl Counters {
    fn count(&mut self, endpoint: &Endpoint, now: i64) -> Result<(), ApiError> {
        self.turn(now);
        let used = self.used.entry(endpoint.path).or_default();
        if *used >= endpoint.daily {
            return Err(ApiError::new(45009, "reach max api daily quota limit"));
        }
        *used += 1;
        Ok(())
    }

    fn turn(&mut self, now: i64) {
        if self.day != day_of(now) {
            self.day = day_of(now);
            self.used.clear();
        }
    }

    fn used(&mut self, endpoint: &Endpoint, now: i64) -> u32 {
        self.turn(now);
        self.used.get(endpoint.path).copied().unwrap_or_default()
    }

    /// Ten times in thirty days, which stand in for a month.
    fn clear(&mut self, now: i64) -> Result<(), ApiError> {
        let month = day_of(now) / 30;
        if self.month != month {
            (self.month, self.cleared) = (month, 0);
        }
        if self.cleared >= 10 {
            return Err(ApiError::new(48006, "forbid to clear quota because of reaching the limit"));
        }
        self.cleared += 1;
        self.used.clear();
        Ok(())
    }
}

/// Any request that no other route took.
pub(crate) async fn call(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let slow = inner.faults.get().api_slow_ms;
    if slow > 0 {
        tokio::time::sleep(Duration::from_millis(slow)).await;
    }
    let path = request.uri().path();
    let Some(endpoint) = find(path) else {
        if path.starts_with("/cgi-bin/") {
            return refuse(&inner, ApiError::new(40066, "invalid url"), false);
        }
        return StatusCode::NOT_FOUND.into_response();
    };
    let answered = match open_door(endpoint, request).await {
        Ok(call) => answer(&inner, endpoint, call),
        Err(error) => Err(error),
    };
    match answered {
        Ok(Reply::Json(value)) => json_response(&value, endpoint.as_text),
        Ok(Reply::File { content_type, name, bytes }) => file_response(content_type, &name, bytes),
        Err(error) => refuse(&inner, error, endpoint.as_text),
    }
}

/// Method, query and body.
async fn open_door(endpoint: &Endpoint, request: Request) -> Result<Call, ApiError> {
    match (endpoint.verb, request.method()) {
        (Verb::Get, &Method::GET) | (Verb::Post, &Method::POST) => {}
        (Verb::Get, _) => return Err(ApiError::new(43001, "require GET method")),
        (Verb::Post, _) => return Err(ApiError::new(43002, "require POST method")),
    }
    let query = Query::try_from_uri(request.uri()).map(|Query(query)| query).unwrap_or_default();
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut call = Call { query, body: Bytes::new(), upload: None, appid: String::new(), now: 0 };
    if content_type.starts_with("multipart/form-data") {
        call.upload = upload(request).await;
    } else {
        let unread = |_| ApiError::new(45001, "media size out of limit");
        call.body = to_bytes(request.into_body(), BODY).await.map_err(unread)?;
    }
    Ok(call)
}

/// The `media` field; what cannot be read counts as not there.
async fn upload(request: Request) -> Option<Bytes> {
    let (parts, body) = request.into_parts();
    // The router's own limit is 2 MiB; this one is the platform's.
    let body = to_bytes(body, BODY).await.ok()?;
    let mut request = Request::from_parts(parts, Body::from(body));
    axum::extract::DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    while let Some(field) = form.next_field().await.ok()? {
        if field.name() == Some("media") {
            return field.bytes().await.ok();
        }
    }
    None
}

/// Busy, token, quota, and then the API itself.
fn answer(inner: &Inner, endpoint: &Endpoint, mut call: Call) -> Answered {
    let busy = inner.faults.get().system_busy;
    call.now = inner.clock.now();
    let mut world = inner.world();
    if world.chance.happens(busy) {
        return Err(ApiError::new(-1, "system error"));
    }
    if endpoint.token {
        match call.query("access_token") {
            "" => return Err(ApiError::new(41001, "access_token missing")),
            token => call.appid = world.tokens.check(token, call.now)?.to_owned(),
        }
        let now = call.now;
        world.account_mut(&call.appid).counters.count(endpoint, now)?;
    }
    (endpoint.run)(inner, &mut world, &call)
}

fn json_response(value: &Value, as_text: bool) -> Response {
    let content_type = if as_text { "text/plain" } else { "application/json; charset=utf-8" };
    ([(CONTENT_TYPE, content_type)], value.to_string()).into_response()
}

fn file_response(content_type: &'static str, name: &str, bytes: Bytes) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = ([(CONTENT_TYPE, content_type)], Body::from(bytes)).into_response();
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// Errors come with HTTP 200 and the number of the request.
fn refuse(inner: &Inner, ApiError { errcode, errmsg }: ApiError, as_text: bool) -> Response {
    let rid = inner.world().chance.rid(inner.clock.now());
    json_response(&json!({ "errcode": errcode, "errmsg": format!("{errmsg} rid: {rid}") }), as_text)
}
