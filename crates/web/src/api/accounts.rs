//! The accounts' desk for programs: health, quotas, settings, and what agents have beside their records.

use axum::http::{Method, StatusCode};
use puzi_shop::{
    accounts::{
        health::{self, Check, Checked, HealthParts},
        quota::{self, Clearing, Quota},
        settings::{self, AccountSettings},
    },
    agents::Agents,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
};

/// The extra routes of accounts and agents.
pub(super) fn extras() -> Vec<Extra> {
    let of = |rest: &str| format!("/api/v1/accounts/{{id}}/{rest}");
    let kinds: Vec<_> = Check::ALL.iter().map(|check| check.as_str()).collect();
    let checks = json!({ "type": "array", "items": { "type": "string", "enum": kinds } });
    let path = json!({ "type": ["string", "null"], "minLength": 2, "maxLength": 120 });
    vec![
        Extra::new(&Method::GET, of("health"), ("accounts", "health"), "accounts.view", show_health)
            .answers(list_schema("checks", check_schema())),
        Extra::new(&Method::POST, of("check"), ("accounts", "check"), "accounts.view", check)
            .takes(object_schema(json!({ "checks": checks })))
            .answers(list_schema("checks", check_schema()))
            .calls_wechat(),
        Extra::new(&Method::GET, of("quotas"), ("accounts", "quotas"), "accounts.view", show_quotas)
            .answers(list_schema("quotas", quota_schema())),
        Extra::new(&Method::POST, of("quotas"), ("accounts", "ask_quotas"), "accounts.view", ask_quotas)
            .takes(object_schema(json!({
                "paths": { "type": "array", "maxItems": 60, "items": { "type": "string", "minLength": 2, "maxLength": 120 } },
            })))
            .answers(list_schema("quotas", quota_schema()))
            .calls_wechat(),
        Extra::new(&Method::POST, of("quota-clear"), ("accounts", "clear_quota"), "accounts.clear_quota", clear_quota)
            .takes(object_schema(json!({ "path": path })))
            .answers(clearing_schema())
            .keyed()
            .calls_wechat(),
        Extra::new(&Method::GET, of("settings"), ("accounts", "settings"), "accounts.view", show_settings)
            .answers(settings_schema()),
        Extra::new(&Method::PATCH, of("settings"), ("accounts", "change_settings"), "accounts.edit", change_settings)
            .takes(settings_schema())
            .answers(settings_schema())
            .versioned(),
        Extra::new(&Method::POST, of("agents/refresh"), ("agents", "refresh"), "agents.view", refresh_agents)
            .answers(object_schema(json!({ "changed": { "type": "boolean" } })))
            .calls_wechat(),
        Extra::new(&Method::POST, "/api/v1/agents/{id}/qr", ("agents", "qr"), "agents.edit", agent_qr)
            .answers(object_schema(json!({ "url": { "type": "string" } })))
            .calls_wechat(),
        Extra::new(&Method::GET, "/api/v1/agents/{id}/qr.svg", ("agents", "picture"), "agents.view", agent_picture)
            .gives("image/svg+xml"),
    ]
}

/// `GET /api/v1/accounts/{id}/health`: what the checks said last.
async fn show_health(call: Call) -> Answer {
    let live = call.account()?;
    let known = health::known(&call.app.db, &call.reach, live.account.id).await;
    let known = known.map_err(|error| call.refused(error))?;
    Ok(call.answer(&checks_json(&call, &known)))
}

/// What is to be checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    checks: Option<Vec<String>>,
}

/// `POST /api/v1/accounts/{id}/check`: checks now, all or these.
async fn check(call: Call, body: Body) -> Answer {
    let live = call.account()?;
    let body = call.body(body)?;
    let asked: Asked = call.json(&body)?;
    let kinds = match asked.checks {
        None => Check::ALL.to_vec(),
        Some(words) => words
            .iter()
            .map(|word| Check::from_word(word))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| call.refused(puzi_shop::Error::field("checks", "account.bad_check")))?,
    };
    let checked = health::check(&parts(&call), &live, &kinds).await.map_err(|error| call.refused(error))?;
    Ok(call.answer(&checks_json(&call, &checked)))
}

