//! A push taken up once more because somebody decided so: what is stored of it, storing what could not be read when it
//! came, and the job that sends an answer. What may be replayed, and how often, is decided in `calls::replay`.

use puzi_wechat::{
    client::{CustomMessage, ErrorKind},
    envelope::Received,
    message::Push,
    reply::Reply,
};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{
    Conversations, compose, log,
    store::{self, AnswerState, Incoming, MessageKey},
};
use crate::{
    Error, Result,
    calls::replay::{self, Replay, ReplayAnswer, Step},
    conversations::reading,
    db,
    jobs::{self, Job, MAX_ATTEMPTS, Outcome},
};

/// How often the end of a sending is noted before it is left to be found as unknown.
const NOTES: u32 = 3;

/// A push as it lies in the table of messages.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct StoredPush {
    pub(crate) id: i64,
    pub(crate) account_id: i64,
    pub(crate) openid: String,
    /// MsgType, or `event:` and the event's name.
    pub(crate) kind: String,
    pub(crate) summary: String,
    pub(crate) payload: String,
    /// CreateTime, Unix ms.
    pub(crate) sent_at: i64,
    /// Unix ms.
    pub(crate) received_at: i64,
    pub(crate) answer_state: String,
    pub(crate) answer: Option<String>,
    pub(crate) rule_id: Option<i64>,
}

const STORED: &str = "SELECT id, account_id, openid, kind, summary, payload, sent_at, received_at, answer_state, answer, \
                      rule_id FROM messages";

/// The push stored as message `id`; none for what went out.
pub(crate) async fn stored<C: ConnectionTrait>(on: &C, id: i64) -> Result<Option<StoredPush>> {
    let sql = format!("{STORED} WHERE id = $1 AND dedup_key IS NOT NULL");
    Ok(StoredPush::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await?)
}

/// The push of this key.
pub(crate) async fn by_key<C: ConnectionTrait>(on: &C, account_id: i64, key: &[u8]) -> Result<Option<StoredPush>> {
    let sql = format!("{STORED} WHERE account_id = $1 AND dedup_key = $2");
    let statement = db::statement(on, &sql, [account_id.into(), key.to_vec().into()]);
    Ok(StoredPush::find_by_statement(statement).one(on).await?)
}

/// MsgType, or `event:` and the event's name.
pub(crate) fn kind_of(push: &Push) -> String {
    compose::kind(push)
}

/// What a list shows of a push.
pub(crate) fn summary_of(push: &Push) -> String {
    compose::summary(push)
}

/// A reply in one line.
pub(crate) fn reply_line(reply: &Reply) -> String {
    compose::reply_summary(reply)
}

/// Stores a push that came at `came_at` (Unix ms) and could not be read then, as a message that nobody answered. Gives its
/// number, and whether it is new: one of the same key may have arrived by itself.
pub(crate) async fn keep<C: ConnectionTrait>(
    tx: &C,
    account_id: i64,
    received: &Received,
    came_at: i64,
) -> Result<(i64, bool)> {
    let push = &received.push;
    let key = MessageKey { account_id, push: push.dedup_key() };
    let message = Incoming {
        key,
        openid: push.from.clone(),
        kind: compose::kind(push),
        summary: compose::summary(push),
        payload: String::from_utf8_lossy(&received.plain).into_owned(),
        sent_at: push.create_time.saturating_mul(1000),
        // When it came, and not now: the time in which it may be answered began then.
        received_at: came_at,
        answered_at: came_at,
        from_a_person: compose::is_from_a_person(push),
        change: compose::follow_change(push),
        state: AnswerState::Answered,
        answer: None,
        rule_id: None,
        lease_until: 0,
        rescue_at: None,
    };
    let is_new = store::store_one(tx, message).await?;
    let id = by_key(tx, account_id, &key.push).await?.ok_or(Error::NotFound)?.id;
    Ok((id, is_new))
}

