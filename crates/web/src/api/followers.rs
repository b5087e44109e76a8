//! Followers and their tags for programs: what is changed goes through WeChat.

use axum::http::{Method, StatusCode};
use puzi_shop::{
    followers::{Filter, Followers, Mark, Who, sync},
    inbox::{Bubble, Side, Speaker, Whose},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    records,
};

/// The extra routes of followers and tags.
pub(super) fn extras() -> Vec<Extra> {
    let one = "/api/v1/followers/{id}";
    let remark = json!({ "type": "object", "required": ["remark"], "additionalProperties": false,
        "properties": { "remark": { "type": "string", "x-max-bytes": 30 } } });
    let run = json!({ "type": "object", "properties": { "run": { "type": "integer", "format": "int64" } } });
    let name = json!({ "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": { "name": { "type": "string", "x-max-bytes": 30 } } });
    let new = json!({ "type": "object", "required": ["account", "name"], "additionalProperties": false,
        "properties": { "account": account(), "name": { "type": "string", "x-max-bytes": 30 } } });
    let tag = json!({ "type": "object", "properties": { "id": { "type": "integer", "format": "int64" } } });
    vec![
        Extra::new(&Method::PATCH, one, ("followers", "remark"), "followers.edit", set_remark)
            .takes(remark)
            .answers_nothing()
            .versioned()
            .calls_wechat(),
        Extra::new(&Method::GET, format!("{one}/timeline"), ("followers", "timeline"), "inbox.view", timeline)
            .asks("before", json!({ "type": "string" }))
            .answers(json!({ "type": "object" })),
        Extra::new(&Method::POST, "/api/v1/followers/mark", ("followers", "mark"), "followers.view", mark)
            .takes(mark_schema())
            .answers_with(202, run.clone())
            .keyed(),
        Extra::new(&Method::POST, "/api/v1/followers/sync", ("followers", "sync"), "followers.sync", start_sync)
            .takes(json!({ "type": "object", "required": ["account"], "additionalProperties": false, "properties": {
                "account": account(), "kind": { "type": "string", "enum": ["full", "recent"] } } }))
            .answers_with(202, run)
            .keyed(),
        Extra::new(&Method::POST, "/api/v1/tags", ("tags", "create"), "tags.create", create_tag)
            .takes(new)
            .answers_with(201, tag)
            .keyed()
            .calls_wechat(),
        Extra::new(&Method::PATCH, "/api/v1/tags/{id}", ("tags", "rename"), "tags.edit", rename_tag)
            .takes(name)
            .answers_nothing()
            .versioned()
            .calls_wechat(),
        Extra::new(&Method::DELETE, "/api/v1/tags/{id}", ("tags", "delete"), "tags.delete", delete_tag)
            .answers_nothing()
            .calls_wechat(),
    ]
}

fn account() -> Value {
    json!({ "type": ["string", "integer"] })
}

fn mark_schema() -> Value {
    let number = json!({ "type": "integer", "format": "int64" });
    let span = json!({ "type": "object", "additionalProperties": false, "properties": {
        "from": number, "until": number } });
    let filter = json!({ "type": "object", "additionalProperties": false, "properties": {
        "tag": number, "without_tag": number, "source": { "type": "string" }, "followed": span, "spoke": span,
        "subscribed": { "type": "boolean" }, "blocked": { "type": "boolean" }, "search": { "type": "string" } } });
    json!({ "type": "object", "required": ["account", "who", "what"], "additionalProperties": false, "properties": {
        "account": account(),
        "who": { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": {
            "ids": { "type": "array", "items": number, "maxItems": 1000 },
            "openids": { "type": "array", "items": { "type": "string" }, "maxItems": 1000 },
            "filter": filter } },
        "what": { "type": "string", "enum": ["tag", "untag", "block", "unblock"] },
        "tag": number,
        "all": { "type": "boolean" } } })
}

fn followers(call: &Call) -> Followers {
    Followers::new(&call.app.db, &call.app.registry)
}

fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

/// The number in the path; 404 for what is none.
fn number(call: &Call) -> Result<i64, super::Problem> {
    call.text("id").parse().map_err(|_| call.reader.problem(StatusCode::NOT_FOUND))
}

/// An account, by number or slug.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Which {
    Number(i64),
    Name(String),
}

impl Which {
    fn find(&self, call: &Call) -> Result<i64, super::Problem> {
        let which = match self {
            Self::Number(id) => id.to_string(),
            Self::Name(name) => name.clone(),
        };
        Ok(call.find_account(&which)?.account.id)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remark {
    remark: String,
}

/// `PATCH /api/v1/followers/{id}`
async fn set_remark(call: Call, body: Body) -> Answer {
    let (id, version) = (number(&call)?, call.version()?);
    let given: Remark = call.json(&call.body(body)?)?;
    let done = followers(&call).set_remark(&call.by(), &call.reach, id, Some(version), &given.remark).await;
    done.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::NO_CONTENT, String::new()))
}

#[derive(Debug, Deserialize)]
struct Before {
    before: Option<String>,
}

