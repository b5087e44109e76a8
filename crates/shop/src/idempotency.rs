//! Requests that may be sent twice and happen once: a key of the client's choosing, kept for a day with its answer.
//!
//! A key is claimed before anything happens, and the change itself marks the claim in its own transaction. So a claim
//! whose process died tells whether its change happened: marked, it did; not marked, it did not and never will.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Result,
    db::{self, Db, now_ms},
};

/// How long a key is kept, in milliseconds.
const KEPT_MS: i64 = 24 * 3_600_000;
/// No request lives longer than this, in milliseconds: a claim older than it is nobody's.
const LONGEST_REQUEST_MS: i64 = 60_000;
/// Old keys taken away with each new one: the table shrinks faster than it grows.
const TRIMMED: i64 = 20;

/// A request that carries a key.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose key it is, such as `token:7`: two clients may choose the same key.
    pub client: String,
    /// The key.
    pub key: String,
    /// What was asked: method, path and body, hashed.
    pub fingerprint: String,
}

/// In the place of a record's row number: begun, and nobody knows how it ended unless there is an answer.
pub const BEGUN: i64 = -1;

/// A claim that is held. Its time is part of it: who was taken for dead and is not must not change anything any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    id: i64,
    claimed_at: i64,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is this request's now.
    Mine(Ticket),
    /// It was answered before, and so.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The change happened, and its process died before it answered: the record's row number. [`BEGUN`]: it was begun
    /// outside of any transaction of ours, and nobody knows.
    Happened(i64),
    /// Somebody is at it.
    Running,
    /// The key came with another request before.
    Another,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    fingerprint: String,
    status: Option<i32>,
    body: Option<String>,
    record_id: Option<i64>,
    claimed_at: i64,
}

/// Claims the key of `request`.
///
/// # Errors
/// Those of the database.
pub async fn claim(db: &Db, request: &Request) -> Result<Claim> {
    const INSERT: &str = "INSERT INTO idempotency_keys (client, key, fingerprint, claimed_at) VALUES ($1, $2, $3, $4) \
                          ON CONFLICT (client, key) DO NOTHING RETURNING id";
    const TRIM: &str = "DELETE FROM idempotency_keys WHERE id IN \
                        (SELECT id FROM idempotency_keys WHERE claimed_at < $1 ORDER BY claimed_at LIMIT $2)";
    let (now, tx) = (now_ms(), db.begin_write().await?);
    db::execute(&*tx, TRIM, [(now - KEPT_MS).into(), TRIMMED.into()]).await?;
    let (client, key) = (request.client.as_str(), request.key.as_str());
    let values = [client.into(), key.into(), request.fingerprint.as_str().into(), now.into()];
    if let Some(row) = tx.query_one_raw(db::statement(&*tx, INSERT, values)).await? {
        let ticket = Ticket { id: row.try_get("", "id")?, claimed_at: now };
        tx.commit().await?;
        return Ok(Claim::Mine(ticket));
    }
    let claim = match find(&*tx, client, key).await? {
        // Trimmed between the two statements, on PostgreSQL: as good as running; the client comes again.
        None => Claim::Running,
        Some(row) if row.fingerprint != request.fingerprint => Claim::Another,
        Some(Row { status: Some(status), body, .. }) => {
            let status = u16::try_from(status).unwrap_or(200);
            Claim::Answered { status, body: body.unwrap_or_default() }
        }
        Some(row) if row.claimed_at > now - LONGEST_REQUEST_MS => Claim::Running,
        Some(Row { record_id: Some(id), .. }) => Claim::Happened(id),
        Some(row) if take_over(&*tx, &row, now).await? => Claim::Mine(Ticket { id: row.id, claimed_at: now }),
        Some(_) => Claim::Running,
    };
    tx.commit().await?;
    Ok(claim)
}

async fn find<C: ConnectionTrait>(on: &C, client: &str, key: &str) -> Result<Option<Row>> {
    const SQL: &str = "SELECT id, fingerprint, status, body, record_id, claimed_at FROM idempotency_keys \
                       WHERE client = $1 AND key = $2";
    Ok(Row::find_by_statement(db::statement(on, SQL, [client.into(), key.into()])).one(on).await?)
}

async fn take_over<C: ConnectionTrait>(tx: &C, row: &Row, now: i64) -> Result<bool> {
    const SQL: &str = "UPDATE idempotency_keys SET claimed_at = $1 WHERE id = $2 AND claimed_at = $3 \
                       AND status IS NULL AND record_id IS NULL";
    Ok(db::execute(tx, SQL, [now.into(), row.id.into(), row.claimed_at.into()]).await? == 1)
}

/// Marks, in the transaction of the change itself, that it happened to the record `record_id`. False when the claim is
/// not this request's any more: then the change must not happen either.
pub async fn mark<C: ConnectionTrait>(tx: &C, ticket: Ticket, record_id: i64) -> Result<bool> {
    const SQL: &str = "UPDATE idempotency_keys SET record_id = $1 WHERE id = $2 AND claimed_at = $3 \
                       AND status IS NULL AND record_id IS NULL";
    Ok(db::execute(tx, SQL, [record_id.into(), ticket.id.into(), ticket.claimed_at.into()]).await? == 1)
}

/// Keeps the answer, for whoever sends the same request again.
pub async fn answer(db: &Db, ticket: Ticket, status: u16, body: &str) -> Result<()> {
    const SQL: &str = "UPDATE idempotency_keys SET status = $1, body = $2 WHERE id = $3 AND claimed_at = $4";
    db.execute(SQL, [i32::from(status).into(), body.into(), ticket.id.into(), ticket.claimed_at.into()]).await?;
    Ok(())
}

/// Gives the key back after a refusal: nothing happened, and the client may try again with it.
pub async fn release(db: &Db, ticket: Ticket) -> Result<()> {
    const SQL: &str = "DELETE FROM idempotency_keys WHERE id = $1 AND claimed_at = $2 AND status IS NULL";
    db.execute(SQL, [ticket.id.into(), ticket.claimed_at.into()]).await?;
    Ok(())
}

#[cfg(test)]
#[path = "idempotency_tests.rs"]
mod tests;
