//! Broadcasts for programs: writing, submitting, approving, steering, and what became of it.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use puzi_shop::{
    Error,
    accounts::Reach,
    broadcasts::{
        Audience, Broadcast, Broadcasts, Content, MOST_GIVEN, NAME_CHARS, NewBroadcast, Part, PreviewTo, Quota,
        Resolved, Used, Whom,
    },
    followers::Filter,
    machine::Word,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    records,
};

const ALL: &str = "/api/v1/broadcasts";
const ONE: &str = "/api/v1/broadcasts/{id}";

/// The extra routes of broadcasts.
pub(super) fn extras() -> Vec<Extra> {
    let (post, get) = (Method::POST, Method::GET);
    let at = |rest: &str| format!("{ONE}{rest}");
    let text = || json!({ "type": "string" });
    let object = |required: Value, properties: Value| json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties });
    let digest =
        || object(json!(["digest"]), json!({ "digest": { "type": "string", "minLength": 64, "maxLength": 64 } }));
    let to = || object(json!([]), json!({ "to": { "type": "string", "minLength": 1, "maxLength": 64 } }));
    let why = || object(json!(["why"]), json!({ "why": { "type": "string", "minLength": 1, "maxLength": 500 } }));
    let decided =
        || object(json!(["decided"]), json!({ "decided": { "type": "string", "enum": ["not_sent", "was_sent"] } }));
    vec![
        Extra::new(&post, ALL, ("broadcasts", "create"), "broadcasts.create", create)
            .takes(body_schema(true))
            .answers_with(201, schema())
            .keyed(),
        Extra::new(&Method::PATCH, ONE, ("broadcasts", "edit"), "broadcasts.edit", edit)
            .takes(body_schema(false))
            .answers(schema())
            .versioned(),
        Extra::new(&post, at("/submit"), ("broadcasts", "submit"), "broadcasts.submit", submit)
            .answers_with(202, schema())
            .versioned(),
        Extra::new(&post, at("/approve"), ("broadcasts", "approve"), "broadcasts.approve", approve)
            .takes(digest())
            .answers(schema())
            .versioned(),
        Extra::new(&post, at("/reject"), ("broadcasts", "reject"), "broadcasts.reject", reject)
            .takes(why())
            .answers(schema()),
        Extra::new(&post, at("/cancel"), ("broadcasts", "cancel"), "broadcasts.cancel", cancel).answers(schema()),
        Extra::new(&post, at("/stop"), ("broadcasts", "stop"), "broadcasts.stop", stop).answers(schema()),
        Extra::new(&post, at("/retry"), ("broadcasts", "retry"), "broadcasts.retry", retry).answers(schema()),
        Extra::new(&post, at("/revoke"), ("broadcasts", "revoke"), "broadcasts.revoke", revoke)
            .answers(schema())
            .calls_wechat(),
        Extra::new(&post, at("/preview"), ("broadcasts", "preview"), "broadcasts.preview", preview)
            .takes(to())
            .answers(json!({
                "type": "object", "required": ["to", "state"],
                "properties": {
                    "to": text(), "state": { "type": "string", "enum": ["sent", "failed", "unknown"] },
                    "errcode": { "type": ["integer", "null"] }, "error": { "type": ["string", "null"] },
                    "rid": { "type": ["string", "null"] },
                },
            }))
            .calls_wechat(),
        Extra::new(&post, at("/parts/{number}/resolve"), ("broadcasts", "resolve"), "broadcasts.approve", resolve)
            .takes(decided())
            .answers(schema()),
        Extra::new(&get, at("/results"), ("broadcasts", "results"), "broadcasts.view", results)
            .answers(json!({ "type": "object" })),
        Extra::new(&get, "/api/v1/broadcasts/quota", ("broadcasts", "quota"), "broadcasts.view", quota)
            .asks("account", text())
            .answers(json!({ "type": "object" })),
    ]
}

fn broadcasts(call: &Call) -> Broadcasts {
    Broadcasts::new(&call.app.db, &call.app.registry)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    account_id: Option<i64>,
    name: String,
    content: Content,
    audience: Option<To>,
    #[serde(default)]
    ignore_reprint: bool,
    speed: Option<i64>,
    at: Option<Timestamp>,
}

