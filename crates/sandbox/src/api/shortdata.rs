//! Short keys for long texts, and the short links that are no more.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::{Answered, ApiError, Call, Endpoint, Reply, ask, write};
use crate::world::{Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/shorten/gen", 100_000, make),
    write("/cgi-bin/shorten/fetch", 100_000, fetch),
    write("/cgi-bin/shorturl", 1000, shorturl),
];

/// Bytes of a text.
const LONG: usize = 4096;
/// Seconds that a key may live: thirty days.
const LIFE: i64 = 30 * 86_400;
/// How many keys of an account are kept; the oldest go first.
const KEPT: usize = 100_000;

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    by_key: HashMap<String, Long>,
    order: VecDeque<String>,
}

struct Long {
    data: String,
    created_at: i64,
    expires_at: i64,
}

/// `POST /cgi-bin/shorten/gen`, genShortKey.
fn make(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let data = ask::text(&request, "long_data", ApiError::new(47003, "argument invalid! data.long_data"))?;
    if data.len() > LONG {
        return Err(ApiError::new(9_410_010, "long_data size out of limit"));
    }
    let seconds = ask::number_or(&request, "expire_seconds", LIFE)?;
    if !(1..=LIFE).contains(&seconds) {
        return Err(ApiError::new(9_410_011, "expire_seconds out of limit"));
    }
    let key = world.chance.short_key();
    let state = &mut world.account_mut(&call.appid).families.shortdata;
    if state.order.len() >= KEPT
        && let Some(oldest) = state.order.pop_front()
    {
        state.by_key.remove(&oldest);
    }
    let long = Long { data: data.to_owned(), created_at: call.now, expires_at: call.now + seconds };
    state.by_key.insert(key.clone(), long);
    state.order.push_back(key.clone());
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "short_key": key })))
}

/// `POST /cgi-bin/shorten/fetch`, fetchShorten: the text and the seconds that its key has left.
fn fetch(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let key = ask::text(&request, "short_key", ApiError::new(47003, "argument invalid! data.short_key"))?;
    let long = world.account(&call.appid).families.shortdata.by_key.get(key);
    let long = long.filter(|long| call.now < long.expires_at);
    let long = long.ok_or(ApiError::new(9_410_012, "short_key not exist or expired"))?;
    Ok(Reply::Json(json!({
        "errcode": 0, "errmsg": "ok",
        "long_data": long.data, "create_time": long.created_at, "expire_seconds": long.expires_at - call.now,
    })))
}

/// `POST /cgi-bin/shorturl`: no links are made since 15 March 2021, and since 2023 nothing is answered but this.
fn shorturl(_: &Inner, _: &mut World, _: &Call) -> Answered {
    Err(ApiError::new(45103, "This API has been unsupported"))
}
