//! The state machine of a code: how it comes to be made, and what nobody may do twice.

use crate::machine::{Machine, Transition, Who, Word, on};

/// Where the making of a code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// WeChat is to be asked for it.
    Making,
    /// WeChat is being asked.
    Asking,
    /// It is there.
    Live,
    /// WeChat refused.
    Failed,
    /// A lasting one, of which nobody knows whether WeChat made it.
    Unknown,
}

/// What happens to a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// WeChat is asked.
    Ask,
    /// WeChat made it; the answer may come late.
    Made,
    /// WeChat refused.
    Refuse,
    /// It did not come to anything, and asking again does no harm.
    Again,
    /// The answer was lost, and asking again may count twice.
    Lose,
    /// Somebody wants it made again.
    Remake,
}

impl Word for State {
    const ALL: &'static [Self] = &[Self::Making, Self::Asking, Self::Live, Self::Failed, Self::Unknown];

    fn word(self) -> &'static str {
        match self {
            Self::Making => "making",
            Self::Asking => "asking",
            Self::Live => "live",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl Word for Event {
    const ALL: &'static [Self] = &[Self::Ask, Self::Made, Self::Refuse, Self::Again, Self::Lose, Self::Remake];

    fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Made => "made",
            Self::Refuse => "refuse",
            Self::Again => "again",
            Self::Lose => "lose",
            Self::Remake => "remake",
        }
    }
}

/// What a scene is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SceneKind {
    /// A number.
    Number,
    /// A text.
    Text,
}

impl Word for SceneKind {
    const ALL: &'static [Self] = &[Self::Number, Self::Text];

    fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Text => "text",
        }
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
