//! How far a replay is: its row, its states and the steps between them.

use puzi_wechat::reply::Reply;
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{Ask, Source};
use crate::{
    Result,
    conversations::again,
    db::{self, Db, now_ms},
};

/// Longer than a job may send: a row that says so still has lost its job.
const LOST_MS: i64 = 10 * 60_000;

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The push is among the messages; an answer may follow.
    Stored,
    /// The answer goes out.
    Sending,
    /// The answer went out.
    Sent,
    /// No answer went out.
    NotSent,
    /// The answer went out or not: nobody knows.
    Unknown,
}

impl State {
    const ALL: [Self; 5] = [Self::Stored, Self::Sending, Self::Sent, Self::NotSent, Self::Unknown];

    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// What happens to a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The job begins to send; of an unknown one because a person put the job back.
    Send,
    /// WeChat took it.
    Told,
    /// WeChat refused it.
    Refused,
    /// WeChat's answer is missing, or the process is.
    Lost,
    /// It cannot be sent, and nothing was. An unknown one stays unknown.
    GiveUp,
}

/// From which states a step leads to which. A replay begins as [`State::Stored`], by a person.
pub(crate) const TRANSITIONS: &[(Step, &[State], State)] = &[
    (Step::Send, &[State::Stored, State::Unknown], State::Sending),
    (Step::Told, &[State::Sending], State::Sent),
    (Step::Refused, &[State::Sending], State::NotSent),
    (Step::Lost, &[State::Sending], State::Unknown),
    (Step::GiveUp, &[State::Stored], State::NotSent),
];

/// A replay.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Replay {
    /// Row number.
    pub id: i64,
    /// The account's row number.
    pub account_id: i64,
    source: String,
    source_id: i64,
    /// The message that the push is, or became.
    pub message_id: Option<i64>,
    state: String,
    /// An answer is to be sent.
    pub answer_wanted: bool,
    /// The merchant's webhooks are told again.
    pub webhooks_wanted: bool,
    /// The answer that was promised, as JSON; none when it is still to be computed.
    pub answer: Option<String>,
    /// How many deliveries to webhooks were made; none when they were not to be told.
    pub told: Option<i64>,
    /// Why nothing was sent, or what is not known.
    pub error: Option<String>,
    /// Who asked for it.
    pub by_name: String,
    /// Unix ms.
    pub created_at: i64,
    /// When its answer began to be sent the last time, Unix ms.
    began_at: Option<i64>,
    /// When it came to its end, Unix ms.
    pub done_at: Option<i64>,
}

impl Replay {
    /// What is replayed.
    pub fn source(&self) -> Source {
        if self.source == "refused" { Source::Refused(self.source_id) } else { Source::Message(self.source_id) }
    }

    /// How far it is. One that has been sending for longer than any job lives has lost it.
    pub fn state(&self) -> State {
        let state = State::ALL.into_iter().find(|state| state.as_str() == self.state).unwrap_or(State::Unknown);
        let is_lost = state == State::Sending && now_ms() - self.began_at.unwrap_or(self.created_at) > LOST_MS;
        if is_lost { State::Unknown } else { state }
    }

    /// What was wanted of it.
    pub(super) fn ask(&self) -> Ask {
        Ask { answer: self.answer_wanted, webhooks: self.webhooks_wanted }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_over(&self) -> bool {
        match self.state() {
            State::Stored => !self.answer_wanted,
            State::Sending => false,
            State::Sent | State::NotSent | State::Unknown => true,
        }
    }

    /// Whether the job may send: not when another one did, or does.
    pub(crate) fn may_be_sent(&self) -> bool {
        let (_, from, _) = &TRANSITIONS[0];
        self.answer_wanted && from.iter().any(|state| state.as_str() == self.state)
    }

    /// The answer in one line, when it is known.
    pub fn answer_line(&self) -> Option<String> {
        let reply: Reply = serde_json::from_str(self.answer.as_deref()?).ok()?;
        Some(again::reply_line(&reply))
    }
}

pub(super) const REPLAY: &str = "SELECT id, account_id, source, source_id, message_id, state, answer_wanted, \
                                 webhooks_wanted, answer, told, error, by_name, created_at, began_at, done_at \
                                 FROM replays";

/// The replay `id`.
pub(crate) async fn find<C: ConnectionTrait>(on: &C, id: i64) -> Result<Option<Replay>> {
    let statement = db::statement(on, &format!("{REPLAY} WHERE id = $1"), [id.into()]);
    Ok(Replay::find_by_statement(statement).one(on).await?)
}

/// The latest replays of `source`, the newest first.
pub(crate) async fn of_source<C: ConnectionTrait>(on: &C, source: Source) -> Result<Vec<Replay>> {
    let sql = format!("{REPLAY} WHERE source = $1 AND source_id = $2 ORDER BY id DESC LIMIT 20");
    let statement = db::statement(on, &sql, [source.word().into(), source.id().into()]);
    Ok(Replay::find_by_statement(statement).all(on).await?)
}

/// Takes a step, if the replay is where the step begins; `why` is kept beside it.
pub(crate) async fn step(db: &Db, id: i64, step: Step, why: Option<&str>) -> Result<bool> {
    let Some((_, from, to)) = TRANSITIONS.iter().find(|(other, ..)| *other == step) else { return Ok(false) };
    let from: Vec<_> = from.iter().map(|state| format!("'{}'", state.as_str())).collect();
    let now = now_ms();
    let (began_at, done_at) = if *to == State::Sending { (Some(now), None) } else { (None, Some(now)) };
    let sql = format!(
        "UPDATE replays SET state = '{}', error = $1, done_at = $2, began_at = COALESCE($3, began_at) \
         WHERE id = $4 AND state IN ({})",
        to.as_str(),
        from.join(", ")
    );
    Ok(db.execute(&sql, [why.into(), done_at.into(), began_at.into(), id.into()]).await? == 1)
}

/// The process that had the job died. Before the row said that it was sending, nothing was sent.
pub(crate) async fn interrupted(db: &Db, id: i64, why: &str) -> Result<()> {
    if !step(db, id, Step::Lost, Some(why)).await? {
        step(db, id, Step::GiveUp, Some("the process ended before it sent")).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_told_once_and_ends_somewhere() {
        for step in [Step::Send, Step::Told, Step::Refused, Step::Lost, Step::GiveUp] {
            assert_eq!(TRANSITIONS.iter().filter(|(other, ..)| *other == step).count(), 1, "{step:?}");
        }
        assert_eq!(TRANSITIONS[0].0, Step::Send);
        // Nothing leads out of what is certain.
        for (step, from, _) in TRANSITIONS {
            assert!(!from.contains(&State::Sent) && !from.contains(&State::NotSent), "{step:?}");
        }
    }
}
