//! The tables that a timeline is merged from. Each is read from its own index and in its own order, and remembers where it
//! ended, so that nothing is shown twice or left out, whatever arrives meanwhile.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::{
    assign::{self, Line},
    chats,
    send::{Outgoing, SELECT},
};
use crate::{
    Result,
    conversations::reading::{self, Full, Whose},
    db::{self, Db},
    followers,
};

/// An event within so many ms tells of a follow or a leave already.
const SAME_MS: i64 = 60_000;

/// So many entries behind the one that is asked for are shown with it.
const AFTER: usize = 12;

/// Which way one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the latest back.
    Back,
    /// From the oldest on.
    On,
}

/// Something an agent or a follower said past our server.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(super) struct Record {
    pub(super) id: i64,
    pub(super) ours: bool,
    pub(super) worker: String,
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) said_at: i64,
}

/// A follow or a leave of which no event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) at: i64,
    pub(super) followed: bool,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Message(Full),
    Outgoing(Outgoing),
    Line(Line),
    Record(Record),
    Mark(Mark),
}

impl Source {
    /// Unix ms.
    pub(super) fn at(&self) -> i64 {
        match self {
            Self::Message(message) => message.received_at,
            Self::Outgoing(outgoing) => outgoing.created_at,
            Self::Line(line) => line.at,
            Self::Record(record) => record.said_at,
            Self::Mark(mark) => mark.at,
        }
    }
}

/// Where a page ended, in each of the tables. Going back, what lies below these numbers is left; going on, what lies above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) message: i64,
    pub(super) outgoing: i64,
    pub(super) line: i64,
    /// Time and number.
    pub(super) record: (i64, i64),
    /// Time.
    pub(super) mark: i64,
}

impl Place {
    /// Behind everything.
    pub(super) const END: Self = Self::all(i64::MAX);
    /// Before everything.
    pub(super) const BEGIN: Self = Self::all(0);

    const fn all(n: i64) -> Self {
        Self { message: n, outgoing: n, line: n, record: (n, n), mark: n }
    }

    /// Reads [`Place::to_text`]; three numbers alone are of a link from before there were records.
    pub(super) fn read(text: &str) -> Option<Self> {
        let numbers: Option<Vec<i64>> = text.split('-').map(|part| part.parse().ok()).collect();
        match *numbers? {
            [message, outgoing, line] => Some(Self { message, outgoing, line, ..Self::END }),
            [message, outgoing, line, at, id, mark] => Some(Self { message, outgoing, line, record: (at, id), mark }),
            _ => None,
        }
    }

    /// As it stands in a link.
    pub(super) fn to_text(self) -> String {
        let Self { message, outgoing, line, record: (at, id), mark } = self;
        format!("{message}-{outgoing}-{line}-{at}-{id}-{mark}")
    }

    /// With `source` shown.
    pub(super) fn behind(self, source: &Source) -> Self {
        match source {
            Source::Message(message) => Self { message: message.id, ..self },
            Source::Outgoing(outgoing) => Self { outgoing: outgoing.id, ..self },
            Source::Line(line) => Self { line: line.id, ..self },
            Source::Record(record) => Self { record: (record.said_at, record.id), ..self },
            Source::Mark(mark) => Self { mark: mark.at, ..self },
        }
    }
}

/// The next `limit` things that happened between an account and a follower, and whether there are more.
pub(super) async fn read(db: &Db, whose: &Whose, place: Place, way: Way, limit: usize) -> Result<(Vec<Source>, bool)> {
    let most = limit + 1;
    let messages = match way {
        Way::Back => reading::page(db, whose, Some(place.message), most).await?,
        Way::On => reading::page_after(db, whose, place.message, most).await?,
    };
    let (mut sent, mut lines) = (Vec::new(), Vec::new());
    if let Some(chat) = chats::chat_of(db.read(), whose.account_id, &whose.openid).await? {
        sent = outgoing(db, chat.id, place.outgoing, way, most).await?;
        lines = match way {
            Way::Back => assign::lines(db, chat.id, Some(place.line), most).await?,
            Way::On => assign::lines_after(db, chat.id, place.line, most).await?,
        };
    }
    // Of the same moment, the line is about what follows it, and what staff sent answers the message.
    let queues = [
        sent.into_iter().map(Source::Outgoing).collect(),
        lines.into_iter().map(Source::Line).collect(),
        records(db, whose, place.record, way, most).await?.into_iter().map(Source::Record).collect(),
        messages.into_iter().map(Source::Message).collect(),
        marks(db, whose, place.mark, way).await?.into_iter().map(Source::Mark).collect(),
    ];
    Ok(merge(queues, way, limit))
}

