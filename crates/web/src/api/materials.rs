//! Materials for programs: uploading, replacing, what uses one, its file, and reading WeChat's own list.

use axum::http::{Method, StatusCode};
use base64::{Engine, prelude::BASE64_STANDARD};
use puzi_shop::{
    Error,
    materials::{LARGEST, NewMaterial, entity::Model, kind},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    problem::Problem,
};

const ALL: &str = "/api/v1/materials";
/// The largest body: a file in base64, and the words around it.
const LIMIT: usize = LARGEST / 3 * 4 + (64 << 10);

/// The extra routes of materials.
pub(super) fn extras() -> Vec<Extra> {
    let (post, get) = (Method::POST, Method::GET);
    let at = |rest: &str| format!("{ALL}{rest}");
    vec![
        Extra::new(&post, ALL, ("materials", "create"), "materials.create", create)
            .takes(new_schema())
            .answers_with(201, schema())
            .large(LIMIT)
            .calls_wechat(),
        Extra::new(&post, at("/{id}/replace"), ("materials", "replace"), "materials.replace", replace)
            .takes(json!({
                "type": "object", "required": ["file"], "additionalProperties": false,
                "properties": { "name": { "type": "string", "maxLength": 200 }, "file": file_schema() },
            }))
            .answers(json!({
                "type": "object", "required": ["material", "rules", "menu", "drafts"],
                "properties": {
                    "material": schema(), "rules": { "type": "integer" }, "menu": { "type": "integer" },
                    "drafts": { "type": "integer" },
                },
            }))
            .versioned()
            .large(LIMIT)
            .calls_wechat(),
        Extra::new(&post, at("/{id}/again"), ("materials", "again"), "materials.create", again)
            .answers(schema())
            .calls_wechat(),
        Extra::new(&get, at("/{id}/file"), ("materials", "file"), "materials.view", file)
            .gives("application/octet-stream")
            .calls_wechat(),
        Extra::new(&get, at("/{id}/uses"), ("materials", "uses"), "materials.view", uses).answers(json!({
            "type": "object", "required": ["uses"],
            "properties": { "uses": { "type": "array", "items": {
                "type": "object", "required": ["kind", "id", "name"],
                "properties": {
                    "kind": { "type": "string", "enum": ["rule", "menu_draft", "menu_live", "draft", "broadcast"] },
                    "id": { "type": ["integer", "null"] }, "name": { "type": "string" },
                },
            } } },
        })),
        Extra::new(&get, "/api/v1/material_syncs/{account}", ("materials", "progress"), "materials.view", progress)
            .answers(progress_schema()),
        Extra::new(&post, "/api/v1/material_syncs/{account}", ("materials", "sync"), "materials.sync", sync)
            .answers_with(202, progress_schema()),
        Extra::new(&post, "/api/v1/material_syncs/{account}/pause", ("materials", "pause"), "materials.sync", pause)
            .answers(progress_schema()),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    /// Slug or row number.
    account: Value,
    kind: String,
    name: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    introduction: String,
    #[serde(default = "yes")]
    lasting: bool,
    file: String,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    #[serde(default)]
    name: String,
    file: String,
}

fn decoded(call: &Call, file: &str) -> Result<Vec<u8>, Problem> {
    BASE64_STANDARD.decode(file).map_err(|_| call.refused(Error::field("file", "material.no_base64")))
}

/// An account as a body names it: by slug or number.
pub(super) fn account_word(account: &Value) -> String {
    match account {
        Value::String(slug) => slug.clone(),
        other => other.to_string(),
    }
}

/// `POST /api/v1/materials`
async fn create(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let new: New = call.json(&body)?;
    let account = call.find_account(&account_word(&new.account))?.account.id;
    let Some(kind) = kind(&new.kind) else { return Err(call.refused(Error::field("kind", "material.no_kind"))) };
    let file = decoded(&call, &new.file)?;
    let new = NewMaterial {
        kind,
        name: new.name,
        title: new.title,
        introduction: new.introduction,
        lasting: new.lasting,
        file,
    };
    let added = call.app.admin.materials.add(&call.by(), &call.reach, account, new).await;
    let material = added.map_err(|error| call.refused(error))?;
    Ok(super::records::answer(StatusCode::CREATED, shown(&material).to_string()))
}

/// `POST /api/v1/materials/{id}/replace`
async fn replace(call: Call, body: Body) -> Answer {
    let (id, version) = (call.number("id")?, call.version()?);
    let body = call.body(body)?;
    let other: Other = call.json(&body)?;
    let file = decoded(&call, &other.file)?;
    let replaced =
        call.app.admin.materials.replace(&call.by(), &call.reach, id, Some(version), &other.name, file).await;
    let done = replaced.map_err(|error| call.refused(error))?;
    let answer = json!({
        "material": shown(&done.material), "rules": done.rules, "menu": done.menu, "drafts": done.drafts,
    });
    Ok(call.answer_version(&answer, done.material.version))
}

/// `POST /api/v1/materials/{id}/again`
async fn again(call: Call) -> Answer {
    let sent = call.app.admin.materials.again(&call.by(), &call.reach, call.number("id")?).await;
    let material = sent.map_err(|error| call.refused(error))?;
    Ok(call.answer_version(&shown(&material), material.version))
}

/// `GET /api/v1/materials/{id}/file`
async fn file(call: Call) -> Answer {
    let found = call.app.admin.materials.file(&call.reach, call.number("id")?).await;
    let (path, _) = found.map_err(|error| call.refused(error))?;
    let bytes = tokio::fs::read(path).await.map_err(|error| call.refused(error.into()))?;
    Ok(call.bytes("application/octet-stream", bytes))
}

/// `GET /api/v1/materials/{id}/uses`
async fn uses(call: Call) -> Answer {
    let found = call.app.admin.materials.uses(&call.reach, call.number("id")?).await;
    let uses = found.map_err(|error| call.refused(error))?;
    let uses = uses.iter().map(|one| json!({ "kind": one.kind, "id": one.id, "name": one.name }));
    Ok(call.answer(&json!({ "uses": uses.collect::<Vec<_>>() })))
}

/// `GET /api/v1/material_syncs/{account}`
async fn progress(call: Call) -> Answer {
    let account = call.account()?.account.id;
    Ok(call.answer(&how_far(&call, account).await?))
}

/// `POST /api/v1/material_syncs/{account}`
async fn sync(call: Call) -> Answer {
    let account = call.account()?.account.id;
    let begun = call.app.admin.materials.sync(&call.by(), &call.reach, account).await;
    begun.map_err(|error| call.refused(error))?;
    Ok(super::records::answer(StatusCode::ACCEPTED, how_far(&call, account).await?.to_string()))
}

/// `POST /api/v1/material_syncs/{account}/pause`
async fn pause(call: Call) -> Answer {
    let account = call.account()?.account.id;
    let paused = call.app.admin.materials.pause(&call.by(), &call.reach, account).await;
    paused.map_err(|error| call.refused(error))?;
    Ok(call.answer(&how_far(&call, account).await?))
}

async fn how_far(call: &Call, account: i64) -> Result<Value, Problem> {
    let told = call.app.admin.materials.progress(&call.reach, account).await;
    let told = told.map_err(|error| call.refused(error))?;
    let kinds = told.kinds.iter().map(|one| {
        json!({
            "kind": one.kind, "state": one.state, "position": one.position, "total": one.total,
            "began_at": moment(one.began_at), "changed_at": moment(one.changed_at), "error": one.error,
        })
    });
    Ok(json!({ "kinds": kinds.collect::<Vec<_>>() }))
}

fn moment(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}

/// A material as the resource tells it.
fn shown(material: &Model) -> Value {
    json!({
        "id": material.id, "account_id": material.account_id, "kind": material.kind, "name": material.name,
        "title": material.title, "introduction": material.introduction, "state": material.state,
        "lasting": material.lasting, "lasting_id": material.lasting_id, "lasting_url": material.lasting_url,
        "passing_id": material.passing_id, "expires_at": material.expires_at.map(moment), "bytes": material.bytes,
        "media_type": material.media_type, "version": material.version, "created_at": moment(material.created_at),
    })
}

fn file_schema() -> Value {
    json!({ "type": "string", "contentEncoding": "base64", "minLength": 4 })
}

fn new_schema() -> Value {
    json!({
        "type": "object", "required": ["account", "kind", "name", "file"], "additionalProperties": false,
        "properties": {
            "account": { "type": ["string", "integer"] },
            "kind": { "type": "string", "enum": ["image", "voice", "video", "thumb"] },
            "name": { "type": "string", "maxLength": 200 }, "title": { "type": "string", "maxLength": 64 },
            "introduction": { "type": "string", "maxLength": 200 }, "lasting": { "type": "boolean", "default": true },
            "file": file_schema(),
        },
    })
}

fn schema() -> Value {
    let text = json!({ "type": ["string", "null"] });
    json!({
        "type": "object", "required": ["id", "account_id", "kind", "name", "state", "lasting", "version"],
        "properties": {
            "id": { "type": "integer", "format": "int64" }, "account_id": { "type": "integer", "format": "int64" },
            "kind": { "type": "string" }, "name": { "type": "string" }, "title": { "type": "string" },
            "introduction": { "type": "string" }, "lasting": { "type": "boolean" },
            "state": { "type": "string", "enum": ["ready", "uploading", "failed", "gone"] },
            "lasting_id": text, "lasting_url": text, "passing_id": text, "expires_at": text,
            "bytes": { "type": "integer" }, "media_type": { "type": "string" },
            "version": { "type": "integer", "format": "int64" }, "created_at": { "type": "string", "format": "date-time" },
        },
    })
}

fn progress_schema() -> Value {
    json!({
        "type": "object", "required": ["kinds"],
        "properties": { "kinds": { "type": "array", "items": {
            "type": "object", "required": ["kind", "state", "position", "total"],
            "properties": {
                "kind": { "type": "string" },
                "state": { "type": "string", "enum": ["running", "paused", "done", "failed"] },
                "position": { "type": "integer" }, "total": { "type": "integer" },
                "began_at": { "type": "string", "format": "date-time" },
                "changed_at": { "type": "string", "format": "date-time" }, "error": { "type": ["string", "null"] },
            },
        } } },
    })
}
