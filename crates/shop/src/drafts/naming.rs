//! Which drafts need a material.

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::article::Article;
use crate::{Result, db};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    title: String,
    articles: String,
}

/// Drafts that may still be saved, published or sent and need the material: number and title.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn naming<C: ConnectionTrait>(on: &C, account_id: i64, material: i64) -> Result<Vec<(i64, String)>> {
    const OPEN: &str = "state NOT IN ('published', 'sent', 'removing', 'removed')";
    let rows = with(on, account_id, material, OPEN).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}

/// How many drafts that lie at WeChat need the material.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn saved_with<C: ConnectionTrait>(on: &C, account_id: i64, material: i64) -> Result<u64> {
    Ok(with(on, account_id, material, "media_id IS NOT NULL").await?.len() as u64)
}

async fn with<C: ConnectionTrait>(on: &C, account_id: i64, material: i64, condition: &str) -> Result<Vec<Row>> {
    let sql = format!(
        "SELECT id, title, articles FROM drafts WHERE account_id = $1 AND deleted_at IS NULL AND {condition} \
         AND articles LIKE $2 ORDER BY id"
    );
    let like = format!("%{material}%");
    let rows = Row::find_by_statement(db::statement(on, &sql, [account_id.into(), like.into()])).all(on).await?;
    let needs = |row: &Row| {
        let articles: Vec<Article> = serde_json::from_str(&row.articles).unwrap_or_default();
        articles.iter().any(|article| article.materials().any(|id| id == material))
    };
    Ok(rows.into_iter().filter(needs).collect())
}