/// The place behind the entry that `key` names (`m7`, `o7` or `r7`) and a few that came after it; none when it is not of this
/// conversation.
pub(super) async fn around(db: &Db, whose: &Whose, key: &str) -> Result<Option<Place>> {
    let Some((letter, id)) = key.split_at_checked(1).and_then(|(letter, id)| Some((letter, id.parse::<i64>().ok()?)))
    else {
        return Ok(None);
    };
    let sql = match letter {
        "m" | "a" => "SELECT received_at AS at FROM messages WHERE id = $1 AND account_id = $2 AND openid = $3",
        "o" => {
            "SELECT o.created_at AS at FROM outgoing o JOIN chats c ON c.id = o.chat_id \
             WHERE o.id = $1 AND c.account_id = $2 AND c.openid = $3"
        }
        "r" => "SELECT said_at AS at FROM service_records WHERE id = $1 AND account_id = $2 AND openid = $3",
        _ => return Ok(None),
    };
    let values: Vec<Value> = vec![id.into(), whose.account_id.into(), whose.openid.as_str().into()];
    let Some(row) = db.read().query_one_raw(db::statement(db.read(), sql, values)).await? else { return Ok(None) };
    let at: i64 = row.try_get("", "at")?;
    // In each table behind what is not younger; then some steps on, so that what followed is seen too.
    let sql = "SELECT COALESCE((SELECT id FROM messages WHERE account_id = $1 AND openid = $2 AND received_at <= $3 \
               ORDER BY id DESC LIMIT 1), 0) AS message, \
               COALESCE((SELECT o.id FROM outgoing o JOIN chats c ON c.id = o.chat_id WHERE c.account_id = $1 \
               AND c.openid = $2 AND o.created_at <= $3 ORDER BY o.id DESC LIMIT 1), 0) AS outgoing, \
               COALESCE((SELECT l.id FROM chat_lines l JOIN chats c ON c.id = l.chat_id WHERE c.account_id = $1 \
               AND c.openid = $2 AND l.at <= $3 ORDER BY l.id DESC LIMIT 1), 0) AS line";
    let values: Vec<Value> = vec![whose.account_id.into(), whose.openid.as_str().into(), at.into()];
    let Some(row) = db.read().query_one_raw(db::statement(db.read(), sql, values)).await? else { return Ok(None) };
    let here = Place {
        message: row.try_get("", "message")?,
        outgoing: row.try_get("", "outgoing")?,
        line: row.try_get("", "line")?,
        record: (at, i64::MAX),
        mark: at,
    };
    let (after, _) = read(db, whose, here, Way::On, AFTER).await?;
    let end = after.iter().fold(here, Place::behind);
    // Going back, a place names the first that is left out.
    Ok(Some(Place {
        message: end.message + 1,
        outgoing: end.outgoing + 1,
        line: end.line + 1,
        record: (end.record.0, end.record.1.saturating_add(1)),
        mark: end.mark + 1,
    }))
}

/// The next ones of all, and whether there are more. Each list is in its own order, which is kept: a message that waited in a
/// journal has an older time than its neighbours.
fn merge(queues: [Vec<Source>; 5], way: Way, limit: usize) -> (Vec<Source>, bool) {
    let mut queues = queues.map(|queue| queue.into_iter().peekable());
    let mut merged = Vec::with_capacity(limit);
    loop {
        // Going on, the order of those of one moment is the other way round.
        let heads = queues.iter_mut().enumerate().filter_map(|(n, queue)| queue.peek().map(|head| (n, head.at())));
        let next = match way {
            Way::Back => heads.min_by_key(|(n, at)| (std::cmp::Reverse(*at), *n)),
            Way::On => heads.min_by_key(|(n, at)| (*at, std::cmp::Reverse(*n))),
        };
        let Some((next, _)) = next else { return (merged, false) };
        if merged.len() == limit {
            return (merged, true);
        }
        merged.extend(queues[next].next());
    }
}

