//! A conversation page by page: messages, automatic answers, what staff sent, and lines about who answers, in order.
//!
//! Three tables are merged, each read from its own index. A page remembers in each of them where it ended, so that
//! nothing is shown twice or left out, whatever arrives meanwhile.

use puzi_wechat::reply::Reply;
use sea_orm::FromQueryResult;

use super::{
    Bubble, Inbox, MediaState, MediaView,
    assign::{self, Line},
    bubble, media,
    send::{Outgoing, SELECT, State},
};
use crate::{
    Result,
    conversations::reading::{self, Full},
    db,
};

/// Entries of one page.
pub(super) const PAGE: usize = 40;

/// Who an entry is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The follower.
    Them,
    /// The account.
    Us,
    /// Nobody: a line between the messages.
    Middle,
}

/// Who spoke for the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    /// The follower did.
    Follower,
    /// A reply rule; its number when it is known.
    Rule(Option<i64>),
    /// A member of staff; their name then.
    Staff(String),
}

/// What happened to a conversation, in one entry of its timeline.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Names the entry on the page: `m7` a message, `a7` its answer, `o7` what staff sent, `l7` a line.
    pub key: String,
    /// Unix ms.
    pub at: i64,
    /// Whose it is.
    pub side: Side,
    /// Who spoke.
    pub speaker: Speaker,
    /// What is shown; `None` for a line about who answers.
    pub bubble: Option<Bubble>,
    /// A line about who answers.
    pub line: Option<Line>,
    /// How the sending stands, of what staff sent.
    pub sending: Option<Outgoing>,
    /// Number of the message or of what was sent: files are asked for by it.
    pub id: i64,
}

/// Where an older page begins, in each of the tables: rows below these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    message: i64,
    outgoing: i64,
    line: i64,
}

/// A page of a timeline.
#[derive(Debug, Clone)]
pub struct Page {
    /// The entries, the oldest first.
    pub entries: Vec<Entry>,
    /// What to ask for to get what was before; `None` at the beginning.
    pub older: Option<String>,
    /// Number of the latest message on the page, 0 without one: what was seen with it.
    pub last_message_id: i64,
}

impl Place {
    const END: Self = Self { message: i64::MAX, outgoing: i64::MAX, line: i64::MAX };

    fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split('-').map(|part| part.parse().ok());
        let place = Self { message: numbers.next()??, outgoing: numbers.next()??, line: numbers.next()?? };
        numbers.next().is_none().then_some(place)
    }

    fn to_text(self) -> String {
        format!("{}-{}-{}", self.message, self.outgoing, self.line)
    }
}

enum Source {
    Message(Full),
    Outgoing(Outgoing),
    Line(Line),
}

impl Source {
    fn at(&self) -> i64 {
        match self {
            Self::Message(message) => message.received_at,
            Self::Outgoing(outgoing) => outgoing.created_at,
            Self::Line(line) => line.at,
        }
    }
}

impl Inbox {
    /// The latest page of a conversation, or the one before `older` as an earlier page gave it.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) when there is no such conversation.
    pub async fn timeline(&self, chat_id: i64, older: Option<&str>) -> Result<Page> {
        let chat = self.chat(chat_id).await?;
        let from = older.and_then(Place::read).unwrap_or(Place::END);
        let db = &self.shared.db;
        let messages = reading::page(db, &chat.whose(), Some(from.message), PAGE + 1).await?;
        let sql = format!("{SELECT} WHERE chat_id = $1 AND id < $2 ORDER BY id DESC LIMIT {}", PAGE + 1);
        let sent = db::statement(db.read(), &sql, [chat_id.into(), from.outgoing.into()]);
        let sent = Outgoing::find_by_statement(sent).all(db.read()).await?;
        let lines = assign::lines(db, chat_id, Some(from.line), PAGE + 1).await?;
        let (merged, more) = merge(messages, sent, lines);
        let place = merged.iter().fold(from, |place, source| match source {
            Source::Message(message) => Place { message: message.id, ..place },
            Source::Outgoing(outgoing) => Place { outgoing: outgoing.id, ..place },
            Source::Line(line) => Place { line: line.id, ..place },
        });
        let numbers = merged.iter().filter_map(|source| match source {
            Source::Message(message) => Some(message.id),
            _ => None,
        });
        let numbers: Vec<i64> = numbers.collect();
        let kept = media::kept(db, &numbers).await?;
        let mut entries = Vec::with_capacity(merged.len() * 2);
        for source in merged.into_iter().rev() {
            entries.extend(show(source, &kept));
        }
        let last_message_id = numbers.iter().copied().max().unwrap_or(0);
        Ok(Page { entries, older: more.then(|| place.to_text()), last_message_id })
    }
}

