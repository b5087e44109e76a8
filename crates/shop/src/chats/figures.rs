//! What the numbers say: when people write, how long the first answer takes, who gives it, and who still waits.
//!
//! Messages are counted by a reader of their own (`conversations/follow.rs`), everything else in the transaction that makes it;
//! all of it can be counted anew.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use sea_orm::{ConnectionTrait, FromQueryResult};
use tokio_util::sync::CancellationToken;

use super::{
    Chats,
    hours::{self, BOUNDS, Column, HOUR_MS},
};
use crate::{
    Error, Result,
    accounts::Reach,
    agents,
    conversations::{
        follow::{Next, Reader, Step},
        reading,
    },
    db::{self, Count, Db, now_ms},
};

/// Who counts messages.
const READER: Reader = Reader::of_messages("chat_figures");
/// Messages of one step: the database adds them up.
const STEP: i64 = 20_000;
/// The longest span that is shown, days.
pub const MOST_DAYS: u32 = 92;

/// Somebody who answered.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Person {
    /// `rule`, `staff` or `agent`.
    pub by_kind: String,
    /// The member of staff, as far as they are still known.
    pub staff_id: Option<i64>,
    /// Their name then; an agent's nickname, or the account of one who is not known.
    pub name: String,
    /// Waits they ended.
    pub waits: i64,
    /// How long those took together, ms.
    pub wait_ms: i64,
}

/// What an hour of the day had in all the days together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HourOfDay {
    /// What followers wrote.
    pub asked: i64,
    /// What we said, rules and people.
    pub said: i64,
}

/// The figures of some days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// How many days, today included.
    pub days: u32,
    /// By the hour of the shop's clock, from midnight.
    pub by_hour: [HourOfDay; 24],
    /// What followers wrote.
    pub asked: i64,
    /// Of that, what a rule answered.
    pub at_once: i64,
    /// Answers of staff.
    pub by_staff: i64,
    /// Answers of agents.
    pub by_agent: i64,
    /// Waits that somebody ended, of those that began in these days.
    pub waits: i64,
    /// By length: within a minute, 5, 15, an hour, 6, a day, and longer.
    pub within: [i64; 7],
    /// Half of them took no longer, ms; none without a wait. Reckoned from the lengths above.
    pub half_within: Option<i64>,
    /// Nine of ten took no longer, ms.
    pub most_within: Option<i64>,
    /// Who ended waits in these days, the busiest first.
    pub people: Vec<Person>,
    /// Who waits now.
    pub waiting: Count,
}

#[derive(FromQueryResult)]
struct Hour {
    hour: i64,
    asked: i64,
    at_once: i64,
    by_rule: i64,
    by_staff: i64,
    by_agent: i64,
    waits: i64,
    w1m: i64,
    w5m: i64,
    w15m: i64,
    w1h: i64,
    w6h: i64,
    w24h: i64,
    w_more: i64,
}

/// Counts messages until `stop`.
pub(super) async fn count(db: Db, stop: CancellationToken) {
    READER.run(|| step(&db), stop).await;
}

/// One step of it.
pub(super) async fn step(db: &Db) -> Result<Step> {
    let span = match READER.next(db, STEP).await? {
        Next::Span(span) => span,
        Next::Look => return Ok(Step::More),
        Next::Rest => return Ok(Step::Rest),
    };
    let sums = reading::said_between(db.read(), span.from, span.until, HOUR_MS).await?;
    let tx = db.begin_write().await?;
    if READER.pass(&*tx, span).await? {
        add_said(&*tx, &sums).await?;
        tx.commit().await?;
    }
    Ok(Step::More)
}

async fn add_said<C: ConnectionTrait>(tx: &C, sums: &[reading::SaidInHour]) -> Result<()> {
    for sum in sums {
        let what = [(Column::Asked, sum.asked), (Column::AtOnce, sum.at_once), (Column::ByRule, sum.late)];
        hours::add(tx, sum.account_id, sum.span * HOUR_MS, &what).await?;
    }
    Ok(())
}

