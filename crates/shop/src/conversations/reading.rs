//! Reading messages for other areas: what came since, and a conversation page by page.
//!
//! Two areas go over all messages, each once, in the order of their numbers. On PostgreSQL numbers are drawn before
//! their transactions commit, so a smaller one may appear after a larger; each area has its own answer to that, and
//! neither would do for the other. The inbox must show a message at once. It takes what is there, notes the numbers
//! that are missing, and comes back for them ([`after`], [`among`]). The hits of rules may come late, but are sums over
//! thousands of messages that nobody wants to read one by one. They wait until below a horizon nothing can appear any
//! more (`follow.rs`, as whoever needs each message once), and let the database add ([`hits_between`]). Behind a horizon the inbox would stand still for as long as any
//! transaction writes anywhere in the database server; with gaps the hits would read each number, and trust that no
//! transaction lives longer than a gap is remembered.

use puzi_wechat::message::{Push, ReadError};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Result,
    accounts::Reach,
    db::{self, Db},
};

/// What an index over words reads of the messages: no events.
pub(crate) const SAID: &str = "SELECT m.id, m.account_id, m.openid, m.inbound, m.kind, m.summary AS text, \
                               CASE WHEN m.summary LIKE '%…' THEN m.payload ELSE '' END AS payload, m.sent_at AS at, \
                               '' AS name FROM messages m WHERE m.kind NOT LIKE 'event:%'";

/// Reads a stored push, which lies there as WeChat sent it.
pub(crate) fn read_push(payload: &str) -> Result<Push, ReadError> {
    let bytes = payload.as_bytes();
    if payload.trim_start().starts_with('{') { Push::from_json(bytes) } else { Push::from_xml(bytes) }
}

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
    pub(crate) answered_at: i64,
    pub(crate) rule_id: Option<i64>,
}

/// Whose a message is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, FromQueryResult)]
pub struct Whose {
    /// The account.
    pub account_id: i64,
    /// The follower.
    pub openid: String,
}

const LINE: &str = "SELECT id, account_id, openid, inbound, kind, summary, sent_at, received_at, \
                    (answer IS NOT NULL OR answer_state IN ('answering', 'deferred')) AS answered FROM messages";
const FULL: &str = "SELECT id, account_id, openid, inbound, kind, summary, payload, sent_at, received_at, answer_state, \
                    answer, answered_at, rule_id FROM messages";

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

