//! The words of a template, and what may stand for each: checked before WeChat is asked, by one table for both ways.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Problem;

/// The longest value of a word whose kind says nothing else, in characters.
const LONGEST: usize = 2_000;
/// Kinds that a key may begin with. Those that are not here take anything.
const KINDS: [&str; 16] = [
    "thing",
    "short_thing",
    "number",
    "letter",
    "symbol",
    "character_string",
    "time",
    "date",
    "amount",
    "phone_number",
    "car_number",
    "name",
    "phrase",
    "enum",
    "const",
    "location",
];

/// A word of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Its key in the data, such as `thing1`.
    pub key: String,
    /// What stands before it on its line; empty when nothing does.
    pub label: String,
    /// Its kind, such as `thing`; empty where the key tells none.
    pub kind: String,
    /// The only values it takes; empty: any of its kind.
    #[serde(default)]
    pub values: Vec<String>,
}

impl Word {
    /// The most characters of a value, where its kind has such a bound.
    pub fn longest(&self) -> Option<usize> {
        match self.kind.as_str() {
            "thing" => Some(20),
            "short_thing" => Some(10),
            "number" | "letter" | "character_string" => Some(32),
            "symbol" | "phrase" => Some(5),
            "phone_number" => Some(17),
            "car_number" => Some(8),
            "name" => Some(20),
            _ => None,
        }
    }

    /// Whether it may be left out: only where WeChat fixes no kind.
    pub fn is_optional(&self) -> bool {
        self.kind.is_empty()
    }
}

/// The words of a template's `content`, in its order. `values` are those that some words are limited to, by key (also
/// written with `.DATA`).
pub fn read(content: &str, values: &[(String, Vec<String>)]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for line in content.lines() {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((inside, behind)) = after.split_once("}}") else { break };
            rest = behind;
            let Some(key) = inside.trim().strip_suffix(".DATA") else { continue };
            if key.is_empty() || words.iter().any(|word| word.key == key) {
                continue;
            }
            let only = values.iter().find(|(code, _)| code.strip_suffix(".DATA").unwrap_or(code) == key);
            words.push(Word {
                key: key.to_owned(),
                label: before.trim().trim_end_matches([':', '：']).trim().to_owned(),
                kind: kind(key),
                values: only.map(|(_, values)| values.clone()).unwrap_or_default(),
            });
        }
    }
    words
}

/// The kind that a key begins with: `thing1` is a `thing`, `keyword1` none.
fn kind(key: &str) -> String {
    let bare = key.trim_end_matches(|c: char| c.is_ascii_digit());
    if bare.len() < key.len() && KINDS.contains(&bare) { bare.to_owned() } else { String::new() }
}

/// The text of a notice: `content` with `data` in the places of its words; what is missing is empty.
pub fn fill(content: &str, data: &BTreeMap<String, String>) -> String {
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    // Piece by piece: a value that looks like a word stays as it is.
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, behind)) = after.split_once("}}") else { break };
        text.push_str(before);
        let key = inside.trim().strip_suffix(".DATA").unwrap_or_default();
        text.push_str(data.get(key).map_or("", String::as_str));
        rest = behind;
    }
    text.push_str(rest);
    text.trim().to_owned()
}

/// What is wrong with `data` for these words; each problem names `data.{key}`.
pub fn check(words: &[Word], data: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut problems: Vec<_> = words.iter().filter_map(|word| problem(word, data.get(&word.key))).collect();
    for key in data.keys().filter(|key| !words.iter().any(|word| word.key == **key)) {
        problems.push(Problem::new(format!("data.{key}"), "notices.no_such_word"));
    }
    // A notice says something.
    if problems.is_empty() && data.values().all(|value| value.trim().is_empty()) {
        let first = words.first().map_or("data".to_owned(), |word| format!("data.{}", word.key));
        problems.push(Problem::new(first, "notices.empty"));
    }
    problems
}