impl Chats {
    /// The figures of the last `days` days of the accounts within `reach`, by the clock `zone`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no days or more than [`MOST_DAYS`].
    pub async fn figures(&self, reach: &Reach, days: u32, zone: &TimeZone) -> Result<Figures> {
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::field("days", "chats.days"));
        }
        let from = midnight(now_ms(), days - 1, zone);
        let mut figures = Figures { days, ..Figures::default() };
        for hour in self.hours(reach, from / HOUR_MS).await? {
            let at = Timestamp::from_millisecond(hour.hour * HOUR_MS).unwrap_or_default();
            let of_day = &mut figures.by_hour[usize::try_from(at.to_zoned(zone.clone()).hour()).unwrap_or(0) % 24];
            of_day.asked += hour.asked;
            of_day.said += hour.at_once + hour.by_rule + hour.by_staff + hour.by_agent;
            figures.asked += hour.asked;
            figures.at_once += hour.at_once;
            figures.by_staff += hour.by_staff;
            figures.by_agent += hour.by_agent;
            figures.waits += hour.waits;
            let lengths = [hour.w1m, hour.w5m, hour.w15m, hour.w1h, hour.w6h, hour.w24h, hour.w_more];
            for (sum, n) in figures.within.iter_mut().zip(lengths) {
                *sum += n;
            }
        }
        figures.half_within = quantile(&figures.within, 0.5);
        figures.most_within = quantile(&figures.within, 0.9);
        figures.people = self.people(reach, from).await?;
        figures.waiting = self.waiting(reach).await?;
        Ok(figures)
    }

    /// How many followers wait for an answer now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting(&self, reach: &Reach) -> Result<Count> {
        let mut values = Vec::new();
        // Written out as the partial index has it.
        let rows = format!("chats WHERE waiting_since IS NOT NULL{}", reach.sql("account_id", &mut values));
        db::count(&self.db, &rows, values).await
    }

    async fn hours(&self, reach: &Reach, from: i64) -> Result<Vec<Hour>> {
        let columns = ["asked", "at_once", "by_rule", "by_staff", "by_agent", "waits"];
        let lengths = BOUNDS.iter().map(|(_, name)| *name).chain(["w_more"]);
        // A sum of PostgreSQL's is no BIGINT.
        let sums: Vec<_> =
            columns.into_iter().chain(lengths).map(|name| format!("CAST(SUM({name}) AS BIGINT) AS {name}")).collect();
        let mut values = vec![from.into()];
        let seen = reach.sql("account_id", &mut values);
        let sql = format!("SELECT hour, {} FROM chat_hours WHERE hour >= $1{seen} GROUP BY hour", sums.join(", "));
        let on = self.db.read();
        Ok(Hour::find_by_statement(db::statement(on, &sql, values)).all(on).await?)
    }

    async fn people(&self, reach: &Reach, from: i64) -> Result<Vec<Person>> {
        let mut values = vec![from.into()];
        let seen = reach.sql("account_id", &mut values);
        let sql = format!(
            "SELECT by_kind, staff_id, MAX(name) AS name, COUNT(*) AS waits, \
             CAST(SUM(answered_at - since) AS BIGINT) AS wait_ms FROM chat_waits \
             WHERE answered_at >= $1{seen} AND by_kind <> 'none' \
             GROUP BY by_kind, staff_id, CASE WHEN by_kind = 'agent' THEN name ELSE '' END \
             ORDER BY COUNT(*) DESC LIMIT 50"
        );
        let on = self.db.read();
        let mut people = Person::find_by_statement(db::statement(on, &sql, values)).all(on).await?;
        let agents = people.iter().filter(|person| person.by_kind == "agent").map(|person| person.name.clone());
        let names = agents::nicknames(&self.db, reach, agents.collect()).await?;
        for person in people.iter_mut().filter(|person| person.by_kind == "agent") {
            if let Some(nickname) = names.get(&person.name) {
                person.name.clone_from(nickname);
            }
        }
        Ok(people)
    }

    /// Counts everything anew; gives how many hours there are.
    ///
    /// # Errors
    /// When the database does not answer: then nothing is changed.
    pub async fn recount(&self) -> Result<u64> {
        let tx = self.db.begin_write().await?;
        // The row's lock first: nobody counts messages meanwhile.
        db::execute(&*tx, "UPDATE message_cursors SET done_id = done_id WHERE name = 'chat_figures'", []).await?;
        let sql = "SELECT done_id FROM message_cursors WHERE name = 'chat_figures'";
        let row = tx.query_one_raw(db::statement(&*tx, sql, [])).await?;
        let done: i64 = row.map(|row| row.try_get("", "done_id")).transpose()?.unwrap_or(0);
        db::execute(&*tx, "DELETE FROM chat_hours", []).await?;
        add_said(&*tx, &reading::said_between(&*tx, 0, done, HOUR_MS).await?).await?;
        for (sql, column) in [
            (
                "SELECT c.account_id, o.created_at / 3600000 AS hour, COUNT(*) AS n FROM outgoing o \
                 JOIN chats c ON c.id = o.chat_id WHERE o.state = 'sent' \
                 GROUP BY c.account_id, o.created_at / 3600000",
                Column::ByStaff,
            ),
            (
                "SELECT account_id, said_at / 3600000 AS hour, COUNT(*) AS n FROM service_records \
                 WHERE same_id IS NULL AND ours GROUP BY account_id, said_at / 3600000",
                Column::ByAgent,
            ),
            (
                "SELECT account_id, said_at / 3600000 AS hour, COUNT(*) AS n FROM service_records \
                 WHERE same_id IS NULL AND NOT ours GROUP BY account_id, said_at / 3600000",
                Column::Asked,
            ),
        ] {
            for sum in Sum::find_by_statement(db::statement(&*tx, sql, [])).all(&*tx).await? {
                hours::add(&*tx, sum.account_id, sum.hour * HOUR_MS, &[(column, sum.n)]).await?;
            }
        }
        add_waits(&*tx).await?;
        let sql = "SELECT COUNT(*) AS n FROM chat_hours";
        let row = tx.query_one_raw(db::statement(&*tx, sql, [])).await?.ok_or(Error::NotFound)?;
        let hours: i64 = row.try_get("", "n")?;
        tx.commit().await?;
        Ok(u64::try_from(hours).unwrap_or_default())
    }
}

