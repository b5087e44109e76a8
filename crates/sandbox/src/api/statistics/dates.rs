//! Days as the figures name them: in Beijing, written `2026-11-22`.

use serde_json::Value;

use super::super::ApiError;
use crate::tokens::day_of;

const FORMAT: ApiError = ApiError::new(61500, "date format error");
const RANGE: ApiError = ApiError::new(61501, "date range error");

/// A day, counted from 1 January 1970.
pub(super) type Day = i64;

/// The days that a request asks for, both ends included.
///
/// The span may be `most` days long and end yesterday at the latest, since today is not counted yet.
pub(super) fn asked(
    request: &Value,
    names: (&str, &str),
    most: i64,
    now: i64,
) -> Result<std::ops::RangeInclusive<Day>, ApiError> {
    let day = |name: &str| request[name].as_str().and_then(parse).ok_or(FORMAT);
    let (begin, end) = (day(names.0)?, day(names.1)?);
    let fits = begin <= end && end - begin < most && end < day_of(now);
    fits.then_some(begin..=end).ok_or(RANGE)
}

/// `YYYY-MM-DD`, and a day that exists.
pub(super) fn parse(text: &str) -> Option<Day> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    if !shape {
        return None;
    }
    let day = from_civil(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?);
    // What is written back the same did exist: 31 April is not.
    (written(day) == text).then_some(day)
}

pub(super) fn written(day: Day) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The Monday of a day's week.
pub(super) fn monday(day: Day) -> Day {
    // 1 January 1970 was a Thursday.
    day - (day + 3).rem_euclid(7)
}

/// The first day of a day's month.
pub(super) fn first_of_month(day: Day) -> Day {
    day - (civil(day).2 - 1)
}

/// Days since 1970 in the Gregorian calendar, by years that begin in March.
fn from_civil(year: i64, month: i64, day: i64) -> Day {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(day: Day) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_and_written_back() {
        assert_eq!(parse("1970-01-01"), Some(0));
        assert_eq!(parse("2024-02-29"), Some(19_782));
        assert_eq!(written(19_783), "2024-03-01");
        for wrong in ["2023-02-29", "2023-04-31", "2023-13-01", "2023-1-1", "20230101", "2023-01-01 ", "2023/01/01"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(written(monday(parse("2026-11-22").unwrap())), "2026-11-16");
        assert_eq!(monday(parse("2026-11-16").unwrap()), parse("2026-11-16").unwrap());
        assert_eq!(written(first_of_month(parse("2026-11-22").unwrap())), "2026-11-01");
    }
}
