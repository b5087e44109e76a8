//! How a material is at WeChat, and what moves it.

use crate::machine::{Machine, Transition, Who, on, words};

words! {
    /// How a material is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum State {
        /// WeChat has it.
        Ready = "ready",
        /// It is on its way, or its process died.
        Uploading = "uploading",
        /// WeChat did not take it, or nobody knows whether it did.
        Failed = "failed",
        /// WeChat has it no more.
        Gone = "gone",
    }
}

words! {
    /// What happens to a material.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Event {
        /// It is sent once more.
        Upload = "upload",
        /// WeChat took it.
        Done = "done",
        /// It did not.
        Fail = "fail",
        /// WeChat has it no more.
        Gone = "gone",
        /// WeChat has it again.
        Back = "back",
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
    use crate::machine::Word;

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
