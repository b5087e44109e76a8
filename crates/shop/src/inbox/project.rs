//! From messages to conversations: a follower of the table `messages` that keeps the table `chats`.
//!
//! Why not in the transaction that stores a message: that one is on the callback's path, where a rate and a time are
//! promised, and each row more in it costs. Here one upsert takes what many messages did to their conversations, a
//! moment later.
//!
//! Each message counts exactly once. A cursor row says up to which number messages were taken, and moves in the
//! transaction that writes what they did; whoever else projects waits for that row and goes on behind it, and a killed
//! process leaves nothing half done. On PostgreSQL a message with a lower number may commit after one with a higher, for
//! numbers are drawn before the commit: the numbers that are missing below the cursor are noted as gaps, and taken
//! when they appear. A number that was drawn for nothing (a repeated delivery) is forgotten after a minute; no
//! transaction of ours lives that long. (Why not behind a horizon, as the hits of rules: `conversations/reading.rs`.)

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    live::{self, Kind, Live},
    media,
    waits::{self, By},
};
use crate::{
    Result,
    conversations::reading::{self, Line},
    db::{self, Db, WriteTx, now_ms},
    followers,
};

/// Messages taken in one transaction: few enough that no callback waits long for SQLite's one writer.
const BATCH: usize = 100;
/// The pause between two transactions: what arrives meanwhile is taken together.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a node looks without being told: other nodes store messages too.
const LOOK: Duration = Duration::from_secs(1);
/// A missing number is waited for this long, ms.
const GAP_MS: i64 = 60_000;
/// More missing numbers than this in a row were never drawn by transactions that run now.
const LARGEST_GAP: i64 = 10_000;
/// What came in longer ago is history: nobody waits for an answer to it. It is read when the table is new.
const HISTORY_MS: i64 = 48 * 3_600_000;
/// Of more conversations than this in one batch, listeners hear as of one change.
const MANY: usize = 30;

/// Keeps `chats` up with `messages`.
#[derive(Clone)]
pub struct Projector {
    db: Db,
}

/// What a batch did to one conversation.
#[derive(Debug, Default)]
struct Did {
    last_message_id: i64,
    last_at: i64,
    last_inbound: bool,
    last_kind: String,
    last_summary: String,
    said_at: i64,
    said_used: i64,
    acted_at: i64,
    acted_used: i64,
    unread: i64,
    waiting_since: Option<i64>,
    /// The answers that went out by themselves, Unix ms: nobody waits for one from before them. With each, since when
    /// somebody waited within this batch.
    answers: Vec<(Option<i64>, i64)>,
    /// When the follower left, Unix ms.
    left_at: i64,
}

type Batch = BTreeMap<(i64, String), Did>;

