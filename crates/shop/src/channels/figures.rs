//! What the pages tell of channels: scans and follows by day, and who came last.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::Channels;
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    db::{self, Count},
};

/// The most days that can be asked for at once.
pub const MOST_FIGURES_DAYS: i64 = 366;

/// What happened on some days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Scans, those included by which somebody followed.
    pub scans: i64,
    /// Scans by which somebody followed.
    pub follows: i64,
    /// Of these: nobody had heard of them before.
    pub fresh: i64,
    /// Of these: they came back.
    pub again: i64,
    /// Who scanned, each once a day.
    pub people: i64,
}

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970 by the shop's clock.
    pub day: i64,
    /// What happened.
    pub sums: Sums,
}

/// The figures of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Every day of the span, also those on which nothing happened.
    pub days: Vec<Day>,
    /// All of them together; people are counted once a day.
    pub total: Sums,
    /// Who scanned in the span, each once.
    pub people: Count,
    /// What those bought who followed by it, in fen; none while nothing is sold.
    pub revenue: Option<i64>,
}

/// Somebody who scanned.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Person {
    /// Who.
    pub openid: String,
    /// First scan, Unix ms.
    pub first_at: i64,
    /// Last scan, Unix ms.
    pub last_at: i64,
    /// How many.
    pub scans: i64,
}

#[derive(FromQueryResult)]
struct Row {
    day: i64,
    scans: i64,
    follows: i64,
    fresh: i64,
    again: i64,
    people: i64,
}

impl Channels {
    /// What happened on the days `first` to `last`, both included (days since 1970 by the shop's clock).
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for more than [`MOST_FIGURES_DAYS`].
    pub async fn figures(&self, reach: &Reach, id: i64, first: i64, last: i64) -> Result<Figures> {
        check(first, last)?;
        self.get(reach, id).await?;
        let sql = "SELECT day, scans, follows, fresh, again, people FROM channel_days \
                   WHERE channel_id = $1 AND day >= $2 AND day <= $3";
        let days = self.days(sql, [id.into(), first.into(), last.into()], (first, last)).await?;
        let mut total = Sums::default();
        for Day { sums, .. } in &days {
            total.scans += sums.scans;
            total.follows += sums.follows;
            total.fresh += sums.fresh;
            total.again += sums.again;
            total.people += sums.people;
        }
        // Nobody's last scan lies behind the span's end, which is today.
        let rows = "channel_people WHERE channel_id = $1 AND last_day >= $2";
        let people = db::count(&self.db, rows, [id.into(), first.into()]).await?;
        Ok(Figures { days, total, people, revenue: None })
    }

    /// The same days of all channels of an account together.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen; [`Error::Invalid`] for more than [`MOST_FIGURES_DAYS`].
    pub async fn of_account(&self, reach: &Reach, account: i64, first: i64, last: i64) -> Result<Vec<Day>> {
        check(first, last)?;
        reach.must_see(account)?;
        let sum = |column: &str| format!("CAST(SUM({column}) AS BIGINT) AS {column}");
        let sums = ["scans", "follows", "fresh", "again", "people"].map(sum).join(", ");
        let sql = format!(
            "SELECT day, {sums} FROM channel_days WHERE account_id = $1 AND day >= $2 AND day <= $3 GROUP BY day"
        );
        self.days(&sql, [account.into(), first.into(), last.into()], (first, last)).await
    }

    /// Who scanned last, the latest first.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn latest(&self, reach: &Reach, id: i64, limit: u32) -> Result<Vec<Person>> {
        self.get(reach, id).await?;
        let sql = format!(
            "SELECT openid, first_at, last_at, scans FROM channel_people WHERE channel_id = $1 \
             ORDER BY last_day DESC, last_at DESC LIMIT {limit}"
        );
        let people = Person::find_by_statement(db::statement(self.db.read(), &sql, [id.into()]));
        Ok(people.all(self.db.read()).await?)
    }

    async fn days(&self, sql: &str, values: [Value; 3], (first, last): (i64, i64)) -> Result<Vec<Day>> {
        let mut days: BTreeMap<i64, Sums> = (first..=last).map(|day| (day, Sums::default())).collect();
        let rows = Row::find_by_statement(db::statement(self.db.read(), sql, values)).all(self.db.read()).await?;
        for Row { day, scans, follows, fresh, again, people } in rows {
            days.insert(day, Sums { scans, follows, fresh, again, people });
        }
        Ok(days.into_iter().map(|(day, sums)| Day { day, sums }).collect())
    }
}

/// Scans and follows of each of the channels `ids` from the day `first` on; a channel without any is left out. At most a
/// page of them is asked for.
///
/// # Errors
/// When the database does not answer.
pub async fn lately<C: ConnectionTrait>(on: &C, ids: &[i64], first: i64) -> Result<HashMap<i64, (i64, i64)>> {
    let mut found = HashMap::new();
    for part in ids.chunks(100) {
        let places: Vec<_> = (2..2 + part.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT channel_id, CAST(SUM(scans) AS BIGINT) AS scans, CAST(SUM(follows) AS BIGINT) AS follows \
             FROM channel_days WHERE day >= $1 AND channel_id IN ({}) GROUP BY channel_id",
            places.join(", ")
        );
        let values = std::iter::once(first.into()).chain(part.iter().map(|id| Value::from(*id)));
        for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
            found.insert(row.try_get("", "channel_id")?, (row.try_get("", "scans")?, row.try_get("", "follows")?));
        }
    }
    Ok(found)
}

fn check(first: i64, last: i64) -> Result<()> {
    if last - first < MOST_FIGURES_DAYS {
        return Ok(());
    }
    Err(Error::Invalid(vec![Problem::new("days", "channels.many_days").with("max", MOST_FIGURES_DAYS)]))
}
