//! New followers: the words that find them, and asking WeChat for what it tells of them.

use std::{collections::HashSet, time::Duration};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;

use super::{search, sync};
use crate::{
    Error, Result,
    accounts::{AccountSettings, Reach, Registry, settings},
    audit::Actor,
    conversations::follow::{Next, Reader, Step},
    db::{self, Db, now_ms},
    runs::Runs,
};

/// New row numbers of one step.
const STEP: i64 = 200;
/// So many who wait are asked for at once.
const MANY: i64 = 100;
/// Fewer wait so long, in milliseconds; and no account is asked for more often.
const WAIT_MS: i64 = 60_000;
/// Milliseconds for which nothing begins by itself after a reading that failed.
const FAILED_MS: i64 = 3_600_000;
/// How often it is looked whether some wait.
const LOOK: Duration = Duration::from_secs(5);
/// When the daily reading begins, by the shop's clock.
const DAILY: (i8, i8) = (4, 10);
/// Milliseconds after which all are read again.
const WEEK_MS: i64 = 7 * 86_400_000;

const READER: Reader = Reader::of("followers", "arrivals");

/// Writes the words of new followers, until `stop`.
pub async fn index(db: Db, stop: CancellationToken) {
    let mut rest = Duration::ZERO;
    while tokio::time::timeout(rest, stop.cancelled()).await.is_err() {
        rest = READER.rest_after(step(&db).await);
    }
}

/// One step of it.
async fn step(db: &Db) -> Result<Step> {
    let span = match READER.next(db, STEP).await? {
        Next::Span(span) => span,
        Next::Look => return Ok(Step::More),
        Next::Rest => return Ok(Step::Rest),
    };
    let tx = db.begin_write().await?;
    if READER.pass(&*tx, span).await? {
        let id = if db.is_sqlite() { "rowid" } else { "id" };
        let ids = async |sql: String| -> Result<HashSet<i64>> {
            let rows = tx.query_all_raw(db::statement(&*tx, &sql, [span.from.into(), span.until.into()])).await?;
            rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
        };
        let there = ids("SELECT id FROM followers WHERE id > $1 AND id <= $2".into()).await?;
        let known = ids(format!("SELECT {id} AS id FROM followers_search WHERE {id} > $1 AND {id} <= $2")).await?;
        let mut new: Vec<_> = there.difference(&known).copied().collect();
        new.sort_unstable();
        search::index(&*tx, &new).await?;
        tx.commit().await?;
    }
    Ok(Step::More)
}

/// Begins readings that are due by themselves, until `stop`; the daily one by the clock of `zone`.
pub async fn ask(db: Db, registry: Registry, runs: Runs, zone: TimeZone, stop: CancellationToken) {
    while tokio::time::timeout(LOOK, stop.cancelled()).await.is_err() {
        for live in registry.all() {
            let account = live.account.id;
            if let Err(error) = ask_for(&db, &runs, account, &live.settings, &zone).await {
                tracing::warn!(account, %error, "could not look for new followers");
            }
        }
    }
}

async fn ask_for(db: &Db, runs: &Runs, account: i64, held: &AccountSettings, zone: &TimeZone) -> Result<()> {
    let (known, now) = (sync::known(db, account).await?, now_ms());
    let lately = known.recent_at.is_some_and(|at| at > now - WAIT_MS);
    if now < known.not_before || lately {
        return Ok(());
    }
    let daily = daily_at(now, zone);
    let all =
        held.is_on(settings::FOLLOWERS_FULL_WEEKLY) && known.full_at.is_some_and(|at| at < daily - WEEK_MS + WAIT_MS);
    let due = all || known.recent_at.is_some_and(|at| at < daily) || wait(db, account, now).await?;
    if !due || gave_up(db, account, now).await? {
        return Ok(());
    }
    match sync::begin(runs, &Actor::system(), &Reach::All, account, all, None).await {
        // One is under way: what waits is read by it, or after it.
        Ok(_) | Err(Error::Invalid(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the latest reading failed a short time ago: what only a person can put right is not tried again and again.
async fn gave_up(db: &Db, account: i64, now: i64) -> Result<bool> {
    const SQL: &str = "SELECT state, taken_at FROM runs WHERE account_id = $1 \
                       AND kind IN ('sync_full', 'sync_recent') ORDER BY id DESC LIMIT 1";
    let Some(row) = db.read().query_one_raw(db::statement(db.read(), SQL, [account.into()])).await? else {
        return Ok(false);
    };
    let (state, at): (String, i64) = (row.try_get("", "state")?, row.try_get("", "taken_at")?);
    Ok(state == "failed" && at > now - FAILED_MS)
}

/// Whether enough wait, or one for long enough.
async fn wait(db: &Db, account: i64, now: i64) -> Result<bool> {
    let sql = format!(
        "SELECT COUNT(*) AS n, COALESCE(MIN(followed_at), 0) AS first FROM (SELECT followed_at FROM followers \
         WHERE account_id = $1 AND details_at IS NULL AND followed_at IS NOT NULL LIMIT {MANY}) AS waiting"
    );
    let Some(row) = db.read().query_one_raw(db::statement(db.read(), &sql, [account.into()])).await? else {
        return Ok(false);
    };
    let (n, first): (i64, i64) = (row.try_get("", "n")?, row.try_get("", "first")?);
    Ok(n >= MANY || (n > 0 && first <= now - WAIT_MS))
}

/// The latest moment at which the daily reading was due, Unix ms.
fn daily_at(now: i64, zone: &TimeZone) -> i64 {
    let here = Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(zone.clone());
    let (hour, minute) = DAILY;
    let today = here.date().at(hour, minute, 0, 0).to_zoned(zone.clone()).unwrap_or_else(|_| here.clone());
    let latest = if today > here { today.checked_sub(1.day()).unwrap_or(today) } else { today };
    latest.timestamp().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daily_reading_is_due_at_ten_past_four() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(daily_at(at("2026-11-23T04:09:59+08:00"), &zone), at("2026-11-22T04:10:00+08:00"));
        assert_eq!(daily_at(at("2026-11-23T04:10:00+08:00"), &zone), at("2026-11-23T04:10:00+08:00"));
    }
}
