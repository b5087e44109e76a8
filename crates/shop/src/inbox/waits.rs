//! When somebody no longer waits: who answered, and how long it took. One row for each wait, written in the transaction that
//! ends it, and the sums of its hour.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Result,
    chats::hours::{self, Column},
    db,
};

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By<'a> {
    /// A reply rule.
    Rule,
    /// A member of staff: number and name.
    Staff(Option<i64>, &'a str),
    /// An agent of WeChat's customer service: the account.
    Agent(&'a str),
    /// Nobody: it was called done.
    Nobody,
}

impl By<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Staff(..) => "staff",
            Self::Agent(_) => "agent",
            Self::Nobody => "none",
        }
    }

    fn id(self) -> Option<i64> {
        match self {
            Self::Staff(id, _) => id,
            _ => None,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Staff(_, name) | Self::Agent(name) => name,
            _ => "",
        }
    }
}

/// A conversation that waits, or did until now.
#[derive(FromQueryResult)]
struct Waiting {
    account_id: i64,
    waiting_since: Option<i64>,
}

/// Notes that `by` answered the conversation `chat_id` at `at` (Unix ms), and ends the wait that began before. It is told once
/// of each answer; an answer from before the last one changes nothing that is shown.
pub(crate) async fn answered<C: ConnectionTrait>(tx: &C, chat_id: i64, by: By<'_>, at: i64) -> Result<()> {
    if by != By::Nobody {
        const SQL: &str = "UPDATE chats SET answered_by = $2, answered_id = $3, answered_name = $4, answered_at = $5 \
                           WHERE id = $1 AND (answered_at IS NULL OR answered_at <= $5)";
        let values = [chat_id.into(), by.kind().into(), by.id().into(), by.name().into(), at.into()];
        db::execute(tx, SQL, values).await?;
    }
    const READ: &str = "SELECT account_id, waiting_since FROM chats WHERE id = $1";
    let row = Waiting::find_by_statement(db::statement(tx, READ, [chat_id.into()])).one(tx).await?;
    let Some(Waiting { account_id, waiting_since: Some(since) }) = row else { return Ok(()) };
    if since > at {
        return Ok(());
    }
    // Compare and set: of two answers at once the first one ends the wait.
    const END: &str = "UPDATE chats SET waiting_since = NULL WHERE id = $1 AND waiting_since = $2";
    if db::execute(tx, END, [chat_id.into(), since.into()]).await? == 1 {
        ended(tx, account_id, chat_id, since, at, by).await?;
    }
    Ok(())
}

/// Books the wait of `chat_id` from `since` to `at` (Unix ms).
pub(super) async fn ended<C: ConnectionTrait>(
    tx: &C,
    account_id: i64,
    chat_id: i64,
    since: i64,
    at: i64,
    by: By<'_>,
) -> Result<()> {
    const SQL: &str = "INSERT INTO chat_waits (chat_id, since, account_id, answered_at, by_kind, staff_id, name) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (chat_id, since) DO NOTHING";
    let values = [
        chat_id.into(),
        since.into(),
        account_id.into(),
        at.into(),
        by.kind().into(),
        by.id().into(),
        by.name().into(),
    ];
    let new = db::execute(tx, SQL, values).await? == 1;
    if new && by != By::Nobody {
        hours::add(tx, account_id, since, &hours::of_wait(at - since)).await?;
    }
    Ok(())
}

/// Counts an answer that went out, in the hour of `at` (Unix ms).
pub(crate) async fn spoke<C: ConnectionTrait>(tx: &C, account_id: i64, by: Column, at: i64) -> Result<()> {
    hours::add(tx, account_id, at, &[(by, 1)]).await
}
