//! What may happen to a broadcast and to each of its parts.

use super::Broadcasts;
use crate::machine::{Machine, Transition, Who, on, words};

words! {
    /// Where a broadcast stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum State {
        /// Being written.
        Draft = "draft",
        /// Its list is being put together.
        Freezing = "freezing",
        /// For somebody to approve it.
        Waiting = "waiting",
        /// Goes out at its time.
        Approved = "approved",
        /// Goes out, or waits for WeChat to say what came of it.
        Sending = "sending",
        /// Nothing more goes out; what did is waited for.
        Stopping = "stopping",
        /// All of it went out.
        Done = "done",
        /// Some of it went out, or nobody knows of some.
        Partly = "partly",
        /// None of it went out.
        Failed = "failed",
        /// Stopped before all of it went out.
        Stopped = "stopped",
        /// Given up before any of it went out.
        Cancelled = "cancelled",
        /// Taken back: the message stays, what it opens is gone.
        Revoked = "revoked",
    }
}

words! {
    /// What happens to a broadcast.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Event {
        /// Somebody submits it.
        Freeze = "submit",
        /// Its list is put together.
        Ready = "ready",
        /// Fewer than two people are on its list.
        TooFew = "too_few",
        /// Somebody changes it.
        Edit = "edit",
        /// A second person approves it.
        Approve = "approve",
        /// A second person sends it back.
        Reject = "reject",
        /// Its time has come.
        Begin = "begin",
        /// Its time has passed while nobody worked.
        Late = "late",
        /// Somebody stops it, or the quota is used up.
        Stop = "stop",
        /// All of it went out.
        FinishDone = "finish_done",
        /// Some of it went out.
        FinishPartly = "finish_partly",
        /// None of it went out.
        FinishFailed = "finish_failed",
        /// What had gone out when it was stopped has its results.
        FinishStopped = "finish_stopped",
        /// Somebody gives it up.
        Cancel = "cancel",
        /// A second person sends what did not go out.
        Retry = "retry",
        /// A second person takes it back.
        Revoke = "revoke",
    }
}

words! {
    /// Where a part stands: one call of WeChat's.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum PartState {
        /// To be sent.
        Ready = "ready",
        /// A call is being made, or was when the process died.
        Sending = "sending",
        /// WeChat has it.
        Accepted = "accepted",
        /// WeChat has sent it out.
        Done = "done",
        /// WeChat refused it, or could not send it out.
        Failed = "failed",
        /// It was sent or not: nobody knows, and it is not sent again without a person.
        Unsure = "unsure",
        /// Not sent, because the broadcast was stopped.
        Cancelled = "cancelled",
    }
}

words! {
    /// What happens to a part.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum PartEvent {
        /// A node takes it.
        Claim = "claim",
        /// It certainly did not go out, or the same clientmsgid may be sent again.
        Unsent = "unsent",
        /// WeChat took it, or says that it had.
        Accepted = "accepted",
        /// WeChat refused it.
        Refused = "refused",
        /// WeChat does not remember its clientmsgid any more.
        Unsure = "unsure",
        /// WeChat told that it went out.
        Delivered = "delivered",
        /// WeChat told that it did not go out.
        Undelivered = "undelivered",
        /// The broadcast was stopped before it.
        Drop = "drop",
        /// A person sends it once more, under another clientmsgid.
        Again = "again",
        /// A person decides that it was not sent.
        NotSent = "not_sent",
        /// A person decides that it was sent.
        WasSent = "was_sent",
    }
}

use Event as E;
use PartEvent as P;
use PartState as Q;
use State as S;