impl Projector {
    /// For the messages of `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Follows until `stop`; `stored` is told when this process stores a message.
    pub(super) async fn run(self, stored: Arc<Notify>, live: Live, stop: CancellationToken) {
        loop {
            match self.step().await {
                // There may be more: only a breath for the others.
                Ok(taken) if taken > 0 => {
                    live.wake();
                    if tokio::time::timeout(PAUSE, stop.cancelled()).await.is_ok() {
                        return;
                    }
                    continue;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "conversations could not be brought up to date"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = stored.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Takes the next messages; gives how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn step(&self) -> Result<usize> {
        if !self.is_behind().await? {
            return Ok(0);
        }
        let tx = self.db.begin_write().await?;
        let taken = take(&tx).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Looking needs no write lock, and mostly there is nothing.
    async fn is_behind(&self) -> Result<bool> {
        let on = self.db.read();
        if reading::latest_id(on).await? > cursor(on).await? {
            return Ok(true);
        }
        Ok(on.query_one_raw(db::statement(on, "SELECT id FROM inbox_gaps LIMIT 1", [])).await?.is_some())
    }
}

async fn cursor<C: ConnectionTrait>(on: &C) -> Result<i64> {
    let row = on.query_one_raw(db::statement(on, "SELECT last_id FROM inbox_cursor WHERE id = 1", [])).await?;
    Ok(row.map(|row| row.try_get("", "last_id")).transpose()?.unwrap_or(0))
}

async fn take(tx: &WriteTx) -> Result<usize> {
    // The row's lock first: two nodes take turns, and the second reads where the first one ended.
    db::execute(&**tx, "UPDATE inbox_cursor SET last_id = last_id WHERE id = 1", []).await?;
    let from = cursor(&**tx).await?;
    let now = now_ms();
    let mut lines = take_gaps(tx, now).await?;
    let new = reading::after(&**tx, from, BATCH).await?;
    if let Some(last) = new.last() {
        let sql = "UPDATE inbox_cursor SET last_id = $1 WHERE id = 1";
        db::execute(&**tx, sql, [last.id.into()]).await?;
        note_gaps(tx, from, &new, now).await?;
    }
    lines.extend(new);
    let taken = lines.len();
    store(tx, &lines, now).await?;
    Ok(taken)
}

/// Messages whose numbers were missing and are there now; what was missing too long is forgotten.
async fn take_gaps(tx: &WriteTx, now: i64) -> Result<Vec<Line>> {
    #[derive(FromQueryResult)]
    struct Gap {
        id: i64,
    }
    let sql = "SELECT id FROM inbox_gaps ORDER BY id LIMIT 5000";
    let gaps: Vec<i64> =
        Gap::find_by_statement(db::statement(&**tx, sql, [])).all(&**tx).await?.into_iter().map(|g| g.id).collect();
    if gaps.is_empty() {
        return Ok(Vec::new());
    }
    let found = reading::among(&**tx, &gaps).await?;
    let mut gone = format!("DELETE FROM inbox_gaps WHERE noticed_at < {}", now - GAP_MS);
    if !found.is_empty() {
        let ids: Vec<String> = found.iter().map(|line| line.id.to_string()).collect();
        gone.push_str(&format!(" OR id IN ({})", ids.join(", ")));
    }
    db::execute(&**tx, &gone, []).await?;
    Ok(found)
}

/// Notes the numbers between `from` and the last of `lines` that no line has.
async fn note_gaps(tx: &WriteTx, from: i64, lines: &[Line], now: i64) -> Result<()> {
    let mut missing = Vec::new();
    let mut before = from;
    for line in lines {
        missing.extend((before + 1).max(line.id - LARGEST_GAP)..line.id);
        before = line.id;
    }
    for part in missing.chunks(500) {
        let rows: Vec<String> = part.iter().map(|id| format!("({id}, {now})")).collect();
        let sql = format!("INSERT INTO inbox_gaps (id, noticed_at) VALUES {} ON CONFLICT DO NOTHING", rows.join(", "));
        db::execute(&**tx, &sql, []).await?;
    }
    Ok(())
}

async fn store(tx: &WriteTx, lines: &[Line], now: i64) -> Result<()> {
    let mut batch = Batch::new();
    for line in lines {
        if line.kind.starts_with("event:") && opens(&line.kind).is_none() {
            // The platform's own notices are nobody's conversation.
            continue;
        }
        batch.entry((line.account_id, line.openid.clone())).or_default().add(line, now);
        media::push_job(&**tx, line, now).await?;
    }
    let rows: Vec<_> = batch.iter().collect();
    let mut touched = Vec::new();
    for part in rows.chunks(100) {
        touched.extend(upsert(tx, part).await?);
    }
    for chat in &touched {
        batch[&(chat.account_id, chat.openid.clone())].settle(tx, chat).await?;
    }
    if touched.len() > MANY {
        return live::note(&**tx, 0, Kind::Many, "").await;
    }
    for chat in touched {
        live::note(&**tx, chat.id, Kind::Message, "").await?;
    }
    Ok(())
}

/// What a person's event means for the window; `None` for what no person did.
enum Opens {
    Nothing,
    OneMinute,
    /// They left: it is closed.
    Left,
}

fn opens(kind: &str) -> Option<Opens> {
    Some(match kind.strip_prefix("event:")? {
        "subscribe" | "SCAN" | "scan" | "CLICK" | "scancode_push" | "scancode_waitmsg" => Opens::OneMinute,
        "VIEW" | "view_miniprogram" | "LOCATION" | "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin"
        | "location_select" => Opens::Nothing,
        "unsubscribe" => Opens::Left,
        _ => return None,
    })
}

impl Did {
    fn add(&mut self, line: &Line, now: i64) {
        match opens(&line.kind) {
            Some(Opens::Nothing) => {}
            Some(Opens::OneMinute) => {
                self.acted_at = self.acted_at.max(line.sent_at);
                self.acted_used = 0;
            }
            Some(Opens::Left) => self.left_at = self.left_at.max(line.sent_at),
            None => self.add_message(line, now),
        }
    }

    fn add_message(&mut self, line: &Line, now: i64) {
        if line.id > self.last_message_id {
            self.last_message_id = line.id;
            self.last_at = line.received_at;
            self.last_inbound = line.inbound;
            self.last_kind.clone_from(&line.kind);
            self.last_summary.clone_from(&line.summary);
        }
        if !line.inbound {
            // A late answer of the rules: WeChat counts it like one of the staff's.
            if self.acted_at > 0 && self.acted_at >= self.said_at {
                self.acted_used += 1;
            } else {
                self.said_used += 1;
            }
            self.answers.push((self.waiting_since.take(), line.received_at));
            return;
        }
        if line.sent_at >= self.said_at {
            self.said_at = line.sent_at;
            self.said_used = 0;
        }
        if now - line.received_at < HISTORY_MS {
            self.unread += 1;
            if line.answered {
                self.answers.push((self.waiting_since.take(), line.received_at));
            } else {
                self.waiting_since.get_or_insert(line.received_at);
            }
        }
    }

    /// What is rare and no upsert says well.
    async fn settle(&self, tx: &WriteTx, chat: &Touched) -> Result<()> {
        if self.said_at > 0 {
            followers::spoke(&**tx, chat.account_id, &chat.openid, self.said_at).await?;
        }
        // Mostly nobody waited: the rule answered at once.
        let waited = chat.waiting_since.is_some() || self.answers.iter().any(|(since, _)| since.is_some());
        if waited && !self.answers.is_empty() {
            self.end_waits(tx, chat.account_id, chat.id, chat.waiting_since).await?;
        }
        if self.left_at > 0 {
            const SQL: &str = "UPDATE chats SET said_at = CASE WHEN said_at > $2 THEN said_at ELSE 0 END, \
                               acted_at = CASE WHEN acted_at > $2 THEN acted_at ELSE 0 END WHERE id = $1";
            db::execute(&**tx, SQL, [chat.id.into(), self.left_at.into()]).await?;
        }
        Ok(())
    }

    /// When the rules last answered, Unix ms.
    fn answered_at(&self) -> Option<i64> {
        self.answers.iter().map(|(_, at)| *at).max()
    }
}

impl Did {
    /// Ends the waits that the answers of this batch answered: one that began before it, and those within.
    async fn end_waits(&self, tx: &WriteTx, account_id: i64, chat_id: i64, waiting_since: Option<i64>) -> Result<()> {
        let mut from_before = waiting_since;
        for (since, at) in &self.answers {
            if from_before.is_some_and(|since| since <= *at) {
                from_before = None;
                waits::answered(&**tx, chat_id, By::Rule, *at).await?;
            } else if let Some(since) = since {
                waits::ended(&**tx, account_id, chat_id, *since, *at, By::Rule).await?;
            }
        }
        // Who wrote after the last answer waits, also where an older wait just ended.
        let sql = "UPDATE chats SET waiting_since = $2 WHERE id = $1 AND waiting_since IS NULL";
        match self.waiting_since {
            Some(since) => db::execute(&**tx, sql, [chat_id.into(), since.into()]).await.map(|_| ()),
            None => Ok(()),
        }
    }
}

const COLUMNS: usize = 17;

/// A conversation after what a batch did to it.
#[derive(FromQueryResult)]
struct Touched {
    id: i64,
    account_id: i64,
    openid: String,
    waiting_since: Option<i64>,
}

/// Adds what was done to the conversations, in one write of each: an index has to follow each of them.
async fn upsert(tx: &WriteTx, rows: &[(&(i64, String), &Did)]) -> Result<Vec<Touched>> {
    let mut sql = String::from(
        "INSERT INTO chats (account_id, openid, last_message_id, last_at, last_inbound, last_kind, last_summary, \
         said_at, said_used, acted_at, acted_used, unread, waiting_since, status, answered_by, answered_name, \
         answered_at) VALUES ",
    );
    db::push_rows(&mut sql, rows.len(), COLUMNS);
    let latest = |column: &str| {
        format!(
            "{column} = CASE WHEN excluded.last_at >= chats.last_at AND excluded.last_message_id > 0 \
                 THEN excluded.{column} ELSE chats.{column} END"
        )
    };
    let shown = ["last_message_id", "last_inbound", "last_kind", "last_summary", "last_at"].map(latest).join(", ");
    // A later word of the follower begins a new count; without one, what went out is added to the old.
    let counted = |at: &str, used: &str| {
        format!(
            "{used} = CASE WHEN excluded.{at} > 0 AND excluded.{at} >= chats.{at} THEN excluded.{used} \
             ELSE chats.{used} + excluded.{used} END, \
             {at} = CASE WHEN excluded.{at} > chats.{at} THEN excluded.{at} ELSE chats.{at} END"
        )
    };
    // By a rule, unless somebody answered later.
    let answered = ["answered_by", "answered_id", "answered_name", "answered_at"].map(|column| {
        format!(
            "{column} = CASE WHEN excluded.answered_at >= COALESCE(chats.answered_at, 0) THEN excluded.{column} \
             ELSE chats.{column} END"
        )
    });
    let answered = answered.join(", ");
    sql.push_str(&format!(
        " ON CONFLICT (account_id, openid) DO UPDATE SET {shown}, {}, {}, {answered}, \
         unread = chats.unread + excluded.unread, \
         waiting_since = COALESCE(chats.waiting_since, excluded.waiting_since), \
         status = CASE WHEN excluded.unread > 0 THEN 'open' ELSE chats.status END \
         RETURNING id, account_id, openid, waiting_since",
        counted("said_at", "said_used"),
        counted("acted_at", "acted_used"),
    ));
    let mut values: Vec<Value> = Vec::with_capacity(rows.len() * COLUMNS);
    for ((account_id, openid), did) in rows {
        values.extend([
            (*account_id).into(),
            openid.as_str().into(),
            did.last_message_id.into(),
            did.last_at.into(),
            did.last_inbound.into(),
            did.last_kind.as_str().into(),
            did.last_summary.as_str().into(),
            did.said_at.into(),
            did.said_used.into(),
            did.acted_at.into(),
            did.acted_used.into(),
            did.unread.into(),
            did.waiting_since.into(),
            "open".into(),
            did.answered_at().map(|_| "rule").into(),
            did.answered_at().map(|_| "").into(),
            did.answered_at().into(),
        ]);
    }
    Ok(Touched::find_by_statement(db::statement(&**tx, &sql, values)).all(&**tx).await?)
}
