//! Who can be written to: they follow and are not blacklisted.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, Value};

use crate::{Result, db};

/// Openids of one statement.
const AT_ONCE: usize = 500;

/// Those of `openids` who can be written to.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn reachable<C: ConnectionTrait>(on: &C, account: i64, openids: &[String]) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for some in openids.chunks(AT_ONCE) {
        let places: Vec<_> = (2..2 + some.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT openid FROM followers WHERE account_id = $1 AND openid IN ({}) AND subscribed = TRUE AND blocked = FALSE",
            places.join(", ")
        );
        let values = std::iter::once(Value::from(account)).chain(some.iter().map(|openid| openid.as_str().into()));
        for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
            found.insert(row.try_get("", "openid")?);
        }
    }
    Ok(found)
}

/// How many follow an account, to the last one: over a million rows that takes a moment, so no page asks it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn following<C: ConnectionTrait>(on: &C, account: i64) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) AS n FROM followers WHERE account_id = $1 AND subscribed = TRUE";
    db::one_number(on, SQL, [account.into()]).await
}
