//! Following the messages: each reader goes over all of them once, in the order of their numbers, some time after they came.
//!
//! How far a reader got stands in `message_cursors` and moves by compare-and-set in the transaction of what it wrote: of
//! several nodes one takes a message, and a node that dies has done nothing or everything of a step. (Counters in memory,
//! flushed now and then, would lose what a dead process had not flushed, and could count a repeated delivery.)
//!
//! On PostgreSQL numbers are handed out before their transactions commit, so a smaller one may appear after a larger. A
//! reader there first notes a [`Horizon`], the largest number to be seen and the transaction number of that moment; what
//! lies below it is read when every transaction that ran then has come to its end. SQLite has one writer: its numbers
//! appear in order. (Why not with gaps, as the inbox does it: `reading.rs`.)

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};
use tokio_util::sync::CancellationToken;

use super::reading::{self, Full};
use crate::{
    Result,
    db::{self, Db},
};

/// How long a reader rests when nothing new is there.
const REST: Duration = Duration::from_secs(1);
/// How long it rests after it failed.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Between two full steps, so that going over years of messages leaves the database to others.
const BREATH: Duration = Duration::from_millis(20);
/// How many numbers a step of [`follow`] goes over at most.
const STEP: i64 = 2_000;

/// Whether a reader may go on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There may be more.
    More,
    /// All is read that can be.
    Rest,
}

/// What lies before a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Rows to be read now.
    Span(Span),
    /// Nothing yet, but the next look may find something.
    Look,
    /// Nothing new.
    Rest,
}

/// The numbers above `from` and up to `until`: no row can appear among them any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

/// One durable reader of a table whose rows have growing numbers and are never renumbered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    name: &'static str,
    table: &'static str,
}

#[derive(FromQueryResult)]
struct Cursor {
    done_id: i64,
    horizon_id: i64,
    horizon_xid: i64,
}

impl Reader {
    /// The reader `name` of the messages. A new one begins with the first message.
    pub(crate) const fn of_messages(name: &'static str) -> Self {
        Self { name, table: "messages" }
    }

    /// The reader `name` of another table with a growing `id`.
    pub(crate) const fn of(table: &'static str, name: &'static str) -> Self {
        Self { name, table }
    }

    /// What is to be read next, at most `step` numbers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn next(self, db: &Db, step: i64) -> Result<Next> {
        const READ: &str = "SELECT done_id, horizon_id, horizon_xid FROM message_cursors WHERE name = $1";
        let cursor = Cursor::find_by_statement(db::statement(db.read(), READ, [self.name.into()])).one(db.read());
        let Some(cursor) = cursor.await? else {
            const BEGIN: &str = "INSERT INTO message_cursors (name, done_id, horizon_id, horizon_xid) \
                                 VALUES ($1, 0, 0, 0) ON CONFLICT (name) DO NOTHING";
            db.execute(BEGIN, [self.name.into()]).await?;
            return Ok(Next::Look);
        };
        let up_to = |horizon: i64| {
            Next::Span(Span { from: cursor.done_id, until: horizon.min(cursor.done_id.saturating_add(step)) })
        };
        if db.is_sqlite() {
            let latest = Horizon::now(db, self.table).await?.id;
            return Ok(if latest > cursor.done_id { up_to(latest) } else { Next::Rest });
        }
        if cursor.done_id < cursor.horizon_id {
            let horizon = Horizon { id: cursor.horizon_id, xid: cursor.horizon_xid };
            return Ok(if horizon.is_settled(db).await? { up_to(horizon.id) } else { Next::Rest });
        }
        let horizon = Horizon::now(db, self.table).await?;
        if horizon.id <= cursor.horizon_id {
            return Ok(Next::Rest);
        }
        const NOTE: &str = "UPDATE message_cursors SET horizon_id = $1, horizon_xid = $2 \
                            WHERE name = $3 AND horizon_id = $4";
        let values = [horizon.id.into(), horizon.xid.into(), self.name.into(), cursor.horizon_id.into()];
        db.execute(NOTE, values).await?;
        Ok(Next::Look)
    }

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        self.name
    }

    /// Notes a later horizon although what lies below the last one is not read: for a reader that takes whole blocks only,
    /// and was given a smaller span.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn look_further(self, db: &Db) -> Result<()> {
        if db.is_sqlite() {
            return Ok(());
        }
        let horizon = Horizon::now(db, self.table).await?;
        const NOTE: &str =
            "UPDATE message_cursors SET horizon_id = $1, horizon_xid = $2 WHERE name = $3 AND horizon_id < $1";
        db.execute(NOTE, [horizon.id.into(), horizon.xid.into(), self.name.into()]).await?;
        Ok(())
    }

    /// Notes in the transaction of what was made of it that `span` is read. False when another node was faster: then the
    /// transaction is to be dropped.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn pass<C: ConnectionTrait>(self, tx: &C, span: Span) -> Result<bool> {
        const SQL: &str = "UPDATE message_cursors SET done_id = $1 WHERE name = $2 AND done_id = $3";
        Ok(db::execute(tx, SQL, [span.until.into(), self.name.into(), span.from.into()]).await? == 1)
    }

    /// Takes step after step until `stop`.
    pub(crate) async fn run<T>(self, step: impl Fn() -> T, stop: CancellationToken)
    where
        T: Future<Output = Result<Step>>,
    {
        let mut rest = BREATH;
        while tokio::time::timeout(rest, stop.cancelled()).await.is_err() {
            rest = self.rest_after(step().await);
        }
    }

    /// How long to rest after a step. One that failed is taken again later.
    pub(crate) fn rest_after(self, step: Result<Step>) -> Duration {
        match step {
            Ok(Step::More) => BREATH,
            Ok(Step::Rest) => REST,
            Err(error) => {
                // An outage is told of where it hurts; nothing is lost here.
                tracing::warn!(reader = self.name, %error, "could not follow what came, trying again");
                metrics::counter!("puzi_follow_failures_total", "reader" => self.name).increment(1);
                REST_AFTER_FAILURE
            }
        }
    }
}

