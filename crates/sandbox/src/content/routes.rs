//! Control routes for content, and the page of an article.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Platform, page};
use crate::Phone;
use crate::guard::{Problem, local_only};
use crate::world::Inner;

/// Bytes of a request.
const REQUEST: usize = 256 * 1024;

pub(crate) fn router() -> Router<Arc<Inner>> {
    let api = Router::new()
        .route("/sandbox/api/apps/{appid}/auto-reply", put(set_auto_reply))
        .route("/sandbox/api/apps/{appid}/menu", put(set_menu))
        .route("/sandbox/api/phones/{appid}/{openid}/platform", put(set_platform))
        .route("/sandbox/api/phones/{appid}/{openid}/comment", post(comment))
        .layer(DefaultBodyLimit::max(REQUEST))
        .layer(middleware::from_fn(local_only));
    // Outside the guard, as files are: an article's address may be opened from wherever the server under test runs.
    api.route("/sandbox/articles/{id}/{idx}", get(page::article))
}

type Shared = State<Arc<Inner>>;

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("JSON: {error}")))
}

fn not_found(what: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("no such {what} in this sandbox"))
}

fn object(body: &Bytes) -> Result<Value, Problem> {
    let value: Value = read(body)?;
    if value.is_object() { Ok(value) } else { Err(Problem::bad("an object is needed")) }
}

async fn set_auto_reply(State(inner): Shared, Path(appid): Path<String>, body: Bytes) -> Result<Json<Value>, Problem> {
    let rules = object(&body)?;
    let mut world = inner.world();
    let account = world.apps.get_mut(&appid).ok_or_else(|| not_found("account"))?;
    account.families.autoreply.set(rules);
    Ok(Json(json!({ "ok": true })))
}

async fn set_menu(State(inner): Shared, Path(appid): Path<String>, body: Bytes) -> Result<Json<Value>, Problem> {
    let menu = object(&body)?;
    if !menu["button"].is_array() {
        return Err(Problem::bad("button: a list is needed"));
    }
    let mut world = inner.world();
    world.apps.get_mut(&appid).ok_or_else(|| not_found("account"))?.set_admin_menu(&menu);
    world.tell_app(&appid);
    world.tell_phones(&appid);
    Ok(Json(json!({ "ok": true })))
}

fn phone(inner: Arc<Inner>, appid: String, openid: String) -> Result<Phone, Problem> {
    let world = inner.world();
    let known = world.apps.get(&appid).is_some_and(|account| account.phone(&openid).is_some());
    drop(world);
    if known { Ok(Phone::new(inner, appid, openid)) } else { Err(not_found("phone")) }
}

#[derive(Deserialize)]
struct RunsOn {
    platform: Platform,
}

async fn set_platform(
    State(inner): Shared,
    Path((appid, openid)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let RunsOn { platform } = read(&body)?;
    phone(inner, appid, openid)?.set_platform(platform);
    Ok(Json(json!({ "ok": true })))
}

#[derive(Deserialize)]
struct NewComment {
    msg_data_id: i64,
    #[serde(default)]
    index: i64,
    content: String,
}

async fn comment(
    State(inner): Shared,
    Path((appid, openid)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let NewComment { msg_data_id, index, content } = read(&body)?;
    let written = phone(inner, appid, openid)?.comment(msg_data_id, index, &content);
    let refused = || Problem::new(StatusCode::CONFLICT, "this article takes no such comment from this phone");
    let user_comment_id = written.ok_or_else(refused)?;
    Ok((StatusCode::CREATED, Json(json!({ "user_comment_id": user_comment_id }))).into_response())
}
