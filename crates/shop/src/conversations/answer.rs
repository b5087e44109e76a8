//! From a received push to the answer for WeChat.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use puzi_wechat::{envelope::Received, message::Push, reply::Reply};
use tokio::{sync::watch, time::Instant};

use super::{
    Conversations,
    compose::{self, Decision},
    intake::StoreFailed,
    store::{self, AnswerState, Incoming, KnownMessage, MessageKey, Recorded},
};
use crate::{
    accounts::LiveAccount,
    db::now_ms,
    jobs,
};

/// Room between our deadline and the end of a lease: within it the deadline has surely been dealt with.
const LEASE_MARGIN: Duration = Duration::from_millis(400);
/// When another process takes over an answer whose process died: longer than any webhook may take.
const RESCUE_AFTER_MS: i64 = 45_000;
/// How often a second node looks whether the first one has answered.
const POLL: Duration = Duration::from_millis(100);

/// What WeChat is to hear.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The answer; [`Reply::Nothing`] is `success`.
    pub reply: Reply,
    /// When it was given, Unix ms: part of its bytes.
    pub at: i64,
}

impl Answered {
    fn nothing(at: i64) -> Self {
        Self { reply: Reply::Nothing, at }
    }

    fn of(known: &KnownMessage) -> Self {
        let reply = match known.state {
            AnswerState::Answered => known.answer.as_deref().and_then(|json| serde_json::from_str(json).ok()),
            AnswerState::Answering | AnswerState::Deferred | AnswerState::Failed => None,
        };
        Self { reply: reply.unwrap_or(Reply::Nothing), at: known.answered_at }
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
        let now = now_ms();
        let deadline = Instant::now() + self.shared.timing.answer_within;
        let push = received.push;
        let key = MessageKey { account_id: live.account.id, push: push.dedup_key() };
        if let Some(known) = self.shared.journal.answer(&key) {
            return Ok(Answered::of(&known));
        }
        // A rule that panics must not take the message with it.
        let decide = AssertUnwindSafe(|| compose::decide(&live.rules, &push, now, &key.push));
        let decision = std::panic::catch_unwind(decide).unwrap_or(Decision::Broken);
        let message = self.incoming(key, &push, received.plain, now, &decision);
        let recorded = match self.shared.intake.record(message.clone(), self.shared.timing.store_within).await {
            Ok(recorded) => recorded,
            Err(error) => return self.put_into_journal(message, &decision, &error).await,
        };
        match (recorded, decision) {
            (Recorded::New, Decision::Now { reply, .. }) => Ok(Answered { reply, at: now }),
            (Recorded::New, Decision::Broken) => Ok(Answered::nothing(now)),
            (Recorded::New, Decision::Later { .. }) => {
                let running = self.compute(live.clone(), push, key, now);
                Ok(self.wait(running, key, deadline).await)
            }
            (Recorded::Known(known), _) => Ok(self.join(live, push, key, known, deadline).await),
        }
    }

