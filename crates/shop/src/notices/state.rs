//! How far a notice is.

use crate::machine::{Machine, Transition, Who, on, words};

words! {
    /// How far a notice is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum State {
        /// It waits for its turn.
        Queued = "queued",
        /// WeChat is being told.
        Sending = "sending",
        /// WeChat took it; whether it arrives is told later.
        Accepted = "accepted",
        /// It arrived.
        Delivered = "delivered",
        /// The follower refuses such notices.
        Blocked = "blocked",
        /// WeChat refused it, or could not bring it.
        Failed = "failed",
        /// WeChat was told and the answer was lost: perhaps the follower has it. A person decides.
        Unknown = "unknown",
    }
}

words! {
    /// What happens to a notice.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Event {
        /// A node begins to send it.
        Claim = "claim",
        /// It was not taken, or the same sending may be repeated.
        Unsent = "unsent",
        /// WeChat took it.
        Accept = "accept",
        /// WeChat refused it.
        Refuse = "refuse",
        /// The answer was lost, and it may not be repeated.
        Lose = "lose",
        /// WeChat tells that it arrived.
        Arrive = "arrive",
        /// WeChat tells that the follower refused it.
        Block = "block",
        /// WeChat tells that it could not be brought.
        Fail = "fail",
        /// A person sends it again.
        Again = "again",
    }
}

/// The machine of a notice. Its log is the row itself, with its times; what a person did stands in the audit log.
#[derive(Debug)]
pub struct Sent;

impl Machine for Sent {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "notices";
    const EVENTS: Option<(&'static str, &'static str)> = None;
    const KIND: &'static str = "notices";
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(Event::Claim).lead(&[State::Queued], State::Sending, &[Who::Clock]),
        on(Event::Unsent).lead(&[State::Sending], State::Queued, &[Who::Clock, Who::WeChat]),
        on(Event::Accept).lead(&[State::Sending], State::Accepted, &[Who::WeChat]),
        on(Event::Refuse).lead(&[State::Queued, State::Sending], State::Failed, &[Who::Clock, Who::WeChat]),
        on(Event::Lose).lead(&[State::Queued, State::Sending], State::Unknown, &[Who::Clock]),
        on(Event::Arrive).lead(&[State::Accepted, State::Unknown], State::Delivered, &[Who::WeChat]),
        on(Event::Block).lead(&[State::Accepted, State::Unknown], State::Blocked, &[Who::WeChat]),
        on(Event::Fail).lead(&[State::Accepted, State::Unknown], State::Failed, &[Who::WeChat]),
        on(Event::Again).lead(&[State::Failed, State::Unknown], State::Queued, &[Who::Staff]),
    ];
}

words! {
    /// Which of WeChat's ways a notice goes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Way {
        /// A template message.
        Template = "template",
        /// A subscription notification.
        Subscribe = "subscribe",
    }
}

words! {
    /// What a notice is for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Purpose {
        /// To see it on one's own phone.
        Test = "test",
        /// The shop's own course: an order was paid, a parcel left.
        Order = "order",
        /// A person or a program of the merchant's sent it.
        Staff = "staff",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Word, leads, may};

    #[test]
    fn every_event_leads_from_a_state_to_one_other() {
        for state in State::ALL {
            for event in Event::ALL {
                let lines = Sent::TRANSITIONS.iter().filter(|line| line.event == *event && line.from.contains(state));
                assert!(lines.count() <= 1, "{} in {}", event.word(), state.word());
            }
        }
    }

    #[test]
    fn only_what_did_not_arrive_or_may_not_have_is_sent_again_and_by_people_alone() {
        let again: Vec<_> =
            State::ALL.iter().filter(|state| may::<Sent>(**state, Who::Staff) == [Event::Again]).collect();
        assert_eq!(again, [&State::Failed, &State::Unknown]);
        assert_eq!(leads::<Sent>(State::Unknown, Event::Again, Who::Clock), None);
        assert_eq!(leads::<Sent>(State::Delivered, Event::Claim, Who::Clock), None);
    }
}
