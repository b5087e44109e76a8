//! From a received push to the answer for WeChat.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use puzi_wechat::{envelope::Received, message::Push, reply::Reply};
use tokio::{
    sync::watch,
    task::JoinError,
    time::{Instant, error::Elapsed},
};

use super::{
    Conversations,
    compose::{self, Decision},
    intake::StoreFailed,
    late,
    store::{self, AnswerState, Incoming, KnownMessage, MessageKey, Recorded},
};
use crate::{accounts::LiveAccount, db::now_ms, jobs, replies::RuleBook};

/// Room between our deadline and the end of a lease: within it the deadline has surely been dealt with.
const LEASE_MARGIN: Duration = Duration::from_millis(400);
/// When another process takes over an answer whose process died: longer than any webhook may take.
const RESCUE_AFTER_MS: i64 = 45_000;
/// An answer that is computed this long before the deadline or earlier can still be stored in time.
const HAND_OVER: Duration = Duration::from_millis(300);
/// The longest that composing may take: a webhook's 30 s and a profile. Well before the rescue.
const LONGEST_COMPOSING: Duration = Duration::from_secs(40);
/// How often a second node looks whether the first one has answered.
const POLL: Duration = Duration::from_millis(100);

/// What WeChat is to hear.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The answer; [`Reply::Nothing`] is `success`.
    pub reply: Reply,
    /// When it was given, Unix ms: part of its bytes.
    pub at: i64,
    /// How far it came: answered, failed, or deferred, whoever gives the answer then.
    pub state: AnswerState,
    /// The message was there already: WeChat delivered it again.
    pub repeat: bool,
}

impl Answered {
    fn now(reply: Reply, at: i64) -> Self {
        Self { reply, at, state: AnswerState::Answered, repeat: false }
    }

    /// WeChat hears `success`; what there is to say follows.
    fn later(at: i64) -> Self {
        Self { state: AnswerState::Deferred, ..Self::now(Reply::Nothing, at) }
    }

    /// WeChat hears `success`, and that is all.
    fn failed(at: i64) -> Self {
        Self { state: AnswerState::Failed, ..Self::now(Reply::Nothing, at) }
    }

    fn again(self) -> Self {
        Self { repeat: true, ..self }
    }

    fn of(known: &KnownMessage) -> Self {
        let reply = match known.state {
            AnswerState::Answered => known.answer.as_deref().and_then(|json| serde_json::from_str(json).ok()),
            AnswerState::Answering | AnswerState::Deferred | AnswerState::Failed => None,
        };
        let state = match known.state {
            AnswerState::Answering => AnswerState::Deferred,
            settled => settled,
        };
        Self { state, ..Self::now(reply.unwrap_or(Reply::Nothing), known.answered_at).again() }
    }
}

/// Neither the database nor the journal took the message: WeChat is to deliver it again.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be stored: {0}")]
pub struct NotTaken(String);

impl Conversations {
    /// Stores what WeChat sent to `live` and gives the answer, in time.
    ///
    /// # Errors
    /// [`NotTaken`] when the message could not be made durable anywhere.
    pub async fn receive(&self, live: &Arc<LiveAccount>, received: Received) -> Result<Answered, NotTaken> {
        self.receive_by(live, received, compose::decide).await
    }

    async fn receive_by(
        &self,
        live: &Arc<LiveAccount>,
        received: Received,
        decide: impl FnOnce(&RuleBook, &Push, i64, &[u8]) -> Decision,
    ) -> Result<Answered, NotTaken> {
        let now = now_ms();
        let deadline = Instant::now() + self.shared.timing.answer_within;
        let push = received.push;
        let key = MessageKey { account_id: live.account.id, push: push.dedup_key() };
        if let Some(known) = self.shared.journal.answer(&key) {
            return Ok(Answered::of(&known));
        }
        // A rule that panics must not take the message with it.
        let at = moment(&push, now);
        let decide = AssertUnwindSafe(|| decide(&live.rules, &push, at, &key.push));
        let decision = std::panic::catch_unwind(decide).unwrap_or(Decision::Broken);
        let message = Arc::new(self.incoming(key, &push, received.plain, (now, at), &decision));
        let recorded = match self.shared.intake.record(message.clone(), self.shared.timing.store_within).await {
            Ok(recorded) => recorded,
            Err(error) => return self.put_into_journal(message, &decision, &error).await,
        };
        match (recorded, decision) {
            (Recorded::New, Decision::Now { reply, .. }) => Ok(Answered::now(reply, at)),
            (Recorded::New, Decision::Broken) => Ok(Answered::failed(at)),
            (Recorded::New, Decision::Later { .. }) => {
                let running = self.compute(live.clone(), push, key, at, deadline);
                Ok(self.wait(running, deadline).await)
            }
            (Recorded::Known(known), _) => {
                let at = known.answered_at;
                let joined = tokio::time::timeout_at(deadline, self.join(live, push, key, known, deadline)).await;
                Ok(joined.unwrap_or_else(|_| Answered::later(at)).again())
            }
        }
    }

