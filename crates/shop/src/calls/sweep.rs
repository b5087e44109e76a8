//! What is too old goes: lines after their account's days, figures after longer. One node does it, a few hundred rows at a
//! time with long rests between, for it writes into the same database as the messages.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use tokio_util::sync::CancellationToken;

use super::figures::{HOUR, MINUTE};
use crate::{
    Result,
    accounts::{Registry, settings as account_settings},
    db::{self, Db, now_ms},
    leases,
    settings::{CALLS_MOST, Settings},
};

/// The name of the lease.
const LEASE: &str = "sweep";
/// How often is looked for what is due.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// After a start.
const FIRST: Duration = Duration::from_secs(30);
/// How often the lease is taken anew while something is due.
const HOLD_ON: Duration = Duration::from_secs(15);
/// Lines in one transaction.
const LINES: u64 = 500;
/// Rows of figures in one transaction.
const FIGURES: u64 = 200;
/// For each moment of writing so many of rest.
const REST: u32 = 32;
/// The longest rest: a database that stood still for a while is none the slower for it.
const LONGEST_REST: Duration = Duration::from_secs(2);
/// Minutes are kept for two days, then they are hours.
const MINUTES_LIVE: i64 = 48 * HOUR;
/// Hours are kept a little longer than a year, so that a month can be compared with last year's.
const HOURS_LIVE: i64 = 400 * 24 * HOUR;
/// A replay stays at least so long, however few days lines are kept: what it stored is not told to webhooks by itself, and
/// they may be behind.
const REPLAYS_LIVE: i64 = 30 * 24 * HOUR;

/// Sweeps every ten minutes until `stop`.
pub async fn run(db: Db, registry: Registry, stop: CancellationToken) {
    let sweep = Sweep { db, holder: leases::holder(), stop };
    let mut pause = FIRST;
    while tokio::time::timeout(pause, sweep.stop.cancelled()).await.is_err() {
        pause = EVERY;
        let swept = sweep.all(&registry).await;
        if let Err(error) = swept {
            // An outage is told of where it hurts; what is due stays due.
            tracing::debug!(%error, "old calls could not be taken away");
        }
    }
    let _ = leases::give_up(&sweep.db, LEASE, &sweep.holder).await;
}

/// How many lines of the account began before `before` (Unix ms), as far as is counted.
///
/// # Errors
/// When the database does not answer.
pub async fn due(db: &Db, account: i64, before: i64) -> Result<db::Count> {
    db::count(db, "calls WHERE account_id = $1 AND at < $2", [account.into(), before.into()]).await
}

/// Takes away the account's lines that began before `before` (Unix ms), with rests between, until none is left or `stop`.
/// Gives their number.
///
/// # Errors
/// When the database does not answer; what was taken away by then is gone.
pub async fn lines(db: &Db, account: i64, before: i64, stop: &CancellationToken) -> Result<u64> {
    let mut all = 0;
    loop {
        let began = Instant::now();
        let gone = some_lines(db, account, before).await?;
        all += gone;
        if gone < LINES || !rest(began, stop).await {
            return Ok(all);
        }
    }
}

/// One node's sweeping.
struct Sweep {
    db: Db,
    holder: String,
    stop: CancellationToken,
}

/// Rests after what began at `began`. False: it is time to end.
async fn rest(began: Instant, stop: &CancellationToken) -> bool {
    let rest = (began.elapsed() * REST).min(LONGEST_REST);
    tokio::time::timeout(rest, stop.cancelled()).await.is_err()
}

impl Sweep {
    async fn all(&self, registry: &Registry) -> Result<()> {
        if !leases::take(&self.db, LEASE, &self.holder, leases::USUAL).await? {
            return Ok(());
        }
        let now = now_ms();
        for live in registry.all() {
            let account = live.account.id;
            let days = live.settings.number(account_settings::CALLS_DAYS);
            let before = now.saturating_sub(days.saturating_mul(24 * HOUR));
            for step in [
                Step::Lines { account, before },
                Step::Minutes { account, before: now - MINUTES_LIVE },
                Step::Figures { account, before: now - HOURS_LIVE },
                Step::Replays { account, before: before.min(now - REPLAYS_LIVE) },
            ] {
                if !self.until_done(step).await? {
                    return Ok(());
                }
            }
        }
        let most = Settings::new(self.db.clone()).number(CALLS_MOST).await?;
        let excess = above(&self.db, most).await?;
        self.until_done(Step::Oldest { excess }).await.map(drop)
    }

