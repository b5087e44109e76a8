//! The rules that need nothing but the values.

use std::{net::IpAddr, sync::LazyLock};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use regex::Regex;
use serde_json::Value;

use crate::{
    Field, Kind, Record, Rule,
    values::{Fault, email, from_text, local_date, parse_date, reading, url},
};

/// Longest one-line text where no rule says otherwise, in characters.
pub(super) const STRING: i64 = 255;
/// Longest text of several lines where no rule says otherwise, in characters.
pub(super) const TEXT: i64 = 65_535;
/// Longest rich text with its marks where no rule says otherwise, in characters.
pub(super) const RICH_TEXT: i64 = 262_144;
/// Longest password, in characters: hashing takes time by length.
pub(super) const PASSWORD: i64 = 200;

/// What a rule may look at besides the value.
pub(super) struct Beside<'a> {
    /// All values of the record, those given over those it has.
    pub record: &'a Record,
    /// All fields of the record.
    pub fields: &'a [Field],
    /// Whose zone says what day it is.
    pub zone: &'a TimeZone,
    /// Now.
    pub now: Timestamp,
}

/// Whether there is nothing in it. `false` and 0 are something.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        _ => false,
    }
}

/// Why `value` breaks `rule`, unless a database has to say.
pub(super) fn judge(rule: &Rule, field: &Field, value: &Value, beside: &Beside<'_>) -> Option<Fault> {
    if is_empty(value) {
        return empty(rule, beside);
    }
    let text = || text_of(value);
    let must = |fits: bool, key: &'static str| (!fits).then(|| Fault::new(key));
    match rule {
        Rule::Min(_) | Rule::Max(_) | Rule::Between(..) | Rule::Size(_) => bound(rule, field, value),
        Rule::Bytes(most) => {
            let fits = every(value, |one| one.len() <= *most);
            (!fits).then(|| Fault::new("rules.bytes").with("max", most))
        }
        Rule::In(words) => must(every(value, |one| words.iter().any(|word| word == one)), "rules.in"),
        Rule::NotIn(words) => must(every(value, |one| words.iter().all(|word| word != one)), "rules.not_in"),
        Rule::Email => must(email(&text()), "rules.email"),
        Rule::Url => must(url(&text()), "rules.url"),
        Rule::Ip => must(text().parse::<IpAddr>().is_ok(), "rules.ip"),
        Rule::Date => must(day(field, value, beside.zone).is_some(), "rules.date"),
        Rule::Before(when) => ordered(when, field, value, beside, true),
        Rule::After(when) => ordered(when, field, value, beside, false),
        Rule::Regex(pattern) => must(pattern.is_match(&text()), "rules.regex"),
        Rule::Alpha => must(ALPHA.is_match(&text()), "rules.alpha"),
        Rule::AlphaNum => must(ALPHA_NUM.is_match(&text()), "rules.alpha_num"),
        Rule::AlphaDash => must(ALPHA_DASH.is_match(&text()), "rules.alpha_dash"),
        Rule::Numeric => must(value.is_number() || NUMERIC.is_match(&text()), "rules.numeric"),
        Rule::Integer => must(value.is_i64() || INTEGER.is_match(&text()), "rules.integer"),
        Rule::Digits(count) => {
            let fits = digits(&text()) == Some(*count as usize);
            (!fits).then(|| Fault::new("rules.digits").with("count", count))
        }
        Rule::DigitsBetween(least, most) => {
            let fits = digits(&text()).is_some_and(|n| (*least as usize..=*most as usize).contains(&n));
            (!fits).then(|| Fault::new("rules.digits_between").with("min", least).with("max", most))
        }
        Rule::Different(other) => {
            let same = beside.record.get(other) == value;
            same.then(|| Fault::new("rules.different").with("other", other))
        }
        Rule::Same(other) => {
            let same = beside.record.get(other) == value;
            (!same).then(|| Fault::new("rules.same").with("other", other))
        }
        Rule::Boolean => must(is_boolean(value), "rules.boolean"),
        Rule::Json => {
            let fits = match value {
                Value::String(text) if !matches!(field.kind, Kind::Json) => serde_json::from_str::<Value>(text).is_ok(),
                _ => true,
            };
            must(fits, "rules.json.invalid")
        }
        Rule::Accepted => must(is_yes(value), "rules.accepted"),
        Rule::Custom(_, check) => check(value, beside.record).err().map(Fault::new),
        Rule::Required | Rule::RequiredWith(_) | Rule::Nullable | Rule::Confirmed => None,
        // A database has to say.
        Rule::Unique | Rule::Exists(..) | Rule::Image | Rule::Mimes(_) => None,
    }
}

