//! What agents of WeChat's customer service and followers said to each other past our server, as their records tell: it moves
//! the conversation on, and is nothing the team has not read.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{
    assign::write_line,
    chats::{self, Chat, SELECT},
    live::{self, Kind},
    waits::{self, By},
};
use crate::{
    Result,
    chats::hours::{self, Column},
    conversations::reading::Whose,
    db::{self, now_ms},
};

/// The list shows this much of a text.
const SUMMARY_CHARS: usize = 200;

/// One thing said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard<'a> {
    /// By an agent, not by the follower.
    pub(crate) ours: bool,
    /// The agent.
    pub(crate) worker: &'a str,
    /// `text`, or what stands for a file.
    pub(crate) kind: &'a str,
    /// The words.
    pub(crate) text: &'a str,
    /// Unix ms.
    pub(crate) at: i64,
}

/// Takes what was said with one follower into their conversation, in order; gives the conversation's number.
pub(crate) async fn heard<C: ConnectionTrait>(
    tx: &C,
    account_id: i64,
    openid: &str,
    said: &[Heard<'_>],
) -> Result<Option<i64>> {
    let Some(last) = said.iter().max_by_key(|one| one.at) else { return Ok(None) };
    let said_at = said.iter().filter(|one| !one.ours).map(|one| one.at).max().unwrap_or(0);
    // The follower's word opens WeChat's window, to whomever it was said.
    const SQL: &str = "INSERT INTO chats (account_id, openid, last_message_id, last_at, last_inbound, last_kind, \
                       last_summary, said_at, said_used, acted_at, acted_used, unread, status) \
                       VALUES ($1, $2, 0, $3, $4, $5, $6, $7, 0, 0, 0, 0, 'open') \
                       ON CONFLICT (account_id, openid) DO UPDATE SET \
                       last_inbound = CASE WHEN excluded.last_at > chats.last_at THEN excluded.last_inbound \
                                      ELSE chats.last_inbound END, \
                       last_kind = CASE WHEN excluded.last_at > chats.last_at THEN excluded.last_kind \
                                   ELSE chats.last_kind END, \
                       last_summary = CASE WHEN excluded.last_at > chats.last_at THEN excluded.last_summary \
                                      ELSE chats.last_summary END, \
                       last_at = CASE WHEN excluded.last_at > chats.last_at THEN excluded.last_at \
                                 ELSE chats.last_at END, \
                       said_used = CASE WHEN excluded.said_at > chats.said_at THEN 0 ELSE chats.said_used END, \
                       said_at = CASE WHEN excluded.said_at > chats.said_at THEN excluded.said_at \
                                 ELSE chats.said_at END RETURNING id";
    let shown: String = last.text.chars().take(SUMMARY_CHARS).collect();
    let summary = if last.kind == "text" { shown } else { String::new() };
    let values = [
        account_id.into(),
        openid.into(),
        last.at.into(),
        (!last.ours).into(),
        last.kind.into(),
        summary.into(),
        said_at.into(),
    ];
    let Some(row) = tx.query_one_raw(db::statement(tx, SQL, values)).await? else { return Ok(None) };
    let chat_id: i64 = row.try_get("", "id")?;
    for one in said {
        let column = if one.ours { Column::ByAgent } else { Column::Asked };
        waits::spoke(tx, account_id, column, one.at).await?;
        if one.ours {
            waits::answered(tx, chat_id, By::Agent(one.worker), one.at).await?;
        }
    }
    live::note(tx, chat_id, Kind::Message, "").await?;
    Ok(Some(chat_id))
}

/// Takes back what [`heard`] counted of one thing, because it stands among the messages or what staff sent and counts there.
pub(crate) async fn unheard<C: ConnectionTrait>(tx: &C, account_id: i64, ours: bool, at: i64) -> Result<()> {
    let column = if ours { Column::ByAgent } else { Column::Asked };
    hours::add(tx, account_id, at, &[(column, -1)]).await
}

/// Writes a line about who of WeChat's customer service serves, where there is a conversation, and tells who has it open.
pub(crate) async fn service_line<C: ConnectionTrait>(
    tx: &C,
    whose: &Whose,
    kind: &str,
    actor: &str,
    other: &str,
) -> Result<()> {
    match chats::chat_of(tx, whose.account_id, &whose.openid).await? {
        Some(chat) => write_line(tx, chat.id, kind, actor, other, now_ms()).await,
        None => Ok(()),
    }
}

/// The conversations of these followers of one account, by openid; at most some hundreds are asked for.
pub(crate) async fn latest_of<C: ConnectionTrait>(
    on: &C,
    account_id: i64,
    whose: &[(i64, String)],
) -> Result<HashMap<String, Chat>> {
    let mut found = HashMap::with_capacity(whose.len());
    for part in whose.chunks(200) {
        let places: Vec<_> = (2..2 + part.len()).map(|n| format!("${n}")).collect();
        let sql = format!("{SELECT} WHERE account_id = $1 AND openid IN ({})", places.join(", "));
        let values = std::iter::once(account_id.into()).chain(part.iter().map(|(_, openid)| openid.as_str().into()));
        for chat in Chat::find_by_statement(db::statement(on, &sql, values)).all(on).await? {
            found.insert(chat.openid.clone(), chat);
        }
    }
    Ok(found)
}
