//! The words by which followers are found: names, openid, the code of a made name, and the account's own word, which
//! keeps a question to one account from reading the others'.

use sea_orm::{ConnectionTrait, Value};

use super::face;
use crate::{Result, db, words};

/// Followers whose words are written at a time.
const AT_ONCE: usize = 500;
/// Followers of one name that a search looks at, the newest of them.
const LOOKED_AT: usize = 2_000;

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

/// The word that all followers of an account have.
fn own(account: i64) -> String {
    format!("acct{account}")
}

/// Those of an account whom `query` names and with whom there is a conversation, the latest first, at most `limit`; of more
/// than some thousand of that name those who turned up last.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn spoken<C: ConnectionTrait>(on: &C, account: i64, query: &str, limit: usize) -> Result<Vec<String>> {
    let sqlite = on.get_database_backend() == sea_orm::DbBackend::Sqlite;
    let mut values: Vec<Value> = vec![account.into(), query.trim().into()];
    let named = words::newest(sqlite, "followers", (query, &own(account)), LOOKED_AT, &mut values);
    let named = named.unwrap_or_else(|| "1 = 0".into());
    // The openid by itself too: the words of somebody new are written a moment later.
    // Of which account they are, the index tells: asked of the table too, SQLite would walk through all of the account.
    let sql = format!(
        "SELECT c.account_id AS account_id, c.openid AS openid FROM \
         (SELECT account_id, openid FROM followers WHERE {named} \
         UNION SELECT account_id, openid FROM followers WHERE account_id = $1 AND openid = $2) AS f \
         JOIN chats c ON c.account_id = f.account_id AND c.openid = f.openid ORDER BY c.last_at DESC LIMIT {limit}"
    );
    let mut openids = Vec::new();
    for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
        if row.try_get::<i64>("", "account_id")? == account {
            openids.push(row.try_get("", "openid")?);
        }
    }
    Ok(openids)
}

/// The text whose words find a follower.
pub fn text(account: i64, openid: &str, nickname: Option<&str>, remark: &str) -> String {
    format!("{}\n{remark}\n{openid}\n{}\n{}\n", nickname.unwrap_or_default(), face::code(openid), own(account))
}
