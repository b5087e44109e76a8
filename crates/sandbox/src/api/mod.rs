//! The Official Account API at the listener's root: one base URL for all of the platform's hosts.

mod ask;
mod autoreply;
mod base;
mod blacklist;
mod comments;
#[cfg(test)]
mod documented;
mod draft;
mod groups;
mod mass;
mod material;
mod media;
mod menu;
mod messages;
mod oauth;
mod ocr;
mod publish;
mod qrcode;
mod quota;
mod rids;
mod semantic;
pub(crate) mod service;
mod shelf;
mod shortdata;
mod state;
pub(crate) mod statistics;
mod subscribe;
mod tags;
mod template;
mod tickets;
mod users;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest, Multipart, Query, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use oauth::{BASE, Grant, LOGIN, Login, Purpose, USER_INFO};
pub(crate) use qrcode::Scanned;
pub use quota::QuotaUse;
pub(crate) use quota::{Counters, Limits};
pub(crate) use rids::Failures;
pub(crate) use state::Families;

use crate::overview;
use crate::world::{Inner, World};
use rids::Failure;

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
    /// A picture to look at, not to save.
    Picture {
        content_type: &'static str,
        bytes: Bytes,
    },
    /// HTTP 404 and nothing else.
    NotFound,
    File {
        content_type: &'static str,
        name: String,
        bytes: Bytes,
    },
}

impl Reply {
    fn ok() -> Self {
        Self::Json(json!({ "errcode": 0, "errmsg": "ok" }))
    }
}

type Answered = Result<Reply, ApiError>;

/// A call that passed the door.
struct Call {
    path: String,
    /// The query as it came.
    raw_query: String,
    client_ip: String,
    query: HashMap<String, String>,
    body: Bytes,
    /// The parts of a multipart body.
    form: Vec<Part>,
    /// The account of the access token; empty where none is asked for.
    appid: String,
    now: i64,
}

/// A part of a multipart body.
struct Part {
    name: String,
    file_name: Option<String>,
    bytes: Bytes,
}

impl Call {
    /// Where a request goes and comes from; the rest follows behind the door.
    fn of(request: &Request) -> Self {
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
        Self {
            path: request.uri().path().to_owned(),
            raw_query: request.uri().query().unwrap_or_default().to_owned(),
            client_ip: from.map_or_else(String::new, |ConnectInfo(address)| address.ip().to_string()),
            query: HashMap::new(),
            body: Bytes::new(),
            form: Vec::new(),
            appid: String::new(),
            now: 0,
        }
    }

    /// A part of the form.
    fn part(&self, name: &str) -> Option<&Part> {
        self.form.iter().find(|part| part.name == name)
    }

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
    /// Either, where the platform changed its mind.
    Any,
}

/// One API path.
struct Endpoint {
    path: &'static str,
    verb: Verb,
    /// Whether it asks for an access token.
    token: bool,
    /// Calls a day.
    daily: u32,
    /// Calls a minute; 0 for no more than all paths have together.
    a_minute: u32,
    /// Whether its JSON comes as `text/plain`, as it does for some.
    as_text: bool,
    run: Run,
}

type Run = fn(&Inner, &mut World, &Call) -> Answered;

const fn read(path: &'static str, daily: u32, run: Run) -> Endpoint {
    Endpoint { path, verb: Verb::Get, token: true, daily, a_minute: 0, as_text: false, run }
}

const fn write(path: &'static str, daily: u32, run: Run) -> Endpoint {
    Endpoint { path, verb: Verb::Post, token: true, daily, a_minute: 0, as_text: false, run }
}

/// Every family's paths. Quotas are those that the platform's limits page names for an account without special rights.
const FAMILIES: &[&[Endpoint]] = &[
    base::ENDPOINTS,
    tickets::ENDPOINTS,
    menu::ENDPOINTS,
    autoreply::ENDPOINTS,
    users::ENDPOINTS,
    tags::ENDPOINTS,
    blacklist::ENDPOINTS,
    groups::ENDPOINTS,
    qrcode::ENDPOINTS,
    shortdata::ENDPOINTS,
    media::ENDPOINTS,
    material::ENDPOINTS,
    draft::ENDPOINTS,
    publish::ENDPOINTS,
    comments::ENDPOINTS,
    mass::ENDPOINTS,
    template::ENDPOINTS,
    subscribe::ENDPOINTS,
    messages::ENDPOINTS,
    service::ENDPOINTS,
    oauth::ENDPOINTS,
    statistics::ENDPOINTS,
    semantic::ENDPOINTS,
    ocr::ENDPOINTS,
];

