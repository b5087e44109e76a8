//! Webhooks for programs: making, changing and steering endpoints, and sending deliveries again.

use axum::http::{Method, StatusCode};
use puzi_shop::webhooks::{
    EVENTS, MOST_REPLAYED, NAME_CHARS, NewWebhook, URL_CHARS, WebhookEdit, entity::webhook, without_key,
};
use puzi_wechat::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    records,
};

const ALL: &str = "/api/v1/webhooks";
const ONE: &str = "/api/v1/webhooks/{id}";

/// The extra routes of webhooks and deliveries.
pub(super) fn extras() -> Vec<Extra> {
    let (post, get) = (Method::POST, Method::GET);
    let at = |rest: &str| format!("{ONE}{rest}");
    vec![
        Extra::new(&post, ALL, ("webhooks", "create"), "webhooks.create", create)
            .takes(body_schema(true))
            .answers_with(201, with_key()),
        Extra::new(&Method::PATCH, ONE, ("webhooks", "edit"), "webhooks.edit", edit)
            .takes(body_schema(false))
            .answers(schema())
            .versioned(),
        Extra::new(&Method::DELETE, ONE, ("webhooks", "delete"), "webhooks.delete", delete).answers_nothing(),
        Extra::new(&post, at("/restore"), ("webhooks", "restore"), "webhooks.restore", restore).answers(schema()),
        Extra::new(&post, at("/pause"), ("webhooks", "pause"), "webhooks.edit", pause).answers(schema()),
        Extra::new(&post, at("/resume"), ("webhooks", "resume"), "webhooks.edit", resume).answers(schema()),
        Extra::new(&post, at("/rotate"), ("webhooks", "rotate"), "webhooks.rotate", rotate)
            .answers(with_key())
            .versioned(),
        Extra::new(&post, at("/test"), ("webhooks", "test"), "webhooks.test", test).answers(tested_schema()),
        Extra::new(&get, "/api/v1/deliveries/{id}/whole", ("deliveries", "show_whole"), "deliveries.view", delivery)
            .answers(delivery_schema()),
        Extra::new(&post, "/api/v1/deliveries/replay", ("deliveries", "replay"), "deliveries.replay", replay)
            .takes(json!({
                "type": "object", "required": ["ids"], "additionalProperties": false,
                "properties": {
                    "ids": {
                        "type": "array", "minItems": 1, "maxItems": MOST_REPLAYED,
                        "items": { "type": "integer", "format": "int64", "minimum": 1 },
                    },
                },
            }))
            .answers(json!({
                "type": "object", "required": ["replayed"], "properties": { "replayed": { "type": "integer" } },
            }))
            .keyed(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    account_id: Option<i64>,
    name: Option<String>,
    url: Option<String>,
    events: Option<Vec<String>>,
}

/// `POST /api/v1/webhooks`. It takes no `Idempotency-Key`: its answer would be kept, and the key with it. A name is given once,
/// so a repeated request makes no second one.
async fn create(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let given: Given = call.json(&body)?;
    let new = NewWebhook {
        account_id: given.account_id.unwrap_or_default(),
        name: given.name.unwrap_or_default(),
        url: given.url.unwrap_or_default(),
        events: given.events.unwrap_or_default(),
    };
    if !call.reach.sees(new.account_id) || call.app.registry.by_id(new.account_id).is_none() {
        return Err(call.refused(puzi_shop::Error::field("account_id", "webhooks.no_account")));
    }
    let made = call.app.admin.webhooks.create(&call.by(), &call.reach, new).await;
    let (webhook, key) = made.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::CREATED, keyed(&webhook, &key).to_string()))
}

