//! A conversation as a file, written while it is read: however long it is, memory stays as it was. The last line says how many
//! there are; a file without it broke off.

use std::io::Write;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    Result,
    accounts::Reach,
    audit::{self, Actor, Entry as Audited},
    chats::Chats,
    inbox::{Bubble, Entry, Inbox, Seen, Side, Speaker, Whose},
    texts::{Locale, t},
};

/// How a conversation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For spreadsheets.
    Csv,
    /// For people.
    Txt,
    /// For programs: an object a line.
    Jsonl,
}

impl Format {
    /// The words for them.
    pub const ALL: [&'static str; 3] = ["csv", "txt", "jsonl"];

    /// Reads the word.
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "txt" => Some(Self::Txt),
            "jsonl" => Some(Self::Jsonl),
            _ => None,
        }
    }

    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Txt => "txt",
            Self::Jsonl => "jsonl",
        }
    }

    /// As HTTP names it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Txt => "text/plain; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
        }
    }
}

/// What is written, and how.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Whose conversation.
    pub whose: Whose,
    /// The follower's name, as the file tells it.
    pub name: String,
    /// The kind of file.
    pub format: Format,
    /// Nothing before, Unix ms.
    pub from: Option<i64>,
    /// Nothing from then on, Unix ms.
    pub until: Option<i64>,
    /// The clock of its times.
    pub zone: TimeZone,
    /// The language of its words.
    pub locale: Locale,
}

/// Where the writing is.
struct Writing {
    seen: Seen,
    ask: Ask,
    next: Next,
    lines: u64,
}

enum Next {
    Begin,
    Page(Option<String>),
    Over,
}

impl Chats {
    /// The conversation as a file, in pieces. That it was taken out stands in the audit log before the first one.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) outside of `reach`. A piece that is an error is the last one.
    pub async fn export(
        &self,
        by: &Actor,
        reach: &Reach,
        inbox: &Inbox,
        chat_id: i64,
        ask: Ask,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static + use<>> {
        reach.must_see(ask.whose.account_id)?;
        let entry = Audited::new(by, "chats.export", "chats", chat_id).of_account(ask.whose.account_id);
        let after = json!({ "as": ask.format.extension(), "from": ask.from, "until": ask.until });
        let tx = self.db.begin_write().await?;
        audit::record(&*tx, &entry.after(after)).await?;
        tx.commit().await?;
        let writing = Writing { seen: inbox.seen_by(reach), ask, next: Next::Begin, lines: 0 };
        Ok(stream::try_unfold(writing, Writing::piece))
    }
}

impl Chats {
    /// The same, written into `out`.
    ///
    /// # Errors
    /// Those of [`Chats::export`], and what `out` refuses.
    pub async fn export_into(
        &self,
        by: &Actor,
        reach: &Reach,
        inbox: &Inbox,
        chat_id: i64,
        ask: Ask,
        out: &mut (dyn Write + Send),
    ) -> Result<()> {
        let pieces = self.export(by, reach, inbox, chat_id, ask).await?;
        let mut pieces = std::pin::pin!(pieces);
        while let Some(piece) = pieces.try_next().await? {
            out.write_all(&piece)?;
        }
        Ok(out.flush()?)
    }
}

impl Writing {
    async fn piece(mut self) -> Result<Option<(Bytes, Self)>> {
        let mut text = String::new();
        self.next = match std::mem::replace(&mut self.next, Next::Over) {
            Next::Over => return Ok(None),
            Next::Begin => {
                self.head(&mut text);
                Next::Page(None)
            }
            Next::Page(place) => {
                let chapter = self.seen.history(&self.ask.whose, place.as_deref()).await?;
                for entry in &chapter.entries {
                    if self.ask.from.is_none_or(|from| entry.at >= from)
                        && self.ask.until.is_none_or(|until| entry.at < until)
                    {
                        self.entry(entry, &mut text);
                        self.lines += 1;
                    }
                }
                match chapter.newer {
                    Some(place) => Next::Page(Some(place)),
                    None => {
                        self.end(&mut text);
                        Next::Over
                    }
                }
            }
        };
        Ok(Some((Bytes::from(text), self)))
    }

