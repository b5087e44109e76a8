//! Delivering: what is due is taken by compare-and-set, sent, and its outcome stored by compare-and-set. At least once, in
//! no promised order; the id is the same each time.

use std::{collections::HashMap, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Webhooks,
    endpoints::{self, Keys},
    entity::webhook,
    keep,
    send::{self, Attempted, Package},
    state::{Delivery, Event, State, Turn, Way},
};
use crate::{
    Error, Result,
    audit::Actor,
    db::{self, now_ms},
    machine::{self, Who, Word},
};

/// Attempts before a delivery has failed.
pub const ATTEMPTS: i32 = 9;
/// Sent at once, in all.
const IN_ALL: usize = 32;
/// Sent at once to one endpoint: one that is slow takes no more of the places.
const TO_ONE: usize = 4;
/// Failed attempts without a success between, before an endpoint counts as failing.
const FAILURES: i32 = 20;
/// A success is noted at most so often, ms.
const NOTE_EVERY_MS: i64 = 60_000;
/// Parked at once when their endpoint is paused.
const AT_ONCE: u32 = 1_000;

/// A delivery that is due.
#[derive(Debug, Clone, FromQueryResult)]
struct Due {
    id: i64,
    webhook_id: i64,
    event_id: String,
    payload: String,
    state: String,
    attempts: i32,
    next_at: i64,
    copy: i32,
    url: String,
    endpoint_state: String,
    deleted_at: Option<i64>,
}

/// The endpoint of a delivery that was taken.
type Sent = i64;

impl Webhooks {
    /// Sends what is due until `stop`.
    pub(super) async fn deliver(&self, stop: &CancellationToken) {
        let mut sending: JoinSet<Sent> = JoinSet::new();
        let mut busy: HashMap<i64, usize> = HashMap::new();
        loop {
            if let Err(error) = self.fill(&mut sending, &mut busy).await {
                tracing::warn!(%error, "webhooks could not be sent, trying again");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = sending.join_next() => free(&mut busy, done.ok()),
                () = self.due().notified() => {}
                () = tokio::time::sleep(self.timing().look_every) => {}
            }
            // Whatever ended meanwhile frees its place at once.
            while let Some(done) = sending.try_join_next() {
                free(&mut busy, done.ok());
            }
        }
        // What is still under way then is sent again when its lease is over, perhaps a second time.
        let _ =
            tokio::time::timeout(self.timing().finish_within, async { while sending.join_next().await.is_some() {} })
                .await;
    }

