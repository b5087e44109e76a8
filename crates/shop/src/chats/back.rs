//! Reading older records on demand: a run, an hour of them after the other, the latest first.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Chats,
    fetch::{Parts, Unread},
    keep, record,
    records::{PIECE_S, SETTLE_S},
};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::Actor,
    db::{self, now_ms},
    runs::{Ask, Counted, Ended, Halt, Kind, Run, Runs, State, Turn, Worker},
};

/// The most days that are read backwards.
pub const MOST_DAYS: u32 = 30;
/// Runs of an account that are looked through for one that is under way.
const LATEST: usize = 50;

/// What a run is asked for. The end is fixed when it is asked: however long it rests, it reads these hours and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    days: u32,
    /// Unix seconds.
    until: i64,
}

impl Asked {
    fn hours(self) -> i64 {
        i64::from(self.days) * 24
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// Hours that were read.
    hours: i64,
}

impl Chats {
    /// Asks for the records of the last `days` days to be read once more, and gives the run's number. The same `form` of
    /// the same person again is the same run.
    ///
    /// # Errors
    /// [`Error::NotFound`] outside of `reach`; [`Error::Invalid`] for no days or more than [`MOST_DAYS`], and with
    /// `chats.records.one_already` and its `id` while such a run of the account is not over.
    pub async fn begin_reading_back(
        &self,
        runs: &Runs,
        by: &Actor,
        reach: &Reach,
        account: i64,
        days: u32,
        form: Option<&str>,
    ) -> Result<i64> {
        reach.must_see(account)?;
        if days == 0 || days > MOST_DAYS {
            return Err(Error::Invalid(vec![Problem::new("days", "chats.records.days").with("most", MOST_DAYS)]));
        }
        let before = self.reading_back(runs, reach, account).await?;
        if let Some(run) = before.filter(|run| run.state != State::Failed) {
            return Err(Error::Invalid(vec![Problem::new("account", "chats.records.one_already").with("id", run.id)]));
        }
        let asked = Asked { days, until: now_ms() / 1_000 - SETTLE_S };
        let ask = Ask { total: Some(asked.hours()), ..Ask::new(Kind::Records, &asked) };
        runs.start(by, reach, account, ask, form).await
    }

    /// The reading of older records that is not over, if there is one; one that failed may go on too.
    ///
    /// # Errors
    /// [`Error::NotFound`] outside of `reach`.
    pub async fn reading_back(&self, runs: &Runs, reach: &Reach, account: i64) -> Result<Option<Run>> {
        let latest = runs.latest(reach, account, LATEST).await?;
        Ok(latest.into_iter().find(|run| run.kind == Kind::Records && run.ended_at.is_none()))
    }

    /// Works on runs of [`Kind::Records`].
    pub fn back_reader(&self) -> Worker {
        let chats = self.clone();
        Arc::new(move |turn| {
            let chats = chats.clone();
            Box::pin(async move { chats.read_back(turn).await })
        })
    }

    async fn read_back(&self, mut turn: Turn) -> Result<Ended, Halt> {
        let Some(asked) = turn.run.asked::<Asked>() else {
            return Ok(Ended::Fail { problem: "runs.refused", detail: None });
        };
        self.enable(turn.run.account_id).await?;
        let mut place: Place = turn.run.placed().unwrap_or_default();
        while place.hours < asked.hours() {
            let until = asked.until - place.hours * PIECE_S;
            let endless = hour(&mut turn, place, until - PIECE_S, until).await?;
            place.hours += 1;
            let mut step = turn.begin().await?;
            if endless {
                step.refuse(&turn, &hour_named(until - PIECE_S), None, "runs.endless").await?;
            }
            const SQL: &str = "UPDATE service_reading SET back_until = $2 WHERE account_id = $1 \
                               AND (back_until IS NULL OR back_until > $2)";
            let values = [turn.run.account_id.into(), (until - PIECE_S).into()];
            db::execute(step.tx(), SQL, values).await?;
            step.commit(&mut turn, &place, Counted { seen: 1, ..Counted::default() }).await?;
        }
        Ok(Ended::Done)
    }
}

/// Reads the records from `from` to `until` (Unix seconds) and keeps them; whether WeChat's pages of them had no end.
async fn hour(turn: &mut Turn, place: Place, from: i64, until: i64) -> Result<bool, Halt> {
    let client = turn.live.client.clone();
    let mut patience = turn.patience();
    // What was kept of it before a part failed is known when it is read again.
    'again: loop {
        let mut parts = Parts::of(&client, from, until);
        while let Some(part) = parts.next().await {
            match part {
                Ok(records) => keep_all(turn, place, &record::named(&records)).await?,
                Err(Unread::Refused(error)) => {
                    patience.after(error).await?;
                    continue 'again;
                }
                Err(Unread::Endless) => return Ok(true),
            }
        }
        return Ok(false);
    }
}

/// Each slice with what it counts is one commit, fenced by the run's lease: nothing is counted twice.
async fn keep_all(turn: &mut Turn, place: Place, said: &[record::Said]) -> Result<(), Halt> {
    for slice in said.chunks(keep::SLICE) {
        let step = turn.begin().await?;
        let kept = keep::keep_in(step.tx(), turn.run.account_id, slice).await?;
        if kept.new > 0 {
            let added = i64::try_from(kept.new).unwrap_or_default();
            let changed = i64::try_from(kept.twins).unwrap_or_default();
            step.commit(turn, &place, Counted { added, changed, ..Counted::default() }).await?;
        }
    }
    Ok(())
}

fn hour_named(from: i64) -> String {
    Timestamp::from_second(from).unwrap_or_default().to_string()
}
