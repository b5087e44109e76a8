//! Whether bounds leave something between them, and stay within those of the type.

use super::{
    fields::Draft,
    rules::{Given, scale},
    types::has_options,
};
use crate::{
    Rule,
    generate::{Fault, FormKind},
    values::MOST,
};

/// Fewest and most characters of a password, and most of texts where no rule says otherwise, as validation has them.
const PASSWORD: (i64, i64) = (10, 200);
const STRING: i64 = 255;
const TEXT: i64 = 65_535;
const RICH_TEXT: i64 = 262_144;
/// The most digits that are counted.
const DIGITS: u32 = 255;

type Bounds = (Option<i64>, Option<i64>);

/// Checks all rules with bounds of a field.
///
/// # Errors
/// `rule_too_small` for a length that nothing has; `beyond_type`; `rules_contradict`.
pub(super) fn check(draft: &Draft<'_>) -> Result<(), Fault> {
    let is_number = matches!(draft.form, FormKind::Integer) || scale(draft.form).is_some();
    let own = own(draft);
    // What each end was said by: a rule, or the type.
    let mut ends: [(Option<i64>, Option<&Given<'_>>); 2] = [(own.0, None), (own.1, None)];
    for given in &draft.rules {
        let Some((least, most)) = of(&given.rule, draft.form) else { continue };
        length(given, is_number, least, most)?;
        if draft.bounded && !is_digits(&given.rule) && leaves(draft.bounds, (least, most)) {
            return Err(beyond(given, draft));
        }
        if ends[0].0.is_none_or(|known| least.is_some_and(|least| least > known)) && least.is_some() {
            ends[0] = (least, Some(given));
        }
        if ends[1].0.is_none_or(|known| most.is_some_and(|most| most < known)) && most.is_some() {
            ends[1] = (most, Some(given));
        }
        if is_below(ends[1].0, ends[0].0) {
            let other = ends.iter().find_map(|(_, by)| by.filter(|by| by.text != given.text));
            return Err(match other {
                Some(other) => {
                    let args = vec![("rule", given.at.as_str().to_owned()), ("other", other.at.as_str().to_owned())];
                    given.at.fault("rules_contradict", args)
                }
                None => beyond(given, draft),
            });
        }
    }
    Ok(())
}

fn is_digits(rule: &Rule) -> bool {
    matches!(rule, Rule::Digits(_) | Rule::DigitsBetween(..))
}

/// Whether one of the ends lies beyond the bounds.
fn leaves(bounds: Bounds, ends: Bounds) -> bool {
    [ends.0, ends.1].into_iter().any(|end| is_below(end, bounds.0) || is_below(bounds.1, end))
}

/// Whether both are said, and the first is less.
fn is_below(one: Option<i64>, other: Option<i64>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one < other)
}

/// The bounds that hold without any rule.
fn own(draft: &Draft<'_>) -> Bounds {
    let says_least = draft.find(|rule| matches!(rule, Rule::Min(_) | Rule::Between(..) | Rule::Size(_))).is_some();
    let says_most = draft.find(|rule| matches!(rule, Rule::Max(_) | Rule::Between(..) | Rule::Size(_))).is_some();
    match draft.form {
        FormKind::Password => ((!says_least).then_some(PASSWORD.0), Some(PASSWORD.1)),
        form if has_options(form) => {
            let choices = draft.options.as_ref().map(|options| i64::try_from(options.all.len()).unwrap_or(MOST));
            (None, choices.filter(|_| form == FormKind::MultiSelect))
        }
        FormKind::Integer => (draft.bounds.0.or(Some(-MOST)), draft.bounds.1.or(Some(MOST))),
        _ if draft.bounded => draft.bounds,
        FormKind::String => (None, (!says_most).then_some(STRING)),
        FormKind::Text => (None, (!says_most).then_some(TEXT)),
        FormKind::RichText => (None, (!says_most).then_some(RICH_TEXT)),
        _ => (None, None),
    }
}

/// The bounds that a rule says.
fn of(rule: &Rule, form: FormKind) -> Option<Bounds> {
    let digits = |least: u32, most: u32| {
        if form == FormKind::Integer {
            let power = |n: u32| 10_i64.checked_pow(n).unwrap_or(i64::MAX);
            let first = if least <= 1 { 0 } else { power(least - 1) };
            (Some(first), Some(power(most).saturating_sub(1)))
        } else {
            (Some(least.into()), Some(most.into()))
        }
    };
    match rule {
        Rule::Min(least) => Some((Some(*least), None)),
        Rule::Max(most) => Some((None, Some(*most))),
        Rule::Between(least, most) => Some((Some(*least), Some(*most))),
        Rule::Size(exact) => Some((Some(*exact), Some(*exact))),
        Rule::Digits(count) => Some(digits(*count, *count)),
        Rule::DigitsBetween(least, most) => Some(digits(*least, *most)),
        _ => None,
    }
}

/// A length is at least one, for what is empty is not measured; and a number has digits.
fn length(given: &Given<'_>, is_number: bool, least: Option<i64>, most: Option<i64>) -> Result<(), Fault> {
    let small = least.is_some_and(|least| least < 0) || most.is_some_and(|most| most < 1);
    let no_count =
        matches!(given.rule, Rule::Digits(count) | Rule::DigitsBetween(_, count) if !(1..=DIGITS).contains(&count));
    if (small && !is_number) || no_count {
        return Err(given.at.fault("rule_too_small", vec![("rule", given.at.as_str().to_owned())]));
    }
    Ok(())
}

/// A rule that leaves the bounds of its field's type.
fn beyond(given: &Given<'_>, draft: &Draft<'_>) -> Fault {
    let (least, most) = own(draft);
    let shown = |bound: i64| match scale(draft.form) {
        Some(scale) => typed(bound, scale),
        None => bound.to_string(),
    };
    let args = vec![
        ("rule", given.at.as_str().to_owned()),
        ("type", draft.word.word.to_owned()),
        ("least", shown(least.unwrap_or(0))),
        ("most", shown(most.unwrap_or(MOST))),
    ];
    let wider = match draft.word.word {
        "tinyint" => [Some(("smallint", i64::from(i16::MAX))), Some(("integer", MOST))],
        "smallint" => [Some(("mediumint", (1 << 23) - 1)), Some(("integer", MOST))],
        "mediumint" => [Some(("integer", MOST)), None],
        _ => [None, None],
    };
    let wanted = of(&given.rule, draft.form).and_then(|(least, most)| most.or(least)).unwrap_or(0);
    let wider = wider.into_iter().flatten().find(|(_, most)| wanted.unsigned_abs() <= most.unsigned_abs());
    given.at.fault("beyond_type", args).suggest(wider.map(|(word, _)| word))
}

/// A number in stored form, as people type it.
pub(super) fn typed(stored: i64, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", stored.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if stored < 0 { "-" } else { "" };
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
