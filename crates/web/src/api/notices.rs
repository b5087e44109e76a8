//! Notices for programs: sending one, and the account's templates.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use puzi_shop::{
    machine::Word,
    notices::{MiniProgram, NewTemplate, Notice, Notices, Purpose, SCENE_CHARS, URL_BYTES},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    records,
};

const TEMPLATES: &str = "/api/v1/notice_templates";

/// The extra routes of notices and their templates.
pub(super) fn extras() -> Vec<Extra> {
    let (post, delete) = (Method::POST, Method::DELETE);
    let text = |most: usize| json!({ "type": "string", "minLength": 1, "maxLength": most });
    vec![
        Extra::new(&post, "/api/v1/notices", ("notices", "send"), "notices.send", send)
            .takes(json!({
                "type": "object", "required": ["account", "template", "openid", "data"], "additionalProperties": false,
                "properties": {
                    "account": text(200), "template": text(200), "openid": text(128),
                    "data": { "type": "object", "additionalProperties": { "type": "string" } },
                    "url": { "type": ["string", "null"], "maxLength": URL_BYTES },
                    "miniprogram": {
                        "type": ["object", "null"], "required": ["appid"], "additionalProperties": false,
                        "properties": { "appid": text(64), "pagepath": { "type": ["string", "null"] } },
                    },
                    "reference": { "type": "string", "maxLength": 64 },
                },
            }))
            .answers_with(202, json!({
                "type": "object", "required": ["id", "state"],
                "properties": { "id": { "type": "integer", "format": "int64" }, "state": { "type": "string" } },
            }))
            .keyed(),
        Extra::new(&post, TEMPLATES, ("notice_templates", "add"), "notice_templates.create", add)
            .takes(json!({
                "type": "object", "required": ["account"], "additionalProperties": false,
                "properties": {
                    "account": text(200), "short": text(40),
                    "words": { "type": "array", "items": text(50), "maxItems": 5 },
                    "tid": text(20),
                    "kids": { "type": "array", "items": { "type": "integer" }, "minItems": 2, "maxItems": 5 },
                    "scene": text(SCENE_CHARS),
                },
            }))
            .answers_with(201, json!({
                "type": "object", "required": ["id"], "properties": { "id": { "type": "integer", "format": "int64" } },
            }))
            .calls_wechat(),
        Extra::new(
            &post,
            format!("{TEMPLATES}/sync"),
            ("notice_templates", "sync"),
            "notice_templates.sync",
            sync,
        )
        .takes(json!({
            "type": "object", "required": ["account"], "additionalProperties": false,
            "properties": { "account": text(200) },
        }))
        .answers(json!({
            "type": "object", "required": ["found", "gone", "refused"],
            "properties": {
                "found": { "type": "integer" }, "gone": { "type": "integer" },
                "refused": { "type": "array", "items": { "type": "object" } },
            },
        }))
        .calls_wechat(),
        Extra::new(
            &delete,
            format!("{TEMPLATES}/{{id}}"),
            ("notice_templates", "remove"),
            "notice_templates.delete",
            remove,
        )
        .answers_nothing()
        .calls_wechat(),
    ]
}

fn notices(call: &Call) -> Notices {
    Notices::new(&call.app.db, &call.app.registry)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    account: String,
    template: String,
    openid: String,
    data: BTreeMap<String, String>,
    url: Option<String>,
    miniprogram: Option<MiniProgram>,
    #[serde(default)]
    reference: String,
}

/// `POST /api/v1/notices`: queued when it answers. The same `Idempotency-Key` makes one notice, also after a day: its row
/// has it.
async fn send(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let given: Given = call.json(&body)?;
    let account = call.find_account(&given.account)?.account.id;
    let notices = notices(&call);
    let found = notices.find_template(&call.reach, account, &given.template).await;
    let template = found.map_err(|error| match error {
        puzi_shop::Error::NotFound => call.refused(puzi_shop::Error::field("template", "notices.no_template")),
        other => call.refused(other),
    })?;
    let notice = Notice {
        account_id: account,
        template_row: template.id,
        openid: given.openid,
        data: given.data,
        url: given.url,
        miniprogram: given.miniprogram,
        purpose: Purpose::Staff,
        reference: given.reference,
        form: call.key(),
        sent_by: call.by().name,
    };
    let queued = notices.queue(&call.by(), &call.reach, notice).await;
    let id = queued.map_err(|error| call.refused(error))?;
    let now = notices.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::ACCEPTED, json!({ "id": id, "state": now.state }).to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    account: String,
    short: Option<String>,
    #[serde(default)]
    words: Vec<String>,
    tid: Option<String>,
    #[serde(default)]
    kids: Vec<i64>,
    scene: Option<String>,
}

/// `POST /api/v1/notice_templates`: with `short` one of template messages, with `tid` one of subscription notifications.
async fn add(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let wanted: Wanted = call.json(&body)?;
    let account = call.find_account(&wanted.account)?.account.id;
    let new = match (wanted.short, wanted.tid) {
        (Some(short), None) => NewTemplate::Template { short, words: wanted.words },
        (None, Some(tid)) => NewTemplate::Subscribe { tid, kids: wanted.kids, scene: wanted.scene.unwrap_or_default() },
        _ => return Err(call.refused(puzi_shop::Error::field("short", "notices.one_of_two"))),
    };
    let added = notices(&call).add(&call.by(), &call.reach, account, new).await;
    let id = added.map_err(|error| call.refused(error))?;
    Ok(records::answer(StatusCode::CREATED, json!({ "id": id }).to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    account: String,
}

/// `POST /api/v1/notice_templates/sync`
async fn sync(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let whose: Whose = call.json(&body)?;
    let account = call.find_account(&whose.account)?.account.id;
    let synced = notices(&call).sync(&call.reach, account).await.map_err(|error| call.refused(error))?;
    let refused = synced.refused.iter().map(
        |(way, error)| json!({ "way": way.word(), "errcode": error.errcode, "errmsg": error.errmsg, "rid": error.rid }),
    );
    let refused: Vec<Value> = refused.collect();
    Ok(call.answer(&json!({ "found": synced.found, "gone": synced.gone, "refused": refused })))
}

/// `DELETE /api/v1/notice_templates/{id}`
async fn remove(call: Call) -> Answer {
    let removed = notices(&call).remove(&call.by(), &call.reach, call.number("id")?).await;
    removed.map_err(|error| call.refused(error))?;
    Ok(axum::response::IntoResponse::into_response(StatusCode::NO_CONTENT))
}
