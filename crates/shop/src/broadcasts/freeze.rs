//! Putting a list together, ten thousand at a time: what is approved is these people and no others. The place, the rows and
//! the job of the next step are one commit, so a process that dies repeats nothing.

use sea_orm::{DatabaseTransaction, FromQueryResult, Value};

use super::{
    Ask, Audience, Broadcast, Broadcasts, Event, FREEZE, PART_SIZE, State, approve::digest, ask, find, key, lock, quota,
};
use crate::{
    Result,
    accounts::Reach,
    audit::Actor,
    db::{self, Db, now_ms},
    followers,
    jobs::{self, Job},
    machine::{self, Who},
};

/// People of one step.
const STEP: usize = 10_000;
/// Rows of one statement.
const ROWS: usize = 1_000;

/// The next of a list: how far it is then, and who.
struct Picked {
    after: i64,
    openids: Vec<String>,
    last: bool,
}

impl Broadcasts {
    /// One step of freezing.
    pub(super) async fn freeze(&self, job: &Job) -> Result<()> {
        let Some(Ask { id, .. }) = ask(job) else { return Ok(()) };
        let broadcast = find(self.db.read(), id).await?;
        if broadcast.state != State::Freezing {
            return Ok(());
        }
        let Some(after) = broadcast.frozen_after else { return self.clear(job, &broadcast).await };
        let picked = self.next_people(&broadcast, after).await?;
        let count = match &broadcast.audience {
            // Of all and of a tag WeChat has the list: the number is only told.
            Audience::All => followers::following(self.db.read(), broadcast.account_id).await?,
            Audience::Tag { .. } => self.people(&Reach::All, broadcast.account_id, &broadcast.audience).await?.0,
            Audience::Filter { .. } | Audience::File { .. } => picked.openids.len() as i64,
        };
        let tx = self.db.begin_write().await?;
        let now = lock(&*tx, id).await?;
        // Edited, given up, or frozen further by another node: then this step is nobody's.
        if now.state != State::Freezing || now.frozen_after != Some(after) || !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        keep(&tx, id, now.frozen, &picked.openids).await?;
        let frozen = now.frozen + count;
        let over = match picked.openids.is_empty() {
            true => 0,
            false => quota::over(&*tx, (now.account_id, id), (now.frozen, frozen)).await?,
        };
        const SQL: &str = "UPDATE broadcasts SET frozen = $1, frozen_after = $2, over_quota = over_quota + $3, updated_at = $4 \
                           WHERE id = $5";
        let values = [frozen.into(), picked.after.into(), over.into(), now_ms().into(), id.into()];
        db::execute(&*tx, SQL, values).await?;
        if picked.last {
            self.end_freezing(&tx, id).await?;
        } else {
            let next = Ask { id, round: 0 };
            jobs::push_of(&*tx, Some(now.account_id), FREEZE, Some(&key(id)), &next, now_ms()).await?;
        }
        tx.commit().await
    }

    /// Takes away what is left of an earlier freezing, some at a time; then it begins.
    async fn clear(&self, job: &Job, broadcast: &Broadcast) -> Result<()> {
        let id = broadcast.id;
        let tx = self.db.begin_write().await?;
        let now = lock(&*tx, id).await?;
        if now.state != State::Freezing || now.frozen_after.is_some() || !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        let gone = forget_some(&tx, id).await?;
        if gone == 0 {
            db::execute(&*tx, "DELETE FROM broadcast_parts WHERE broadcast_id = $1", [id.into()]).await?;
            db::execute(&*tx, "UPDATE broadcasts SET frozen = 0, frozen_after = 0 WHERE id = $1", [id.into()]).await?;
        }
        let next = Ask { id, round: 0 };
        jobs::push_of(&*tx, Some(now.account_id), FREEZE, Some(&key(id)), &next, now_ms()).await?;
        tx.commit().await
    }

    async fn next_people(&self, broadcast: &Broadcast, after: i64) -> Result<Picked> {
        let account = broadcast.account_id;
        let chosen = match &broadcast.audience {
            Audience::All | Audience::Tag { .. } => return Ok(Picked { after, openids: Vec::new(), last: true }),
            Audience::Filter { filter } => followers::pick(&self.db, account, filter, after, STEP).await?,
            Audience::File { .. } => return given(&self.db, account, broadcast.id, after).await,
        };
        Ok(Picked {
            after: chosen.last().map_or(after, |(at, _)| *at),
            last: chosen.len() < STEP,
            openids: chosen.into_iter().map(|(_, openid)| openid).collect(),
        })
    }

