//! The figures of calls: how many, how many failed, what failed most, what is slow. From the sums alone, which are exact
//! also where lines were left out.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::{figures::BUCKETS_US, read::accounts};
use crate::{
    Result,
    accounts::Reach,
    db::{self, Db},
};

/// Points of a chart at most.
const POINTS: i64 = 60;
/// Endpoints of a table at most.
const ROWS: usize = 50;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The figures of a span of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// All exchanges.
    pub calls: i64,
    /// Those that went wrong.
    pub failed: i64,
    /// How long a point of the series lasts, ms.
    pub step: i64,
    /// One point a step, the oldest first; also those in which nothing happened.
    pub series: Vec<Point>,
    /// Where something went wrong, the most first.
    pub failing: Vec<Failing>,
    /// The slowest first, by what 95 of 100 stay below.
    pub slowest: Vec<Speed>,
    /// Lines that were not written one by one, for lack of time; the figures have them.
    pub left_out: i64,
}

/// A step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Its beginning, Unix ms.
    pub at: i64,
    /// Exchanges.
    pub calls: i64,
    /// Of which went wrong.
    pub failed: i64,
}

/// An endpoint where something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// The endpoint.
    pub endpoint: String,
    /// All its exchanges.
    pub calls: i64,
    /// Those that went wrong.
    pub failed: i64,
    /// WeChat's numbers with how often, the most first. By whole hours.
    pub errcodes: Vec<(i64, i64)>,
}

/// How long an endpoint takes, microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speed {
    /// The endpoint.
    pub endpoint: String,
    /// Exchanges.
    pub calls: i64,
    /// Half of them stay below.
    pub p50: i64,
    /// 95 of 100 stay below.
    pub p95: i64,
    /// The slowest.
    pub max: i64,
}

/// Minutes of which lines were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first minute, Unix ms.
    pub from: i64,
    /// The end of the last one.
    pub to: i64,
    /// How many lines.
    pub lines: i64,
}

#[derive(FromQueryResult)]
struct Sums {
    endpoint: String,
    calls: i64,
    failed: i64,
    max_us: i64,
    b0: i64,
    b1: i64,
    b2: i64,
    b3: i64,
    b4: i64,
    b5: i64,
    b6: i64,
    b7: i64,
    b8: i64,
    b9: i64,
}

/// The figures from `from` up to `to` (Unix ms, whole minutes count) of one account or of all that are seen; of calls
/// (`outgoing`), of pushes, or of both.
///
/// # Errors
/// [`crate::Error::NotFound`] for an account that is not seen.
pub async fn figures(
    db: &Db,
    reach: &Reach,
    account: Option<i64>,
    from: i64,
    to: i64,
    outgoing: Option<bool>,
) -> Result<Figures> {
    let accounts = accounts(db, reach, account).await?;
    let step = step(to - from);
    let from = from.div_euclid(step) * step;
    if accounts.is_empty() || to <= from {
        return Ok(Figures { step, ..Figures::default() });
    }
    let (accounts, values) = (list(&accounts), [from.into(), to.into()]);
    let direction = match outgoing {
        Some(true) => " AND outgoing",
        Some(false) => " AND NOT outgoing",
        None => "",
    };
    // A minute lies in one of the two spans: old ones are taken into their hour in one transaction.
    let rows = format!(
        "FROM call_figures WHERE account_id IN ({accounts}) AND span IN ('m', 'h') AND at >= $1 AND at < $2{direction}"
    );
    let points = points(db, &rows, &values, (from, to, step)).await?;
    let sums = sums(db, &rows, &values).await?;
    let errcodes = errcodes(db, &accounts, (from, to), outgoing).await?;
    let left_out = format!(
        "SELECT CAST(COALESCE(SUM(lines), 0) AS BIGINT) AS n FROM call_left_out \
         WHERE account_id IN ({accounts}) AND at >= $1 AND at < $2"
    );
    let row = db.read().query_one_raw(db::statement(db.read(), &left_out, values)).await?;
    Ok(Figures {
        calls: points.iter().map(|point| point.calls).sum(),
        failed: points.iter().map(|point| point.failed).sum(),
        step,
        series: points,
        failing: failing(&sums, &errcodes),
        slowest: slowest(&sums),
        left_out: row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0),
    })
}

