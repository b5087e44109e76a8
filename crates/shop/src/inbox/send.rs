//! What staff send: a row and a job in one commit, once for each form that was sent.

use std::io::Cursor;

use image::ImageReader;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};

use super::{
    Allowance, Author, Chat, Seen, Window,
    assign::write_line,
    chats,
    live::{self, Kind},
    window::{ACTED_MESSAGES, ACTED_MS, Closed, SAID_MESSAGES, SAID_MS},
};
use crate::{
    Error, Result,
    db::{self, WriteTx, now_ms},
    jobs,
    media_type::{MediaType, sniff},
};

/// The job that tells WeChat.
pub(super) const JOB: &str = "inbox_send";

/// The longest text, in bytes: WeChat refuses longer ones with 45002.
pub const LONGEST_TEXT: usize = 2_048;
/// The largest picture, in bytes: WeChat's limit.
pub const LARGEST_PICTURE: u64 = 10 << 20;
/// The most pixels of a picture: every browser and phone that shows it must hold them all.
const PIXELS: u64 = 50_000_000;
/// The list shows this much of a text.
const SUMMARY_CHARS: usize = 200;

/// What is to be sent.
#[derive(Debug, Clone)]
pub enum Content {
    /// Words.
    Text(String),
    /// The bytes of a picture.
    Picture(Vec<u8>),
}

/// How the sending stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for its turn.
    Queued,
    /// WeChat is being told.
    Sending,
    /// WeChat took it.
    Sent,
    /// WeChat refused it, or could not be reached.
    Failed,
    /// WeChat was told and the answer was lost: perhaps the follower has it. A person decides.
    Unknown,
}

impl State {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn read(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

/// A message of the staff's.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Outgoing {
    /// Row number.
    pub id: i64,
    /// The conversation.
    pub chat_id: i64,
    /// Who sent it.
    pub staff_name: String,
    /// `text` or `image`.
    pub kind: String,
    /// The text.
    pub content: String,
    /// The kept picture's name.
    pub file: Option<String>,
    /// Its MIME type.
    pub content_type: Option<String>,
    /// What WeChat calls it, once uploaded.
    pub(super) media_id: Option<String>,
    /// See [`Outgoing::state`].
    pub(super) state: String,
    /// WeChat's code, when it refused.
    pub errcode: Option<i64>,
    /// WeChat's words, or ours.
    pub error: Option<String>,
    pub(super) tries: i64,
    /// Unix ms.
    pub created_at: i64,
}

impl Outgoing {
    /// How the sending stands.
    pub fn state(&self) -> State {
        State::read(&self.state)
    }
}

/// What the job needs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sending {
    pub(super) id: i64,
}

pub(super) const SELECT: &str = "SELECT id, chat_id, staff_name, kind, content, file, content_type, media_id, state, \
                                 errcode, error, tries, created_at FROM outgoing";

/// What is left of a text or a picture when it was found good.
struct Checked {
    kind: &'static str,
    text: String,
    file: Option<String>,
    content_type: Option<&'static str>,
}

impl Seen {
    /// Sends `content` in the conversation, soon. `form` names the form it came with: the same form sends once, however
    /// often it arrives. Whoever answers a conversation that nobody has takes it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such conversation; [`Error::Invalid`] for what WeChat would not take, and
    /// when the window is closed.
    pub async fn send(&self, chat_id: i64, content: Content, form: &str, by: &Author) -> Result<i64> {
        if form.is_empty() || form.len() > 100 {
            return Err(Error::field("form", "inbox.problem.form"));
        }
        let account = self.chat(chat_id).await?.account_id;
        let checked = self.check(content).await?;
        let now = now_ms();
        let tx = self.shared.db.begin_write().await?;
        let Some(id) = insert(&tx, chat_id, &checked, form, by, now).await? else {
            drop(tx);
            return self.sent_by(chat_id, form, &checked).await;
        };
        // After the insert: the same form again finds its row and never asks the window a second time.
        let allowance = reserve(&tx, chat_id, now).await?;
        db::execute(&*tx, "UPDATE outgoing SET allowance = $1 WHERE id = $2", [allowance.as_str().into(), id.into()])
            .await?;
        push(&tx, account, id, 1, now).await?;
        show_in_list(&tx, chat_id, &checked, now).await?;
        take_if_free(&tx, chat_id, by, now).await?;
        live::note(&*tx, chat_id, Kind::Outgoing, "").await?;
        tx.commit().await?;
        self.shared.live.wake();
        Ok(id)
    }

