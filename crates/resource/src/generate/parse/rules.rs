//! Rules as they were written, and what is wrong with one whatever its field is.

use jiff::tz::TimeZone;

use super::{options::words, text::Text};
use crate::{
    Bound, Kind, Rule,
    generate::{Fault, FormKind},
    nearest::nearest,
    validate::NAMES,
    values::{MOST, from_text},
};

/// Words that stand among rules and are none.
pub(super) const WORDS: [&str; 4] = ["nullable", "unsigned", "readonly", "options"];

/// A rule, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Given<'a> {
    pub rule: Rule,
    /// As [`Rule::parse`] takes it. Bounds of decimals are in stored form here, as they are in the rule.
    pub text: String,
    pub at: Text<'a>,
    /// What stands behind the colon, word by word; for rules that take words.
    pub words: Vec<Text<'a>>,
}

/// How many digits a number of this kind has after its point.
pub(super) fn scale(form: FormKind) -> Option<u8> {
    match form {
        FormKind::Decimal(scale) => Some(scale),
        FormKind::Money | FormKind::Percent => Some(2),
        _ => None,
    }
}

impl<'a> Given<'a> {
    /// The rule that `at` says, of a field of this kind.
    pub(super) fn read(at: &Text<'a>, form: FormKind) -> Result<Self, Fault> {
        let text = at.as_str();
        let (name, args) = match text.find(':') {
            Some(colon) => (at.sub(0..colon), Some(at.from(colon + 1))),
            None => (at.clone(), None),
        };
        let said = || vec![("rule", name.as_str().to_owned())];
        if text.is_empty() {
            return Err(at.fault("rule_missing", vec![]));
        }
        if !NAMES.contains(&name.as_str()) {
            return Err(unknown(at, &name));
        }
        let example = example(name.as_str());
        let args = match (args, example.is_empty()) {
            (None, true) => None,
            (Some(args), false) if !args.trim().is_empty() => Some(args),
            (Some(args), true) => {
                let marked = if args.is_empty() { at.from(name.as_str().len()) } else { args };
                return Err(marked.fault("rule_takes_nothing", said()).suggest(Some(name.as_str())));
            }
            (_, false) => {
                let args = [said(), vec![("example", example.to_owned())]].concat();
                return Err(at.fault("rule_takes_something", args).suggest(Some(example)));
            }
        };
        if let Some(args) = &args
            && let Some(rule) = bounds(name.as_str(), args, form)?
        {
            return Ok(Self { text: stored_text(&rule), rule, at: at.clone(), words: vec![] });
        }
        let words = match &args {
            Some(args) if takes_words(name.as_str()) => words(args)?.into_iter().map(|(_, at)| at).collect(),
            _ => vec![],
        };
        let rule = Rule::parse(text).ok().and_then(|rules| <[Rule; 1]>::try_from(rules).ok());
        match rule {
            Some([rule]) => Ok(Self { rule, text: text.to_owned(), at: at.clone(), words }),
            None => Err(broken(name.as_str(), args.as_ref().unwrap_or(at), example)),
        }
    }

    /// The same rule from another place.
    pub(super) fn implied(rule: Rule, text: String, at: Text<'a>, words: Vec<Text<'a>>) -> Self {
        Self { rule, text, at, words }
    }
}

/// What a rule looks like with what it takes; empty: it takes nothing.
fn example(name: &str) -> &'static str {
    match name {
        "after" => "after:today",
        "before" => "before:2027-01-01",
        "between" => "between:1,5",
        "different" => "different:title",
        "digits" => "digits:6",
        "digits_between" => "digits_between:4,6",
        "exists" => "exists:accounts,id",
        "in" => "in:a,b",
        "max" => "max:100",
        "mimes" => "mimes:png,jpg",
        "min" => "min:3",
        "not_in" => "not_in:a,b",
        "regex" => "regex:/^[a-z]+$/",
        "required_with" => "required_with:title",
        "same" => "same:title",
        "size" => "size:6",
        _ => "",
    }
}

fn takes_words(name: &str) -> bool {
    matches!(name, "in" | "not_in" | "required_with" | "mimes" | "exists" | "before" | "after" | "different" | "same")
}

fn unknown(at: &Text<'_>, name: &Text<'_>) -> Fault {
    let meant = Rule::parse(name.as_str()).err().and_then(|error| error.suggestion);
    let near = meant.or_else(|| nearest(name.as_str(), WORDS));
    // `max 10` and `max=10` are near to their names only without what follows.
    let first = name.as_str().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let near = near.or_else(|| NAMES.iter().copied().find(|known| *known == first && first != name.as_str()));
    let marked = if name.is_empty() { at } else { name };
    marked.fault("rule_unknown", vec![("rule", name.as_str().to_owned())]).suggest(near)
}