impl Conversations {
    /// Sends the answer of a replay: once. What is not certain is left to a person.
    pub(super) async fn answer_replay(&self, job: &Job) -> Outcome {
        let ReplayAnswer { id } = match job.read() {
            Ok(read) => read,
            Err(error) => return Outcome::Dead(error.to_string()),
        };
        if job.is_interrupted() {
            let why = "the process ended while it was sending: sent or not, nobody knows";
            if let Err(error) = replay::interrupted(&self.shared.db, id, why).await {
                tracing::warn!(%error, "a replay of unknown fate could not be noted");
            }
            return Outcome::Dead(why.into());
        }
        match self.try_replay(job, id).await {
            Ok(outcome) => outcome,
            // Nothing was sent: this comes before the sending begins.
            Err(why) if job.attempts >= MAX_ATTEMPTS => self.ended(id, Step::GiveUp, &why).await,
            Err(why) => Outcome::Retry(why),
        }
    }

    /// # Errors
    /// Why nothing was sent, where another attempt may help.
    async fn try_replay(&self, job: &Job, id: i64) -> Result<Outcome, String> {
        let db = &self.shared.db;
        let Some(replay) = replay::find(db.read(), id).await.map_err(said)? else { return Ok(Outcome::Done) };
        if !replay.may_be_sent() {
            return Ok(Outcome::Done);
        }
        let live = self.shared.registry.by_id(replay.account_id).ok_or("the account is not loaded")?;
        let message = stored(db.read(), replay.message_id.unwrap_or_default()).await.map_err(said)?;
        let Some(message) = message else {
            return Ok(self.ended(id, Step::GiveUp, "the message is gone").await);
        };
        let reply = match self.reply_of(&live, &replay, &message).await? {
            Ok(reply) => reply,
            Err(why) => return Ok(self.ended(id, Step::GiveUp, &why).await),
        };
        let custom = match CustomMessage::try_from(&reply) {
            Ok(custom) => custom,
            Err(error) => return Ok(self.ended(id, Step::GiveUp, &error.to_string()).await),
        };
        // The job may have waited: what was open when somebody asked may be over.
        let window = replay::window(db.read(), &message).await.map_err(said)?;
        if !window.is_open() {
            return Ok(self.ended(id, Step::GiveUp, "the time for an answer is over").await);
        }
        live.client.token().await.map_err(|error| error.to_string())?;
        if !jobs::begin_sending(db, job).await.map_err(said)? {
            return Ok(Outcome::Done);
        }
        if !replay::step(db, id, Step::Send, None).await.map_err(said)? {
            return Ok(Outcome::Done);
        }
        match live.client.messages().send(&message.openid, &custom).await {
            Ok(()) => {
                let outcome = self.ended(id, Step::Told, "").await;
                if let Err(error) = log::note_sent(db, replay.account_id, &message.openid, &reply).await {
                    tracing::warn!(%error, "a sent message could not be noted");
                }
                Ok(outcome)
            }
            Err(error) if error.kind == ErrorKind::Transport && !error.unsent => {
                Ok(self.ended(id, Step::Lost, &error.to_string()).await)
            }
            Err(error) => Ok(self.ended(id, Step::Refused, &error.to_string()).await),
        }
    }

    /// What was promised when somebody asked, else what the rules and the merchant's server say now; the inner error is
    /// for good.
    async fn reply_of(
        &self,
        live: &std::sync::Arc<crate::accounts::LiveAccount>,
        replay: &Replay,
        message: &StoredPush,
    ) -> Result<Result<Reply, String>, String> {
        if let Some(json) = &replay.answer {
            return Ok(serde_json::from_str(json).map_err(|error| error.to_string()));
        }
        let push = match reading::read_push(&message.payload) {
            Ok(push) => push,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let key = MessageKey { account_id: message.account_id, push: push.dedup_key() };
        let composing = self.clone().compose(live.clone(), push, key, replay.created_at);
        tokio::time::timeout(super::late::COMPOSE_WITHIN, composing)
            .await
            .map_err(|_| "the answer took too long".to_owned())?
            .map(Ok)
    }

    /// Notes how it ended; the row of the job goes with it.
    async fn ended(&self, id: i64, step: Step, why: &str) -> Outcome {
        for attempt in 1..=NOTES {
            match replay::step(&self.shared.db, id, step, Some(why).filter(|why| !why.is_empty())).await {
                Ok(_) => break,
                // It is found as unknown then.
                Err(error) if attempt == NOTES => tracing::warn!(%error, "how a replay ended could not be noted"),
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
            }
        }
        Outcome::Done
    }
}

fn said(error: Error) -> String {
    error.to_string()
}
