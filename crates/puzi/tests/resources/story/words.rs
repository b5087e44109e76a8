//! Texts made up: shapes to try, one after the other, until one keeps the rules.

use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex_parsed,
    test_runner::TestRunner,
};
use puzi_resource::{Field, Kind, Rule};
use regex_syntax::hir::{Hir, HirKind};
use serde_json::Value;

use super::numbers::dates;
use super::rules::{Beside, text_of};

/// Texts of a pattern that are tried.
const SAMPLES: usize = 200;

/// Groups of texts for a field, the likeliest first; within a group each does as well as the others.
pub(super) fn groups(field: &Field, serial: usize, beside: Beside<'_>) -> Vec<Vec<String>> {
    let bounds = bounds(field);
    let mut groups = vec![of_rules(field, beside)];
    groups.push(of_patterns(field).into_iter().flat_map(|text| stretched(&text, bounds)).collect());
    groups.extend(of_kind(field, serial, bounds));
    if matches!(field.kind, Kind::String | Kind::Text | Kind::Password | Kind::RichText) {
        let name = field.name.replace('_', " ");
        let letter = char::from(b'a' + u8::try_from(serial % 26).unwrap_or_default());
        for text in [format!("{name} {serial}"), format!("{}{letter}", letters(field.name)), format!("a{serial}")] {
            groups.push(vec![fitted(&text, bounds)]);
        }
        groups.push(vec![fitted(&letter.to_string(), bounds)]);
        groups.extend(figures(field, serial, bounds).into_iter().map(|text| vec![text]));
        groups.push(vec![padded_before("@", &format!("tea{serial}@example.com"), bounds)]);
        groups.push(vec![fitted(&format!("https://example.com/{serial}"), bounds)]);
        groups.push(vec![format!("10.0.{}.{}", serial / 250, serial % 250 + 1)]);
        groups.extend(dates(field, serial, beside).map(|days| days.iter().map(ToString::to_string).collect()));
        groups.push(vec![json_of(serial, bounds)]);
        groups.push(vec!["1".into(), "0".into()]);
    }
    groups
}

/// Words that the rules themselves name.
fn of_rules(field: &Field, beside: Beside<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for rule in &field.rules {
        match rule {
            Rule::In(known) => words.extend(known.iter().cloned()),
            Rule::Same(other) => words.extend(beside.values.get(other).map(text_of)),
            Rule::Accepted => words.push("yes".into()),
            _ => {}
        }
    }
    words
}

fn of_kind(field: &Field, serial: usize, bounds: (usize, usize)) -> Vec<Vec<String>> {
    let one = |text: String| vec![vec![text]];
    match &field.kind {
        Kind::RichText => one(format!("<p>{}</p>", fitted(&format!("rich {serial}"), less(bounds, 7)))),
        Kind::Email => one(padded_before("@", &format!("tea{serial}@example.com"), bounds)),
        Kind::Url => one(fitted(&format!("https://example.com/{serial}"), bounds)),
        Kind::Phone => vec![
            vec![format!("+86 571 {:07}", serial)],
            vec![format!("{serial:0>width$}", width = bounds.0.max(5))],
            vec![format!("{serial:0>width$}", width = bounds.1.min(20))],
        ],
        Kind::Colour => one(format!("#{:06x}", (serial * 4_099) % 0x00ff_ffff)),
        Kind::Password => one(fitted(&format!("quiet green leaf {serial}"), (bounds.0.max(10), bounds.1))),
        _ => Vec::new(),
    }
}

/// Least and greatest number of characters.
pub(super) fn bounds(field: &Field) -> (usize, usize) {
    let (mut least, mut most) = (0, if matches!(field.kind, Kind::String) { 255 } else { 2_000 });
    let size = |n: i64| usize::try_from(n).unwrap_or_default();
    for rule in &field.rules {
        match rule {
            Rule::Min(n) => least = least.max(size(*n)),
            Rule::Max(n) => most = most.min(size(*n)),
            Rule::Between(a, b) => (least, most) = (least.max(size(*a)), most.min(size(*b))),
            Rule::Size(n) => (least, most) = (size(*n), size(*n)),
            _ => {}
        }
    }
    (least, most)
}

fn less((least, most): (usize, usize), by: usize) -> (usize, usize) {
    (least.saturating_sub(by), most.saturating_sub(by))
}

