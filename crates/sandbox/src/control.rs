//! The control API for the phone page: `/sandbox/api/…`, and the files of the chat.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::action::Action;
use crate::chat::ChatItem;
use crate::guard::{Problem, local_only};
use crate::media::{StoredMedia, sniff};
use crate::world::{Account, Inner, World};
use crate::{Error, Faults, push, sandbox, stream};

/// Bytes of an upload.
const UPLOAD: usize = 10 * 1024 * 1024;
/// Bytes of any other request.
const REQUEST: usize = 64 * 1024;
/// Bytes of a nickname.
const NICKNAME: usize = 64;

type Shared = State<Arc<Inner>>;

pub(crate) fn router() -> Router<Arc<Inner>> {
    let api = Router::new()
        .route("/sandbox/api/state", get(state))
        .route("/sandbox/api/phones", post(add_phone))
        .route("/sandbox/api/phones/{appid}/{openid}/chat", get(chat))
        .route("/sandbox/api/phones/{appid}/{openid}/act", post(act))
        .route("/sandbox/api/media", post(upload).layer(DefaultBodyLimit::max(UPLOAD)))
        .route("/sandbox/api/exchanges", get(exchanges))
        .route("/sandbox/api/stream", get(stream::watch))
        .route("/sandbox/api/faults", put(set_faults))
        .route("/sandbox/api/clock", post(move_clock))
        .route("/sandbox/api/tokens/invalidate", post(invalidate_tokens))
        .route("/sandbox/api/verify", post(verify))
        .layer(DefaultBodyLimit::max(REQUEST))
        .layer(middleware::from_fn(local_only));
    // Files lie outside the guard: the server under test fetches PicUrl, from wherever it runs.
    api.route("/sandbox/media/{media_id}", get(file))
}

/// A body read as JSON whatever its Content-Type; what does not fit is named.
fn read<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("JSON: {error}")))
}

async fn state(State(inner): Shared) -> Json<Value> {
    let faults = inner.faults.get();
    let clock = inner.clock.view();
    let world = inner.world();
    Json(json!({ "apps": world.app_views(), "phones": world.phone_views(), "faults": faults, "clock": clock }))
}

#[derive(Deserialize)]
struct NewPhone {
    appid: String,
    #[serde(default)]
    nickname: Option<String>,
}

