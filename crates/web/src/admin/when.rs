//! Times as people say them.

use jiff::{Span, Timestamp, Zoned, civil::Date, tz::TimeZone};
use puzi_shop::texts::Locale;

use crate::texts;

/// `at` (Unix ms) seen from `now`: `今天 14:05`, `昨天 09:12`, `11月3日 14:05`, and with the year when it is another one.
pub(crate) fn said(at: i64, now: i64, zone: &TimeZone, locale: Locale) -> String {
    let (Some(at), Some(now)) = (zoned(at, zone), zoned(now, zone)) else { return String::new() };
    let time = at.strftime("%H:%M").to_string();
    let days = now.date().since(at.date()).map_or(i32::MAX, |span| span.get_days());
    let key = match days {
        0 => "when.today",
        1 => "when.yesterday",
        -1 => "when.tomorrow",
        _ if at.year() == now.year() => "when.this_year",
        _ => "when.other_year",
    };
    let month = if locale == Locale::En { at.strftime("%b").to_string() } else { at.month().to_string() };
    let args = [("time", time), ("day", at.day().to_string()), ("month", month), ("year", at.year().to_string())];
    texts::say(locale, key, &args)
}

/// `2026-11-22 14:05:09 +08:00`.
pub(crate) fn full(at: i64, zone: &TimeZone) -> String {
    zoned(at, zone).map(|at| at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()).unwrap_or_default()
}

/// As `<time datetime>` wants it.
pub(crate) fn machine(at: i64) -> String {
    Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

/// When the day `text` (`2026-11-22`) begins by the clock of `zone`, or the one so many days later; Unix ms. None for what is
/// no day.
pub(crate) fn start_of_day(text: &str, days: i64, zone: &TimeZone) -> Option<i64> {
    let day: Date = text.parse().ok()?;
    let day = day.checked_add(Span::new().try_days(days).ok()?).ok()?;
    Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

fn zoned(at: i64, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(at).ok()?.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_from_the_readers_day() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let now = ms("2026-11-22T02:00:00Z");
        for (at, zh, en) in [
            ("2026-11-22T01:05:00Z", "今天 09:05", "today 09:05"),
            // The shop's midnight, not Greenwich's.
            ("2026-11-21T16:30:00Z", "今天 00:30", "today 00:30"),
            ("2026-11-21T15:30:00Z", "昨天 23:30", "yesterday 23:30"),
            ("2026-11-03T06:05:00Z", "11月3日 14:05", "3 Nov 14:05"),
            ("2025-11-03T06:05:00Z", "2025年11月3日 14:05", "3 Nov 2025 14:05"),
        ] {
            assert_eq!(said(ms(at), now, &zone, Locale::ZhCn), zh);
            assert_eq!(said(ms(at), now, &zone, Locale::En), en);
        }
        assert_eq!(full(now, &zone), "2026-11-22 10:00:00 +08:00");
    }

    #[test]
    fn a_day_begins_by_the_shops_clock() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let begins = |text: &str, days| start_of_day(text, days, &zone).map(machine);
        assert_eq!(begins("2026-11-22", 0).as_deref(), Some("2026-11-21T16:00:00Z"));
        assert_eq!(begins("2026-11-22", 1).as_deref(), Some("2026-11-22T16:00:00Z"));
        assert_eq!(begins("", 0), None);
        assert_eq!(begins("9999-12-31", 1), None);
    }
}
