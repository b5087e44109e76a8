//! Whether the rules of a field fit its type, each other, the other fields and the tables.

use jiff::{civil::Date, tz::TimeZone};

use super::{
    fields::Draft,
    fit::{FILES, PICTURES, fits, fitting, is_implied},
    limits,
    options::of_rule,
    relations::Tables,
    rules::Given,
    text::Text,
    types::has_options,
};
use crate::{
    Kind, Rule,
    generate::{Fault, FormKind},
    nearest::nearest,
    values::{from_text, parse_date},
};

/// What `before` and `after` know beside days and fields, and how many days from today that is.
const DAYS: [(&str, i32); 4] = [("yesterday", -1), ("today", 0), ("now", 0), ("tomorrow", 1)];

/// Checks the field at `at` among all, and leaves only rules that say more than its type.
pub(super) fn check(drafts: &mut [Draft<'_>], at: usize, tables: &Tables<'_>) -> Result<(), Fault> {
    for given in &drafts[at].rules {
        fit(given, &drafts[at])?;
        words(given, &drafts[at], drafts, tables)?;
    }
    choices(&mut drafts[at])?;
    empty(&drafts[at])?;
    limits::check(&drafts[at])?;
    opposites(&drafts[at])?;
    let form = drafts[at].form;
    drafts[at].rules.retain(|given| !is_implied(&given.rule, form));
    Ok(())
}

/// What people call the field's type.
fn kind(draft: &Draft<'_>) -> &'static str {
    if draft.belongs_to.is_some() { "belongs_to" } else { draft.word.word }
}

fn fit(given: &Given<'_>, draft: &Draft<'_>) -> Result<(), Fault> {
    if fits(&given.rule, draft.form) {
        return Ok(());
    }
    let args = vec![
        ("rule", given.rule.name().to_owned()),
        ("field", draft.name.as_str().to_owned()),
        ("type", kind(draft).to_owned()),
        ("types", fitting(&given.rule)),
    ];
    Err(given.at.fault("rule_unfit", args))
}

/// The words that a rule takes: fields, tables, files, values.
fn words(given: &Given<'_>, draft: &Draft<'_>, drafts: &[Draft<'_>], tables: &Tables<'_>) -> Result<(), Fault> {
    match &given.rule {
        Rule::RequiredWith(_) => given.words.iter().try_for_each(|word| other(word, draft, drafts).map(drop)),
        Rule::Same(_) | Rule::Different(_) => given.words.iter().try_for_each(|word| {
            let other = other(word, draft, drafts)?;
            if other.form == draft.form {
                return Ok(());
            }
            let args = vec![("field", draft.name.as_str().to_owned()), ("other", other.name.as_str().to_owned())];
            Err(word.fault("rule_other_type", args))
        }),
        Rule::Before(when) | Rule::After(when) => {
            given.words.iter().try_for_each(|word| moment(word, when, draft, drafts))
        }
        Rule::Exists(table, _) => match &given.words[..] {
            [at, column] => tables.find(at).and_then(|_| tables.column(table, column)).map(drop),
            _ => Ok(()),
        },
        Rule::Mimes(kinds) => {
            let known = if draft.form == FormKind::Image { &FILES[..PICTURES] } else { &FILES[..] };
            let unknown = given.words.iter().zip(kinds).find(|(_, kind)| !known.contains(&kind.as_str()));
            unknown.map_or(Ok(()), |(at, kind)| {
                let args = vec![("kind", kind.clone()), ("kinds", known.join(", "))];
                Err(at.fault("mimes_unknown", args).suggest(nearest(kind, known.iter().copied())))
            })
        }
        Rule::In(values) | Rule::NotIn(values) if !has_options(draft.form) => {
            given.words.iter().zip(values).try_for_each(|(at, value)| stored(at, value, draft))
        }
        Rule::Confirmed => {
            let again = format!("{}_confirmation", draft.name.as_str());
            match drafts.iter().find(|other| other.name.as_str() == again) {
                Some(_) => Err(given.at.fault("confirmed_field", vec![("field", again)])),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The field that a rule names, which is another one.
fn other<'d, 'a>(at: &Text<'_>, draft: &Draft<'_>, drafts: &'d [Draft<'a>]) -> Result<&'d Draft<'a>, Fault> {
    let is_other = |other: &&Draft<'_>| other.name.as_str() != draft.name.as_str();
    if at.as_str() == draft.name.as_str() {
        return Err(at.fault("rule_itself", vec![("field", at.as_str().to_owned())]));
    }
    drafts.iter().find(|other| other.name.as_str() == at.as_str()).ok_or_else(|| {
        let near = nearest(at.as_str(), drafts.iter().filter(is_other).map(|other| other.name.as_str()));
        at.fault("field_unknown", vec![("field", at.as_str().to_owned())]).suggest(near)
    })
}

/// What `before` or `after` compares with: a day, a word for one, or a field of the same kind.
fn moment(at: &Text<'_>, when: &str, draft: &Draft<'_>, drafts: &[Draft<'_>]) -> Result<(), Fault> {
    let is_time = draft.form == FormKind::Time;
    if !is_time && (DAYS.iter().any(|(word, _)| *word == when) || parse_date(when).is_some()) {
        return Ok(());
    }
    let other = other(at, draft, drafts).map_err(|fault| {
        let near = nearest(when, DAYS.iter().map(|(word, _)| *word).filter(|_| !is_time));
        let unknown = fault.key == "field_unknown";
        let near = fault.suggestion.clone().or(near.filter(|_| unknown).map(str::to_owned));
        let key = if unknown && !is_time { "moment_unknown" } else { fault.key };
        at.fault(key, fault.args).suggest(near)
    })?;
    let fits = if is_time {
        other.form == FormKind::Time
    } else {
        matches!(other.form, FormKind::Date | FormKind::DateTime | FormKind::String)
    };
    if fits {
        return Ok(());
    }
    let args = vec![("field", draft.name.as_str().to_owned()), ("other", other.name.as_str().to_owned())];
    Err(at.fault("rule_other_type", args))
}

/// Whether a value of `in` or `not_in` is one that the field can have, as it is stored.
fn stored(at: &Text<'_>, value: &str, draft: &Draft<'_>) -> Result<(), Fault> {
    let kind = match draft.form {
        FormKind::Integer => Kind::Integer,
        FormKind::Date => Kind::Date,
        FormKind::Time => Kind::Time,
        FormKind::Colour => Kind::Colour,
        FormKind::Email => Kind::Email,
        FormKind::Phone => Kind::Phone,
        FormKind::Url => Kind::Url,
        _ => return Ok(()),
    };
    let read = from_text(&kind, value, &TimeZone::UTC).ok().flatten();
    let written = read.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    if written.as_deref() == Some(value) {
        return Ok(());
    }
    let args = vec![("value", value.to_owned()), ("type", draft.word.word.to_owned())];
    Err(at.fault("value_unfit", args).suggest(written))
}

/// A field with choices has some, and `in` names just these or gives them.
fn choices(draft: &mut Draft<'_>) -> Result<(), Fault> {
    if !has_options(draft.form) {
        return Ok(());
    }
    let given = draft.rules.iter().find_map(|given| match &given.rule {
        Rule::In(values) => Some((given, values)),
        _ => None,
    });
    match (&draft.options, given) {
        (None, None) => {
            let args = vec![("field", draft.name.as_str().to_owned()), ("type", draft.word.word.to_owned())];
            return Err(draft.kind.fault("options_missing", args));
        }
        (None, Some((given, values))) => draft.options = Some(of_rule(values, &given.words, &given.at)?),
        (Some(options), Some((given, values))) => {
            let is_option = |value: &str| options.all.iter().any(|option| option.value == value);
            let strange = given.words.iter().zip(values).find(|(_, value)| !is_option(value));
            if let Some((at, value)) = strange {
                let args = vec![("option", value.clone()), ("field", draft.name.as_str().to_owned())];
                let near = nearest(value, options.all.iter().map(|option| option.value.as_str()));
                return Err(at.fault("option_unknown", args).suggest(near));
            }
            if let Some(missing) = options.all.iter().find(|option| !values.contains(&option.value)) {
                let args = vec![("option", missing.value.clone()), ("field", draft.name.as_str().to_owned())];
                return Err(given.at.fault("option_left_out", args));
            }
        }
        (Some(_), None) => {}
    }
    draft.rules.retain(|given| !matches!(given.rule, Rule::In(_)));
    Ok(())
}

/// What must be given can be neither null nor only read.
fn empty(draft: &Draft<'_>) -> Result<(), Fault> {
    let Some(required) = draft.find(|rule| matches!(rule, Rule::Required)) else { return Ok(()) };
    let Some(word) = draft.nullable.as_ref().or(draft.readonly.as_ref()) else { return Ok(()) };
    let is_later = word.same_option(&required.at) && word.span().start < required.at.span().start;
    let args = vec![("rule", "required".to_owned()), ("other", word.as_str().to_owned())];
    Err(if is_later { &required.at } else { word }.fault("rules_contradict", args))
}

/// Rules of which one allows just what the other refuses.
fn opposites(draft: &Draft<'_>) -> Result<(), Fault> {
    for (at, later) in draft.rules.iter().enumerate() {
        for earlier in &draft.rules[..at] {
            if is_opposite(&earlier.rule, &later.rule) || is_opposite(&later.rule, &earlier.rule) {
                let args = vec![("rule", later.at.as_str().to_owned()), ("other", earlier.at.as_str().to_owned())];
                return Err(later.at.fault("rules_contradict", args));
            }
        }
    }
    Ok(())
}

fn is_opposite(one: &Rule, other: &Rule) -> bool {
    match (one, other) {
        (Rule::Same(a), Rule::Different(b)) => a == b,
        (Rule::In(allowed), Rule::NotIn(refused)) => allowed.iter().all(|word| refused.contains(word)),
        (Rule::Before(end), Rule::After(start)) => match (day(end), day(start)) {
            (Some(Day::Named(end)), Some(Day::Named(start))) => end <= start.saturating_add(1),
            (Some(Day::Date(end)), Some(Day::Date(start))) => start.tomorrow().is_ok_and(|next| end <= next),
            _ => end == start,
        },
        _ => false,
    }
}

enum Day {
    /// Days from today.
    Named(i32),
    Date(Date),
}

fn day(when: &str) -> Option<Day> {
    let named = DAYS.iter().find(|(word, _)| *word == when).map(|(_, days)| Day::Named(*days));
    named.or_else(|| parse_date(when).map(Day::Date))
}
