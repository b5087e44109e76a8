//! Pushes that were WeChat's and still could not be read: kept for the operator, the latest thousand.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Result,
    db::{self, Db, now_ms},
};

/// Older ones go.
const KEPT: i64 = 1_000;

/// A push that was refused with 400.
#[derive(Debug, Clone, FromQueryResult)]
pub struct RefusedPush {
    /// Row number.
    pub id: i64,
    /// The account's slug.
    pub account: String,
    /// The reason's short name, as in the metrics.
    pub label: String,
    /// The reason in words.
    pub reason: String,
    /// It came encrypted; the body is as it came.
    pub encrypted: bool,
    /// The raw body.
    pub body: String,
    /// Unix ms.
    pub received_at: i64,
}

/// A refused push as it is kept, for whoever opens it again.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct KeptPush {
    pub(crate) account_id: i64,
    pub(crate) reason: String,
    pub(crate) encrypted: bool,
    pub(crate) body: String,
    /// Unix ms.
    pub(crate) received_at: i64,
}

/// The refused push `id`.
pub(crate) async fn kept<C: ConnectionTrait>(on: &C, id: i64) -> Result<Option<KeptPush>> {
    const SQL: &str = "SELECT account_id, reason, encrypted, body, received_at FROM refused_pushes WHERE id = $1";
    Ok(KeptPush::find_by_statement(db::statement(on, SQL, [id.into()])).one(on).await?)
}

/// Keeps a refused push; `call_key` leads to it from its line in the record of calls.
pub async fn keep_refused(
    db: &Db,
    account_id: i64,
    label: &str,
    reason: &str,
    encrypted: bool,
    body: &str,
    call_key: &[u8; 24],
) -> Result<()> {
    const INSERT: &str = "INSERT INTO refused_pushes (account_id, label, reason, encrypted, body, received_at, \
                          call_key) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let tx = db.begin_write().await?;
    // PostgreSQL takes no NUL in a text.
    let body = body.replace('\0', "\u{FFFD}");
    let (now, key) = (now_ms().into(), call_key.to_vec().into());
    let values = [account_id.into(), label.into(), reason.into(), encrypted.into(), body.into(), now, key];
    db::execute(&*tx, INSERT, values).await?;
    let sql = "DELETE FROM refused_pushes WHERE id <= (SELECT MAX(id) FROM refused_pushes) - $1";
    db::execute(&*tx, sql, [KEPT.into()]).await?;
    tx.commit().await
}

/// The latest refused pushes of one account, the newest first: those among the latest thousand of all accounts.
pub async fn refused_of(db: &Db, account_id: i64, limit: u32) -> Result<Vec<RefusedPush>> {
    let sql = format!(
        "SELECT r.id, a.slug AS account, r.label, r.reason, r.encrypted, r.body, r.received_at \
         FROM refused_pushes r JOIN accounts a ON a.id = r.account_id WHERE r.account_id = $1 \
         ORDER BY r.id DESC LIMIT {limit}"
    );
    let statement = db::statement(db.read(), &sql, [account_id.into()]);
    Ok(RefusedPush::find_by_statement(statement).all(db.read()).await?)
}

/// The latest refused pushes, the newest first.
pub async fn refused(db: &Db, limit: u32) -> Result<Vec<RefusedPush>> {
    let sql = format!(
        "SELECT r.id, a.slug AS account, r.label, r.reason, r.encrypted, r.body, r.received_at \
         FROM refused_pushes r JOIN accounts a ON a.id = r.account_id ORDER BY r.id DESC LIMIT {limit}"
    );
    Ok(RefusedPush::find_by_statement(db::statement(db.read(), &sql, [])).all(db.read()).await?)
}