    fn incoming(
        &self,
        key: MessageKey,
        push: &Push,
        plain: Vec<u8>,
        (now, at): (i64, i64),
        decision: &Decision,
    ) -> Incoming {
        let (state, answer, rule_id) = match decision {
            Decision::Now { reply, rule_id } => (AnswerState::Answered, compose::as_json(reply), *rule_id),
            Decision::Later { rule_id } => (AnswerState::Answering, None, Some(*rule_id)),
            Decision::Broken => (AnswerState::Failed, None, None),
        };
        let later = matches!(decision, Decision::Later { .. });
        let lease = self.shared.timing.answer_within + LEASE_MARGIN;
        Incoming {
            key,
            openid: push.from.clone(),
            kind: compose::kind(push),
            summary: compose::summary(push),
            payload: String::from_utf8(plain).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
            sent_at: push.create_time.saturating_mul(1000),
            received_at: now,
            answered_at: at,
            from_a_person: compose::is_from_a_person(push),
            change: compose::follow_change(push),
            state,
            answer,
            rule_id,
            lease_until: if later { now + lease.as_millis() as i64 } else { 0 },
            rescue_at: later.then_some(now + RESCUE_AFTER_MS),
        }
    }

    /// The database did not take it: the disk does, and the answer goes out all the same. An answer that would take
    /// longer follows when the database is back.
    async fn put_into_journal(
        &self,
        message: Arc<Incoming>,
        decision: &Decision,
        why: &StoreFailed,
    ) -> Result<Answered, NotTaken> {
        let mut message = Arc::unwrap_or_clone(message);
        metrics::counter!("puzi_journal_messages_total").increment(1);
        tracing::warn!(error = %why, "a message goes to the journal");
        let answered = match decision {
            Decision::Now { reply, .. } => Answered::now(reply.clone(), message.answered_at),
            Decision::Later { .. } => {
                message.state = AnswerState::Deferred;
                message.lease_until = 0;
                message.rescue_at = Some(message.received_at);
                Answered::later(message.answered_at)
            }
            Decision::Broken => Answered::failed(message.answered_at),
        };
        match self.shared.journal.append(message).await {
            Ok(None) => Ok(answered),
            // A repeat was quicker: both get its answer.
            Ok(Some(known)) => Ok(Answered::of(&known)),
            Err(error) => Err(NotTaken(format!("{why}; {error}"))),
        }
    }

    /// A repeated delivery: the answer that is there, or the one being computed.
    async fn join(
        &self,
        live: &Arc<LiveAccount>,
        push: Push,
        key: MessageKey,
        mut known: KnownMessage,
        deadline: Instant,
    ) -> Answered {
        metrics::counter!("puzi_callback_repeats_total").increment(1);
        loop {
            if known.state != AnswerState::Answering {
                return Answered::of(&known);
            }
            if let Some(running) = self.running(key) {
                return self.wait(running, deadline).await;
            }
            let now = now_ms();
            if known.lease_until < now {
                let lease = now + (deadline - Instant::now() + LEASE_MARGIN).as_millis() as i64;
                if store::take_over(&self.shared.db, key, known.lease_until, lease).await.unwrap_or(false) {
                    let running = self.compute(live.clone(), push, key, now, deadline);
                    return self.wait(running, deadline).await;
                }
            }
            if Instant::now() + POLL >= deadline {
                return Answered::later(known.answered_at);
            }
            tokio::time::sleep(POLL).await;
            match store::find(self.shared.db.read(), key).await {
                Ok(Some(found)) => known = found,
                Ok(None) | Err(_) => return Answered::later(known.answered_at),
            }
        }
    }

    fn running(&self, key: MessageKey) -> Option<super::Running> {
        self.computing().get(&key).cloned()
    }