/// `PATCH /api/v1/webhooks/{id}`
async fn edit(call: Call, body: Body) -> Answer {
    let id = call.number("id")?;
    let version = call.version()?;
    let body = call.body(body)?;
    let given: Given = call.json(&body)?;
    if given.account_id.is_some() {
        return Err(call.refused(puzi_shop::Error::field("account_id", "webhooks.account_stays")));
    }
    let edit = WebhookEdit { name: given.name, url: given.url, events: given.events };
    let edited = call.app.admin.webhooks.edit(&call.by(), &call.reach, id, Some(version), edit).await;
    let webhook = edited.map_err(|error| call.refused(error))?;
    Ok(call.answer_version(&shown(&webhook, true), webhook.version))
}

/// `DELETE /api/v1/webhooks/{id}`
async fn delete(call: Call) -> Answer {
    let deleted = call.app.admin.webhooks.delete(&call.by(), &call.reach, call.number("id")?).await;
    deleted.map_err(|error| call.refused(error))?;
    Ok(axum::response::IntoResponse::into_response(StatusCode::NO_CONTENT))
}

/// `POST /api/v1/webhooks/{id}/restore`
async fn restore(call: Call) -> Answer {
    let done = call.app.admin.webhooks.restore(&call.by(), &call.reach, call.number("id")?).await;
    steered(&call, done)
}

/// `POST /api/v1/webhooks/{id}/pause`
async fn pause(call: Call) -> Answer {
    let done = call.app.admin.webhooks.pause(&call.by(), &call.reach, call.number("id")?).await;
    steered(&call, done)
}

/// `POST /api/v1/webhooks/{id}/resume`
async fn resume(call: Call) -> Answer {
    let done = call.app.admin.webhooks.resume(&call.by(), &call.reach, call.number("id")?).await;
    steered(&call, done)
}

fn steered(call: &Call, done: puzi_shop::Result<webhook::Model>) -> Answer {
    let webhook = done.map_err(|error| call.refused(error))?;
    let whole = call.actor.may("webhooks.edit");
    Ok(call.answer_version(&shown(&webhook, whole), webhook.version))
}

/// `POST /api/v1/webhooks/{id}/rotate`: of the version that was seen. Sent again after a lost answer it is refused, for the
/// key in use would be lost.
async fn rotate(call: Call) -> Answer {
    let id = call.number("id")?;
    let webhooks = &call.app.admin.webhooks;
    webhooks.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    let version = call.version()?;
    let rotated = webhooks.rotate(&call.by(), &call.reach, id, Some(version)).await;
    let key = rotated.map_err(|error| call.refused(error))?;
    let webhook = webhooks.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    let mut told = shown(&webhook, call.actor.may("webhooks.edit"));
    told["key"] = key.expose().as_str().into();
    Ok(call.answer_version(&told, webhook.version))
}

/// `POST /api/v1/webhooks/{id}/test`
async fn test(call: Call) -> Answer {
    let tested = call.app.admin.webhooks.test(&call.by(), &call.reach, call.number("id")?).await;
    let attempted = tested.map_err(|error| call.refused(error))?;
    Ok(call.answer(&json!({
        "ok": attempted.is_good(), "status": attempted.status, "error": attempted.error, "us": attempted.us,
        "answer": attempted.answer,
    })))
}

