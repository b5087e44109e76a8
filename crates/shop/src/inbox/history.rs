//! A conversation from its beginning, a page at a time, for files: what the timeline shows, the oldest first.

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{
    Seen,
    sources::{self, Place, Way},
    timeline::{Entry, entries},
};
use crate::{Result, conversations::reading::Whose, db};

/// Entries of one page: enough that a long file takes few questions, few enough to hold in memory.
const PAGE: usize = 500;

/// A page of a conversation, read from its beginning on.
#[derive(Debug, Clone)]
pub struct Chapter {
    /// The entries, the oldest first.
    pub entries: Vec<Entry>,
    /// What to ask for to get what came after; `None` at the end.
    pub newer: Option<String>,
}

impl Seen {
    /// The first page of what happened between an account and a follower, or the one behind `newer` as an earlier page gave it.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) when the account is not seen.
    pub async fn history(&self, whose: &Whose, newer: Option<&str>) -> Result<Chapter> {
        self.reach.must_see(whose.account_id)?;
        let from = newer.and_then(Place::read).unwrap_or(Place::BEGIN);
        let (sources, more) = sources::read(&self.shared.db, whose, from, Way::On, PAGE).await?;
        let place = sources.iter().fold(from, Place::behind);
        let entries = entries(&self.shared.db, whose.account_id, sources).await?;
        Ok(Chapter { entries, newer: more.then(|| place.to_text()) })
    }
}

/// What staff sent to this follower between `from` and `until`, Unix ms: number, kind, text and when. Also what nobody knows
/// to have arrived: who finds it elsewhere knows.
pub(crate) async fn sent_within<C: ConnectionTrait>(
    on: &C,
    whose: &Whose,
    from: i64,
    until: i64,
) -> Result<Vec<(i64, String, String, i64)>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        kind: String,
        content: String,
        state: String,
        created_at: i64,
        changed_at: i64,
    }
    // Served by the conversation's index on numbers: what staff sent to one follower is little.
    const SQL: &str = "SELECT o.id, o.kind, o.content, o.state, o.created_at, o.changed_at FROM outgoing o \
                       JOIN chats c ON c.id = o.chat_id WHERE c.account_id = $1 AND c.openid = $2 \
                       AND o.state IN ('sent', 'unknown') AND o.created_at <= $4 AND o.changed_at >= $3";
    let values = [whose.account_id.into(), whose.openid.as_str().into(), from.into(), until.into()];
    let rows = Row::find_by_statement(db::statement(on, SQL, values)).all(on).await?;
    let at = |row: &Row| if row.state == "sent" { row.changed_at } else { row.created_at };
    Ok(rows.into_iter().map(|row| (row.id, row.kind.clone(), row.content.clone(), at(&row))).collect())
}
