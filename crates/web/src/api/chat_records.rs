//! What agents and followers said past the server, for programs: how reading it stands, and reading older records; the
//! words that are spoken of most.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use puzi_shop::chats::{Chats, back::MOST_DAYS, figures};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    people::Which,
    records,
};

const PATH: &str = "/api/v1/chats/records";

/// The extra routes of records and words.
pub(super) fn extras() -> Vec<Extra> {
    let n = || json!({ "type": "integer", "format": "int64" });
    let maybe = || json!({ "type": ["string", "null"] });
    let time = || json!({ "type": ["string", "null"], "format": "date-time" });
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    let days = |most: u32| json!({ "type": "integer", "minimum": 1, "maximum": most });
    let begun = json!({ "type": "object", "required": ["account"], "additionalProperties": false, "properties": {
        "account": { "type": ["string", "integer"] }, "days": days(MOST_DAYS) } });
    let word = object(json!({ "word": { "type": "string" }, "n": n() }));
    vec![
        Extra::new(&Method::GET, "/api/v1/chats/cloud", ("chats", "cloud"), "chats.view+inbox.view", cloud)
            .asks("account", json!({ "type": "string" }))
            .asks("days", days(figures::MOST_DAYS))
            .answers(object(json!({ "days": n(), "words": { "type": "array", "items": word } }))),
        Extra::new(&Method::GET, PATH, ("chats", "records"), "chats.view", show)
            .asks("account", json!({ "type": "string" }))
            .answers(object(json!({
                "enabled": { "type": "boolean" }, "read_until": time(), "read_back_to": time(), "read_at": time(),
                "problem": maybe(), "errcode": { "type": ["integer", "null"] }, "run": { "type": ["integer", "null"] },
            }))),
        Extra::new(&Method::POST, PATH, ("chats", "read_records"), "chats.serve", begin)
            .takes(begun)
            .answers_with(202, object(json!({ "run": n() })))
            .keyed(),
    ]
}

fn chats(call: &Call) -> Chats {
    Chats::new(&call.app.db, &call.app.registry)
}

#[derive(Debug, Deserialize)]
struct OfDays {
    account: Option<String>,
    days: Option<u32>,
}

/// `GET /api/v1/chats/cloud?account&days`
async fn cloud(call: Call) -> Answer {
    let asked: OfDays = call.query()?;
    let reach = match &asked.account {
        Some(which) => call.reach.only(call.find_account(which)?.account.id),
        None => call.reach.clone(),
    };
    let days = asked.days.unwrap_or(7).clamp(1, figures::MOST_DAYS);
    let words = crate::admin::words_of(&call.app, &reach, days).await.map_err(|error| call.refused(error))?;
    let words: Vec<_> = words.iter().map(|(word, n)| json!({ "word": word, "n": n })).collect();
    Ok(call.answer(&json!({ "days": days, "words": words })))
}

#[derive(Debug, Deserialize)]
struct OfAccount {
    account: String,
}

/// `GET /api/v1/chats/records?account`
async fn show(call: Call) -> Answer {
    let asked: OfAccount = call.query()?;
    let account = call.find_account(&asked.account)?.account.id;
    let (chats, runs) = (chats(&call), &call.app.admin.runs);
    let reading = chats.reading(&call.reach, account).await.map_err(|error| call.refused(error))?.unwrap_or_default();
    let run = chats.reading_back(runs, &call.reach, account).await.map_err(|error| call.refused(error))?;
    let second = |at: i64| Timestamp::from_second(at).unwrap_or_default().to_string();
    let read_at = reading.read_at.filter(|at| *at > 0);
    Ok(call.answer(&json!({
        "enabled": reading.enabled,
        "read_until": Some(reading.read_until).filter(|at| *at > 0).map(second),
        "read_back_to": reading.back_until.map(second),
        "read_at": read_at.map(|at| Timestamp::from_millisecond(at).unwrap_or_default().to_string()),
        "problem": reading.problem,
        "errcode": reading.errcode,
        "run": run.map(|run| run.id),
    })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    account: Which,
    days: Option<u32>,
}

/// `POST /api/v1/chats/records`: reads older records; it is steered as a run.
async fn begin(call: Call, body: Body) -> Answer {
    let asked: Begin = call.json(&call.body(body)?)?;
    let account = asked.account.live(&call)?.account.id;
    let (runs, days, form) = (&call.app.admin.runs, asked.days.unwrap_or(7), call.key());
    let begun = chats(&call).begin_reading_back(runs, &call.by(), &call.reach, account, days, form.as_deref()).await;
    let run = begun.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::ACCEPTED, json!({ "run": run }).to_string()))
}
