//! Which states a draft goes through, and who may move it.

use crate::machine::{Machine, Transition, Who, on, words};

words! {
    /// Where a draft is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum State {
        /// Here alone, or changed since WeChat got it.
        Editing = "editing",
        /// On its way to WeChat's drafts.
        Saving = "saving",
        /// WeChat has it as it stands here.
        Saved = "saved",
        /// WeChat did not take it.
        Failed = "failed",
        /// WeChat is told to publish it.
        Submitting = "submitting",
        /// It is not among WeChat's drafts any more, and nothing told why.
        Unsure = "unsure",
        /// WeChat looks it through.
        Publishing = "publishing",
        /// Anybody can read it.
        Published = "published",
        /// WeChat did not publish it.
        Refused = "refused",
        /// A broadcast used it up.
        Sent = "sent",
        /// WeChat is told to take it away.
        Removing = "removing",
        /// It was taken away.
        Removed = "removed",
    }
}

words! {
    /// What happens to a draft.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Event {
        /// It is to lie at WeChat.
        Save = "save",
        /// It does.
        Saved = "saved",
        /// WeChat refused it.
        SaveFailed = "save_failed",
        /// Somebody changes it.
        Edit = "edit",
        /// It is to be published.
        Submit = "submit",
        /// WeChat took the order.
        Taken = "taken",
        /// WeChat did not take it.
        Untaken = "untaken",
        /// Nobody knows.
        Unsure = "unsure",
        /// It is public.
        Published = "published",
        /// WeChat refused to publish it.
        Refused = "refused",
        /// A person saw that it is public.
        Found = "found",
        /// A person saw that it is not.
        GiveUp = "give_up",
        /// A broadcast used it up.
        Used = "used",
        /// It is to be taken away.
        Remove = "remove",
        /// It was.
        Removed = "removed",
        /// It was not.
        Kept = "kept",
    }
}

/// The machine of a draft.
#[derive(Debug)]
pub struct Machinery;

impl Machine for Machinery {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "drafts";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("draft_events", "draft_id"));
    const KIND: &'static str = "drafts";
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(Event::Save).lead(
            &[State::Editing, State::Saved, State::Refused, State::Failed],
            State::Saving,
            &[Who::Staff, Who::Clock],
        ),
        on(Event::Saved).lead(&[State::Saving], State::Saved, &[Who::WeChat]),
        on(Event::SaveFailed).lead(&[State::Saving], State::Failed, &[Who::WeChat]),
        on(Event::Edit).lead(&[State::Saved, State::Failed, State::Refused], State::Editing, &[Who::Staff]),
        on(Event::Submit).lead(&[State::Saved], State::Submitting, &[Who::Staff]),
        on(Event::Taken).lead(&[State::Submitting, State::Unsure], State::Publishing, &[Who::WeChat]),
        on(Event::Untaken).lead(&[State::Submitting, State::Unsure], State::Saved, &[Who::WeChat]),
        on(Event::Unsure).lead(&[State::Submitting], State::Unsure, &[Who::Clock]),
        on(Event::Published).lead(&[State::Publishing, State::Unsure], State::Published, &[Who::WeChat]),
        on(Event::Refused).lead(&[State::Publishing, State::Unsure], State::Refused, &[Who::WeChat]),
        on(Event::Found).lead(&[State::Unsure], State::Published, &[Who::Staff]),
        on(Event::GiveUp).lead(&[State::Unsure], State::Editing, &[Who::Staff]),
        on(Event::Used).lead(&[State::Saved], State::Sent, &[Who::WeChat]),
        on(Event::Remove).lead(&[State::Published], State::Removing, &[Who::Staff]),
        on(Event::Removed).lead(&[State::Removing], State::Removed, &[Who::WeChat]),
        on(Event::Kept).lead(&[State::Removing], State::Published, &[Who::WeChat]),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine;
    use crate::machine::Word;

    #[test]
    fn every_event_leads_from_a_state_to_one_other() {
        for state in State::ALL {
            for event in Event::ALL {
                let fits =
                    Machinery::TRANSITIONS.iter().filter(|line| line.event == *event && line.from.contains(state));
                assert!(fits.count() <= 1, "{} in {}", event.word(), state.word());
            }
        }
    }

    #[test]
    fn what_is_on_its_way_nobody_moves_by_hand() {
        for state in [State::Saving, State::Submitting, State::Publishing, State::Removing, State::Sent] {
            assert!(machine::may::<Machinery>(state, Who::Staff).is_empty(), "{}", state.word());
        }
    }
}