/// Gives the reader `name` each message of `kinds` once (all of them when none is named), in order, until `stop`: what
/// came in and what went out. `take` writes in the transaction it is given, and nowhere else; when it fails, its step is
/// undone and tried again.
pub(crate) async fn follow<F>(
    db: Db,
    name: &'static str,
    kinds: &'static [&'static str],
    take: F,
    stop: CancellationToken,
) where
    F: AsyncFn(&DatabaseTransaction, &[Full]) -> Result<()>,
{
    Reader::of_messages(name).run(|| step(&db, name, kinds, &take), stop).await;
}

/// One step of [`follow`].
///
/// # Errors
/// When the database does not answer, or `take` fails.
pub(crate) async fn step<F>(db: &Db, name: &'static str, kinds: &[&str], take: &F) -> Result<Step>
where
    F: AsyncFn(&DatabaseTransaction, &[Full]) -> Result<()>,
{
    let reader = Reader::of_messages(name);
    let span = match reader.next(db, STEP).await? {
        Next::Span(span) => span,
        Next::Look => return Ok(Step::More),
        Next::Rest => return Ok(Step::Rest),
    };
    let messages = reading::between(db, span.from, span.until, kinds).await?;
    let tx = db.begin_write().await?;
    if reader.pass(&*tx, span).await? {
        if !messages.is_empty() {
            take(&tx, &messages).await?;
        }
        tx.commit().await?;
    }
    Ok(Step::More)
}

/// Holds the reader `name` of the messages where it is until the end of `tx`. Gives how far it has read: 0 when it has not begun.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn hold<C: ConnectionTrait>(tx: &C, name: &str) -> Result<i64> {
    const SQL: &str = "UPDATE message_cursors SET done_id = done_id WHERE name = $1 RETURNING done_id";
    let row = tx.query_one_raw(db::statement(tx, SQL, [name.into()])).await?;
    Ok(row.map(|row| row.try_get("", "done_id")).transpose()?.unwrap_or_default())
}

/// How far there are rows, as of one moment. Below it none can appear once it [is settled](Horizon::is_settled).
#[derive(Debug, Clone, Copy, FromQueryResult)]
struct Horizon {
    /// The largest number to be seen, 0 without any.
    id: i64,
    /// The number of the first transaction that had not begun; 0 on SQLite.
    xid: i64,
}

impl Horizon {
    /// As of now.
    async fn now(db: &Db, table: &str) -> Result<Self> {
        let xid =
            if db.is_sqlite() { "0" } else { "CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)" };
        // One statement: both numbers are of one moment.
        let sql = format!("SELECT COALESCE(MAX(id), 0) AS id, {xid} AS xid FROM {table}");
        let horizon = Self::find_by_statement(db::statement(db.read(), &sql, [])).one(db.read()).await?;
        Ok(horizon.unwrap_or(Self { id: 0, xid: 0 }))
    }

    /// Whether every transaction that ran when it was noted has come to its end.
    async fn is_settled(self, db: &Db) -> Result<bool> {
        let sql = "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) >= $1 AS settled";
        let row = db.read().query_one_raw(db::statement(db.read(), sql, [self.xid.into()])).await?;
        Ok(row.is_some_and(|row| row.try_get("", "settled").unwrap_or(false)))
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
