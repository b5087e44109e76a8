//! Chats for programs: what was said in one, as a file too; the figures; who serves whom.

use axum::{
    body::Body as Bytes,
    http::{HeaderValue, Method, header},
    response::IntoResponse,
};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use puzi_shop::{
    chats::{
        Chats,
        export::{Ask, Format, Line},
        figures::{self, Figures},
        sessions::{Agent, Served},
    },
    followers,
    inbox::Whose,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
};

/// The extra routes of chats.
pub(super) fn extras() -> Vec<Extra> {
    let text = || json!({ "type": "string" });
    let time = || json!({ "type": "string", "format": "date-time" });
    let n = || json!({ "type": "integer" });
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    let list = |item: Value| json!({ "type": "array", "items": item });
    let line = object(json!({
        "key": text(), "at": time(), "who": { "type": "string", "enum": ["follower", "rule", "staff", "agent", "event"] },
        "name": text(), "kind": text(), "text": text(), "state": { "type": ["string", "null"] },
    }));
    let session = object(json!({
        "openid": text(), "state": { "type": "string", "enum": ["waiting", "open", "moving"] }, "kf_account": text(),
        "since": time(), "moving_to": { "type": ["string", "null"] }, "chat": { "type": ["integer", "null"] }, "version": n(),
    }));
    let agent = object(json!({
        "kf_account": text(), "nickname": text(), "online": { "type": "boolean" }, "bound": { "type": "boolean" },
    }));
    let board = object(json!({
        "waiting": list(session.clone()), "waiting_count": n(), "open": list(session), "agents": list(agent),
        "listed_at": { "type": ["string", "null"], "format": "date-time" }, "problem": { "type": ["string", "null"] },
    }));
    let deed = json!({
        "type": "object", "required": ["account", "openid", "what", "version"], "additionalProperties": false,
        "properties": {
            "account": text(), "openid": text(), "what": { "type": "string", "enum": ["open", "close", "move"] },
            "kf_account": text(), "version": n(),
        },
    });
    let of_days = object(json!({
        "days": n(), "asked": n(), "at_once": n(), "by_staff": n(), "by_agent": n(), "waits": n(), "waiting_now": n(),
        "half_within_ms": { "type": ["integer", "null"] }, "most_within_ms": { "type": ["integer", "null"] },
        "within": { "type": "object", "additionalProperties": n() },
        "by_hour": list(object(json!({ "asked": n(), "said": n() }))),
        "people": list(object(json!({ "by": text(), "name": text(), "waits": n(), "average_ms": n() }))),
    }));
    vec![
        Extra::new(
            &Method::GET,
            "/api/v1/chats/{id}/messages",
            ("chats", "messages"),
            "chats.view+inbox.view",
            messages,
        )
        .asks("older", text())
        .answers(object(json!({ "messages": list(line), "older": { "type": ["string", "null"] } }))),
        Extra::new(&Method::GET, "/api/v1/chats/{id}/export", ("chats", "export"), "chats.export+inbox.view", export)
            .asks("as", json!({ "type": "string", "enum": Format::ALL }))
            .asks("from", time())
            .asks("until", time())
            .gives("application/x-ndjson"),
        Extra::new(&Method::GET, "/api/v1/chats/figures", ("chats", "figures"), "chats.view", figures)
            .asks("account", text())
            .asks("days", json!({ "type": "integer", "minimum": 1, "maximum": figures::MOST_DAYS }))
            .answers(of_days),
        Extra::new(&Method::GET, "/api/v1/chats/sessions", ("chats", "sessions"), "chats.view", sessions)
            .asks("account", text())
            .answers(board.clone())
            .calls_wechat(),
        Extra::new(&Method::POST, "/api/v1/chats/sessions", ("chats", "serve"), "chats.serve", serve)
            .takes(deed)
            .answers(board)
            .calls_wechat(),
    ]
}

fn chats(call: &Call) -> Chats {
    Chats::new(&call.app.db, &call.app.registry)
}

fn time(at: i64) -> String {
    Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}

#[derive(Deserialize)]
struct Older {
    older: Option<String>,
}

/// `GET /api/v1/chats/{id}/messages?older`
async fn messages(call: Call) -> Answer {
    let (id, asked): (i64, Older) = (call.number("id")?, call.query()?);
    let seen = call.app.admin.inbox.seen_by(&call.reach);
    let page = seen.timeline(id, asked.older.as_deref()).await.map_err(|error| call.refused(error))?;
    let messages: Vec<_> = page.entries.iter().map(|entry| Line::of(entry).json(entry)).collect();
    Ok(call.answer(&json!({ "messages": messages, "older": page.older })))
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "as")]
    format: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// `GET /api/v1/chats/{id}/export?as&from&until`
