//! What each errcode of the platform asks of a caller, as one table.

use super::error::Condition::{self, *};
use super::error::ErrorKind::{self, *};

/// One row: the errcodes from the first to the last, what to do, and the name of the reason if it has one.
type Row = (i64, i64, ErrorKind, Option<Condition>);

/// Sorted by errcode, without overlaps.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    (-1,    -1,    RetryLater,    Some(SystemBusy)),
    (40001, 40001, RefreshToken,  Some(TokenRefused)),
    (40003, 40003, CallerMistake, Some(NoSuchUser)),
    (40004, 40007, CallerMistake, None),
    (40009, 40009, CallerMistake, None),
    (40013, 40013, Configuration, Some(WrongCredentials)),
    (40014, 40014, RefreshToken,  Some(TokenRefused)),
    (40029, 40030, AskUserAgain,  None),
    (40031, 40033, CallerMistake, None),
    (40125, 40125, Configuration, Some(WrongCredentials)),
    (40163, 40163, AskUserAgain,  None),
    (40164, 40164, Configuration, Some(AddressNotAllowed)),
    (40243, 40243, Configuration, Some(WrongCredentials)),
    (41001, 41001, CallerMistake, None),
    (41002, 41002, Configuration, Some(WrongCredentials)),
    (41003, 41003, AskUserAgain,  None),
    (41004, 41004, Configuration, Some(WrongCredentials)),
    (41005, 41007, CallerMistake, None),
    (41008, 41008, AskUserAgain,  None),
    (41009, 41009, CallerMistake, None),
    (42001, 42001, RefreshToken,  Some(TokenRefused)),
    (42002, 42003, AskUserAgain,  None),
    (42007, 42007, AskUserAgain,  None),
    (43001, 43003, CallerMistake, None),
    (43004, 43004, BusinessState, Some(NotFollowing)),
    (43019, 43019, BusinessState, Some(Blacklisted)),
    (43101, 43101, BusinessState, Some(RefusedByUser)),
    (44001, 44005, CallerMistake, None),
    (45001, 45008, CallerMistake, None),
    // A day's quota does not come back by trying again soon.
    (45009, 45009, BusinessState, Some(QuotaUsedUp)),
    (45011, 45011, RetryLater,    Some(TooFrequent)),
    (45015, 45015, BusinessState, Some(WindowClosed)),
    (45047, 45047, BusinessState, Some(QuotaUsedUp)),
    (45056, 45059, CallerMistake, None),
    (45064, 45064, CallerMistake, None),
    (45065, 45065, BusinessState, Some(AlreadySent)),
    (45066, 45066, RetryLater,    Some(TooFrequent)),
    (45067, 45067, CallerMistake, None),
    (45072, 45072, CallerMistake, Some(TypingIgnored)),
    (45080, 45081, BusinessState, Some(TypingIgnored)),
    (45083, 45084, CallerMistake, None),
    (45157, 45159, CallerMistake, None),
    (46003, 46003, BusinessState, Some(NoMenu)),
    (46004, 46004, CallerMistake, Some(NoSuchUser)),
    (47001, 47001, CallerMistake, None),
    (48001, 48001, BusinessState, Some(NotPermitted)),
    (48002, 48002, BusinessState, Some(RefusedByUser)),
    (48003, 48004, BusinessState, Some(NotPermitted)),
    (48005, 48005, BusinessState, None),
    (48006, 48006, BusinessState, Some(QuotaUsedUp)),
    (50001, 50002, BusinessState, Some(NotPermitted)),
    (50005, 50005, BusinessState, Some(NotFollowing)),
    (53500, 53502, BusinessState, None),
    (53600, 53600, BusinessState, None),
    (61004, 61004, Configuration, Some(AddressNotAllowed)),
    (61007, 61007, Configuration, None),
    (61450, 61457, BusinessState, None),
    (65301, 65320, CallerMistake, None),
    (65400, 65416, BusinessState, None),
    (76001, 76003, CallerMistake, None),
    (76021, 76022, CallerMistake, None),
    (87009, 87009, BusinessState, None),
    (87014, 87014, BusinessState, None),
    (88000, 88010, BusinessState, None),
    (89503, 89503, Configuration, Some(AddressNotAllowed)),
];

fn row(errcode: i64) -> Option<&'static Row> {
    let at = TABLE.partition_point(|&(first, ..)| first <= errcode).checked_sub(1)?;
    TABLE.get(at).filter(|&&(_, last, ..)| errcode <= last)
}

/// What can be done about `errcode`. A code without a row is taken by its family: 40000 to 47999 speak of the
/// request, the others of the account's state; neither is retried.
pub(super) fn kind(errcode: i64) -> ErrorKind {
    match row(errcode) {
        Some(&(_, _, kind, _)) => kind,
        None if (40_000..48_000).contains(&errcode) => CallerMistake,
        None => BusinessState,
    }
}

/// The name of the reason, if it has one.
pub(super) fn condition(errcode: i64) -> Option<Condition> {
    row(errcode).and_then(|&(_, _, _, condition)| condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_does_not_overlap() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{} and {}", pair[0].0, pair[1].0);
        }
    }

    /// The platform's catalogue, grouped by what a client must do.
    #[test]
    fn each_code_asks_what_the_catalogue_says() {
        let catalogue: &[(ErrorKind, &[i64])] = &[
            (RetryLater, &[-1, 45011, 45066]),
            (RefreshToken, &[40001, 40014, 42001]),
            (Configuration, &[40013, 40125, 40243, 41002, 41004, 40164, 89503, 61004, 61007]),
            (AskUserAgain, &[40029, 40163, 41008, 42003, 40030, 41003, 42002, 42007]),
            (
                CallerMistake,
                &[
                    40003, 40031, 40032, 46004, 40004, 40005, 40006, 40007, 40009, 45001, 45008, 40033, 41001, 41005,
                    41006, 41007, 41009, 43001, 43002, 43003, 44001, 44005, 47001, 45064, 45067, 45072, 45083, 45084,
                    45157, 45158, 45159, 45056, 45057, 45058, 45059, 65301, 65303, 65320, 76001, 76003, 76021, 76022,
                ],
            ),
            (
                BusinessState,
                &[
                    43004, 43019, 43101, 45009, 45015, 45047, 45065, 45080, 45081, 46003, 48001, 48002, 48003, 48004,
                    48005, 48006, 50001, 50002, 50005, 53500, 53501, 53502, 53600, 61450, 61457, 65400, 65416, 87009,
                    87014, 88000, 88001, 88010,
                ],
            ),
        ];
        for (expected, codes) in catalogue {
            for &code in *codes {
                assert!(row(code).is_some(), "{code} has no row");
                assert_eq!(kind(code), *expected, "{code}");
            }
        }
    }

    #[test]
    fn unknown_codes_are_never_retried() {
        assert_eq!((kind(40999), kind(99_999), kind(-2)), (CallerMistake, BusinessState, BusinessState));
        assert_eq!(condition(40999), None);
    }

    #[test]
    fn reasons_have_names() {
        for (code, name) in [
            (45015, WindowClosed),
            (45047, QuotaUsedUp),
            (45009, QuotaUsedUp),
            (43004, NotFollowing),
            (43019, Blacklisted),
            (45065, AlreadySent),
            (46003, NoMenu),
            (40164, AddressNotAllowed),
            (40125, WrongCredentials),
        ] {
            assert_eq!(condition(code), Some(name), "{code}");
        }
    }
}
