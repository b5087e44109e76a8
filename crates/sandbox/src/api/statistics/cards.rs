//! Figures of coupons, membership cards and advertising, of which there are none here: what is asked is checked, and
//! the lists are empty.

use serde_json::{Value, json};

use super::super::ask::number;
use super::super::{Answered, ApiError, Call, Reply};
use super::{dates, list};
use crate::world::{Inner, World};

const BAD_SOURCE: ApiError = ApiError::new(40097, "invalid args");
const BAD_CARD: ApiError = ApiError::new(40054, "invalid card id");
/// Days that figures of cards may span.
const SPAN: i64 = 62;
/// Days that figures of advertising may span.
const AD_SPAN: i64 = 90;

fn check(call: &Call) -> Result<Value, ApiError> {
    let request: Value = call.json()?;
    dates::asked(&request, ("begin_date", "end_date"), SPAN, call.now)?;
    Ok(request)
}

fn none_by_source(call: &Call) -> Answered {
    let source = number(&check(call)?, "cond_source", BAD_SOURCE)?;
    if source == 0 || source == 1 { list(Vec::new()) } else { Err(BAD_SOURCE) }
}

/// `POST /datacube/getcardbizuininfo`
pub(super) fn account(_: &Inner, _: &mut World, call: &Call) -> Answered {
    none_by_source(call)
}

/// `POST /datacube/getcardcardinfo`
pub(super) fn coupons(_: &Inner, _: &mut World, call: &Call) -> Answered {
    none_by_source(call)
}

/// `POST /datacube/getcardmembercardinfo`
pub(super) fn member_cards(_: &Inner, _: &mut World, call: &Call) -> Answered {
    none_by_source(call)
}

/// `POST /datacube/getcardmembercarddetail`
pub(super) fn member_card(_: &Inner, _: &mut World, call: &Call) -> Answered {
    let request = check(call)?;
    match request["card_id"].as_str() {
        Some(card_id) if !card_id.is_empty() => list(Vec::new()),
        _ => Err(BAD_CARD),
    }
}

/// `GET /publisher/stat`: it answers in an envelope of its own, errors too.
pub(super) fn advertising(_: &Inner, _: &mut World, call: &Call) -> Answered {
    let (ret, err_msg) = advertising_fault(call).unwrap_or((0, "ok"));
    let mut answer = json!({ "base_resp": { "err_msg": err_msg, "ret": ret } });
    if ret == 0 {
        answer["list"] = json!([]);
        answer["summary"] = json!({});
        answer["total_num"] = 0.into();
    }
    Ok(Reply::Json(answer))
}

fn advertising_fault(call: &Call) -> Option<(i64, &'static str)> {
    const ACTIONS: [&str; 3] = ["publisher_adpos_general", "publisher_cps_general", "publisher_settlement"];
    const ARGUMENT: (i64, &str) = (1701, "param error");
    if !ACTIONS.contains(&call.query("action")) {
        return Some((45010, "invalid action"));
    }
    let within = |name: &str, most: u32| call.query(name).parse::<u32>().is_ok_and(|n| (1..=most).contains(&n));
    if !within("page", u32::MAX) || !within("page_size", 90) {
        return Some(ARGUMENT);
    }
    let dates = json!({ "start_date": call.query("start_date"), "end_date": call.query("end_date") });
    dates::asked(&dates, ("start_date", "end_date"), AD_SPAN, call.now).err().map(|_| ARGUMENT)
}
