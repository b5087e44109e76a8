//! From stored messages to deliveries. Nothing of it happens while WeChat waits: the feed follows the messages, and how far
//! it got is stored with what it enqueued, so each message is told once, whatever dies.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::events::{self, emit, emit_again, of_message};
use crate::{
    Error, Result,
    conversations::{
        follow::{Next, Reader, Step},
        reading::{self, Full},
    },
    db::{self, Db},
};

/// How many messages one step goes over at most.
const STEP: i64 = 500;

pub(super) const READER: Reader = Reader::of_messages("webhooks");

/// One step of the feed. True: it enqueued something.
pub(super) async fn step(db: &Db) -> Result<(Step, bool)> {
    let mut span = match READER.next(db, i64::MAX).await? {
        Next::Span(span) => span,
        Next::Look => return Ok((Step::More, false)),
        Next::Rest => return Ok((Step::Rest, false)),
    };
    // Read after it is known how far there are messages: an endpoint that is missing here was made after them. With nobody to
    // tell, all of them are passed over unread.
    let wanted = wanted(db).await?;
    if !wanted.is_empty() {
        span.until = span.until.min(span.from + STEP);
    }
    let mut told = Vec::new();
    if !wanted.is_empty() {
        let replayed = replayed(db, span.from, span.until).await?;
        let messages = reading::between(db, span.from, span.until, &[]).await?;
        for message in messages.iter().filter(|message| !replayed.contains(&message.id)) {
            let Some(names) = wanted.get(&message.account_id) else { continue };
            let events = of_message(message).into_iter().filter(|event| names.contains(event.name));
            told.extend(events.map(|event| (message.account_id, event)));
        }
    }
    let tx = db.begin_write().await?;
    if !READER.pass(&*tx, span).await? {
        return Ok((Step::More, false));
    }
    for (account, event) in &told {
        emit(&*tx, *account, event).await?;
    }
    tx.commit().await?;
    Ok((Step::More, !told.is_empty()))
}

/// The events that somebody wants, by account.
async fn wanted(db: &Db) -> Result<HashMap<i64, HashSet<String>>> {
    #[derive(FromQueryResult)]
    struct Row {
        account_id: i64,
        events: String,
    }
    let sql = "SELECT account_id, events FROM webhooks WHERE deleted_at IS NULL";
    let rows = Row::find_by_statement(db::statement(db.read(), sql, [])).all(db.read()).await?;
    let mut wanted: HashMap<i64, HashSet<String>> = HashMap::new();
    for row in rows {
        let names: Vec<String> = serde_json::from_str(&row.events).unwrap_or_default();
        wanted.entry(row.account_id).or_default().extend(names);
    }
    Ok(wanted)
}

/// The messages among these numbers that a replay has brought in: whether they are told is for whoever replayed them. A push
/// that had come by itself, too, is told as any other, however often it was replayed before the feed came to it.
async fn replayed(db: &Db, from: i64, until: i64) -> Result<HashSet<i64>> {
    let sql = "SELECT message_id FROM replays WHERE stored_here AND message_id > $1 AND message_id <= $2";
    let rows = db.read().query_all_raw(db::statement(db.read(), sql, [from.into(), until.into()])).await?;
    rows.iter().map(|row| Ok(row.try_get("", "message_id")?)).collect()
}

/// Tells a stored message again to every endpoint of its account that is told now, with the ids it had: once for each
/// `form`, in the caller's transaction. Gives the number of deliveries.
///
/// # Errors
/// [`Error::NotFound`] when `account` has no such message.
pub(crate) async fn again<C: ConnectionTrait>(tx: &C, account: i64, message: i64, form: &str) -> Result<u64> {
    let message: Full =
        reading::one_on(tx, message).await?.filter(|found| found.account_id == account).ok_or(Error::NotFound)?;
    let mut deliveries = 0;
    for event in of_message(&message) {
        debug_assert!(events::EVENTS.contains(&event.name));
        deliveries += emit_again(tx, account, &event, form).await?;
    }
    Ok(deliveries)
}
