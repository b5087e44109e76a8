//! When a rule is in force: between two moments, at times of the day, on days of the week.

use std::{fmt, str::FromStr};

use jiff::{civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const DAY: u16 = 24 * 60;

/// When a rule is in force, in the account's time zone. Everything that is given must hold; nothing given: always.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Active {
    /// Not before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime>,
    /// Not at this moment or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime>,
    /// At one of these times of the day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub daily: Vec<Span>,
    /// On these days. A span over midnight belongs to the day on which it began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
}

impl Active {
    /// True when nothing limits the rule.
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// In force at these times of every day.
    pub fn daily(spans: impl IntoIterator<Item = Span>) -> Self {
        Self { daily: spans.into_iter().collect(), ..Self::default() }
    }
}

/// A part of the day, written `09:00-18:00`: the first minute is in, the last is out. When the end is not after the
/// beginning it goes over midnight. `24:00` may be an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    from: u16,
    until: u16,
}

/// A text that is not a [`Span`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time span such as 09:00-18:00")]
pub struct NotASpan(String);

impl Span {
    /// From `from` to `until`, each as hour and minute.
    pub fn new(from: (u16, u16), until: (u16, u16)) -> Option<Self> {
        let minute = |(hour, minute): (u16, u16)| (minute < 60 && hour < 25).then_some(hour * 60 + minute);
        let (from, until) = (minute(from)?, minute(until)?);
        (from < DAY && until <= DAY && from != until).then_some(Self { from, until })
    }

    /// True when `minute` of the day lies in the part of the span that belongs to the day on which it began.
    fn holds_today(self, minute: u16) -> bool {
        minute >= self.from && (minute < self.until || self.over_midnight())
    }

    /// True when `minute` lies in what is left of yesterday's span.
    fn holds_since_yesterday(self, minute: u16) -> bool {
        self.over_midnight() && minute < self.until
    }

    fn over_midnight(self) -> bool {
        self.until < self.from
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let clock = |text: &str| {
            let (hour, minute) = text.trim().split_once([':', '：'])?;
            let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            if !digits(hour) || minute.len() != 2 || !digits(minute) {
                return None;
            }
            Some((hour.parse().ok()?, minute.parse().ok()?))
        };
        let parse = || {
            let (from, until) = text.split_once(['-', '–', '~', '～', '—'])?;
            Self::new(clock(from)?, clock(until)?)
        };
        parse().ok_or_else(|| NotASpan(text.to_owned()))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday
    Mon,
    /// Tuesday
    Tue,
    /// Wednesday
    Wed,
    /// Thursday
    Thu,
    /// Friday
    Fri,
    /// Saturday
    Sat,
    /// Sunday
    Sun,
}

/// A moment as the wall clock of a place shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WallClock {
    /// Days since 1970-01-01.
    day: i64,
    /// Minute of the day.
    pub(super) minute: u16,
}

impl WallClock {
    pub(super) fn at(now_ms: i64, zone: &TimeZone) -> Self {
        let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let local = now_ms.div_euclid(1_000) + i64::from(zone.to_offset(now).seconds());
        // The remainder of a day is below 86,400 seconds, 1,440 minutes.
        Self { day: local.div_euclid(86_400), minute: (local.rem_euclid(86_400) / 60) as u16 }
    }

    /// 0 for Monday.
    fn weekday(self) -> u32 {
        // 1970-01-01 was a Thursday.
        (self.day + 3).rem_euclid(7) as u32
    }
}

/// Why a rule is out of force now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inactive {
    NotYet,
    Over,
    OtherTime,
}

/// [`Active`], ready to be asked often.
#[derive(Debug, Clone)]
pub(super) struct Window {
    from_ms: i64,
    until_ms: i64,
    spans: Box<[Span]>,
    /// Bit 0 is Monday.
    days: u8,
}

impl Window {
    /// # Errors
    /// When a date is outside the years that a timestamp can have.
    pub(super) fn new(active: &Active, zone: &TimeZone) -> Result<Self, jiff::Error> {
        let moment = |civil: DateTime| Ok::<_, jiff::Error>(civil.to_zoned(zone.clone())?.timestamp().as_millisecond());
        let days = match active.weekdays.as_slice() {
            [] => 0x7f,
            days => days.iter().fold(0, |set, day| set | 1 << *day as u8),
        };
        Ok(Self {
            from_ms: active.from.map(moment).transpose()?.unwrap_or(i64::MIN),
            until_ms: active.until.map(moment).transpose()?.unwrap_or(i64::MAX),
            spans: active.daily.clone().into(),
            days,
        })
    }

