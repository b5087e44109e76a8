//! Writing lines to SQLite, past the pool: a line costs some two microseconds here.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params, types::ToSqlOutput};
use sea_orm::Value;

use super::{
    line::{Line, PushSeen},
    waiting::{Item, Work},
};

/// How long a transaction waits for another process's: messages of this one wait for it too.
const BUSY: Duration = Duration::from_secs(1);

const INSERT: &str = "INSERT INTO calls (account_id, at, outgoing, endpoint, us, sent, received, trouble, errcode, \
                      status, rid, attempt, node, origin, openid, message_key, errmsg, has_bodies) VALUES \
                      (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
const BODIES: &str = "INSERT INTO call_bodies (call_id, request, response) VALUES (?1, ?2, ?3)";

/// The connection that lines are written through.
pub(super) struct Lines(Connection);

impl Lines {
    /// Opens the database in the file `path`, which must be there.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // NORMAL: a power cut may take the last moments of the record, and nothing else.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", -8_000)?;
        // Others fold the log in.
        connection.pragma_update(None, "wal_autocheckpoint", 32_000)?;
        Ok(Self(connection))
    }

    /// Writes all of `work` in one transaction, or nothing of it.
    pub(super) fn write(&mut self, node: &str, work: &Work) -> rusqlite::Result<()> {
        let tx = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for item in &work.lines {
            match item {
                Item::Push(seen) => push(&tx, node, seen)?,
                Item::Call(line) => call(&tx, node, line)?,
            }
        }
        for (sql, values) in work.sums.statements() {
            let values = values.iter().map(plain).collect::<rusqlite::Result<Vec<_>>>()?;
            tx.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
        }
        tx.commit()
    }
}

fn push(tx: &Transaction<'_>, node: &str, seen: &PushSeen) -> rusqlite::Result<()> {
    let attempt = if seen.repeat { 2 } else { 1 };
    let trouble = seen.trouble.map(|trouble| trouble.as_str());
    let nothing: Option<i64> = None;
    tx.prepare_cached(INSERT)?.execute(params![
        seen.account,
        seen.at,
        false,
        seen.endpoint.name(),
        seen.us,
        seen.sent,
        seen.received,
        trouble,
        nothing,
        seen.status,
        nothing,
        attempt,
        node,
        "serve",
        nothing,
        seen.key.as_slice(),
        nothing,
        false,
    ])?;
    Ok(())
}

fn call(tx: &Transaction<'_>, node: &str, line: &Line) -> rusqlite::Result<()> {
    tx.prepare_cached(INSERT)?.execute(params![
        line.account_id,
        line.at,
        line.outgoing,
        line.endpoint,
        line.us,
        line.sent,
        line.received,
        line.trouble.map(|trouble| trouble.as_str()),
        line.errcode,
        line.status,
        line.rid,
        line.attempt,
        node,
        line.origin.as_str(),
        line.openid,
        line.message_key.as_ref().map(|key| key.as_slice()),
        line.errmsg,
        line.has_bodies(),
    ])?;
    if line.has_bodies() {
        tx.prepare_cached(BODIES)?.execute(params![tx.last_insert_rowid(), line.request, line.response])?;
    }
    Ok(())
}

/// A value as rusqlite takes it; sums have numbers, truths and texts.
fn plain(value: &Value) -> rusqlite::Result<ToSqlOutput<'_>> {
    Ok(match value {
        Value::BigInt(Some(number)) => ToSqlOutput::from(*number),
        Value::Bool(Some(truth)) => ToSqlOutput::from(*truth),
        Value::String(Some(text)) => ToSqlOutput::from(text.as_str()),
        other => return Err(rusqlite::Error::ToSqlConversionFailure(format!("{other:?} is no column's").into())),
    })
}