    fn say(&self, key: &str) -> String {
        t(self.ask.locale, &format!("chats.export.{key}"), &[])
    }

    fn head(&self, into: &mut String) {
        match self.ask.format {
            Format::Csv => {
                // Excel takes a file without this mark for one in the computer's own encoding.
                into.push('\u{feff}');
                let columns = ["time", "who", "name", "kind", "text", "state", "file"].map(|name| self.say(name));
                row(into, &columns);
            }
            Format::Txt => {
                let args = [("name", self.ask.name.clone()), ("openid", self.ask.whose.openid.clone())];
                into.push_str(&t(self.ask.locale, "chats.export.title", &args));
                into.push_str("\n\n");
            }
            Format::Jsonl => {}
        }
    }

    fn end(&self, into: &mut String) {
        match self.ask.format {
            Format::Csv => row(into, &[t(self.ask.locale, "chats.export.end", &[("n", self.lines.to_string())])]),
            Format::Txt => {
                into.push_str(&t(self.ask.locale, "chats.export.end", &[("n", self.lines.to_string())]));
                into.push('\n');
            }
            Format::Jsonl => into.push_str(&format!("{}\n", json!({ "end": self.lines }))),
        }
    }

    fn entry(&self, entry: &Entry, into: &mut String) {
        let line = Line::of(entry);
        let at = Timestamp::from_millisecond(entry.at).unwrap_or_default().to_zoned(self.ask.zone.clone());
        let name = if line.who == "follower" { self.ask.name.as_str() } else { line.name.as_str() };
        match self.ask.format {
            Format::Csv => row(
                into,
                &[
                    at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                    self.say(&format!("speakers.{}", line.who)),
                    name.to_owned(),
                    line.kind.clone(),
                    line.text,
                    line.state,
                    line.file,
                ],
            ),
            Format::Txt => {
                let who = if name.is_empty() { self.say(&format!("speakers.{}", line.who)) } else { name.to_owned() };
                let text = if line.kind == "text" { line.text } else { format!("[{}] {}", line.kind, line.text) };
                // What is said goes on below: a second line cannot pass for somebody else's.
                let text = text.trim_end().replace("\r\n", "\n").replace('\n', "\n    ");
                into.push_str(&format!("{}  {}: {}\n", at.strftime("%Y-%m-%d %H:%M:%S"), one_line(&who), text));
            }
            Format::Jsonl => {
                let object = json!({
                    "at": Timestamp::from_millisecond(entry.at).unwrap_or_default().to_string(),
                    "key": entry.key, "who": line.who, "name": name, "kind": line.kind, "text": line.text,
                    "state": Some(line.state).filter(|state| !state.is_empty()),
                    "file": Some(line.file).filter(|file| !file.is_empty()),
                });
                into.push_str(&format!("{object}\n"));
            }
        }
    }
}

/// An entry in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `follower`, `rule`, `staff`, `agent`, or `event` for what nobody said.
    pub who: &'static str,
    /// The member of staff, or the agent.
    pub name: String,
    /// `text`, `image` and so on; of an event which one.
    pub kind: String,
    /// The words.
    pub text: String,
    /// How the sending stands, of what staff sent.
    pub state: String,
    /// The address of the file in the admin, where it is kept.
    pub file: String,
}

