//! Which account a page was opened under. The account that somebody works in is the session's: chosen in one window, it
//! changes for the others, where a form of the former account may still be open. So each form says which one it was, and
//! is taken for that one.

use std::fmt;

use super::desk::View;

/// What a form's `_csrf` says behind the session's value: `.3`, or `.3-all` where all accounts were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The account of pages that are about one.
    pub(crate) account: i64,
    /// What lists showed.
    pub(crate) view: View,
}

impl Opened {
    /// The session's value in `value`, and what stands behind it.
    pub(super) fn split(value: &str) -> (&str, Option<Self>) {
        let Some((token, rest)) = value.split_once('.') else { return (value, None) };
        let (id, all) = rest.strip_suffix("-all").map_or((rest, false), |id| (id, true));
        let opened =
            id.parse().ok().map(|account| Self { account, view: if all { View::All } else { View::One(account) } });
        (token, opened)
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = if self.view == View::All { "-all" } else { "" };
        write!(f, ".{}{all}", self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_says_is_read_back() {
        for opened in [Opened { account: 3, view: View::One(3) }, Opened { account: 12, view: View::All }] {
            let value = format!("abc{opened}");
            assert_eq!(Opened::split(&value), ("abc", Some(opened)));
        }
        for (value, token) in [("abc", "abc"), ("abc.", "abc"), ("abc.x", "abc"), ("", ""), ("abc.-all", "abc")] {
            assert_eq!(Opened::split(value), (token, None), "{value}");
        }
        assert_eq!(Opened::split(".3"), ("", Some(Opened { account: 3, view: View::One(3) })));
    }
}
