//! Which states a draft goes through, and who may move it.

use crate::machine::{Machine, Transition, Who, Word, on};

/// Where a draft is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Here alone, or changed since WeChat got it.
    Editing,
    /// On its way to WeChat's drafts.
    Saving,
    /// WeChat has it as it stands here.
    Saved,
    /// WeChat did not take it.
    Failed,
    /// WeChat is told to publish it.
    Submitting,
    /// It is not among WeChat's drafts any more, and nothing told why.
    Unsure,
    /// WeChat looks it through.
    Publishing,
    /// Anybody can read it.
    Published,
    /// WeChat did not publish it.
    Refused,
    /// A broadcast used it up.
    Sent,
    /// WeChat is told to take it away.
    Removing,
    /// It was taken away.
    Removed,
}

/// What happens to a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is to lie at WeChat.
    Save,
    /// It does.
    Saved,
    /// WeChat refused it.
    SaveFailed,
    /// Somebody changes it.
    Edit,
    /// It is to be published.
    Submit,
    /// WeChat took the order.
    Taken,
    /// WeChat did not take it.
    Untaken,
    /// Nobody knows.
    Unsure,
    /// It is public.
    Published,
    /// WeChat refused to publish it.
    Refused,
    /// A person saw that it is public.
    Found,
    /// A person saw that it is not.
    GiveUp,
    /// A broadcast used it up.
    Used,
    /// It is to be taken away.
    Remove,
    /// It was.
    Removed,
    /// It was not.
    Kept,
}

impl Word for State {
    const ALL: &'static [Self] = &[
        Self::Editing,
        Self::Saving,
        Self::Saved,
        Self::Failed,
        Self::Submitting,
        Self::Unsure,
        Self::Publishing,
        Self::Published,
        Self::Refused,
        Self::Sent,
        Self::Removing,
        Self::Removed,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Editing => "editing",
            Self::Saving => "saving",
            Self::Saved => "saved",
            Self::Failed => "failed",
            Self::Submitting => "submitting",
            Self::Unsure => "unsure",
            Self::Publishing => "publishing",
            Self::Published => "published",
            Self::Refused => "refused",
            Self::Sent => "sent",
            Self::Removing => "removing",
            Self::Removed => "removed",
        }
    }
}

impl Word for Event {
    const ALL: &'static [Self] = &[
        Self::Save,
        Self::Saved,
        Self::SaveFailed,
        Self::Edit,
        Self::Submit,
        Self::Taken,
        Self::Untaken,
        Self::Unsure,
        Self::Published,
        Self::Refused,
        Self::Found,
        Self::GiveUp,
        Self::Used,
        Self::Remove,
        Self::Removed,
        Self::Kept,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Saved => "saved",
            Self::SaveFailed => "save_failed",
            Self::Edit => "edit",
            Self::Submit => "submit",
            Self::Taken => "taken",
            Self::Untaken => "untaken",
            Self::Unsure => "unsure",
            Self::Published => "published",
            Self::Refused => "refused",
            Self::Found => "found",
            Self::GiveUp => "give_up",
            Self::Used => "used",
            Self::Remove => "remove",
            Self::Removed => "removed",
            Self::Kept => "kept",
        }
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
