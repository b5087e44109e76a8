//! What agents of WeChat's customer service are called where they stand in a conversation.

use super::sources::Source;
use crate::{Result, accounts::Reach, agents, db::Db};

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
    let names = agents::nicknames(db, &Reach::of([account]), all.map(|name| name.clone()).collect()).await?;
    for name in sources.iter_mut().flat_map(places) {
        if let Some(nickname) = names.get(name.as_str()) {
            name.clone_from(nickname);
        }
    }
    Ok(())
}