    /// Sends a message again that failed, or of which nobody knows; for that one somebody has decided that twice is
    /// better than not at all.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the conversation has no such message, or it is not one to be sent again;
    /// [`Error::Invalid`] when the window is closed.
    pub async fn retry(&self, chat_id: i64, outgoing_id: i64) -> Result<()> {
        const SQL: &str = "UPDATE outgoing SET state = 'queued', errcode = NULL, error = NULL, tries = tries + 1, \
                           changed_at = $1 WHERE id = $2 AND chat_id = $3 AND state IN ('failed', 'unknown')";
        let now = now_ms();
        let tx = self.shared.db.begin_write().await?;
        let account = chats::within(&*tx, &self.reach, chat_id).await?.account_id;
        if db::execute(&*tx, SQL, [now.into(), outgoing_id.into(), chat_id.into()]).await? == 0 {
            return Err(Error::NotFound);
        }
        let allowance = reserve(&tx, chat_id, now).await?;
        let sql = format!("{SELECT} WHERE id = $1");
        let row = Outgoing::find_by_statement(db::statement(&*tx, &sql, [outgoing_id.into()])).one(&*tx).await?;
        let tries = row.ok_or(Error::NotFound)?.tries;
        let values = [allowance.as_str().into(), outgoing_id.into()];
        db::execute(&*tx, "UPDATE outgoing SET allowance = $1 WHERE id = $2", values).await?;
        push(&tx, account, outgoing_id, tries, now).await?;
        live::note(&*tx, chat_id, Kind::Outgoing, "").await?;
        tx.commit().await?;
        self.shared.live.wake();
        Ok(())
    }

    /// A message of the conversation, such as its picture is asked for.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the conversation has no such message.
    pub async fn outgoing(&self, chat_id: i64, id: i64) -> Result<Outgoing> {
        let sql = format!("{SELECT} WHERE id = $1 AND chat_id = $2");
        let on = self.shared.db.read();
        chats::within(on, &self.reach, chat_id).await?;
        let statement = db::statement(on, &sql, [id.into(), chat_id.into()]);
        Outgoing::find_by_statement(statement).one(on).await?.ok_or(Error::NotFound)
    }

    async fn check(&self, content: Content) -> Result<Checked> {
        match content {
            Content::Text(text) => {
                let text = text.replace("\r\n", "\n");
                let text = text.trim();
                match text.len() {
                    0 => Err(Error::field("text", "inbox.problem.text_empty")),
                    n if n > LONGEST_TEXT => Err(Error::field("text", "inbox.problem.text_too_long")),
                    _ => Ok(Checked { kind: "text", text: text.to_owned(), file: None, content_type: None }),
                }
            }
            Content::Picture(bytes) => {
                let kind = sniff(&bytes);
                // What WeChat takes; and what a browser would show as a picture is one.
                if !matches!(kind, MediaType::Picture(mime) if mime != "image/webp") {
                    return Err(Error::field("picture", "inbox.problem.not_a_picture"));
                }
                check_pixels(&bytes)?;
                let kept = self.shared.folder.keep(&bytes, LARGEST_PICTURE).await.map_err(|error| match error {
                    Error::Invalid(_) => Error::field("picture", "inbox.problem.picture_too_large"),
                    other => other,
                })?;
                let (file, content_type) = (Some(kept.name), Some(kind.mime()));
                Ok(Checked { kind: "image", text: String::new(), file, content_type })
            }
        }
    }

    /// The message that the form `form` made before. Another message in the same form, such as the browser's way back
    /// leads to it, is not taken for that one: it would never be sent, and nobody told.
    async fn sent_by(&self, chat_id: i64, form: &str, checked: &Checked) -> Result<i64> {
        let sql = format!("{SELECT} WHERE chat_id = $1 AND form_key = $2");
        let on = self.shared.db.read();
        let statement = db::statement(on, &sql, [chat_id.into(), form.into()]);
        let row = Outgoing::find_by_statement(statement).one(on).await?.ok_or(Error::NotFound)?;
        match (&row.content, &row.file) == (&checked.text, &checked.file) {
            true => Ok(row.id),
            false => Err(Error::field("form", "inbox.problem.form")),
        }
    }
}

