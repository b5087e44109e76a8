//! Materials as a broadcast sees them.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::{
    Result,
    db::{self, now_ms},
};

/// How many a choice offers.
const OFFERED: usize = 100;

/// A material as it can be sent.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Sendable {
    /// Row number.
    pub(crate) id: i64,
    /// What it is called.
    pub(crate) name: String,
    /// There is a small picture of it, or one can be made.
    pub(crate) has_thumbnail: bool,
    /// WeChat's number of it; none when WeChat has let it go.
    pub(crate) media_id: Option<String>,
    /// What it is by: another one when another file takes its place, the same when it is only uploaded anew.
    pub(crate) mark: Option<String>,
}

// A lasting one outlives what is uploaded for three days. What ends there was uploaded here, so its file is known.
const SELECT: &str = "SELECT id, name, (pictured OR (kind = 'image' AND lasting_id IS NOT NULL)) AS has_thumbnail, \
                      COALESCE(lasting_id, CASE WHEN expires_at > $3 THEN passing_id END) AS media_id, \
                      COALESCE(lasting_id, file, passing_id) AS mark \
                      FROM materials WHERE account_id = $1 AND kind = $2 AND deleted_at IS NULL AND state = 'ready'";

/// The material `id` of an account, when it is of this kind.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn sendable<C: ConnectionTrait>(
    on: &C,
    account: i64,
    kind: &str,
    id: i64,
) -> Result<Option<Sendable>> {
    let sql = format!("{SELECT} AND id = $4");
    let values: [Value; 4] = [account.into(), kind.into(), now_ms().into(), id.into()];
    Ok(Sendable::find_by_statement(db::statement(on, &sql, values)).one(on).await?)
}

/// The materials of an account and a kind that WeChat has, the latest first: up to 100.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn all_sendable<C: ConnectionTrait>(on: &C, account: i64, kind: &str) -> Result<Vec<Sendable>> {
    let sql = format!("{SELECT} AND (lasting_id IS NOT NULL OR expires_at > $3) ORDER BY id DESC LIMIT {OFFERED}");
    let values: [Value; 3] = [account.into(), kind.into(), now_ms().into()];
    Ok(Sendable::find_by_statement(db::statement(on, &sql, values)).all(on).await?)
}
