//! Sums by the hour: how much was asked, who answered, and how long it took. They are added to in the transactions that make
//! what they count, and can be made anew from it at any time.

use sea_orm::ConnectionTrait;

use crate::{Result, db};

/// An hour, ms.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// What is counted, by its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// What followers wrote.
    Asked,
    /// Of that, what a rule answered.
    AtOnce,
    /// Answers of rules that came late.
    ByRule,
    /// Answers of staff.
    ByStaff,
    /// Answers of agents.
    ByAgent,
    /// Waits that somebody ended.
    Waits,
    /// How long they took together, ms.
    WaitMs,
    /// Of them, those of this length: the number of a bound in [`BOUNDS`].
    Within(usize),
}

/// The bounds of waits, ms, and their columns; what is longer than the last is `w_more`.
pub(crate) const BOUNDS: [(i64, &str); 6] = [
    (60_000, "w1m"),
    (5 * 60_000, "w5m"),
    (15 * 60_000, "w15m"),
    (HOUR_MS, "w1h"),
    (6 * HOUR_MS, "w6h"),
    (24 * HOUR_MS, "w24h"),
];

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::AtOnce => "at_once",
            Self::ByRule => "by_rule",
            Self::ByStaff => "by_staff",
            Self::ByAgent => "by_agent",
            Self::Waits => "waits",
            Self::WaitMs => "wait_ms",
            Self::Within(n) => BOUNDS.get(n).map_or("w_more", |(_, name)| name),
        }
    }
}

/// What one wait of `ms` adds.
pub(crate) fn of_wait(ms: i64) -> [(Column, i64); 3] {
    let ms = ms.max(0);
    let bound = BOUNDS.iter().position(|(bound, _)| ms <= *bound).unwrap_or(BOUNDS.len());
    [(Column::Waits, 1), (Column::WaitMs, ms), (Column::Within(bound), 1)]
}

/// Adds to the sums of the hour in which `at` (Unix ms) lies.
pub(crate) async fn add<C: ConnectionTrait>(tx: &C, account_id: i64, at: i64, what: &[(Column, i64)]) -> Result<()> {
    let mut values = vec![account_id.into(), at.div_euclid(HOUR_MS).into()];
    let (mut names, mut places, mut sums) = (String::new(), String::new(), Vec::new());
    for (column, n) in what {
        let name = column.name();
        values.push((*n).into());
        names.push_str(&format!(", {name}"));
        places.push_str(&format!(", ${}", values.len()));
        sums.push(format!("{name} = chat_hours.{name} + excluded.{name}"));
    }
    let sql = format!(
        "INSERT INTO chat_hours (account_id, hour{names}) VALUES ($1, $2{places}) \
         ON CONFLICT (account_id, hour) DO UPDATE SET {}",
        sums.join(", ")
    );
    db::execute(tx, &sql, values).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_falls_into_the_first_bound_that_holds_it() {
        let bound = |ms| of_wait(ms)[2].0.name();
        assert_eq!([bound(0), bound(60_000), bound(60_001)], ["w1m", "w1m", "w5m"]);
        assert_eq!([bound(24 * HOUR_MS), bound(24 * HOUR_MS + 1), bound(-5)], ["w24h", "w_more", "w1m"]);
    }
}
