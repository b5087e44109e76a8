//! Where words are said: tables that only grow, each with numbers of its own.

use sea_orm::{FromQueryResult, Value};

use super::{By, grams};
use crate::{
    Result, chats,
    conversations::{follow::Reader, reading, whole_text},
    db::{self, Db},
    inbox,
};

/// A table of what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// What came in by WeChat's callback, and the rules' late answers.
    Messages,
    /// What staff sent from the inbox.
    Outgoing,
    /// What WeChat's own records tell beside these: agents in WeChat's customer-service desk.
    Records,
}

/// A text with what is shown beside it.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Text {
    pub(super) id: i64,
    pub(super) account_id: i64,
    pub(super) openid: String,
    /// From the follower.
    pub(super) inbound: bool,
    /// MsgType.
    pub(super) kind: String,
    pub(super) text: String,
    /// The whole message where `text` is only its beginning.
    payload: String,
    /// Unix ms.
    pub(super) at: i64,
    /// Who answered, for the account.
    pub(super) name: String,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Messages, Self::Outgoing, Self::Records];

    /// Its number in the table of blocks and in links.
    pub(super) fn number(self) -> i16 {
        match self {
            Self::Messages => 1,
            Self::Outgoing => 2,
            Self::Records => 3,
        }
    }

    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Outgoing => "outgoing",
            Self::Records => "service_records",
        }
    }

    /// What builds the index over it.
    pub(super) fn reader(self) -> Reader {
        match self {
            Self::Messages => Reader::of("messages", "said_messages"),
            Self::Outgoing => Reader::of("outgoing", "said_outgoing"),
            Self::Records => Reader::of("service_records", "said_records"),
        }
    }

    fn select(self) -> &'static str {
        match self {
            Self::Messages => reading::SAID,
            Self::Outgoing => inbox::SAID,
            Self::Records => chats::SAID,
        }
    }

    fn account(self) -> &'static str {
        if self == Self::Outgoing { "c.account_id" } else { "m.account_id" }
    }

    /// Who speaks in it: (for the follower, for the account).
    fn speakers(self) -> (Option<By>, By) {
        match self {
            Self::Messages => (Some(By::Follower), By::Rule),
            Self::Outgoing => (None, By::Staff),
            Self::Records => (Some(By::Follower), By::Agent),
        }
    }

    /// Who said `text`.
    pub(super) fn by(self, text: &Text) -> By {
        match self.speakers() {
            (Some(follower), _) if text.inbound => follower,
            (_, ours) => ours,
        }
    }

    /// The gram that its texts have when one of `by` said them; none when all have it or all may. False when none of
    /// them speaks here.
    pub(super) fn gram_of(self, by: &[By]) -> (bool, Option<u32>) {
        let (follower, ours) = self.speakers();
        let theirs = follower.is_some_and(|follower| by.contains(&follower));
        match (by.is_empty(), theirs, by.contains(&ours)) {
            (true, _, _) | (_, true, true) => (true, None),
            (false, true, false) => (true, Some(grams::of_fact("i"))),
            (false, false, true) => (true, Some(grams::of_fact("o"))),
            (false, false, false) => (false, None),
        }
    }

    /// The texts with numbers above `from` and up to `until`, in order.
    pub(super) async fn between(self, db: &Db, from: i64, until: i64) -> Result<Vec<Text>> {
        let sql = format!("{} AND m.id > $1 AND m.id <= $2 ORDER BY m.id", self.select());
        read(db, &sql, vec![from.into(), until.into()]).await
    }

    /// The texts of an account with numbers above `from` and below `before`, the newest first.
    pub(super) async fn newest(self, db: &Db, account: i64, from: i64, before: i64) -> Result<Vec<Text>> {
        // The sign before the column keeps the database from an index of the account's: this is a short span of numbers.
        let sql =
            format!("{} AND m.id > $1 AND m.id < $2 AND +{} = $3 ORDER BY m.id DESC", self.select(), self.account());
        read(db, &sql, vec![from.into(), before.into(), account.into()]).await
    }

    /// Those of the texts `ids` that are there, the newest first.
    pub(super) async fn among(self, db: &Db, account: i64, ids: &[i64]) -> Result<Vec<Text>> {
        let (one_of, list) = one_of(db, ids);
        let sql = format!("{} AND m.id {one_of} AND +{} = $2 ORDER BY m.id DESC", self.select(), self.account());
        read(db, &sql, vec![list, account.into()]).await
    }

    /// The largest number there is, 0 without any.
    pub(super) async fn latest(self, db: &Db) -> Result<i64> {
        let sql = format!("SELECT COALESCE(MAX(id), 0) AS n FROM {}", self.table());
        db::one_number(db.read(), &sql, []).await
    }
}

async fn read(db: &Db, sql: &str, values: Vec<Value>) -> Result<Vec<Text>> {
    let mut texts = Text::find_by_statement(db::statement(db.read(), sql, values)).all(db.read()).await?;
    for text in &mut texts {
        let payload = std::mem::take(&mut text.payload);
        if let Some(whole) = (!payload.is_empty()).then(|| whole_text(text.inbound, &payload)).flatten() {
            text.text = whole;
        }
    }
    Ok(texts)
}

/// A condition behind a column, and its value `$1`: one statement whatever the number of `ids`, so that it stays prepared.
pub(super) fn one_of(db: &Db, ids: &[i64]) -> (&'static str, Value) {
    let list: Vec<_> = ids.iter().map(i64::to_string).collect();
    let list = list.join(",");
    if db.is_sqlite() {
        ("IN (SELECT value FROM json_each($1))", format!("[{list}]").into())
    } else {
        ("= ANY (CAST(string_to_array($1, ',') AS BIGINT[]))", list.into())
    }
}

impl Text {
    /// The grams of its words and of what is known about it.
    pub(super) fn grams(&self) -> Vec<u32> {
        let mut grams = grams::of_text(&self.text);
        grams.push(grams::of_all());
        grams.push(grams::of_fact(if self.inbound { "i" } else { "o" }));
        grams.push(of_kind(&self.kind));
        grams
    }
}

/// The gram of a MsgType.
pub(super) fn of_kind(kind: &str) -> u32 {
    grams::of_fact(&format!("k:{kind}"))
}
