//! Figures: followers, messages and pushes as they were, articles' readers made up.

mod articles;
mod cards;
mod dates;
mod recorded;

use std::ops::RangeInclusive;

use serde_json::{Value, json};

pub(crate) use recorded::State;

use super::{Answered, ApiError, Call, Endpoint, Reply, read, write};
use crate::world::{Account, Inner, World};
use dates::{Day, first_of_month, monday, written};
use recorded::{BY_CODE, BY_SEARCH, Pushes};

/// Calls a day.
const DAILY: u32 = 500;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/datacube/getusersummary", DAILY, user_summary),
    write("/datacube/getusercumulate", DAILY, user_cumulate),
    write("/datacube/getupstreammsg", DAILY, messages_by_day),
    write("/datacube/getupstreammsghour", DAILY, messages_by_hour),
    write("/datacube/getupstreammsgweek", DAILY, messages_by_week),
    write("/datacube/getupstreammsgmonth", DAILY, messages_by_month),
    write("/datacube/getupstreammsgdist", DAILY, spread_by_day),
    write("/datacube/getupstreammsgdistweek", DAILY, spread_by_week),
    write("/datacube/getupstreammsgdistmonth", DAILY, spread_by_month),
    write("/datacube/getinterfacesummary", DAILY, pushes_by_day),
    write("/datacube/getinterfacesummaryhour", DAILY, pushes_by_hour),
    write("/datacube/getarticleread", DAILY, articles::read_by_day),
    write("/datacube/getarticleshare", DAILY, articles::shared_by_day),
    write("/datacube/getbizsummary", DAILY, articles::account),
    write("/datacube/getarticletotaldetail", DAILY, articles::detail),
    write("/datacube/getarticlesummary", DAILY, articles::old_summary),
    write("/datacube/getarticletotal", DAILY, articles::old_total),
    write("/datacube/getuserread", DAILY, articles::old_read),
    write("/datacube/getuserreadhour", DAILY, articles::old_read_hour),
    write("/datacube/getusershare", DAILY, articles::old_share),
    write("/datacube/getusersharehour", DAILY, articles::old_share_hour),
    write("/datacube/getcardbizuininfo", DAILY, cards::account),
    write("/datacube/getcardcardinfo", DAILY, cards::coupons),
    write("/datacube/getcardmembercardinfo", DAILY, cards::member_cards),
    write("/datacube/getcardmembercarddetail", DAILY, cards::member_card),
    read("/publisher/stat", DAILY, cards::advertising),
];

fn days(call: &Call, most: i64) -> Result<RangeInclusive<Day>, ApiError> {
    dates::asked(&call.json()?, ("begin_date", "end_date"), most, call.now)
}

fn list(rows: Vec<Value>) -> Answered {
    Ok(Reply::Json(json!({ "list": rows })))
}

fn state<'a>(world: &'a World, call: &Call) -> &'a State {
    &world.account(&call.appid).families.statistics
}

/// `POST /datacube/getusersummary`: who came and went, by source; seven days.
fn user_summary(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let state = state(world, call);
    let row = |day, (source, new, gone)| json!({ "ref_date": written(day), "user_source": source, "new_user": new, "cancel_user": gone });
    list(days(call, 7)?.flat_map(|day| state.followers_of(day).into_iter().map(move |one| row(day, one))).collect())
}

/// `POST /datacube/getusercumulate`: how many followed at the end of each day; seven days.
fn user_cumulate(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let now = i64::try_from(world.account(&call.appid).follower_count()).unwrap_or(i64::MAX);
    let state = state(world, call);
    let row = |day| {
        let then = now - state.growth_since(day);
        json!({ "ref_date": written(day), "cumulate_user": then.max(0) })
    };
    list(days(call, 7)?.map(row).collect())
}

/// The beginnings of the weeks or months that some days lie in, each with its days up to yesterday.
fn periods(days: RangeInclusive<Day>, begin_of: fn(Day) -> Day, call: &Call) -> Vec<(Day, RangeInclusive<Day>)> {
    let yesterday = crate::tokens::day_of(call.now) - 1;
    let mut begins: Vec<Day> = days.map(begin_of).collect();
    begins.dedup();
    // 31 days on lies in the next month, and 7 in the next week.
    let next = |begin: Day| if begin_of(begin + 7) == begin { begin_of(begin + 31) } else { begin + 7 };
    begins.into_iter().map(|begin| (begin, begin..=yesterday.min(next(begin) - 1))).collect()
}

fn message_rows(date: Day, hour: Option<i64>, kinds: Vec<(i64, usize, u64)>) -> impl Iterator<Item = Value> {
    kinds.into_iter().map(move |(kind, users, count)| {
        let mut row = json!({ "ref_date": written(date), "msg_type": kind, "msg_user": users, "msg_count": count });
        if let Some(hour) = hour {
            row["ref_hour"] = (hour * 100).into();
        }
        row
    })
}