async fn export(call: Call) -> Answer {
    let (id, asked): (i64, File) = (call.number("id")?, call.query()?);
    let Some(format) = Format::read(asked.format.as_deref().unwrap_or("jsonl")) else {
        return Err(call.reader.problem(axum::http::StatusCode::BAD_REQUEST));
    };
    let inbox = &call.app.admin.inbox;
    let chat = inbox.seen_by(&call.reach).chat(id).await.map_err(|error| call.refused(error))?;
    let found =
        followers::find(&call.app.db, chat.account_id, &chat.openid).await.map_err(|error| call.refused(error))?;
    let ask = Ask {
        name: found.and_then(|follower| follower.nickname).unwrap_or_else(|| followers::code(&chat.openid)),
        whose: Whose { account_id: chat.account_id, openid: chat.openid },
        format,
        from: asked.from.map(Timestamp::as_millisecond),
        until: asked.until.map(Timestamp::as_millisecond),
        zone: call.app.admin.zone.clone(),
        locale: call.reader.locale,
    };
    let pieces = chats(&call).export(&call.by(), &call.reach, inbox, id, ask).await;
    let pieces = pieces.map_err(|error| call.refused(error))?;
    let body = Bytes::from_stream(pieces.inspect_err(move |error| {
        tracing::error!(%error, chat = id, "a conversation's file broke off");
    }));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, body).into_response())
}

#[derive(Deserialize)]
struct OfDays {
    account: Option<String>,
    days: Option<u32>,
}

/// `GET /api/v1/chats/figures?account&days`
async fn figures(call: Call) -> Answer {
    let asked: OfDays = call.query()?;
    let reach = match &asked.account {
        Some(which) => call.reach.only(call.find_account(which)?.account.id),
        None => call.reach.clone(),
    };
    let figures = chats(&call).figures(&reach, asked.days.unwrap_or(7), &call.app.admin.zone).await;
    Ok(call.answer(&as_json(&figures.map_err(|error| call.refused(error))?)))
}

fn as_json(figures: &Figures) -> Value {
    let people = figures.people.iter().map(|person| {
        let average = person.wait_ms / person.waits.max(1);
        json!({ "by": person.by_kind, "name": person.name, "waits": person.waits, "average_ms": average })
    });
    json!({
        "days": figures.days, "asked": figures.asked, "at_once": figures.at_once, "by_staff": figures.by_staff,
        "by_agent": figures.by_agent, "waits": figures.waits, "waiting_now": figures.waiting.n,
        "half_within_ms": figures.half_within, "most_within_ms": figures.most_within,
        "within": figures::lengths(figures),
        "by_hour": figures.by_hour.iter().map(|hour| json!({ "asked": hour.asked, "said": hour.said })).collect::<Vec<_>>(),
        "people": people.collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
struct OfAccount {
    account: String,
}

/// `GET /api/v1/chats/sessions?account`
async fn sessions(call: Call) -> Answer {
    let asked: OfAccount = call.query()?;
    let account = call.find_account(&asked.account)?.account.id;
    board(&call, account).await
}

async fn board(call: &Call, account: i64) -> Answer {
    let board = chats(call).board(&call.reach, account).await.map_err(|error| call.refused(error))?;
    let served = |served: &Served| {
        let session = &served.session;
        use puzi_shop::chats::sessions::State;
        let state = match session.state() {
            State::Waiting => "waiting",
            State::Open => "open",
            State::Moving => "moving",
            State::Closed => "closed",
        };
        json!({
            "openid": session.openid, "state": state, "kf_account": session.kf_account, "since": time(session.since),
            "moving_to": session.moving_to, "chat": served.chat_id, "version": session.version,
        })
    };
    let agent = |agent: &Agent| json!(agent);
    Ok(call.answer(&json!({
        "waiting": board.waiting.iter().map(served).collect::<Vec<_>>(), "waiting_count": board.waiting_count,
        "open": board.open.iter().map(served).collect::<Vec<_>>(),
        "agents": board.agents.iter().map(agent).collect::<Vec<_>>(),
        "listed_at": board.listed_at.map(time), "problem": board.problem,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deed {
    account: String,
    openid: String,
    what: String,
    #[serde(default)]
    kf_account: String,
    version: i64,
}

/// `POST /api/v1/chats/sessions`
async fn serve(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let deed: Deed = call.json(&body)?;
    let account = call.find_account(&deed.account)?.account.id;
    let (chats, by, reach) = (chats(&call), call.by(), &call.reach);
    let Deed { openid, kf_account, version, .. } = &deed;
    let done = match deed.what.as_str() {
        "open" => chats.open(&by, reach, account, openid, kf_account, *version).await,
        "close" => chats.close(&by, reach, account, openid, *version).await,
        "move" => chats.hand_over(&by, reach, account, openid, kf_account, *version).await,
        _ => return Err(call.reader.problem(axum::http::StatusCode::BAD_REQUEST)),
    };
    done.map_err(|error| call.refused(error))?;
    board(&call, account).await
}
