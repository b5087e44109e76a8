//! Chats as a whole: what WeChat's customer service keeps of them, who serves whom, and what the numbers say.
//!
//! A follower who is served by an agent talks past our server. What was said then is read from WeChat's records
//! ([`records`], older ones by [`back`]); each record is kept once, however often it is read (`record.rs`), and shown once, though it may stand
//! among the messages too (`twin.rs`). Who serves whom follows WeChat's events and lists (`sessions.rs`). Sums by the hour
//! are written where what they count is written (`hours.rs`).

pub mod back;
pub mod cloud;
pub mod entity;
pub mod export;
mod fetch;
pub mod figures;
pub(crate) mod hours;
mod keep;
pub mod list;
mod record;
pub mod records;
pub mod sessions;
#[cfg(test)]
mod tests;
mod twin;

use tokio_util::sync::CancellationToken;

pub use self::keep::{Kept, Reading};
use crate::{
    accounts::Registry,
    conversations::{self, reading::Full},
    db::Db,
    jobs::{Job, Kinds},
};

/// What an index over words reads of the records. What a message or an answer of ours tells already is not said twice.
pub(crate) const SAID: &str = "SELECT m.id, m.account_id, m.openid, NOT m.ours AS inbound, m.kind, m.text, '' AS payload, \
                               m.said_at AS at, m.worker AS name FROM service_records m WHERE m.same_id IS NULL";

/// Chats of this shop; cheap to make and to clone.
#[derive(Clone)]
pub struct Chats {
    db: Db,
    registry: Registry,
}

impl Chats {
    /// Over `db` and the accounts of `registry`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }

    /// Who does the jobs of this area.
    #[must_use]
    pub fn jobs(&self, kinds: Kinds) -> Kinds {
        let (reading, moving) = (self.clone(), self.clone());
        let kinds = kinds.on(records::JOB, move |job: Job| {
            let chats = reading.clone();
            async move { chats.read_records(&job).await }
        });
        kinds.on(sessions::MOVE_JOB, move |job: Job| {
            let chats = moving.clone();
            async move { chats.move_session(&job).await }
        })
    }

    /// Takes what WeChat tells of sessions into them, until `stop`.
    async fn follow_sessions(&self, stop: CancellationToken) {
        let db = self.db.clone();
        let take = async |tx: &sea_orm::DatabaseTransaction, messages: &[Full]| {
            for message in messages {
                sessions::take(tx, message).await?;
            }
            Ok(())
        };
        conversations::follow::follow(db, "sessions", sessions::KINDS, take, stop).await;
    }

    /// Keeps up with WeChat until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let db = self.db.clone();
        tokio::join!(self.keep_reading(stop.clone()), self.follow_sessions(stop.clone()), figures::count(db, stop));
    }
}