async fn add_phone(State(inner): Shared, body: Bytes) -> Result<Response, Problem> {
    let NewPhone { appid, nickname } = read(&body)?;
    let nickname = nickname.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if nickname.as_ref().is_some_and(|name| name.len() > NICKNAME) {
        return Err(Problem::bad(format!("nickname: {NICKNAME} bytes at most")));
    }
    let mut world = inner.world();
    if !world.apps.contains_key(&appid) {
        return Err(Problem::not_found("account"));
    }
    let openid = world.add_phone(&appid, None, nickname);
    let view = world.account(&appid).phone_view(&openid);
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

async fn chat(State(inner): Shared, Path((appid, openid)): Path<(String, String)>) -> Result<Json<Value>, Problem> {
    let world = inner.world();
    let account = world.apps.get(&appid).filter(|account| account.phone(&openid).is_some());
    account.map(|account| Json(json!({ "items": account.chat_of(&openid) }))).ok_or_else(|| Problem::not_found("phone"))
}

async fn act(
    State(inner): Shared,
    Path((appid, openid)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let wish = read(&body)?;
    let step = step(&inner.world(), &appid, &openid, wish)?;
    let exchange_id = match step {
        Step::Push(action) => {
            let prepared = push::prepare(&inner, &appid, &openid, action);
            let id = prepared.exchange_id;
            tokio::spawn(async move { push::run(&inner, &prepared).await });
            Some(id)
        }
        Step::Show(item) => {
            show(&inner, &appid, &openid, *item);
            None
        }
        Step::Nothing => None,
    };
    Ok((StatusCode::ACCEPTED, Json(json!({ "exchange_id": exchange_id }))).into_response())
}

/// What a wish comes to, when this phone may do it.
fn step(world: &World, appid: &str, openid: &str, wish: Value) -> Result<Step, Problem> {
    let account = world.apps.get(appid).ok_or_else(|| Problem::not_found("account"))?;
    let phone = account.phone(openid).ok_or_else(|| Problem::not_found("phone"))?;
    let step = understand(wish, account, openid)?;
    let needs_following = !matches!(&step, Step::Push(action) if !action.needs_following());
    if needs_following && !phone.is_following() {
        return Err(Problem::new(StatusCode::CONFLICT, "this phone does not follow the account"));
    }
    if let Step::Push(action) = &step
        && let Some((_, Some(media_id))) = action.file()
        && world.media.get(media_id).is_none()
    {
        return Err(Problem::not_found("media_id"));
    }
    Ok(step)
}

/// What comes of a wish.
enum Step {
    Push(Action),
    /// The account shows something without asking its callback.
    Show(Box<ChatItem>),
    Nothing,
}

fn understand(wish: Value, account: &Account, openid: &str) -> Result<Step, Problem> {
    match wish["action"].as_str() {
        Some("tap") if wish.get("button").is_some() => tapped(&wish["button"], account, openid),
        Some("open_url") => match wish["url"].as_str() {
            Some(url) => Ok(Step::Push(Action::View { url: url.to_owned() })),
            None => Err(Problem::bad("url is missing")),
        },
        _ => {
            let action: Action =
                serde_json::from_value(wish).map_err(|error| Problem::bad(format!("action: {error}")))?;
            match &action {
                Action::Text { content, .. } if content.is_empty() => Err(Problem::bad("content is empty")),
                _ => Ok(Step::Push(action)),
            }
        }
    }
}

/// A tap on the button at `[i]` or `[i, j]` of the menu that this phone shows.
fn tapped(path: &Value, account: &Account, openid: &str) -> Result<Step, Problem> {
    let bad = || Problem::bad("button: no such place in the menu");
    let place = |at: usize| path.get(at).and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
    let shown = account.menu_for(openid).map(|shown| shown.buttons);
    let top = shown.and_then(|buttons| buttons.get(place(0)?)).ok_or_else(bad)?;
    let button = match path.get(1) {
        None => top,
        Some(_) => place(1).and_then(|at| top["sub_button"].get(at)).ok_or_else(bad)?,
    };
    let text = |name: &str| button[name].as_str().unwrap_or_default().to_owned();
    Ok(match text("type").as_str() {
        // A button with others under it opens them, and nothing is pushed.
        "" | "view_limited" | "article_view_limited" => Step::Nothing,
        "click" => Step::Push(Action::Click { key: text("key") }),
        "view" => Step::Push(Action::View { url: text("url") }),
        "miniprogram" => Step::Push(Action::Press { kind: "view_miniprogram".into(), key: text("pagepath") }),
        // What the account shows by itself: material, a published article, or what the admin platform set.
        "media_id" | "article_id" | "text" | "img" | "voice" | "video" | "news" => {
            Step::Show(Box::new(account.shown_by(button)))
        }
        kind => Step::Push(Action::Press { kind: kind.to_owned(), key: text("key") }),
    })
}

fn show(inner: &Inner, appid: &str, openid: &str, item: ChatItem) {
    let at = inner.clock.now_ms();
    let mut world = inner.world();
    let url = item.media_id.as_deref().filter(|id| world.media.get(id).is_some()).map(|id| inner.media_url(id));
    world.say(ChatItem { appid: appid.to_owned(), openid: openid.to_owned(), at, url, ..item });
}

async fn upload(State(inner): Shared, body: Bytes) -> Result<Response, Problem> {
    let unfit = || Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send a picture, a sound or a film");
    let (kind, content_type) = sniff(&body).ok_or_else(unfit)?;
    let created_at = inner.clock.now();
    let mut world = inner.world();
    let media_id = world.chance.media_id();
    world.media.put(media_id.clone(), StoredMedia { kind, content_type, bytes: body, created_at, appid: None });
    let url = inner.media_url(&media_id);
    Ok((StatusCode::CREATED, Json(json!({ "media_id": media_id, "url": url }))).into_response())
}

async fn file(State(inner): Shared, Path(media_id): Path<String>) -> Response {
    let Some(media) = inner.world().media.get(&media_id).cloned() else {
        return Problem::not_found("file").into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media.content_type)),
        // The bytes are whatever someone uploaded: they are shown, never run.
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("inline")),
        (CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable")),
    ];
    (headers, Body::from(media.bytes)).into_response()
}

#[derive(Deserialize)]
struct Limit {
    #[serde(default = "hundred")]
    limit: usize,
}

fn hundred() -> usize {
    100
}

async fn exchanges(State(inner): Shared, Query(Limit { limit }): Query<Limit>) -> Json<Value> {
    Json(json!({ "items": inner.world().exchanges(limit) }))
}

async fn set_faults(State(inner): Shared, body: Bytes) -> Result<Json<Faults>, Problem> {
    inner.faults.set(read(&body)?);
    Ok(Json(inner.faults.get()))
}

#[derive(Deserialize)]
struct Advance {
    advance: i64,
}

async fn move_clock(State(inner): Shared, body: Bytes) -> Result<Response, Problem> {
    let Advance { advance } = read(&body)?;
    // Ten years either way: enough for every rule, and far from where time overflows.
    if advance.unsigned_abs() > 10 * 366 * 86_400 {
        return Err(Problem::bad("advance: ten years at most"));
    }
    inner.clock.shift_seconds(advance);
    Ok(Json(inner.clock.view()).into_response())
}

#[derive(Deserialize)]
struct Named {
    appid: String,
}

async fn invalidate_tokens(State(inner): Shared, body: Bytes) -> Result<Json<Value>, Problem> {
    let Named { appid } = read(&body)?;
    let now = inner.clock.now();
    let mut world = inner.world();
    if !world.apps.contains_key(&appid) {
        return Err(Problem::not_found("account"));
    }
    world.tokens.invalidate(&appid, now);
    Ok(Json(json!({ "ok": true })))
}

async fn verify(State(inner): Shared, body: Bytes) -> Result<Json<Value>, Problem> {
    let Named { appid } = read(&body)?;
    match sandbox::verify_url(&inner, &appid).await {
        Ok(()) => Ok(Json(json!({ "ok": true }))),
        Err(Error::UnknownApp(_)) => Err(Problem::not_found("account")),
        Err(error) => Ok(Json(json!({ "ok": false, "error": error.to_string() }))),
    }
}
