//! Menus for programs: the draft, what is live, how they differ, publishing, versions.

use axum::http::{Method, StatusCode};
use puzi_shop::{
    accounts::LiveAccount,
    machine::Word,
    menus::{MenuSet, Menus, PAGE, Publication, Version, compare},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
};

const ONE: &str = "/api/v1/menus/{account}";

/// The extra routes of menus.
pub(super) fn extras() -> Vec<Extra> {
    let (get, post) = (Method::GET, Method::POST);
    let at = |rest: &str| format!("{ONE}{rest}");
    let id = || json!({ "type": "integer", "format": "int64", "minimum": 1 });
    vec![
        Extra::new(&get, ONE, ("menus", "draft"), "menus.view", draft).answers(draft_schema()).calls_wechat(),
        Extra::new(&Method::PUT, ONE, ("menus", "save"), "menus.edit", save)
            .takes(set_schema())
            .answers(draft_schema())
            .versioned(),
        Extra::new(&get, at("/live"), ("menus", "live"), "menus.view", live).answers(live_schema()).calls_wechat(),
        Extra::new(&get, at("/diff"), ("menus", "diff"), "menus.view", diff)
            .answers(json!({
                "type": "object", "required": ["seen", "version", "differences", "problems"],
                "properties": {
                    "seen": { "type": "string" }, "version": { "type": "integer" },
                    "differences": { "type": "array", "items": { "type": "object" } },
                    "problems": { "type": "array", "items": { "type": "object" } },
                },
            }))
            .calls_wechat(),
        Extra::new(&post, at("/publish"), ("menus", "publish"), "menus.publish", publish)
            .takes(json!({
                "type": "object", "required": ["version", "seen"], "additionalProperties": false,
                "properties": { "version": id(), "seen": { "type": "string", "pattern": "^[0-9a-f]{64}$" } },
            }))
            .answers_with(
                202,
                json!({
                    "type": "object", "required": ["publication"], "properties": { "publication": id() },
                }),
            )
            .keyed()
            .calls_wechat(),
        Extra::new(&get, at("/publications/{id}"), ("menus", "publication"), "menus.view", publication)
            .answers(publication_schema()),
        Extra::new(&post, at("/publications/{id}/resume"), ("menus", "resume"), "menus.publish", resume)
            .answers(publication_schema()),
        Extra::new(&get, at("/versions"), ("menus", "versions"), "menus.view", versions).asks("before", id()).answers(
            json!({
                "type": "object", "required": ["versions", "next"],
                "properties": {
                    "versions": { "type": "array", "items": version_schema() },
                    "next": { "type": ["integer", "null"] },
                },
            }),
        ),
        Extra::new(&get, at("/versions/{number}"), ("menus", "version"), "menus.view", version)
            .answers(version_schema()),
        Extra::new(&post, at("/versions/{number}/restore"), ("menus", "restore"), "menus.edit", restore)
            .answers(draft_schema())
            .versioned(),
    ]
}

/// What every route here begins with.
fn menus(call: &Call) -> Result<(Menus, std::sync::Arc<LiveAccount>), super::problem::Problem> {
    Ok((Menus::new(&call.app.db, &call.app.registry), call.account()?))
}

/// `GET /api/v1/menus/{account}`: its version as entity tag, `"0"` while nothing was saved.
async fn draft(call: Call) -> Answer {
    let (menus, live) = menus(&call)?;
    draft_of(&call, &menus, live.account.id).await
}

async fn draft_of(call: &Call, menus: &Menus, account: i64) -> Answer {
    let draft = menus.draft(&call.reach, account).await.map_err(|error| call.refused(error))?;
    let mut shown = draft.set.json();
    shown["version"] = draft.version.into();
    Ok(call.answer_version(&shown, draft.version))
}

/// `PUT /api/v1/menus/{account}`
async fn save(call: Call, body: Body) -> Answer {
    let (menus, live) = menus(&call)?;
    let version = call.version()?;
    let body = call.body(body)?;
    let mut given = call.object(&body)?;
    // What the draft was read with.
    given.remove("version");
    let set = MenuSet::read(&Value::Object(given)).map_err(|error| call.refused(error))?;
    let saved = menus.save(&call.by(), &call.reach, live.account.id, version, &set).await;
    let version = saved.map_err(|error| call.refused(error))?;
    let mut shown = set.json();
    shown["version"] = version.into();
    Ok(call.answer_version(&shown, version))
}

/// `GET /api/v1/menus/{account}/live`
async fn live(call: Call) -> Answer {
    let (menus, account) = menus(&call)?;
    let live = menus.live(&call.reach, account.account.id).await.map_err(|error| call.refused(error))?;
    let mut shown = live.set.json();
    shown["digest"] = live.digest.into();
    shown["origin"] = live.origin.word().into();
    shown["number"] = live.number.into();
    shown["read_at"] = moment(live.read_at).into();
    Ok(call.answer(&shown))
}