/// Nothing passes every rule but these.
fn empty(rule: &Rule, beside: &Beside<'_>) -> Option<Fault> {
    match rule {
        Rule::Required => Some(Fault::new("rules.required")),
        Rule::RequiredWith(others) if others.iter().any(|other| !is_empty(beside.record.get(other))) => {
            Some(Fault::new("rules.required_with").with("other", others.join(" ")))
        }
        Rule::Accepted => Some(Fault::new("rules.accepted")),
        _ => None,
    }
}

macro_rules! patterns {
    ($($name:ident = $pattern:literal;)*) => {
        $(static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a pattern of this file"));)*
    };
}

patterns! {
    ALPHA = r"\A[\p{L}\p{M}]+\z";
    ALPHA_NUM = r"\A[\p{L}\p{M}\p{N}]+\z";
    ALPHA_DASH = r"\A[\p{L}\p{M}\p{N}_-]+\z";
    NUMERIC = r"\A[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\z";
    INTEGER = r"\A[+-]?\d+\z";
}

/// The text of one value, as rules about texts see it.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether `fits` of the value, or of every entry of a list.
fn every(value: &Value, fits: impl Fn(&str) -> bool) -> bool {
    match value {
        Value::Array(all) => all.iter().all(|one| fits(&text_of(one))),
        one => fits(&text_of(one)),
    }
}

fn digits(text: &str) -> Option<usize> {
    text.bytes().all(|b| b.is_ascii_digit()).then_some(text.len())
}

fn is_boolean(value: &Value) -> bool {
    value.is_boolean() || matches!(text_of(value).as_str(), "0" | "1" | "true" | "false")
}

fn is_yes(value: &Value) -> bool {
    matches!(text_of(value).as_str(), "true" | "1" | "yes" | "on")
}

/// What the bounds count of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Characters.
    Text,
    /// The number itself.
    Number,
    /// Entries.
    List,
    /// KiB of each file: a database has to say.
    File,
    /// Nothing.
    None,
}

impl Measure {
    pub(super) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Image(_) | Kind::File(_) => Self::File,
            Kind::Boolean | Kind::DateTime | Kind::Date | Kind::Time | Kind::BelongsTo(_) | Kind::Computed(_) => {
                Self::None
            }
            kind if kind.is_number() => Self::Number,
            kind if kind.is_list() => Self::List,
            Kind::Json => Self::List,
            _ => Self::Text,
        }
    }

    /// The end of the message's key.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text | Self::None => "text",
            Self::Number => "number",
            Self::List => "list",
            Self::File => "file",
        }
    }
}

fn bound(rule: &Rule, field: &Field, value: &Value) -> Option<Fault> {
    let measure = Measure::of(&field.kind);
    let measured = match (measure, value) {
        (Measure::Text, Value::String(text)) => i64::try_from(text.chars().count()).ok()?,
        (Measure::Number, value) => value.as_i64()?,
        (Measure::List, Value::Array(all)) => i64::try_from(all.len()).ok()?,
        _ => return None,
    };
    out_of_bounds(rule, measured).then(|| bound_fault(rule, field))
}

/// Whether `measured` breaks a rule with bounds.
pub(super) fn out_of_bounds(rule: &Rule, measured: i64) -> bool {
    match rule {
        Rule::Min(least) => measured < *least,
        Rule::Max(most) => measured > *most,
        Rule::Between(least, most) => !(*least..=*most).contains(&measured),
        Rule::Size(exact) => measured != *exact,
        _ => false,
    }
}

