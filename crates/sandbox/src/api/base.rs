//! Tokens, quotas, failed calls, addresses, network diagnosis.

use serde::Deserialize;
use serde_json::{Value, json};

use super::rids::{Unknown, is_rid};
use super::{Answered, ApiError, Call, Endpoint, Reply, ask, find, read, write};
use crate::tokens::Granted;
use crate::world::{Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint { token: false, ..read("/cgi-bin/token", 2000, token) },
    Endpoint { token: false, a_minute: 10_000, ..write("/cgi-bin/stable_token", 500_000, stable_token) },
    Endpoint { as_text: true, ..write("/cgi-bin/clear_quota", 1000, clear_quota) },
    Endpoint { token: false, ..write("/cgi-bin/clear_quota/v2", 1000, clear_quota_by_secret) },
    write("/cgi-bin/openapi/quota/get", 10_000, quota),
    write("/cgi-bin/openapi/quota/clear", 10_000, clear_path),
    write("/cgi-bin/openapi/rid/get", 10_000, rid),
    read("/cgi-bin/getcallbackip", 10_000, ip_list),
    read("/cgi-bin/get_api_domain_ip", 10_000, ip_list),
    write("/cgi-bin/callback/check", 1440, callback_check),
];

/// `GET /cgi-bin/token`, getAccessToken.
fn token(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    check_grant(call.query("grant_type"))?;
    let appid = check_secret(world, call.query("appid"), call.query("secret"))?;
    count(inner, world, &appid, call)?;
    let World { tokens, chance, .. } = world;
    granted(tokens.plain(&appid, call.now, chance))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StableRequest {
    grant_type: String,
    appid: String,
    secret: String,
    force_refresh: bool,
}

/// `POST /cgi-bin/stable_token`, getStableAccessToken.
fn stable_token(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: StableRequest = call.json()?;
    check_grant(&request.grant_type)?;
    let appid = check_secret(world, &request.appid, &request.secret)?;
    count(inner, world, &appid, call)?;
    let World { tokens, chance, .. } = world;
    granted(tokens.stable(&appid, request.force_refresh, call.now, chance)?)
}

fn granted(Granted { token, expires_in }: Granted) -> Answered {
    Ok(Reply::Json(json!({ "access_token": token, "expires_in": expires_in })))
}

fn check_grant(grant_type: &str) -> Result<(), ApiError> {
    (grant_type == "client_credential").then_some(()).ok_or(ApiError::new(40002, "invalid grant_type"))
}

fn check_secret(world: &World, appid: &str, secret: &str) -> Result<String, ApiError> {
    if appid.is_empty() {
        return Err(ApiError::new(41002, "appid missing"));
    }
    if secret.is_empty() {
        return Err(ApiError::new(41004, "appsecret missing"));
    }
    let account = world.apps.get(appid).ok_or(ApiError::new(40013, "invalid appid"))?;
    if account.app.secret != secret {
        return Err(ApiError::new(40125, "invalid appsecret, view more at http://t.cn/RAEkdVq"));
    }
    Ok(appid.to_owned())
}

/// Where no token names the account, the call is counted once its secret has.
fn count(inner: &Inner, world: &mut World, appid: &str, call: &Call) -> Result<(), ApiError> {
    let endpoint = find(&call.path).expect("a handler runs for a path of the table only");
    world.account_mut(appid).counters.count(endpoint, &inner.limits, call.now)
}

/// `POST /cgi-bin/clear_quota`, clearQuota: all paths, ten times a month.
fn clear_quota(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let appid = ask::text(&request, "appid", ApiError::new(41002, "appid missing"))?;
    if appid != call.appid {
        return Err(ApiError::new(40013, "invalid appid"));
    }
    world.account_mut(appid).counters.clear(call.now)?;
    Ok(Reply::ok())
}

/// `POST /cgi-bin/clear_quota/v2`: appid and secret in the body or, as the document's example has it, in the query.
fn clear_quota_by_secret(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let body: Value = if call.body.is_empty() { Value::Null } else { call.json()? };
    let given = |name: &str| match &body[name] {
        Value::Null => Ok(call.query(name)),
        Value::String(text) => Ok(text.as_str()),
        _ => Err(ask::BAD_FORMAT),
    };
    let appid = check_secret(world, given("appid")?, given("appsecret")?)?;
    world.account_mut(&appid).counters.clear(call.now)?;
    Ok(Reply::ok())
}

/// The path of a question about quotas: whole, with its leading slash.
fn asked_path(call: &Call) -> Result<&'static Endpoint, ApiError> {
    const NOT_FOUND: ApiError = ApiError::new(76021, "cgi_path not found, please check");
    let request: Value = call.json()?;
    let path = ask::text(&request, "cgi_path", NOT_FOUND)?;
    if path.starts_with("/sns/") {
        return Err(ApiError::new(76022, "could not use this cgi_path,no permission"));
    }
    find(path).ok_or(NOT_FOUND)
}