/// `GET /api/v1/menus/{account}/diff`: `seen` and `version` are what `publish` wants to hear.
async fn diff(call: Call) -> Answer {
    let (menus, account) = menus(&call)?;
    let id = account.account.id;
    let draft = menus.draft(&call.reach, id).await.map_err(|error| call.refused(error))?;
    let live = menus.live(&call.reach, id).await.map_err(|error| call.refused(error))?;
    let found: Vec<_> = compare(&live.set, &draft.set).iter().map(puzi_shop::menus::Difference::json).collect();
    let problems = draft.set.check();
    let problems = problems.iter().map(|problem| {
        let message = problem.message(call.reader.locale);
        json!({ "field": problem.field, "rule": problem.key, "message": message })
    });
    Ok(call.answer(&json!({
        "seen": live.digest, "version": draft.version, "differences": found, "problems": problems.collect::<Vec<_>>(),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publish {
    version: i64,
    seen: String,
}

/// `POST /api/v1/menus/{account}/publish`
async fn publish(call: Call, body: Body) -> Answer {
    let (menus, live) = menus(&call)?;
    let body = call.body(body)?;
    let Publish { version, seen } = call.json(&body)?;
    call.once(StatusCode::ACCEPTED, &body, async || {
        let id = menus.publish(&call.by(), &call.reach, live.account.id, version, &seen).await?;
        Ok(json!({ "publication": id }))
    })
    .await
}

/// `GET /api/v1/menus/{account}/publications/{id}`
async fn publication(call: Call) -> Answer {
    let (menus, live) = menus(&call)?;
    told(&call, &menus, live.account.id, call.number("id")?).await
}

async fn told(call: &Call, menus: &Menus, account: i64, id: i64) -> Answer {
    let publication = menus.publication(&call.reach, account, id).await.map_err(|error| call.refused(error))?;
    Ok(call.answer(&of_publication(&publication)))
}

/// `POST /api/v1/menus/{account}/publications/{id}/resume`
async fn resume(call: Call) -> Answer {
    let (menus, live) = menus(&call)?;
    let (account, id) = (live.account.id, call.number("id")?);
    menus.resume(&call.by(), &call.reach, account, id).await.map_err(|error| call.refused(error))?;
    told(&call, &menus, account, id).await
}

#[derive(Deserialize)]
struct Before {
    before: Option<i64>,
}

/// `GET /api/v1/menus/{account}/versions?before`
async fn versions(call: Call) -> Answer {
    let ((menus, live), asked): (_, Before) = (menus(&call)?, call.query()?);
    let found = menus.versions(&call.reach, live.account.id, asked.before).await;
    let found = found.map_err(|error| call.refused(error))?;
    let next = found.last().map(|last| last.number).filter(|_| found.len() == PAGE);
    let versions: Vec<_> = found.iter().map(of_version).collect();
    Ok(call.answer(&json!({ "versions": versions, "next": next })))
}

/// `GET /api/v1/menus/{account}/versions/{number}`
async fn version(call: Call) -> Answer {
    let (menus, live) = menus(&call)?;
    let found = menus.version(&call.reach, live.account.id, call.number("number")?).await;
    Ok(call.answer(&of_version(&found.map_err(|error| call.refused(error))?)))
}

/// `POST /api/v1/menus/{account}/versions/{number}/restore`: into the draft, whose version `If-Match` names.
async fn restore(call: Call) -> Answer {
    let (menus, live) = menus(&call)?;
    let (account, number, version) = (live.account.id, call.number("number")?, call.version()?);
    let restored = menus.restore(&call.by(), &call.reach, account, number, version).await;
    restored.map_err(|error| call.refused(error))?;
    draft_of(&call, &menus, account).await
}

fn of_version(version: &Version) -> Value {
    let mut shown = version.set.json();
    shown["number"] = version.number.into();
    shown["digest"] = version.digest.as_str().into();
    shown["origin"] = version.origin.word().into();
    shown["made_by"] = version.made_by.as_str().into();
    shown["created_at"] = moment(version.created_at).into();
    shown
}

fn of_publication(publication: &Publication) -> Value {
    json!({
        "id": publication.id, "number": publication.number, "state": publication.state.word(),
        "done": publication.done, "error": publication.error, "errcode": publication.errcode, "rid": publication.rid,
        "asked_by": publication.asked_by, "may_resume": publication.may_resume(),
        "created_at": moment(publication.created_at), "changed_at": moment(publication.changed_at),
    })
}

fn moment(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}

fn set_schema() -> Value {
    let buttons = json!({ "type": "array", "items": { "type": "object", "required": ["name"] } });
    json!({
        "type": "object", "required": ["button"],
        "properties": {
            "button": buttons,
            "conditional": { "type": "array", "items": {
                "type": "object",
                "properties": { "name": { "type": "string" }, "matchrule": { "type": "object" }, "button": buttons },
            } },
        },
    })
}

fn draft_schema() -> Value {
    let mut schema = set_schema();
    schema["properties"]["version"] = json!({ "type": "integer", "minimum": 0 });
    schema
}

fn live_schema() -> Value {
    let mut schema = set_schema();
    schema["properties"]["digest"] = json!({ "type": "string" });
    schema["properties"]["origin"] = json!({ "type": "string", "enum": ["published", "found", "platform"] });
    schema["properties"]["number"] = json!({ "type": ["integer", "null"] });
    schema["properties"]["read_at"] = json!({ "type": "string", "format": "date-time" });
    schema
}

fn version_schema() -> Value {
    let mut schema = live_schema();
    schema["properties"]["made_by"] = json!({ "type": "string" });
    schema["properties"]["created_at"] = json!({ "type": "string", "format": "date-time" });
    schema
}

fn publication_schema() -> Value {
    json!({
        "type": "object", "required": ["id", "number", "state", "done"],
        "properties": {
            "id": { "type": "integer" }, "number": { "type": "integer" },
            "state": { "type": "string", "enum": ["queued", "running", "live", "partly", "failed"] },
            "done": { "type": "array", "items": { "type": "object" } },
            "error": { "type": ["string", "null"] }, "errcode": { "type": ["integer", "null"] },
            "rid": { "type": ["string", "null"] }, "asked_by": { "type": "string" },
            "may_resume": { "type": "boolean" },
            "created_at": { "type": "string", "format": "date-time" },
            "changed_at": { "type": "string", "format": "date-time" },
        },
    })
}