static BY_PATH: LazyLock<HashMap<&str, &Endpoint>> = LazyLock::new(|| {
    let all = FAMILIES.iter().flat_map(|family| family.iter());
    all.map(|endpoint| (endpoint.path, endpoint)).collect()
});

fn find(path: &str) -> Option<&'static Endpoint> {
    BY_PATH.get(path).copied()
}

/// First segments of the platform's paths: below them it answers in JSON whatever is asked.
const ROOTS: [&str; 20] = [
    "bizwifi",
    "card",
    "cgi-bin",
    "channels",
    "customservice",
    "cv",
    "datacube",
    "device",
    "intp",
    "marketing",
    "merchant",
    "nontax",
    "publisher",
    "scan",
    "semantic",
    "shakearound",
    "sns",
    "tcb",
    "wxa",
    "wxaapi",
];

/// A path that nobody has: the platform's own answer, or a page that is not there.
const NO_PATH: ApiError = ApiError::new(40066, "invalid url");

/// Any request that no other route took.
pub(crate) async fn call(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let began = Instant::now();
    let slow = inner.faults.get().api_slow_ms;
    if slow > 0 {
        tokio::time::sleep(Duration::from_millis(slow)).await;
    }
    let Some(endpoint) = find(request.uri().path()) else {
        let root = request.uri().path().split('/').nth(1).unwrap_or_default();
        if !ROOTS.contains(&root) {
            return StatusCode::NOT_FOUND.into_response();
        }
        let (call, method) = (Call::of(&request), request.method().clone());
        let answer = refused(&inner, &call, began, NO_PATH);
        noted(&inner, &call, &method, began, &answer);
        return json_response(&answer, false);
    };
    let (mut call, method) = (Call::of(&request), request.method().clone());
    let answered = match open_door(&mut call, endpoint, request).await {
        Ok(()) => answer(&inner, endpoint, &mut call),
        Err(error) => Err(error),
    };
    let reply = match answered {
        Ok(Reply::Json(value)) => Reply::Json(numbered(&inner, &call, began, value)),
        Ok(reply) => reply,
        Err(error) => Reply::Json(refused(&inner, &call, began, error)),
    };
    let told = if let Reply::Json(value) = &reply { value } else { &Value::Null };
    noted(&inner, &call, &method, began, told);
    let late = inner.faults.get().api_late_ms;
    if late > 0 {
        tokio::time::sleep(Duration::from_millis(late)).await;
    }
    if inner.faults.loses(endpoint.path) {
        return lost();
    }
    match reply {
        Reply::Json(value) => json_response(&value, endpoint.as_text),
        Reply::File { content_type, name, bytes } => file_response(content_type, &name, bytes),
        Reply::Picture { content_type, bytes } => ([(CONTENT_TYPE, content_type)], Body::from(bytes)).into_response(),
        Reply::NotFound => StatusCode::NOT_FOUND.into_response(),
    }
}

/// An answer that breaks off before its first byte.
fn lost() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("lost")) });
    Body::from_stream(broken).into_response()
}

/// A call that names many at once is refused when a switch refuses one of them.
fn refused_by_switch<'a>(inner: &Inner, mut openids: impl Iterator<Item = &'a str>) -> Result<(), ApiError> {
    let refused = inner.faults.get().refused_openids;
    match openids.find_map(|openid| refused.get(openid)) {
        Some(errcode) => Err(ApiError::new(*errcode, "refused by a switch of the sandbox")),
        None => Ok(()),
    }
}

/// Shows a call to those who watch.
fn noted(inner: &Inner, call: &Call, method: &Method, began: Instant, answer: &Value) {
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A call without an access token names its account in the query, if at all.
    let appid = if call.appid.is_empty() { call.query("appid") } else { &call.appid };
    overview::note(inner, method.as_str(), &call.path, appid, millis, answer);
}

