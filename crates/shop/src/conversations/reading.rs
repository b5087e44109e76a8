//! Reading messages for the inbox: what came since, and a conversation page by page.

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
    let values = [from.into(), like(words).into()];
    Ok(Whose::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// A pattern for `LIKE … ESCAPE '!'` that finds `words` anywhere, whatever signs are in them.
pub(crate) fn like(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
