//! Answers after WeChat stopped waiting: customer-service messages, sent by jobs.
//!
//! Two may work on one late answer: the task that began to compute it, and the rescue when that task seems dead. Whoever
//! takes the rescue job away in the transaction that enqueues the sending is the one who answers; the other one's work
//! is dropped. The sending itself is begun once: see [`jobs::begin_sending`].

use std::time::Duration;

use puzi_wechat::{
    client::{ApiError, CustomMessage, ErrorKind, NotSendable},
    reply::Reply,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::{
    Conversations, compose, log,
    store::{self, AnswerState, MessageKey},
};
use crate::{
    Result,
    conversations::reading,
    db::{self, now_ms},
    jobs::{self, Job, MAX_ATTEMPTS, Outcome},
};

/// Answers a message whose own process died before it could.
pub(super) const LATE_ANSWER: &str = "late_answer";
/// Sends a computed answer.
pub(super) const SEND_ANSWER: &str = "send_answer";

/// How often a rescue may ask the merchant's server: it was asked before the process died, too.
const RESCUE_ATTEMPTS: i32 = 2;
/// How long a rescue may compute: longer than any webhook may take, much shorter than a job's lease.
pub(super) const COMPOSE_WITHIN: Duration = Duration::from_secs(40);

#[derive(Serialize, Deserialize)]
struct SendAnswer {
    key: MessageKey,
    reply: Reply,
}

impl Conversations {
    /// Enqueues the sending of `reply` in the transaction that found it late.
    pub(super) async fn send_later<C: ConnectionTrait>(&self, tx: &C, key: MessageKey, reply: &Reply) -> Result<()> {
        if matches!(reply, Reply::Nothing) {
            return Ok(());
        }
        let payload = SendAnswer { key, reply: reply.clone() };
        jobs::push_of(tx, Some(key.account_id), SEND_ANSWER, None, &payload, now_ms()).await
    }

    pub(super) async fn do_job(&self, job: &Job) -> Outcome {
        if job.kind == crate::calls::replay::REPLAY_ANSWER {
            return self.answer_replay(job).await;
        }
        let what = match job.kind.as_str() {
            LATE_ANSWER => job.read().map(|key| (key, None)),
            SEND_ANSWER => job.read::<SendAnswer>().map(|answer| (answer.key, Some(answer.reply))),
            other => match &self.shared.other_jobs {
                Some(handler) => return handler(job.clone()).await,
                None => return Outcome::Dead(format!("no handler for {other}")),
            },
        };
        let (key, reply) = match what {
            Ok(what) => what,
            Err(error) => return Outcome::Dead(error.to_string()),
        };
        let (outcome, most_attempts) = match &reply {
            _ if job.is_interrupted() => (Outcome::Dead(String::new()), MAX_ATTEMPTS),
            None => (self.rescue(job, key).await, RESCUE_ATTEMPTS),
            Some(reply) => (self.send(job, key, reply).await, MAX_ATTEMPTS),
        };
        let outcome = match outcome {
            Outcome::Retry(error) if job.attempts >= most_attempts => Outcome::Dead(error),
            other => other,
        };
        if matches!(outcome, Outcome::Dead(_)) {
            self.give_up(key).await;
        }
        outcome
    }

    /// The process that computed this answer is gone: compute it again and send it.
    async fn rescue(&self, job: &Job, key: MessageKey) -> Outcome {
        if job.attempts > RESCUE_ATTEMPTS {
            return Outcome::Dead(
                job.last_error.clone().unwrap_or_else(|| "each attempt ended with its process".into()),
            );
        }
        let stored = match store::read(&self.shared.db, key).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Outcome::Done,
            Err(error) => return Outcome::Retry(error.to_string()),
        };
        if stored.answer_state == AnswerState::Answered.as_str() {
            return Outcome::Done;
        }
        let Some(live) = self.shared.registry.by_id(key.account_id) else {
            return Outcome::Retry("the account is not loaded".into());
        };
        let push = match reading::read_push(&stored.payload) {
            Ok(push) => push,
            Err(error) => return Outcome::Dead(error.to_string()),
        };
        // The rules are asked for the time the message came: one that holds by day answers what was asked by day.
        let composing = self.clone().compose(live, push, key, stored.received_at);
        match tokio::time::timeout(COMPOSE_WITHIN, composing).await {
            Ok(Ok(reply)) => match self.hand_over(job, key, &reply).await {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Retry(error.to_string()),
            },
            Ok(Err(error)) => Outcome::Retry(error),
            Err(_) => Outcome::Retry(format!("no answer within {} s", COMPOSE_WITHIN.as_secs())),
        }
    }

    /// From the rescue to the sending, unless somebody else has answered meanwhile.
    async fn hand_over(&self, job: &Job, key: MessageKey, reply: &Reply) -> Result<()> {
        let state = if matches!(reply, Reply::Nothing) { AnswerState::Answered } else { AnswerState::Deferred };
        let tx = self.shared.db.begin_write().await?;
        // First the message, then the job, as everywhere: two who do both must not wait for each other.
        let unanswered = settle(&*tx, key, state, None).await?;
        if unanswered && jobs::take(&*tx, job).await? {
            self.send_later(&*tx, key, reply).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn send(&self, job: &Job, key: MessageKey, reply: &Reply) -> Outcome {
        let Some(live) = self.shared.registry.by_id(key.account_id) else {
            return Outcome::Retry("the account is not loaded".into());
        };
        let message = match CustomMessage::try_from(reply) {
            Ok(message) => message,
            Err(NotSendable::Nothing) => return Outcome::Done,
            Err(error @ NotSendable::Transfer) => return Outcome::Dead(error.to_string()),
        };
        let openid = match store::read(&self.shared.db, key).await {
            Ok(Some(stored)) => stored.openid,
            Ok(None) => return Outcome::Dead("the message is gone".into()),
            Err(error) => return Outcome::Retry(error.to_string()),
        };
        // What can fail without harm comes first: once the sending has begun, it cannot simply be begun again.
        if let Err(error) = live.client.token().await {
            return unsent(&error);
        }
        match jobs::begin_sending(&self.shared.db, job).await {
            Ok(true) => {}
            // This attempt lost its lease: the job is another's.
            Ok(false) => return Outcome::Done,
            Err(error) => return Outcome::Retry(error.to_string()),
        }
        match live.client.messages().send(&openid, &message).await {
            Ok(()) => {}
            // A second greeting is worse than none.
            Err(error) if error.kind == ErrorKind::Transport && !error.unsent => {
                return Outcome::Dead(format!("sent or not, nobody knows: {error}"));
            }
            Err(error) => return unsent(&error),
        }
        metrics::counter!("puzi_answers_sent_later_total").increment(1);
        if let Err(error) = self.note_sent(job, key, &openid, reply).await {
            tracing::warn!(%error, "a sent message could not be noted");
        }
        Outcome::Done
    }

    /// The job is done and the message answered, in one commit; then the line in the conversation.
    async fn note_sent(&self, job: &Job, key: MessageKey, openid: &str, reply: &Reply) -> Result<()> {
        let tx = self.shared.db.begin_write().await?;
        settle(&*tx, key, AnswerState::Deferred, compose::as_json(reply)).await?;
        jobs::take(&*tx, job).await?;
        tx.commit().await?;
        log::note_sent(&self.shared.db, key.account_id, openid, reply).await
    }

    /// No answer follows, unless somebody sends the dead job again.
    async fn give_up(&self, key: MessageKey) {
        let noted = async {
            let tx = self.shared.db.begin_write().await?;
            settle(&*tx, key, AnswerState::Failed, None).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "a message whose answer failed could not be noted");
        }
    }
}

/// The platform refused the message, or it never got there.
fn unsent(error: &ApiError) -> Outcome {
    match error.kind {
        ErrorKind::RetryLater | ErrorKind::RefreshToken | ErrorKind::Transport => Outcome::Retry(error.to_string()),
        ErrorKind::Configuration | ErrorKind::AskUserAgain | ErrorKind::BusinessState | ErrorKind::CallerMistake => {
            Outcome::Dead(error.to_string())
        }
    }
}

/// Says beside the message how its late answer stands: [`AnswerState::Deferred`] with an answer is one that was sent.
/// False when the message was answered in time, which stays so.
pub(super) async fn settle<C: ConnectionTrait>(
    tx: &C,
    key: MessageKey,
    state: AnswerState,
    answer: Option<String>,
) -> Result<bool> {
    const SQL: &str = "UPDATE messages SET answer_state = $1, answer = $2, answered_at = $3 \
                       WHERE account_id = $4 AND dedup_key = $5 AND answer_state <> 'answered'";
    let values =
        [state.as_str().into(), answer.into(), now_ms().into(), key.account_id.into(), key.push.to_vec().into()];
    Ok(db::execute(tx, SQL, values).await? == 1)
}

#[cfg(test)]
#[path = "late_tests.rs"]
mod tests;
