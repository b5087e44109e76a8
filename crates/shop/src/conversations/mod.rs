//! Conversations: a message arrives, is stored, and is answered within the time WeChat gives.
//!
//! One message's way: the rules say what to answer; message and answer are stored in one commit that it shares with
//! the messages around it; then the answer goes out. An answer that takes longer (the merchant's webhook, a nickname)
//! is computed after the message is stored, until 4.5 s; then WeChat hears `success` and the answer follows as a
//! customer-service message. A repeated delivery joins all this and gets the same bytes.

pub(crate) mod again;
mod answer;
mod compose;
pub mod figures;
pub(crate) mod follow;
mod intake;
mod journal;
mod late;
mod log;
pub(crate) mod reading;
pub(crate) mod refused;
mod replay;
mod sqlite;
mod store;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::compose::whole_text;
pub use self::{
    answer::{Answered, NotTaken},
    compose::stimulus,
    intake::StoreFailed,
    log::{LogEntry, tail},
    refused::{RefusedPush, keep_refused, refused, refused_of},
    store::AnswerState,
};
use self::{intake::Intake, journal::Journal, store::MessageKey};
use crate::{Result, accounts::Registry, db::Db, jobs, replies::webhook::Webhooks};

/// How the conversations behave in time.
#[derive(Debug, Clone)]
pub struct Timing {
    /// An answer that is not there by then follows later. WeChat waits 5 s.
    pub answer_within: Duration,
    /// A commit that takes longer sends the message to the journal.
    pub store_within: Duration,
    /// How often the journal tries to bring its messages to the database.
    pub replay_every: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_millis(4_500),
            store_within: Duration::from_millis(1_500),
            replay_every: Duration::from_secs(1),
        }
    }
}

/// What another area does beside the conversations.
#[derive(Clone, Default)]
pub struct Beside {
    /// Takes the jobs that are not about answers.
    pub jobs: Option<jobs::Handler>,
    /// Is told when this process has stored messages.
    pub stored: Arc<Notify>,
}

/// What an answer being computed became, once it is known.
type Running = watch::Receiver<Option<Answered>>;

/// All conversations of this process.
#[derive(Clone)]
pub struct Conversations {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    registry: Registry,
    webhooks: Webhooks,
    timing: Timing,
    intake: Intake,
    journal: Journal,
    /// Answers being computed here, so that a repeated delivery waits for the same one.
    running: std::sync::Mutex<HashMap<MessageKey, Running>>,
    /// Takes the jobs that are not about answers.
    other_jobs: Option<jobs::Handler>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Conversations {
    /// Starts storing and answering; the journal lies in `journal_folder`.
    ///
    /// # Errors
    /// When the journal's folder cannot be made or no thread can be started.
    pub fn start(
        db: Db,
        registry: Registry,
        webhooks: Webhooks,
        journal_folder: PathBuf,
        timing: Timing,
    ) -> Result<Self> {
        Self::start_beside(db, registry, webhooks, journal_folder, timing, Beside::default())
    }

    /// The same, with another area's jobs run by the same runner.
    ///
    /// # Errors
    /// As [`Conversations::start`].
    pub fn start_beside(
        db: Db,
        registry: Registry,
        webhooks: Webhooks,
        journal_folder: PathBuf,
        timing: Timing,
        beside: Beside,
    ) -> Result<Self> {
        let shared = Shared {
            intake: Intake::start(&db)?.telling(beside.stored),
            other_jobs: beside.jobs,
            journal: Journal::in_folder(&journal_folder)?,
            db,
            registry,
            webhooks,
            timing,
            running: std::sync::Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        let conversations = Self { shared: Arc::new(shared) };
        let handler = conversations.clone();
        let handler: jobs::Handler = Arc::new(move |job| {
            let conversations = handler.clone();
            Box::pin(async move { conversations.do_job(&job).await })
        });
        let (db, stop) = (conversations.shared.db.clone(), conversations.shared.stop.clone());
        conversations.shared.tasks.spawn(jobs::run(db, handler, stop));
        conversations.shared.tasks.spawn(conversations.clone().replay_journal());
        Ok(conversations)
    }

    /// Messages that wait in the journal for the database.
    pub fn waiting_in_journal(&self) -> usize {
        self.shared.journal.len()
    }

    /// Stops taking jobs, finishes the answers being computed, and brings the journal in once more.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        self.shared.intake.stop().await;
    }
}
