//! Notes on a follower: what the team wants to remember.

use sea_orm::FromQueryResult;

use super::{
    Author, Seen, chats,
    live::{self, Kind},
};
use crate::{
    Error, Result,
    db::{self, now_ms},
};

/// The longest note, in characters.
pub(super) const LONGEST: usize = 2_000;

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Note {
    /// Row number.
    pub id: i64,
    /// Who wrote it, as far as they are still there.
    pub staff_id: Option<i64>,
    /// Their name when they wrote it.
    pub staff_name: String,
    /// The note.
    pub text: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub updated_at: i64,
}

impl Seen {
    /// The notes on the follower of a conversation, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such conversation.
    pub async fn notes(&self, chat_id: i64) -> Result<Vec<Note>> {
        const SQL: &str = "SELECT id, staff_id, staff_name, text, created_at, updated_at FROM follower_notes \
                           WHERE chat_id = $1 ORDER BY id DESC LIMIT 200";
        let on = self.shared.db.read();
        chats::within(on, &self.reach, chat_id).await?;
        Ok(Note::find_by_statement(db::statement(on, SQL, [chat_id.into()])).all(on).await?)
    }

    /// The conversation with a follower; one that no list shows is made when they never wrote.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn chat_for(&self, account_id: i64, openid: &str) -> Result<i64> {
        const SQL: &str = "INSERT INTO chats (account_id, openid, last_message_id, last_at, last_inbound, last_kind, \
                           last_summary, said_at, said_used, acted_at, acted_used, unread, status) \
                           VALUES ($1, $2, 0, 0, FALSE, '', '', 0, 0, 0, 0, 0, 'open') ON CONFLICT DO NOTHING";
        self.reach.must_see(account_id)?;
        let whose = [(account_id, openid.to_owned())];
        let on = self.shared.db.read();
        if let Some(id) = chats::chats_with(on, &whose).await?.remove(&whose[0]) {
            return Ok(id);
        }
        self.shared.db.execute(SQL, [account_id.into(), openid.into()]).await?;
        chats::chats_with(on, &whose).await?.remove(&whose[0]).ok_or(Error::NotFound)
    }

    /// Writes a note on somebody, also on one who never wrote, and gives the conversation. It is signed with `name`; behind
    /// it stands a member of staff, or the command line.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach; [`Error::Invalid`] for an empty or too long note.
    pub async fn note_on(
        &self,
        account_id: i64,
        openid: &str,
        text: &str,
        (staff, name): (Option<i64>, &str),
    ) -> Result<i64> {
        let text = checked(text)?;
        let chat = self.chat_for(account_id, openid).await?;
        self.write_note(chat, text, staff, name).await?;
        Ok(chat)
    }

    /// Writes a note.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such conversation; [`Error::Invalid`] for an empty or too long one.
    pub async fn add_note(&self, chat_id: i64, text: &str, by: &Author) -> Result<()> {
        self.write_note(chat_id, checked(text)?, Some(by.id), &by.name).await
    }

    async fn write_note(&self, chat_id: i64, text: &str, staff: Option<i64>, name: &str) -> Result<()> {
        const SQL: &str = "INSERT INTO follower_notes (chat_id, staff_id, staff_name, text, created_at, updated_at) \
                           VALUES ($1, $2, $3, $4, $5, $6)";
        let now = now_ms();
        let tx = self.shared.db.begin_write().await?;
        chats::within(&*tx, &self.reach, chat_id).await?;
        let values = [chat_id.into(), staff.into(), name.into(), text.into(), now.into(), now.into()];
        db::execute(&*tx, SQL, values).await?;
        live::note(&*tx, chat_id, Kind::Note, "").await?;
        tx.commit().await?;
        self.shared.live.wake();
        Ok(())
    }

    /// Changes a note of one's own; an empty text takes it away.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the note is not there, not of this conversation, or somebody else's.
    pub async fn edit_note(&self, chat_id: i64, note_id: i64, text: &str, by: &Author) -> Result<()> {
        const EDIT: &str = "UPDATE follower_notes SET text = $4, updated_at = $5 \
                            WHERE id = $1 AND chat_id = $2 AND staff_id = $3";
        const TAKE: &str = "DELETE FROM follower_notes WHERE id = $1 AND chat_id = $2 AND staff_id = $3";
        let whose = [note_id.into(), chat_id.into(), by.id.into()];
        let tx = self.shared.db.begin_write().await?;
        chats::within(&*tx, &self.reach, chat_id).await?;
        let changed = if text.trim().is_empty() {
            db::execute(&*tx, TAKE, whose).await?
        } else {
            let new = [checked(text)?.into(), now_ms().into()];
            db::execute(&*tx, EDIT, whose.into_iter().chain(new)).await?
        };
        if changed == 0 {
            return Err(Error::NotFound);
        }
        live::note(&*tx, chat_id, Kind::Note, "").await?;
        tx.commit().await?;
        self.shared.live.wake();
        Ok(())
    }
}

fn checked(text: &str) -> Result<&str> {
    match text.trim() {
        "" => Err(Error::field("text", "inbox.problem.note_empty")),
        text if text.chars().count() > LONGEST => Err(Error::field("text", "inbox.problem.note_too_long")),
        text => Ok(text),
    }
}
