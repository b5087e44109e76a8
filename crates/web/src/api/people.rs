//! Followers for programs, beside what is changed of them: growth, notes, asking WeChat once more.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::{Method, StatusCode};
use jiff::civil::Date;
use puzi_shop::{
    accounts::LiveAccount,
    db::now_ms,
    followers::{
        Followers,
        growth::{self, MOST_DAYS, Sums, day_of},
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    problem::Problem,
    records,
};

/// The days that are told when none are named.
const DAYS: i64 = 30;

/// The extra routes of followers that change nothing at WeChat.
pub(super) fn extras() -> Vec<Extra> {
    let (get, post) = (Method::GET, Method::POST);
    let account = || json!({ "type": ["string", "integer"] });
    let n = || json!({ "type": "integer", "format": "int64" });
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    let sums = |first: Value| {
        let mut properties = json!({ "source": { "type": "string" }, "followed": n(), "left": n(), "found_left": n(),
            "imported": n() });
        if !first.is_null() {
            properties["day"] = first;
        }
        json!({ "type": "array", "items": { "type": "object", "properties": properties } })
    };
    let note = json!({ "type": "object", "required": ["text"], "additionalProperties": false,
        "properties": { "text": { "type": "string", "minLength": 1 } } });
    let of_account = json!({ "type": "object", "required": ["account"], "additionalProperties": false,
        "properties": { "account": account() } });
    vec![
        Extra::new(&get, "/api/v1/followers/growth", ("followers", "growth"), "followers.view", show_growth)
            .asks("account", json!({ "type": "string" }))
            .asks("days", json!({ "type": "integer", "minimum": 1, "maximum": MOST_DAYS }))
            .answers(object(json!({
                "from": { "type": "string", "format": "date" }, "until": { "type": "string", "format": "date" },
                "net": n(), "days": sums(json!({ "type": "string", "format": "date" })), "sources": sums(Value::Null),
            }))),
        Extra::new(&post, "/api/v1/followers/{id}/notes", ("followers", "note"), "inbox.note", note_on)
            .takes(note)
            .answers_with(201, object(json!({ "chat": n() })))
            .keyed(),
        Extra::new(&post, "/api/v1/followers/{id}/refresh", ("followers", "refresh"), "followers.sync", refresh)
            .answers_nothing()
            .calls_wechat(),
        Extra::new(&post, "/api/v1/tags/refresh", ("tags", "refresh"), "tags.create", refresh_tags)
            .takes(of_account)
            .answers(object(json!({ "tags": n() })))
            .calls_wechat(),
    ]
}

/// An account in a body, by number or slug.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Which {
    /// By row number.
    Number(i64),
    /// By slug, or by row number in words.
    Name(String),
}

impl Which {
    /// The account; 404 when it is not seen.
    pub(super) fn live(&self, call: &Call) -> Result<Arc<LiveAccount>, Problem> {
        match self {
            Self::Number(id) => call.find_account(&id.to_string()),
            Self::Name(name) => call.find_account(name),
        }
    }
}

#[derive(Debug, Deserialize)]
struct OfDays {
    account: String,
    days: Option<i64>,
}

/// `GET /api/v1/followers/growth?account&days`
async fn show_growth(call: Call) -> Answer {
    let asked: OfDays = call.query()?;
    let account = call.find_account(&asked.account)?.account.id;
    let days = asked.days.unwrap_or(DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(call.refused(puzi_shop::Error::field("days", "followers.growth.too_long")));
    }
    let today = day_of(now_ms(), &call.app.admin.zone);
    let from = today - days + 1;
    let booked = growth::days(&call.app.db, &call.reach, account, from, today).await;
    let booked = booked.map_err(|error| call.refused(error))?;
    let mut sources: BTreeMap<&str, Sums> = BTreeMap::new();
    let mut net = 0;
    for one in &booked {
        let (all, sums) = (sources.entry(&one.source).or_default(), one.sums);
        all.followed += sums.followed;
        all.left += sums.left;
        all.found_left += sums.found_left;
        all.imported += sums.imported;
        net += sums.followed - sums.left - sums.found_left;
    }
    let told = |source: &str, sums: Sums| {
        json!({ "source": source, "followed": sums.followed, "left": sums.left, "found_left": sums.found_left,
            "imported": sums.imported })
    };
    let days = booked.iter().map(|one| {
        let mut day = told(&one.source, one.sums);
        day["day"] = date(one.day).into();
        day
    });
    let days: Vec<_> = days.collect();
    let sources: Vec<_> = sources.into_iter().map(|(source, sums)| told(source, sums)).collect();
    Ok(call.answer(&json!({ "from": date(from), "until": date(today), "net": net, "days": days, "sources": sources })))
}

/// A day since 1970 as programs read it.
fn date(day: i64) -> String {
    let days = jiff::Span::new().try_days(day).unwrap_or_default();
    Date::constant(1970, 1, 1).checked_add(days).unwrap_or_default().to_string()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
}

/// `POST /api/v1/followers/{id}/notes`: also on somebody who never wrote. It is signed by the token's member.
async fn note_on(call: Call, body: Body) -> Answer {
    let (id, body) = (call.number("id")?, call.body(body)?);
    let note: Note = call.json(&body)?;
    let area = Followers::new(&call.app.db, &call.app.registry);
    let follower = area.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    let member = call.actor.member.ok_or_else(|| call.reader.problem(StatusCode::FORBIDDEN))?;
    let member = call.app.staff.get(member).await.map_err(|error| call.refused(error))?;
    let inbox = call.app.admin.inbox.seen_by(&call.reach);
    call.once(StatusCode::CREATED, &body, async || {
        let chat =
            inbox.note_on(follower.account_id, &follower.openid, &note.text, (Some(member.id), &member.name)).await?;
        Ok(json!({ "chat": chat }))
    })
    .await
}

/// `POST /api/v1/followers/{id}/refresh`
async fn refresh(call: Call) -> Answer {
    let area = Followers::new(&call.app.db, &call.app.registry);
    area.refresh(&call.reach, call.number("id")?, &call.app.admin.zone).await.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::NO_CONTENT, String::new()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfAccount {
    account: Which,
}

/// `POST /api/v1/tags/refresh`: reads WeChat's list again.
async fn refresh_tags(call: Call, body: Body) -> Answer {
    let asked: OfAccount = call.json(&call.body(body)?)?;
    let account = asked.account.live(&call)?.account.id;
    let area = Followers::new(&call.app.db, &call.app.registry);
    let count = area.read_tags(&call.reach, account).await.map_err(|error| call.refused(error))?;
    Ok(call.answer(&json!({ "tags": count })))
}
