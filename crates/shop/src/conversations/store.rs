//! The table `messages`. On PostgreSQL a batch is one statement; on SQLite see `sqlite.rs`. Plain SQL: a rate is promised
//! here.

use std::{collections::HashSet, sync::Arc};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    db::{self, Db},
    digest,
    followers::{self, Change, Sighting, Sightings},
    jobs,
};

/// Names one delivery of WeChat's: the account and the push's own key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageKey {
    /// The account's row number.
    pub account_id: i64,
    /// [`puzi_wechat::message::Push::dedup_key`].
    pub push: [u8; 24],
}

impl MessageKey {
    /// The key of the job that answers late if this process dies.
    pub(super) fn job_key(&self) -> String {
        format!("late_answer/{}/{}", self.account_id, self.hex())
    }

    /// The push's key as text.
    pub(super) fn hex(&self) -> String {
        digest::hex(&self.push)
    }
}

/// How far the answer to a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerState {
    /// The answer is stored beside the message.
    Answered,
    /// Somebody computes it, until the lease ends.
    Answering,
    /// WeChat was told `success`; the answer follows as a customer-service message.
    Deferred,
    /// It could not be computed; WeChat was told `success`.
    Failed,
}

impl AnswerState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Answering => "answering",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
        }
    }

    pub(super) fn read(word: &str) -> Self {
        match word {
            "answered" => Self::Answered,
            "answering" => Self::Answering,
            "deferred" => Self::Deferred,
            _ => Self::Failed,
        }
    }
}

/// A message as it is stored, with its answer when that is known beforehand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Incoming {
    /// Names the delivery.
    pub key: MessageKey,
    /// Who wrote.
    pub openid: String,
    /// MsgType, or the event's name after `event:`.
    pub kind: String,
    /// What a list shows: the text, a label, an event's key.
    pub summary: String,
    /// The XML or JSON as WeChat sent it, decrypted.
    pub payload: String,
    /// CreateTime, Unix ms.
    pub sent_at: i64,
    /// When it arrived, Unix ms.
    pub received_at: i64,
    /// The time in its answer, Unix ms: the same for each delivery of it.
    pub answered_at: i64,
    /// A person did this, so it makes them known.
    pub from_a_person: bool,
    /// What it says about following.
    pub change: Option<FollowChange>,
    /// How far the answer is.
    pub state: AnswerState,
    /// The reply as JSON, when it is known.
    pub answer: Option<String>,
    /// The rule that chose it.
    pub rule_id: Option<i64>,
    /// Until when this process computes the answer, Unix ms; 0 when it is known.
    pub lease_until: i64,
    /// When another process should answer instead if this one dies, Unix ms.
    pub rescue_at: Option<i64>,
}

/// That the message says somebody follows, or no longer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FollowChange {
    /// True: follows now.
    pub subscribed: bool,
    /// Scene of the QR code scanned.
    pub scene: Option<String>,
}

/// What storing a message found.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// It was not there before.
    New,
    /// It was there: a repeated delivery.
    Known(KnownMessage),
}

/// The answer's side of a message that is stored already.
#[derive(Debug, Clone)]
pub struct KnownMessage {
    /// How far the answer is.
    pub state: AnswerState,
    /// The reply as JSON.
    pub answer: Option<String>,
    /// When it was answered, Unix ms.
    pub answered_at: i64,
    /// Until when somebody computes it, Unix ms.
    pub lease_until: i64,
}

const COLUMNS: &str = "account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, received_at, \
                       answer_state, answer, answered_at, rule_id, lease_until";
const COLUMN_COUNT: usize = 14;

