//! State machines as tables one can read aloud: which event leads from where to where, and who may cause it.
//!
//! A table has a column `state`, and a status moves through [`step`] only: it reads the state, looks the event up, and
//! compares and sets. What moved is a row of the machine's own event table, in the same transaction; what a person did
//! stands in the audit log too.

use sea_orm::{ConnectionTrait, Value};
use serde_json::json;

use crate::{
    Error, Problem, Result,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
};

/// A word of a small, fixed set, as it stands in a table.
pub trait Word: Copy + PartialEq + 'static {
    /// All there are.
    const ALL: &'static [Self];

    /// The word in the table.
    fn word(self) -> &'static str;

    /// Reads the word in the table.
    fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word() == word)
    }
}

/// An enum whose values are words in a table: `pub enum State { /** … */ Open = "open", }`. Their order is that of
/// [`Word::ALL`].
macro_rules! words {
    ($(#[$about:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        $vis enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $crate::machine::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

pub(crate) use words;

/// Who may cause an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person: staff, a token, the command line.
    Staff,
    /// A second person, other than the one who asked.
    Second,
    /// Puzi itself, by time or in the course of its work.
    Clock,
    /// What WeChat answered or told.
    WeChat,
}

impl Word for Who {
    const ALL: &'static [Self] = &[Self::Staff, Self::Second, Self::Clock, Self::WeChat];

    fn word(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Second => "second",
            Self::Clock => "clock",
            Self::WeChat => "wechat",
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Transition<S: 'static, E> {
    /// What happens.
    pub event: E,
    /// In which states it may happen.
    pub from: &'static [S],
    /// What comes of it.
    pub to: S,
    /// Who may cause it.
    pub by: &'static [Who],
}

/// Begins a line of the table: `on(Pause).lead(&[Queued, Running], Paused, &[Who::Staff])`.
pub const fn on<E: Copy>(event: E) -> On<E> {
    On { event }
}

/// A line of which the event is known.
#[derive(Debug, Clone, Copy)]
pub struct On<E> {
    event: E,
}

impl<E: Copy> On<E> {
    /// From these states to that one, by these.
    pub const fn lead<S: Copy>(self, from: &'static [S], to: S, by: &'static [Who]) -> Transition<S, E> {
        Transition { event: self.event, from, to, by }
    }
}

/// Something with a state.
pub trait Machine {
    /// Its states.
    type State: Word;
    /// What may happen to it.
    type Event: Word;
    /// Its table, with columns `id`, `account_id` and `state`.
    const TABLE: &'static str;
    /// The table of what happened, and the column there that names the row, such as `(run_events, run_id)`. None where rows
    /// are so many that nobody would read it.
    const EVENTS: Option<(&'static str, &'static str)>;
    /// What the audit log calls it.
    const KIND: &'static str;
    /// What leads where. An event leads from one state to one other.
    const TRANSITIONS: &'static [Transition<Self::State, Self::Event>];
}

/// A step that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<S> {
    /// The state before.
    pub from: S,
    /// The state after.
    pub to: S,
}

/// Where `event`, caused by `who`, leads from `state`; none when it may not happen there.
pub fn leads<M: Machine>(state: M::State, event: M::Event, who: Who) -> Option<M::State> {
    let fits = |line: &&Transition<_, _>| line.event == event && line.from.contains(&state) && line.by.contains(&who);
    M::TRANSITIONS.iter().find(fits).map(|line| line.to)
}

/// What `who` may cause in `state`: the buttons of a page.
pub fn may<M: Machine>(state: M::State, who: Who) -> Vec<M::Event> {
    let lines = M::TRANSITIONS.iter().filter(|line| line.from.contains(&state) && line.by.contains(&who));
    lines.map(|line| line.event).collect()
}

/// Moves the row `id` by `event`, in the transaction `tx`. `why` stands in the event's row, and may be empty.
///
/// # Errors
/// [`Error::NotFound`] without such a row; [`Error::NotNow`] with `machine.not_now` when the event may not happen in its
/// state; [`Error::Stale`] when somebody else moved it meanwhile. Then the transaction is to be dropped.
pub async fn step<M: Machine>(
    tx: &impl ConnectionTrait,
    id: i64,
    event: M::Event,
    who: Who,
    by: &Actor,
    why: &str,
) -> Result<Step<M::State>> {
    let sql = format!("SELECT state, account_id FROM {} WHERE id = $1", M::TABLE);
    let row = tx.query_one_raw(db::statement(tx, &sql, [id.into()])).await?.ok_or(Error::NotFound)?;
    let state: String = row.try_get("", "state")?;
    let not_now = || {
        let problem = Problem::new("state", "machine.not_now").with("event", event.word()).with("state", &state);
        Error::NotNow(problem)
    };
    let from = M::State::read(&state).ok_or_else(not_now)?;
    let to = leads::<M>(from, event, who).ok_or_else(not_now)?;
    let sql = format!("UPDATE {} SET state = $1 WHERE id = $2 AND state = $3", M::TABLE);
    if db::execute(tx, &sql, [to.word().into(), id.into(), from.word().into()]).await? != 1 {
        return Err(Error::Stale);
    }
    if let Some((events, column)) = M::EVENTS {
        let sql = format!(
            "INSERT INTO {events} ({column}, event, from_state, to_state, who, by, why, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        );
        let words = [event.word(), from.word(), to.word(), who.word(), by.name.as_str(), why];
        let values = std::iter::once(id.into()).chain(words.map(Value::from)).chain([now_ms().into()]);
        db::execute(tx, &sql, values).await?;
    }
    if matches!(who, Who::Staff | Who::Second) {
        let account: i64 = row.try_get("", "account_id")?;
        let entry = Entry::new(by, format!("{}.{}", M::KIND, event.word()), M::KIND, id).of_account(account);
        let entry = entry.before(json!({ "state": from.word() })).after(json!({ "state": to.word() }));
        audit::record(tx, &entry).await?;
    }
    Ok(Step { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{Event, Runs, State};

    #[test]
    fn every_event_leads_from_a_state_to_one_other() {
        for state in State::ALL {
            for event in Event::ALL {
                let lines = Runs::TRANSITIONS.iter().filter(|line| line.event == *event && line.from.contains(state));
                assert!(lines.count() <= 1, "{} in {}", event.word(), state.word());
            }
        }
    }

    #[test]
    fn nobody_but_those_named_causes_it() {
        assert_eq!(leads::<Runs>(State::Running, Event::Pause, Who::Staff), Some(State::Paused));
        assert_eq!(leads::<Runs>(State::Running, Event::Pause, Who::WeChat), None);
        assert_eq!(leads::<Runs>(State::Done, Event::Resume, Who::Staff), None);
        assert_eq!(may::<Runs>(State::Paused, Who::Staff), [Event::Resume, Event::Cancel]);
        assert!(may::<Runs>(State::Done, Who::Staff).is_empty());
    }
}