fn problem(word: &Word, value: Option<&String>) -> Option<Problem> {
    let value = value.map_or("", |value| value.trim());
    let wrong = |key: &'static str| Some(Problem::new(format!("data.{}", word.key), key));
    if value.is_empty() {
        return if word.is_optional() { None } else { wrong("notices.empty") };
    }
    let is = value.chars().count();
    let max = word.longest().unwrap_or(LONGEST);
    if is > max {
        return Some(wrong("notices.too_long")?.with("max", max).with("is", is));
    }
    if !word.values.is_empty() {
        let is_one = word.values.iter().any(|one| one == value);
        return if is_one { None } else { Some(wrong("notices.not_listed")?.with("values", word.values.join(" / "))) };
    }
    match word.kind.as_str() {
        "number" if !is_decimal(value) => wrong("notices.number"),
        "letter" if !value.chars().all(|c| c.is_ascii_alphabetic()) => wrong("notices.letter"),
        "symbol" if value.chars().any(|c| c.is_alphanumeric() || c.is_control()) => wrong("notices.symbol"),
        "character_string" if value.chars().any(|c| is_han(c) || c.is_control()) => wrong("notices.characters"),
        "time" if !is_span(value, |one| is_time(one) || is_day(one)) => wrong("notices.time"),
        "date" if !is_span(value, is_date) => wrong("notices.date"),
        "amount" if !is_amount(value) => wrong("notices.amount"),
        "phone_number" if !value.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c)) => wrong("notices.phone"),
        "car_number" if !is_car_number(value) => wrong("notices.car"),
        "name" if value.chars().any(is_han) && is > 10 => {
            Some(wrong("notices.too_long")?.with("max", 10).with("is", is))
        }
        "name" if value.chars().any(|c| c.is_ascii_digit() || c.is_control()) => wrong("notices.name"),
        "phrase" if !value.chars().all(is_han) => wrong("notices.phrase"),
        _ => None,
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

fn is_decimal(value: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value = value.strip_prefix('-').unwrap_or(value);
    match value.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(value),
    }
}

/// One sign of currency at most, ten digits before the point, and 元 behind.
fn is_amount(value: &str) -> bool {
    let value = value.strip_suffix('元').unwrap_or(value);
    let number = value.strip_prefix(['¥', '￥', '$', '€', '£']).unwrap_or(value);
    let whole = number.split('.').next().unwrap_or_default();
    whole.len() <= 10 && is_decimal(number) && !number.starts_with('-')
}

/// Letters and digits; a Chinese character as the first or the last sign.
fn is_car_number(value: &str) -> bool {
    let letters: Vec<char> = value.chars().collect();
    let last = letters.len() - 1;
    letters.iter().enumerate().all(|(at, c)| c.is_ascii_alphanumeric() || ((at == 0 || at == last) && is_han(*c)))
}

/// One moment, or two with `~` between.
fn is_span(value: &str, is_moment: impl Fn(&str) -> bool) -> bool {
    match value.split_once('~') {
        Some((from, until)) => is_moment(from.trim()) && is_moment(until.trim()),
        None => is_moment(value),
    }
}

/// `15:01`, `15:01:59`, with or without a day before it.
fn is_time(value: &str) -> bool {
    let (day, hour) = match (value.rsplit_once(' '), value.rsplit_once('日')) {
        (Some((day, hour)), _) => (Some(day), hour),
        (None, Some((_, hour))) => (Some(&value[..value.len() - hour.len()]), hour),
        (None, None) => (None, value),
    };
    day.is_none_or(|day| is_day(day.trim())) && is_hour(hour)
}

/// A day, with or without a time behind it.
fn is_date(value: &str) -> bool {
    is_day(value) || (is_time(value) && !is_hour(value))
}

fn is_hour(value: &str) -> bool {
    let parts: Vec<&str> = value.trim().split(':').collect();
    let within = |(at, text): (usize, &&str)| {
        let most = if at == 0 { 23 } else { 59 };
        text.len() <= 2 && text.parse::<u8>().is_ok_and(|number| number <= most)
    };
    (2..=3).contains(&parts.len()) && parts.iter().enumerate().all(within)
}

/// `2026年11月1日`, `2026-11-01`, `2026/11/1`, `2026.11.1`.
fn is_day(value: &str) -> bool {
    let value = value.trim();
    let parts: Vec<&str> = value.strip_suffix('日').unwrap_or(value).split(['年', '月', '-', '/', '.']).collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let within = |text: &str, most: u8| text.len() <= 2 && text.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n));
    year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && within(month, 12) && within(day, 31)
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
