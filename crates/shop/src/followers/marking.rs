//! A run that marks many: looked through in windows, told to WeChat in batches, each batch one commit.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Chosen, Filter, Followers, Mark, Who, estimate,
    filter::of_account,
    mark::{self, Told, Unmarked},
};
use crate::{
    Error, Result,
    accounts::Reach,
    audit::Actor,
    runs::{Ask, Counted, Ended, Halt, Kind, Runs, Turn, Worker},
};

/// Followers looked at in one go.
const WINDOW: usize = 1_000;
/// So many are done while one waits.
const FEW: i64 = 50;
/// How long one waits for them.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a run is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    who: Who,
    what: Mark,
}

/// How far it is: up to this row number.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Place {
    after: i64,
}

/// The permission that a run takes, from what was asked of it.
pub(crate) fn permission(asked: &serde_json::Value) -> &'static str {
    let what = asked.get("what").and_then(|what| serde_json::from_value::<Mark>(what.clone()).ok());
    what.map_or("followers.block", Mark::permission)
}

impl Who {
    fn filter(&self) -> Result<Filter> {
        match self {
            Self::Ids(ids) => Filter::of(ids.clone()),
            Self::All(filter) => Ok(filter.clone()),
        }
    }
}

impl Followers {
    /// Asks for `who` to be marked, and gives the run's number. Of a few people it is mostly done when this returns. The
    /// same `form` again is the same run.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account, a tag or somebody out of reach, or of another account: then nobody is marked;
    /// [`Error::Invalid`] when nobody is chosen, or too many one by one.
    #[allow(clippy::too_many_arguments, reason = "who asks, for whom, what")]
    pub async fn mark(
        &self,
        runs: &Runs,
        by: &Actor,
        reach: &Reach,
        account: i64,
        (who, what): (Who, Mark),
        form: Option<&str>,
    ) -> Result<i64> {
        reach.must_see(account)?;
        let who = match who {
            Who::Ids(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                Who::Ids(ids)
            }
            all => all,
        };
        let filter = who.filter()?;
        for tag in [what.tag(), filter.tag, filter.without_tag].into_iter().flatten() {
            if self.tag(reach, tag).await?.account_id != account {
                return Err(Error::NotFound);
            }
        }
        if let Who::Ids(ids) = &who
            && of_account(self.db.read(), account, ids).await?.len() != ids.len()
        {
            return Err(Error::NotFound);
        }
        let count = estimate(&self.db, reach, account, &filter).await?;
        if count.n == 0 {
            return Err(Error::field("ids", "followers.nobody_chosen"));
        }
        let ask = Ask { total: (!count.more).then_some(count.n), ..Ask::new(Kind::Mark, &Asked { who, what }) };
        let id = runs.start(by, reach, account, ask, form).await?;
        if count.n <= FEW {
            runs.hurry(id, PATIENCE).await;
        }
        Ok(id)
    }

    /// Works on runs of [`Kind::Mark`].
    pub fn marker(&self) -> Worker {
        let followers = self.clone();
        Arc::new(move |turn| {
            let followers = followers.clone();
            Box::pin(async move { followers.go_on(turn).await })
        })
    }

    async fn go_on(&self, mut turn: Turn) -> Result<Ended, Halt> {
        let gone = || Ended::Fail { problem: "runs.tag_gone", detail: None };
        let (Some(asked), account) = (turn.run.asked::<Asked>(), turn.run.account_id) else {
            return Ok(Ended::Fail { problem: "runs.gave_up", detail: None });
        };
        let tag = match asked.what.tag() {
            None => None,
            Some(id) => match self.tag(&Reach::of([account]), id).await {
                Ok(tag) => Some(tag),
                Err(Error::NotFound) => return Ok(gone()),
                Err(error) => return Err(error.into()),
            },
        };
        let wechat_id = tag.as_ref().map_or(0, |tag| tag.wechat_id);
        let filter = asked.who.filter()?;
        let mut place: Place = turn.run.placed().unwrap_or_default();
        loop {
            // A tag that is gone has no followers: "all without it" would mean everybody.
            for id in [filter.tag, filter.without_tag].into_iter().flatten() {
                match self.tag(&Reach::of([account]), id).await {
                    Ok(_) => {}
                    Err(Error::NotFound) => return Ok(gone()),
                    Err(error) => return Err(error.into()),
                }
            }
            let window = filter.choose(self.db.read(), account, place.after, WINDOW).await?;
            let Some(last) = window.last().map(|one| one.id) else { return Ok(Ended::Done) };
            let ids: Vec<i64> = window.iter().map(|one| one.id).collect();
            let sorted = mark::sort(self.db.read(), asked.what, window).await?;
            let mut unmarked = sorted.unmarked;
            let mut batches: Vec<_> = sorted.ask.chunks(asked.what.batch()).map(<[_]>::to_vec).collect();
            // What comes behind the last batch is gone over with it, or by itself.
            if batches.is_empty() {
                batches.push(Vec::new());
            }
            let count = batches.len();
            for (at, batch) in batches.into_iter().enumerate() {
                let end = match batch.last() {
                    Some(one) if at + 1 < count => one.id,
                    _ => last,
                };
                let told = match tell(&turn, asked.what, wechat_id, &batch).await {
                    Err(Halt::Failed(Error::WeChat(error))) if mark::is_tag_gone(&error) => {
                        if let Some(tag) = &tag {
                            self.forget_tag(tag, None).await?;
                        }
                        return Ok(gone());
                    }
                    told => told?,
                };
                let told_off = unmarked.extract_if(.., |one| one.id <= end).chain(told.unmarked);
                let mut step = turn.begin().await?;
                for Unmarked { openid, errcode, detail, .. } in told_off.collect::<Vec<_>>() {
                    step.refuse(&turn, &openid, errcode, &detail).await?;
                }
                mark::keep(step.tx(), asked.what, &told.done).await?;
                let seen = ids.iter().filter(|id| (place.after + 1..=end).contains(*id)).count();
                place.after = end;
                let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
                let add = Counted { seen: number(seen), changed: number(told.done.len()), ..Counted::default() };
                step.commit(&mut turn, &place, add).await?;
            }
        }
    }
}

/// Tells WeChat about a batch, again after 1, 2, 4 … seconds while it is busy or out of reach, for about a minute.
async fn tell(turn: &Turn, what: Mark, wechat_id: i64, batch: &[Chosen]) -> Result<Told, Halt> {
    let mut wait = Duration::from_secs(1);
    loop {
        match mark::tell(&turn.live.client, what, wechat_id, batch.to_vec()).await {
            Ok(told) => return Ok(told),
            Err(error) if mark::passes(&error) && wait < Duration::from_secs(60) => turn.pause(wait).await?,
            Err(error) => return Err(error.into()),
        }
        wait *= 2;
    }
}
