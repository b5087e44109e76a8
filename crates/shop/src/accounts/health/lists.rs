//! The checks that tell a list: WeChat's addresses, and what the account may use.

use futures_util::{StreamExt, stream};
use jiff::{ToSpan, Zoned, tz::TimeZone};
use puzi_wechat::client::{Condition, ErrorKind, Method};
use serde_json::{Value, json};

use super::{Check, Found, HealthParts, State, refused, store};
use crate::{Result, accounts::LiveAccount, db::now_ms};

/// For how long a change of WeChat's addresses deserves a look.
const CHANGE_MS: i64 = 7 * 24 * 3_600_000;

/// Asks for the addresses that pushes come from and those that calls go to, and compares them with those of last time.
pub(super) async fn addresses(parts: &HealthParts, live: &LiveAccount) -> Result<Option<Found>> {
    let base = live.client.base();
    let (callback, api) = match tokio::join!(base.callback_addresses(), base.api_addresses()) {
        (Ok(callback), Ok(api)) => (sorted(callback), sorted(api)),
        (Err(error), _) | (_, Err(error)) => return Ok(refused(&error, "account_health.addresses_refused")),
    };
    let before = store::last(&parts.db, live.account.id, Check::Addresses).await?.map(|checked| checked.detail);
    let before = before.filter(|detail| detail["callback"].is_array());
    let now = now_ms();
    let mut detail = json!({ "callback": callback, "api": api });
    if let Some(before) = &before {
        let (old, new) = (all(before), all(&detail));
        let gone: Vec<_> = old.iter().filter(|address| !new.contains(address)).collect();
        let added: Vec<_> = new.iter().filter(|address| !old.contains(address)).collect();
        if gone.is_empty() && added.is_empty() {
            for kept in ["changed_at", "added", "gone"] {
                detail[kept] = before[kept].clone();
            }
        } else {
            (detail["added"], detail["gone"]) = (json!(added), json!(gone));
            detail["changed_at"] = now.into();
        }
    }
    let changed = detail["changed_at"].as_i64().filter(|at| *at > now - CHANGE_MS);
    let count = all(&detail).len();
    Ok(Some(match changed {
        Some(at) => Found::new(State::Warning, "account_health.addresses_changed").with("at", at).detail(detail),
        None => Found::new(State::Good, "account_health.addresses_good").with("count", count).detail(detail),
    }))
}

fn sorted(mut addresses: Vec<String>) -> Vec<String> {
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// Both lists in one.
fn all(detail: &Value) -> Vec<String> {
    let of = |list: &str| detail[list].as_array().cloned().unwrap_or_default();
    let texts = of("callback").into_iter().chain(of("api")).filter_map(|address| address.as_str().map(str::to_owned));
    sorted(texts.collect())
}

/// One family of the API, and a call of it that reads little and changes nothing.
struct Probe {
    family: &'static str,
    method: Method,
    path: &'static str,
    body: fn() -> Value,
}

const PROBES: [Probe; 9] = [
    Probe { family: "menu", method: Method::GET, path: "/cgi-bin/menu/get", body: none },
    Probe { family: "followers", method: Method::GET, path: "/cgi-bin/user/get", body: none },
    Probe { family: "tags", method: Method::GET, path: "/cgi-bin/tags/get", body: none },
    Probe { family: "agents", method: Method::GET, path: "/cgi-bin/customservice/getkflist", body: none },
    Probe { family: "templates", method: Method::GET, path: "/cgi-bin/template/get_all_private_template", body: none },
    Probe { family: "drafts", method: Method::GET, path: "/cgi-bin/draft/count", body: none },
    Probe { family: "published", method: Method::POST, path: "/cgi-bin/freepublish/batchget", body: one_article },
    Probe { family: "comments", method: Method::POST, path: "/cgi-bin/comment/list", body: no_article },
    Probe { family: "statistics", method: Method::POST, path: "/datacube/getusersummary", body: yesterday },
];

fn none() -> Value {
    Value::Null
}

fn one_article() -> Value {
    json!({ "offset": 0, "count": 1, "no_content": 1 })
}

/// An article that is not there: who may not ask hears that first.
fn no_article() -> Value {
    json!({ "msg_data_id": 1, "index": 0, "begin": 0, "count": 1, "type": 0 })
}

/// The day before, by WeChat's clock.
fn yesterday() -> Value {
    let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
    let now = Zoned::new(jiff::Timestamp::now(), zone);
    let day = now.checked_sub(1.day()).unwrap_or(now).strftime("%Y-%m-%d").to_string();
    json!({ "begin_date": day, "end_date": day })
}

/// WeChat has no call that tells a self-run account what it may use: one harmless call of each family does. Never bad:
/// what an account may use is WeChat's to say.
pub(super) async fn permissions(live: &LiveAccount) -> Option<Found> {
    let ask = async |probe: &Probe| {
        let call = live.client.call(probe.method.clone(), probe.path).idempotent(true);
        let call = if probe.method == Method::POST { call.json(&(probe.body)()) } else { call };
        let permitted = match call.done().await {
            Ok(()) => Some(true),
            Err(error) if error.is(Condition::NotPermitted) => Some(false),
            // Only a permitted one gets as far as a refusal of its own.
            Err(error) if matches!(error.kind, ErrorKind::CallerMistake | ErrorKind::BusinessState) => Some(true),
            Err(_) => None,
        };
        (probe.family, permitted)
    };
    let told: Vec<_> = stream::iter(&PROBES).map(ask).buffered(3).collect().await;
    if told.iter().all(|(_, permitted)| permitted.is_none()) {
        return None;
    }
    let count = told.iter().filter(|(_, permitted)| *permitted == Some(true)).count();
    let text = if count == PROBES.len() { "account_health.permissions_all" } else { "account_health.permissions_some" };
    let lines: Vec<_> =
        told.iter().map(|(family, permitted)| json!({ "family": family, "permitted": permitted })).collect();
    Some(Found::new(State::Good, text).with("count", count).with("all", PROBES.len()).detail(lines))
}