    /// The list is whole: the parts are made, and it waits for the second person.
    async fn end_freezing(&self, tx: &DatabaseTransaction, id: i64) -> Result<()> {
        let system = Actor::system();
        let broadcast = find(tx, id).await?;
        if broadcast.audience.is_list() && broadcast.frozen < 2 {
            machine::step::<Self>(tx, id, Event::TooFew, Who::Clock, &system, "broadcast.too_few").await?;
            const SQL: &str = "UPDATE broadcasts SET error = 'broadcast.too_few', version = version + 1, updated_at = $1 \
                               WHERE id = $2";
            db::execute(tx, SQL, [now_ms().into(), id.into()]).await?;
            return Ok(());
        }
        for (n, (from, until)) in (1_i64..).zip(cut(&broadcast)) {
            const SQL: &str = "INSERT INTO broadcast_parts (broadcast_id, account_id, number, from_position, \
                               until_position, clientmsgid, state, changed_at) VALUES ($1, $2, $3, $4, $5, $6, 'ready', $7)";
            let values: [Value; 7] = [
                id.into(),
                broadcast.account_id.into(),
                n.into(),
                from.into(),
                until.into(),
                client_id().into(),
                now_ms().into(),
            ];
            db::execute(tx, SQL, values).await?;
        }
        machine::step::<Self>(tx, id, Event::Ready, Who::Clock, &system, "").await?;
        let digest = digest(tx, &broadcast).await?;
        const SQL: &str = "UPDATE broadcasts SET digest = $1, version = version + 1, updated_at = $2 WHERE id = $3";
        db::execute(tx, SQL, [digest.into(), now_ms().into(), id.into()]).await?;
        Ok(())
    }
}

/// A new `clientmsgid`: 32 hexadecimal digits, the most that WeChat takes.
pub(super) fn client_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The parts of a broadcast: even ones, so that none has a single person, whom `mass/send` does not take.
fn cut(broadcast: &Broadcast) -> Vec<(i64, i64)> {
    if !broadcast.audience.is_list() {
        return vec![(0, 0)];
    }
    spans(broadcast.frozen)
}

fn spans(people: i64) -> Vec<(i64, i64)> {
    let parts = (people + PART_SIZE - 1) / PART_SIZE;
    (0..parts).map(|n| (people * n / parts, people * (n + 1) / parts)).collect()
}

/// Keeps these people behind the first `frozen`.
async fn keep(tx: &DatabaseTransaction, id: i64, frozen: i64, openids: &[String]) -> Result<()> {
    for (n, some) in openids.chunks(ROWS).enumerate() {
        let mut sql = String::from("INSERT INTO broadcast_recipients (broadcast_id, position, openid) VALUES ");
        db::push_rows(&mut sql, some.len(), 3);
        let first = frozen + (n * ROWS) as i64;
        let values = (first..).zip(some).flat_map(|(at, openid)| [id.into(), at.into(), openid.as_str().into()]);
        let values: Vec<Value> = values.collect();
        db::execute(tx, &sql, values).await?;
    }
    Ok(())
}

/// Takes some thousand recipients of a broadcast away; 0 when none is left.
pub(super) async fn forget_some(tx: &DatabaseTransaction, id: i64) -> Result<u64> {
    const SQL: &str = "DELETE FROM broadcast_recipients WHERE broadcast_id = $1 AND position < \
                       (SELECT MIN(position) + 5000 FROM broadcast_recipients WHERE broadcast_id = $1)";
    db::execute(tx, SQL, [id.into()]).await
}

#[derive(FromQueryResult)]
struct Given {
    position: i64,
    openid: String,
}

/// The next of those who were pasted: how far that is, and those of them who can be written to.
async fn given(db: &Db, account: i64, id: i64, after: i64) -> Result<Picked> {
    let sql = format!(
        "SELECT position, openid FROM broadcast_given WHERE broadcast_id = $1 AND position > $2 ORDER BY position LIMIT {STEP}"
    );
    let on = db.read();
    let rows = Given::find_by_statement(db::statement(on, &sql, [id.into(), after.into()])).all(on).await?;
    let last = rows.len() < STEP;
    let after = rows.last().map_or(after, |row| row.position);
    let mut openids: Vec<String> = rows.into_iter().map(|row| row.openid).collect();
    let reachable = followers::reachable(on, account, &openids).await?;
    openids.retain(|openid| reachable.contains(openid));
    Ok(Picked { after, openids, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_is_too_large_and_none_has_one_person() {
        for people in [2, 3, 9_999, 10_000, 10_001, 10_002, 20_001, 25_001, 1_000_000] {
            let spans = spans(people);
            assert_eq!(spans.first().map(|span| span.0), Some(0));
            assert_eq!(spans.last().map(|span| span.1), Some(people));
            assert!(spans.windows(2).all(|two| two[0].1 == two[1].0), "{people}");
            assert!(spans.iter().all(|(from, until)| (2..=PART_SIZE).contains(&(until - from))), "{people}");
        }
        assert_eq!(spans(25_001).len(), 3);
        assert_eq!(client_id().len(), 32);
    }
}
