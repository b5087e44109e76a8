//! Storing on SQLite: one connection on a thread of its own, prepared statements, many messages a commit.
//!
//! Through a connection pool every statement is a trip to another thread and back, and a row is a dozen values in boxes;
//! here a message costs a few microseconds. A rate is promised on this path.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::{
    late::LATE_ANSWER,
    store::{AnswerState, Incoming, KnownMessage, Recorded},
};
use crate::{db::now_ms, followers, jobs};

/// How long a commit waits for another process's.
const BUSY: Duration = Duration::from_secs(5);

const INSERT: &str = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
                      received_at, answer_state, answer, answered_at, rule_id, lease_until) \
                      VALUES (?1, ?2, TRUE, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
                      ON CONFLICT (account_id, dedup_key) DO NOTHING";

const FIND: &str = "SELECT answer_state, answer, answered_at, lease_until FROM messages \
                    WHERE account_id = ?1 AND dedup_key = ?2";

/// A database that is not there is an outage: it must not come back as an empty one.
fn open_existing(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// The connection that messages are stored through.
pub(super) struct Writer(Connection);

impl Writer {
    /// Opens the database in the file `path`.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = open_existing(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // FULL: what WeChat got an answer for survives a power cut, not only a crash.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -8_000)?;
        // The checkpointer does it beside us; this is for when it cannot keep up.
        connection.pragma_update(None, "wal_autocheckpoint", 32_000)?;
        Ok(Self(connection))
    }

    /// Stores `batch` in one commit and says of each message whether it was there already.
    pub(super) fn store(&mut self, batch: &[Arc<Incoming>]) -> rusqlite::Result<Vec<Recorded>> {
        let tx = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let recorded = batch.iter().map(|message| store_one(&tx, message)).collect::<rusqlite::Result<_>>()?;
        tx.commit()?;
        Ok(recorded)
    }
}

fn store_one(tx: &Transaction<'_>, m: &Incoming) -> rusqlite::Result<Recorded> {
    let inserted = tx.prepare_cached(INSERT)?.execute(params![
        m.key.account_id,
        m.openid,
        m.kind,
        m.key.push.as_slice(),
        m.summary,
        m.payload,
        m.sent_at,
        m.received_at,
        m.state.as_str(),
        m.answer,
        m.answered_at,
        m.rule_id,
        m.lease_until,
    ])?;
    if inserted == 0 {
        // Neither stored nor found is an error, not a success.
        return Ok(Recorded::Known(find(tx, m)?));
    }
    if m.from_a_person {
        let (subscribed, at, scene) = match &m.change {
            Some(change) => (change.subscribed, m.sent_at, change.scene.as_deref()),
            None => followers::NO_CHANGE,
        };
        let values = params![m.key.account_id, m.openid, subscribed, at, scene, m.received_at, m.received_at];
        tx.prepare_cached(&followers::NOTE_ONE)?.execute(values)?;
    }
    if let Some(rescue_at) = m.rescue_at {
        let payload = serde_json::to_string(&m.key).expect("a key is plain data");
        let values = params![LATE_ANSWER, m.key.job_key(), payload, rescue_at, now_ms(), m.key.account_id];
        tx.prepare_cached(jobs::PUSH)?.execute(values)?;
    }
    Ok(Recorded::New)
}

fn find(tx: &Transaction<'_>, m: &Incoming) -> rusqlite::Result<KnownMessage> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(KnownMessage {
            state: AnswerState::read(row.get_ref(0)?.as_str()?),
            answer: row.get(1)?,
            answered_at: row.get(2)?,
            lease_until: row.get(3)?,
        })
    };
    tx.prepare_cached(FIND)?.query_row(params![m.key.account_id, m.key.push.as_slice()], read)
}

/// Folds the write-ahead log into the database beside the writers, so that no commit has to.
pub(super) struct Checkpointer(Connection);

impl Checkpointer {
    /// Opens the database in the file `path`.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        Ok(Self(open_existing(path)?))
    }

    /// Copies what can be copied without stopping anybody. When nobody writes meanwhile, the log begins anew.
    pub(super) fn run(&self) -> rusqlite::Result<()> {
        self.0.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
    }
}