/// The first `limit` messages of a conversation behind the number `after`, in order.
pub(crate) async fn page_after(db: &Db, whose: &Whose, after: i64, limit: usize) -> Result<Vec<Full>> {
    let sql = format!("{FULL} WHERE account_id = $1 AND openid = $2 AND id > $3 ORDER BY id LIMIT {limit}");
    let values = [whose.account_id.into(), whose.openid.as_str().into(), after.into()];
    Ok(Full::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// Whether an event of `kind` came in one conversation within `around` ms of `at` (Unix ms).
pub(crate) async fn has_event(db: &Db, whose: &Whose, kind: &str, at: i64, around: i64) -> Result<bool> {
    const SQL: &str = "SELECT 1 AS one FROM messages WHERE account_id = $1 AND openid = $2 AND kind = $3 \
                       AND sent_at >= $4 AND sent_at <= $5 LIMIT 1";
    let (from, until) = (at.saturating_sub(around), at.saturating_add(around));
    let values = [whose.account_id.into(), whose.openid.as_str().into(), kind.into(), from.into(), until.into()];
    Ok(db.read().query_one_raw(db::statement(db.read(), SQL, values)).await?.is_some())
}

/// One message.
pub(crate) async fn one(db: &Db, id: i64) -> Result<Option<Full>> {
    one_on(db.read(), id).await
}

/// One message, as a transaction sees it.
pub(crate) async fn one_on<C: ConnectionTrait>(on: &C, id: i64) -> Result<Option<Full>> {
    let sql = format!("{FULL} WHERE id = $1");
    Ok(Full::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await?)
}

/// The messages of `kinds` (of all kinds when none is named) with a number above `from` and at most `until`, in order.
pub(crate) async fn between(db: &Db, from: i64, until: i64, kinds: &[&str]) -> Result<Vec<Full>> {
    let mut values = vec![from.into(), until.into()];
    let mut condition = String::new();
    for (n, kind) in kinds.iter().enumerate() {
        values.push((*kind).into());
        condition.push_str(if n == 0 { " AND kind IN (" } else { ", " });
        condition.push_str(&format!("${}", values.len()));
    }
    if !kinds.is_empty() {
        condition.push(')');
    }
    let sql = format!("{FULL} WHERE id > $1 AND id <= $2{condition} ORDER BY id");
    Ok(Full::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// The number of the latest message, 0 without any.
pub(crate) async fn latest_id<C: ConnectionTrait>(on: &C) -> Result<i64> {
    let row = on.query_one_raw(db::statement(on, "SELECT COALESCE(MAX(id), 0) AS n FROM messages", [])).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
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

/// Something that was said, whole.
#[derive(Debug, Clone)]
pub(crate) struct Spoken {
    pub(crate) id: i64,
    pub(crate) inbound: bool,
    pub(crate) kind: String,
    pub(crate) text: String,
    /// CreateTime, Unix ms; of what went out, when it did.
    pub(crate) at: i64,
}

/// What was said (no events) between `from` and `until`, Unix ms, in one conversation.
pub(crate) async fn said_within<C: ConnectionTrait>(
    on: &C,
    whose: &Whose,
    from: i64,
    until: i64,
) -> Result<Vec<Spoken>> {
    let sql = format!(
        "{FULL} WHERE account_id = $1 AND openid = $2 AND sent_at >= $3 AND sent_at <= $4 \
         AND kind NOT LIKE 'event:%' ORDER BY id"
    );
    let values = [whose.account_id.into(), whose.openid.as_str().into(), from.into(), until.into()];
    let found = Full::find_by_statement(db::statement(on, &sql, values)).all(on).await?;
    Ok(found.into_iter().map(Spoken::from).collect())
}

impl From<Full> for Spoken {
    fn from(message: Full) -> Self {
        let text = super::log::whole_text(&message).unwrap_or(message.summary);
        Self { id: message.id, inbound: message.inbound, kind: message.kind, text, at: message.sent_at }
    }
}

/// How much was said in one hour of an account.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct SaidInHour {
    pub(crate) account_id: i64,
    /// Which span, counted from 1970.
    pub(crate) span: i64,
    /// What followers wrote.
    pub(crate) asked: i64,
    /// Of that, what a rule answered.
    pub(crate) at_once: i64,
    /// Answers of rules that came late.
    pub(crate) late: i64,
}

/// What was said by messages with a number above `from` and at most `until`, by account and spans of `span_ms`. Events are
/// nothing said.
pub(crate) async fn said_between<C: ConnectionTrait>(
    on: &C,
    from: i64,
    until: i64,
    span_ms: i64,
) -> Result<Vec<SaidInHour>> {
    let count = |what: &str| format!("SUM(CASE WHEN {what} THEN 1 ELSE 0 END)");
    let sql = format!(
        "SELECT account_id, received_at / {span_ms} AS span, {} AS asked, {} AS at_once, {} AS late \
         FROM messages WHERE id > $1 AND id <= $2 AND kind NOT LIKE 'event:%' \
         GROUP BY account_id, received_at / {span_ms}",
        count("inbound"),
        count("inbound AND rule_id IS NOT NULL"),
        count("NOT inbound"),
    );
    Ok(SaidInHour::find_by_statement(db::statement(on, &sql, [from.into(), until.into()])).all(on).await?)
}

/// What followers of the accounts within `reach` wrote since `from` (Unix ms), at most `limit` texts, the latest; of many
/// messages an even part.
pub(crate) async fn texts_since(db: &Db, reach: &Reach, from: i64, limit: usize) -> Result<Vec<String>> {
    let mut values = vec![from.into()];
    let seen = reach.sql("account_id", &mut values);
    let top = latest_id(db.read()).await?;
    // Numbers grow with time: the first message of the span is found by halving them.
    let (mut low, mut high) = (0, top);
    while low < high {
        let middle = low + (high - low) / 2;
        let sql = "SELECT received_at FROM messages WHERE id > $1 ORDER BY id LIMIT 1";
        let row = db.read().query_one_raw(db::statement(db.read(), sql, [middle.into()])).await?;
        let at: Option<i64> = row.map(|row| row.try_get("", "received_at")).transpose()?;
        if at.is_some_and(|at| at < from) { low = middle + 1 } else { high = middle }
    }
    let every = ((top - low) / i64::try_from(limit).unwrap_or(1).max(1)).max(1);
    values.push(low.into());
    let sql = format!(
        "SELECT summary FROM messages WHERE received_at >= $1{seen} AND id > ${} AND inbound AND kind = 'text' \
         AND id % {every} = 0 ORDER BY id DESC LIMIT {limit}",
        values.len()
    );
    let rows = db.read().query_all_raw(db::statement(db.read(), &sql, values)).await?;
    rows.iter().map(|row| Ok(row.try_get("", "summary")?)).collect()
}
