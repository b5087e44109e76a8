//! A conversation page by page: messages, automatic answers, what staff sent, what agents said past our server, and lines
//! about who answers, in order. Also of a follower who never wrote: they followed, scanned, tapped.

use puzi_wechat::reply::Reply;

use super::{
    Bubble, EventLine, MediaState, MediaView, Seen,
    assign::Line,
    bubble, media, named,
    send::{Outgoing, State},
    sources::{self, Mark, Place, Record, Source, Way},
};
use crate::{
    Result,
    conversations::reading::{Full, Whose},
    db::Db,
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
    /// An agent of WeChat's customer service: the nickname, or the account of one that is not known here.
    Agent(String),
}

/// What happened to a conversation, in one entry of its timeline.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Names the entry on the page: `m7` a message, `a7` its answer, `o7` what staff sent, `l7` a line, `r7` what stands in
    /// WeChat's records, `f7` a follow or a leave.
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

impl Seen {
    /// The latest page of a conversation, or the one before `older` as an earlier page gave it.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) when there is no such conversation.
    pub async fn timeline(&self, chat_id: i64, older: Option<&str>) -> Result<Page> {
        let chat = self.chat(chat_id).await?;
        self.timeline_of(&chat.whose(), older).await
    }

    /// The page around the entry that `key` names (as [`Entry::key`]), with a few that came after it; the latest page when it is
    /// not of this conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) when there is no such conversation.
    pub async fn timeline_at(&self, chat_id: i64, key: &str) -> Result<Page> {
        let chat = self.chat(chat_id).await?;
        let place = sources::around(&self.shared.db, &chat.whose(), key).await?;
        self.timeline_of(&chat.whose(), place.map(Place::to_text).as_deref()).await
    }

    /// The latest page between an account and a follower, or the one before `older`; also of one who never wrote.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) when the account is not seen.
    pub async fn timeline_of(&self, whose: &Whose, older: Option<&str>) -> Result<Page> {
        self.reach.must_see(whose.account_id)?;
        let db = &self.shared.db;
        let from = older.and_then(Place::read).unwrap_or(Place::END);
        let (mut sources, more) = sources::read(db, whose, from, Way::Back, PAGE).await?;
        let place = sources.iter().fold(from, Place::behind);
        sources.reverse();
        let numbers = sources.iter().filter_map(|source| match source {
            Source::Message(message) => Some(message.id),
            _ => None,
        });
        let last_message_id = numbers.max().unwrap_or(0);
        let entries = entries(db, whose.account_id, sources).await?;
        Ok(Page { entries, older: more.then(|| place.to_text()), last_message_id })
    }
}

/// What is shown of `sources` of an account, in their order.
pub(super) async fn entries(db: &Db, account: i64, mut sources: Vec<Source>) -> Result<Vec<Entry>> {
    let numbers = sources.iter().filter_map(|source| match source {
        Source::Message(message) => Some(message.id),
        _ => None,
    });
    let numbers: Vec<i64> = numbers.collect();
    let kept = media::kept(db, &numbers).await?;
    named::name_agents(db, account, &mut sources).await?;
    let mut entries = Vec::with_capacity(sources.len() * 2);
    for source in sources {
        entries.extend(show(source, &kept));
    }
    Ok(entries)
}

fn show(source: Source, kept: &[media::Kept]) -> Vec<Entry> {
    match source {
        // Who serves stands in a line of its own, whoever brought it about.
        Source::Message(message) if message.kind.starts_with("event:kf_") => Vec::new(),
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
        Source::Record(record) => vec![record_entry(record)],
        Source::Mark(mark) => vec![mark_entry(mark)],
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

fn record_entry(record: Record) -> Entry {
    let bubble = bubble::record(&record.kind, record.text);
    let (side, speaker) =
        if record.ours { (Side::Us, Speaker::Agent(record.worker)) } else { (Side::Them, Speaker::Follower) };
    entry(("r", record.id), record.said_at, side, speaker, bubble)
}

fn mark_entry(mark: Mark) -> Entry {
    let key = if mark.followed { "subscribe" } else { "unsubscribe" };
    let bubble = Bubble::Event(EventLine { key, value: String::new() });
    entry(("f", mark.at), mark.at, Side::Middle, Speaker::Follower, bubble)
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
