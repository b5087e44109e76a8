//! The list of conversations: what is unread first, then the rest, each by its latest message.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::{
    Seen,
    live::{self, Kind},
};
use crate::{
    Error, Result,
    accounts::{self, Reach},
    conversations::reading::{self, Whose},
    db::{self, Count},
    followers::{self, Follower, Person},
    said,
};

/// Conversations on one page of the list.
pub const PAGE: usize = 30;
/// So many accounts are asked for in one statement.
const TOGETHER: usize = 100;
/// Conversations that a search finds at most.
const FOUND: usize = 200;

/// A conversation between a follower and an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromQueryResult)]
pub struct Chat {
    /// Row number.
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// The follower.
    pub openid: String,
    /// Number of the latest message.
    pub last_message_id: i64,
    /// When the latest message came or went, Unix ms; 0 while there were only events.
    pub last_at: i64,
    /// Whether it came in.
    pub last_inbound: bool,
    /// Its kind, in WeChat's words.
    pub last_kind: String,
    /// Its text, or what stands for it.
    pub last_summary: String,
    /// When the follower last wrote, Unix ms by WeChat's clock.
    pub said_at: i64,
    /// Messages sent since.
    pub said_used: i64,
    /// When the follower last tapped, scanned or subscribed, Unix ms by WeChat's clock.
    pub acted_at: i64,
    /// Messages sent since.
    pub acted_used: i64,
    /// Messages nobody of the team has seen.
    pub unread: i64,
    /// Since when the follower waits for an answer, Unix ms.
    pub waiting_since: Option<i64>,
    /// Who answers.
    pub assigned_id: Option<i64>,
    /// `open` or `done`.
    pub status: String,
}

/// Which conversations a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of one account.
    pub account_id: Option<i64>,
    /// With unread messages.
    pub unread: bool,
    /// Answered by this member of staff.
    pub assigned_to: Option<i64>,
    /// Answered by nobody yet.
    pub unassigned: bool,
    /// Whose follower waits.
    pub waiting: bool,
    /// Words of a message, a nickname or an openid.
    pub search: String,
}

/// Where the next page of a list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Still among the unread ones.
    pub unread: bool,
    /// Time of the last one shown, Unix ms.
    pub at: i64,
    /// Number of the last one shown.
    pub id: i64,
}

/// A conversation in the list, with the follower when they are known.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The conversation.
    pub chat: Chat,
    /// What is known of the follower, when anything is.
    pub person: Option<Person>,
}

impl Place {
    /// As it stands in a link.
    pub fn to_text(self) -> String {
        format!("{}-{}-{}", u8::from(self.unread), self.at, self.id)
    }

    /// Reads [`Place::to_text`].
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let unread = parts.next()? == "1";
        Some(Self { unread, at: parts.next()?.parse().ok()?, id: parts.next()?.parse().ok()? })
    }
}

pub(super) const SELECT: &str = "SELECT id, account_id, openid, last_message_id, last_at, last_inbound, last_kind, \
                                 last_summary, said_at, said_used, acted_at, acted_used, unread, waiting_since, \
                                 assigned_id, status FROM chats";

/// The conversation `id`, read through `on`.
pub(super) async fn find<C: ConnectionTrait>(on: &C, id: i64) -> Result<Chat> {
    let sql = format!("{SELECT} WHERE id = $1");
    let statement = db::statement(on, &sql, [id.into()]);
    Chat::find_by_statement(statement).one(on).await?.ok_or(Error::NotFound)
}

/// The same, when it belongs to an account within `reach`.
pub(super) async fn within<C: ConnectionTrait>(on: &C, reach: &Reach, id: i64) -> Result<Chat> {
    let chat = find(on, id).await?;
    reach.must_see(chat.account_id)?;
    Ok(chat)
}

/// The conversation of an account with a follower, when there is one.
pub(crate) async fn chat_of<C: ConnectionTrait>(on: &C, account_id: i64, openid: &str) -> Result<Option<Chat>> {
    let statement = db::statement(
        on,
        &format!("{SELECT} WHERE account_id = $1 AND openid = $2"),
        [account_id.into(), openid.into()],
    );
    Ok(Chat::find_by_statement(statement).one(on).await?)
}

/// As the index on it is written, which an equality with it leads to: before a range SQLite would choose another one.
fn read_or_not(unread: bool) -> &'static str {
    if unread { "(unread > 0) = TRUE" } else { "(unread > 0) = FALSE" }
}

impl Chat {
    pub(super) fn whose(&self) -> Whose {
        Whose { account_id: self.account_id, openid: self.openid.clone() }
    }
}

