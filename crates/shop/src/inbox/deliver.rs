//! The job that tells WeChat what a member of staff wrote: once, or nobody knows.
//!
//! The job is marked as sending before WeChat is called ([`jobs::begin_sending`]). If the process dies then, or the
//! answer is lost, the message becomes `unknown` and a person decides; everything that is certain becomes `sent` or
//! `failed`, in the commit that takes the job away.

use puzi_wechat::client::{ApiError, Client, Content, CustomMessage, ErrorKind, MediaKind};
use sea_orm::FromQueryResult;

use super::{
    Inbox, chats,
    live::{self, Kind},
    send::{self, Outgoing, SELECT, Sending, State},
    waits::{self, By},
};
use crate::{
    Result,
    chats::hours::Column,
    db::{self, Db, now_ms},
    jobs::{self, Job, Outcome},
    media_type::MediaType,
};

/// Somebody waits in front of the page: after so many attempts they are told that it failed.
const ATTEMPTS: i32 = 4;
/// Longer than any job lives: a message that is still on its way then has lost it.
const LOST_MS: i64 = 10 * 60_000;

/// How an attempt ended.
enum Told {
    Yes,
    /// Not now; nothing was sent.
    Later(String),
    /// WeChat refused, or the message never left.
    No {
        errcode: Option<i64>,
        error: String,
    },
    NobodyKnows(String),
}

impl Inbox {
    pub(super) async fn deliver(&self, job: &Job) -> Outcome {
        let Ok(Sending { id }) = job.read() else { return Outcome::Dead("the job cannot be read".into()) };
        if job.is_interrupted() {
            let noted = self.note(job, id, &Told::NobodyKnows("the process ended while it was sending".into())).await;
            if let Err(error) = noted {
                tracing::warn!(%error, "a message of unknown fate could not be noted");
            }
            return Outcome::Dead("sent or not, nobody knows".into());
        }
        let told = match self.tell(job, id).await {
            Ok(Some(told)) => told,
            // Sent before, or another attempt's.
            Ok(None) => return Outcome::Done,
            Err(error) => Told::Later(error.to_string()),
        };
        let told = match told {
            Told::Later(error) if job.attempts >= ATTEMPTS => Told::No { errcode: None, error },
            other => other,
        };
        match self.note(job, id, &told).await {
            Ok(()) => {}
            // It was sent and the note failed: the housekeeping finds it as unknown.
            Err(error) => tracing::warn!(%error, "how a message was sent could not be noted"),
        }
        match told {
            Told::Later(error) => Outcome::Retry(error),
            _ => Outcome::Done,
        }
    }

    /// `None` when there is nothing to tell (any more).
    async fn tell(&self, job: &Job, id: i64) -> Result<Option<Told>> {
        let sql = format!("{SELECT} WHERE id = $1");
        let on = self.shared.db.read();
        let Some(row) = Outgoing::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await? else {
            return Ok(None);
        };
        // An operator may send a dead job again; then nobody knew, and now somebody decided.
        if !matches!(row.state(), State::Queued | State::Unknown) {
            return Ok(None);
        }
        let chat = chats::find(on, row.chat_id).await?;
        let Some(live) = self.shared.registry.by_id(chat.account_id) else {
            return Ok(Some(Told::Later("the account is not loaded".into())));
        };
        // What can fail without harm comes first: once the sending has begun, it cannot simply be begun again.
        if let Err(error) = live.client.token().await {
            return Ok(Some(refused(&error)));
        }
        let message = match self.message(&live.client, &row).await {
            Ok(message) => message,
            Err(told) => return Ok(Some(told)),
        };
        if !jobs::begin_sending(&self.shared.db, job).await? || !self.claim(id).await? {
            return Ok(None);
        }
        Ok(Some(match live.client.messages().send(&chat.openid, &message).await {
            Ok(()) => Told::Yes,
            Err(error) if error.kind == ErrorKind::Transport && !error.unsent => Told::NobodyKnows(error.to_string()),
            Err(error) => refused(&error),
        }))
    }

    /// The message, its picture uploaded; an id that WeChat gave before is used again.
    async fn message(&self, client: &Client, row: &Outgoing) -> Result<CustomMessage, Told> {
        let (Some(file), Some(mime)) = (&row.file, &row.content_type) else {
            return Ok(CustomMessage::text(row.content.clone()));
        };
        if let Some(media_id) = &row.media_id {
            return Ok(CustomMessage::image(media_id.clone()));
        }
        let later = |error: crate::Error| Told::Later(error.to_string());
        let path = self.shared.folder.path(file).map_err(later)?;
        let name = format!("picture.{}", MediaType::of_mime(mime).ending());
        let uploaded = client.media().upload(MediaKind::Image, &name, Content::file(path)).await;
        let media_id = uploaded.map_err(|error| refused(&error))?.media_id;
        let sql = "UPDATE outgoing SET media_id = $1 WHERE id = $2";
        self.shared.db.execute(sql, [media_id.as_str().into(), row.id.into()]).await.map_err(later)?;
        Ok(CustomMessage::image(media_id))
    }

    /// Of two jobs about one message, only one sends it.
    async fn claim(&self, id: i64) -> Result<bool> {
        const SQL: &str = "UPDATE outgoing SET state = 'sending', changed_at = $1 \
                           WHERE id = $2 AND state IN ('queued', 'unknown')";
        Ok(self.shared.db.execute(SQL, [now_ms().into(), id.into()]).await? == 1)
    }

