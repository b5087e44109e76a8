//! Tokens, quotas, addresses, network diagnosis.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answered, ApiError, Call, Reply, find};
use crate::tokens::Granted;
use crate::world::{Inner, World};

/// `GET /cgi-bin/token`, getAccessToken.
pub(super) fn token(_: &Inner, world: &mut World, call: &Call) -> Answered {
    check_grant(call.query("grant_type"))?;
    let appid = check_secret(world, call.query("appid"), call.query("secret"))?;
    count(world, &appid, "/cgi-bin/token", call.now)?;
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
pub(super) fn stable_token(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: StableRequest = call.json()?;
    check_grant(&request.grant_type)?;
    let appid = check_secret(world, &request.appid, &request.secret)?;
    count(world, &appid, "/cgi-bin/stable_token", call.now)?;
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
fn count(world: &mut World, appid: &str, path: &str, now: i64) -> Result<(), ApiError> {
    let endpoint = find(path).expect("the path is one of the table's");
    world.account_mut(appid).counters.count(endpoint, now)
}

/// `POST /cgi-bin/clear_quota`, clearApiQuota.
pub(super) fn clear_quota(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    if request["appid"].as_str() != Some(&call.appid) {
        return Err(ApiError::new(40013, "invalid appid"));
    }
    world.account_mut(&call.appid).counters.clear(call.now)?;
    Ok(Reply::ok())
}

/// `POST /cgi-bin/clear_quota/v2`: appid and secret in the body or, as the document's example has it, in the query.
pub(super) fn clear_quota_by_secret(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let body: Value = if call.body.is_empty() { Value::Null } else { call.json()? };
    let given = |name: &str| body[name].as_str().unwrap_or_else(|| call.query(name)).to_owned();
    let appid = check_secret(world, &given("appid"), &given("appsecret"))?;
    world.account_mut(&appid).counters.clear(call.now)?;
    Ok(Reply::ok())
}

/// `POST /cgi-bin/openapi/quota/get`, getApiQuota.
pub(super) fn quota(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let path = request["cgi_path"].as_str().unwrap_or_default();
    let endpoint = find(path).ok_or(ApiError::new(76021, "cgi_path not found, please check"))?;
    let used = world.account_mut(&call.appid).counters.used(endpoint, call.now);
    let remain = endpoint.daily - used;
    Ok(Reply::Json(json!({
        "errcode": 0, "errmsg": "ok",
        "quota": { "daily_limit": endpoint.daily, "used": used, "remain": remain },
        "rate_limit": { "call_count": 0, "refresh_second": 0 },
        "component_rate_limit": { "call_count": 0, "refresh_second": 0 },
    })))
}

/// `GET /cgi-bin/getcallbackip` and `/cgi-bin/get_api_domain_ip`: both are this machine.
pub(super) fn ip_list(_: &Inner, _: &mut World, _: &Call) -> Answered {
    Ok(Reply::Json(json!({ "ip_list": ["127.0.0.1"] })))
}

/// `POST /cgi-bin/callback/check`: on loopback every name is near and every ping arrives.
pub(super) fn callback_check(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let (action, operator) = (text("action"), text("check_operator"));
    if world.account(&call.appid).app.callback_url.is_empty() {
        return Err(ApiError::new(40201, "invalid url"));
    }
    if !["CHINANET", "UNICOM", "CAP", "DEFAULT"].contains(&operator.as_str()) {
        return Err(ApiError::new(40203, "invalid check_operator"));
    }
    let dns = json!([{ "ip": "127.0.0.1", "real_operator": operator }]);
    let ping = json!([{ "ip": "127.0.0.1", "from_operator": operator, "package_loss": "0%", "time": "0.100ms" }]);
    Ok(Reply::Json(match action.as_str() {
        "dns" => json!({ "dns": dns }),
        "ping" => json!({ "ping": ping }),
        "all" => json!({ "dns": dns, "ping": ping }),
        _ => return Err(ApiError::new(40202, "invalid action")),
    }))
}
