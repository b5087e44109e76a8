//! Drafts for programs: writing them, and what happened to one. Saving, publishing and taking away are the resource's actions.

use axum::http::{Method, StatusCode};
use puzi_shop::drafts::{
    Article,
    article::{AUTHOR_CHARS, DIGEST_CHARS, MOST, PICTURES, TITLE_CHARS, URL_BYTES},
    entity::Model,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    materials::account_word,
    records,
};

const ALL: &str = "/api/v1/drafts";
const ONE: &str = "/api/v1/drafts/{id}";

/// The extra routes of drafts.
pub(super) fn extras() -> Vec<Extra> {
    vec![
        Extra::new(&Method::POST, ALL, ("drafts", "create"), "drafts.create", create)
            .takes(json!({
                "type": "object", "required": ["account", "articles"], "additionalProperties": false,
                "properties": { "account": { "type": ["string", "integer"] }, "articles": articles_schema() },
            }))
            .answers_with(201, schema())
            .keyed(),
        Extra::new(&Method::PATCH, ONE, ("drafts", "edit"), "drafts.edit", edit)
            .takes(json!({
                "type": "object", "required": ["articles"], "additionalProperties": false,
                "properties": { "articles": articles_schema() },
            }))
            .answers(schema())
            .versioned(),
        Extra::new(&Method::GET, format!("{ONE}/history"), ("drafts", "history"), "drafts.view", history).answers(
            json!({
                "type": "object", "required": ["events"],
                "properties": { "events": { "type": "array", "items": {
                    "type": "object", "required": ["event", "from", "to", "who", "at"],
                    "properties": {
                        "event": { "type": "string" }, "from": { "type": "string" }, "to": { "type": "string" },
                        "who": { "type": "string", "enum": ["staff", "clock", "wechat"] }, "by": { "type": "string" },
                        "why": { "type": "string" }, "at": { "type": "string", "format": "date-time" },
                    },
                } } },
            }),
        ),
        Extra::new(&Method::POST, format!("{ONE}/decide"), ("drafts", "decide"), "drafts.publish", decide)
            .takes(json!({
                "type": "object", "required": ["published"], "additionalProperties": false,
                "properties": { "published": { "type": "boolean" } },
            }))
            .answers(schema()),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    /// Slug or row number.
    account: Value,
    articles: Vec<Article>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    articles: Vec<Article>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    published: bool,
}

/// `POST /api/v1/drafts`
async fn create(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let New { account, articles } = call.json(&body)?;
    let account = call.find_account(&account_word(&account))?.account.id;
    call.once(StatusCode::CREATED, &body, async || {
        let draft = call.app.admin.drafts.create(&call.by(), &call.reach, account, articles).await?;
        Ok(shown(&draft))
    })
    .await
}

/// `PATCH /api/v1/drafts/{id}`
async fn edit(call: Call, body: Body) -> Answer {
    let (id, version) = (call.number("id")?, call.version()?);
    let body = call.body(body)?;
    let Edit { articles } = call.json(&body)?;
    let edited = call.app.admin.drafts.edit(&call.by(), &call.reach, id, version, articles).await;
    let draft = edited.map_err(|error| call.refused(error))?;
    Ok(call.answer_version(&shown(&draft), draft.version))
}

/// `GET /api/v1/drafts/{id}/history`
async fn history(call: Call) -> Answer {
    let found = call.app.admin.drafts.history(&call.reach, call.number("id")?).await;
    let events = found.map_err(|error| call.refused(error))?;
    let events = events.iter().map(|one| {
        json!({
            "event": one.event, "from": one.from_state, "to": one.to_state, "who": one.who, "by": one.by,
            "why": one.why, "at": moment(one.at),
        })
    });
    Ok(call.answer(&json!({ "events": events.collect::<Vec<_>>() })))
}

/// `POST /api/v1/drafts/{id}/decide`
async fn decide(call: Call, body: Body) -> Answer {
    let id = call.number("id")?;
    let body = call.body(body)?;
    let Decided { published } = call.json(&body)?;
    let drafts = &call.app.admin.drafts;
    let decided = drafts.decide(&call.by(), &call.reach, id, published).await;
    decided.map_err(|error| call.refused(error))?;
    let draft = drafts.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::OK, shown(&draft).to_string()))
}

fn moment(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}

/// A draft as the resource tells it.
fn shown(draft: &Model) -> Value {
    json!({
        "id": draft.id, "account_id": draft.account_id, "title": draft.title, "articles": draft.list(),
        "state": draft.state, "media_id": draft.media_id, "saved_version": draft.saved_version,
        "publish_id": draft.publish_id, "article_id": draft.article_id, "urls": draft.addresses(),
        "refused": draft.refusals(), "error": draft.error, "errcode": draft.errcode, "rid": draft.rid,
        "version": draft.version, "created_at": moment(draft.created_at),
    })
}

fn articles_schema() -> Value {
    let id = json!({ "type": "integer", "format": "int64", "minimum": 1 });
    json!({
        "type": "array", "minItems": 1, "maxItems": MOST, "items": {
            "type": "object", "additionalProperties": false,
            "properties": {
                "kind": { "type": "string", "enum": ["news", "newspic"] },
                "title": { "type": "string", "maxLength": TITLE_CHARS },
                "author": { "type": "string", "maxLength": AUTHOR_CHARS },
                "digest": { "type": "string", "maxLength": DIGEST_CHARS }, "content": { "type": "string" },
                "source_url": { "type": "string", "maxLength": URL_BYTES },
                "cover": { "type": ["integer", "null"], "format": "int64", "minimum": 1 },
                "pictures": { "type": "array", "maxItems": PICTURES, "items": id },
                "comments": { "type": "string", "enum": ["closed", "open", "fans"] },
            },
        },
    })
}

fn schema() -> Value {
    let text = json!({ "type": ["string", "null"] });
    json!({
        "type": "object", "required": ["id", "account_id", "title", "articles", "state", "version"],
        "properties": {
            "id": { "type": "integer", "format": "int64" }, "account_id": { "type": "integer", "format": "int64" },
            "title": { "type": "string" }, "articles": { "type": "array", "items": { "type": "object" } },
            "state": { "type": "string" }, "media_id": text, "saved_version": { "type": ["integer", "null"] },
            "publish_id": text, "article_id": text, "urls": { "type": "array", "items": { "type": "string" } },
            "refused": { "type": "array", "items": { "type": "integer" } }, "error": text,
            "errcode": { "type": ["integer", "null"] }, "rid": text,
            "version": { "type": "integer", "format": "int64" }, "created_at": { "type": "string", "format": "date-time" },
        },
    })
}