    fn incoming(
        &self,
        key: MessageKey,
        push: &Push,
        plain: Vec<u8>,
        now: i64,
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
        mut message: Incoming,
        decision: &Decision,
        why: &StoreFailed,
    ) -> Result<Answered, NotTaken> {
        metrics::counter!("puzi_journal_messages_total").increment(1);
        tracing::warn!(error = %why, "a message goes to the journal");
        let answered = match decision {
            Decision::Now { reply, .. } => Answered { reply: reply.clone(), at: message.received_at },
            Decision::Later { .. } => {
                message.state = AnswerState::Deferred;
                message.lease_until = 0;
                message.rescue_at = Some(message.received_at);
                Answered::nothing(message.received_at)
            }
            Decision::Broken => Answered::nothing(message.received_at),
        };
        let journal = self.shared.journal.clone();
        match tokio::task::spawn_blocking(move || journal.append(&message)).await {
            Ok(Ok(())) => Ok(answered),
            Ok(Err(error)) => Err(NotTaken(format!("{why}; {error}"))),
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
                return self.wait(running, key, deadline).await;
            }
            let now = now_ms();
            if known.lease_until < now {
                let lease = now + (deadline - Instant::now() + LEASE_MARGIN).as_millis() as i64;
                if store::take_over(&self.shared.db, key, known.lease_until, lease).await.unwrap_or(false) {
                    let running = self.compute(live.clone(), push, key, now);
                    return self.wait(running, key, deadline).await;
                }
            }
            if Instant::now() + POLL >= deadline {
                return Answered::nothing(known.answered_at);
            }
            tokio::time::sleep(POLL).await;
            match store::find(self.shared.db.read(), key).await {
                Ok(Some(found)) => known = found,
                Ok(None) | Err(_) => return Answered::nothing(known.answered_at),
            }
        }
    }

    fn running(&self, key: MessageKey) -> Option<super::Running> {
        self.shared.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&key).cloned()
    }

    /// Computes the answer in a task of its own: it goes on when WeChat no longer waits.
    fn compute(&self, live: Arc<LiveAccount>, push: Push, key: MessageKey, asked_at: i64) -> super::Running {
        let (sender, running) = watch::channel(None);
        self.shared.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, running.clone());
        let this = self.clone();
        self.shared.tasks.spawn(async move {
            let composing = tokio::spawn(this.clone().compose(live, push, key, asked_at));
            let (state, reply) = match composing.await {
                Ok(Ok(reply)) => (AnswerState::Answered, reply),
                Ok(Err(error)) => {
                    tracing::warn!(error, "an answer could not be computed");
                    (AnswerState::Failed, Reply::Nothing)
                }
                Err(error) => {
                    tracing::error!(%error, "computing an answer panicked");
                    (AnswerState::Failed, Reply::Nothing)
                }
            };
            let answered = this.keep(key, state, reply).await;
            // Waiters hear of it before it leaves the list: whoever comes next finds the row.
            let _ = sender.send(answered);
            this.shared.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&key);
        });
        running
    }

    /// Stores a computed answer: beside its message while WeChat waits, else as a message of its own. `None` when the
    /// answer is not for WeChat's reply any more.
    async fn keep(&self, key: MessageKey, state: AnswerState, reply: Reply) -> Option<Answered> {
        let at = now_ms();
        let stored = async {
            let json = compose::as_json(&reply).unwrap_or_default();
            let tx = self.shared.db.begin_write().await?;
            let in_time = store::answer_in_time(&*tx, key, state, &json, at).await?;
            // Whoever takes the rescue job away is the one who answers: nobody answers twice.
            let ours = jobs::take_away(&*tx, &key.job_key()).await?;
            if !in_time && ours {
                self.send_later(&*tx, key, &reply).await?;
            }
            tx.commit().await?;
            Ok::<_, crate::Error>(in_time)
        };
        match stored.await {
            Ok(true) => Some(Answered { reply, at }),
            Ok(false) => None,
            Err(error) => {
                // The rescue job is still there and answers later.
                tracing::warn!(%error, "an answer could not be stored");
                None
            }
        }
    }

    /// Waits for the answer until the deadline; then it follows later.
    async fn wait(&self, mut running: super::Running, key: MessageKey, deadline: Instant) -> Answered {
        let in_time = async { running.wait_for(Option::is_some).await.ok().and_then(|answered| answered.clone()) };
        if let Ok(Some(answered)) = tokio::time::timeout_at(deadline, in_time).await {
            return answered;
        }
        let deferred = async {
            if store::defer(&self.shared.db, key).await? {
                metrics::counter!("puzi_answers_deferred_total").increment(1);
            }
            // Between deadline and deferring it may have been answered: then that is the answer for all.
            store::find(self.shared.db.read(), key).await
        };
        match tokio::time::timeout(LEASE_MARGIN, deferred).await {
            Ok(Ok(Some(known))) => Answered::of(&known),
            // The database is slow just now. If it says "answering" later on, the rescue job finds out.
            _ => Answered::nothing(now_ms()),
        }
    }
}
