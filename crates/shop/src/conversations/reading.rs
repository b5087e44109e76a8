//! Reading messages for other areas: what came since, and a conversation page by page.
//!
//! Two areas go over all messages, each once, in the order of their numbers. On PostgreSQL numbers are drawn before
//! their transactions commit, so a smaller one may appear after a larger; each area has its own answer to that, and
//! neither would do for the other. The inbox must show a message at once. It takes what is there, notes the numbers
//! that are missing, and comes back for them ([`after`], [`among`]). The hits of rules may come late, but are sums over
//! thousands of messages that nobody wants to read one by one. They wait until below a [`Horizon`] nothing can appear any
//! more, and let the database add ([`hits_between`]). Behind a horizon the inbox would stand still for as long as any
//! transaction writes anywhere in the database server; with gaps the hits would read each number, and trust that no
//! transaction lives longer than a gap is remembered.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Result,
    db::{self, Db},
};

/// A search looks through this many of the latest messages: there is no index over their words.
const SEARCHED: i64 = 50_000;

/// A message as a list needs it.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) account_id: i64,
    pub(crate) openid: String,
    pub(crate) inbound: bool,
    /// MsgType, or `event:` and the event's name.
    pub(crate) kind: String,
    pub(crate) summary: String,
    /// CreateTime, Unix ms.
    pub(crate) sent_at: i64,
    /// Unix ms.
    pub(crate) received_at: i64,
    /// Whether a rule answered it, or is about to.
    pub(crate) answered: bool,
}

/// A message with all that a conversation shows of it.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Full {
    pub(crate) id: i64,
    pub(crate) account_id: i64,
    pub(crate) openid: String,
    pub(crate) inbound: bool,
    pub(crate) summary: String,
    pub(crate) payload: String,
    pub(crate) received_at: i64,
    pub(crate) answer_state: String,
    pub(crate) answer: Option<String>,
    pub(crate) answered_at: i64,
    pub(crate) rule_id: Option<i64>,
}

/// Whose a message is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, FromQueryResult)]
pub(crate) struct Whose {
    pub(crate) account_id: i64,
    pub(crate) openid: String,
}

const LINE: &str = "SELECT id, account_id, openid, inbound, kind, summary, sent_at, received_at, \
                    (answer IS NOT NULL OR answer_state IN ('answering', 'deferred')) AS answered FROM messages";
const FULL: &str = "SELECT id, account_id, openid, inbound, summary, payload, received_at, answer_state, answer, \
                    answered_at, rule_id FROM messages";

/// At most `limit` messages with a number above `id`, in order.
pub(crate) async fn after<C: ConnectionTrait>(on: &C, id: i64, limit: usize) -> Result<Vec<Line>> {
    let sql = format!("{LINE} WHERE id > $1 ORDER BY id LIMIT {limit}");
    Ok(Line::find_by_statement(db::statement(on, &sql, [id.into()])).all(on).await?)
}

/// Those of the messages `ids` that are there, in order.
pub(crate) async fn among<C: ConnectionTrait>(on: &C, ids: &[i64]) -> Result<Vec<Line>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<String> = ids.iter().map(i64::to_string).collect();
    let sql = format!("{LINE} WHERE id IN ({}) ORDER BY id", list.join(", "));
    Ok(Line::find_by_statement(db::statement(on, &sql, [])).all(on).await?)
}

