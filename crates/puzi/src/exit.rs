//! Exit codes, so that a script knows what happened without reading. `docs/commands.md` and the help of `puzi call` have the
//! same list.

use puzi_shop::Error;
use puzi_wechat::client::ErrorKind;

/// Puzi itself failed: settings, database, files.
pub const FAILED: u8 = 1;
/// The command line is at fault, or our own checks refused: nothing was done.
pub const REFUSED: u8 = 2;
/// What is asked about is wrongly configured: also what `accounts check` says when something is bad.
pub const CONFIGURATION: u8 = 4;
/// It did not end in time, or nobody knows how it ended.
pub const UNKNOWN: u8 = 10;
/// There is a difference.
pub const DIFFERENT: u8 = 11;
/// Partly done; the output says what.
pub const PARTLY: u8 = 12;
/// It waits for a second person.
pub const SECOND: u8 = 13;
/// Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// The code of a call that WeChat, or the way to it, refused.
pub fn of_call(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::CallerMistake => 3,
        ErrorKind::Configuration => CONFIGURATION,
        ErrorKind::BusinessState => 5,
        ErrorKind::AskUserAgain => 6,
        ErrorKind::RetryLater => 7,
        ErrorKind::RefreshToken => 8,
        ErrorKind::Transport => 9,
    }
}

/// The code of a use case that did not happen.
pub fn of_shop(error: &Error) -> u8 {
    match error {
        Error::WeChat(error) => of_call(error.kind),
        Error::Invalid(_) | Error::NotFound | Error::NotNow(_) | Error::Stale | Error::Forbidden(_) => REFUSED,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ErrorKind; 7] = [
        ErrorKind::CallerMistake,
        ErrorKind::Configuration,
        ErrorKind::BusinessState,
        ErrorKind::AskUserAgain,
        ErrorKind::RetryLater,
        ErrorKind::RefreshToken,
        ErrorKind::Transport,
    ];

    #[test]
    fn no_two_outcomes_share_a_code_and_the_page_lists_them_all() {
        let own = [0, FAILED, REFUSED, UNKNOWN, DIFFERENT, PARTLY, SECOND, INTERRUPTED];
        let mut codes: Vec<u8> = KINDS.into_iter().map(of_call).chain(own).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 130]);
        for page in [include_str!("../../../docs/commands.md"), include_str!("../../../docs/commands.zh-CN.md")] {
            for code in &codes {
                assert!(page.contains(&format!("\n| {code} | ")), "{code}");
            }
        }
    }
}