/// Stores `batch` in one commit, on PostgreSQL, and says of each message whether it was there already.
///
/// The batch is sorted first: two nodes that store overlapping batches then lock rows in the same order.
pub(super) async fn store(db: &Db, batch: &[Arc<Incoming>]) -> Result<Vec<Recorded>> {
    let mut order: Vec<usize> = (0..batch.len()).collect();
    order.sort_unstable_by_key(|&i| batch[i].key);
    let tx = db.begin_write().await?;
    let mut new = insert(&*tx, batch, &order).await?;
    let mut recorded = vec![Recorded::New; batch.len()];
    let mut repeated = HashSet::new();
    for &i in &order {
        // Of two equal messages in one batch one is new.
        if new.remove(&batch[i].key) {
            continue;
        }
        repeated.insert(i);
        let gone = || Error::Database(DbErr::RecordNotFound("neither stored nor found".into()));
        recorded[i] = Recorded::Known(find(&*tx, batch[i].key).await?.ok_or_else(gone)?);
    }
    note_followers_and_jobs(&*tx, batch, |i| !repeated.contains(&i)).await?;
    tx.commit().await?;
    Ok(recorded)
}

/// Stores one message in the transaction `tx`, on either database: false when it was there already. Not for what WeChat
/// waits for, which goes through the intake.
pub(super) async fn store_one<C: ConnectionTrait>(tx: &C, message: Incoming) -> Result<bool> {
    let batch = [Arc::new(message)];
    let is_new = !insert(tx, &batch, &[0]).await?.is_empty();
    note_followers_and_jobs(tx, &batch, |_| is_new).await?;
    Ok(is_new)
}

async fn insert<C: ConnectionTrait>(tx: &C, batch: &[Arc<Incoming>], order: &[usize]) -> Result<HashSet<MessageKey>> {
    let (sql, values) = insert_statement(batch, order);
    let rows = tx.query_all_raw(db::statement(tx, &sql, values)).await?;
    let mut keys = HashSet::with_capacity(rows.len());
    for row in rows {
        let push: Vec<u8> = row.try_get("", "dedup_key")?;
        if let Ok(push) = push.try_into() {
            keys.insert(MessageKey { account_id: row.try_get("", "account_id")?, push });
        }
    }
    Ok(keys)
}

fn insert_statement(batch: &[Arc<Incoming>], order: &[usize]) -> (String, Vec<Value>) {
    let mut sql = format!("INSERT INTO messages ({COLUMNS}) VALUES ");
    db::push_rows(&mut sql, batch.len(), COLUMN_COUNT);
    sql.push_str(" ON CONFLICT (account_id, dedup_key) DO NOTHING RETURNING account_id, dedup_key");
    let mut values: Vec<Value> = Vec::with_capacity(batch.len() * COLUMN_COUNT);
    for &i in order {
        let m = &batch[i];
        values.extend([
            m.key.account_id.into(),
            m.openid.clone().into(),
            true.into(),
            m.kind.clone().into(),
            m.key.push.to_vec().into(),
            m.summary.clone().into(),
            m.payload.clone().into(),
            m.sent_at.into(),
            m.received_at.into(),
            m.state.as_str().into(),
            m.answer.clone().into(),
            m.answered_at.into(),
            m.rule_id.into(),
            m.lease_until.into(),
        ]);
    }
    (sql, values)
}

async fn note_followers_and_jobs<C: ConnectionTrait>(
    tx: &C,
    batch: &[Arc<Incoming>],
    is_new: impl Fn(usize) -> bool,
) -> Result<()> {
    let mut sightings = Sightings::new();
    for (_, m) in batch.iter().enumerate().filter(|(i, _)| is_new(*i)) {
        let change = m.change.as_ref().map(|change| Change {
            subscribed: change.subscribed,
            at: m.sent_at,
            scene: change.scene.clone(),
        });
        if m.from_a_person {
            followers::merge(&mut sightings, m.key.account_id, &m.openid, Sighting { at: m.received_at, change });
        }
        if let Some(rescue_at) = m.rescue_at {
            jobs::push_of(
                tx,
                Some(m.key.account_id),
                super::late::LATE_ANSWER,
                Some(&m.key.job_key()),
                &m.key,
                rescue_at,
            )
            .await?;
        }
    }
    followers::note(tx, sightings).await
}