impl Seen {
    /// The conversation `id`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or it is not seen.
    pub async fn chat(&self, id: i64) -> Result<Chat> {
        within(self.shared.db.read(), &self.reach, id).await
    }

    /// The follower of a conversation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn follower(&self, chat: &Chat) -> Result<Option<Follower>> {
        followers::find(&self.shared.db, chat.account_id, &chat.openid).await
    }

    /// A page of the list, and where the next one begins.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self, filter: &Filter, from: Option<Place>) -> Result<(Vec<Listed>, Option<Place>)> {
        let search = filter.search.trim();
        let chats = if search.is_empty() { self.page(filter, from).await? } else { self.search(filter).await? };
        let more = search.is_empty() && chats.len() > PAGE;
        let mut chats = chats;
        if more {
            chats.truncate(PAGE);
        }
        let last = chats.last().filter(|_| more);
        let next = last.map(|chat| Place { unread: chat.unread > 0, at: chat.last_at, id: chat.id });
        Ok((self.with_names(chats).await?, next))
    }

    /// The unread ones, then the others: one more than a page in all.
    async fn page(&self, filter: &Filter, from: Option<Place>) -> Result<Vec<Chat>> {
        let mut chats = Vec::new();
        if from.is_none_or(|place| place.unread) {
            chats = self.section(filter, true, from, PAGE + 1).await?;
        }
        if !filter.unread && chats.len() <= PAGE {
            let from = from.filter(|place| !place.unread);
            let rest = self.section(filter, false, from, PAGE + 1 - chats.len()).await?;
            chats.extend(rest);
        }
        Ok(chats)
    }

    async fn section(&self, filter: &Filter, unread: bool, from: Option<Place>, limit: usize) -> Result<Vec<Chat>> {
        let mut narrowed = String::from(" AND last_at > 0");
        let mut values: Vec<Value> = Vec::new();
        filter.narrow(&mut narrowed, &mut values);
        if let Some(Place { at, id, .. }) = from {
            let (a, b) = (values.len() + 1, values.len() + 2);
            narrowed.push_str(&format!(" AND (last_at < ${a} OR (last_at = ${a} AND id < ${b}))"));
            values.extend([at.into(), id.into()]);
        }
        let end = format!("ORDER BY last_at DESC, id DESC LIMIT {limit}");
        let on = self.shared.db.read();
        let mut chats: Vec<Chat> = Vec::new();
        for accounts in self.accounts(filter.account_id).await?.chunks(TOGETHER) {
            // The index has those of one account in order, not those of several.
            let of_each: Vec<_> = accounts
                .iter()
                .map(|account| {
                    let read = read_or_not(unread);
                    format!(
                        "SELECT * FROM ({SELECT} WHERE account_id = {account} AND {read}{narrowed} {end}) AS a{account}"
                    )
                })
                .collect();
            let sql = format!("SELECT * FROM ({}) AS each_account {end}", of_each.join(" UNION ALL "));
            chats.extend(Chat::find_by_statement(db::statement(on, &sql, values.clone())).all(on).await?);
        }
        chats.sort_by_key(|chat| (-chat.last_at, -chat.id));
        chats.truncate(limit);
        Ok(chats)
    }

    /// The accounts seen: all of them, or `only` this one.
    async fn accounts(&self, only: Option<i64>) -> Result<Vec<i64>> {
        let reach = only.map_or_else(|| self.reach.clone(), |account| self.reach.only(account));
        let names = accounts::listed::names_of(self.shared.db.read()).await?;
        Ok(names.into_iter().map(|(id, _)| id).filter(|id| reach.sees(*id)).collect())
    }

    /// By openid, nickname and words, also of those who never wrote.
    async fn search(&self, filter: &Filter) -> Result<Vec<Chat>> {
        let (db, words) = (&self.shared.db, filter.search.trim());
        // Before anything is cut off: what another account has must not take the places.
        let reach = filter.account_id.map_or_else(|| self.reach.clone(), |account| self.reach.only(account));
        let mut found = Vec::new();
        for account in self.accounts(filter.account_id).await? {
            let openids = followers::spoken(db.read(), account, words, FOUND).await?;
            found.extend(openids.into_iter().map(|openid| (account, openid)));
        }
        found.extend(said::chats_saying(db, &reach, words, FOUND).await?);
        let mut seen = HashSet::new();
        found.retain(|whose| seen.insert(whose.clone()));
        let mut chats = Vec::new();
        for part in found.chunks(100) {
            let mut sql = format!("{SELECT} WHERE (account_id, openid) IN (VALUES ");
            db::push_rows(&mut sql, part.len(), 2);
            sql.push(')');
            let pairs = part.iter().flat_map(|(id, openid)| [Value::from(*id), openid.as_str().into()]);
            let mut values: Vec<Value> = pairs.collect();
            filter.narrow(&mut sql, &mut values);
            let seen = self.reach.sql("account_id", &mut values);
            sql.push_str(&seen);
            chats.extend(Chat::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?);
        }
        if filter.unread {
            chats.retain(|chat| chat.unread > 0);
        }
        chats.sort_by_key(|chat| (chat.unread == 0, -chat.last_at, -chat.id));
        chats.truncate(FOUND);
        Ok(chats)
    }

    async fn with_names(&self, chats: Vec<Chat>) -> Result<Vec<Listed>> {
        let whose: Vec<_> = chats.iter().map(|chat| (chat.account_id, chat.openid.clone())).collect();
        let people = followers::people(&self.shared.db, &whose).await?;
        let listed = chats.into_iter().zip(&whose);
        Ok(listed.map(|(chat, whose)| Listed { person: people.get(whose).cloned(), chat }).collect())
    }

    /// The conversations that nobody has read yet, of one account.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unread(&self, account_id: i64) -> Result<Count> {
        self.reach.must_see(account_id)?;
        let unread = format!("chats WHERE account_id = $1 AND {}", read_or_not(true));
        db::count(&self.shared.db, &unread, [account_id.into()]).await
    }

    /// The conversations that nobody has read yet, of all accounts seen; counted no further than `most`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unread_of_all(&self, most: u32) -> Result<i64> {
        let on = self.shared.db.read();
        let mut values = Vec::new();
        let seen = Reach::of(self.accounts(None).await?).sql("account_id", &mut values);
        let sql = format!(
            "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM chats WHERE {}{seen} LIMIT {most}) AS bounded",
            read_or_not(true)
        );
        db::one_number(on, &sql, values).await
    }

    /// The team has seen everything up to the message `seen`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such conversation.
    pub async fn read_up_to(&self, id: i64, seen: i64) -> Result<()> {
        let chat = self.chat(id).await?;
        if chat.unread == 0 {
            return Ok(());
        }
        let last = chat.last_message_id;
        let left = match seen >= last {
            true => 0,
            false => reading::count_inbound(self.shared.db.read(), &chat.whose(), seen, last).await?,
        };
        // Compare and set: a message that came meanwhile stays unread.
        const SQL: &str = "UPDATE chats SET unread = $1 WHERE id = $2 AND unread = $3 AND last_message_id = $4";
        let tx = self.shared.db.begin_write().await?;
        let values = [left.into(), id.into(), chat.unread.into(), last.into()];
        if left != chat.unread && db::execute(&*tx, SQL, values).await? == 1 {
            live::note(&*tx, id, Kind::Read, "").await?;
            tx.commit().await?;
            self.shared.live.wake();
        }
        Ok(())
    }
}