/// What is wrong with what stands behind the colon.
fn broken(name: &str, args: &Text<'_>, example: &str) -> Fault {
    let said = vec![("rule", name.to_owned()), ("example", example.to_owned())];
    match name {
        "regex" => pattern(args),
        "digits" => args.trim().fault("rule_number", said),
        "digits_between" => range(args, &said, |text| text.as_str().parse::<u32>().ok().map(Into::into))
            .err()
            .unwrap_or_else(|| args.trim().fault("rule_number", said)),
        _ => args.trim().fault("rule_words", said).suggest(Some(example)),
    }
}

/// Why a pattern is none, at the place that the pattern's own reader names.
fn pattern(args: &Text<'_>) -> Fault {
    let text = args.as_str();
    let fault = |at: Text<'_>, reason: &str| at.fault("rule_pattern", vec![("reason", reason.to_owned())]);
    let Some(mark) = text.chars().next().filter(|c| "/#~".contains(*c)) else {
        return fault(args.trim(), "/…/");
    };
    let Some(end) = text.rfind(mark).filter(|end| *end > 0) else {
        return fault(args.char_at(0), &mark.to_string());
    };
    let pattern = args.sub(1..end);
    let Err(error) = regex::Regex::new(&pattern.as_str().replace(&format!("\\{mark}"), &mark.to_string())) else {
        // What stands behind the pattern is wrong then.
        return fault(args.from(end + 1), "i, m, s, u, x");
    };
    let report = error.to_string();
    let reason = report.lines().last().unwrap_or_default().trim_start_matches("error: ");
    let caret = report.lines().find(|line| line.contains('^') && line.chars().all(|c| c == ' ' || c == '^'));
    let written_as_read = !pattern.as_str().contains(&format!("\\{mark}")) && !pattern.as_str().contains('\n');
    let first = caret.filter(|_| written_as_read).and_then(|line| line.find('^')?.checked_sub(4));
    let from = first.and_then(|at| pattern.as_str().char_indices().nth(at).map(|(byte, _)| byte));
    let place = from.map_or(pattern.clone(), |byte| pattern.char_at(byte));
    fault(place, reason)
}

/// The rules with bounds, in stored form.
fn bounds(name: &str, args: &Text<'_>, form: FormKind) -> Result<Option<Rule>, Fault> {
    let said = vec![("rule", name.to_owned()), ("example", example(name).to_owned())];
    let read = |text: &Text<'_>| bound(text.as_str(), form);
    let single = || {
        let bound = read(&args.trim()).ok_or_else(|| args.trim().fault("rule_number", said.clone()))?;
        within(bound, &args.trim())
    };
    Ok(Some(match name {
        "min" => Rule::Min(single()?),
        "max" => Rule::Max(single()?),
        "size" => Rule::Size(single()?),
        "between" => {
            let (least, most) = range(args, &said, read)?;
            Rule::Between(within(least, &args.trim())?, within(most, &args.trim())?)
        }
        _ => return Ok(None),
    }))
}

fn within(bound: Bound, at: &Text<'_>) -> Result<Bound, Fault> {
    if bound.unsigned_abs() > MOST.unsigned_abs() {
        return Err(at.fault("rule_too_large", vec![("most", MOST.to_string())]));
    }
    Ok(bound)
}

/// A bound as people write it, in stored form.
fn bound(text: &str, form: FormKind) -> Option<Bound> {
    let Some(scale) = scale(form) else { return text.parse().ok() };
    from_text(&Kind::Decimal(scale), text, &TimeZone::UTC).ok().flatten()?.as_i64()
}

/// Two numbers, the smaller one first.
fn range(
    args: &Text<'_>,
    said: &[(&'static str, String)],
    read: impl Fn(&Text<'_>) -> Option<Bound>,
) -> Result<(Bound, Bound), Fault> {
    let parts = args.split(&[',']);
    let [least, most] = &parts[..] else { return Err(args.trim().fault("rule_range", said.to_vec())) };
    let number = |text: &Text<'_>| read(text).ok_or_else(|| text.fault("rule_number", said.to_vec()));
    let (low, high) = (number(least)?, number(most)?);
    if low > high {
        let turned = format!("{}:{},{}", said[0].1, most.as_str(), least.as_str());
        return Err(args.trim().fault("rule_order", said.to_vec()).suggest(Some(turned)));
    }
    Ok((low, high))
}

fn stored_text(rule: &Rule) -> String {
    match rule {
        Rule::Min(n) | Rule::Max(n) | Rule::Size(n) => format!("{}:{n}", rule.name()),
        Rule::Between(least, most) => format!("between:{least},{most}"),
        other => other.name().to_owned(),
    }
}
