//! Which rules fit which fields.

use super::types::has_options;
use crate::{
    Rule,
    generate::{FormKind, TYPES},
};

/// Whether the engine can hold the rule against a value of this kind, and a value can both keep and break it.
pub(super) fn fits(rule: &Rule, form: FormKind) -> bool {
    use FormKind as F;
    match rule {
        Rule::Required | Rule::Nullable | Rule::RequiredWith(_) | Rule::Custom(..) => true,
        Rule::Min(_) | Rule::Max(_) | Rule::Between(..) | Rule::Size(_) => !matches!(
            form,
            F::Boolean | F::Date | F::Time | F::DateTime | F::BelongsTo | F::Select | F::Radio | F::Colour
        ),
        // Moments and amounts have another form when they are stored.
        Rule::In(_) | Rule::NotIn(_) => {
            is_line(form) || has_options(form) || matches!(form, F::Text | F::Integer | F::Colour | F::Date | F::Time)
        }
        Rule::Unique => !matches!(
            form,
            F::Text | F::RichText | F::Json | F::MultiSelect | F::Image | F::File | F::Password | F::Boolean
        ),
        Rule::Exists(..) => is_line(form) || has_options(form) || matches!(form, F::Integer | F::BelongsTo),
        Rule::Bytes(_) => is_line(form) || form == F::Text,
        Rule::Email => matches!(form, F::String | F::Text | F::Email),
        Rule::Url => matches!(form, F::String | F::Text | F::Url),
        Rule::Ip => matches!(form, F::String | F::Text),
        Rule::Date => matches!(form, F::String | F::Date | F::DateTime),
        Rule::Before(_) | Rule::After(_) => matches!(form, F::String | F::Date | F::DateTime | F::Time),
        Rule::Regex(_) => is_line(form) || matches!(form, F::Text | F::Integer | F::Password | F::Colour),
        Rule::Alpha | Rule::AlphaNum | Rule::AlphaDash => matches!(form, F::String | F::Text | F::Password),
        Rule::Numeric => matches!(form, F::String | F::Integer | F::Decimal(_) | F::Money | F::Percent),
        Rule::Integer => matches!(form, F::String | F::Integer),
        Rule::Digits(_) | Rule::DigitsBetween(..) => matches!(form, F::String | F::Integer | F::Phone | F::Password),
        Rule::Confirmed => {
            !matches!(form, F::Boolean | F::Json | F::RichText | F::MultiSelect | F::Image | F::File | F::BelongsTo)
        }
        Rule::Different(_) | Rule::Same(_) => !matches!(form, F::Json | F::RichText | F::Image | F::File),
        Rule::Boolean => matches!(form, F::String | F::Integer | F::Boolean),
        Rule::Json => matches!(form, F::String | F::Text | F::Json),
        Rule::Accepted => matches!(form, F::String | F::Integer | F::Boolean | F::Select | F::Radio),
        Rule::Image | Rule::Mimes(_) => matches!(form, F::Image | F::File),
    }
}

/// Whether it is one line of words.
fn is_line(form: FormKind) -> bool {
    matches!(form, FormKind::String | FormKind::Email | FormKind::Phone | FormKind::Url)
}

/// Whether every value of this kind keeps the rule anyway.
pub(super) fn is_implied(rule: &Rule, form: FormKind) -> bool {
    use FormKind as F;
    match rule {
        Rule::Email => form == F::Email,
        Rule::Url => form == F::Url,
        Rule::Date => matches!(form, F::Date | F::DateTime),
        Rule::Numeric => matches!(form, F::Integer | F::Decimal(_) | F::Money | F::Percent),
        Rule::Integer => form == F::Integer,
        Rule::Boolean => form == F::Boolean,
        Rule::Json => form == F::Json,
        Rule::Image => form == F::Image,
        _ => false,
    }
}

/// The types that a rule fits, one word for each kind of field, that of which nothing has to be told.
pub(super) fn fitting(rule: &Rule) -> String {
    let mut seen: Vec<FormKind> = Vec::new();
    let mut words = Vec::new();
    for known in TYPES.iter().filter(|known| known.note.is_none() && fits(rule, known.form)) {
        if !seen.contains(&known.form) {
            seen.push(known.form);
            words.push(known.word);
        }
    }
    words.join(", ")
}

/// The kinds of files that `mimes` knows; the first are pictures.
pub(super) const FILES: [&str; 16] = [
    "jpg", "jpeg", "png", "gif", "webp", "pdf", "docx", "xlsx", "pptx", "zip", "txt", "csv", "mp3", "wav", "amr", "mp4",
];

/// How many of [`FILES`] are pictures.
pub(super) const PICTURES: usize = 5;
