//! Lines that wait to be written, and sums. When there are more than can be written, the ordinary ones go first.

use std::collections::VecDeque;

use super::{
    figures::Sums,
    line::{Line, PushSeen},
};

/// Lines that may wait; more, and some are left out.
pub(super) const ROOM: usize = 65_536;
/// Of these, failures and what was slow have so many to themselves.
const KEPT: usize = ROOM / 4;
/// Bytes that bodies may take while they wait; beyond, lines lose them.
const ROOM_FOR_BODIES: usize = 32 << 20;
/// Rows of sums in one transaction.
const SUMS_AT_ONCE: usize = 256;

/// A line that waits.
#[derive(Debug)]
pub(super) enum Item {
    Push(PushSeen),
    Call(Box<Line>),
}

impl Item {
    fn is_notable(&self) -> bool {
        match self {
            Self::Push(seen) => seen.is_notable(),
            Self::Call(line) => line.is_notable(),
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Push(_) => 0,
            Self::Call(line) => line.weight(),
        }
    }

    /// The account and the time.
    pub(super) fn whose(&self) -> (i64, i64) {
        match self {
            Self::Push(seen) => (seen.account, seen.at),
            Self::Call(line) => (line.account_id, line.at),
        }
    }
}

/// What the writer takes at once.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) lines: Vec<Item>,
    pub(super) sums: Sums,
}

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    notable: VecDeque<Item>,
    calls: VecDeque<Item>,
    pushes: VecDeque<Item>,
    bytes: usize,
    sums: Sums,
}

/// What became of a line that was to wait.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    /// The line that had to go for it, by account and time.
    pub(super) left_out: Option<(i64, i64)>,
    /// It lost its bodies.
    pub(super) without_bodies: bool,
}

impl Waiting {
    /// Lines that wait.
    pub(super) fn len(&self) -> usize {
        self.notable.len() + self.calls.len() + self.pushes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0 && self.sums.is_empty()
    }

    /// Lets a line wait.
    pub(super) fn add(&mut self, mut item: Item) -> Added {
        let mut added = Added::default();
        if let Item::Call(line) = &mut item
            && line.has_bodies()
            && self.bytes + line.weight() > ROOM_FOR_BODIES
        {
            (line.request, line.response) = (None, None);
            added.without_bodies = true;
        }
        self.bytes += item.weight();
        self.queue_of(&item).push_back(item);
        if self.len() > ROOM {
            added.left_out = self.leave_one_out();
        }
        added
    }

    /// Adds sums that are ready to be written.
    pub(super) fn add_sums(&mut self, sums: Sums) {
        self.sums.merge(sums);
    }

    /// What is written next, at most `most` lines: failures first.
    pub(super) fn take(&mut self, most: usize) -> Work {
        let mut lines = Vec::with_capacity(most.min(self.len()));
        for queue in [&mut self.notable, &mut self.calls, &mut self.pushes] {
            let count = (most - lines.len()).min(queue.len());
            lines.extend(queue.drain(..count));
        }
        self.bytes -= lines.iter().map(Item::weight).sum::<usize>();
        Work { lines, sums: self.sums.take(SUMS_AT_ONCE) }
    }

    /// Puts back what could not be written; there may be less room by now. Gives the account and time of each line that had
    /// to go.
    pub(super) fn put_back(&mut self, work: Work) -> Vec<(i64, i64)> {
        self.sums.merge(work.sums);
        for item in work.lines.into_iter().rev() {
            self.bytes += item.weight();
            self.queue_of(&item).push_front(item);
        }
        let mut left_out = Vec::new();
        while self.len() > ROOM {
            left_out.extend(self.leave_one_out());
        }
        left_out
    }

    fn queue_of(&mut self, item: &Item) -> &mut VecDeque<Item> {
        match item {
            _ if item.is_notable() => &mut self.notable,
            Item::Call(_) => &mut self.calls,
            Item::Push(_) => &mut self.pushes,
        }
    }

    /// The oldest of the ordinary pushes goes, then of the ordinary calls. Of the others only when they are more than their
    /// share: a flood of failures must not hide what goes well.
    fn leave_one_out(&mut self) -> Option<(i64, i64)> {
        let queue = match () {
            () if self.notable.len() > KEPT => &mut self.notable,
            () if !self.pushes.is_empty() => &mut self.pushes,
            () => &mut self.calls,
        };
        let item = queue.pop_front()?;
        self.bytes -= item.weight();
        Some(item.whose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::{Trouble, line::PushEndpoint};

    fn push(account: i64, trouble: Option<Trouble>) -> Item {
        Item::Push(PushSeen {
            account,
            at: 7,
            us: 900,
            sent: 7,
            received: 300,
            status: 200,
            endpoint: PushEndpoint::unreadable(),
            key: [0; 24],
            trouble,
            repeat: false,
        })
    }

    fn call(account: i64, bytes: usize) -> Item {
        let line = Line { account_id: account, request: Some("x".repeat(bytes)), ..Line::default() };
        Item::Call(Box::new(line))
    }

    #[test]
    fn ordinary_pushes_go_before_calls_and_failures_have_a_quarter() {
        let mut waiting = Waiting::default();
        let trouble = Some(Trouble::Failed);
        for _ in 0..KEPT {
            assert_eq!(waiting.add(push(1, trouble)), Added::default());
        }
        waiting.add(call(2, 0));
        waiting.add(push(3, None));
        while waiting.len() < ROOM {
            assert_eq!(waiting.add(call(4, 0)).left_out, None);
        }
        assert_eq!(waiting.add(call(5, 0)).left_out, Some((3, 7)), "the push");
        assert_eq!(waiting.add(call(5, 0)).left_out, Some((2, 0)), "then the oldest call");
        assert_eq!(waiting.add(push(6, trouble)).left_out, Some((1, 7)), "beyond their share the oldest failure");
        assert_eq!(waiting.add(push(7, None)).left_out, Some((7, 7)), "an ordinary push alone has the least right");

        let work = waiting.take(KEPT + 1);
        assert!(matches!(work.lines[KEPT - 1], Item::Push(seen) if seen.account == 6));
        assert_eq!(work.lines[KEPT].whose(), (4, 0), "failures are written first");
        assert_eq!(waiting.put_back(work), []);
        assert_eq!(waiting.len(), ROOM);
        assert_eq!(waiting.take(1).lines[0].whose(), (1, 7), "put back, it is in its order");
    }

    #[test]
    fn bodies_have_a_bound_of_their_own() {
        let mut waiting = Waiting::default();
        for _ in 0..ROOM_FOR_BODIES >> 14 {
            assert!(!waiting.add(call(1, 1 << 14)).without_bodies);
        }
        assert!(waiting.add(call(1, 1)).without_bodies);
        drop(waiting.take(1));
        assert!(!waiting.add(call(1, 1)).without_bodies);
        drop(waiting.take(ROOM));
        assert_eq!((waiting.bytes, waiting.len()), (0, 0));
    }
}
