//! After the list: who is known as following and was not on it has left. When that would be many, or the list was shorter
//! than WeChat's own count, a person is asked first.

use std::time::Duration;

use jiff::tz::TimeZone;
use sea_orm::ConnectionTrait;

use super::{Place, bits::Bits};
use crate::{
    Result,
    db::{self, now_ms},
    followers::growth::{Bookings, day_of},
    runs::{Counted, Ended, Halt, Turn},
};

/// Rows looked at in one statement.
const LOOKED: i64 = 1_000;
/// Rows of one commit.
const STEP: usize = 500;
const BREATH: Duration = Duration::from_millis(30);
/// Who followed within this time before the run began may not be on the list yet, in milliseconds.
const MARGIN_MS: i64 = 60_000;
/// So many may go without a question, and one in so many.
const FEW: i64 = 100;
const ONE_IN: i64 = 5;

/// Marks those who were not listed; gives the question when a person is to be asked.
pub(super) async fn sweep(turn: &mut Turn, place: &mut Place, zone: &TimeZone) -> Result<Option<Ended>, Halt> {
    let began = turn.run.started_at.unwrap_or_else(now_ms);
    let before = began - MARGIN_MS;
    let mut bits = Bits::listed(turn.run.id);
    let agreed = turn.run.ask["agreed"] == true;
    // The list, too, finds some gone: only the place says that the sweep has not begun.
    if !agreed && place.id == 0 {
        let (gone, of) = count(turn, &mut bits, before).await?;
        let short = turn.run.seen + place.passed + left_since(turn, began).await? < place.total;
        if gone > 0 && (short || (gone > FEW && gone * ONE_IN > of)) {
            return Ok(Some(Ended::Ask { problem: "runs.many_gone", detail: Some(gone.to_string()) }));
        }
    }
    loop {
        let (ids, last) = missing(turn, &mut bits, place.id, before).await?;
        for part in ids.chunks(STEP) {
            let mut sorted: Vec<_> = part.iter().collect();
            // As everybody locks them.
            sorted.sort_unstable_by_key(|(_, openid)| openid);
            let step = turn.begin().await?;
            let (mut bookings, mut gone) = (Bookings::default(), 0);
            for (id, _) in sorted {
                const SQL: &str = "UPDATE followers SET subscribed = FALSE, subscription_changed_at = $1, left_at = $2, \
                                   booked_day = NULL WHERE id = $3 AND subscribed = TRUE \
                                   AND subscription_changed_at < $1 RETURNING source";
                let values = [before.into(), began.into(), (*id).into()];
                let Some(row) = step.tx().query_one_raw(db::statement(step.tx(), SQL, values)).await? else { continue };
                let source: Option<String> = row.try_get("", "source")?;
                bookings.on(day_of(began, zone), source.as_deref()).found_left += 1;
                gone += 1;
            }
            bookings.store(step.tx(), turn.run.account_id).await?;
            place.id = part.last().map_or(place.id, |(id, _)| *id);
            step.commit(turn, place, Counted { gone, ..Counted::default() }).await?;
            turn.pause(BREATH).await?;
        }
        let Some(last) = last else { return Ok(None) };
        place.id = last;
    }
}

/// The followers behind the number `after` who were not listed, and the last number looked at; none at the end.
async fn missing(turn: &Turn, bits: &mut Bits, after: i64, before: i64) -> Result<(Vec<(i64, String)>, Option<i64>)> {
    let sql = format!(
        "SELECT id, openid, (subscribed = TRUE AND subscription_changed_at < $3) AS old FROM followers \
         WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT {LOOKED}"
    );
    let on = turn.db.read();
    let values = [turn.run.account_id.into(), after.into(), before.into()];
    let rows = on.query_all_raw(db::statement(on, &sql, values)).await?;
    let mut ids = Vec::with_capacity(rows.len());
    let mut last = None;
    for row in rows {
        let id: i64 = row.try_get("", "id")?;
        last = Some(id);
        if row.try_get::<bool>("", "old")? {
            ids.push((id, row.try_get("", "openid")?));
        }
    }
    bits.load(on, ids.iter().map(|(id, _)| *id)).await?;
    ids.retain(|(id, _)| !bits.has(*id));
    Ok((ids, last))
}

/// How many would be gone, and of how many who follow.
async fn count(turn: &Turn, bits: &mut Bits, before: i64) -> Result<(i64, i64)> {
    let (mut gone, mut after) = (0, 0);
    loop {
        let (ids, last) = missing(turn, bits, after, before).await?;
        gone += ids.len() as i64;
        let Some(last) = last else { break };
        after = last;
    }
    Ok((gone, turn.run.seen + gone))
}

/// How many left while the run went over the list.
async fn left_since(turn: &Turn, began: i64) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) AS n FROM followers WHERE account_id = $1 AND subscribed = FALSE \
                       AND subscription_changed_at >= $2";
    let on = turn.db.read();
    let values = [turn.run.account_id.into(), (began - MARGIN_MS).into()];
    let row = on.query_one_raw(db::statement(on, SQL, values)).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
}
