//! What each errcode of the platform asks of a caller, as one table.

use super::error::Condition::{self, *};
use super::error::ErrorKind::{self, *};

/// One row: the errcodes from the first to the last, what to do, and the name of the reason if it has one.
type Row = (i64, i64, ErrorKind, Option<Condition>);

/// Sorted by errcode, without overlaps.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    (-1,        -1,        RetryLater,    Some(SystemBusy)),
    (404,       404,       CallerMistake, None),
    // The page that the user is sent to for consent.
    (10003,     10003,     Configuration, None),
    (10004,     10004,     BusinessState, Some(NotPermitted)),
    (10005,     10005,     BusinessState, Some(NotPermitted)),
    (10006,     10006,     BusinessState, Some(NotFollowing)),
    (10009,     10009,     RetryLater,    Some(TooFrequent)),
    (10010,     10013,     CallerMistake, None),
    (10015,     10015,     Configuration, None),
    (10016,     10016,     CallerMistake, None),
    // Called a system error, and told for a template that is not there: trying again may never end it.
    (20001,     20001,     BusinessState, None),
    (20002,     20002,     CallerMistake, None),
    (40001,     40001,     RefreshToken,  Some(TokenRefused)),
    (40002,     40002,     CallerMistake, None),
    (40003,     40003,     CallerMistake, Some(NoSuchUser)),
    (40004,     40012,     CallerMistake, None),
    (40013,     40013,     Configuration, Some(WrongCredentials)),
    (40014,     40014,     RefreshToken,  Some(TokenRefused)),
    (40015,     40027,     CallerMistake, None),
    (40029,     40030,     AskUserAgain,  None),
    (40031,     40033,     CallerMistake, None),
    (40035,     40039,     CallerMistake, None),
    (40050,     40055,     CallerMistake, None),
    (40059,     40062,     CallerMistake, None),
    (40065,     40065,     CallerMistake, None),
    (40092,     40092,     CallerMistake, None),
    (40114,     40114,     CallerMistake, None),
    (40117,     40121,     CallerMistake, None),
    (40125,     40125,     Configuration, Some(WrongCredentials)),
    (40130,     40130,     CallerMistake, None),
    (40132,     40132,     CallerMistake, None),
    (40137,     40137,     CallerMistake, None),
    (40152,     40152,     CallerMistake, None),
    (40155,     40155,     CallerMistake, None),
    (40163,     40163,     AskUserAgain,  None),
    (40164,     40164,     Configuration, Some(AddressNotAllowed)),
    (40165,     40166,     CallerMistake, None),
    (40200,     40200,     BusinessState, Some(NotPermitted)),
    // The account has no callback URL.
    (40201,     40201,     Configuration, None),
    (40202,     40203,     CallerMistake, None),
    (40204,     40204,     BusinessState, None),
    // The platform takes the user for a risk.
    (40226,     40226,     BusinessState, None),
    (40243,     40243,     Configuration, Some(WrongCredentials)),
    (40246,     40249,     CallerMistake, None),
    (40400,     40400,     CallerMistake, None),
    (41001,     41001,     CallerMistake, None),
    (41002,     41002,     Configuration, Some(WrongCredentials)),
    (41003,     41003,     AskUserAgain,  None),
    (41004,     41004,     Configuration, Some(WrongCredentials)),
    (41005,     41007,     CallerMistake, None),
    (41008,     41008,     AskUserAgain,  None),
    (41009,     41009,     CallerMistake, None),
    (41030,     41030,     CallerMistake, None),
    (41039,     41039,     CallerMistake, None),
    (42001,     42001,     RefreshToken,  Some(TokenRefused)),
    (42002,     42003,     AskUserAgain,  None),
    (42007,     42007,     AskUserAgain,  None),
    (42010,     42010,     RetryLater,    Some(TooFrequent)),
    (43001,     43003,     CallerMistake, None),
    (43004,     43004,     BusinessState, Some(NotFollowing)),
    (43019,     43019,     BusinessState, Some(Blacklisted)),
    // The industry was changed this month already.
    (43100,     43100,     BusinessState, None),
    (43101,     43101,     BusinessState, Some(RefusedByUser)),
    (43116,     43116,     BusinessState, Some(NotPermitted)),
    (44001,     44005,     CallerMistake, None),
    (45001,     45008,     CallerMistake, None),
    // A day's quota does not come back by trying again soon.
    (45009,     45009,     BusinessState, Some(QuotaUsedUp)),
    (45010,     45010,     BusinessState, None),
    (45011,     45011,     RetryLater,    Some(TooFrequent)),
    (45012,     45014,     CallerMistake, None),
    (45015,     45015,     BusinessState, Some(WindowClosed)),
    (45026,     45027,     BusinessState, None),
    (45028,     45028,     BusinessState, Some(QuotaUsedUp)),
    (45034,     45034,     BusinessState, None),
    (45047,     45047,     BusinessState, Some(QuotaUsedUp)),
    (45050,     45052,     CallerMistake, None),
    (45056,     45059,     CallerMistake, None),
    (45060,     45060,     BusinessState, None),
    (45062,     45062,     BusinessState, None),
    (45064,     45064,     CallerMistake, None),
    (45065,     45065,     BusinessState, Some(AlreadySent)),
    (45066,     45066,     RetryLater,    Some(TooFrequent)),
    (45067,     45067,     CallerMistake, None),
    (45072,     45072,     CallerMistake, Some(TypingIgnored)),
    (45080,     45081,     BusinessState, Some(TypingIgnored)),
    (45083,     45084,     CallerMistake, None),
    (45086,     45086,     CallerMistake, None),
    (45087,     45087,     BusinessState, Some(NotPermitted)),
    (45098,     45099,     CallerMistake, None),
    // Retired calls.
    (45103,     45103,     CallerMistake, None),
    (45106,     45106,     CallerMistake, None),
    (45110,     45110,     CallerMistake, None),
    (45113,     45113,     CallerMistake, None),
    (45157,     45159,     CallerMistake, None),
    (45162,     45162,     CallerMistake, None),
    (45166,     45166,     CallerMistake, None),
    (45169,     45169,     CallerMistake, None),
    // Done for some of the followers, and the answer names the others.
    (45171,     45171,     BusinessState, None),
    (46001,     46001,     CallerMistake, None),
    (46003,     46003,     BusinessState, Some(NoMenu)),
    (46004,     46004,     CallerMistake, Some(NoSuchUser)),
    (47001,     47001,     CallerMistake, None),
    (47003,     47003,     CallerMistake, None),
    (48001,     48001,     BusinessState, Some(NotPermitted)),
    (48002,     48002,     BusinessState, Some(RefusedByUser)),
    (48003,     48004,     BusinessState, Some(NotPermitted)),
    (48005,     48005,     BusinessState, None),
    (48006,     48006,     BusinessState, Some(QuotaUsedUp)),
    (48013,     48013,     CallerMistake, None),
    (48021,     48022,     BusinessState, None),
    (49003,     49003,     CallerMistake, Some(NoSuchUser)),
    (50001,     50002,     BusinessState, Some(NotPermitted)),
    (50004,     50004,     BusinessState, Some(NotPermitted)),
    (50005,     50005,     BusinessState, Some(NotFollowing)),
    (50007,     50007,     BusinessState, Some(NotPermitted)),
    (53404,     53404,     BusinessState, Some(NotPermitted)),
    (53405,     53405,     CallerMistake, None),
    (53406,     53406,     BusinessState, Some(NotPermitted)),
    (53500,     53505,     BusinessState, None),
    (53600,     53600,     BusinessState, None),
    (61004,     61004,     Configuration, Some(AddressNotAllowed)),
    (61007,     61007,     Configuration, None),
    (61450,     61450,     BusinessState, None),
    (61451,     61452,     CallerMistake, None),
    (61453,     61453,     BusinessState, None),
    (61454,     61455,     CallerMistake, None),
    (61456,     61456,     BusinessState, None),
    (61457,     61457,     CallerMistake, None),
    (61500,     61501,     CallerMistake, None),
    (63178,     63183,     CallerMistake, None),
    (65301,     65320,     CallerMistake, None),
    (65400,     65416,     BusinessState, None),
    (70000,     70000,     BusinessState, None),
    (76001,     76004,     CallerMistake, None),
    (76021,     76022,     CallerMistake, None),
    (87009,     87009,     BusinessState, None),
    (87014,     87014,     BusinessState, None),
    (88000,     88010,     BusinessState, None),
    (89501,     89501,     Configuration, Some(AddressNotAllowed)),
    (89503,     89503,     Configuration, Some(AddressNotAllowed)),
    // Mass messages are guarded: an administrator has not confirmed this one, or refused it.
    (89504,     89505,     BusinessState, Some(NotPermitted)),
    (89506,     89507,     Configuration, Some(AddressNotAllowed)),
    (101000,    101002,    CallerMistake, None),
    (101003,    101003,    BusinessState, Some(QuotaUsedUp)),
    (200001,    200002,    CallerMistake, None),
    (200011,    200011,    BusinessState, Some(NotPermitted)),
    (200012,    200013,    BusinessState, None),
    (200014,    200014,    CallerMistake, None),
    (200016,    200022,    CallerMistake, None),
    (200100,    200100,    BusinessState, None),
    (9410010,   9410011,   CallerMistake, None),
    // Nothing is kept under the short key, or no longer.
    (9410012,   9410012,   BusinessState, None),
    (9500001,   9500002,   BusinessState, None),
    (10170001,  10170003,  CallerMistake, None),
    (268487001, 268487002, RetryLater,    Some(SystemBusy)),
    (268488001, 268488001, BusinessState, None),
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
            (RetryLater, &[-1, 45011, 45066, 42010, 268487001, 268487002]),
            (RefreshToken, &[40001, 40014, 42001]),
            (Configuration, &[40013, 40125, 40243, 41002, 41004, 40164, 89503, 61004, 61007, 40201]),
            (AskUserAgain, &[40029, 40163, 41008, 42003, 40030, 41003, 42002, 42007]),
            (
                CallerMistake,
                &[
                    40003, 40031, 40032, 46004, 40004, 40005, 40006, 40007, 40009, 45001, 45008, 40033, 41001, 41005,
                    41006, 41007, 41009, 43001, 43002, 43003, 44001, 44005, 47001, 45064, 45067, 45072, 45083, 45084,
                    45157, 45158, 45159, 45056, 45057, 45058, 45059, 65301, 65303, 65320, 76001, 76002, 76003, 76021,
                    76022, 45002, 45003, 45004, 45005, 45006, 45007, 44002, 44003, 44004, 65304, 65305, 65306, 65316,
                    65317, 76004, 45169, 49003, 63178, 63182, 63183, 40202, 40203, 9410010, 9410011, 61452, 61457,
                ],
            ),
            (
                BusinessState,
                &[
                    43004, 43019, 43101, 45009, 45015, 45047, 45065, 45080, 45081, 46003, 48001, 48002, 48003, 48004,
                    48005, 48006, 50001, 50002, 50005, 53500, 53501, 53502, 53600, 61450, 61453, 61456, 65400, 65416,
                    87009, 87014, 88000, 88001, 88002, 88003, 88005, 88007, 88008, 88010, 45171, 9410012,
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

    /// Each errcode that the catalogue names for a call has its row. A packed crate has no catalogue.
    #[test]
    fn each_code_of_the_catalogue_is_decided() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue");
        let Ok(files) = std::fs::read_dir(folder) else { return };
        let (mut named, mut missing) = (0, std::collections::BTreeSet::new());
        for file in files.map(|file| file.unwrap().path()) {
            for line in std::fs::read_to_string(&file).unwrap().lines() {
                let Some(list) = line.strip_prefix("errors = [") else { continue };
                let codes = list.trim_end_matches(']').split(',').filter_map(|code| code.trim().parse().ok());
                for code in codes {
                    named += 1;
                    if row(code).is_none() {
                        missing.insert(code);
                    }
                }
            }
        }
        assert!(named > 300, "only {named} errcodes were found");
        assert_eq!(missing, [].into());
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
            (268487001, SystemBusy),
            (89504, NotPermitted),
            (49003, NoSuchUser),
            (45028, QuotaUsedUp),
        ] {
            assert_eq!(condition(code), Some(name), "{code}");
        }
    }
}
