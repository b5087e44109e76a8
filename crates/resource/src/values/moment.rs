//! Days, times of day and moments.

use std::sync::LazyLock;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};
use regex::Regex;

use super::{Fault, number::plain_figures};

/// `2026-11-22`, and the ways people write it.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\A(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日?)\z",
    )
    .expect("a pattern of this file")
});

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\A(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?\z").expect("a pattern of this file")
});

static ZONED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:[Zz]|[+-]\d{2}:?\d{2})\z").expect("a pattern of this file"));

/// First and last moment taken, Unix ms: the years 1 to 9999, which have four digits everywhere.
const FIRST: i64 = -62_135_596_800_000;
const LAST: i64 = 253_402_300_799_999;

fn figure<T: std::str::FromStr>(part: Option<regex::Match<'_>>) -> Option<T> {
    part?.as_str().parse().ok()
}

/// A day, as people write it.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let text = plain_figures(text);
    let parts = DATE.captures(&text)?;
    let year: i16 = figure(parts.get(1))?;
    let mut rest = parts.iter().skip(2).flatten();
    let (month, day) = (figure(rest.next())?, figure(rest.next())?);
    Date::new(year, month, day).ok().filter(|date| date.year() > 0)
}

/// A time of day with milliseconds.
fn parse_time(text: &str) -> Option<Time> {
    let text = plain_figures(text);
    let parts = TIME.captures(&text)?;
    let second = parts.get(3).map_or(Some(0), |part| figure(Some(part)))?;
    let millis: i32 = parts.get(4).map_or(Some(0), |part| format!("{:0<3}", part.as_str()).parse().ok())?;
    Time::new(figure(parts.get(1))?, figure(parts.get(2))?, second, millis * 1_000_000).ok()
}

pub(super) fn date(text: &str) -> Result<String, Fault> {
    parse_date(text).map(|date| date.to_string()).ok_or_else(|| Fault::new("rules.date"))
}

pub(super) fn time(text: &str) -> Result<String, Fault> {
    let time = parse_time(text).filter(|time| time.subsec_nanosecond() == 0);
    time.map(|time| time.strftime("%H:%M:%S").to_string()).ok_or_else(|| Fault::new("rules.time"))
}

/// A moment: with its offset from UTC, or else in `zone`. A time that the clocks of the zone leap over is refused; of
/// one that they show twice the first is meant.
pub(super) fn datetime(text: &str, zone: &TimeZone) -> Result<i64, Fault> {
    let text = text.trim();
    if ZONED.is_match(text) && text.contains(':') {
        return instant(text);
    }
    let text = plain_figures(text);
    let (day, hour) = text.split_once(['T', 't', ' ']).ok_or_else(|| Fault::new("rules.datetime"))?;
    let local = parse_date(day).zip(parse_time(hour)).ok_or_else(|| Fault::new("rules.datetime"))?;
    let local = DateTime::from_parts(local.0, local.1);
    let moment = zone.to_ambiguous_timestamp(local);
    if matches!(moment.offset(), AmbiguousOffset::Gap { .. }) {
        return Err(Fault::new("rules.gap").with("time", local.strftime("%Y-%m-%d %H:%M")));
    }
    moment.earlier().ok().and_then(in_range).ok_or_else(|| Fault::new("rules.datetime"))
}

/// A moment with its offset from UTC (RFC 3339), Unix ms.
pub(super) fn instant(text: &str) -> Result<i64, Fault> {
    text.parse::<Timestamp>().ok().and_then(in_range).ok_or_else(|| Fault::new("rules.datetime"))
}

fn in_range(moment: Timestamp) -> Option<i64> {
    Some(moment.as_millisecond()).filter(|ms| (FIRST..=LAST).contains(ms))
}

/// The day of a moment in `zone`.
pub(crate) fn local_date(ms: i64, zone: &TimeZone) -> Option<Date> {
    Timestamp::from_millisecond(ms).ok().map(|moment| moment.to_zoned(zone.clone()).date())
}

/// `2026-11-22 14:05` in `zone`.
pub(super) fn for_people(ms: i64, zone: &TimeZone) -> String {
    format(ms, zone, "%Y-%m-%d %H:%M")
}

/// `2026-11-22T14:05`, with seconds and milliseconds when they are not zero: the value of a form's widget.
pub(super) fn for_input(ms: i64, zone: &TimeZone) -> String {
    let shape = match (ms.rem_euclid(1000), ms.rem_euclid(60_000)) {
        (0, 0) => "%Y-%m-%dT%H:%M",
        (0, _) => "%Y-%m-%dT%H:%M:%S",
        _ => "%Y-%m-%dT%H:%M:%S%.3f",
    };
    format(ms, zone, shape)
}

fn format(ms: i64, zone: &TimeZone, shape: &str) -> String {
    Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |moment| moment.to_zoned(zone.clone()).strftime(shape).to_string())
}

/// RFC 3339 in UTC.
pub(super) fn for_api(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(|moment| moment.to_string())
}