/// The latest `limit` messages of a conversation before the number `before`, the newest first.
pub(crate) async fn page(db: &Db, whose: &Whose, before: Option<i64>, limit: usize) -> Result<Vec<Full>> {
    let sql = format!("{FULL} WHERE account_id = $1 AND openid = $2 AND id < $3 ORDER BY id DESC LIMIT {limit}");
    let values = [whose.account_id.into(), whose.openid.as_str().into(), before.unwrap_or(i64::MAX).into()];
    Ok(Full::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// One message.
pub(crate) async fn one(db: &Db, id: i64) -> Result<Option<Full>> {
    let sql = format!("{FULL} WHERE id = $1");
    Ok(Full::find_by_statement(db::statement(db.read(), &sql, [id.into()])).one(db.read()).await?)
}

/// The number of the latest message, 0 without any.
pub(crate) async fn latest_id<C: ConnectionTrait>(on: &C) -> Result<i64> {
    let row = on.query_one_raw(db::statement(on, "SELECT COALESCE(MAX(id), 0) AS n FROM messages", [])).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
}

/// How far there are messages, as of one moment. Below it none can appear once it [is settled](Horizon::is_settled).
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub(crate) struct Horizon {
    /// The largest number to be seen, 0 without any.
    pub(crate) id: i64,
    /// The number of the first transaction that had not begun; 0 on SQLite.
    pub(crate) xid: i64,
}

impl Horizon {
    /// As of now.
    pub(crate) async fn now(db: &Db) -> Result<Self> {
        let xid =
            if db.is_sqlite() { "0" } else { "CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)" };
        // One statement: both numbers are of one moment.
        let sql = format!("SELECT COALESCE(MAX(id), 0) AS id, {xid} AS xid FROM messages");
        let horizon = Self::find_by_statement(db::statement(db.read(), &sql, [])).one(db.read()).await?;
        Ok(horizon.unwrap_or(Self { id: 0, xid: 0 }))
    }

    /// Whether every transaction that ran when it was noted has come to its end. SQLite has one writer: its numbers appear
    /// in order.
    pub(crate) async fn is_settled(&self, db: &Db) -> Result<bool> {
        if db.is_sqlite() {
            return Ok(true);
        }
        let sql = "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) >= $1 AS settled";
        let row = db.read().query_one_raw(db::statement(db.read(), sql, [self.xid.into()])).await?;
        Ok(row.is_some_and(|row| row.try_get("", "settled").unwrap_or(false)))
    }
}

/// How often a rule answered in one span of time.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct RuleHits {
    pub(crate) rule_id: i64,
    /// Which span, counted from 1970.
    pub(crate) span: i64,
    pub(crate) hits: i64,
    /// The last time, Unix ms.
    pub(crate) last_at: i64,
}

/// The answers of rules to messages with a number above `from` and at most `until`, by rule and by spans of `span_ms`. A
/// message's rule never changes, so this needs no lock.
pub(crate) async fn hits_between(db: &Db, from: i64, until: i64, span_ms: i64) -> Result<Vec<RuleHits>> {
    let sql = format!(
        "SELECT rule_id, received_at / {span_ms} AS span, COUNT(*) AS hits, MAX(received_at) AS last_at \
         FROM messages WHERE id > $1 AND id <= $2 AND rule_id IS NOT NULL \
         GROUP BY rule_id, received_at / {span_ms}"
    );
    let statement = db::statement(db.read(), &sql, [from.into(), until.into()]);
    Ok(RuleHits::find_by_statement(statement).all(db.read()).await?)
}

/// How many messages (no events) of a conversation came in after the number `after`, up to `to`.
pub(crate) async fn count_inbound<C: ConnectionTrait>(on: &C, whose: &Whose, after: i64, to: i64) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) AS n FROM messages WHERE account_id = $1 AND openid = $2 AND id > $3 \
                       AND id <= $4 AND inbound = $5 AND kind NOT LIKE 'event:%'";
    let values = [whose.account_id.into(), whose.openid.as_str().into(), after.into(), to.into(), true.into()];
    let row = on.query_one_raw(db::statement(on, SQL, values)).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
}

/// Whose messages contain `words`, among the latest 50,000; at most `limit` conversations.
pub(crate) async fn search(db: &Db, words: &str, limit: usize) -> Result<Vec<Whose>> {
    let from = latest_id(db.read()).await? - SEARCHED;
    let sql = format!(
        "SELECT account_id, openid FROM messages WHERE id > $1 AND LOWER(summary) LIKE $2 ESCAPE '!' \
         GROUP BY account_id, openid ORDER BY MAX(id) DESC LIMIT {limit}"
    );
    let values = [from.into(), db::like(words).into()];
    Ok(Whose::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}
