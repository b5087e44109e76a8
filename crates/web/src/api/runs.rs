//! Steering long work for programs. The runs themselves are the resource's.

use axum::http::{Method, StatusCode};
use puzi_shop::runs::Event;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
};

const ONE: &str = "/api/v1/runs/{id}";

/// The extra routes of runs.
pub(super) fn extras() -> Vec<Extra> {
    let state = json!({
        "type": "object",
        "properties": { "id": { "type": "integer", "format": "int64" }, "state": { "type": "string" } },
    });
    let agreed = json!({
        "type": "object",
        "properties": { "agreed": { "type": "boolean", "default": false } },
        "additionalProperties": false,
    });
    let line = json!({
        "type": "object",
        "properties": {
            "number": { "type": "integer", "format": "int64" },
            "subject": { "type": "string" },
            "errcode": { "type": ["integer", "null"], "format": "int64" },
            "detail": { "type": "string" },
        },
    });
    let lines = json!({ "type": "object", "properties": { "data": { "type": "array", "items": line } } });
    vec![
        Extra::new(&Method::GET, format!("{ONE}/lines"), ("runs", "lines"), "runs.view", show_lines)
            .asks("after", json!({ "type": "integer", "format": "int64", "minimum": 0 }))
            .answers(lines),
        Extra::new(&Method::POST, format!("{ONE}/pause"), ("runs", "pause"), "runs.steer", pause)
            .answers(state.clone()),
        Extra::new(&Method::POST, format!("{ONE}/resume"), ("runs", "resume"), "runs.steer", resume)
            .takes(agreed)
            .answers(state.clone()),
        Extra::new(&Method::POST, format!("{ONE}/cancel"), ("runs", "cancel"), "runs.steer", cancel).answers(state),
    ]
}

#[derive(Debug, Default, Deserialize)]
struct After {
    #[serde(default)]
    after: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agreed {
    #[serde(default)]
    agreed: bool,
}

/// `GET /api/v1/runs/{id}/lines`
async fn show_lines(call: Call) -> Answer {
    let (id, asked) = (call.number("id")?, call.query::<After>()?);
    let runs = &call.app.admin.runs;
    let run = runs.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    let lines = runs.lines(&call.reach, id, asked.after).await.map_err(|error| call.refused(error))?;
    // Whoever may not see followers is told of whom only the ends.
    let masks = run.names_followers() && !call.actor.may("followers.view");
    let data: Vec<Value> = lines
        .into_iter()
        .map(|line| {
            let subject = if masks { crate::admin::masked(&line.subject) } else { line.subject };
            json!({ "number": line.number, "subject": subject, "errcode": line.errcode, "detail": line.detail })
        })
        .collect();
    Ok(call.answer(&json!({ "data": data })))
}

/// `POST /api/v1/runs/{id}/pause`
async fn pause(call: Call) -> Answer {
    steer(call, Event::Pause, false).await
}

/// `POST /api/v1/runs/{id}/resume`: one that asks goes on when `agreed` only.
async fn resume(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let agreed = if body.is_empty() { Agreed::default() } else { call.json(&body)? };
    steer(call, Event::Resume, agreed.agreed).await
}

/// `POST /api/v1/runs/{id}/cancel`
async fn cancel(call: Call) -> Answer {
    steer(call, Event::Cancel, false).await
}

async fn steer(call: Call, event: Event, agreed: bool) -> Answer {
    let (id, runs) = (call.number("id")?, &call.app.admin.runs);
    let run = runs.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    if !call.actor.may(run.permission()) {
        return Err(call.reader.problem(StatusCode::FORBIDDEN));
    }
    let (by, reach) = (call.by(), &call.reach);
    let done = match event {
        Event::Pause => runs.pause(&by, reach, id).await,
        Event::Resume => runs.resume(&by, reach, id, agreed).await,
        _ => runs.cancel(&by, reach, id).await,
    };
    done.map_err(|error| call.refused(error))?;
    let run = runs.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    Ok(call.answer(&json!({ "id": run.id, "state": puzi_shop::machine::Word::word(run.state) })))
}
