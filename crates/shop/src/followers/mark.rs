//! Marking many at once: a tag put on or taken off, the blacklist. WeChat takes fifty (or twenty) at a time, and refuses
//! all of them for one who is wrong: a refused batch is halved until that one stands alone, and is told by name.

use std::collections::{HashMap, HashSet};

use puzi_wechat::client::{ApiError, Client, Condition, ErrorKind};
use sea_orm::{ConnectionTrait, Value};
use serde::{Deserialize, Serialize};

use super::{
    LOCK,
    filter::{Chosen, Filter},
    tags,
};
use crate::{Result, db};

/// Whom to mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// These, by row number.
    Ids(Vec<i64>),
    /// All whom a filter chooses.
    All(Filter),
}

/// What is done to them. A tag is named by its row number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The tag is put on.
    Tag(i64),
    /// The tag is taken off.
    Untag(i64),
    /// Put on the blacklist.
    Block,
    /// Taken off the blacklist.
    Unblock,
}

impl Mark {
    /// The tag it is about.
    pub fn tag(self) -> Option<i64> {
        match self {
            Self::Tag(id) | Self::Untag(id) => Some(id),
            Self::Block | Self::Unblock => None,
        }
    }

    /// The permission it takes.
    pub fn permission(self) -> &'static str {
        if self.tag().is_some() { "followers.tag" } else { "followers.block" }
    }

    /// The word in addresses, programs and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tag(_) => "tag",
            Self::Untag(_) => "untag",
            Self::Block => "block",
            Self::Unblock => "unblock",
        }
    }

    /// From its word, with the tag where there is one.
    pub fn from_word(word: &str, tag: Option<i64>) -> Option<Self> {
        match (word, tag) {
            ("tag", Some(id)) => Some(Self::Tag(id)),
            ("untag", Some(id)) => Some(Self::Untag(id)),
            ("block", _) => Some(Self::Block),
            ("unblock", _) => Some(Self::Unblock),
            _ => None,
        }
    }

    /// How many one call takes.
    pub(crate) fn batch(self) -> usize {
        if self.tag().is_some() { 50 } else { 20 }
    }
}

/// Somebody who was not marked, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unmarked {
    pub(crate) id: i64,
    pub(crate) openid: String,
    pub(crate) errcode: Option<i64>,
    /// WeChat's words, or the key of ours.
    pub(crate) detail: String,
}

/// A batch, taken apart before WeChat is asked.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// To be marked.
    pub(crate) ask: Vec<Chosen>,
    /// Of whom WeChat would say no.
    pub(crate) unmarked: Vec<Unmarked>,
}

/// Who of `people` has to be marked. Who is so already is left out: nothing is to be done, and nothing is wrong.
pub(crate) async fn sort<C: ConnectionTrait>(on: &C, what: Mark, people: Vec<Chosen>) -> Result<Sorted> {
    let ids: Vec<i64> = people.iter().map(|one| one.id).collect();
    let (having, counts) = match what.tag() {
        Some(tag) => (having(on, tag, &ids).await?, tag_counts(on, &ids).await?),
        None => Default::default(),
    };
    let mut sorted = Sorted::default();
    for one in people {
        let no = |key: &str| Unmarked { id: one.id, openid: one.openid.clone(), errcode: None, detail: key.to_owned() };
        let done = match what {
            Mark::Tag(_) => having.contains(&one.id),
            Mark::Untag(_) => !having.contains(&one.id),
            Mark::Block => one.blocked,
            Mark::Unblock => !one.blocked,
        };
        if done {
            continue;
        }
        match what {
            // Who has left can be put on the blacklist and taken off it, but has no tags.
            Mark::Tag(_) | Mark::Untag(_) if !one.subscribed => sorted.unmarked.push(no("runs.not_following")),
            Mark::Tag(_) if counts.get(&one.id).is_some_and(|count| *count >= tags::EACH) => {
                sorted.unmarked.push(no("runs.tags_full"));
            }
            _ => sorted.ask.push(one),
        }
    }
    Ok(sorted)
}

async fn having<C: ConnectionTrait>(on: &C, tag: i64, ids: &[i64]) -> Result<HashSet<i64>> {
    let sql =
        format!("SELECT follower_id AS id FROM follower_tags WHERE tag_id = $1 AND follower_id IN ({})", list(ids));
    let rows = on.query_all_raw(db::statement(on, &sql, [tag.into()])).await?;
    rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

async fn tag_counts<C: ConnectionTrait>(on: &C, ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let sql = format!(
        "SELECT follower_id AS id, COUNT(*) AS n FROM follower_tags WHERE follower_id IN ({}) GROUP BY follower_id",
        list(ids)
    );
    let rows = on.query_all_raw(db::statement(on, &sql, [])).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "n")?))).collect()
}

