//! What a run is, which states it goes through, and who may move it.

use super::Runs;
use crate::machine::{Machine, Transition, Who, on, words};

words! {
    /// What a run does.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Kind {
        /// Reads all followers of an account.
        SyncFull = "sync_full",
        /// Reads those who came lately.
        SyncRecent = "sync_recent",
        /// Puts tags on many, takes them off, blocks and unblocks.
        Mark = "mark",
        /// Reads older records of customer service.
        Records = "records",
    }
}

words! {
    /// Where a run stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum State {
        /// Waits for a free hand.
        Queued = "queued",
        /// Somebody works on it, or died doing so.
        Running = "running",
        /// A person stopped it, or it asks one.
        Paused = "paused",
        /// Goes on by itself at a time.
        Waiting = "waiting",
        /// All is done.
        Done = "done",
        /// Done, but for those it names.
        Partly = "partly",
        /// Cannot go on before something is put right.
        Failed = "failed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

impl State {
    /// Whether something may still come of it by itself.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Waiting)
    }
}

words! {
    /// What may happen to a run.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Event {
        /// A node begins or goes on.
        Start = "start",
        /// A person stops it for now.
        Pause = "pause",
        /// A person lets it go on.
        Resume = "resume",
        /// It goes on later by itself.
        Rest = "rest",
        /// It needs a person's word.
        Ask = "ask",
        /// All is done.
        Finish = "finish",
        /// All is done that could be.
        FinishPartly = "finish_partly",
        /// It cannot go on.
        Fail = "fail",
        /// A person gives it up.
        Cancel = "cancel",
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
