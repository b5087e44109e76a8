//! Reading an account's followers from WeChat: all of them ([`full`]), or those who came lately ([`recent`]).
//!
//! WeChat's list is read page by page, details 100 at a time with 8 calls under way, and stored 500 at a time. A commit
//! holds the rows, which of them were seen, the place in the list and the counters: whatever is killed when, each
//! follower is stored once and counted once.
//!
//! What an event said is never undone by an older answer: events carry WeChat's time, answers the time they were asked at.

mod bits;
mod blacklist;
mod details;
mod list;
mod recent;
mod store;
mod sweep;

use std::sync::Arc;

use jiff::tz::TimeZone;
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) use self::{
    details::{Told, kept},
    store::Store,
};
use super::{Followers, tags};
use crate::{
    Error, Result,
    accounts::Reach,
    audit::Actor,
    db::{self, Db, now_ms},
    runs::{Ask, Counted, Ended, Halt, Kind, Runs, Turn, Worker, after_refusal},
};

/// Milliseconds for which nothing begins by itself after WeChat said that the account may not list followers.
const NOT_PERMITTED_MS: i64 = 86_400_000;
/// The same after another refusal that only a person can put right.
const REFUSED_MS: i64 = 3_600_000;

/// What a full reading does, in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    #[default]
    Tags,
    List,
    Blacklist,
    Sweep,
}

/// How far a reading is; stored with each commit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    phase: Phase,
    /// The list goes on behind this openid.
    after: Option<String>,
    /// Earlier ends of commits, for when the last one's owner is no longer known to WeChat.
    anchors: Vec<String>,
    /// Behind whom the page began.
    page_start: Option<String>,
    /// The last openid of the list.
    last: Option<String>,
    /// How many follow, as WeChat last told.
    total: i64,
    /// Listed, and neither here nor told of: refused, or gone before they could be asked for.
    passed: i64,
    /// How often WeChat no longer knew whoever the list was to go on behind.
    lost: u32,
    /// In the blacklist and in the sweep: the last one done.
    openid: Option<String>,
    id: i64,
    /// When the blacklist was first asked for, Unix ms.
    blocked_at: i64,
    /// Those found on it.
    blocked: i64,
    /// It was gone back to the beginning of it.
    again: bool,
}

/// Works on full readings; days of growth are those of `zone`.
pub fn full(zone: TimeZone) -> Worker {
    Arc::new(move |turn| {
        let zone = zone.clone();
        Box::pin(async move {
            let (db, account) = (turn.db.clone(), turn.run.account_id);
            refusal_noted(&db, account, read_all(turn, zone).await).await
        })
    })
}

/// Works on readings of those who came lately; days of growth are those of `zone`.
pub fn recent(zone: TimeZone) -> Worker {
    Arc::new(move |turn| {
        let zone = zone.clone();
        Box::pin(async move {
            let (db, account) = (turn.db.clone(), turn.run.account_id);
            refusal_noted(&db, account, recent::read(turn, zone).await).await
        })
    })
}

/// Begins to read followers: all of them, or those who came lately. Gives the run's number.
///
/// # Errors
/// As [`Runs::start`].
pub async fn begin(runs: &Runs, by: &Actor, reach: &Reach, account: i64, all: bool, form: Option<&str>) -> Result<i64> {
    let kind = if all { Kind::SyncFull } else { Kind::SyncRecent };
    runs.start(by, reach, account, Ask::new(kind, &json!({})), form).await
}

async fn read_all(mut turn: Turn, zone: TimeZone) -> Result<Ended, Halt> {
    let mut place: Place = turn.run.placed().unwrap_or_default();
    loop {
        match place.phase {
            Phase::Tags => {
                read_tags(&turn).await?;
                place.phase = Phase::List;
                turn.note(&place, Counted::default()).await?;
            }
            Phase::List => {
                list::read(&mut turn, &mut place, &zone).await?;
                (place.phase, place.after) = (Phase::Blacklist, None);
                turn.note(&place, Counted::default()).await?;
            }
            Phase::Blacklist => {
                blacklist::read(&mut turn, &mut place).await?;
                place.phase = Phase::Sweep;
                turn.note(&place, Counted::default()).await?;
            }
            Phase::Sweep => {
                if let Some(question) = sweep::sweep(&mut turn, &mut place, &zone).await? {
                    return Ok(question);
                }
                let step = turn.begin().await?;
                let now = now_ms();
                let values = [turn.run.account_id.into(), place.last.as_deref().into(), now.into()];
                db::execute(step.tx(), READ_ALL, values).await?;
                step.commit(&mut turn, &place, Counted::default()).await?;
                return Ok(Ended::Done);
            }
        }
    }
}

const READ_ALL: &str = "INSERT INTO follower_syncs (account_id, last_openid, full_at, recent_at) VALUES ($1, $2, $3, $3) \
                        ON CONFLICT (account_id) DO UPDATE SET last_openid = excluded.last_openid, \
                        full_at = excluded.full_at, recent_at = excluded.recent_at, not_before = 0";

/// Keeps WeChat's list of tags.
async fn read_tags(turn: &Turn) -> Result<(), Halt> {
    let (account, mut patience) = (turn.run.account_id, turn.patience());
    let (asked_at, list) = loop {
        let asked_at = now_ms();
        match turn.live.client.tags().list().await {
            Ok(list) => break (asked_at, list),
            Err(error) => patience.after(error).await?,
        }
    };
    let step = turn.begin().await?;
    let going = tags::bring(step.tx(), account, &list, asked_at).await?;
    step.done().await?;
    for tag in going {
        Followers::new(&turn.db, &turn.registry).forget_pairs(&tag).await?;
    }
    Ok(())
}

/// What WeChat will go on refusing is not tried again by itself for a while.
async fn refusal_noted(db: &Db, account: i64, ended: Result<Ended, Halt>) -> Result<Ended, Halt> {
    let (Err(Halt::Failed(Error::WeChat(error))), now) = (&ended, now_ms()) else { return ended };
    let Ended::Fail { problem, .. } = after_refusal(error, now) else { return ended };
    let until = now + if problem == "runs.not_permitted" { NOT_PERMITTED_MS } else { REFUSED_MS };
    const SQL: &str = "INSERT INTO follower_syncs (account_id, not_before) VALUES ($1, $2) \
                       ON CONFLICT (account_id) DO UPDATE SET not_before = excluded.not_before";
    db.execute(SQL, [account.into(), until.into()]).await?;
    ended
}

/// How far the followers of an account are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromQueryResult)]
pub struct Known {
    /// Behind whom WeChat's list goes on for those who came since.
    pub last_openid: Option<String>,
    /// When all were read last, Unix ms.
    pub full_at: Option<i64>,
    /// When those who came lately were read last, Unix ms.
    pub recent_at: Option<i64>,
    /// Before this nothing is read by itself, for WeChat refused it, Unix ms.
    pub not_before: i64,
}

/// How far the followers of `account` are read.
///
/// # Errors
/// When the database does not answer.
pub async fn known(db: &Db, account: i64) -> Result<Known> {
    let sql = "SELECT last_openid, full_at, recent_at, not_before FROM follower_syncs WHERE account_id = $1";
    let row = Known::find_by_statement(db::statement(db.read(), sql, [account.into()])).one(db.read()).await?;
    Ok(row.unwrap_or_default())
}