    /// Repeats a step until there is nothing left for it, with rests. False: the end has come, or another node sweeps.
    async fn until_done(&self, mut step: Step) -> Result<bool> {
        let mut held = Instant::now();
        loop {
            let began = Instant::now();
            if !step.once(&self.db).await? {
                return Ok(true);
            }
            if !rest(began, &self.stop).await {
                return Ok(false);
            }
            if held.elapsed() > HOLD_ON {
                if !leases::take(&self.db, LEASE, &self.holder, leases::USUAL).await? {
                    return Ok(false);
                }
                held = Instant::now();
            }
        }
    }
}

/// What is done in one short transaction, again and again.
enum Step {
    Lines { account: i64, before: i64 },
    Minutes { account: i64, before: i64 },
    Figures { account: i64, before: i64 },
    Replays { account: i64, before: i64 },
    Oldest { excess: u64 },
}

impl Step {
    /// True: there may be more.
    async fn once(&mut self, db: &Db) -> Result<bool> {
        Ok(match self {
            Self::Lines { account, before } => some_lines(db, *account, *before).await? == LINES,
            Self::Minutes { account, before } => fold_minutes(db, *account, *before).await? > 0,
            Self::Figures { account, before } => old_figures(db, *account, *before).await? > 0,
            Self::Replays { account, before } => old_replays(db, *account, *before).await? == LINES,
            Self::Oldest { excess: 0 } => false,
            Self::Oldest { excess } => {
                let gone = oldest_lines(db, (*excess).min(LINES)).await?;
                *excess = excess.saturating_sub(gone);
                gone > 0
            }
        })
    }
}

#[derive(FromQueryResult)]
struct Gone {
    id: i64,
    has_bodies: bool,
}

/// Takes away some of the account's oldest lines, with what was in them. The highest number stays, so that SQLite gives
/// none twice.
async fn some_lines(db: &Db, account: i64, before: i64) -> Result<u64> {
    let sql = format!(
        "DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE account_id = $1 AND at < $2 ORDER BY at LIMIT {LINES}) \
         AND id < (SELECT MAX(id) FROM calls) RETURNING id, has_bodies"
    );
    take_away(db, &sql, [account.into(), before.into()]).await
}

/// Takes away the `count` lowest numbers, whose ever they are.
async fn oldest_lines(db: &Db, count: u64) -> Result<u64> {
    let sql = format!(
        "DELETE FROM calls WHERE id IN (SELECT id FROM calls ORDER BY id LIMIT {count}) \
         AND id < (SELECT MAX(id) FROM calls) RETURNING id, has_bodies"
    );
    take_away(db, &sql, []).await
}

