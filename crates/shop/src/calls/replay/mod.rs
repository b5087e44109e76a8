//! A push taken up once more because a person asks for it: looked at, stored when it could not be read before, answered
//! when that is wanted.
//!
//! Looking stores and sends nothing. A replay is one row, claimed by the form that asks for it: sent twice, it is done
//! once. A push that is stored is not stored again. Its answer goes out as a customer-service message, by a job that
//! marks the row before it calls WeChat; when the process dies between the two, the row ends as `unknown` and nothing is
//! sent by itself any more.

mod look;
mod opened;
mod run;
mod state;

use serde::{Deserialize, Serialize};

pub use self::{
    look::Look,
    opened::Now,
    state::{Replay, State},
};
pub(crate) use self::{
    opened::window,
    state::{Step, find, interrupted, of_source, step},
};
use crate::{accounts::Registry, db::Db};

/// Sends the answer of a replay.
pub(crate) const REPLAY_ANSWER: &str = "replay_answer";

/// What is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A push that was stored, by its number among the messages.
    Message(i64),
    /// A push that could not be read when it came, by its number among those.
    Refused(i64),
}

impl Source {
    /// `message` or `refused`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Refused(_) => "refused",
        }
    }

    /// The number.
    pub fn id(self) -> i64 {
        let (Self::Message(id) | Self::Refused(id)) = self;
        id
    }

    /// Reads [`Source::word`] and a number.
    pub fn of(word: &str, id: i64) -> Option<Self> {
        match word {
            "message" => Some(Self::Message(id)),
            "refused" => Some(Self::Refused(id)),
            _ => None,
        }
    }
}

/// What is wanted of a replay, beside being stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ask {
    /// Send what the rules answer now.
    pub answer: bool,
    /// Tell the merchant's webhooks again.
    pub webhooks: bool,
}

/// What the job is given.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReplayAnswer {
    pub(crate) id: i64,
}

/// Replays pushes.
#[derive(Clone)]
pub struct Replayer {
    db: Db,
    registry: Registry,
}

impl std::fmt::Debug for Replayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replayer").finish_non_exhaustive()
    }
}

impl Replayer {
    /// Replays pushes of the accounts in `registry`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }
}
