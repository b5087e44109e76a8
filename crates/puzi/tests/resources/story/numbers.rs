//! Numbers, days and moments made up.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use puzi_resource::{Field, Kind, Rule};
use serde_json::Value;

use super::rules::{Beside, named_day, text_of};

/// An hour, in ms.
const HOUR: i64 = 3_600_000;

/// Least and greatest number, in stored form.
pub(super) fn bounds(field: &Field) -> (i64, i64) {
    let (mut least, mut most) = (i64::MIN, i64::MAX);
    for rule in &field.rules {
        match rule {
            Rule::Min(n) => least = least.max(*n),
            Rule::Max(n) => most = most.min(*n),
            Rule::Between(a, b) => (least, most) = (least.max(*a), most.min(*b)),
            Rule::Size(n) => (least, most) = (*n, *n),
            _ => {}
        }
    }
    (least, most)
}

/// Groups of numbers for a field, in stored form.
pub(super) fn groups(field: &Field, serial: usize, beside: Beside<'_>) -> Vec<Vec<Value>> {
    let nth = i64::try_from(serial).unwrap_or_default();
    let (least, most) = bounds(field);
    let mut named = Vec::new();
    for rule in &field.rules {
        match rule {
            Rule::In(words) => named.extend(words.iter().filter_map(|word| word.parse::<i64>().ok())),
            Rule::Same(other) => named.extend(beside.values.get(other).and_then(Value::as_i64)),
            Rule::Digits(n) => named.push(10_i64.saturating_pow(n - 1).saturating_add(nth)),
            Rule::DigitsBetween(n, _) => named.push(10_i64.saturating_pow(n.max(&1) - 1).saturating_add(nth)),
            Rule::Regex(pattern) => named.extend((0..2_000).filter(|n| pattern.is_match(&n.to_string()))),
            _ => {}
        }
    }
    // Fractions show whether a point is where it belongs.
    let usual = match field.kind {
        Kind::Decimal(scale) => 10_i64.pow(u32::from(scale)) * nth + 25,
        Kind::Money => 100 * nth + 50,
        Kind::Percent => 100 * (nth % 90) + 25,
        _ => nth,
    };
    let from_least = least.saturating_add(nth % most.saturating_sub(least).saturating_add(1).clamp(1, 50));
    let groups = [named, vec![usual], vec![from_least], vec![least], vec![most], (0..50).collect()];
    groups.into_iter().map(|group| group.into_iter().map(Value::from).collect()).collect()
}

/// Days to try, around today and around what the rules name: first those that stay right when a day ends while the
/// story is told.
pub(super) fn dates(field: &Field, serial: usize, beside: Beside<'_>) -> [Vec<Date>; 2] {
    let mut around = vec![beside.today];
    for rule in &field.rules {
        if let Rule::Before(when) | Rule::After(when) | Rule::Same(when) = rule {
            let other = beside.fields.iter().find(|other| other.name == when);
            let theirs = other.zip(beside.values.get(when)).and_then(|(it, value)| day_of(it, value, beside.zone));
            around.extend(theirs.or_else(|| named_day(when, beside.today)));
        }
    }
    let nth = i64::try_from(serial % 300).unwrap_or_default();
    [vec![-2 - nth, 2 + nth], vec![-1, 1, 0]].map(|steps| {
        let near = |day: &Date| steps.iter().map(|step| day.checked_add(step.days())).collect::<Vec<_>>();
        around.iter().flat_map(near).filter_map(Result::ok).collect()
    })
}

/// The day of another field's value.
pub(super) fn day_of(field: &Field, value: &Value, zone: &TimeZone) -> Option<Date> {
    match (&field.kind, value.as_i64()) {
        (Kind::DateTime, Some(ms)) => Some(Timestamp::from_millisecond(ms).ok()?.to_zoned(zone.clone()).date()),
        _ => text_of(value).parse().ok(),
    }
}

/// Groups of moments to try, in Unix ms.
pub(super) fn moments(field: &Field, serial: usize, beside: Beside<'_>) -> Vec<Vec<Value>> {
    let nth = i64::try_from(serial % 50).unwrap_or_default();
    let mut near: Vec<i64> = Vec::new();
    for rule in &field.rules {
        if let Rule::Before(other) | Rule::After(other) | Rule::Same(other) = rule
            && let Some(ms) = beside.values.get(other).and_then(Value::as_i64)
        {
            near.extend([ms - HOUR, ms + HOUR, ms]);
        }
    }
    let on_day = |day: Date| {
        let at = day.to_datetime(Time::constant(10, 30, 0, 0)).to_zoned(beside.zone.clone()).unwrap();
        at.timestamp().as_millisecond() + nth * 60_000
    };
    let days = dates(field, serial, beside).map(|days| days.into_iter().map(on_day).collect::<Vec<_>>());
    let groups = std::iter::once(near).chain(days);
    groups.map(|group| group.into_iter().map(Value::from).collect()).collect()
}

/// Times of day to try.
pub(super) fn times(field: &Field, serial: usize, beside: Beside<'_>) -> Vec<Value> {
    let mut times = vec![Time::constant(9, 0, 0, 0)];
    for rule in &field.rules {
        if let Rule::Before(other) | Rule::After(other) | Rule::Same(other) = rule {
            times.extend(beside.values.get(other).and_then(|it| it.as_str()?.parse::<Time>().ok()));
        }
    }
    let nth = i64::try_from(serial % 50).unwrap_or_default();
    let steps = [nth, 60 + nth, -60 - nth, 0];
    let at = |time: &Time| steps.map(|step| time.checked_add(step.minutes()));
    times.iter().flat_map(at).filter_map(Result::ok).map(|it| it.strftime("%H:%M:%S").to_string().into()).collect()
}
