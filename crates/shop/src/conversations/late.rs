//! Answers after WeChat stopped waiting: customer-service messages, sent by jobs.

use puzi_wechat::{
    client::{CustomMessage, ErrorKind, NotSendable},
    message::Push,
    reply::Reply,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::{
    Conversations, log,
    store::{self, MessageKey},
};
use crate::{
    Result,
    db::now_ms,
    jobs::{self, Job, Outcome},
};

/// Answers a message whose own process died before it could.
pub(super) const LATE_ANSWER: &str = "late_answer";
/// Sends a computed answer.
pub(super) const SEND_ANSWER: &str = "send_answer";

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
        jobs::push(tx, SEND_ANSWER, None, &payload, now_ms()).await
    }

    pub(super) async fn do_job(&self, job: &Job) -> Outcome {
        match job.kind.as_str() {
            LATE_ANSWER => match job.read() {
                Ok(key) => self.rescue(key).await,
                Err(error) => Outcome::Dead(error.to_string()),
            },
            SEND_ANSWER => match job.read::<SendAnswer>() {
                Ok(answer) => self.send(answer.key, &answer.reply).await,
                Err(error) => Outcome::Dead(error.to_string()),
            },
            other => Outcome::Dead(format!("no handler for {other}")),
        }
    }

    /// The process that computed this answer is gone: compute it again and send it.
    async fn rescue(&self, key: MessageKey) -> Outcome {
        let stored = match store::read(&self.shared.db, key).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Outcome::Done,
            Err(error) => return Outcome::Retry(error.to_string()),
        };
        if stored.answer_state == "answered" {
            return Outcome::Done;
        }
        let Some(live) = self.shared.registry.by_id(key.account_id) else {
            return Outcome::Retry("the account is not loaded".into());
        };
        let bytes = stored.payload.as_bytes();
        let push = if stored.payload.trim_start().starts_with('{') { Push::from_json(bytes) } else { Push::from_xml(bytes) };
        let push = match push {
            Ok(push) => push,
            Err(error) => return Outcome::Dead(error.to_string()),
        };
        match self.clone().compose(live, push, key, now_ms()).await {
            Ok(reply) => self.send(key, &reply).await,
            Err(error) => Outcome::Retry(error),
        }
    }

    async fn send(&self, key: MessageKey, reply: &Reply) -> Outcome {
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
        match live.client.messages().send(&openid, &message).await {
            Ok(()) => {}
            // Sent or not sent, nobody knows: a second greeting is worse than none.
            Err(error) if error.kind == ErrorKind::Transport => return Outcome::Dead(error.to_string()),
            Err(error) if error.kind == ErrorKind::RetryLater => return Outcome::Retry(error.to_string()),
            Err(error) => return Outcome::Dead(error.to_string()),
        }
        metrics::counter!("puzi_answers_sent_later_total").increment(1);
        if let Err(error) = log::note_sent(&self.shared.db, key.account_id, &openid, reply).await {
            tracing::warn!(%error, "a sent message could not be noted");
        }
        Outcome::Done
    }
}
