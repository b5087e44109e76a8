//! Reading conversations, the latest message last.

use puzi_wechat::{message::Body, reply::Reply};
use sea_orm::FromQueryResult;

use super::compose;
use crate::{
    Result,
    conversations::reading,
    db::{self, Db, now_ms},
};

/// One line of a conversation: a message that came in with its answer, or one that went out.
#[derive(Debug, Clone, FromQueryResult)]
pub struct LogEntry {
    /// Row number; grows.
    pub id: i64,
    /// The account's slug.
    pub account: String,
    /// The follower.
    pub openid: String,
    /// The follower's nickname, when known.
    pub nickname: Option<String>,
    /// True: from the follower.
    pub inbound: bool,
    /// MsgType, or `event:` and the event's name.
    pub kind: String,
    /// The text, a label, an event's key.
    pub summary: String,
    /// Unix ms.
    pub received_at: i64,
    /// `answered`, `answering`, `deferred`, `failed`, or `none` for what went out.
    pub answer_state: String,
    /// The reply as JSON.
    pub answer: Option<String>,
    /// The rule that chose the answer.
    pub rule_id: Option<i64>,
}

impl LogEntry {
    /// The answer in one line; `None` when there was none.
    pub fn answer_summary(&self) -> Option<String> {
        let reply: Reply = serde_json::from_str(self.answer.as_deref()?).ok()?;
        (!matches!(reply, Reply::Nothing)).then(|| compose::reply_summary(&reply))
    }
}

/// At most `limit` messages after the row `after`, the oldest of them first; of one account or of all. With `after`
/// absent, the latest ones.
pub async fn tail(db: &Db, account_id: Option<i64>, after: Option<i64>, limit: u32) -> Result<Vec<LogEntry>> {
    const SELECT: &str = "SELECT m.id, a.slug AS account, m.openid, f.nickname, m.inbound, m.kind, m.summary, \
                          m.received_at, m.answer_state, m.answer, m.rule_id FROM messages m \
                          JOIN accounts a ON a.id = m.account_id \
                          LEFT JOIN followers f ON f.account_id = m.account_id AND f.openid = m.openid \
                          WHERE m.id > $1";
    let order = if after.is_some() { "ASC" } else { "DESC" };
    let account = if account_id.is_some() { " AND m.account_id = $2" } else { "" };
    let sql = format!("{SELECT}{account} ORDER BY m.id {order} LIMIT {limit}");
    let values = std::iter::once(after.unwrap_or(0).into()).chain(account_id.map(Into::into));
    let mut entries = LogEntry::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?;
    if after.is_none() {
        entries.reverse();
    }
    Ok(entries)
}

/// Notes a message that went out by itself.
pub(super) async fn note_sent(db: &Db, account_id: i64, openid: &str, reply: &Reply) -> Result<()> {
    const SQL: &str = "INSERT INTO messages (account_id, openid, inbound, kind, summary, payload, sent_at, received_at, \
                       answer_state, answered_at, lease_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'none', $9, 0)";
    let now = now_ms();
    let values = [
        account_id.into(),
        openid.into(),
        false.into(),
        compose::reply_kind(reply).into(),
        compose::reply_summary(reply).into(),
        compose::as_json(reply).unwrap_or_default().into(),
        now.into(),
        now.into(),
        now.into(),
    ];
    db.execute(SQL, values).await?;
    Ok(())
}

/// The words of a message, however long; `None` for one that is no text.
pub(super) fn whole_text(message: &super::reading::Full) -> Option<String> {
    if message.kind != "text" {
        return None;
    }
    if !message.inbound {
        return match serde_json::from_str(&message.payload).ok()? {
            Reply::Text { content, .. } => Some(content),
            _ => None,
        };
    }
    match reading::read_push(&message.payload).ok()?.body {
        Body::Text(text) => Some(text.content),
        _ => None,
    }
}
