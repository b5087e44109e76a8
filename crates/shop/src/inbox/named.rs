//! What agents of WeChat's customer service are called where they stand in a conversation.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, Value};

use super::sources::Source;
use crate::{
    Result,
    db::{self, Db},
};

/// Names that `account@wechat-id` may stand in.
fn places(source: &mut Source) -> Vec<&mut String> {
    match source {
        Source::Record(record) if record.ours => vec![&mut record.worker],
        Source::Line(line) if line.kind.starts_with("kf_") => vec![&mut line.actor, &mut line.other],
        _ => Vec::new(),
    }
}

/// Puts nicknames in the place of agents' accounts. Who is not known here, or was deleted before Puzi knew them, keeps
/// the account.
pub(super) async fn name_agents(db: &Db, account: i64, sources: &mut [Source]) -> Result<()> {
    let all = sources.iter_mut().flat_map(places).filter(|name| name.contains('@'));
    let asked: BTreeSet<String> = all.map(|name| name.clone()).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let numbers: Vec<_> = (2..2 + asked.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT kf_account, nickname FROM agents WHERE account_id = $1 AND nickname <> '' AND kf_account IN ({})",
        numbers.join(", ")
    );
    let values = std::iter::once(Value::from(account)).chain(asked.into_iter().map(Value::from));
    let on = db.read();
    let mut names = HashMap::new();
    for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
        names.insert(row.try_get::<String>("", "kf_account")?, row.try_get::<String>("", "nickname")?);
    }
    for name in sources.iter_mut().flat_map(places) {
        if let Some(nickname) = names.get(name.as_str()) {
            name.clone_from(nickname);
        }
    }
    Ok(())
}
