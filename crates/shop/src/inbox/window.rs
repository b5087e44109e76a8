//! What WeChat lets an account send by itself, and until when.
//!
//! A message of the follower allows 5 within 48 hours; a tap on a menu button, a scan or a subscription allows 3 within
//! one minute. What ends first is used first. WeChat counts by itself and has the last word: this is what the team
//! is shown, and what keeps them from writing what WeChat would refuse.

use super::chats::Chat;

/// How long a message of the follower opens the window, ms.
pub(super) const SAID_MS: i64 = 48 * 3_600_000;
/// How many messages it allows.
pub(super) const SAID_MESSAGES: i64 = 5;
/// How long a tap, a scan or a subscription opens it, ms.
pub(super) const ACTED_MS: i64 = 60_000;
/// How many messages that allows.
pub(super) const ACTED_MESSAGES: i64 = 3;

/// What allows a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// The follower wrote.
    Said,
    /// The follower tapped a menu button, scanned a code or subscribed.
    Acted,
}

impl Allowance {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Acted => "acted",
        }
    }
}

/// Why nothing can be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The follower has not done anything that opens the window.
    Never,
    /// It was open and its time is over.
    TimeOver {
        /// When it ended, Unix ms.
        at: i64,
    },
    /// All messages are used; the next word of the follower brings new ones.
    Spent {
        /// When the time would end, Unix ms.
        until: i64,
    },
}

/// What may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Messages are left.
    Open {
        /// How many.
        left: i64,
        /// Until when the last of them may be sent, Unix ms.
        until: i64,
        /// When the first of them ends, Unix ms: then fewer are left.
        next: i64,
    },
    /// Nothing can be sent.
    Closed(Closed),
}

impl Window {
    /// The window of `chat` at `now` (Unix ms).
    pub fn of(chat: &Chat, now: i64) -> Self {
        let allowances = [
            (chat.said_at, SAID_MS, SAID_MESSAGES - chat.said_used),
            (chat.acted_at, ACTED_MS, ACTED_MESSAGES - chat.acted_used),
        ];
        let ends = allowances.iter().filter(|(at, ..)| *at > 0).map(|(at, ms, _)| at + ms).max();
        let Some(last_end) = ends else { return Self::Closed(Closed::Never) };
        if last_end <= now {
            return Self::Closed(Closed::TimeOver { at: last_end });
        }
        let usable = allowances.iter().filter(|(at, ms, left)| *at > 0 && at + ms > now && *left > 0);
        let (left, until, next) = usable.fold((0, 0, i64::MAX), |(n, last, first), (at, ms, left)| {
            (n + left, last.max(at + ms), first.min(at + ms))
        });
        if left > 0 { Self::Open { left, until, next } } else { Self::Closed(Closed::Spent { until: last_end }) }
    }

    /// Whether something may be sent.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000_000;

    fn window(said: (i64, i64), acted: (i64, i64)) -> Window {
        let (said_at, said_used) = said;
        let (acted_at, acted_used) = acted;
        Window::of(&Chat { said_at, said_used, acted_at, acted_used, ..Chat::default() }, NOW)
    }

    fn open(left: i64, until: i64, next: i64) -> Window {
        Window::Open { left, until, next }
    }

    #[test]
    fn a_message_allows_five_in_48_hours() {
        assert_eq!(window((NOW, 0), (0, 0)), open(5, NOW + SAID_MS, NOW + SAID_MS));
        assert_eq!(window((NOW - SAID_MS + 1, 4), (0, 0)), open(1, NOW + 1, NOW + 1));
        assert_eq!(window((NOW - SAID_MS, 0), (0, 0)), Window::Closed(Closed::TimeOver { at: NOW }));
        assert_eq!(window((NOW, 5), (0, 0)), Window::Closed(Closed::Spent { until: NOW + SAID_MS }));
        assert_eq!(window((0, 0), (0, 0)), Window::Closed(Closed::Never));
    }

    #[test]
    fn a_tap_allows_three_in_a_minute_beside_what_a_message_allows() {
        assert_eq!(window((0, 0), (NOW - 1, 0)), open(3, NOW - 1 + ACTED_MS, NOW - 1 + ACTED_MS));
        assert_eq!(window((NOW - 5, 5), (NOW - 1, 1)), open(2, NOW - 1 + ACTED_MS, NOW - 1 + ACTED_MS));
        assert_eq!(window((NOW - 5, 4), (NOW - 1, 1)), open(3, NOW - 5 + SAID_MS, NOW - 1 + ACTED_MS));
        assert_eq!(window((0, 0), (NOW - ACTED_MS, 0)), Window::Closed(Closed::TimeOver { at: NOW }));
    }
}