/// To whom, as a program says it.
#[derive(Deserialize)]
#[serde(tag = "to", rename_all = "lowercase", deny_unknown_fields)]
enum To {
    All {},
    Tag { tag: i64 },
    Filter { filter: Filter },
    List { openids: Vec<String> },
}

impl Given {
    fn into_new(self) -> NewBroadcast {
        let whom = self.audience.map(|to| match to {
            To::All {} => Whom::All,
            To::Tag { tag } => Whom::Tag(tag),
            To::Filter { filter } => Whom::Filter(filter),
            To::List { openids } => {
                let mut seen = std::collections::HashSet::new();
                let openids = openids.into_iter().filter(|openid| seen.insert(openid.clone())).collect();
                Whom::Given { name: "API".into(), openids }
            }
        });
        NewBroadcast {
            name: self.name,
            content: self.content,
            whom,
            ignore_reprint: self.ignore_reprint,
            speed: self.speed,
            at: self.at.map(Timestamp::as_millisecond),
        }
    }
}

/// `POST /api/v1/broadcasts`
async fn create(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let given: Given = call.json(&body)?;
    let account = given.account_id.unwrap_or_default();
    if !call.reach.sees(account) || call.app.registry.by_id(account).is_none() {
        return Err(call.refused(Error::field("account_id", "webhooks.no_account")));
    }
    let new = given.into_new();
    call.once(StatusCode::CREATED, &body, async || {
        let all = broadcasts(&call);
        let id = all.create(&call.by(), &call.reach, account, new).await?;
        Ok(shown(&all.get(&Reach::All, id).await?))
    })
    .await
}

/// `PATCH /api/v1/broadcasts/{id}`: the whole of it; without `audience` it goes to whom it went.
async fn edit(call: Call, body: Body) -> Answer {
    let (id, version) = (call.number("id")?, call.version()?);
    let body = call.body(body)?;
    let given: Given = call.json(&body)?;
    if given.account_id.is_some() {
        return Err(call.refused(Error::field("account_id", "webhooks.account_stays")));
    }
    let edited = broadcasts(&call).edit(&call.by(), &call.reach, id, version, given.into_new()).await;
    now(&call, id, edited).await
}

/// The broadcast as it stands, after something was done to it.
async fn now(call: &Call, id: i64, done: puzi_shop::Result<()>) -> Answer {
    done.map_err(|error| call.refused(error))?;
    let broadcast = broadcasts(call).get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    Ok(call.answer_version(&shown(&broadcast), broadcast.version))
}