/// The numbers of the conversations with these followers, by account and openid; at most a page of them is asked for.
///
/// # Errors
/// When the database does not answer.
pub async fn chats_with<C: ConnectionTrait>(on: &C, whose: &[(i64, String)]) -> Result<HashMap<(i64, String), i64>> {
    let mut found = HashMap::with_capacity(whose.len());
    for part in whose.chunks(100) {
        let mut sql = String::from("SELECT id, account_id, openid FROM chats WHERE (account_id, openid) IN (VALUES ");
        db::push_rows(&mut sql, part.len(), 2);
        sql.push(')');
        let values = part.iter().flat_map(|(id, openid)| [Value::from(*id), openid.as_str().into()]);
        for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
            found.insert((row.try_get("", "account_id")?, row.try_get("", "openid")?), row.try_get("", "id")?);
        }
    }
    Ok(found)
}

impl Filter {
    fn narrow(&self, sql: &mut String, values: &mut Vec<Value>) {
        let mut equals = |column: &str, value: Option<i64>| {
            if let Some(value) = value {
                values.push(value.into());
                sql.push_str(&format!(" AND {column} = ${}", values.len()));
            }
        };
        equals("account_id", self.account_id);
        equals("assigned_id", self.assigned_to);
        if self.unassigned {
            sql.push_str(" AND assigned_id IS NULL AND status = 'open'");
        }
        if self.waiting {
            sql.push_str(" AND waiting_since IS NOT NULL");
        }
    }
}
