//! Drafts as a broadcast sees them.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{Result, db};

/// How many a choice offers.
const OFFERED: usize = 100;

/// A draft as it can be sent.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Sendable {
    /// Row number.
    pub(crate) id: i64,
    /// Title of its first article.
    pub(crate) title: String,
    /// JSON of its articles.
    pub(crate) articles: String,
    /// WeChat's number of it, while WeChat has what stands here.
    pub(crate) media_id: Option<String>,
}

const SELECT: &str = "SELECT id, title, articles, \
                      CASE WHEN state = 'saved' AND saved_version = version THEN media_id END AS media_id FROM drafts \
                      WHERE account_id = $1 AND deleted_at IS NULL";

/// The draft `id` of an account, whether or not WeChat has it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn sendable<C: ConnectionTrait>(on: &C, account: i64, id: i64) -> Result<Option<Sendable>> {
    let sql = format!("{SELECT} AND id = $2");
    Ok(Sendable::find_by_statement(db::statement(on, &sql, [account.into(), id.into()])).one(on).await?)
}

/// The drafts of an account that WeChat has as they stand here, the latest first: up to 100.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn all_sendable<C: ConnectionTrait>(on: &C, account: i64) -> Result<Vec<Sendable>> {
    let sql = format!(
        "{SELECT} AND state = 'saved' AND saved_version = version AND media_id IS NOT NULL ORDER BY id DESC LIMIT {OFFERED}"
    );
    Ok(Sendable::find_by_statement(db::statement(on, &sql, [account.into()])).all(on).await?)
}
