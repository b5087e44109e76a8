//! The record of calls line by line: what is new, a line with its bodies and attempts, asking WeChat about a rid.

use axum::http::Method;
use puzi_shop::calls::{
    read::{self, Filter},
    rid,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    calls::{iso, line, told},
    extra::Extra,
};

/// The extra routes of single lines.
pub(super) fn extras() -> Vec<Extra> {
    let text = || json!({ "type": "string" });
    let maybe = || json!({ "type": ["string", "null"] });
    let number = || json!({ "type": "integer", "format": "int64" });
    let lines = || json!({ "type": "array", "items": { "type": "object" } });
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    let whole = object(json!({
        "call": { "type": "object" }, "request": maybe(), "response": maybe(), "attempts": lines(),
        "source": { "type": ["object", "null"], "properties": { "source": text(), "id": number() } },
        "message": { "type": ["object", "null"], "properties": {
            "id": number(), "answer_state": text(), "rule_id": { "type": ["integer", "null"] } } },
        "replays": lines(),
    }));
    let asked = json!({ "type": "object", "required": ["account"], "additionalProperties": false, "properties": {
        "account": { "type": ["string", "integer"] } } });
    vec![
        Extra::new(&Method::GET, "/api/v1/calls/new", ("calls", "new"), "calls.view", new)
            .asks("after", json!({ "type": "integer", "format": "int64", "minimum": 0 }))
            .asks("account", text())
            .asks("failed", json!({ "type": "boolean" }))
            .asks("outgoing", json!({ "type": "boolean" }))
            .asks("endpoint", text())
            .asks("errcode", json!({ "type": "integer" }))
            .answers(object(json!({ "data": lines(), "after": number() }))),
        Extra::new(&Method::GET, "/api/v1/calls/{id}/whole", ("calls", "whole"), "calls.view", show).answers(whole),
        Extra::new(&Method::POST, "/api/v1/calls/rid/{rid}/ask", ("calls", "ask"), "calls.view", ask)
            .takes(asked)
            .answers(object(json!({
                "invoked_at": { "type": "string", "format": "date-time" }, "took_ms": number(), "request": maybe(),
                "response": maybe(), "calls": lines(),
            })))
            .calls_wechat(),
    ]
}

#[derive(Debug, Deserialize)]
struct New {
    after: Option<i64>,
    account: Option<String>,
    #[serde(default)]
    failed: bool,
    outgoing: Option<bool>,
    endpoint: Option<String>,
    errcode: Option<i64>,
}

/// `GET /api/v1/calls/new?after=`: without `after` nothing, and where to begin.
async fn new(call: Call) -> Answer {
    let asked: New = call.query()?;
    let account = match &asked.account {
        Some(which) => Some(call.find_account(which)?.account.id),
        None => None,
    };
    let db = &call.app.db;
    let Some(after) = asked.after else {
        let latest = read::latest_id(db).await.map_err(|error| call.refused(error))?;
        return Ok(call.answer(&json!({ "data": [], "after": latest })));
    };
    let filter = Filter {
        account,
        failed: asked.failed,
        outgoing: asked.outgoing,
        endpoint: asked.endpoint,
        errcode: asked.errcode,
        since: None,
    };
    let found = read::after(db, &call.reach, &filter, after).await.map_err(|error| call.refused(error))?;
    let last = found.iter().map(|one| one.id).max().unwrap_or(after).max(after);
    Ok(call.answer(&json!({ "data": found.iter().map(line).collect::<Vec<_>>(), "after": last })))
}

/// `GET /api/v1/calls/{id}/whole`
async fn show(call: Call) -> Answer {
    let found = read::get(&call.app.db, &call.reach, call.number("id")?).await;
    let found = found.map_err(|error| call.refused(error))?;
    let source = found.source().map(|source| json!({ "source": source.word(), "id": source.id() }));
    let message = found
        .message
        .as_ref()
        .map(|message| json!({ "id": message.id, "answer_state": message.answer_state, "rule_id": message.rule_id }));
    Ok(call.answer(&json!({
        "call": line(&found.call),
        "request": found.request,
        "response": found.response,
        "attempts": found.attempts.iter().map(line).collect::<Vec<_>>(),
        "source": source,
        "message": message,
        "replays": found.replays.iter().map(told).collect::<Vec<_>>(),
    })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    account: super::people::Which,
}

/// `POST /api/v1/calls/rid/{rid}/ask`: WeChat knows failed calls for seven days, and tells them to the account that made
/// them.
async fn ask(call: Call, body: Body) -> Answer {
    let asked: Ask = call.json(&call.body(body)?)?;
    let rid = call.text("rid").to_owned();
    let live = asked.account.live(&call)?;
    let known = rid::find(&call.app.db, &call.reach, &rid).await.map_err(|error| call.refused(error))?;
    let made = known.iter().find(|one| one.account_id == live.account.id);
    let told = rid::ask(&live, &rid, made.map(|one| one.endpoint.as_str())).await;
    let told = told.map_err(|error| call.refused(error))?;
    Ok(call.answer(&json!({
        "invoked_at": iso(told.invoked_at), "took_ms": told.took_ms, "request": told.request,
        "response": told.response, "calls": known.iter().map(line).collect::<Vec<_>>(),
    })))
}