#[derive(FromQueryResult)]
struct AnswerRow {
    answer_state: String,
    answer: Option<String>,
    answered_at: i64,
    lease_until: i64,
}

/// The answer's side of the message `key`.
pub(super) async fn find<C: ConnectionTrait>(on: &C, key: MessageKey) -> Result<Option<KnownMessage>> {
    const SQL: &str = "SELECT answer_state, answer, answered_at, lease_until FROM messages \
                       WHERE account_id = $1 AND dedup_key = $2";
    let statement = db::statement(on, SQL, [key.account_id.into(), key.push.to_vec().into()]);
    let row = AnswerRow::find_by_statement(statement).one(on).await?;
    Ok(row.map(|row| KnownMessage {
        state: AnswerState::read(&row.answer_state),
        answer: row.answer,
        answered_at: row.answered_at,
        lease_until: row.lease_until,
    }))
}

/// Takes over a message whose computing process died: true for one taker only.
pub(super) async fn take_over(db: &Db, key: MessageKey, old_lease: i64, new_lease: i64) -> Result<bool> {
    const SQL: &str = "UPDATE messages SET lease_until = $1 WHERE account_id = $2 AND dedup_key = $3 \
                       AND answer_state = 'answering' AND lease_until = $4";
    let values = [new_lease.into(), key.account_id.into(), key.push.to_vec().into(), old_lease.into()];
    Ok(db.execute(SQL, values).await? == 1)
}

/// Gives the answer up for WeChat's own time: from here on it follows as a customer-service message.
pub(super) async fn defer(db: &Db, key: MessageKey) -> Result<bool> {
    const SQL: &str = "UPDATE messages SET answer_state = 'deferred' WHERE account_id = $1 AND dedup_key = $2 \
                       AND answer_state = 'answering'";
    Ok(db.execute(SQL, [key.account_id.into(), key.push.to_vec().into()]).await? == 1)
}

/// Stores the computed answer if nobody deferred it before.
pub(super) async fn answer_in_time<C: ConnectionTrait>(
    tx: &C,
    key: MessageKey,
    state: AnswerState,
    answer: Option<&str>,
    now: i64,
) -> Result<bool> {
    const SQL: &str = "UPDATE messages SET answer_state = $1, answer = $2, answered_at = $3 \
                       WHERE account_id = $4 AND dedup_key = $5 AND answer_state = 'answering'";
    let values = [state.as_str().into(), answer.into(), now.into(), key.account_id.into(), key.push.to_vec().into()];
    Ok(db::execute(tx, SQL, values).await? == 1)
}

/// Takes an answer back that was stored for WeChat's reply but came too late for it: it follows later. True when there
/// was one.
pub(super) async fn take_answer_back<C: ConnectionTrait>(tx: &C, key: MessageKey) -> Result<bool> {
    const SQL: &str = "UPDATE messages SET answer_state = 'deferred', answer = NULL \
                       WHERE account_id = $1 AND dedup_key = $2 AND answer_state = 'answered'";
    Ok(db::execute(tx, SQL, [key.account_id.into(), key.push.to_vec().into()]).await? == 1)
}

/// What is needed to answer a stored message again.
#[derive(Debug, FromQueryResult)]
pub(super) struct StoredMessage {
    pub(super) openid: String,
    pub(super) payload: String,
    pub(super) answer_state: String,
    /// When it arrived, Unix ms.
    pub(super) received_at: i64,
}

/// The message `key` with what WeChat sent.
pub(super) async fn read(db: &Db, key: MessageKey) -> Result<Option<StoredMessage>> {
    const SQL: &str = "SELECT openid, payload, answer_state, received_at FROM messages \
                       WHERE account_id = $1 AND dedup_key = $2";
    let statement = db::statement(db.read(), SQL, [key.account_id.into(), key.push.to_vec().into()]);
    Ok(StoredMessage::find_by_statement(statement).one(db.read()).await?)
}
