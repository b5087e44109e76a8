//! The two state machines: an endpoint, and a delivery to it.

use crate::machine::{Machine, Transition, Who, Word, on};

/// How an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is told.
    Active,
    /// It is told, but nothing has come through for a day.
    Failing,
    /// It is told nothing; what is for it waits.
    Paused,
}

/// What happens to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Nothing has come through for a day.
    Fail,
    /// Something came through.
    Recover,
    /// Nothing has come through for days.
    GiveUp,
    /// It answered that it is gone for good.
    Gone,
    /// Somebody pauses it.
    Pause,
    /// Somebody resumes it.
    Resume,
}

impl Word for State {
    const ALL: &'static [Self] = &[Self::Active, Self::Failing, Self::Paused];

    fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Failing => "failing",
            Self::Paused => "paused",
        }
    }
}

impl Word for Event {
    const ALL: &'static [Self] = &[Self::Fail, Self::Recover, Self::GiveUp, Self::Gone, Self::Pause, Self::Resume];

    fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Recover => "recover",
            Self::GiveUp => "give_up",
            Self::Gone => "gone",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
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

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Until it is due.
    Waiting,
    /// A node sends it, until its lease ends.
    Sending,
    /// The endpoint took it.
    Delivered,
    /// All attempts were in vain, or there is no use in another.
    Failed,
    /// Nobody wants it any more.
    Cancelled,
}

/// What happens to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A node takes it, also one whose node lost its lease.
    Take,
    /// The endpoint answered 2xx.
    Answer,
    /// Anything else, and there are attempts left.
    Again,
    /// Anything else, for good; or its node died in the last attempt, and whether it came through nobody knows.
    Fail,
    /// Its endpoint is gone, it waited too long, or too many wait.
    Cancel,
}

impl Word for Way {
    const ALL: &'static [Self] = &[Self::Waiting, Self::Sending, Self::Delivered, Self::Failed, Self::Cancelled];

    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Word for Turn {
    const ALL: &'static [Self] = &[Self::Take, Self::Answer, Self::Again, Self::Fail, Self::Cancel];

    fn word(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Answer => "answer",
            Self::Again => "again",
            Self::Fail => "fail",
            Self::Cancel => "cancel",
        }
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