impl Line {
    /// What stands in a file, and what a command shows.
    pub fn of(entry: &Entry) -> Self {
        let (who, name) = match (&entry.side, &entry.speaker) {
            (Side::Middle, Speaker::Staff(name)) => ("event", name.clone()),
            (Side::Middle, _) => ("event", String::new()),
            (_, Speaker::Follower) => ("follower", String::new()),
            (_, Speaker::Rule(_)) => ("rule", String::new()),
            (_, Speaker::Staff(name)) => ("staff", name.clone()),
            (_, Speaker::Agent(account)) => ("agent", account.clone()),
        };
        let (kind, text) = match (&entry.line, &entry.bubble) {
            (Some(line), _) => (line.kind.clone(), line.other.clone()),
            (None, Some(bubble)) => in_words(bubble),
            (None, None) => (String::new(), String::new()),
        };
        let state = entry.sending.as_ref().map(|sent| sent.state().as_str().to_owned()).unwrap_or_default();
        Self { who, name, kind, text, state, file: file(entry) }
    }

    /// As an object for programs.
    pub fn json(&self, entry: &Entry) -> Value {
        json!({
            "key": entry.key,
            "at": Timestamp::from_millisecond(entry.at).unwrap_or_default().to_string(),
            "who": self.who, "name": self.name, "kind": self.kind, "text": self.text,
            "state": Some(&self.state).filter(|state| !state.is_empty()),
        })
    }
}

fn in_words(bubble: &Bubble) -> (String, String) {
    let said = |kind: &str, text: String| (kind.to_owned(), text);
    match bubble {
        Bubble::Text(text) => said("text", text.clone()),
        Bubble::Picture(_) => said("image", String::new()),
        Bubble::Voice { words, .. } => said("voice", words.clone().unwrap_or_default()),
        Bubble::Film { .. } => said("video", String::new()),
        Bubble::Place { latitude, longitude, label } => said("location", format!("{label} {latitude}, {longitude}")),
        Bubble::Link { title, url, .. } => said("link", format!("{title} {url}")),
        Bubble::MiniProgram { title, .. } => said("miniprogrampage", title.clone()),
        Bubble::File { title, .. } => said("file", title.clone()),
        Bubble::Articles(articles) => {
            said("news", articles.iter().map(|article| article.title.as_str()).collect::<Vec<_>>().join(" / "))
        }
        Bubble::Music { title, .. } => said("music", title.clone()),
        Bubble::Material { kind, title } => said(kind, title.clone()),
        Bubble::Transfer => said("transfer_customer_service", String::new()),
        Bubble::Event(event) => said(event.key, event.value.clone()),
        Bubble::Unknown(kind) => said(kind, String::new()),
    }
}

/// A kept file's name within the admin: the conversation's own address goes before it.
fn file(entry: &Entry) -> String {
    match (&entry.bubble, &entry.sending) {
        (Some(Bubble::Picture(_)), Some(_)) => format!("sent/{}", entry.id),
        (Some(Bubble::Picture(_) | Bubble::Voice { .. } | Bubble::Film { .. }), None) => {
            format!("media/{}/main", entry.id)
        }
        _ => String::new(),
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A line of a table. What a spreadsheet would take for a formula begins with an apostrophe.
fn row(into: &mut String, cells: &[String]) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            into.push(',');
        }
        let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
            || cell.starts_with(['\t', '\r', '\n']);
        let guarded = if formula { format!("'{cell}") } else { cell.clone() };
        if guarded.contains(['"', ',', '\n', '\r', '\'']) {
            into.push('"');
            into.push_str(&guarded.replace('"', "\"\""));
            into.push('"');
        } else {
            into.push_str(&guarded);
        }
    }
    into.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_out() {
        let written = |cell: &str| {
            let mut text = String::new();
            row(&mut text, &[cell.to_owned()]);
            text
        };
        assert_eq!(written("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"\r\n");
        assert_eq!(written("  @cmd"), "\"'  @cmd\"\r\n");
        assert_eq!(written("\t=1"), "\"'\t=1\"\r\n");
        assert_eq!(written("a,b\n\"c\""), "\"a,b\n\"\"c\"\"\"\r\n");
        assert_eq!(written("好的"), "好的\r\n");
    }
}