/// Reads no more than the picture's header.
fn check_pixels(bytes: &[u8]) -> Result<()> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok();
    match reader.and_then(|reader| reader.into_dimensions().ok()) {
        None | Some((0, _) | (_, 0)) => Err(Error::field("picture", "inbox.problem.not_a_picture")),
        Some((width, height)) if u64::from(width) * u64::from(height) > PIXELS => {
            Err(Error::field("picture", "inbox.problem.too_many_pixels"))
        }
        Some(_) => Ok(()),
    }
}

/// The new row's number; `None` when this form has one already.
async fn insert(
    tx: &WriteTx,
    chat_id: i64,
    checked: &Checked,
    form: &str,
    by: &Author,
    now: i64,
) -> Result<Option<i64>> {
    const SQL: &str = "INSERT INTO outgoing (chat_id, staff_id, staff_name, kind, content, file, content_type, state, \
                       allowance, tries, form_key, created_at, changed_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', 'said', 1, $8, $9, $9) \
                       ON CONFLICT (chat_id, form_key) DO NOTHING RETURNING id";
    let values = [
        chat_id.into(),
        by.id.into(),
        by.name.as_str().into(),
        checked.kind.into(),
        checked.text.as_str().into(),
        checked.file.clone().into(),
        checked.content_type.into(),
        form.into(),
        now.into(),
    ];
    let row = tx.query_one_raw(db::statement(&**tx, SQL, values)).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?)
}

/// Takes one message out of what WeChat allows, what ends first before the rest. Two who send at once cannot both have
/// the last one.
async fn reserve(tx: &WriteTx, chat_id: i64, now: i64) -> Result<Allowance> {
    let allowances = [(Allowance::Acted, ACTED_MS, ACTED_MESSAGES), (Allowance::Said, SAID_MS, SAID_MESSAGES)];
    for (allowance, ms, most) in allowances {
        let name = allowance.as_str();
        let sql = format!(
            "UPDATE chats SET {name}_used = {name}_used + 1 WHERE id = $1 AND {name}_at > $2 AND {name}_used < $3"
        );
        if db::execute(&**tx, &sql, [chat_id.into(), (now - ms).into(), most.into()]).await? == 1 {
            return Ok(allowance);
        }
    }
    let chat = chats::find(&**tx, chat_id).await?;
    Err(Error::field("text", closed_key(&chat, now)))
}

fn closed_key(chat: &Chat, now: i64) -> &'static str {
    match Window::of(chat, now) {
        Window::Closed(Closed::Spent { .. }) => "inbox.problem.window_spent",
        Window::Closed(Closed::Never) => "inbox.problem.window_never",
        _ => "inbox.problem.window_over",
    }
}

/// Gives a reserved message back that WeChat certainly did not take.
pub(super) async fn give_back(tx: &WriteTx, outgoing_id: i64) -> Result<()> {
    for allowance in [Allowance::Acted, Allowance::Said] {
        let name = allowance.as_str();
        let sql = format!(
            "UPDATE chats SET {name}_used = {name}_used - 1 WHERE {name}_used > 0 AND id = \
             (SELECT chat_id FROM outgoing WHERE id = $1 AND allowance = '{name}')"
        );
        db::execute(&**tx, &sql, [outgoing_id.into()]).await?;
    }
    Ok(())
}

pub(super) async fn push(tx: &WriteTx, account: i64, id: i64, tries: i64, now: i64) -> Result<()> {
    jobs::push_of(&**tx, Some(account), JOB, Some(&job_key(id, tries)), &Sending { id }, now).await
}

pub(super) fn job_key(id: i64, tries: i64) -> String {
    format!("{JOB}/{id}/{tries}")
}

async fn show_in_list(tx: &WriteTx, chat_id: i64, checked: &Checked, now: i64) -> Result<()> {
    const SQL: &str = "UPDATE chats SET last_at = $1, last_inbound = $2, last_kind = $3, last_summary = $4, \
                       status = 'open' WHERE id = $5 AND last_at <= $1";
    let shown: String = checked.text.chars().take(SUMMARY_CHARS).collect();
    db::execute(&**tx, SQL, [now.into(), false.into(), checked.kind.into(), shown.into(), chat_id.into()]).await?;
    Ok(())
}

async fn take_if_free(tx: &WriteTx, chat_id: i64, by: &Author, now: i64) -> Result<()> {
    let sql = "UPDATE chats SET assigned_id = $1 WHERE id = $2 AND assigned_id IS NULL";
    if db::execute(&**tx, sql, [by.id.into(), chat_id.into()]).await? == 1 {
        write_line(&**tx, chat_id, "taken", &by.name, "", now).await?;
    }
    Ok(())
}