/// The latest of all three, the newest first, and whether there are more. Each list is in its own order, which is kept:
/// a message that waited in a journal has an older time than its neighbours.
fn merge(messages: Vec<Full>, sent: Vec<Outgoing>, lines: Vec<Line>) -> (Vec<Source>, bool) {
    let mut messages = messages.into_iter().map(Source::Message).peekable();
    let mut sent = sent.into_iter().map(Source::Outgoing).peekable();
    let mut lines = lines.into_iter().map(Source::Line).peekable();
    let mut merged = Vec::with_capacity(PAGE);
    loop {
        let at = |source: Option<&Source>| source.map_or(i64::MIN, Source::at);
        let heads = [at(messages.peek()), at(sent.peek()), at(lines.peek())];
        let latest = heads.into_iter().max().unwrap_or(i64::MIN);
        if latest == i64::MIN {
            return (merged, false);
        }
        if merged.len() == PAGE {
            return (merged, true);
        }
        // Of the same moment, the line is about what follows it, and what staff sent answers the message.
        let next = if heads[1] == latest {
            sent.next()
        } else if heads[2] == latest {
            lines.next()
        } else {
            messages.next()
        };
        merged.extend(next);
    }
}

fn show(source: Source, kept: &[media::Kept]) -> Vec<Entry> {
    match source {
        Source::Message(message) if message.inbound => {
            let answer = answer(&message);
            let kept: Vec<_> = kept.iter().filter(|kept| kept.message_id == message.id).collect();
            let push = media::read(&message.payload);
            let bubble = match &push {
                Some(push) => bubble::inbound(push, &kept),
                None => Bubble::Text(message.summary.clone()),
            };
            let side = if matches!(bubble, Bubble::Event(_)) { Side::Middle } else { Side::Them };
            let mut entries = vec![entry(("m", message.id), message.received_at, side, Speaker::Follower, bubble)];
            entries.extend(answer);
            entries
        }
        Source::Message(message) => {
            // An answer of the rules that came too late for WeChat's five seconds.
            let reply: Option<Reply> = serde_json::from_str(&message.payload).ok();
            let bubble = reply.and_then(bubble::reply).unwrap_or(Bubble::Text(message.summary));
            let speaker = Speaker::Rule(message.rule_id);
            vec![entry(("m", message.id), message.received_at, Side::Us, speaker, bubble)]
        }
        Source::Outgoing(outgoing) => vec![sent_entry(outgoing)],
        Source::Line(line) => vec![Entry {
            key: format!("l{}", line.id),
            at: line.at,
            side: Side::Middle,
            speaker: Speaker::Staff(line.actor.clone()),
            bubble: None,
            id: line.id,
            line: Some(line),
            sending: None,
        }],
    }
}

/// The answer that went back with the message. A late one is a message of its own.
fn answer(message: &Full) -> Option<Entry> {
    if message.answer_state != "answered" {
        return None;
    }
    let reply: Reply = serde_json::from_str(message.answer.as_deref()?).ok()?;
    let bubble = bubble::reply(reply)?;
    let speaker = Speaker::Rule(message.rule_id);
    Some(entry(("a", message.id), message.answered_at, Side::Us, speaker, bubble))
}

fn sent_entry(outgoing: Outgoing) -> Entry {
    let bubble = match (&outgoing.file, &outgoing.content_type) {
        (Some(_), Some(mime)) => {
            Bubble::Picture(MediaView { state: MediaState::Kept, content_type: mime.clone(), bytes: 0 })
        }
        _ => Bubble::Text(outgoing.content.clone()),
    };
    let speaker = Speaker::Staff(outgoing.staff_name.clone());
    let entry = entry(("o", outgoing.id), outgoing.created_at, Side::Us, speaker, bubble);
    Entry { sending: Some(outgoing), ..entry }
}

fn entry((letter, id): (&str, i64), at: i64, side: Side, speaker: Speaker, bubble: Bubble) -> Entry {
    let key = format!("{letter}{id}");
    Entry { key, at, side, speaker, bubble: Some(bubble), line: None, sending: None, id }
}

impl Entry {
    /// Whether a person may send this again.
    pub fn can_be_retried(&self) -> bool {
        self.sending.as_ref().is_some_and(|sent| matches!(sent.state(), State::Failed | State::Unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_in_a_link_is_read_or_ignored() {
        let place = Place { message: 7, outgoing: i64::MAX, line: 1 };
        assert_eq!(Place::read(&place.to_text()), Some(place));
        for bad in ["", "1-2", "1-2-3-4", "a-b-c", "1--2-3", "1;2;3"] {
            assert_eq!(Place::read(bad), None, "{bad}");
        }
    }
}