/// Numbers of ours, written out; one that no row has when there are none.
fn list(ids: &[i64]) -> String {
    if ids.is_empty() { "0".into() } else { ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ") }
}

/// What became of a batch at WeChat.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) done: Vec<Chosen>,
    pub(crate) unmarked: Vec<Unmarked>,
}

/// Tells WeChat; `wechat_id` is its number of the tag. Asking again for those who are marked already does no harm, so a
/// batch may be told twice.
///
/// # Errors
/// What is nobody's of the batch: a tag that is gone, a permission, a quota, a connection. Then nothing of the batch
/// counts as done.
pub(crate) async fn tell(client: &Client, what: Mark, wechat_id: i64, people: Vec<Chosen>) -> Result<Told, ApiError> {
    let mut told = Told::default();
    let mut waiting = vec![people];
    while let Some(mut batch) = waiting.pop() {
        if batch.is_empty() {
            continue;
        }
        let openids: Vec<&str> = batch.iter().map(|one| one.openid.as_str()).collect();
        let tags = client.tags();
        let answer = match what {
            Mark::Tag(_) => tags.tag(&openids, wechat_id).await,
            Mark::Untag(_) => tags.untag(&openids, wechat_id).await,
            Mark::Block => tags.block(&openids).await,
            Mark::Unblock => tags.unblock(&openids).await,
        };
        match answer {
            Ok(()) => told.done.append(&mut batch),
            Err(error) if !is_somebodys(&error) => return Err(error),
            Err(error) if batch.len() == 1 => {
                let Chosen { id, openid, .. } = batch.remove(0);
                told.unmarked.push(Unmarked { id, openid, errcode: error.errcode, detail: error.errmsg });
            }
            Err(_) => {
                let half = batch.split_off(batch.len() / 2);
                waiting.push(half);
                waiting.push(batch);
            }
        }
    }
    Ok(told)
}

/// Whether it is one of the batch who is wrong.
fn is_somebodys(error: &ApiError) -> bool {
    let kind = matches!(error.kind, ErrorKind::CallerMistake | ErrorKind::BusinessState);
    kind && !is_tag_gone(error) && !error.is(Condition::NotPermitted) && !error.is(Condition::QuotaUsedUp)
}

/// Whether the same call may succeed in a moment.
pub(crate) fn passes(error: &ApiError) -> bool {
    matches!(error.kind, ErrorKind::RetryLater | ErrorKind::Transport) && !error.is(Condition::QuotaUsedUp)
}

/// Whether WeChat has the tag no longer.
pub(crate) fn is_tag_gone(error: &ApiError) -> bool {
    error.errcode == Some(45159)
}

/// Writes down here what was done at WeChat.
pub(crate) async fn keep<C: ConnectionTrait>(tx: &C, what: Mark, done: &[Chosen]) -> Result<()> {
    if done.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = done.iter().map(|one| one.id).collect();
    let ids = list(&ids);
    if tx.get_database_backend() != sea_orm::DbBackend::Sqlite {
        let sql = format!("SELECT id FROM followers WHERE id IN ({ids}) ORDER BY openid{LOCK}");
        tx.query_all_raw(db::statement(tx, &sql, [])).await?;
    }
    // What a synchronisation asked for before this is older, and does not undo it.
    let sql = format!("UPDATE followers SET marked_at = $1 WHERE id IN ({ids})");
    db::execute(tx, &sql, [db::now_ms().into()]).await?;
    match what {
        Mark::Tag(tag) => {
            let sql = format!(
                "INSERT INTO follower_tags (tag_id, follower_id) SELECT $1, id FROM followers WHERE id IN ({ids}) \
                 AND EXISTS (SELECT 1 FROM tags WHERE tags.id = $1 AND wechat_id >= 0) ON CONFLICT DO NOTHING"
            );
            let added = db::execute(tx, &sql, [tag.into()]).await?;
            count(tx, tag, i64::try_from(added).unwrap_or_default()).await
        }
        Mark::Untag(tag) => {
            let sql = format!("DELETE FROM follower_tags WHERE tag_id = $1 AND follower_id IN ({ids})");
            let gone = db::execute(tx, &sql, [tag.into()]).await?;
            count(tx, tag, -i64::try_from(gone).unwrap_or_default()).await
        }
        Mark::Block | Mark::Unblock => {
            let sql = format!("UPDATE followers SET blocked = $1 WHERE id IN ({ids})");
            db::execute(tx, &sql, [(what == Mark::Block).into()]).await?;
            Ok(())
        }
    }
}

async fn count<C: ConnectionTrait>(tx: &C, tag: i64, change: i64) -> Result<()> {
    const SQL: &str =
        "UPDATE tags SET followers = CASE WHEN followers + $1 > 0 THEN followers + $1 ELSE 0 END WHERE id = $2";
    if change != 0 {
        let values: [Value; 2] = [change.into(), tag.into()];
        db::execute(tx, SQL, values).await?;
    }
    Ok(())
}
