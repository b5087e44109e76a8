//! What a run is, which states it goes through, and who may move it.

use super::Runs;
use crate::machine::{Machine, Transition, Who, Word, on};

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Reads all followers of an account.
    SyncFull,
    /// Reads those who came lately.
    SyncRecent,
    /// Puts tags on many, takes them off, blocks and unblocks.
    Mark,
    /// Reads older records of customer service.
    Records,
}

impl Word for Kind {
    const ALL: &'static [Self] = &[Self::SyncFull, Self::SyncRecent, Self::Mark, Self::Records];

    fn word(self) -> &'static str {
        match self {
            Self::SyncFull => "sync_full",
            Self::SyncRecent => "sync_recent",
            Self::Mark => "mark",
            Self::Records => "records",
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for a free hand.
    Queued,
    /// Somebody works on it, or died doing so.
    Running,
    /// A person stopped it, or it asks one.
    Paused,
    /// Goes on by itself at a time.
    Waiting,
    /// All is done.
    Done,
    /// Done, but for those it names.
    Partly,
    /// Cannot go on before something is put right.
    Failed,
    /// Given up.
    Cancelled,
}

impl State {
    /// Whether something may still come of it by itself.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Waiting)
    }
}

impl Word for State {
    const ALL: &'static [Self] = &[
        Self::Queued,
        Self::Running,
        Self::Paused,
        Self::Waiting,
        Self::Done,
        Self::Partly,
        Self::Failed,
        Self::Cancelled,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Partly => "partly",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What may happen to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A node begins or goes on.
    Start,
    /// A person stops it for now.
    Pause,
    /// A person lets it go on.
    Resume,
    /// It goes on later by itself.
    Rest,
    /// It needs a person's word.
    Ask,
    /// All is done.
    Finish,
    /// All is done that could be.
    FinishPartly,
    /// It cannot go on.
    Fail,
    /// A person gives it up.
    Cancel,
}

impl Word for Event {
    const ALL: &'static [Self] = &[
        Self::Start,
        Self::Pause,
        Self::Resume,
        Self::Rest,
        Self::Ask,
        Self::Finish,
        Self::FinishPartly,
        Self::Fail,
        Self::Cancel,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Rest => "rest",
            Self::Ask => "ask",
            Self::Finish => "finish",
            Self::FinishPartly => "finish_partly",
            Self::Fail => "fail",
            Self::Cancel => "cancel",
        }
    }
}

use Event as E;
use State as S;

impl Machine for Runs {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "runs";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("run_events", "run_id"));
    const KIND: &'static str = "runs";
    // That a holder died is no transition: the run is still running, and somebody else takes it.
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(E::Start).lead(&[S::Queued, S::Waiting], S::Running, &[Who::Clock]),
        on(E::Pause).lead(&[S::Queued, S::Running, S::Waiting], S::Paused, &[Who::Staff]),
        on(E::Resume).lead(&[S::Paused, S::Failed], S::Queued, &[Who::Staff]),
        on(E::Rest).lead(&[S::Running], S::Waiting, &[Who::Clock]),
        on(E::Ask).lead(&[S::Running], S::Paused, &[Who::Clock]),
        on(E::Finish).lead(&[S::Running], S::Done, &[Who::Clock]),
        on(E::FinishPartly).lead(&[S::Running], S::Partly, &[Who::Clock]),
        on(E::Fail).lead(&[S::Running], S::Failed, &[Who::Clock, Who::WeChat]),
        on(E::Cancel).lead(&[S::Queued, S::Running, S::Paused, S::Waiting, S::Failed], S::Cancelled, &[Who::Staff]),
    ];
}
