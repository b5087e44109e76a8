//! Which states a publication goes through, and who may move it.

use super::Menus;
use crate::machine::{Machine, Transition, Who, on, words};

words! {
    /// Where a publication stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum State {
        /// Waits for a free hand, or for WeChat.
        Queued = "queued",
        /// Somebody works on it, or died doing so.
        Running = "running",
        /// What was wanted is live.
        Live = "live",
        /// Some of it is.
        Partly = "partly",
        /// None of it is.
        Failed = "failed",
    }
}

impl State {
    /// Whether something may still come of it by itself.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

words! {
    /// What may happen to a publication.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Event {
        /// A node begins.
        Start = "start",
        /// WeChat did not answer, or was busy: it goes on later.
        Again = "again",
        /// All is live.
        Done = "done",
        /// It ends before all is.
        Part = "part",
        /// It ends with nothing done.
        Fail = "fail",
        /// A person lets it go on.
        Resume = "resume",
    }
}

use Event as E;
use State as S;

impl Machine for Menus {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "menu_publications";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("menu_publication_events", "publication_id"));
    const KIND: &'static str = "menus";
    // That a node died is no transition: the publication is still running, and another node takes its job.
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(E::Start).lead(&[S::Queued], S::Running, &[Who::Clock]),
        on(E::Again).lead(&[S::Running], S::Queued, &[Who::Clock]),
        on(E::Done).lead(&[S::Running], S::Live, &[Who::WeChat]),
        on(E::Part).lead(&[S::Running], S::Partly, &[Who::WeChat, Who::Clock]),
        on(E::Fail).lead(&[S::Queued, S::Running], S::Failed, &[Who::WeChat, Who::Clock]),
        on(E::Resume).lead(&[S::Partly, S::Failed], S::Queued, &[Who::Staff]),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Word;

    #[test]
    fn every_event_leads_from_a_state_to_one_other() {
        for state in State::ALL {
            for event in Event::ALL {
                let lines = Menus::TRANSITIONS.iter().filter(|line| line.event == *event && line.from.contains(state));
                assert!(lines.count() <= 1, "{} in {}", event.word(), state.word());
            }
        }
    }
}
