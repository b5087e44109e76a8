//! The state machine of a code: how it comes to be made, and what nobody may do twice.

use crate::machine::{Machine, Transition, Who, on, words};

words! {
    /// Where the making of a code stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum State {
        /// WeChat is to be asked for it.
        Making = "making",
        /// WeChat is being asked.
        Asking = "asking",
        /// It is there.
        Live = "live",
        /// WeChat refused.
        Failed = "failed",
        /// A lasting one, of which nobody knows whether WeChat made it.
        Unknown = "unknown",
    }
}

words! {
    /// What happens to a code.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Event {
        /// WeChat is asked.
        Ask = "ask",
        /// WeChat made it; the answer may come late.
        Made = "made",
        /// WeChat refused.
        Refuse = "refuse",
        /// It did not come to anything, and asking again does no harm.
        Again = "again",
        /// The answer was lost, and asking again may count twice.
        Lose = "lose",
        /// Somebody wants it made again.
        Remake = "remake",
    }
}

words! {
    /// What a scene is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum SceneKind {
        /// A number.
        Number = "number",
        /// A text.
        Text = "text",
    }
}

/// The machine of a code.
#[derive(Debug)]
pub struct Code;

impl Machine for Code {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "channels";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("channel_events", "channel_id"));
    const KIND: &'static str = "channels";
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(Event::Ask).lead(&[State::Making], State::Asking, &[Who::Clock]),
        on(Event::Made).lead(&[State::Asking, State::Unknown], State::Live, &[Who::WeChat]),
        on(Event::Refuse).lead(&[State::Asking], State::Failed, &[Who::WeChat]),
        on(Event::Again).lead(&[State::Asking], State::Making, &[Who::Clock]),
        on(Event::Lose).lead(&[State::Asking], State::Unknown, &[Who::Clock]),
        on(Event::Remake).lead(&[State::Failed, State::Unknown, State::Live], State::Making, &[Who::Staff]),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{leads, may};

    #[test]
    fn only_a_person_makes_a_code_again_that_may_count_twice() {
        assert!(may::<Code>(State::Unknown, Who::Clock).is_empty());
        assert_eq!(may::<Code>(State::Unknown, Who::Staff), [Event::Remake]);
        assert_eq!(leads::<Code>(State::Unknown, Event::Made, Who::WeChat), Some(State::Live), "a late answer");
        assert_eq!(leads::<Code>(State::Asking, Event::Remake, Who::Staff), None);
        assert_eq!(leads::<Code>(State::Making, Event::Made, Who::WeChat), None);
    }
}