/// Where lines were left out between `from` and `to`, the newest first, neighbouring minutes together.
///
/// # Errors
/// [`crate::Error::NotFound`] for an account that is not seen.
pub async fn gaps(db: &Db, reach: &Reach, account: Option<i64>, from: i64, to: i64) -> Result<Vec<Gap>> {
    let accounts = accounts(db, reach, account).await?;
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT at, CAST(SUM(lines) AS BIGINT) AS lines FROM call_left_out WHERE account_id IN ({}) \
         AND at >= $1 AND at < $2 GROUP BY at ORDER BY at DESC LIMIT 1500",
        list(&accounts)
    );
    let mut gaps: Vec<Gap> = Vec::new();
    for row in db.read().query_all_raw(db::statement(db.read(), &sql, [from.into(), to.into()])).await? {
        let (at, lines): (i64, i64) = (row.try_get("", "at")?, row.try_get("", "lines")?);
        match gaps.last_mut() {
            Some(gap) if gap.from == at + MINUTE_MS => {
                gap.from = at;
                gap.lines += lines;
            }
            _ => gaps.push(Gap { from: at, to: at + MINUTE_MS, lines }),
        }
    }
    Ok(gaps)
}

/// Row numbers, written out: they are ours.
fn list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// How long a point lasts: a round time, so that there are 60 at most.
fn step(span: i64) -> i64 {
    const STEPS: [i64; 8] =
        [MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS];
    STEPS.into_iter().find(|step| span <= step * POINTS).unwrap_or(7 * 24 * HOUR_MS)
}

async fn points(db: &Db, rows: &str, values: &[Value; 2], (from, to, step): (i64, i64, i64)) -> Result<Vec<Point>> {
    let sql = format!(
        "SELECT at / {step} AS step, CAST(SUM(calls) AS BIGINT) AS calls, CAST(SUM(failed) AS BIGINT) AS failed {rows} \
         GROUP BY at / {step}"
    );
    let mut points: Vec<Point> = (from.div_euclid(step)..=(to - 1).div_euclid(step))
        .map(|at| Point { at: at * step, calls: 0, failed: 0 })
        .collect();
    for row in db.read().query_all_raw(db::statement(db.read(), &sql, values.clone())).await? {
        let at: i64 = row.try_get("", "step")?;
        let place = usize::try_from(at - from.div_euclid(step)).ok().and_then(|place| points.get_mut(place));
        if let Some(point) = place {
            (point.calls, point.failed) = (row.try_get("", "calls")?, row.try_get("", "failed")?);
        }
    }
    Ok(points)
}

async fn sums(db: &Db, rows: &str, values: &[Value; 2]) -> Result<Vec<Sums>> {
    let buckets: Vec<_> = (0..10).map(|at| format!("CAST(SUM(b{at}) AS BIGINT) AS b{at}")).collect();
    let sql = format!(
        "SELECT endpoint, CAST(SUM(calls) AS BIGINT) AS calls, CAST(SUM(failed) AS BIGINT) AS failed, \
         MAX(max_us) AS max_us, {} {rows} GROUP BY endpoint",
        buckets.join(", ")
    );
    Ok(Sums::find_by_statement(db::statement(db.read(), &sql, values.clone())).all(db.read()).await?)
}

/// Endpoint, errcode, how often; the most first.
async fn errcodes(
    db: &Db,
    accounts: &str,
    (from, to): (i64, i64),
    outgoing: Option<bool>,
) -> Result<Vec<(String, i64, i64)>> {
    if outgoing == Some(false) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT endpoint, errcode, CAST(SUM(calls) AS BIGINT) AS calls FROM call_errors \
         WHERE account_id IN ({accounts}) AND at >= $1 AND at < $2 GROUP BY endpoint, errcode \
         ORDER BY SUM(calls) DESC, errcode LIMIT 500"
    );
    // Errors are counted by the hour: the one in which the time begins is taken whole.
    let hour = from.div_euclid(HOUR_MS) * HOUR_MS;
    let rows = db.read().query_all_raw(db::statement(db.read(), &sql, [hour.into(), to.into()])).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "endpoint")?, row.try_get("", "errcode")?, row.try_get("", "calls")?)))
        .collect()
}