    fn computing(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<MessageKey, super::Running>> {
        // A panic while it was held leaves a map, which is usable.
        self.shared.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Computes the answer in a task of its own, which alone decides whether it comes in time: it goes on when WeChat
    /// hangs up, and whoever waits is told by the deadline.
    fn compute(
        &self,
        live: Arc<LiveAccount>,
        push: Push,
        key: MessageKey,
        asked_at: i64,
        deadline: Instant,
    ) -> super::Running {
        let (sender, running) = watch::channel(None);
        self.computing().insert(key, running.clone());
        let this = self.clone();
        self.shared.tasks.spawn(async move {
            let composing = tokio::time::timeout(LONGEST_COMPOSING, this.clone().compose(live, push, key, asked_at));
            let mut composing = tokio::spawn(composing);
            match tokio::time::timeout_at(deadline - HAND_OVER, &mut composing).await {
                Ok(composed) => this.answer_now(key, Composed::from(composed), deadline, &sender).await,
                Err(_) => {
                    let _ = sender.send(Some(Answered::later(now_ms())));
                    metrics::counter!("puzi_answers_deferred_total").increment(1);
                    if let Err(error) = store::defer(&this.shared.db, key).await {
                        tracing::warn!(%error, "a message could not be marked as deferred");
                    }
                    this.answer_later(key, &Composed::from(composing.await), false).await;
                }
            }
            // Whoever comes from now on finds the row.
            this.computing().remove(&key);
        });
        running
    }

    /// The answer is there while WeChat waits: it is stored first. If storing takes too long, WeChat hears `success` and
    /// the answer follows.
    async fn answer_now(
        &self,
        key: MessageKey,
        composed: Composed,
        deadline: Instant,
        waiters: &watch::Sender<Option<Answered>>,
    ) {
        let at = now_ms();
        let mut storing = std::pin::pin!(self.store_answer(key, &composed, at));
        let (in_time, stored) = match tokio::time::timeout_at(deadline, &mut storing).await {
            Ok(stored) => (true, stored),
            Err(_) => {
                let _ = waiters.send(Some(Answered::later(at)));
                (false, storing.await)
            }
        };
        match stored {
            Ok(true) if in_time => {
                let answered = Answered { state: composed.state, ..Answered::now(composed.reply.clone(), at) };
                let _ = waiters.send(Some(answered));
            }
            // Stored as WeChat's answer, but WeChat has heard `success`.
            Ok(true) => self.answer_later(key, &composed, true).await,
            Ok(false) => drop(waiters.send(Some(Answered::later(at)))),
            Err(error) => {
                // The rescue job is still there and answers later.
                tracing::warn!(%error, "an answer could not be stored");
                let _ = waiters.send(Some(Answered::later(at)));
            }
        }
    }

    /// Stores the answer beside its message. False when the message is answered or given up already.
    async fn store_answer(&self, key: MessageKey, composed: &Composed, at: i64) -> crate::Result<bool> {
        let json = compose::as_json(&composed.reply);
        let tx = self.shared.db.begin_write().await?;
        let stored = store::answer_in_time(&*tx, key, composed.state, json.as_deref(), at).await?;
        if stored {
            jobs::take_away(&*tx, &key.job_key()).await?;
        }
        tx.commit().await?;
        Ok(stored)
    }

    /// The answer comes after WeChat's time: it is sent as a message of its own, by whoever takes the rescue job away, or
    /// takes back what it `stored` as WeChat's answer itself.
    async fn answer_later(&self, key: MessageKey, composed: &Composed, stored: bool) {
        let sending = async {
            let tx = self.shared.db.begin_write().await?;
            let ours = if stored {
                store::take_answer_back(&*tx, key).await?
            } else {
                let state = if composed.reply == Reply::Nothing { composed.state } else { AnswerState::Deferred };
                late::settle(&*tx, key, state, None).await? && jobs::take_away(&*tx, &key.job_key()).await?
            };
            if !ours {
                // Another process has answered: nothing of this is kept.
                return Ok(());
            }
            self.send_later(&*tx, key, &composed.reply).await?;
            tx.commit().await
        };
        if let Err(error) = sending.await {
            tracing::warn!(%error, "an answer could not be enqueued; the rescue job computes it again");
        }
    }

    /// Waits for what the computing task decides; it does so by the deadline.
    async fn wait(&self, mut running: super::Running, deadline: Instant) -> Answered {
        let decided = async { running.wait_for(Option::is_some).await.ok().and_then(|answered| answered.clone()) };
        match tokio::time::timeout_at(deadline + LEASE_MARGIN, decided).await {
            Ok(Some(answered)) => answered,
            Ok(None) | Err(_) => Answered::later(now_ms()),
        }
    }
}

/// The time for which a push is answered: when it was sent, so that each delivery of it, on whatever node, is answered
/// for the same moment and with the same bytes. A time that cannot be (in plain mode nobody has signed it) is now.
fn moment(push: &Push, now: i64) -> i64 {
    const BELIEVABLE_MS: u64 = 10 * 60_000;
    let sent = push.create_time.saturating_mul(1000);
    if now.abs_diff(sent) <= BELIEVABLE_MS { sent } else { now }
}

/// What composing came to: no answer when it failed, which is noted.
struct Composed {
    state: AnswerState,
    reply: Reply,
}

type ComposingTask = Result<Result<Result<Reply, String>, Elapsed>, JoinError>;

impl From<ComposingTask> for Composed {
    fn from(task: ComposingTask) -> Self {
        let error = match task {
            Ok(Ok(Ok(reply))) => return Self { state: AnswerState::Answered, reply },
            Ok(Ok(Err(error))) => error,
            Ok(Err(elapsed)) => elapsed.to_string(),
            Err(panicked) => panicked.to_string(),
        };
        tracing::warn!(error, "an answer could not be computed");
        Self { state: AnswerState::Failed, reply: Reply::Nothing }
    }
}

#[cfg(test)]
mod tests;