    /// Says beside the message how it went, and takes the job away when that is the end of it.
    async fn note(&self, job: &Job, id: i64, told: &Told) -> Result<()> {
        const SQL: &str = "UPDATE outgoing SET state = $1, errcode = $2, error = $3, changed_at = $4, \
                           media_id = CASE WHEN $5 THEN NULL ELSE media_id END WHERE id = $6 AND state <> 'sent'";
        let (state, errcode, error) = match told {
            Told::Yes => (State::Sent, None, None),
            Told::Later(error) => (State::Queued, None, Some(error.as_str())),
            Told::No { errcode, error } => (State::Failed, *errcode, Some(error.as_str())),
            Told::NobodyKnows(error) => (State::Unknown, None, Some(error.as_str())),
        };
        // An upload lives three days: what is refused for its picture is uploaded anew next time.
        let forget = errcode == Some(40007);
        let now = now_ms();
        let tx = self.shared.db.begin_write().await?;
        let values = [state.as_str().into(), errcode.into(), error.into(), now.into(), forget.into(), id.into()];
        let changed = db::execute(&*tx, SQL, values).await? == 1;
        match told {
            Told::Yes if changed => nobody_waits(&tx, id).await?,
            Told::Yes => {}
            // WeChat counts only what it took; when it says that all are used, so do we.
            Told::No { errcode: Some(45047), .. } => {}
            Told::No { .. } => send::give_back(&tx, id).await?,
            Told::Later(_) | Told::NobodyKnows(_) => {}
        }
        if matches!(told, Told::Yes | Told::No { .. }) {
            jobs::take(&*tx, job).await?;
        }
        live_note(&tx, id).await?;
        tx.commit().await?;
        self.shared.live.wake();
        Ok(())
    }

    /// Messages on their way that no job carries any more: the process died between two notes, or the database was away.
    pub(super) async fn find_lost_sendings(&self, now: i64) -> Result<()> {
        let before = now - LOST_MS;
        let mut from = (0, 0);
        loop {
            let late = late_sendings(&self.shared.db, before, from).await?;
            let Some(last) = late.last() else { return Ok(()) };
            from = (last.changed_at, last.id);
            let keys: Vec<String> = late.iter().map(|one| send::job_key(one.id, one.tries)).collect();
            let carried = jobs::alive(self.shared.db.read(), &keys).await?;
            for (one, _) in late.iter().zip(&keys).filter(|(_, key)| !carried.contains(*key)) {
                self.give_up(one, before, now).await?;
            }
        }
    }

    /// Leaves a message without a job to a person, unless somebody sent it again meanwhile.
    async fn give_up(&self, lost: &Late, before: i64, now: i64) -> Result<()> {
        const SQL: &str = "UPDATE outgoing SET state = 'unknown', changed_at = $1 WHERE id = $2 AND tries = $3 \
                           AND state IN ('queued', 'sending') AND changed_at < $4";
        let tx = self.shared.db.begin_write().await?;
        db::execute(&*tx, SQL, [now.into(), lost.id.into(), lost.tries.into(), before.into()]).await?;
        live_note(&tx, lost.id).await?;
        tx.commit().await?;
        self.shared.live.wake();
        Ok(())
    }
}

/// A message that has been on its way for long.
#[derive(FromQueryResult)]
struct Late {
    id: i64,
    tries: i64,
    changed_at: i64,
}

/// The next messages on their way since before `before`, behind the time and number `from`.
async fn late_sendings(db: &Db, before: i64, from: (i64, i64)) -> Result<Vec<Late>> {
    const SQL: &str = "SELECT id, tries, changed_at FROM outgoing WHERE state IN ('queued', 'sending') \
                       AND changed_at < $1 AND (changed_at > $2 OR (changed_at = $2 AND id > $3)) \
                       ORDER BY changed_at, id LIMIT 100";
    let statement = db::statement(db.read(), SQL, [before.into(), from.0.into(), from.1.into()]);
    Ok(Late::find_by_statement(statement).all(db.read()).await?)
}

/// Whoever waited when it was written waits no longer.
async fn nobody_waits(tx: &db::WriteTx, id: i64) -> Result<()> {
    const SQL: &str = "SELECT o.chat_id, c.account_id, o.staff_id, o.staff_name, o.created_at FROM outgoing o \
                       JOIN chats c ON c.id = o.chat_id WHERE o.id = $1";
    let row = Sent::find_by_statement(db::statement(&**tx, SQL, [id.into()])).one(&**tx).await?;
    let Some(sent) = row else { return Ok(()) };
    waits::spoke(&**tx, sent.account_id, Column::ByStaff, sent.created_at).await?;
    waits::answered(&**tx, sent.chat_id, By::Staff(sent.staff_id, &sent.staff_name), sent.created_at).await
}

/// What staff sent, as the waiting needs it.
#[derive(FromQueryResult)]
struct Sent {
    chat_id: i64,
    account_id: i64,
    staff_id: Option<i64>,
    staff_name: String,
    created_at: i64,
}

async fn live_note(tx: &db::WriteTx, id: i64) -> Result<()> {
    let sql = format!("{SELECT} WHERE id = $1");
    let row = Outgoing::find_by_statement(db::statement(&**tx, &sql, [id.into()])).one(&**tx).await?;
    match row {
        Some(row) => live::note(&**tx, row.chat_id, Kind::Outgoing, "").await,
        None => Ok(()),
    }
}

/// The platform refused the message, or it never got there.
fn refused(error: &ApiError) -> Told {
    match error.kind {
        ErrorKind::RetryLater | ErrorKind::RefreshToken | ErrorKind::Transport => Told::Later(error.to_string()),
        ErrorKind::Configuration | ErrorKind::AskUserAgain | ErrorKind::BusinessState | ErrorKind::CallerMistake => {
            Told::No { errcode: error.errcode, error: error.errmsg.clone() }
        }
    }
}
