//! Whether a made-up value keeps a rule: written from the rules' documentation, not from their code.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use puzi_resource::{Field, Kind, Rule};
use serde_json::{Map, Value};

/// What a rule may look at besides the value.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) fields: &'a [Field],
    pub(super) values: &'a Map<String, Value>,
    pub(super) zone: &'a TimeZone,
    pub(super) today: Date,
}

/// The text of one value, as rules about texts see it.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        _ => false,
    }
}

/// Whether `value` keeps every rule of `field`.
pub(super) fn fits_all(field: &Field, value: &Value, beside: Beside<'_>) -> bool {
    field.rules.iter().all(|rule| fits(rule, field, value, beside))
}

/// Whether `value`, which is not empty, keeps `rule`, as far as no database has to say.
pub(super) fn fits(rule: &Rule, field: &Field, value: &Value, beside: Beside<'_>) -> bool {
    let text = || text_of(value);
    let every = |fits: &dyn Fn(&str) -> bool| match value {
        Value::Array(all) => all.iter().all(|one| fits(&text_of(one))),
        one => fits(&text_of(one)),
    };
    let only = |fits: fn(char) -> bool| text().chars().all(fits);
    let number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite) && !text.contains(['i', 'n']);
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit()).then_some(text.len());
    let other = |name: &str| beside.values.get(name).unwrap_or(&Value::Null);
    match rule {
        Rule::Min(least) => measure(field, value).is_none_or(|n| n >= *least),
        Rule::Max(most) => measure(field, value).is_none_or(|n| n <= *most),
        Rule::Between(least, most) => measure(field, value).is_none_or(|n| (*least..=*most).contains(&n)),
        Rule::Bytes(most) => text().len() <= *most,
        Rule::Size(exact) => measure(field, value).is_none_or(|n| n == *exact),
        Rule::In(words) => every(&|one| words.iter().any(|word| word == one)),
        Rule::NotIn(words) => every(&|one| words.iter().all(|word| word != one)),
        Rule::Email => matches!(text().split_once('@'), Some((name, host)) if !name.is_empty() && host.contains('.')),
        Rule::Url => text().starts_with("http://") || text().starts_with("https://"),
        Rule::Ip => text().parse::<std::net::IpAddr>().is_ok(),
        Rule::Date => day(field, value, beside).is_some(),
        Rule::Before(when) => ordered(when, field, value, beside, true),
        Rule::After(when) => ordered(when, field, value, beside, false),
        Rule::Regex(pattern) => pattern.is_match(&text()),
        Rule::Alpha => only(char::is_alphabetic),
        Rule::AlphaNum => only(char::is_alphanumeric),
        Rule::AlphaDash => only(|c| c.is_alphanumeric() || c == '-' || c == '_'),
        Rule::Numeric => value.is_number() || number(&text()),
        Rule::Integer => value.is_i64() || text().parse::<i64>().is_ok(),
        Rule::Digits(count) => digits(&text()) == Some(*count as usize),
        Rule::DigitsBetween(least, most) => {
            digits(&text()).is_some_and(|n| (*least as usize..=*most as usize).contains(&n))
        }
        Rule::Different(name) => other(name) != value,
        Rule::Same(name) => other(name) == value,
        Rule::Boolean => value.is_boolean() || matches!(text().as_str(), "0" | "1" | "true" | "false"),
        Rule::Json => matches!(field.kind, Kind::Json) || serde_json::from_str::<Value>(&text()).is_ok(),
        Rule::Accepted => matches!(text().as_str(), "true" | "1" | "yes" | "on"),
        Rule::Required | Rule::RequiredWith(_) | Rule::Nullable | Rule::Confirmed => true,
        Rule::Unique | Rule::Exists(..) | Rule::Image | Rule::Mimes(_) | Rule::Custom(..) => true,
    }
}

/// What the bounds count: characters, the number itself, entries. Files are counted where they are made.
fn measure(field: &Field, value: &Value) -> Option<i64> {
    match (&field.kind, value) {
        (Kind::Boolean | Kind::DateTime | Kind::Date | Kind::Time | Kind::BelongsTo(_), _) => None,
        (Kind::Image(_) | Kind::File(_), _) => None,
        (_, Value::Number(_)) => value.as_i64(),
        (_, Value::Array(all)) => i64::try_from(all.len()).ok(),
        (_, Value::String(text)) => i64::try_from(text.chars().count()).ok(),
        _ => None,
    }
}

/// The day of a value, in the shop's zone.
fn day(field: &Field, value: &Value, beside: Beside<'_>) -> Option<Date> {
    match (&field.kind, value) {
        (Kind::DateTime, value) => {
            Some(Timestamp::from_millisecond(value.as_i64()?).ok()?.to_zoned(beside.zone.clone()).date())
        }
        (_, Value::String(text)) => text.parse().ok().filter(|_| text.len() == 10),
        _ => None,
    }
}

/// A day that a rule names.
pub(super) fn named_day(when: &str, today: Date) -> Option<Date> {
    match when {
        "today" | "now" => Some(today),
        "tomorrow" => today.checked_add(1.day()).ok(),
        "yesterday" => today.checked_sub(1.day()).ok(),
        date => date.parse().ok(),
    }
}

fn ordered(when: &str, field: &Field, value: &Value, beside: Beside<'_>, before: bool) -> bool {
    let right = |order: std::cmp::Ordering| if before { order.is_lt() } else { order.is_gt() };
    let Some(other) = beside.fields.iter().find(|other| other.name == when) else {
        let limit = named_day(when, beside.today);
        return day(field, value, beside).zip(limit).is_some_and(|(day, limit)| right(day.cmp(&limit)));
    };
    let theirs = beside.values.get(when).unwrap_or(&Value::Null);
    if is_empty(theirs) {
        return true;
    }
    match (&field.kind, &other.kind) {
        (Kind::DateTime, Kind::DateTime) => right(value.as_i64().cmp(&theirs.as_i64())),
        (Kind::Time, Kind::Time) => right(value.as_str().cmp(&theirs.as_str())),
        _ => day(field, value, beside).zip(day(other, theirs, beside)).is_some_and(|(a, b)| right(a.cmp(&b))),
    }
}