/// `POST /api/v1/broadcasts/{id}/submit`
async fn submit(call: Call) -> Answer {
    let (id, version) = (call.number("id")?, call.version()?);
    let done = broadcasts(&call).submit(&call.by(), &call.reach, id, version).await;
    done.map_err(|error| call.refused(error))?;
    let broadcast = broadcasts(&call).get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::ACCEPTED, shown(&broadcast).to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookedAt {
    digest: String,
}

/// `POST /api/v1/broadcasts/{id}/approve`
async fn approve(call: Call, body: Body) -> Answer {
    let (id, version) = (call.number("id")?, call.version()?);
    let body = call.body(body)?;
    let LookedAt { digest } = call.json(&body)?;
    let done = broadcasts(&call).approve(&call.by(), &call.reach, id, version, &digest).await;
    now(&call, id, done).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    why: String,
}

/// `POST /api/v1/broadcasts/{id}/reject`
async fn reject(call: Call, body: Body) -> Answer {
    let id = call.number("id")?;
    let body = call.body(body)?;
    let Why { why } = call.json(&body)?;
    let done = broadcasts(&call).reject(&call.by(), &call.reach, id, &why).await;
    now(&call, id, done).await
}

/// `POST /api/v1/broadcasts/{id}/cancel`
async fn cancel(call: Call) -> Answer {
    let id = call.number("id")?;
    let done = broadcasts(&call).cancel(&call.by(), &call.reach, id).await;
    now(&call, id, done).await
}

/// `POST /api/v1/broadcasts/{id}/stop`
async fn stop(call: Call) -> Answer {
    let id = call.number("id")?;
    let done = broadcasts(&call).stop(&call.by(), &call.reach, id).await;
    now(&call, id, done).await
}

/// `POST /api/v1/broadcasts/{id}/retry`
async fn retry(call: Call) -> Answer {
    let id = call.number("id")?;
    let done = broadcasts(&call).retry(&call.by(), &call.reach, id).await;
    now(&call, id, done).await
}

/// `POST /api/v1/broadcasts/{id}/revoke`
async fn revoke(call: Call) -> Answer {
    let id = call.number("id")?;
    let done = broadcasts(&call).revoke(&call.by(), &call.reach, id).await;
    now(&call, id, done).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phone {
    to: Option<String>,
}

/// `POST /api/v1/broadcasts/{id}/preview`
async fn preview(call: Call, body: Body) -> Answer {
    let id = call.number("id")?;
    let body = call.body(body)?;
    let Phone { to } = call.json(&body)?;
    let to = to.map_or(PreviewTo::Own, PreviewTo::Whom);
    let told = broadcasts(&call).preview(&call.by(), &call.reach, id, to).await.map_err(|error| call.refused(error))?;
    Ok(call.answer(&json!({
        "to": told.to, "state": told.state.word(), "errcode": told.errcode, "error": told.error, "rid": told.rid,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    decided: String,
}

/// `POST /api/v1/broadcasts/{id}/parts/{number}/resolve`: `{number}` is the part's own row number, its `id`.
async fn resolve(call: Call, body: Body) -> Answer {
    let (id, part) = (call.number("id")?, call.number("number")?);
    let body = call.body(body)?;
    let Decided { decided } = call.json(&body)?;
    let decided = Resolved::read(&decided).ok_or_else(|| call.reader.problem(StatusCode::BAD_REQUEST))?;
    let done = broadcasts(&call).resolve(&call.by(), &call.reach, (id, part), decided).await;
    now(&call, id, done).await
}

/// `GET /api/v1/broadcasts/{id}/results`
async fn results(call: Call) -> Answer {
    let results = broadcasts(&call).results(&call.reach, call.number("id")?).await;
    let results = results.map_err(|error| call.refused(error))?;
    let copyright = results.copyright.iter().map(|line| {
        json!({
            "article": line.article, "audit": line.audit, "original_url": line.original_url,
            "can_reprint": line.can_reprint,
        })
    });
    Ok(call.answer(&json!({
        "broadcast": shown(&results.broadcast), "total": results.total, "sent": results.sent, "errors": results.errors,
        "filtered_out": results.filtered_out, "uncounted_parts": results.uncounted,
        "parts": results.parts.iter().map(part).collect::<Vec<_>>(),
        "dropped": results.dropped.iter().map(|one| json!({ "openid": one.openid, "why": one.dropped })).collect::<Vec<_>>(),
        "copyright": copyright.collect::<Vec<_>>(), "urls": results.urls,
    })))
}

#[derive(Deserialize)]
struct OfAccount {
    account: Option<String>,
}

/// `GET /api/v1/broadcasts/quota?account`
async fn quota(call: Call) -> Answer {
    let asked: OfAccount = call.query()?;
    let account = call.find_account(asked.account.as_deref().unwrap_or_default())?.account.id;
    let quota = broadcasts(&call).quota(&call.reach, account).await.map_err(|error| call.refused(error))?;
    Ok(call.answer(&quota_json(&quota)))
}

fn quota_json(quota: &Quota) -> Value {
    let used = |used: Used| json!({ "limit": used.limit, "used": used.used, "left": used.left(), "until": moment(used.until) });
    json!({
        "kind": quota.kind.word(), "month_to_all": used(quota.month), "day": used(quota.day),
        "previews": used(quota.previews), "from": "what went out through Puzi",
    })
}

fn part(part: &Part) -> Value {
    json!({
        "id": part.id, "number": part.number, "people": part.until_position - part.from_position,
        "state": part.state.word(), "clientmsgid": part.clientmsgid, "tries": part.tries, "msg_id": part.msg_id,
        "msg_data_id": part.msg_data_id, "accepted_at": part.accepted_at.map(moment), "result": part.result,
        "total": part.total, "filtered": part.filtered, "sent": part.sent, "errors": part.errors,
        "errcode": part.errcode, "error": part.error, "rid": part.rid,
    })
}

fn shown(one: &Broadcast) -> Value {
    let audience = match &one.audience {
        Audience::File { name, count } => json!({ "to": "list", "name": name, "count": count }),
        other => json!(other),
    };
    json!({
        "id": one.id, "account_id": one.account_id, "name": one.name, "content": one.content, "audience": audience,
        "ignore_reprint": one.ignore_reprint, "speed": one.speed, "at": one.at.map(moment), "state": one.state.word(),
        "frozen": one.frozen, "over_quota": one.over_quota, "left_out": one.left_out, "digest": one.digest,
        "made_name": one.made_name, "submitted_name": one.submitted_name, "submitted_at": one.submitted_at.map(moment),
        "approved_name": one.approved_name, "approved_at": one.approved_at.map(moment), "alone": one.alone,
        "error": one.error, "version": one.version, "created_at": moment(one.created_at),
        "finished_at": one.finished_at.map(moment),
    })
}

fn moment(at: i64) -> String {
    Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}

fn schema() -> Value {
    json!({
        "type": "object", "required": ["id", "account_id", "name", "content", "audience", "state", "version"],
        "properties": {
            "id": { "type": "integer", "format": "int64" }, "account_id": { "type": "integer", "format": "int64" },
            "name": { "type": "string" }, "content": { "type": "object" }, "audience": { "type": "object" },
            "state": { "type": "string" }, "frozen": { "type": "integer" }, "digest": { "type": ["string", "null"] },
            "version": { "type": "integer", "format": "int64" },
        },
    })
}

fn body_schema(new: bool) -> Value {
    let id = || json!({ "type": "integer", "format": "int64", "minimum": 1 });
    let kind = |word: &str, required: Value, mut properties: Value| {
        properties["kind"] = json!({ "const": word });
        json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
    };
    let to = |word: &str, required: Value, mut properties: Value| {
        properties["to"] = json!({ "const": word });
        json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
    };
    let text = || json!({ "type": "string" });
    let ids = || json!({ "type": "array", "minItems": 1, "items": id() });
    let openids = json!({ "type": "array", "minItems": 2, "maxItems": MOST_GIVEN, "items": text() });
    let video = json!({ "material_id": id(), "title": text(), "description": text() });
    let pictures = json!({ "materials": ids(), "recommend": text(), "comments": { "type": "boolean" } });
    let mut schema = json!({
        "type": "object", "additionalProperties": false, "required": ["name", "content"],
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": NAME_CHARS },
            "content": { "oneOf": [
                kind("text", json!(["kind", "text"]), json!({ "text": { "type": "string", "minLength": 1 } })),
                kind("mpnews", json!(["kind", "draft_id"]), json!({ "draft_id": id() })),
                kind("image", json!(["kind", "materials"]), pictures),
                kind("voice", json!(["kind", "material_id"]), json!({ "material_id": id() })),
                kind("mpvideo", json!(["kind", "material_id", "title"]), video),
            ] },
            "audience": { "oneOf": [
                to("all", json!(["to"]), json!({})),
                to("tag", json!(["to", "tag"]), json!({ "tag": id() })),
                to("filter", json!(["to", "filter"]), json!({ "filter": { "type": "object" } })),
                to("list", json!(["to", "openids"]), json!({ "openids": openids })),
            ] },
            "ignore_reprint": { "type": "boolean" },
            "speed": { "type": ["integer", "null"], "minimum": 0, "maximum": 4 },
            "at": { "type": ["string", "null"], "format": "date-time" },
        },
    });
    if new {
        schema["properties"]["account_id"] = id();
        schema["required"] = json!(["account_id", "name", "content", "audience"]);
    }
    schema
}
