//! How often rules answered.
//!
//! Each stored message knows its rule, so nothing is counted while WeChat waits: a task in the background goes over the
//! messages that came since its last look, and adds them up by rule and day. How far it got is stored in the same
//! transaction as the sums, by compare-and-set: of several nodes one counts a message, and a node that dies has counted
//! nothing or everything of a step. (Counters in memory, flushed now and then, would lose what a dead process had not
//! flushed, and could count a repeated delivery.)
//!
//! On PostgreSQL numbers are handed out before their transactions commit, so a smaller one may appear after a larger.
//! A look therefore first notes a horizon, the largest number to be seen, and the transaction number of that moment; what lies
//! below the horizon is counted when every transaction that ran then has come to its end. (Why not with gaps, as the inbox
//! does it: `conversations/reading.rs`.)

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sea_orm::{ConnectionTrait, FromQueryResult};
use tokio_util::sync::CancellationToken;

use crate::{
    Result,
    conversations::reading::{self, Horizon},
    db::{self, Db},
};

/// Days that [`Hits::days`] tells of.
pub const DAYS: usize = 30;

/// How long the counting rests when nothing new is there.
const REST: Duration = Duration::from_secs(2);
/// How many messages one step goes over at most.
const STEP: i64 = 5_000;
/// Between two full steps, so that counting years of messages leaves the database to others.
const BREATH: Duration = Duration::from_millis(20);
/// A quarter of an hour in milliseconds: every zone's day begins with one.
const QUARTER_MS: i64 = 900_000;

/// How often a rule answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hits {
    /// Ever.
    pub total: i64,
    /// The last time, Unix ms.
    pub last_at: i64,
    /// On each of the last [`DAYS`] days by the shop's clock; the last one is today.
    pub days: [i64; DAYS],
}

/// What a step of the counting found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There may be more to count at once.
    More,
    /// All is counted that can be.
    Rest,
}

#[derive(FromQueryResult)]
struct Cursor {
    done_id: i64,
    horizon_id: i64,
    horizon_xid: i64,
}

/// Counts until `stop`; days are those of `zone`.
pub async fn count(db: Db, zone: TimeZone, stop: CancellationToken) {
    let mut rest = REST;
    while tokio::time::timeout(rest, stop.cancelled()).await.is_err() {
        rest = match step(&db, &zone).await {
            Ok(Step::More) => BREATH,
            Ok(Step::Rest) => REST,
            Err(error) => {
                // An outage is told of where it hurts; nothing is lost here.
                tracing::debug!(%error, "hits of rules could not be counted");
                REST
            }
        };
    }
}

/// One step of the counting.
///
/// # Errors
/// When the database does not answer; nothing is counted then.
pub async fn step(db: &Db, zone: &TimeZone) -> Result<Step> {
    let sql = "SELECT done_id, horizon_id, horizon_xid FROM rule_hits_cursor WHERE id = 1";
    let cursor = Cursor::find_by_statement(db::statement(db.read(), sql, [])).one(db.read()).await?;
    let Some(cursor) = cursor else { return Ok(Step::Rest) };
    if cursor.done_id == cursor.horizon_id {
        return look_ahead(db, &cursor).await;
    }
    if !(Horizon { id: cursor.horizon_id, xid: cursor.horizon_xid }).is_settled(db).await? {
        return Ok(Step::Rest);
    }
    let until = cursor.horizon_id.min(cursor.done_id + STEP);
    let found = between(db, cursor.done_id, until, zone).await?;
    let tx = db.begin_write().await?;
    let sql = "UPDATE rule_hits_cursor SET done_id = $1 WHERE id = 1 AND done_id = $2";
    if db::execute(&*tx, sql, [until.into(), cursor.done_id.into()]).await? == 1 {
        add(&*tx, &found).await?;
        tx.commit().await?;
    }
    Ok(Step::More)
}

/// Notes how far there are messages now.
async fn look_ahead(db: &Db, cursor: &Cursor) -> Result<Step> {
    let horizon = Horizon::now(db).await?;
    if horizon.id <= cursor.horizon_id {
        return Ok(Step::Rest);
    }
    let sql = "UPDATE rule_hits_cursor SET horizon_id = $1, horizon_xid = $2 WHERE id = 1 AND horizon_id = $3";
    db.execute(sql, [horizon.id.into(), horizon.xid.into(), cursor.horizon_id.into()]).await?;
    Ok(Step::More)
}