/// `POST /datacube/getupstreammsg`: messages by kind; seven days.
fn messages_by_day(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let state = state(world, call);
    list(days(call, 7)?.flat_map(|day| message_rows(day, None, state.messages(day..=day))).collect())
}

/// `POST /datacube/getupstreammsghour`: the same by the hour (0 to 2300); one day.
fn messages_by_hour(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let state = state(world, call);
    let hours = days(call, 1)?.flat_map(|day| (0..24).map(move |hour| (day, hour)));
    list(hours.flat_map(|(day, hour)| message_rows(day, Some(hour), state.messages_of_hour(day, hour))).collect())
}

/// `POST /datacube/getupstreammsgweek`: by weeks, named by their Monday; thirty days.
fn messages_by_week(_: &Inner, world: &mut World, call: &Call) -> Answered {
    messages_by(world, call, monday)
}

/// `POST /datacube/getupstreammsgmonth`: by months, named by their first day; thirty days.
fn messages_by_month(_: &Inner, world: &mut World, call: &Call) -> Answered {
    messages_by(world, call, first_of_month)
}

fn messages_by(world: &World, call: &Call, begin_of: fn(Day) -> Day) -> Answered {
    let state = state(world, call);
    let periods = periods(days(call, 30)?, begin_of, call);
    list(periods.into_iter().flat_map(|(begin, days)| message_rows(begin, None, state.messages(days))).collect())
}

/// How many users sent 1 to 5, 6 to 10, and more messages: intervals 1, 2 and 3.
fn spread_rows(state: &State, date: Day, days: RangeInclusive<Day>) -> Vec<Value> {
    let mut users = [0_u64; 3];
    for count in state.messages_by_user(days).into_values() {
        users[match count {
            0..=5 => 0,
            6..=10 => 1,
            _ => 2,
        }] += 1;
    }
    let rows = users.into_iter().zip(1..).filter(|(users, _)| *users > 0);
    rows.map(|(users, interval)| json!({ "ref_date": written(date), "count_interval": interval, "msg_user": users }))
        .collect()
}

/// `POST /datacube/getupstreammsgdist`: users by how much they wrote; fifteen days.
fn spread_by_day(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let state = state(world, call);
    list(days(call, 15)?.flat_map(|day| spread_rows(state, day, day..=day)).collect())
}

/// `POST /datacube/getupstreammsgdistweek`: the same by weeks; thirty days.
fn spread_by_week(_: &Inner, world: &mut World, call: &Call) -> Answered {
    spread_by(world, call, monday)
}

/// `POST /datacube/getupstreammsgdistmonth`: the same by months; thirty days.
fn spread_by_month(_: &Inner, world: &mut World, call: &Call) -> Answered {
    spread_by(world, call, first_of_month)
}

fn spread_by(world: &World, call: &Call, begin_of: fn(Day) -> Day) -> Answered {
    let state = state(world, call);
    let periods = periods(days(call, 30)?, begin_of, call);
    list(periods.into_iter().flat_map(|(begin, days)| spread_rows(state, begin, days)).collect())
}

fn push_row(day: Day, pushes: Pushes) -> Value {
    json!({
        "ref_date": written(day),
        "callback_count": pushes.count,
        "fail_count": pushes.failed,
        "total_time_cost": pushes.total_ms,
        "max_time_cost": pushes.max_ms,
    })
}

/// `POST /datacube/getinterfacesummary`: pushes to the callback, failures, milliseconds; thirty days.
fn pushes_by_day(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let state = state(world, call);
    let mut rows = Vec::new();
    for day in days(call, 30)? {
        let mut sum = Pushes::default();
        state.pushes_of(day).for_each(|(_, pushes)| sum.add(pushes));
        rows.extend((sum.count > 0).then(|| push_row(day, sum)));
    }
    list(rows)
}

/// `POST /datacube/getinterfacesummaryhour`: the same by the hour (0 to 2300); one day.
fn pushes_by_hour(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let state = state(world, call);
    let mut rows = Vec::new();
    for day in days(call, 1)? {
        rows.extend(state.pushes_of(day).map(|(hour, pushes)| {
            let mut row = push_row(day, pushes);
            row["ref_hour"] = (hour * 100).into();
            row
        }));
    }
    list(rows)
}

/// A day of Beijing (counted from 1 January 1970) as `2026-11-22`.
pub(super) fn date(day: i64) -> String {
    written(day)
}

/// Writes down what a user did: came or went (`followed` is what was before), or sent a message of some `MsgType`.
pub(crate) fn note(account: &mut Account, openid: &str, followed: bool, msg_type: Option<&str>, now: i64) {
    let follows = account.is_following(openid);
    let by_code = account.phone(openid).is_some_and(|phone| phone.scene.is_some());
    let figures = &mut account.families.statistics;
    if follows != followed {
        figures.follower(follows, if by_code { BY_CODE } else { BY_SEARCH }, now);
    }
    if let Some(msg_type) = msg_type {
        figures.said(openid, msg_type, now);
    }
}
