//! The words that were said: an index over the texts of all messages, in which two Chinese characters are found among ten
//! million messages in a few milliseconds.
//!
//! Why one of our own: the databases' full-text indexes order what they find by nothing, so the newest thirty of a word
//! that a million messages have would need all million; walking the messages and comparing takes too long for a rare word;
//! and SQLite's merges its parts within somebody's commit, while callbacks wait for the one writer. Here a text's grams
//! (`grams`) lie in blocks (`block`) that are written once (`build`) and read by primary key alone (`ask`); it is
//! the same on both databases, and no planner chooses anything. What is newer than the last block is read and compared.

mod ask;
mod block;
mod build;
mod grams;
mod source;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use self::{
    ask::{chats_saying, search},
    build::{keep, step},
    grams::LONGEST_QUESTION,
    source::Source,
};
pub use crate::conversations::follow::Step;

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// The follower.
    Follower,
    /// A rule, later than WeChat waits.
    Rule,
    /// A member of the staff, in the inbox.
    Staff,
    /// An agent in WeChat's own customer-service desk.
    Agent,
}

impl By {
    /// The word in links and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Follower => "follower",
            Self::Rule => "rule",
            Self::Staff => "staff",
            Self::Agent => "agent",
        }
    }

    /// Reads [`By::as_str`].
    pub fn read(word: &str) -> Option<Self> {
        [Self::Follower, Self::Rule, Self::Staff, Self::Agent].into_iter().find(|by| by.as_str() == word)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Words that must all stand in a text; without any, the newest messages that fit the rest.
    pub words: String,
    /// MsgTypes, any of them; empty: all.
    pub kinds: Vec<String>,
    /// Speakers, any of them; empty: all.
    pub by: Vec<By>,
    /// Not before, Unix ms.
    pub from: Option<i64>,
    /// Before, Unix ms.
    pub until: Option<i64>,
}

/// A text that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// In which table it stands.
    pub source: Source,
    /// Its number there.
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// The follower of the conversation.
    pub openid: String,
    /// When, Unix ms.
    pub at: i64,
    /// Who said it.
    pub by: By,
    /// The name of the member of staff or the agent; empty for others.
    pub name: String,
    /// MsgType.
    pub kind: String,
    /// The whole text.
    pub text: String,
    /// Where the words stand in it, in bytes.
    pub marks: Vec<Range<usize>>,
}

/// A page of what was found, the newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The texts.
    pub hits: Vec<Hit>,
    /// Where to go on; none when everything was looked at. With fewer hits than asked for, the search stopped because it
    /// had looked at much, and may find more.
    pub next: Option<String>,
    /// How many of the messages, in percent, the index knows: 100 but for a while after much was brought in.
    pub indexed: u8,
}

impl Hit {
    /// How the timeline names the entry: `m7` a message, `o7` what staff sent, `r7` a record of WeChat's desk.
    pub fn key(&self) -> String {
        let letter = match self.source {
            Source::Messages => 'm',
            Source::Outgoing => 'o',
            Source::Records => 'r',
        };
        format!("{letter}{}", self.id)
    }
}
