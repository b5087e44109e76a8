//! What may still be sent, in words: the bar above the reply box.

use puzi_shop::inbox::{Chat, Closed, Window};

use crate::admin::desk::Desk;

/// The bar above the reply box.
pub(crate) struct WindowBar {
    /// Something may be sent.
    pub(crate) open: bool,
    /// The bar's line.
    pub(crate) title: String,
    /// Why it is closed, or until when it is open.
    pub(crate) about: String,
    /// Messages left.
    pub(crate) left: i64,
    /// Until when, Unix ms.
    pub(crate) until: i64,
    /// When fewer are left, Unix ms.
    pub(crate) next: i64,
    /// The server's clock, Unix ms: the page counts down by it, not by its own.
    pub(crate) now: i64,
}

impl WindowBar {
    pub(super) fn of(chat: &Chat, desk: &Desk, now: i64) -> Self {
        let closed = |title: &str, about: String| Self {
            open: false,
            title: desk.t(title),
            about,
            left: 0,
            until: 0,
            next: 0,
            now,
        };
        match Window::of(chat, now) {
            Window::Open { left, until, next } => {
                let args = [("left", left.to_string()), ("time", time_left(desk, until - now))];
                let title = desk.ta("inbox.window.open", &args);
                let about = desk.ta("inbox.window.until", &[("when", desk.when(until))]);
                Self { open: true, title, about, left, until, next, now }
            }
            Window::Closed(Closed::Never) => closed("inbox.window.never", desk.t("inbox.window.never_about")),
            Window::Closed(Closed::TimeOver { at }) => {
                closed("inbox.window.over", desk.ta("inbox.window.over_about", &[("when", desk.when(at))]))
            }
            Window::Closed(Closed::Spent { .. }) => closed("inbox.window.spent", desk.t("inbox.window.spent_about")),
        }
    }
}

/// `23 小时 12 分`, `4 分 5 秒`, `9 秒`.
fn time_left(desk: &Desk, ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 {
        desk.ta("inbox.window.hours", &[("h", h.to_string()), ("m", m.to_string())])
    } else if m > 0 {
        desk.ta("inbox.window.minutes", &[("m", m.to_string()), ("s", s.to_string())])
    } else {
        desk.ta("inbox.window.seconds", &[("s", s.to_string())])
    }
}