/// The message of a broken bound, its numbers as people read them.
pub(super) fn bound_fault(rule: &Rule, field: &Field) -> Fault {
    let shown = |bound: i64| match field.kind {
        Kind::Money | Kind::Percent | Kind::Decimal(_) => reading::amount(&field.kind, bound),
        _ => bound.to_string(),
    };
    let key = |text, number, list, file| match Measure::of(&field.kind) {
        Measure::Text | Measure::None => text,
        Measure::Number => number,
        Measure::List => list,
        Measure::File => file,
    };
    match rule {
        Rule::Min(least) => Fault::new(key("rules.min.text", "rules.min.number", "rules.min.list", "rules.min.file"))
            .with("min", shown(*least)),
        Rule::Max(most) => Fault::new(key("rules.max.text", "rules.max.number", "rules.max.list", "rules.max.file"))
            .with("max", shown(*most)),
        Rule::Between(least, most) => {
            let key = key("rules.between.text", "rules.between.number", "rules.between.list", "rules.between.file");
            Fault::new(key).with("min", shown(*least)).with("max", shown(*most))
        }
        Rule::Size(exact) => {
            Fault::new(key("rules.size.text", "rules.size.number", "rules.size.list", "rules.size.file"))
                .with("size", shown(*exact))
        }
        other => unreachable!("{other:?} has no bounds"),
    }
}

/// Why a text is longer than any of its kind may be, where no rule says how long.
pub(super) fn too_long(field: &Field, text: &str) -> Option<Fault> {
    let said = field.rules.iter().any(|rule| matches!(rule, Rule::Max(_) | Rule::Between(..) | Rule::Size(_)));
    let most = match field.kind {
        Kind::String if !said => STRING,
        Kind::Text if !said => TEXT,
        Kind::RichText => RICH_TEXT,
        Kind::Password => PASSWORD,
        _ => return None,
    };
    let long = text.chars().nth(usize::try_from(most).unwrap_or(usize::MAX)).is_some();
    long.then(|| Fault::new("rules.max.text").with("max", most))
}

/// The day of a value, in the actor's zone.
fn day(field: &Field, value: &Value, zone: &TimeZone) -> Option<Date> {
    match (&field.kind, value) {
        (Kind::DateTime, value) => local_date(value.as_i64()?, zone),
        (_, Value::String(text)) => parse_date(text),
        _ => None,
    }
}

/// A moment or a day that a rule names: `today`, `tomorrow`, `yesterday`, `now` or a date.
pub(super) fn named_day(when: &str, beside: &Beside<'_>) -> Option<Date> {
    let today = beside.now.to_zoned(beside.zone.clone()).date();
    match when {
        "today" | "now" => Some(today),
        "tomorrow" => today.checked_add(1.day()).ok(),
        "yesterday" => today.checked_sub(1.day()).ok(),
        date => parse_date(date),
    }
}

fn ordered(when: &str, field: &Field, value: &Value, beside: &Beside<'_>, before: bool) -> Option<Fault> {
    let fault = |to_field: bool| {
        Fault::new(match (before, to_field) {
            (true, true) => "rules.before.field",
            (true, false) => "rules.before.date",
            (false, true) => "rules.after.field",
            (false, false) => "rules.after.date",
        })
    };
    let fits = |order: std::cmp::Ordering| if before { order.is_lt() } else { order.is_gt() };
    if let Some(other) = beside.fields.iter().find(|other| other.name == when) {
        let theirs = beside.record.get(when);
        if is_empty(theirs) {
            return None;
        }
        let order = match (&field.kind, &other.kind) {
            (Kind::DateTime, Kind::DateTime) => value.as_i64().zip(theirs.as_i64()).map(|(a, b)| a.cmp(&b)),
            (Kind::Time, Kind::Time) => value.as_str().zip(theirs.as_str()).map(|(a, b)| a.cmp(b)),
            _ => day(field, value, beside.zone).zip(day(other, theirs, beside.zone)).map(|(a, b)| a.cmp(&b)),
        };
        return (!order.is_some_and(fits)).then(|| fault(true).with("other", when));
    }
    if when == "now" && matches!(field.kind, Kind::DateTime) {
        let order = value.as_i64().map(|ms| ms.cmp(&beside.now.as_millisecond()));
        let key = if before { "rules.before.now" } else { "rules.after.now" };
        return (!order.is_some_and(fits)).then(|| Fault::new(key));
    }
    let limit = named_day(when, beside)?;
    let order = day(field, value, beside.zone).map(|day| day.cmp(&limit));
    (!order.is_some_and(fits)).then(|| fault(false).with("date", limit))
}

/// Why the repetition that was typed is not the value.
pub(super) fn confirmed(field: &Field, value: &Value, typed: Option<&str>, zone: &TimeZone) -> Option<Fault> {
    let same = match from_text(&field.kind, typed.unwrap_or_default(), zone) {
        Ok(Some(again)) => again == *value,
        Ok(None) => is_empty(value),
        Err(_) => false,
    };
    (!same).then(|| Fault::new("rules.confirmed"))
}
