//! What a sentence asks for.

use serde_json::{Value, json};

use super::super::ask::{text, text_or_empty};
use super::super::{Answered, ApiError, Call, Reply};
use super::vocabulary::{CATEGORIES, CITIES, DAYS};
use crate::tokens::day_of;
use crate::world::{Inner, World};

const NOTHING: ApiError = ApiError::new(7_000_000, "request ok, no semantic result");
const MISSING: ApiError = ApiError::new(7_000_001, "missing request parameters");
const BAD_APPID: ApiError = ApiError::new(7_000_008, "illegal appid");

/// `POST /semantic/semproxy/search`: the first of the asked categories that one of its words speaks for.
pub(super) fn search(_: &Inner, _: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let query = text(&request, "query", MISSING)?;
    let asked = text(&request, "category", MISSING)?;
    if text(&request, "appid", MISSING)? != call.appid {
        return Err(BAD_APPID);
    }
    let city = text_or_empty(&request, "city")?;
    let located = request["latitude"].is_number() && request["longitude"].is_number();
    if city.is_empty() && !located {
        return Err(MISSING);
    }
    let speaks = |(_, words): &&(&str, &[&str])| words.iter().any(|word| query.contains(word));
    let asked: Vec<&str> = asked.split(',').map(str::trim).collect();
    let found = CATEGORIES.iter().filter(|(name, _)| asked.contains(name)).find(speaks);
    let (kind, _) = found.ok_or(NOTHING)?;
    Ok(Reply::Json(json!({
        "errcode": 0,
        "query": query,
        "type": kind,
        "semantic": { "details": details(kind, query, city, call.now), "intent": "SEARCH" },
    })))
}

fn details(kind: &str, query: &str, city: &str, now: i64) -> Value {
    let mut details = json!({});
    let mut named: Vec<(usize, &str)> = CITIES.iter().filter_map(|name| Some((query.find(name)?, *name))).collect();
    named.sort_unstable();
    let mut cities = named.into_iter().map(|(_, name)| name);
    match kind {
        "flight" | "train" => {
            let (first, second) = (cities.next(), cities.next());
            // One city named is where it goes; it starts where the user is.
            let (from, to) = if second.is_some() { (first, second) } else { (Some(city), first) };
            for (name, place) in [("start_loc", from), ("end_loc", to)] {
                if let Some(place) = place.filter(|place| !place.is_empty()) {
                    details[name] = location(place);
                }
            }
        }
        _ => {
            if let Some(place) = cities.next().or(Some(city)).filter(|place| !place.is_empty()) {
                details["location"] = location(place);
            }
        }
    }
    if let Some((word, ahead)) = DAYS.iter().find(|(word, _)| query.contains(word)) {
        let name = if matches!(kind, "flight" | "train") { "start_date" } else { "datetime" };
        details[name] = json!({
            "type": "DT_ORI", "date": super::super::statistics::date(day_of(now) + ahead), "date_ori": word,
        });
    }
    details
}

fn location(city: &str) -> Value {
    let simple = city.strip_suffix('市').unwrap_or(city);
    json!({ "type": "LOC_CITY", "city": format!("{simple}市"), "city_simple": simple, "loc_ori": city })
}
