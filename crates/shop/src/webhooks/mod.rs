//! Webhooks out: a merchant's servers are told what happens, by requests signed as <https://www.standardwebhooks.com/> has it.
//!
//! An event becomes one row for each endpoint that wants it (`emit`, `feed`), in the transaction of what it tells of. What
//! is due is sent from there with growing pauses until the endpoint takes it (`deliver`): at least once, in no promised
//! order, under the same id each time. The queue is its own: slow receivers must not hold up answers to followers.

mod deliver;
mod endpoints;
pub mod entity;
mod events;
mod feed;
mod keep;
mod read;
mod replay;
mod send;
mod state;

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use self::{
    deliver::ATTEMPTS,
    endpoints::{MOST, NAME_CHARS, NewWebhook, URL_CHARS, WebhookEdit, without_key},
    events::{BODY_LIMIT, EVENTS, Event, PING, example},
    keep::{DELIVERED_DAYS, FAILED_DAYS, MOST_WAITING, WAITS_DAYS},
    read::{Attempt, Detail, HOURS, Hour},
    replay::MOST_REPLAYED,
    send::Attempted,
    state::{Delivery, Endpoint, State, Way},
};
pub(crate) use self::{endpoints::host_of, events::anybody, feed::again};
use crate::{
    conversations::follow::Step,
    db::Db,
    outward::{Guard, Sender},
    secrets::Vault,
};

/// How webhooks behave in time.
#[derive(Debug, Clone)]
pub struct Timing {
    /// An attempt takes no longer.
    pub within: Duration,
    /// What a node sends longer than this is another's.
    pub lease: Duration,
    /// After the first, second, … failed attempt.
    pub pauses: [Duration; ATTEMPTS as usize - 1],
    /// How often it is looked for what is due.
    pub look_every: Duration,
    /// How often it is looked after what is kept.
    pub keep_every: Duration,
    /// Without a success for this long, an endpoint counts as failing.
    pub failing_after: Duration,
    /// Without a success for this long, it is paused.
    pub give_up_after: Duration,
    /// How long the end of the program waits for what is under way.
    pub finish_within: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        const HOUR: u64 = 3_600;
        Self {
            within: Duration::from_secs(10),
            lease: Duration::from_secs(45),
            pauses: [5, 30, 300, 1_800, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR].map(Duration::from_secs),
            look_every: Duration::from_millis(500),
            keep_every: Duration::from_secs(10),
            failing_after: Duration::from_secs(24 * HOUR),
            give_up_after: Duration::from_secs(5 * 24 * HOUR),
            finish_within: Duration::from_secs(3),
        }
    }
}

/// The endpoints, and what is told to them; cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhooks {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    db: Db,
    vault: Arc<Vault>,
    sender: Sender,
    timing: Timing,
    due: Notify,
}

impl Webhooks {
    /// Endpoints that may be where `guard` allows it.
    pub fn new(db: Db, vault: Arc<Vault>, guard: Guard) -> Self {
        Self::in_time(db, vault, guard, Timing::default())
    }

    /// The same with other times.
    pub fn in_time(db: Db, vault: Arc<Vault>, guard: Guard, timing: Timing) -> Self {
        let shared = Shared { db, vault, sender: Sender::new(guard), timing, due: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Tells endpoints what happens until `stop`. Several nodes may do it at once.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.feed(&stop), self.deliver(&stop), self.look_after(&stop));
    }

    async fn feed(&self, stop: &CancellationToken) {
        let mut rest = self.timing().look_every;
        while tokio::time::timeout(rest, stop.cancelled()).await.is_err() {
            let step = feed::step(self.db()).await.map(|(step, told)| {
                if told {
                    self.wake();
                }
                step
            });
            // Who is told wants to be told soon.
            rest = match step {
                Ok(Step::Rest) => self.timing().look_every,
                other => feed::READER.rest_after(other),
            };
        }
    }

    async fn look_after(&self, stop: &CancellationToken) {
        while tokio::time::timeout(self.timing().keep_every, stop.cancelled()).await.is_err() {
            if let Err(error) = self.keep().await {
                tracing::warn!(%error, "webhooks could not be looked after, trying again");
            }
        }
    }

    /// There is something to be sent.
    fn wake(&self) {
        self.shared.due.notify_one();
    }

    fn due(&self) -> &Notify {
        &self.shared.due
    }

    fn db(&self) -> &Db {
        &self.shared.db
    }

    fn vault(&self) -> &Vault {
        &self.shared.vault
    }

    fn sender(&self) -> &Sender {
        &self.shared.sender
    }

    fn timing(&self) -> &Timing {
        &self.shared.timing
    }
}