/// `POST /cgi-bin/openapi/quota/get`, getApiQuota.
fn quota(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let endpoint = asked_path(call)?;
    let used = world.account_mut(&call.appid).counters.used(endpoint, call.now);
    let daily = inner.limits.daily(endpoint);
    Ok(Reply::Json(json!({
        "errcode": 0, "errmsg": "ok",
        "quota": { "daily_limit": daily, "used": used, "remain": daily.saturating_sub(used) },
        "rate_limit": { "call_count": inner.limits.a_minute(endpoint), "refresh_second": 60 },
        "component_rate_limit": { "call_count": 0, "refresh_second": 0 },
    })))
}

/// `POST /cgi-bin/openapi/quota/clear`, clearApiQuota: one path, fifty times a month in all.
fn clear_path(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let endpoint = asked_path(call)?;
    world.account_mut(&call.appid).counters.clear_path(endpoint, call.now)?;
    Ok(Reply::ok())
}

/// `POST /cgi-bin/openapi/rid/get`, getRidInfo: a failed call of the last seven days.
fn rid(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const MALFORMED: ApiError = ApiError::new(76002, "rid is empty or wrong format");
    let request: Value = call.json()?;
    let rid = ask::text(&request, "rid", MALFORMED)?;
    if !is_rid(rid) {
        return Err(MALFORMED);
    }
    let explained = world.failures.explain(rid, &call.appid, call.now).map_err(|unknown| match unknown {
        Unknown::Gone => ApiError::new(76001, "rid not found"),
        Unknown::NotYours => ApiError::new(76003, "you have no permission to query this rid"),
    })?;
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "request": explained })))
}

/// `GET /cgi-bin/getcallbackip` and `/cgi-bin/get_api_domain_ip`: both are this machine.
fn ip_list(_: &Inner, _: &mut World, _: &Call) -> Answered {
    Ok(Reply::Json(json!({ "ip_list": ["127.0.0.1"] })))
}

/// `POST /cgi-bin/callback/check`: on loopback every name is near and every ping arrives.
fn callback_check(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const BAD_ACTION: ApiError = ApiError::new(40202, "invalid action");
    const BAD_OPERATOR: ApiError = ApiError::new(40203, "invalid check_operator");
    let request: Value = call.json()?;
    let action = ask::text(&request, "action", BAD_ACTION)?;
    let operator = ask::text(&request, "check_operator", BAD_OPERATOR)?;
    if !["dns", "ping", "all"].contains(&action) {
        return Err(BAD_ACTION);
    }
    if !["CHINANET", "UNICOM", "CAP", "DEFAULT"].contains(&operator) {
        return Err(BAD_OPERATOR);
    }
    if world.account(&call.appid).app.callback_url.is_empty() {
        return Err(ApiError::new(40201, "invalid url"));
    }
    let mut answer = json!({});
    if action != "ping" {
        answer["dns"] = json!([{ "ip": "127.0.0.1", "real_operator": operator }]);
    }
    if action != "dns" {
        let ping = json!({ "ip": "127.0.0.1", "from_operator": operator, "package_loss": "0%", "time": "0.100ms" });
        answer["ping"] = json!([ping]);
    }
    Ok(Reply::Json(answer))
}
