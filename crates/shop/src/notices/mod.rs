//! Notices: template messages and subscription notifications. The account's templates are mirrored here (`templates.rs`);
//! what may stand for their words is checked before WeChat is asked ([`words`]). A notice is a row and a job in one commit
//! with what caused it ([`push()`]), it is sent once or nobody knows (`send.rs`), and whether it arrived is told later by an
//! event (`told.rs`).

mod blocked;
pub mod entity;
mod keep;
mod push;
mod read;
mod send;
mod state;
mod templates;
#[cfg(test)]
mod tests;
mod told;
pub mod words;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use self::{
    push::{MiniProgram, Notice, Test, URL_BYTES, again_in, push},
    read::Which,
    send::JOB,
    state::{Event, Purpose, Sent, State, Way},
    templates::{Keyword, NewTemplate, SCENE_CHARS, Synced, Title},
};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Reach, Registry},
    conversations::{self, reading::Full},
    db::Db,
    jobs::{Job, Kinds},
};

/// The kinds of jobs that bring a notice out, for whoever waits for one in its own process.
pub const JOBS: &[&str] = &[JOB];

/// Notices of this shop; cheap to make and to clone.
#[derive(Clone)]
pub struct Notices {
    db: Db,
    registry: Registry,
}

impl Notices {
    /// Over `db` and the accounts of `registry`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }

    /// Who does the jobs of this area.
    #[must_use]
    pub fn jobs(&self, kinds: Kinds) -> Kinds {
        let sending = self.clone();
        kinds.on(JOB, move |job: Job| {
            let notices = sending.clone();
            async move { notices.send(&job).await }
        })
    }

    /// Hears what became of notices, and looks after what is kept, until `stop`. Several nodes may do it at once.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.follow(stop.clone()), self.keep(stop));
    }

    async fn follow(&self, stop: CancellationToken) {
        let take = async |tx: &sea_orm::DatabaseTransaction, messages: &[Full]| {
            for message in messages {
                told::take(tx, message).await?;
            }
            Ok(())
        };
        conversations::follow::follow(self.db.clone(), "notices", told::KINDS, take, stop).await;
    }

    fn live(&self, reach: &Reach, account: i64) -> Result<Arc<LiveAccount>> {
        reach.must_see(account)?;
        self.registry.by_id(account).ok_or(Error::NotFound)
    }
}