    /// `clock` is asked only when the rule depends on the time of day or the day of the week.
    pub(super) fn check(&self, now_ms: i64, clock: impl FnOnce() -> WallClock) -> Result<(), Inactive> {
        if now_ms < self.from_ms {
            return Err(Inactive::NotYet);
        }
        if now_ms >= self.until_ms {
            return Err(Inactive::Over);
        }
        if self.spans.is_empty() && self.days == 0x7f || self.is_open(clock()) {
            return Ok(());
        }
        Err(Inactive::OtherTime)
    }

    fn is_open(&self, now: WallClock) -> bool {
        let today = self.days >> now.weekday() & 1 == 1;
        let yesterday = self.days >> ((now.weekday() + 6) % 7) & 1 == 1;
        if self.spans.is_empty() {
            return today;
        }
        self.spans
            .iter()
            .any(|span| today && span.holds_today(now.minute) || yesterday && span.holds_since_yesterday(now.minute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    fn at(local: &str) -> i64 {
        local.parse::<DateTime>().unwrap().to_zoned(shanghai()).unwrap().timestamp().as_millisecond()
    }

    fn open(active: &Active, local: &str) -> bool {
        let now = at(local);
        let window = Window::new(active, &shanghai()).unwrap();
        window.check(now, || WallClock::at(now, &shanghai())).is_ok()
    }

    #[test]
    fn the_first_minute_is_in_and_the_last_is_out() {
        let hours = Active::daily(["09:00-18:00".parse().unwrap()]);
        for (time, expected) in [("08:59:59", false), ("09:00", true), ("17:59:59", true), ("18:00", false)] {
            assert_eq!(open(&hours, &format!("2026-11-22T{time}")), expected, "{time}");
        }
    }

    #[test]
    fn a_span_over_midnight_belongs_to_the_day_it_began() {
        // 2026-11-20 is a Friday.
        let friday_night =
            Active { daily: vec!["22:00-06:00".parse().unwrap()], weekdays: vec![Weekday::Fri], ..Active::default() };
        for (time, expected) in [
            ("2026-11-20T05:59", false),
            ("2026-11-20T21:59", false),
            ("2026-11-20T22:00", true),
            ("2026-11-21T05:59", true),
            ("2026-11-21T06:00", false),
            ("2026-11-21T22:30", false),
        ] {
            assert_eq!(open(&friday_night, time), expected, "{time}");
        }
    }

    #[test]
    fn moments_and_times_of_day_hold_together() {
        let active = Active {
            from: Some("2026-11-01T00:00".parse().unwrap()),
            until: Some("2026-11-12T00:00".parse().unwrap()),
            daily: vec!["09:00-12:00".parse().unwrap(), "14:00-24:00".parse().unwrap()],
            weekdays: vec![],
        };
        for (time, expected) in [
            ("2026-10-31T23:59", false),
            ("2026-11-01T00:00", false),
            ("2026-11-01T09:00", true),
            ("2026-11-05T13:00", false),
            ("2026-11-11T23:59:59", true),
            ("2026-11-12T09:30", false),
        ] {
            assert_eq!(open(&active, time), expected, "{time}");
        }
    }

    #[test]
    fn spans_are_read_leniently_and_written_one_way() {
        for text in ["9:00-18:00", "09:00 – 18:00", "09：00～18：00", "09:00~18:00"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), "09:00-18:00", "{text}");
        }
        for wrong in [
            "",
            "9-18",
            "09:00",
            "25:00-26:00",
            "09:60-10:00",
            "24:00-01:00",
            "08:00-08:00",
            "9:0-10:00",
            "+9:00-10:00",
        ] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_wall_clock_agrees_with_jiff() {
        for ms in [-1, 0, 1_700_000_000_000, 1_800_000_123_456] {
            let zoned = jiff::Timestamp::from_millisecond(ms).unwrap().to_zoned(shanghai());
            let clock = WallClock::at(ms, &shanghai());
            assert_eq!(clock.minute, zoned.hour() as u16 * 60 + zoned.minute() as u16);
            assert_eq!(clock.weekday(), zoned.weekday().to_monday_zero_offset() as u32);
        }
    }
}
