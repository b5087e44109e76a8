//! Changes as they happen, for everybody who has the inbox open, on any node.
//!
//! Each change is a row of the table `inbox_events`, written with what it is about. A node on which somebody listens reads
//! the new rows each half second, at once after its own changes, and hands them to its listeners. So there is one
//! way for all changes, and no node needs to know the others. The rows live for minutes: who was away longer reads
//! everything anew.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, FromQueryResult};
use tokio::sync::{Mutex, Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::{
    Result,
    accounts::Reach,
    db::{self, Db, now_ms},
};

/// How often a node looks for the others' changes.
const LOOK: Duration = Duration::from_millis(500);
/// How long rows are kept, ms.
const KEEP_MS: i64 = 10 * 60_000;
/// PostgreSQL commits numbers out of order: so many below the highest are looked at again.
const LOOK_BACK: i64 = 200;
/// Changes a slow listener may lag behind before it is told to read everything anew.
const QUEUE: usize = 256;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A message came in, or an automatic one went out.
    Message,
    /// What a member of staff sends, or how that went.
    Outgoing,
    /// Who answers, or that it is done.
    Assigned,
    /// A note.
    Note,
    /// A colleague types; the payload is `id:name`.
    Typing,
    /// It was read.
    Read,
    /// A picture, voice or film was fetched.
    Media,
    /// Many conversations at once: read the list anew.
    Many,
}

impl Kind {
    /// The word in the table and in the page's stream.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Outgoing => "outgoing",
            Self::Assigned => "assigned",
            Self::Note => "note",
            Self::Typing => "typing",
            Self::Read => "read",
            Self::Media => "media",
            Self::Many => "many",
        }
    }

    fn read(word: &str) -> Self {
        let all = [Self::Message, Self::Outgoing, Self::Assigned, Self::Note, Self::Typing, Self::Read, Self::Media];
        all.into_iter().find(|kind| kind.as_str() == word).unwrap_or(Self::Many)
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Number of the row; grows, mostly.
    pub id: i64,
    /// The conversation; 0 for many.
    pub chat_id: i64,
    /// The account it is of; 0 for many conversations of any.
    pub account_id: i64,
    /// What changed.
    pub kind: Kind,
    /// What else there is to say; see [`Kind`].
    pub payload: String,
    /// Unix ms.
    pub at: i64,
}

impl Change {
    /// Whether somebody who sees `reach` may hear of it. That many changed says nothing of any.
    pub fn is_seen_by(&self, reach: &Reach) -> bool {
        self.kind == Kind::Many && self.account_id == 0 || reach.sees(self.account_id)
    }
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    chat_id: i64,
    account_id: i64,
    kind: String,
    payload: String,
    at: i64,
}

/// Notes a change in the transaction that makes it; [`Live::wake`] after the commit spares half a second.
pub(super) async fn note<C: ConnectionTrait>(tx: &C, chat_id: i64, kind: Kind, payload: &str) -> Result<()> {
    const SQL: &str = "INSERT INTO inbox_events (chat_id, kind, payload, at, account_id) \
                       VALUES ($1, $2, $3, $4, COALESCE((SELECT account_id FROM chats WHERE id = $1), 0))";
    db::execute(tx, SQL, [chat_id.into(), kind.as_str().into(), payload.into(), now_ms().into()]).await?;
    Ok(())
}

/// Takes old rows away.
pub(super) async fn trim(db: &Db, now: i64) -> Result<()> {
    let old = "SELECT id FROM inbox_events WHERE at < $1 LIMIT 1";
    // Mostly there is nothing, and looking needs no write lock.
    if db.read().query_one_raw(db::statement(db.read(), old, [(now - KEEP_MS).into()])).await?.is_some() {
        db.execute("DELETE FROM inbox_events WHERE at < $1", [(now - KEEP_MS).into()]).await?;
    }
    Ok(())
}

/// What this node has told its listeners.
struct Position {
    top: i64,
    seen: BTreeSet<i64>,
}

/// The changes of all nodes; cheap to clone.
#[derive(Clone)]
pub struct Live {
    db: Db,
    sender: broadcast::Sender<Change>,
    wake: Arc<Notify>,
    /// None while nobody listens: then nothing is read.
    position: Arc<Mutex<Option<Position>>>,
}

impl Live {
    pub(super) fn new(db: Db) -> Self {
        Self { db, sender: broadcast::channel(QUEUE).0, wake: Arc::default(), position: Arc::default() }
    }

    /// Changes from now on. A listener that lags is told so and reads everything anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn subscribe(&self) -> Result<broadcast::Receiver<Change>> {
        let mut position = self.position.lock().await;
        // The position is fixed before this returns, so that nothing between is lost.
        if position.is_none() {
            let rows = self.rows_after(i64::MIN).await?;
            let top = rows.last().map_or(0, |row| row.id);
            *position = Some(Position { top, seen: rows.into_iter().map(|row| row.id).collect() });
        }
        Ok(self.sender.subscribe())
    }

    /// Something was committed here.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Reads and tells until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "changes of the inbox could not be read");
            }
        }
    }

    async fn look(&self) -> Result<()> {
        let mut guard = self.position.lock().await;
        if self.sender.receiver_count() == 0 {
            *guard = None;
            return Ok(());
        }
        let Some(position) = guard.as_mut() else { return Ok(()) };
        for row in self.rows_after(position.top - LOOK_BACK).await? {
            if !position.seen.insert(row.id) {
                continue;
            }
            position.top = position.top.max(row.id);
            let Row { id, chat_id, account_id, kind, payload, at } = row;
            let _ = self.sender.send(Change { id, chat_id, account_id, kind: Kind::read(&kind), payload, at });
        }
        position.seen = position.seen.split_off(&(position.top - LOOK_BACK));
        Ok(())
    }

    /// Rows above `id`, at most the latest 1,000, in order.
    async fn rows_after(&self, id: i64) -> Result<Vec<Row>> {
        const SQL: &str = "SELECT id, chat_id, account_id, kind, payload, at FROM inbox_events WHERE id > $1 ORDER BY id DESC LIMIT 1000";
        let mut rows =
            Row::find_by_statement(db::statement(self.db.read(), SQL, [id.into()])).all(self.db.read()).await?;
        rows.reverse();
        Ok(rows)
    }
}