async fn take_away(db: &Db, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64> {
    let tx = db.begin_write().await?;
    let gone = Gone::find_by_statement(db::statement(&*tx, sql, values)).all(&*tx).await?;
    let bodies: Vec<i64> = gone.iter().filter(|line| line.has_bodies).map(|line| line.id).collect();
    if !bodies.is_empty() {
        let places: Vec<_> = (1..=bodies.len()).map(|place| format!("${place}")).collect();
        let sql = format!("DELETE FROM call_bodies WHERE call_id IN ({})", places.join(", "));
        db::execute(&*tx, &sql, bodies.into_iter().map(Value::from)).await?;
    }
    tx.commit().await?;
    Ok(gone.len() as u64)
}

/// How many lines there are more than `most`. The numbers tell when there are surely not; else they are counted.
async fn above(db: &Db, most: i64) -> Result<u64> {
    let lowest = number(db, "SELECT MIN(id) AS n FROM calls").await?;
    let highest = number(db, "SELECT MAX(id) AS n FROM calls").await?;
    if highest - lowest < most {
        return Ok(0);
    }
    let lines = number(db, "SELECT COUNT(*) AS n FROM calls").await?;
    Ok(u64::try_from(lines - most).unwrap_or_default())
}

async fn number(db: &Db, sql: &str) -> Result<i64> {
    let row = db.read().query_one_raw(db::statement(db.read(), sql, [])).await?;
    Ok(row.map(|row| row.try_get::<Option<i64>>("", "n")).transpose()?.flatten().unwrap_or_default())
}

/// Adds some of the account's minutes before `before` to their hours, and takes them away, in one transaction.
async fn fold_minutes(db: &Db, account: i64, before: i64) -> Result<u64> {
    let Some(until) = bound(db, account, 'm', before).await? else { return Ok(0) };
    let sums: Vec<_> = ["calls", "failed", "total_us"].into_iter().map(str::to_owned).collect();
    let sums: Vec<_> = sums.into_iter().chain((0..super::BUCKETS).map(|bucket| format!("b{bucket}"))).collect();
    let columns = sums.join(", ");
    let added = sums.iter().map(|sum| format!("CAST(SUM({sum}) AS BIGINT)")).collect::<Vec<_>>().join(", ");
    let updated =
        sums.iter().map(|sum| format!("{sum} = call_figures.{sum} + excluded.{sum}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "INSERT INTO call_figures (account_id, span, at, outgoing, endpoint, max_us, {columns}) \
         SELECT account_id, 'h', at - at % {HOUR}, outgoing, endpoint, MAX(max_us), {added} FROM call_figures \
         WHERE account_id = $1 AND span = 'm' AND at < $2 GROUP BY account_id, at - at % {HOUR}, outgoing, endpoint \
         ON CONFLICT (account_id, span, at, outgoing, endpoint) DO UPDATE SET {updated}, \
         max_us = CASE WHEN excluded.max_us > call_figures.max_us THEN excluded.max_us ELSE call_figures.max_us END"
    );
    let tx = db.begin_write().await?;
    db::execute(&*tx, &sql, [account.into(), until.into()]).await?;
    let sql = "DELETE FROM call_figures WHERE account_id = $1 AND span = 'm' AND at < $2";
    let gone = db::execute(&*tx, sql, [account.into(), until.into()]).await?;
    tx.commit().await?;
    Ok(gone)
}

/// Where some of the account's figures of `span` end that lie before `before`: whole minutes or hours, of as many rows as one
/// transaction takes. None: there is nothing before.
async fn bound(db: &Db, account: i64, span: char, before: i64) -> Result<Option<i64>> {
    let rows = format!("call_figures WHERE account_id = $1 AND span = '{span}' AND at < $2");
    let Some(first) = time_at(db, &rows, account, before, 0).await? else { return Ok(None) };
    let last = time_at(db, &rows, account, before, FIGURES).await?;
    // A single minute with more rows than that goes whole.
    Ok(Some(last.map_or(before, |last| last.max(first + MINUTE))))
}

/// The time of the row at `place` of `rows`, by time.
async fn time_at(db: &Db, rows: &str, account: i64, before: i64, place: u64) -> Result<Option<i64>> {
    let sql = format!("SELECT at FROM {rows} ORDER BY at LIMIT 1 OFFSET {place}");
    let row = db.read().query_one_raw(db::statement(db.read(), &sql, [account.into(), before.into()])).await?;
    Ok(row.map(|row| row.try_get("", "at")).transpose()?)
}

/// Takes away some of the account's figures before `before`.
async fn old_figures(db: &Db, account: i64, before: i64) -> Result<u64> {
    let mut gone = 0;
    if let Some(until) = bound(db, account, 'h', before).await? {
        let sql = "DELETE FROM call_figures WHERE account_id = $1 AND span = 'h' AND at < $2";
        gone += db.execute(sql, [account.into(), until.into()]).await?;
    }
    for table in ["call_errors", "call_left_out"] {
        let rows = format!("{table} WHERE account_id = $1 AND at < $2");
        if time_at(db, &rows, account, before, 0).await?.is_none() {
            continue;
        }
        let until = time_at(db, &rows, account, before, FIGURES).await?.map_or(before, |at| at + 1);
        gone += db.execute(&format!("DELETE FROM {rows}"), [account.into(), until.into()]).await?;
    }
    Ok(gone)
}

/// Takes away some of the account's replays before `before`, with the answers that were promised. Those that wait for their
/// answer to be sent stay.
async fn old_replays(db: &Db, account: i64, before: i64) -> Result<u64> {
    let sql = format!(
        "DELETE FROM replays WHERE id IN (SELECT id FROM replays WHERE account_id = $1 AND created_at < $2 \
         AND done_at IS NOT NULL ORDER BY id LIMIT {LINES})"
    );
    db.execute(&sql, [account.into(), before.into()]).await
}

#[cfg(test)]
#[path = "sweep_tests.rs"]
mod tests;