/// The text, its end kept, with letters before it or without its beginning.
fn fitted(text: &str, (least, most): (usize, usize)) -> String {
    let length = text.chars().count();
    if length > most {
        return text.chars().skip(length - most).collect::<String>().trim_start().to_owned();
    }
    let at = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let filler = "e".repeat(least.saturating_sub(length));
    format!("{}{filler}{}", &text[..at], &text[at..])
}

/// With letters before `mark`.
fn padded_before(mark: &str, text: &str, (least, _): (usize, usize)) -> String {
    let filler = "e".repeat(least.saturating_sub(text.chars().count()).min(48));
    text.replacen(mark, &format!("{filler}{mark}"), 1)
}

/// As it is, and with letters or figures until it is long enough.
fn stretched(text: &str, (least, _): (usize, usize)) -> Vec<String> {
    let missing = least.saturating_sub(text.chars().count());
    if missing == 0 {
        return vec![text.to_owned()];
    }
    let with =
        |filler: &str| [format!("{text}{}", filler.repeat(missing)), format!("{}{text}", filler.repeat(missing))];
    ["e", "E", "7"].into_iter().flat_map(with).collect()
}

fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_lowercase).collect()
}

/// Figures of each length that the rules allow.
fn figures(field: &Field, serial: usize, (least, most): (usize, usize)) -> Vec<String> {
    let mut lengths = vec![least.max(1), most.min(9)];
    for rule in &field.rules {
        match rule {
            Rule::Digits(n) => lengths.push(*n as usize),
            Rule::DigitsBetween(a, b) => lengths.extend([*a as usize, *b as usize]),
            _ => {}
        }
    }
    lengths.retain(|length| *length > 0);
    lengths.into_iter().map(|length| format!("{:0<length$}", 1 + serial % 9).chars().take(length).collect()).collect()
}

fn json_of(serial: usize, (least, _): (usize, usize)) -> String {
    let filler = "e".repeat(least.saturating_sub(7));
    format!("\"{filler}{serial}\"")
}

/// Texts of the field's patterns, without characters that forms take away or refuse.
fn of_patterns(field: &Field) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for rule in &field.rules {
        let Rule::Regex(pattern) = rule else { continue };
        let parsed = regex_syntax::parse(pattern.as_str()).unwrap();
        let strategy = string_regex_parsed(&without_anchors(&parsed))
            .unwrap_or_else(|error| panic!("{}: {pattern} cannot be sampled: {error}", field.name));
        // The same texts in every run.
        let mut runner = TestRunner::deterministic();
        for _ in 0..SAMPLES {
            let text = strategy.new_tree(&mut runner).unwrap().current();
            let plain = text.chars().all(|c| !c.is_control()) && text.trim() == text && !text.is_empty();
            if plain && !found.contains(&text) {
                found.push(text);
            }
        }
    }
    // Plain letters and figures first: they are read at a glance when a story breaks off.
    found.sort_by_key(|text| (!text.is_ascii(), !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')));
    found
}

/// The pattern without the places it names, which cannot be sampled.
fn without_anchors(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Repetition(repetition) => {
            let mut repetition = repetition.clone();
            repetition.sub = Box::new(without_anchors(&repetition.sub));
            // Short texts say as much as long ones.
            repetition.max = Some(repetition.max.unwrap_or(repetition.min + 6).min(repetition.min + 12));
            Hir::repetition(repetition)
        }
        HirKind::Capture(capture) => without_anchors(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_anchors).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_anchors).collect()),
        _ => hir.clone(),
    }
}

/// A text that keeps none of the field's patterns.
pub(super) fn against_patterns(field: &Field) -> Option<String> {
    let patterns = || field.rules.iter().filter_map(|rule| if let Rule::Regex(it) = rule { Some(it) } else { None });
    patterns().next()?;
    let tries = ["?!", "no match", "0", "a", "A", "~~~~~~~~", "中文"];
    tries.into_iter().find(|text| patterns().all(|pattern| !pattern.is_match(text))).map(str::to_owned)
}

/// As stored.
pub(super) fn values(groups: Vec<Vec<String>>) -> Vec<Vec<Value>> {
    groups.into_iter().map(|group| group.into_iter().map(Value::from).collect()).collect()
}