impl Machine for Broadcasts {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "broadcasts";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("broadcast_events", "broadcast_id"));
    const KIND: &'static str = "broadcasts";
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(E::Freeze).lead(&[S::Draft], S::Freezing, &[Who::Staff]),
        on(E::Ready).lead(&[S::Freezing], S::Waiting, &[Who::Clock]),
        on(E::TooFew).lead(&[S::Freezing], S::Draft, &[Who::Clock]),
        on(E::Edit).lead(&[S::Waiting, S::Approved], S::Draft, &[Who::Staff]),
        on(E::Approve).lead(&[S::Waiting], S::Approved, &[Who::Second]),
        on(E::Reject).lead(&[S::Waiting], S::Draft, &[Who::Second]),
        on(E::Begin).lead(&[S::Approved], S::Sending, &[Who::Clock]),
        on(E::Late).lead(&[S::Approved], S::Waiting, &[Who::Clock]),
        on(E::Stop).lead(&[S::Sending], S::Stopping, &[Who::Staff, Who::Clock]),
        on(E::FinishDone).lead(&[S::Sending, S::Stopping], S::Done, &[Who::Clock]),
        on(E::FinishPartly).lead(&[S::Sending], S::Partly, &[Who::Clock]),
        on(E::FinishFailed).lead(&[S::Sending], S::Failed, &[Who::Clock]),
        on(E::FinishStopped).lead(&[S::Stopping], S::Stopped, &[Who::Clock]),
        on(E::Cancel).lead(&[S::Draft, S::Freezing, S::Waiting, S::Approved], S::Cancelled, &[Who::Staff]),
        on(E::Retry).lead(&[S::Partly, S::Failed, S::Stopped], S::Sending, &[Who::Second]),
        on(E::Revoke).lead(&[S::Done, S::Partly, S::Stopped], S::Revoked, &[Who::Second]),
    ];
}

/// The parts of broadcasts.
#[derive(Debug, Clone, Copy)]
pub struct Parts;

impl Machine for Parts {
    type State = PartState;
    type Event = PartEvent;
    const TABLE: &'static str = "broadcast_parts";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("broadcast_part_events", "part_id"));
    const KIND: &'static str = "broadcast_parts";
    // That a process died is no transition: the part is still sending, and is claimed again.
    const TRANSITIONS: &'static [Transition<PartState, PartEvent>] = &[
        on(P::Claim).lead(&[Q::Ready], Q::Sending, &[Who::Clock]),
        on(P::Unsent).lead(&[Q::Sending], Q::Ready, &[Who::Clock]),
        on(P::Accepted).lead(&[Q::Sending, Q::Unsure], Q::Accepted, &[Who::WeChat]),
        on(P::Refused).lead(&[Q::Sending], Q::Failed, &[Who::WeChat]),
        on(P::Unsure).lead(&[Q::Sending], Q::Unsure, &[Who::Clock]),
        on(P::Delivered).lead(&[Q::Accepted], Q::Done, &[Who::WeChat, Who::Clock]),
        on(P::Undelivered).lead(&[Q::Accepted], Q::Failed, &[Who::WeChat]),
        on(P::Drop).lead(&[Q::Ready], Q::Cancelled, &[Who::Clock]),
        on(P::Again).lead(&[Q::Failed, Q::Cancelled], Q::Ready, &[Who::Second]),
        on(P::NotSent).lead(&[Q::Unsure], Q::Ready, &[Who::Second]),
        on(P::WasSent).lead(&[Q::Unsure], Q::Done, &[Who::Second]),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Word, leads, may};

    fn unambiguous<M: Machine>()
    where
        M::State: std::fmt::Debug,
    {
        for state in M::State::ALL {
            for event in M::Event::ALL {
                let lines = M::TRANSITIONS.iter().filter(|line| line.event == *event && line.from.contains(state));
                assert!(lines.count() <= 1, "{} in {}", event.word(), state.word());
            }
        }
        for event in M::Event::ALL {
            assert!(M::TRANSITIONS.iter().any(|line| line.event == *event), "{} never happens", event.word());
        }
    }

    #[test]
    fn every_event_leads_from_a_state_to_one_other() {
        unambiguous::<Broadcasts>();
        unambiguous::<Parts>();
    }

    #[test]
    fn nothing_goes_out_that_no_second_person_approved() {
        for state in [S::Draft, S::Freezing, S::Waiting] {
            for who in Who::ALL {
                assert!(leads::<Broadcasts>(state, E::Begin, *who).is_none(), "{}", state.word());
            }
        }
        assert_eq!(leads::<Broadcasts>(S::Waiting, E::Approve, Who::Staff), None);
        assert_eq!(may::<Broadcasts>(S::Sending, Who::Staff), [E::Stop]);
        // What nobody knows is not sent again by itself.
        assert!(may::<Parts>(Q::Unsure, Who::Clock).is_empty());
    }
}
