//! The words by which followers are found: names, openid, the code of a made name, and the account's own word, which
//! keeps a question to one account from reading the others'.

use sea_orm::ConnectionTrait;

use super::face;
use crate::{Result, db, words};

/// Followers whose words are written at a time.
const AT_ONCE: usize = 500;

/// Writes the words of these followers into the search index, in place of those before.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn index<C: ConnectionTrait>(tx: &C, ids: &[i64]) -> Result<()> {
    for part in ids.chunks(AT_ONCE) {
        let places = (1..=part.len()).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT id, account_id, openid, nickname, remark FROM followers WHERE id IN ({places})");
        let found = tx.query_all_raw(db::statement(tx, &sql, part.iter().map(|id| (*id).into()))).await?;
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let nickname: Option<String> = row.try_get("", "nickname")?;
            let (openid, remark): (String, String) = (row.try_get("", "openid")?, row.try_get("", "remark")?);
            let text = text(row.try_get("", "account_id")?, &openid, nickname.as_deref(), &remark);
            rows.push((row.try_get("", "id")?, text));
        }
        words::store(tx, "followers", &rows).await?;
    }
    Ok(())
}

/// The text whose words find a follower.
pub fn text(account: i64, openid: &str, nickname: Option<&str>, remark: &str) -> String {
    format!("{}\n{remark}\n{openid}\n{}\nacct{account}\n", nickname.unwrap_or_default(), face::code(openid))
}
