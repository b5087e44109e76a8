//! The two state machines: an endpoint, and a delivery to it.

use crate::machine::{Machine, Transition, Who, on, words};

words! {
    /// How an endpoint is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum State {
        /// It is told.
        Active = "active",
        /// It is told, but nothing has come through for a day.
        Failing = "failing",
        /// It is told nothing; what is for it waits.
        Paused = "paused",
    }
}

words! {
    /// What happens to an endpoint.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Event {
        /// Nothing has come through for a day.
        Fail = "fail",
        /// Something came through.
        Recover = "recover",
        /// Nothing has come through for days.
        GiveUp = "give_up",
        /// It answered that it is gone for good.
        Gone = "gone",
        /// Somebody pauses it.
        Pause = "pause",
        /// Somebody resumes it.
        Resume = "resume",
    }
}

/// The machine of an endpoint. Its log is the audit log, also of what the clock does.
#[derive(Debug)]
pub struct Endpoint;

impl Machine for Endpoint {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "webhooks";
    const EVENTS: Option<(&'static str, &'static str)> = None;
    const KIND: &'static str = "webhooks";
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(Event::Fail).lead(&[State::Active], State::Failing, &[Who::Clock]),
        on(Event::Recover).lead(&[State::Failing], State::Active, &[Who::Clock]),
        on(Event::GiveUp).lead(&[State::Active, State::Failing], State::Paused, &[Who::Clock]),
        on(Event::Gone).lead(&[State::Active, State::Failing], State::Paused, &[Who::Clock]),
        on(Event::Pause).lead(&[State::Active, State::Failing], State::Paused, &[Who::Staff]),
        on(Event::Resume).lead(&[State::Paused], State::Active, &[Who::Staff]),
    ];
}

words! {
    /// How far a delivery is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Way {
        /// Until it is due.
        Waiting = "waiting",
        /// A node sends it, until its lease ends.
        Sending = "sending",
        /// The endpoint took it.
        Delivered = "delivered",
        /// All attempts were in vain, or there is no use in another.
        Failed = "failed",
        /// Nobody wants it any more.
        Cancelled = "cancelled",
    }
}

words! {
    /// What happens to a delivery.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Turn {
        /// A node takes it, also one whose node lost its lease.
        Take = "take",
        /// The endpoint answered 2xx.
        Answer = "answer",
        /// Anything else, and there are attempts left.
        Again = "again",
        /// Anything else, for good; or its node died in the last attempt, and whether it came through nobody knows.
        Fail = "fail",
        /// Its endpoint is gone, it waited too long, or too many wait.
        Cancel = "cancel",
    }
}

/// The machine of a delivery. Its log is its attempts.
#[derive(Debug)]
pub struct Delivery;

impl Machine for Delivery {
    type State = Way;
    type Event = Turn;
    const TABLE: &'static str = "deliveries";
    const EVENTS: Option<(&'static str, &'static str)> = None;
    const KIND: &'static str = "deliveries";
    const TRANSITIONS: &'static [Transition<Way, Turn>] = &[
        on(Turn::Take).lead(&[Way::Waiting, Way::Sending], Way::Sending, &[Who::Clock]),
        on(Turn::Answer).lead(&[Way::Sending], Way::Delivered, &[Who::Clock]),
        on(Turn::Again).lead(&[Way::Sending], Way::Waiting, &[Who::Clock]),
        on(Turn::Fail).lead(&[Way::Waiting, Way::Sending], Way::Failed, &[Who::Clock]),
        on(Turn::Cancel).lead(&[Way::Waiting, Way::Sending], Way::Cancelled, &[Who::Clock, Who::Staff]),
    ];
}
