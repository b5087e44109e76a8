//! How often rules answered.
//!
//! Each stored message knows its rule, so nothing is counted while WeChat waits: a task in the background follows the
//! messages (`conversations/follow.rs`), and adds them up by rule and day.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sea_orm::{ConnectionTrait, FromQueryResult};
use tokio_util::sync::CancellationToken;

use crate::{
    Result,
    conversations::{
        follow::{Next, Reader, Span, Step},
        reading,
    },
    db::{self, Db},
};

/// Days that [`Hits::days`] tells of.
pub const DAYS: usize = 30;

/// How many messages one step goes over at most.
const STEP: i64 = 5_000;
const READER: Reader = Reader::of_messages("rule_hits");
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

/// Counts until `stop`; days are those of `zone`.
pub async fn count(db: Db, zone: TimeZone, stop: CancellationToken) {
    READER.run(|| step(&db, &zone), stop).await;
}

/// One step of the counting.
///
/// # Errors
/// When the database does not answer; nothing is counted then.
async fn step(db: &Db, zone: &TimeZone) -> Result<Step> {
    let span = match READER.next(db, STEP).await? {
        Next::Span(span) => span,
        Next::Look => return Ok(Step::More),
        Next::Rest => return Ok(Step::Rest),
    };
    let found = between(db, span, zone).await?;
    let tx = db.begin_write().await?;
    if READER.pass(&*tx, span).await? {
        add(&*tx, &found).await?;
        tx.commit().await?;
    }
    Ok(Step::More)
}

/// Hits and last time by rule and day.
type Found = BTreeMap<(i64, i32), (i64, i64)>;

/// Adds up the messages of `span`.
async fn between(db: &Db, span: Span, zone: &TimeZone) -> Result<Found> {
    let mut found = Found::new();
    for quarter in reading::hits_between(db, span.from, span.until, QUARTER_MS).await? {
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