/// `GET /api/v1/deliveries/{id}/whole`
async fn delivery(call: Call) -> Answer {
    let found = call.app.admin.webhooks.delivery(&call.reach, call.number("id")?).await;
    let detail = found.map_err(|error| call.refused(error))?;
    // It holds what followers write, and receivers repeat it.
    let may_read = call.actor.may("inbox.view");
    let attempts = detail.attempts.iter().map(|one| {
        json!({
            "attempt": one.attempt, "at": moment(one.at), "us": one.us, "status": one.status, "error": one.error,
            "answer": one.answer.as_ref().filter(|_| may_read),
        })
    });
    let body: Value = if may_read { serde_json::from_str(&detail.payload).unwrap_or_default() } else { Value::Null };
    Ok(call.answer(&json!({
        "id": detail.delivery.id, "webhook_id": detail.delivery.webhook_id, "event_id": detail.delivery.event_id,
        "event": detail.delivery.event, "state": detail.delivery.state, "body": body,
        "attempts": attempts.collect::<Vec<_>>(),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    ids: Vec<i64>,
}

/// `POST /api/v1/deliveries/replay`
async fn replay(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let Chosen { ids } = call.json(&body)?;
    let form = call.key().unwrap_or_else(|| format!("{:032x}", rand::random::<u128>()));
    call.once(StatusCode::OK, &body, async || {
        let replayed = call.app.admin.webhooks.replay(&call.by(), &call.reach, &ids, &form).await?;
        Ok(json!({ "replayed": replayed }))
    })
    .await
}

/// An endpoint as the resource tells it; `whole`: with its whole address.
fn shown(webhook: &webhook::Model, whole: bool) -> Value {
    let at = |at: Option<i64>| at.map(moment);
    json!({
        "id": webhook.id, "account_id": webhook.account_id, "name": webhook.name,
        "url": if whole { webhook.url.clone() } else { without_key(&webhook.url) }, "host": webhook.host,
        "events": webhook.wanted(), "state": webhook.state, "note": webhook.note, "failures": webhook.failures,
        "last_success_at": at(webhook.last_success_at), "previous_until": at(webhook.previous_until),
        "version": webhook.version, "created_at": moment(webhook.created_at),
    })
}

fn keyed(webhook: &webhook::Model, key: &Secret<String>) -> Value {
    let mut shown = shown(webhook, true);
    shown["key"] = key.expose().as_str().into();
    shown
}

fn moment(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}

fn schema() -> Value {
    let moment = json!({ "type": ["string", "null"], "format": "date-time" });
    json!({
        "type": "object", "required": ["id", "account_id", "name", "url", "events", "state", "version"],
        "properties": {
            "id": { "type": "integer", "format": "int64" }, "account_id": { "type": "integer", "format": "int64" },
            "name": { "type": "string" }, "url": { "type": "string" },
            "host": { "type": "string" },
            "events": { "type": "array", "items": { "type": "string", "enum": EVENTS } },
            "state": { "type": "string", "enum": ["active", "failing", "paused"] },
            "note": { "type": ["string", "null"] }, "failures": { "type": "integer" },
            "last_success_at": moment, "previous_until": moment, "version": { "type": "integer", "format": "int64" },
            "created_at": { "type": "string", "format": "date-time" },
        },
    })
}

fn with_key() -> Value {
    let mut schema = schema();
    schema["properties"]["key"] = json!({ "type": "string", "pattern": "^whsec_" });
    schema
}

fn body_schema(new: bool) -> Value {
    let mut schema = json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": NAME_CHARS },
            "url": { "type": "string", "minLength": 1, "maxLength": URL_CHARS },
            "events": { "type": "array", "minItems": 1, "items": { "type": "string", "enum": EVENTS } },
        },
    });
    if new {
        schema["properties"]["account_id"] = json!({ "type": "integer", "format": "int64", "minimum": 1 });
        schema["required"] = json!(["account_id", "name", "url", "events"]);
    }
    schema
}

fn tested_schema() -> Value {
    json!({
        "type": "object", "required": ["ok", "us"],
        "properties": {
            "ok": { "type": "boolean" }, "status": { "type": ["integer", "null"] },
            "error": { "type": ["string", "null"] }, "us": { "type": "integer" },
            "answer": { "type": ["string", "null"] },
        },
    })
}

fn delivery_schema() -> Value {
    json!({
        "type": "object", "required": ["id", "event_id", "event", "state", "body", "attempts"],
        "properties": {
            "id": { "type": "integer", "format": "int64" }, "webhook_id": { "type": "integer", "format": "int64" },
            "event_id": { "type": "string" }, "event": { "type": "string" }, "state": { "type": "string" },
            "body": {}, "attempts": { "type": "array", "items": { "type": "object" } },
        },
    })
}
