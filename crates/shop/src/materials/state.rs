//! How a material is at WeChat, and what moves it.

use crate::machine::{Machine, Transition, Who, Word, on};

/// How a material is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// WeChat has it.
    Ready,
    /// It is on its way, or its process died.
    Uploading,
    /// WeChat did not take it, or nobody knows whether it did.
    Failed,
    /// WeChat has it no more.
    Gone,
}

/// What happens to a material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is sent once more.
    Upload,
    /// WeChat took it.
    Done,
    /// It did not.
    Fail,
    /// WeChat has it no more.
    Gone,
    /// WeChat has it again.
    Back,
}

impl Word for State {
    const ALL: &'static [Self] = &[Self::Ready, Self::Uploading, Self::Failed, Self::Gone];

    fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Uploading => "uploading",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}

impl Word for Event {
    const ALL: &'static [Self] = &[Self::Upload, Self::Done, Self::Fail, Self::Gone, Self::Back];

    fn word(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Done => "done",
            Self::Fail => "fail",
            Self::Gone => "gone",
            Self::Back => "back",
        }
    }
}

/// The machine of a material. They are many: its log is the audit log.
#[derive(Debug)]
pub struct Machinery;

impl Machine for Machinery {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "materials";
    const EVENTS: Option<(&'static str, &'static str)> = None;
    const KIND: &'static str = "materials";
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(Event::Upload).lead(&[State::Failed, State::Gone], State::Uploading, &[Who::Staff, Who::Clock]),
        on(Event::Done).lead(&[State::Uploading], State::Ready, &[Who::WeChat]),
        on(Event::Fail).lead(&[State::Uploading], State::Failed, &[Who::WeChat, Who::Clock]),
        on(Event::Gone).lead(&[State::Ready], State::Gone, &[Who::WeChat]),
        on(Event::Back).lead(&[State::Gone], State::Ready, &[Who::WeChat]),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine;

    #[test]
    fn every_event_leads_from_a_state_to_one_other_and_nobody_calls_a_file_ready() {
        for state in State::ALL {
            for event in Event::ALL {
                let fits =
                    Machinery::TRANSITIONS.iter().filter(|line| line.event == *event && line.from.contains(state));
                assert!(fits.count() <= 1, "{} in {}", event.word(), state.word());
            }
            assert!(!machine::may::<Machinery>(*state, Who::Staff).contains(&Event::Done));
        }
    }
}