/// `GET /api/v1/followers/{id}/timeline`
async fn timeline(call: Call) -> Answer {
    let asked: Before = call.query()?;
    let follower = followers(&call).get(&call.reach, number(&call)?).await.map_err(|error| call.refused(error))?;
    let whose = Whose { account_id: follower.account_id, openid: follower.openid };
    let inbox = call.app.admin.inbox.seen_by(&call.reach);
    let page = inbox.timeline_of(&whose, asked.before.as_deref()).await.map_err(|error| call.refused(error))?;
    let entries: Vec<Value> = page
        .entries
        .iter()
        .map(|entry| {
            let side = match entry.side {
                Side::Them => "follower",
                Side::Us => "account",
                Side::Middle => "event",
            };
            let speaker = match &entry.speaker {
                Speaker::Follower => json!({ "kind": "follower" }),
                Speaker::Rule(rule) => json!({ "kind": "rule", "id": rule }),
                Speaker::Staff(name) => json!({ "kind": "staff", "name": name }),
                Speaker::Agent(name) => json!({ "kind": "agent", "name": name }),
            };
            let (kind, text) = match &entry.bubble {
                None => ("line", entry.line.as_ref().map(|line| line.kind.clone())),
                Some(Bubble::Text(text)) => ("text", Some(text.clone())),
                Some(Bubble::Event(event)) => ("event", Some(format!("{} {}", event.key, event.value))),
                Some(Bubble::Picture(_)) => ("image", None),
                Some(Bubble::Voice { words, .. }) => ("voice", words.clone()),
                Some(Bubble::Film { .. }) => ("video", None),
                Some(Bubble::Place { label, .. }) => ("location", Some(label.clone())),
                Some(Bubble::Link { title, .. }) => ("link", Some(title.clone())),
                Some(_) => ("other", None),
            };
            json!({ "key": entry.key, "at": rfc3339(entry.at), "side": side, "speaker": speaker, "kind": kind,
                "text": text.map(|text| text.trim().to_owned()) })
        })
        .collect();
    Ok(call.answer(&json!({ "data": entries, "before": page.older })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marking {
    account: Which,
    who: Meant,
    what: String,
    tag: Option<i64>,
    /// Says that a filter that asks for nothing is meant: everybody.
    #[serde(default)]
    all: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Meant {
    Ids(Vec<i64>),
    Openids(Vec<String>),
    Filter(Filter),
}

/// `POST /api/v1/followers/mark`
async fn mark(call: Call, body: Body) -> Answer {
    let asked: Marking = call.json(&call.body(body)?)?;
    let Some(what) = Mark::from_word(&asked.what, asked.tag) else {
        return Err(call.reader.problem(StatusCode::BAD_REQUEST));
    };
    if !call.actor.may(what.permission()) {
        return Err(call.reader.problem(StatusCode::FORBIDDEN).with("permission", what.permission()));
    }
    let account = asked.account.find(&call)?;
    let area = followers(&call);
    let who = match asked.who {
        Meant::Ids(ids) => Who::Ids(ids),
        // Row numbers are for `ids`; without them the filter would mean others than those named.
        Meant::Filter(filter) if !filter.ids.is_empty() => {
            return Err(call.refused(puzi_shop::Error::field("who.filter.ids", "followers.ids_in_filter")));
        }
        Meant::Filter(filter) if filter.is_everybody() && !asked.all => {
            return Err(call.refused(puzi_shop::Error::field("all", "followers.everybody_unsaid")));
        }
        Meant::Filter(filter) => Who::All(filter),
        Meant::Openids(openids) => {
            let ids = area.ids_of(&call.reach, account, &openids).await.map_err(|error| call.refused(error))?;
            Who::Ids(ids)
        }
    };
    let (runs, by) = (&call.app.admin.runs, call.by());
    let run = area.mark(runs, &by, &call.reach, account, (who, what), call.key().as_deref()).await;
    let run = run.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::ACCEPTED, json!({ "run": run }).to_string()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Syncing {
    account: Which,
    #[serde(default)]
    kind: Reading,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reading {
    #[default]
    Full,
    Recent,
}

/// `POST /api/v1/followers/sync`
async fn start_sync(call: Call, body: Body) -> Answer {
    let asked: Syncing = call.json(&call.body(body)?)?;
    let account = asked.account.find(&call)?;
    let all = asked.kind == Reading::Full;
    let runs = &call.app.admin.runs;
    let run = sync::begin(runs, &call.by(), &call.reach, account, all, call.key().as_deref()).await;
    let run = run.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::ACCEPTED, json!({ "run": run }).to_string()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTag {
    account: Which,
    name: String,
}

/// `POST /api/v1/tags`
async fn create_tag(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let asked: NewTag = call.json(&body)?;
    let account = asked.account.find(&call)?;
    call.once(StatusCode::CREATED, &body, async || {
        let id = followers(&call).create_tag(&call.by(), &call.reach, account, &asked.name).await?;
        Ok(json!({ "id": id }))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

/// `PATCH /api/v1/tags/{id}`
async fn rename_tag(call: Call, body: Body) -> Answer {
    let (id, version) = (number(&call)?, call.version()?);
    let given: Name = call.json(&call.body(body)?)?;
    let done = followers(&call).rename_tag(&call.by(), &call.reach, id, Some(version), &given.name).await;
    done.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::NO_CONTENT, String::new()))
}

/// `DELETE /api/v1/tags/{id}`
async fn delete_tag(call: Call) -> Answer {
    let done = followers(&call).delete_tag(&call.by(), &call.reach, number(&call)?).await;
    done.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::NO_CONTENT, String::new()))
}
