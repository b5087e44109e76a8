//! What a test may type into a field to be refused: one value for each rule that a value can break by itself.

use serde::Serialize;

use super::{facts, literal};
use crate::{
    Rule,
    generate::{FieldSpec, FormKind, OptionSpec, Spec},
};

/// A value that is refused, as Rust.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Refusal {
    pub field: String,
    pub value: String,
}

/// Words that are none of a few.
const NONE: &str = "none of these";
/// Texts of which a pattern mostly refuses one.
const ODD: [&str; 5] = ["?", "x", "1", "no match!", "不"];
/// Longest text that is written out.
const SHORT: i64 = 8;
/// The greatest number that a field takes.
const MOST: i64 = crate::values::MOST;

/// The values, in the order of fields and rules.
pub(super) fn of(spec: &Spec) -> Vec<Refusal> {
    let mut all = Vec::new();
    for field in spec.fields.iter().filter(|field| !field.readonly) {
        let values = by_kind(field).into_iter().chain(facts::rules(field).filter_map(|(rule, _)| by_rule(field, rule)));
        for value in values {
            let refusal = Refusal { field: literal::text(&field.name), value };
            if !all.contains(&refusal) {
                all.push(refusal);
            }
        }
    }
    all
}

/// What the kind refuses by itself. Any text is JSON to a program, and files are no words.
fn by_kind(field: &FieldSpec) -> Option<String> {
    use FormKind as F;
    let value = match field.form {
        F::Integer | F::Decimal(_) | F::Money | F::Percent => "one",
        F::Boolean => "maybe",
        F::Date => "2026-02-30",
        F::Time => "25:00",
        F::DateTime => "soon",
        F::Select | F::Radio | F::MultiSelect => {
            return (!offers(&field.options, NONE)).then(|| literal::text(NONE));
        }
        F::Colour => "greenish",
        F::Email => "nobody",
        F::Phone => "none",
        F::Url => "nowhere",
        F::BelongsTo => "0",
        F::String | F::Text | F::RichText | F::Json | F::Password | F::Image | F::File => return None,
    };
    Some(literal::text(value))
}

fn offers(options: &[OptionSpec], word: &str) -> bool {
    options.iter().any(|option| option.value == word)
}

/// What breaks `rule`. Rules that look at another field or into the database are broken by no value alone.
fn by_rule(field: &FieldSpec, rule: &Rule) -> Option<String> {
    use FormKind as F;
    let text = |value: &str| Some(literal::text(value));
    let is_number = field.form == F::Integer;
    match rule {
        // Unticked is an answer.
        Rule::Required => text("").filter(|_| field.form != F::Boolean),
        Rule::Min(least) => amount(field, least.checked_sub(1)?),
        Rule::Max(most) | Rule::Between(_, most) | Rule::Size(most) => amount(field, most.checked_add(1)?),
        Rule::In(words) if is_number => {
            (0..).map(|n: u8| n.to_string()).find(|n| !words.contains(n)).and_then(|n| text(&n))
        }
        Rule::In(words) if is_text(field.form) => text(NONE).filter(|_| !words.iter().any(|word| word == NONE)),
        Rule::NotIn(words) if is_number || is_text(field.form) => text(words.first()?),
        Rule::Exists(..) if is_number => text("999999999"),
        Rule::Exists(..) if is_text(field.form) => text(NONE),
        Rule::Email => text("nobody"),
        Rule::Url => text("nowhere"),
        Rule::Ip => text("300.1.1.1"),
        Rule::Date => text("2026-02-30"),
        Rule::Before(when) => day(field, when, "9999-12-31"),
        Rule::After(when) => day(field, when, "1000-01-01"),
        Rule::Regex(pattern) if is_text(field.form) => {
            ODD.into_iter().find(|odd| !pattern.is_match(odd)).and_then(text)
        }
        Rule::Alpha => text("a1"),
        Rule::AlphaNum | Rule::AlphaDash => text("a b"),
        Rule::Numeric | Rule::Integer => text("one"),
        Rule::Digits(count) | Rule::DigitsBetween(_, count) => digits(field, count + 1),
        Rule::Boolean => text(if is_number { "2" } else { "maybe" }),
        Rule::Json => text("{"),
        Rule::Accepted => text(if is_text(field.form) { "no" } else { "0" }),
        _ => None,
    }
}

fn is_text(form: FormKind) -> bool {
    use FormKind as F;
    matches!(form, F::String | F::Text | F::Password | F::Email | F::Phone | F::Url | F::Colour)
}

/// A text so long, or the number as it is typed.
fn amount(field: &FieldSpec, amount: i64) -> Option<String> {
    use FormKind as F;
    let typed = |scale: u8| (amount.abs() <= MOST).then(|| literal::text(&typed(amount, scale)));
    match field.form {
        F::Integer => typed(0),
        F::Money | F::Percent => typed(2),
        F::Decimal(scale) => typed(scale),
        F::String | F::Text | F::Password | F::Email | F::Url => repeated("x", amount),
        // Form counts, and what is in it does not.
        _ => None,
    }
}

/// `"x".repeat(101)`; nothing passes every bound.
fn repeated(letter: &str, times: i64) -> Option<String> {
    match times {
        ..=0 => None,
        1..=SHORT => Some(literal::text(&letter.repeat(usize::try_from(times).ok()?))),
        _ => Some(format!("&{}.repeat({})", literal::text(letter), literal::number(times))),
    }
}

fn typed(value: i64, scale: u8) -> String {
    let scale = usize::from(scale);
    if scale == 0 {
        return value.to_string();
    }
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" })
}

/// The day of a bound is beyond it by itself; of a moving one, a day far off is.
fn day(field: &FieldSpec, when: &str, far: &str) -> Option<String> {
    let moving = matches!(when, "today" | "tomorrow" | "yesterday" | "now");
    let fixed = when.starts_with(|c: char| c.is_ascii_digit());
    let day = if moving { far } else { Some(when).filter(|_| fixed)? };
    match field.form {
        FormKind::DateTime => Some(literal::text(&format!("{day}T00:00"))),
        FormKind::Date | FormKind::String => Some(literal::text(day)),
        _ => None,
    }
}

fn digits(field: &FieldSpec, count: u32) -> Option<String> {
    let fits = match field.form {
        FormKind::Integer => count < 16,
        form => is_text(form),
    };
    repeated("1", count.into()).filter(|_| fits)
}
