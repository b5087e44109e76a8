//! Every message that an account sent, whichever way.

use std::collections::VecDeque;

use serde::Serialize;

/// Messages that are kept of an account; the oldest go first.
const KEPT: usize = 2000;
/// Characters of a message's summary.
const SUMMARY: usize = 80;

/// A message as it left the account.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sent {
    /// Grows over the account's life.
    id: u64,
    /// `custom`, `mass`, `preview`, `template`, `subscribe`, …
    way: &'static str,
    /// `MsgType`, or the template's id.
    kind: String,
    /// An openid; for a mass message whom it went to, in a few words.
    to: String,
    summary: String,
    /// Unix milliseconds.
    at: i64,
    /// `sent`, `sending`, `delivered`, `failed`, `deleted`, or the platform's own word.
    state: String,
    /// The platform's number, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_id: Option<i64>,
}

/// What goes into the outbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letter<'a> {
    pub(crate) way: &'static str,
    pub(crate) kind: &'a str,
    pub(crate) to: &'a str,
    pub(crate) summary: &'a str,
    /// Unix milliseconds.
    pub(crate) at: i64,
    pub(crate) state: &'a str,
    pub(crate) msg_id: Option<i64>,
}

/// The messages of an account, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    sent: VecDeque<Sent>,
    count: u64,
}

impl Outbox {
    /// Writes a message down and gives it a number.
    pub(crate) fn put(&mut self, letter: Letter<'_>) -> u64 {
        self.count += 1;
        if self.sent.len() >= KEPT {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent {
            id: self.count,
            way: letter.way,
            kind: letter.kind.to_owned(),
            to: letter.to.to_owned(),
            summary: letter.summary.chars().take(SUMMARY).collect(),
            at: letter.at,
            state: letter.state.to_owned(),
            msg_id: letter.msg_id,
        });
        self.count
    }

    /// Changes the state of a message that may still be there.
    pub(crate) fn settle(&mut self, id: u64, state: &str) {
        if let Some(sent) = self.sent.iter_mut().rev().find(|sent| sent.id == id) {
            state.clone_into(&mut sent.state);
        }
    }

    /// All that are kept, the newest first.
    pub(super) fn newest(&self) -> impl ExactSizeIterator<Item = &Sent> {
        self.sent.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_a_state_changes_in_place() {
        let mut outbox = Outbox::default();
        let letter =
            Letter { way: "custom", kind: "text", to: "o1", summary: "你好", at: 1, state: "sending", msg_id: None };
        let ids: Vec<u64> = (0..=KEPT).map(|_| outbox.put(letter)).collect();
        outbox.settle(ids[KEPT], "sent");
        outbox.settle(ids[0], "sent");
        assert_eq!(outbox.newest().len(), KEPT);
        assert_eq!(outbox.newest().map(|sent| sent.state.as_str()).filter(|state| *state == "sent").count(), 1);
        let long = "长".repeat(200);
        outbox.put(Letter { summary: &long, ..letter });
        assert_eq!(outbox.newest().next().unwrap().summary.chars().count(), SUMMARY);
    }
}