fn failing(sums: &[Sums], errcodes: &[(String, i64, i64)]) -> Vec<Failing> {
    let of = |endpoint: &str| {
        errcodes.iter().filter(|(at, ..)| at == endpoint).map(|(_, errcode, calls)| (*errcode, *calls)).collect()
    };
    let mut failing: Vec<_> = sums
        .iter()
        .filter(|sums| sums.failed > 0)
        .map(|sums| Failing {
            endpoint: sums.endpoint.clone(),
            calls: sums.calls,
            failed: sums.failed,
            errcodes: of(&sums.endpoint),
        })
        .collect();
    failing.sort_unstable_by(|a, b| (b.failed, &a.endpoint).cmp(&(a.failed, &b.endpoint)));
    failing.truncate(ROWS);
    failing
}

fn slowest(sums: &[Sums]) -> Vec<Speed> {
    let mut slowest: Vec<_> = sums
        .iter()
        .filter(|sums| sums.calls > 0)
        .map(|sums| {
            let buckets = sums.buckets();
            Speed {
                endpoint: sums.endpoint.clone(),
                calls: sums.calls,
                p50: percentile(&buckets, 50, sums.max_us),
                p95: percentile(&buckets, 95, sums.max_us),
                max: sums.max_us,
            }
        })
        .collect();
    slowest.sort_unstable_by(|a, b| (b.p95, b.max, &a.endpoint).cmp(&(a.p95, a.max, &b.endpoint)));
    slowest.truncate(ROWS);
    slowest
}

impl Sums {
    fn buckets(&self) -> [i64; 10] {
        [self.b0, self.b1, self.b2, self.b3, self.b4, self.b5, self.b6, self.b7, self.b8, self.b9]
    }
}

/// What `percent` of 100 stay below, as far as the buckets tell: within one it is taken as even. Never above the slowest.
fn percentile(buckets: &[i64; 10], percent: i64, max: i64) -> i64 {
    let total: i64 = buckets.iter().sum();
    if total == 0 {
        return 0;
    }
    let rank = ((total * percent + 99) / 100).max(1);
    let mut below = 0;
    for (at, n) in buckets.iter().enumerate() {
        if below + n >= rank {
            let low = at.checked_sub(1).map_or(0, |before| BUCKETS_US[before]);
            let high = BUCKETS_US.get(at).copied().unwrap_or(max).min(max).max(low);
            return (low + (high - low) * (rank - below) / n).min(max);
        }
        below += n;
    }
    max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_lies_in_its_bucket_and_never_above_the_slowest() {
        let of = |pairs: &[(usize, i64)]| {
            let mut buckets = [0; 10];
            for (at, n) in pairs {
                buckets[*at] = *n;
            }
            buckets
        };
        assert_eq!(percentile(&of(&[]), 95, 0), 0);
        // All in one bucket up to 25 ms, the slowest 12 ms.
        assert_eq!(percentile(&of(&[(2, 100)]), 95, 12_000), 11_900);
        assert_eq!(percentile(&of(&[(0, 1)]), 50, 900), 900);
        let mixed = of(&[(0, 90), (9, 10)]);
        assert!(percentile(&mixed, 50, 9_000_000) <= 5_000);
        assert!((5_000_000..=9_000_000).contains(&percentile(&mixed, 95, 9_000_000)));
        assert_eq!(percentile(&of(&[(9, 1)]), 95, 6_000_000), 6_000_000);
    }

    #[test]
    fn a_chart_has_sixty_points_at_most() {
        for span in [HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, 30 * 24 * HOUR_MS, 400 * 24 * HOUR_MS] {
            assert!(span / step(span) <= POINTS, "{span}");
        }
        assert_eq!(step(HOUR_MS), MINUTE_MS);
        assert_eq!(step(24 * HOUR_MS), 30 * MINUTE_MS);
    }
}