/// Hits and last time by rule and day.
type Found = BTreeMap<(i64, i32), (i64, i64)>;

/// Adds up the messages after `from` up to `until`.
async fn between(db: &Db, from: i64, until: i64, zone: &TimeZone) -> Result<Found> {
    let mut found = Found::new();
    for quarter in reading::hits_between(db, from, until, QUARTER_MS).await? {
        let sum = found.entry((quarter.rule_id, day(quarter.span * QUARTER_MS, zone))).or_insert((0, 0));
        *sum = (sum.0 + quarter.hits, sum.1.max(quarter.last_at));
    }
    Ok(found)
}

async fn add<C: ConnectionTrait>(tx: &C, found: &Found) -> Result<()> {
    const DAY: &str = "INSERT INTO rule_hits (rule_id, day, hits) VALUES ($1, $2, $3) \
                       ON CONFLICT (rule_id, day) DO UPDATE SET hits = rule_hits.hits + excluded.hits";
    const TOTAL: &str = "INSERT INTO rule_totals (rule_id, hits, last_hit_at) VALUES ($1, $2, $3) \
                         ON CONFLICT (rule_id) DO UPDATE SET hits = rule_totals.hits + excluded.hits, \
                         last_hit_at = CASE WHEN excluded.last_hit_at > rule_totals.last_hit_at \
                         THEN excluded.last_hit_at ELSE rule_totals.last_hit_at END";
    for ((rule, day), (hits, last_at)) in found {
        db::execute(tx, DAY, [(*rule).into(), (*day).into(), (*hits).into()]).await?;
        db::execute(tx, TOTAL, [(*rule).into(), (*hits).into(), (*last_at).into()]).await?;
    }
    Ok(())
}

/// The hits of each rule of an account; a rule that never answered is not there. `now_ms` says which day is today.
///
/// # Errors
/// When the database does not answer.
pub async fn of_account(db: &Db, account_id: i64, zone: &TimeZone, now_ms: i64) -> Result<HashMap<i64, Hits>> {
    #[derive(FromQueryResult)]
    struct Total {
        rule_id: i64,
        hits: i64,
        last_hit_at: i64,
    }
    #[derive(FromQueryResult)]
    struct OnDay {
        rule_id: i64,
        day: i32,
        hits: i64,
    }
    const OF_ACCOUNT: &str = "JOIN reply_rules r ON r.id = h.rule_id WHERE r.account_id = $1";
    let totals = format!("SELECT h.rule_id, h.hits, h.last_hit_at FROM rule_totals h {OF_ACCOUNT}");
    let totals = Total::find_by_statement(db::statement(db.read(), &totals, [account_id.into()]));
    let mut hits: HashMap<_, _> = (totals.all(db.read()).await?.into_iter())
        .map(|total| (total.rule_id, Hits { total: total.hits, last_at: total.last_hit_at, days: [0; DAYS] }))
        .collect();
    let today = day(now_ms, zone);
    let first = today - DAYS as i32 + 1;
    let days = format!("SELECT h.rule_id, h.day, h.hits FROM rule_hits h {OF_ACCOUNT} AND h.day >= $2 AND h.day <= $3");
    let values = [account_id.into(), first.into(), today.into()];
    let days = OnDay::find_by_statement(db::statement(db.read(), &days, values));
    for one in days.all(db.read()).await? {
        if let Some(hits) = hits.get_mut(&one.rule_id) {
            hits.days[(one.day - first) as usize] = one.hits;
        }
    }
    Ok(hits)
}

/// The date of the day at `index` of [`Hits::days`].
pub fn date(index: usize, zone: &TimeZone, now_ms: i64) -> Date {
    let days_ago = DAYS.saturating_sub(index + 1) as i64;
    let today = Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(zone.clone()).date();
    today.saturating_sub(jiff::Span::new().days(days_ago))
}

/// The day of a moment, as days since 1970-01-01 by the clock of `zone`.
fn day(ms: i64, zone: &TimeZone) -> i32 {
    let offset = zone.to_offset(Timestamp::from_millisecond(ms).unwrap_or_default()).seconds();
    (ms + i64::from(offset) * 1_000).div_euclid(86_400_000) as i32
}

#[cfg(test)]
#[path = "hits_tests.rs"]
mod tests;
