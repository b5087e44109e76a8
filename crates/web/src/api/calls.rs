//! The record of calls for programs: figures, what has a rid, replaying a push. The lines themselves are the resource's.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use puzi_shop::{
    calls::{
        read::Call as Line,
        read_figures::{Figures, figures},
        replay::{Ask, Replay, Replayer, Source},
        rid,
    },
    db::now_ms,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    problem::Problem,
};

const DAY_MS: i64 = 24 * 3_600_000;
/// Figures are kept for so long.
const LONGEST_MS: i64 = 400 * DAY_MS;

/// The extra routes of calls.
pub(super) fn extras() -> Vec<Extra> {
    let moment = json!({ "type": "string", "format": "date-time" });
    vec![
        Extra::new(&Method::GET, "/api/v1/calls/figures", ("calls", "figures"), "calls.view", show_figures)
            .asks("since", moment.clone())
            .asks("until", moment)
            .asks("outgoing", json!({ "type": "boolean" }))
            .asks("account", json!({ "type": "string" })),
        Extra::new(&Method::GET, "/api/v1/calls/rid/{rid}", ("calls", "rid"), "calls.view", by_rid),
        Extra::new(&Method::POST, "/api/v1/calls/replay", ("calls", "replay"), "calls.replay", replay)
            .takes(json!({
                "type": "object",
                "properties": {
                    "source": { "type": "string", "enum": ["message", "refused"] },
                    "id": { "type": "integer", "format": "int64", "minimum": 1 },
                    "answer": { "type": "boolean", "default": false },
                    "webhooks": { "type": "boolean", "default": false },
                },
                "required": ["source", "id"],
                "additionalProperties": false,
            }))
            .keyed(),
    ]
}

#[derive(Debug, Deserialize)]
struct Asked {
    since: Option<String>,
    until: Option<String>,
    outgoing: Option<bool>,
    account: Option<String>,
}

/// `GET /api/v1/calls/figures`
async fn show_figures(call: Call) -> Answer {
    let asked: Asked = call.query()?;
    let now = now_ms();
    let to = moment(&call, asked.until.as_deref())?.unwrap_or(now).min(now);
    let from = moment(&call, asked.since.as_deref())?.unwrap_or(to - DAY_MS).max(to - LONGEST_MS);
    let account = match &asked.account {
        Some(which) => Some(call.find_account(which)?.account.id),
        None => None,
    };
    let figures = figures(&call.app.db, &call.reach, account, from, to, asked.outgoing).await;
    Ok(call.answer(&shown(&figures.map_err(|error| call.refused(error))?)))
}

/// RFC 3339, or Unix milliseconds.
fn moment(call: &Call, text: Option<&str>) -> Result<Option<i64>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let at = text.parse::<i64>().ok().or_else(|| Some(text.parse::<Timestamp>().ok()?.as_millisecond()));
    at.map(Some).ok_or_else(|| call.reader.problem(StatusCode::BAD_REQUEST).detail(format!("{text}: no time")))
}

fn shown(figures: &Figures) -> Value {
    let point = |point: &puzi_shop::calls::read_figures::Point| json!({ "at": iso(point.at), "calls": point.calls, "failed": point.failed });
    let code = |(code, calls): &(i64, i64)| json!({ "errcode": code, "calls": calls });
    json!({
        "calls": figures.calls,
        "failed": figures.failed,
        "left_out": figures.left_out,
        "step_ms": figures.step,
        "series": figures.series.iter().map(point).collect::<Vec<_>>(),
        "failing": figures.failing.iter().map(|row| json!({
            "endpoint": row.endpoint, "calls": row.calls, "failed": row.failed,
            "errcodes": row.errcodes.iter().map(code).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "slowest": figures.slowest.iter().map(|row| json!({
            "endpoint": row.endpoint, "calls": row.calls, "p50_us": row.p50, "p95_us": row.p95, "max_us": row.max,
        })).collect::<Vec<_>>(),
    })
}

/// `GET /api/v1/calls/rid/{rid}`
async fn by_rid(call: Call) -> Answer {
    let found = rid::find(&call.app.db, &call.reach, call.text("rid")).await.map_err(|error| call.refused(error))?;
    let calls: Vec<_> = found.iter().map(line).collect();
    Ok(call.answer(&json!({ "calls": calls })))
}

/// A line as programs read it.
pub(super) fn line(call: &Line) -> Value {
    json!({
        "id": call.id, "account_id": call.account_id, "at": iso(call.at), "outgoing": call.outgoing,
        "endpoint": call.endpoint, "us": call.us, "trouble": call.trouble, "errcode": call.errcode,
        "errmsg": call.errmsg, "status": call.status, "rid": call.rid, "attempt": call.attempt,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    source: String,
    id: i64,
    #[serde(default)]
    answer: bool,
    #[serde(default)]
    webhooks: bool,
}

/// `POST /api/v1/calls/replay`: once for an `Idempotency-Key`.
async fn replay(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let wanted: Wanted = call.json(&body)?;
    let source = Source::of(&wanted.source, wanted.id);
    let source = source.ok_or_else(|| call.reader.problem(StatusCode::BAD_REQUEST).detail("source".to_owned()))?;
    let form = call.key().unwrap_or_else(|| format!("api-{:032x}", rand::random::<u128>()));
    let ask = Ask { answer: wanted.answer, webhooks: wanted.webhooks };
    let replayer = Replayer::new(&call.app.db, &call.app.registry);
    let done = replayer.run(&call.by(), &call.reach, source, ask, &form).await;
    Ok(call.answer(&told(&done.map_err(|error| call.refused(error))?)))
}

/// A replay as programs read it.
pub(super) fn told(replay: &Replay) -> Value {
    json!({
        "id": replay.id, "account_id": replay.account_id, "source": replay.source().word(),
        "source_id": replay.source().id(), "message_id": replay.message_id, "state": replay.state().as_str(),
        "answer_wanted": replay.answer_wanted, "webhooks_wanted": replay.webhooks_wanted, "told": replay.told, "error": replay.error,
        "created_at": iso(replay.created_at), "done_at": replay.done_at.map(iso),
    })
}

/// Unix ms as programs read them.
pub(super) fn iso(at: i64) -> String {
    Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}
