//! Who answers a conversation, handing it over, and ending it. Each leaves a line in the conversation.

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{
    Author, Seen, chats,
    live::{self, Kind},
    waits::{self, By},
};
use crate::{
    Error, Result,
    db::{self, now_ms},
};

/// A line between the messages: who took the conversation, handed it over or ended it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Line {
    /// Row number.
    pub id: i64,
    /// `taken`, `handed`, `released`, `done` or `reopened`; of WeChat's customer service `kf_opened`, `kf_served`,
    /// `kf_closed`, `kf_moved`, `kf_back` or `kf_lost`.
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// Whom it was handed to.
    pub other: String,
    /// Unix ms.
    pub at: i64,
}

pub(super) async fn write_line<C: ConnectionTrait>(
    tx: &C,
    chat_id: i64,
    kind: &str,
    actor: &str,
    other: &str,
    at: i64,
) -> Result<()> {
    const SQL: &str = "INSERT INTO chat_lines (chat_id, kind, actor, other, at) VALUES ($1, $2, $3, $4, $5)";
    db::execute(tx, SQL, [chat_id.into(), kind.into(), actor.into(), other.into(), at.into()]).await?;
    live::note(tx, chat_id, Kind::Assigned, "").await
}

impl Seen {
    /// Gives the conversation to `to` (to nobody with `None`). `from` is who had it as far as `by` saw: when somebody
    /// was faster, nothing changes.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such conversation; [`Error::Invalid`] when somebody else has it by now.
    pub async fn assign(&self, id: i64, from: Option<i64>, to: Option<&Author>, by: &Author) -> Result<()> {
        const SQL: &str = "UPDATE chats SET assigned_id = $1, status = 'open' WHERE id = $2 \
                           AND COALESCE(assigned_id, 0) = $3";
        let chat = self.chat(id).await?;
        if chat.assigned_id == to.map(|to| to.id) {
            return Ok(());
        }
        let tx = self.shared.db.begin_write().await?;
        let values = [to.map(|to| to.id).into(), id.into(), from.unwrap_or(0).into()];
        if db::execute(&*tx, SQL, values).await? == 0 {
            return Err(Error::field("assigned_id", "inbox.problem.assigned_meanwhile"));
        }
        let (kind, other) = match to {
            None => ("released", ""),
            Some(to) if to.id == by.id => ("taken", ""),
            Some(to) => ("handed", to.name.as_str()),
        };
        write_line(&*tx, id, kind, &by.name, other, now_ms()).await?;
        tx.commit().await?;
        self.shared.live.wake();
        Ok(())
    }

    /// Ends the conversation until the follower writes again: nobody waits, nothing is unread. Or takes that back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such conversation.
    pub async fn set_done(&self, id: i64, done: bool, by: &Author) -> Result<()> {
        let sql = match done {
            true => "UPDATE chats SET status = 'done', unread = 0 WHERE id = $1 AND status = 'open'",
            false => "UPDATE chats SET status = 'open' WHERE id = $1 AND status = 'done'",
        };
        let tx = self.shared.db.begin_write().await?;
        chats::within(&*tx, &self.reach, id).await?;
        if db::execute(&*tx, sql, [id.into()]).await? == 1 {
            if done {
                waits::answered(&*tx, id, By::Nobody, now_ms()).await?;
            }
            write_line(&*tx, id, if done { "done" } else { "reopened" }, &by.name, "", now_ms()).await?;
            tx.commit().await?;
            self.shared.live.wake();
        }
        Ok(())
    }
}

/// Lines of a conversation before the number `before`, the newest first.
pub(super) async fn lines(db: &db::Db, chat_id: i64, before: Option<i64>, limit: usize) -> Result<Vec<Line>> {
    let sql = format!(
        "SELECT id, kind, actor, other, at FROM chat_lines WHERE chat_id = $1 AND id < $2 ORDER BY id DESC LIMIT {limit}"
    );
    let values = [chat_id.into(), before.unwrap_or(i64::MAX).into()];
    Ok(Line::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// Lines of a conversation behind the number `after`, in order.
pub(super) async fn lines_after(db: &db::Db, chat_id: i64, after: i64, limit: usize) -> Result<Vec<Line>> {
    let sql = format!(
        "SELECT id, kind, actor, other, at FROM chat_lines WHERE chat_id = $1 AND id > $2 ORDER BY id LIMIT {limit}"
    );
    Ok(Line::find_by_statement(db::statement(db.read(), &sql, [chat_id.into(), after.into()])).all(db.read()).await?)
}