/// Method, query and body.
async fn open_door(call: &mut Call, endpoint: &Endpoint, request: Request) -> Result<(), ApiError> {
    match (endpoint.verb, request.method()) {
        (Verb::Get | Verb::Any, &Method::GET) | (Verb::Post | Verb::Any, &Method::POST) => {}
        (Verb::Get, _) => return Err(ApiError::new(43001, "require GET method")),
        (Verb::Post | Verb::Any, _) => return Err(ApiError::new(43002, "require POST method")),
    }
    call.query = Query::try_from_uri(request.uri()).map(|Query(query)| query).unwrap_or_default();
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = content_type.starts_with("multipart/form-data");
    let (head, body) = request.into_parts();
    let body = whole(body).await?;
    if is_form {
        call.form = form(Request::from_parts(head, Body::from(body))).await.unwrap_or_default();
    } else {
        call.body = body;
    }
    Ok(())
}

/// A request's body. Of one that is too large the rest is read too, a few times as much at most: a client that is still
/// sending would not see the answer.
async fn whole(body: Body) -> Result<Bytes, ApiError> {
    const UNREAD: ApiError = ApiError::new(45001, "media size out of limit");
    let mut pieces = body.into_data_stream();
    let (mut bytes, mut length) = (BytesMut::new(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| UNREAD)?;
        length += piece.len();
        if length <= BODY {
            bytes.extend_from_slice(&piece);
        } else if length > 4 * BODY {
            break;
        }
    }
    if length <= BODY { Ok(bytes.freeze()) } else { Err(UNREAD) }
}

/// The parts of a form; what cannot be read counts as not there.
async fn form(mut request: Request) -> Option<Vec<Part>> {
    // The router's own limit is 2 MiB; the platform's was looked at before.
    axum::extract::DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        parts.push(Part { name, file_name, bytes: field.bytes().await.ok()? });
    }
    Some(parts)
}

/// Busy, token, quota, and then the API itself.
fn answer(inner: &Inner, endpoint: &Endpoint, call: &mut Call) -> Answered {
    let faults = inner.faults.get();
    call.now = inner.clock.now();
    let mut world = inner.world();
    if world.chance.happens(faults.system_busy) {
        return Err(ApiError::new(-1, "system error"));
    }
    if endpoint.token {
        match call.query("access_token") {
            "" => return Err(ApiError::new(41001, "access_token missing")),
            token => call.appid = world.tokens.check(token, call.now)?.to_owned(),
        }
        let now = call.now;
        world.account_mut(&call.appid).counters.count(endpoint, &inner.limits, now)?;
    }
    if let Some(errcode) = faults.refuse.get(endpoint.path) {
        return Err(ApiError::new(*errcode, "refused by a switch of the sandbox"));
    }
    (endpoint.run)(inner, &mut world, call)
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

/// Errors come with HTTP 200 and the number of the request, which is kept for those who ask.
fn refused(inner: &Inner, call: &Call, began: Instant, ApiError { errcode, errmsg }: ApiError) -> Value {
    numbered(inner, call, began, json!({ "errcode": errcode, "errmsg": errmsg }))
}

/// An answer that says an errcode gets a number.
fn numbered(inner: &Inner, call: &Call, began: Instant, mut answer: Value) -> Value {
    if answer["errcode"].as_i64().is_none_or(|errcode| errcode == 0) {
        return answer;
    }
    let now = inner.clock.now();
    let mut world = inner.world();
    let rid = world.chance.rid(now);
    let errmsg = answer["errmsg"].as_str().unwrap_or_default();
    answer["errmsg"] = format!("{errmsg} rid: {rid}").into();
    let failure = Failure {
        appid: call.appid.clone(),
        at: now,
        cost_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        query: rids::cut(call.raw_query.as_bytes()),
        request_body: rids::cut(&call.body),
        response_body: answer.to_string(),
        client_ip: call.client_ip.clone(),
    };
    world.failures.put(rid, failure);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_listed_once() {
        let mut paths: Vec<_> =
            FAMILIES.iter().flat_map(|family| family.iter()).map(|endpoint| endpoint.path).collect();
        paths.sort_unstable();
        let twice: Vec<_> = paths.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
        for path in paths {
            let root = path.split('/').nth(1).unwrap();
            assert!(ROOTS.contains(&root), "{path}: ROOTS lacks {root}");
        }
    }
}