async fn outgoing(db: &Db, chat_id: i64, place: i64, way: Way, limit: usize) -> Result<Vec<Outgoing>> {
    let (sign, order) = direction(way);
    let sql = format!("{SELECT} WHERE chat_id = $1 AND id {sign} $2 ORDER BY id {order} LIMIT {limit}");
    let statement = db::statement(db.read(), &sql, [chat_id.into(), place.into()]);
    Ok(Outgoing::find_by_statement(statement).all(db.read()).await?)
}

async fn records(db: &Db, whose: &Whose, place: (i64, i64), way: Way, limit: usize) -> Result<Vec<Record>> {
    let (sign, order) = direction(way);
    // What stands among the messages, or what staff sent, is shown there.
    let sql = format!(
        "SELECT id, ours, worker, kind, text, said_at FROM service_records WHERE account_id = $1 AND openid = $2 \
         AND (said_at {sign} $3 OR (said_at = $3 AND id {sign} $4)) AND same_id IS NULL \
         ORDER BY said_at {order}, id {order} LIMIT {limit}"
    );
    let values: [Value; 4] = [whose.account_id.into(), whose.openid.as_str().into(), place.0.into(), place.1.into()];
    Ok(Record::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

fn direction(way: Way) -> (&'static str, &'static str) {
    match way {
        Way::Back => ("<", "DESC"),
        Way::On => (">", "ASC"),
    }
}

/// When they followed and left, as the followers' list tells, where no event does.
async fn marks(db: &Db, whose: &Whose, place: i64, way: Way) -> Result<Vec<Mark>> {
    let (followed, left) = followers::follow_times(db, whose.account_id, &whose.openid).await?;
    let mut marks = Vec::new();
    for (at, followed, kind) in [(followed, true, "event:subscribe"), (left, false, "event:unsubscribe")] {
        let Some(at) = at else { continue };
        let ahead = if way == Way::Back { at < place } else { at > place };
        if ahead && !reading::has_event(db, whose, kind, at, SAME_MS).await? {
            marks.push(Mark { at, followed });
        }
    }
    marks.sort_by_key(|mark| if way == Way::Back { -mark.at } else { mark.at });
    Ok(marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_link_is_read_or_ignored() {
        let place = Place { message: 7, outgoing: i64::MAX, line: 1, record: (5, 6), mark: 9 };
        assert_eq!(Place::read(&place.to_text()), Some(place));
        let old = Place { record: Place::END.record, mark: i64::MAX, ..place };
        assert_eq!(Place::read(&format!("7-{}-1", i64::MAX)), Some(old));
        for bad in ["", "1-2", "1-2-3-4", "a-b-c", "1--2-3", "1;2;3", "1-2-3-4-5"] {
            assert_eq!(Place::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn both_ways_tell_the_same_story() {
        let record = |at| {
            Source::Record(Record {
                id: at,
                ours: false,
                worker: String::new(),
                kind: "text".into(),
                text: String::new(),
                said_at: at,
            })
        };
        let line =
            |at| Source::Line(Line { id: at, kind: "taken".into(), actor: String::new(), other: String::new(), at });
        let names = |sources: &[Source]| -> Vec<_> {
            sources.iter().map(|source| (matches!(source, Source::Line(_)), source.at())).collect()
        };
        let queues = |records: [i64; 3], lines: [i64; 2]| {
            [vec![], lines.map(line).into(), records.map(record).into(), vec![], vec![]]
        };
        let (mut back, more) = merge(queues([3, 2, 1], [3, 1]), Way::Back, 9);
        let (on, _) = merge(queues([1, 2, 3], [1, 3]), Way::On, 9);
        back.reverse();
        assert!(!more);
        assert_eq!(names(&back), names(&on));
        assert!(merge(queues([3, 2, 1], [3, 1]), Way::Back, 4).1);
    }
}
