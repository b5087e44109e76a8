//! Mass messages: written by one, approved by another, sent in parts, and never twice.
//!
//! That nothing goes out twice stands on three things. A call is made only for a part whose row says `sending`; the
//! `clientmsgid` was committed with the row, before the first call; and the same one is sent until an answer is certain,
//! for as long as WeChat remembers it. After that nobody sends without a person who decides. What was meant for one moment
//! (a list, the words, the draft's articles) is bound by a digest, which is what the second person approves.

mod approve;
mod borrowed;
mod content;
pub mod entity;
mod freeze;
mod keep;
mod machine;
mod message;
mod person;
mod preview;
mod quota;
mod results;
mod rows;
mod send;
mod steer;
mod verdict;
mod write;

use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use self::rows::{find, find_part, listed, lock, parts_of};
pub use self::{
    borrowed::Choice,
    content::{
        Audience, Content, MOST_GIVEN, MOST_PICTURES, NAME_CHARS, NewBroadcast, SLOWEST, TEXT_BYTES, Whom, openids_of,
    },
    machine::{Event, PartEvent, PartState, Parts, State},
    preview::{PreviewState, PreviewTo, Previewed},
    quota::{AccountKind, Quota, Used, minutes},
    results::{CopyrightLine, Dropped, Happened, Results, Told},
    rows::{Broadcast, Part},
    steer::Resolved,
    write::Offered,
};
pub(crate) use self::{borrowed::naming_material, person::must_be_owner};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Reach, Registry},
    db::{self, Db},
    jobs::{Job, Kinds, Outcome},
};

/// Puts lists together.
pub const FREEZE: &str = "broadcast.freeze";
/// Begins to send at the time given.
pub const BEGIN: &str = "broadcast.begin";
/// Sends one part.
pub const PART: &str = "broadcast.part";
/// Asks WeChat what became of a part.
pub const STATE: &str = "broadcast.state";
/// All kinds of jobs of this area.
pub const JOBS: &[&str] = &[FREEZE, BEGIN, PART, STATE];

/// Followers that one call names at most.
const PART_SIZE: i64 = 10_000;

/// Broadcasts of this shop; cheap to make and to clone.
#[derive(Clone)]
pub struct Broadcasts {
    db: Db,
    registry: Registry,
}

/// What the jobs carry.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Ask {
    /// Of the broadcast, or of the part.
    id: i64,
    /// How often it was asked before.
    #[serde(default)]
    round: usize,
}

impl Broadcasts {
    /// Over `db` and the accounts of `registry`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }

    /// One broadcast.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Broadcast> {
        let broadcast = find(self.db.read(), id).await?;
        reach.must_see(broadcast.account_id)?;
        Ok(broadcast)
    }

    /// The latest within reach, the newest first; of one account when one is named.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn latest(&self, reach: &Reach, account: Option<i64>, limit: u32) -> Result<Vec<Broadcast>> {
        let mut values = Vec::new();
        let mut seen = reach.sql("account_id", &mut values);
        if let Some(account) = account {
            values.push(account.into());
            seen.push_str(&format!(" AND account_id = ${}", values.len()));
        }
        listed(self.db.read(), &format!(" WHERE 1 = 1{seen} ORDER BY id DESC LIMIT {limit}"), values).await
    }

    /// The parts of a broadcast, in order.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn parts(&self, reach: &Reach, id: i64) -> Result<Vec<Part>> {
        self.get(reach, id).await?;
        parts_of(self.db.read(), id).await
    }

    /// The account of a broadcast, ready to call.
    fn live(&self, account: i64) -> Result<std::sync::Arc<LiveAccount>> {
        self.registry.by_id(account).ok_or(Error::NotFound)
    }

    /// Who does the jobs of this area.
    #[must_use]
    pub fn jobs(&self, kinds: Kinds) -> Kinds {
        let (freezing, beginning, sending, asking) = (self.clone(), self.clone(), self.clone(), self.clone());
        kinds
            .on(FREEZE, move |job: Job| {
                let broadcasts = freezing.clone();
                async move { outcome(broadcasts.freeze(&job).await) }
            })
            .on(BEGIN, move |job: Job| {
                let broadcasts = beginning.clone();
                async move { outcome(broadcasts.begin(&job).await) }
            })
            .on(PART, move |job: Job| {
                let broadcasts = sending.clone();
                async move { outcome(broadcasts.send_part(&job).await) }
            })
            .on(STATE, move |job: Job| {
                let broadcasts = asking.clone();
                async move { outcome(broadcasts.ask_state(&job).await) }
            })
    }

    /// Follows what WeChat tells, and looks after what a dead process left, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.follow(stop.clone()), self.keep(stop));
    }
}

fn outcome(done: Result<()>) -> Outcome {
    match done {
        Ok(()) => Outcome::Done,
        // The row is gone: nothing is left to do.
        Err(Error::NotFound) => Outcome::Done,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

/// What a job asks; none when nobody can read it.
fn ask(job: &Job) -> Option<Ask> {
    job.read().ok()
}

/// The key of the job of a broadcast.
fn key(id: i64) -> String {
    format!("broadcast/{id}")
}

/// The key of the job that sends a part.
fn part_key(id: i64) -> String {
    format!("broadcast-part/{id}")
}

/// The name of the broadcast that holds a draft fast: one that waits, is approved or being sent. Such a draft cannot be
/// changed, published or removed.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn holding_draft<C: ConnectionTrait>(on: &C, draft: i64) -> Result<Option<String>> {
    const SQL: &str = "SELECT name FROM broadcasts WHERE draft_id = $1 \
                       AND state IN ('freezing', 'waiting', 'approved', 'sending', 'stopping') ORDER BY id LIMIT 1";
    let row = on.query_one_raw(db::statement(on, SQL, [draft.into()])).await?;
    Ok(row.map(|row| row.try_get("", "name")).transpose()?)
}
