//! What agents are called.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, Value};

use crate::{
    Result,
    accounts::Reach,
    db::{self, Db},
};

/// The nicknames of these agents (`account@wechat-id`) of the accounts within `reach`. Who is not known here, or was deleted
/// before Puzi knew them, has none.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn nicknames(db: &Db, reach: &Reach, agents: BTreeSet<String>) -> Result<HashMap<String, String>> {
    let mut names = HashMap::new();
    if agents.is_empty() {
        return Ok(names);
    }
    let mut values = Vec::new();
    let seen = reach.sql("account_id", &mut values);
    let places: Vec<_> = (1..=agents.len()).map(|n| format!("${}", values.len() + n)).collect();
    values.extend(agents.into_iter().map(Value::from));
    let sql = format!(
        "SELECT kf_account, nickname FROM agents WHERE nickname <> '' AND kf_account IN ({}){seen}",
        places.join(", ")
    );
    let on = db.read();
    for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
        names.insert(row.try_get("", "kf_account")?, row.try_get("", "nickname")?);
    }
    Ok(names)
}