fn parts(call: &Call) -> HealthParts {
    let app = &call.app;
    HealthParts { db: app.db.clone(), registry: app.registry.clone(), public_url: app.admin.public_url.clone() }
}

fn checks_json(call: &Call, checks: &[Checked]) -> Value {
    let one = |checked: &Checked| {
        json!({
            "check": checked.check.as_str(),
            "state": checked.state.as_str(),
            "text": call.reader.ta(&checked.text, &checked.args(rfc3339)),
            "detail": checked.detail,
            "at": rfc3339(checked.at),
            "ms": checked.us / 1_000,
            "in_vain": checked.in_vain,
        })
    };
    json!({ "checks": checks.iter().map(one).collect::<Vec<_>>() })
}

/// Unix milliseconds as programs read them.
fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

/// `GET /api/v1/accounts/{id}/quotas`: what WeChat said last.
async fn show_quotas(call: Call) -> Answer {
    let live = call.account()?;
    let known = quota::known(&call.app.db, &call.reach, live.account.id).await;
    Ok(call.answer(&quotas_json(&known.map_err(|error| call.refused(error))?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paths {
    #[serde(default)]
    paths: Option<Vec<String>>,
}

/// `POST /api/v1/accounts/{id}/quotas`: asks WeChat.
async fn ask_quotas(call: Call, body: Body) -> Answer {
    let live = call.account()?;
    let body = call.body(body)?;
    let asked: Paths = call.json(&body)?;
    let told = quota::refresh(&call.app.db, &live, asked.paths.as_deref()).await;
    Ok(call.answer(&quotas_json(&told.map_err(|error| call.refused(error))?)))
}

fn quotas_json(quotas: &[Quota]) -> Value {
    let one = |quota: &Quota| {
        json!({
            "path": quota.path,
            "daily_limit": quota.daily_limit,
            "used": quota.used,
            "remain": quota.remain,
            "minute_limit": quota.minute_limit,
            "counted": quota.ours,
            "asked_at": (quota.asked_at > 0).then(|| rfc3339(quota.asked_at)),
            "trouble": quota.trouble,
        })
    };
    json!({ "quotas": quotas.iter().map(one).collect::<Vec<_>>() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clear {
    #[serde(default)]
    path: Option<String>,
}

/// `POST /api/v1/accounts/{id}/quota-clear`: the same `Idempotency-Key` again is the same clearing.
async fn clear_quota(call: Call, body: Body) -> Answer {
    let live = call.account()?;
    let body = call.body(body)?;
    let wanted: Clear = call.json(&body)?;
    let form = match call.key() {
        Some(key) => {
            puzi_shop::digest::sha256(format!("{key}\n{}", wanted.path.as_deref().unwrap_or_default()).as_bytes())
        }
        None => format!("{:032x}", rand::random::<u128>()),
    };
    let cleared = quota::clear(&call.app.db, &call.by(), &live, wanted.path.as_deref(), &form).await;
    Ok(call.answer(&clearing_json(&cleared.map_err(|error| call.refused(error))?)))
}

fn clearing_json(clearing: &Clearing) -> Value {
    json!({
        "id": clearing.id,
        "path": clearing.path,
        "at": rfc3339(clearing.at),
        "by": clearing.by_name,
        "state": clearing.state.as_str(),
        "errcode": clearing.errcode,
    })
}

/// `GET /api/v1/accounts/{id}/settings`
async fn show_settings(call: Call) -> Answer {
    let live = call.account()?;
    Ok(call.answer_version(&all(&live.settings), live.account.version))
}

/// `PATCH /api/v1/accounts/{id}/settings`: changes the settings given and nothing else.
async fn change_settings(call: Call, body: Body) -> Answer {
    let live = call.account()?;
    let body = call.body(body)?;
    let changes = call.object(&body)?.into_iter().collect();
    let version = call.version()?;
    let saved = settings::save(&call.app.db, &call.by(), live.account.id, Some(version), &changes).await;
    let version = saved.map_err(|error| call.refused(error))?;
    let refreshed = call.app.registry.refresh().await;
    refreshed.map_err(|error| call.refused(error))?;
    let live = call.account()?;
    Ok(call.answer_version(&all(&live.settings), version))
}

/// All settings with what they hold.
fn all(settings: &AccountSettings) -> Value {
    Value::Object(settings.all().map(|(setting, value)| (setting.key.to_owned(), value)).collect())
}

/// `POST /api/v1/accounts/{id}/agents/refresh`: compares the agents with WeChat now.
async fn refresh_agents(call: Call) -> Answer {
    let live = call.account()?;
    let mirrored = Agents::new(&call.app.db, &call.app.registry).mirror(&call.reach, live.account.id).await;
    let changed = mirrored.map_err(|error| call.refused(error))?;
    Ok(call.answer(&json!({ "changed": changed })))
}

/// `POST /api/v1/agents/{id}/qr`: what the agent's code says; made when there is none yet.
async fn agent_qr(call: Call) -> Answer {
    let id = call.number("id")?;
    let made = Agents::new(&call.app.db, &call.app.registry).qr(&call.by(), &call.reach, id).await;
    let url = made.map_err(|error| call.refused(error))?;
    Ok(call.answer(&json!({ "url": url })))
}

/// `GET /api/v1/agents/{id}/qr.svg`
async fn agent_picture(call: Call) -> Answer {
    let id = call.number("id")?;
    let agent = Agents::new(&call.app.db, &call.app.registry).get(&call.reach, id).await;
    let agent = agent.map_err(|error| call.refused(error))?;
    let none = || call.reader.problem(StatusCode::NOT_FOUND);
    let svg = crate::admin::draw_code(&agent.qr_url.ok_or_else(none)?).map_err(|_| none())?;
    Ok(call.bytes("image/svg+xml", svg.into_bytes()))
}

fn object_schema(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn list_schema(name: &str, one: Value) -> Value {
    let mut properties = Map::new();
    properties.insert(name.to_owned(), json!({ "type": "array", "items": one }));
    let mut schema = object_schema(properties.into());
    schema["required"] = json!([name]);
    schema
}

fn check_schema() -> Value {
    object_schema(json!({
        "check": { "type": "string", "enum": Check::ALL.map(Check::as_str) },
        "state": { "type": "string", "enum": ["good", "warning", "bad", "unknown"] },
        "text": { "type": "string" },
        "detail": {},
        "at": { "type": "string", "format": "date-time" },
        "ms": { "type": "integer" },
        "in_vain": { "type": "boolean" },
    }))
}

fn quota_schema() -> Value {
    object_schema(json!({
        "path": { "type": "string" },
        "daily_limit": { "type": "integer" },
        "used": { "type": "integer" },
        "remain": { "type": "integer" },
        "minute_limit": { "type": ["integer", "null"] },
        "counted": { "type": ["integer", "null"] },
        "asked_at": { "type": ["string", "null"], "format": "date-time" },
        "trouble": { "type": ["string", "null"] },
    }))
}

fn clearing_schema() -> Value {
    object_schema(json!({
        "id": { "type": "integer" },
        "path": { "type": ["string", "null"] },
        "at": { "type": "string", "format": "date-time" },
        "by": { "type": "string" },
        "state": { "type": "string", "enum": ["sending", "done", "refused", "unknown"] },
        "errcode": { "type": ["integer", "null"] },
    }))
}

fn settings_schema() -> Value {
    use puzi_shop::settings::Kind;
    let schema = |kind: &Kind| match kind {
        Kind::Text { max } => json!({ "type": "string", "maxLength": max }),
        Kind::Email => json!({ "type": "string" }),
        Kind::Number { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
    };
    let fields = settings::SETTINGS.iter().map(|setting| (setting.key.to_owned(), schema(&setting.kind)));
    object_schema(Value::Object(fields.collect()))
}