    /// Takes what is due for as long as there are places.
    async fn fill(&self, sending: &mut JoinSet<Sent>, busy: &mut HashMap<i64, usize>) -> Result<()> {
        while sending.len() < IN_ALL {
            let due = self.look(busy).await?;
            if due.is_empty() {
                return Ok(());
            }
            let mut taken = Vec::new();
            let mut moved = false;
            for one in due {
                if one.deleted_at.is_some() || one.endpoint_state == State::Paused.word() {
                    moved |= self.put_aside(&one).await? > 0;
                } else if busy.get(&one.webhook_id).copied().unwrap_or(0) < TO_ONE
                    && sending.len() + taken.len() < IN_ALL
                {
                    *busy.entry(one.webhook_id).or_default() += 1;
                    taken.push(one);
                }
            }
            if taken.is_empty() && !moved {
                return Ok(());
            }
            let taken = self.take(taken, busy).await?;
            if taken.is_empty() && !moved {
                return Ok(());
            }
            for one in taken {
                let webhooks = self.clone();
                sending.spawn(async move {
                    let webhook = one.webhook_id;
                    // Its place is free again, whatever happens.
                    match AssertUnwindSafe(webhooks.send(one)).catch_unwind().await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "what came of a webhook could not be stored: it is sent again");
                        }
                        Err(_) => tracing::error!("sending a webhook panicked: it is sent again"),
                    }
                    webhook
                });
            }
        }
        Ok(())
    }

    /// What is due for endpoints that are not busy, the longest waiting first.
    async fn look(&self, busy: &HashMap<i64, usize>) -> Result<Vec<Due>> {
        let full: Vec<_> = busy.iter().filter(|(_, n)| **n >= TO_ONE).map(|(id, _)| id.to_string()).collect();
        let but = match full.is_empty() {
            true => String::new(),
            false => format!(" AND d.webhook_id NOT IN ({})", full.join(", ")),
        };
        let sql = format!(
            "SELECT d.id, d.webhook_id, d.event_id, d.payload, d.state, d.attempts, d.next_at, d.copy, w.url, \
             w.state AS endpoint_state, w.deleted_at FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id \
             WHERE d.next_at <= $1{but} ORDER BY d.next_at LIMIT {IN_ALL}"
        );
        let read = self.db().read();
        Ok(Due::find_by_statement(db::statement(read, &sql, [now_ms().into()])).all(read).await?)
    }

    /// Takes `due`, those that no other node takes. A node that died while it sent has lost its lease by now.
    async fn take(&self, due: Vec<Due>, busy: &mut HashMap<i64, usize>) -> Result<Vec<Due>> {
        const SQL: &str = "UPDATE deliveries SET state = $1, attempts = attempts + 1, next_at = $2 \
                           WHERE id = $3 AND state = $4 AND attempts = $5 AND next_at = $6";
        if due.is_empty() {
            return Ok(due);
        }
        let mut due = due;
        // Two nodes lock the same rows in the same order.
        due.sort_unstable_by_key(|one| one.id);
        let lease = now_ms() + ms(self.timing().lease);
        let tx = match self.db().begin_write().await {
            Ok(tx) => tx,
            Err(error) => {
                due.iter().for_each(|one| free(busy, Some(one.webhook_id)));
                return Err(error);
            }
        };
        let mut taken = Vec::with_capacity(due.len());
        let taking = async {
            for one in &due {
                let Some(to) = turned(&one.state, if one.attempts < ATTEMPTS { Turn::Take } else { Turn::Fail }) else {
                    continue;
                };
                if to == Way::Failed {
                    // Its node died in the last attempt; whether it came through nobody knows.
                    fail_interrupted(&*tx, one).await?;
                    continue;
                }
                let values = [
                    to.word().into(),
                    lease.into(),
                    one.id.into(),
                    one.state.as_str().into(),
                    one.attempts.into(),
                    one.next_at.into(),
                ];
                if db::execute(&*tx, SQL, values).await? == 1 {
                    taken.push(Due { attempts: one.attempts + 1, ..one.clone() });
                }
            }
            Ok::<_, Error>(())
        };
        let done = match taking.await {
            Ok(()) => tx.commit().await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            taken.clear();
        }
        // Who was not taken takes no place.
        for one in &due {
            if !taken.iter().any(|taken| taken.id == one.id) {
                free(busy, Some(one.webhook_id));
            }
        }
        done.map(|()| taken)
    }

    /// What is due and cannot be sent: of a deleted endpoint it is cancelled, of a paused one it waits. Gives how many were
    /// put aside.
    async fn put_aside(&self, due: &Due) -> Result<u64> {
        let tx = self.db().begin_write().await?;
        let aside = if due.deleted_at.is_some() {
            keep::cancel(&*tx, due.webhook_id, "deleted", i64::MAX, AT_ONCE).await?
        } else {
            keep::park(&*tx, due.webhook_id, AT_ONCE).await?
        };
        tx.commit().await?;
        Ok(aside)
    }

    /// Sends one and stores what came of it.
    async fn send(&self, due: Due) -> Result<()> {
        let keys = Keys::of(self.db().read(), due.webhook_id).await?;
        // Without a key that opens nothing can be signed; the attempt says so.
        let keys = keys.open(self, now_ms()).unwrap_or_default();
        let at = now_ms();
        let package = Package {
            url: due.url.clone(),
            keys,
            id: due.event_id.clone(),
            body: due.payload.clone(),
            replay: due.copy > 0,
        };
        let attempted = send::attempt(self.sender(), &package, self.timing().within).await;
        self.store(&due, at, &attempted).await
    }

    async fn store(&self, due: &Due, at: i64, attempted: &Attempted) -> Result<()> {
        let turn = match () {
            () if attempted.is_good() => Turn::Answer,
            () if attempted.is_final() || due.attempts >= ATTEMPTS => Turn::Fail,
            () => Turn::Again,
        };
        let Some(to) = turned(Way::Sending.word(), turn) else { return Ok(()) };
        let now = now_ms();
        let again = (to == Way::Waiting).then(|| now + ms(self.pause_after(due.attempts, attempted)));
        let tx = self.db().begin_write().await?;
        const SQL: &str = "UPDATE deliveries SET state = $1, next_at = $2, last_status = $3, last_error = $4, \
                           last_us = $5, done_at = $6 WHERE id = $7 AND state = 'sending' AND attempts = $8";
        let status = attempted.status.map(i32::from);
        let values = [
            to.word().into(),
            again.into(),
            status.into(),
            attempted.error.as_deref().into(),
            attempted.us.into(),
            (to != Way::Waiting).then_some(now).into(),
            due.id.into(),
            due.attempts.into(),
        ];
        if db::execute(&*tx, SQL, values).await? != 1 {
            // The lease is lost: what came of it is told by whoever has it.
            return Ok(());
        }
        const NOTE: &str = "INSERT INTO delivery_attempts (delivery_id, attempt, at, us, status, error, answer) \
                            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            due.id.into(),
            due.attempts.into(),
            at.into(),
            attempted.us.into(),
            status.into(),
            attempted.error.as_deref().into(),
            attempted.answer.as_deref().into(),
        ];
        db::execute(&*tx, NOTE, values).await?;
        self.judge(&*tx, due.webhook_id, attempted, now).await?;
        tx.commit().await?;
        metrics::counter!("puzi_webhooks_total", "outcome" => to.word()).increment(1);
        Ok(())
    }

    /// What an attempt says about its endpoint.
    async fn judge<C: ConnectionTrait>(&self, tx: &C, id: i64, attempted: &Attempted, now: i64) -> Result<()> {
        if attempted.is_good() {
            let sql = "UPDATE webhooks SET failures = 0, trouble_since = NULL, last_success_at = $1 \
                       WHERE id = $2 AND (failures > 0 OR last_success_at IS NULL OR last_success_at < $3)";
            db::execute(tx, sql, [now.into(), id.into(), (now - NOTE_EVERY_MS).into()]).await?;
        } else {
            let sql = "UPDATE webhooks SET failures = failures + 1, trouble_since = COALESCE(trouble_since, $1) \
                       WHERE id = $2";
            db::execute(tx, sql, [now.into(), id.into()]).await?;
        }
        let Some(webhook) = webhook::Entity::find_by_id(id).one(tx).await? else { return Ok(()) };
        let troubled = webhook.trouble_since.map_or(0, |since| now - since);
        let event = match State::read(&webhook.state) {
            Some(State::Active | State::Failing) if attempted.is_gone() => Event::Gone,
            Some(State::Failing) if attempted.is_good() => Event::Recover,
            // Days in which little happened say nothing.
            Some(_) if webhook.failures < FAILURES => return Ok(()),
            Some(State::Active | State::Failing) if troubled >= ms(self.timing().give_up_after) => Event::GiveUp,
            Some(State::Active) if troubled >= ms(self.timing().failing_after) => Event::Fail,
            _ => return Ok(()),
        };
        match endpoints::step(tx, &Actor::system(), Who::Clock, &webhook, event).await {
            // Another one came to the same judgement, or a person paused it.
            Err(Error::Stale | Error::NotNow(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// How long until the next attempt.
    fn pause_after(&self, attempts: i32, attempted: &Attempted) -> Duration {
        let pauses = &self.timing().pauses;
        let index = usize::try_from(attempts - 1).unwrap_or(0).min(pauses.len() - 1);
        // A tenth more or less, so that what failed together does not come back together.
        let pause = pauses[index].mul_f64(rand::random_range(0.9..1.1));
        attempted.put_off.map_or(pause, |put_off| put_off.max(pause))
    }
}

/// Where `turn` leads from the state `word`.
fn turned(word: &str, turn: Turn) -> Option<Way> {
    machine::leads::<Delivery>(Way::read(word)?, turn, Who::Clock)
}

async fn fail_interrupted<C: ConnectionTrait>(tx: &C, due: &Due) -> Result<()> {
    // Parked while its endpoint was paused, it waits again, without an attempt that is left.
    let sql = "UPDATE deliveries SET state = 'failed', next_at = NULL, last_error = 'interrupted', done_at = $1 \
               WHERE id = $2 AND state = $3 AND attempts = $4 AND next_at = $5";
    let values = [now_ms().into(), due.id.into(), due.state.as_str().into(), due.attempts.into(), due.next_at.into()];
    db::execute(tx, sql, values).await?;
    Ok(())
}

fn free(busy: &mut HashMap<i64, usize>, webhook: Option<Sent>) {
    let Some(webhook) = webhook else { return };
    if let Some(n) = busy.get_mut(&webhook) {
        *n -= 1;
        if *n == 0 {
            busy.remove(&webhook);
        }
    }
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