#[derive(FromQueryResult)]
struct Sum {
    account_id: i64,
    hour: i64,
    n: i64,
}

#[derive(FromQueryResult)]
struct Waits {
    account_id: i64,
    hour: i64,
    bound: i64,
    n: i64,
    ms: i64,
}

async fn add_waits<C: ConnectionTrait>(tx: &C) -> Result<()> {
    let bounds: Vec<_> =
        BOUNDS.iter().enumerate().map(|(n, (ms, _))| format!("WHEN answered_at - since <= {ms} THEN {n}")).collect();
    let bound = format!("CASE {} ELSE {} END", bounds.join(" "), BOUNDS.len());
    let sql = format!(
        "SELECT account_id, since / 3600000 AS hour, CAST({bound} AS BIGINT) AS bound, COUNT(*) AS n, \
         CAST(SUM(CASE WHEN answered_at > since THEN answered_at - since ELSE 0 END) AS BIGINT) AS ms \
         FROM chat_waits WHERE by_kind <> 'none' GROUP BY account_id, since / 3600000, {bound}"
    );
    for sum in Waits::find_by_statement(db::statement(tx, &sql, [])).all(tx).await? {
        let within = Column::Within(usize::try_from(sum.bound).unwrap_or(BOUNDS.len()));
        let what = [(Column::Waits, sum.n), (Column::WaitMs, sum.ms), (within, sum.n)];
        hours::add(tx, sum.account_id, sum.hour * HOUR_MS, &what).await?;
    }
    Ok(())
}

/// The midnight with which the day `before` days ago began, Unix ms.
fn midnight(now: i64, before: u32, zone: &TimeZone) -> i64 {
    let today = Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(zone.clone()).date();
    let day = today.checked_sub(jiff::Span::new().days(i64::from(before))).unwrap_or(today);
    day.to_zoned(zone.clone()).map_or(now, |zoned| zoned.timestamp().as_millisecond())
}

/// The length that `part` of the waits do not go beyond, ms; as if they lay evenly within each bound.
fn quantile(within: &[i64; 7], part: f64) -> Option<i64> {
    let all: i64 = within.iter().sum();
    if all <= 0 {
        return None;
    }
    let wanted = part * all as f64;
    let (mut before, mut from) = (0.0, 0.0);
    for (n, count) in within.iter().enumerate() {
        // What is longer than the last bound is taken for twice as long at most.
        let until = BOUNDS.get(n).map_or(2.0 * 24.0 * HOUR_MS as f64, |(ms, _)| *ms as f64);
        let count = *count as f64;
        if count > 0.0 && before + count >= wanted {
            return Some((from + (until - from) * (wanted - before) / count) as i64);
        }
        before += count;
        from = until;
    }
    None
}

/// Names of the counted lengths with their numbers, for files and the command line.
pub fn lengths(figures: &Figures) -> BTreeMap<&'static str, i64> {
    BOUNDS.iter().map(|(_, name)| *name).chain(["w_more"]).zip(figures.within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_them_lie_where_half_of_them_lie() {
        assert_eq!(quantile(&[0; 7], 0.5), None);
        assert_eq!(quantile(&[2, 0, 0, 0, 0, 0, 0], 0.5), Some(30_000));
        assert_eq!(quantile(&[1, 1, 0, 0, 0, 0, 0], 0.5), Some(60_000));
        assert_eq!(quantile(&[0, 10, 0, 0, 0, 0, 0], 0.9), Some(60_000 + 216_000));
        assert!(quantile(&[0, 0, 0, 0, 0, 0, 1], 0.9).unwrap() > 24 * HOUR_MS);
    }

    #[test]
    fn a_day_begins_at_the_shops_midnight() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        // 2026-11-23T00:30+08:00
        let now = "2026-11-22T16:30:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(midnight(now, 0, &zone), now - 30 * 60_000);
        assert_eq!(midnight(now, 1, &zone), now - 30 * 60_000 - 24 * HOUR_MS);
    }
}
