//! Rules written as Laravel's users write them: `required|max:100|in:a,b|regex:/^x/`.

use std::str::FromStr;

use regex::RegexBuilder;

use crate::{Field, Rule, nearest};

/// All names that [`Rule::parse`] knows.
pub const NAMES: &[&str] = &[
    "accepted",
    "after",
    "alpha",
    "alpha_dash",
    "alpha_num",
    "before",
    "between",
    "boolean",
    "confirmed",
    "date",
    "different",
    "digits",
    "digits_between",
    "email",
    "exists",
    "image",
    "in",
    "integer",
    "ip",
    "json",
    "max",
    "mimes",
    "min",
    "not_in",
    "nullable",
    "numeric",
    "regex",
    "required",
    "required_with",
    "same",
    "size",
    "unique",
    "url",
];

/// What is wrong with a text of rules, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule {piece:?} at {offset}: {reason}{}", .suggestion.as_ref().map(|it| format!("; did you mean {it:?}?")).unwrap_or_default())]
pub struct RuleError {
    /// The piece at fault, as it was written.
    pub piece: String,
    /// Where it begins, in bytes from the start of the text.
    pub offset: usize,
    /// Why it is no rule, in English: for the developer who wrote it.
    pub reason: String,
    /// The nearest name there is, when that is what is wrong.
    pub suggestion: Option<&'static str>,
}

impl Rule {
    /// Reads rules with `|` between them. Numbers are whole (see [`crate::Bound`]); `exists` takes table and column;
    /// `regex` takes a pattern between two `/`, `#` or `~` with the flags `i`, `m`, `s`, `u` and `x` after it, and a
    /// `|` may stand in it.
    ///
    /// # Errors
    /// The first piece that is no rule, and where it stands.
    pub fn parse(text: &str) -> Result<Vec<Self>, RuleError> {
        let mut rules = Vec::new();
        for (offset, piece) in pieces(text) {
            let trimmed = piece.trim();
            let offset = offset + (piece.len() - piece.trim_start().len());
            let rule = one(trimmed).map_err(|(reason, suggestion)| RuleError {
                piece: trimmed.to_owned(),
                offset,
                reason,
                suggestion,
            })?;
            rules.push(rule);
        }
        Ok(rules)
    }
}

impl Field {
    /// Adds rules written as in Laravel: see [`Rule::parse`].
    ///
    /// # Panics
    /// When one is none: the text is part of the program, and every declaration is made by a test.
    #[must_use]
    pub fn rules(mut self, text: &str) -> Self {
        match Rule::parse(text) {
            Ok(rules) => self.rules.extend(rules),
            Err(e) => panic!("{}: {e}", self.name),
        }
        self
    }
}

/// The pieces between the `|`, each with its place. A pattern keeps its own.
pub(crate) fn pieces(text: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        let piece = &text[start..];
        if at == start
            && let Some(length) = pattern_length(piece)
        {
            at += length;
        } else if text.as_bytes()[at] == b'|' {
            pieces.push((start, &text[start..at]));
            at += 1;
            start = at;
        } else {
            at += 1;
        }
    }
    if start < text.len() || !pieces.is_empty() {
        pieces.push((start, &text[start..]));
    }
    pieces
}

/// How many bytes of `piece` are `regex:` and a pattern with both its marks.
pub(crate) fn pattern_length(piece: &str) -> Option<usize> {
    let spaces = piece.len() - piece.trim_start().len();
    let pattern = piece.trim_start().strip_prefix("regex:")?;
    let mark = pattern.chars().next().filter(|c| "/#~".contains(*c))?;
    let mut escaped = false;
    for (at, c) in pattern.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == mark => return Some(spaces + "regex:".len() + at + 1),
            _ => {}
        }
    }
    None
}

type Fault = (String, Option<&'static str>);

fn one(piece: &str) -> Result<Rule, Fault> {
    let (name, args) = piece.split_once(':').map_or((piece, None), |(name, args)| (name, Some(args)));
    let bare = match name {
        "required" => Some(Rule::Required),
        "unique" => Some(Rule::Unique),
        "email" => Some(Rule::Email),
        "url" => Some(Rule::Url),
        "ip" => Some(Rule::Ip),
        "date" => Some(Rule::Date),
        "alpha" => Some(Rule::Alpha),
        "alpha_num" => Some(Rule::AlphaNum),
        "alpha_dash" => Some(Rule::AlphaDash),
        "numeric" => Some(Rule::Numeric),
        "integer" => Some(Rule::Integer),
        "confirmed" => Some(Rule::Confirmed),
        "boolean" => Some(Rule::Boolean),
        "json" => Some(Rule::Json),
        "nullable" => Some(Rule::Nullable),
        "accepted" => Some(Rule::Accepted),
        "image" => Some(Rule::Image),
        _ => None,
    };
    match (bare, args) {
        (Some(rule), None) => Ok(rule),
        (Some(_), Some(_)) => Err((format!("{name} takes nothing after it"), None)),
        (None, _) if piece.is_empty() => Err(("there is no rule here".into(), None)),
        (None, _) if !NAMES.contains(&name) => Err(("there is no such rule".into(), meant(name))),
        (None, None) => Err((format!("{name} takes something after a colon"), None)),
        (None, Some(args)) => with_args(name, args),
    }
}

fn with_args(name: &str, args: &str) -> Result<Rule, Fault> {
    let list = || words(args).map_err(|reason| (reason, None));
    Ok(match name {
        "min" => Rule::Min(number(args)?),
        "max" => Rule::Max(number(args)?),
        "size" => Rule::Size(number(args)?),
        "digits" => Rule::Digits(number(args)?),
        "between" => {
            let (least, most) = range(args)?;
            Rule::Between(least, most)
        }
        "digits_between" => {
            let (least, most) = range(args)?;
            Rule::DigitsBetween(least, most)
        }
        "in" => Rule::In(list()?),
        "not_in" => Rule::NotIn(list()?),
        "required_with" => Rule::RequiredWith(list()?),
        "mimes" => Rule::Mimes(list()?.into_iter().map(|kind| kind.to_ascii_lowercase()).collect()),
        "exists" => match &list()?[..] {
            [table, column] => Rule::Exists(table.clone(), column.clone()),
            _ => return Err(("exists takes a table and a column: exists:accounts,id".into(), None)),
        },
        "before" => Rule::Before(single(name, list()?)?),
        "after" => Rule::After(single(name, list()?)?),
        "different" => Rule::Different(single(name, list()?)?),
        "same" => Rule::Same(single(name, list()?)?),
        _ => pattern(args)?,
    })
}

fn single(name: &str, list: Vec<String>) -> Result<String, Fault> {
    match <[String; 1]>::try_from(list) {
        Ok([only]) => Ok(only),
        Err(_) => Err((format!("{name} takes one thing"), None)),
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, Fault> {
    text.trim().parse().map_err(|_| (format!("{text:?} is no whole number that fits"), None))
}

fn range<T: FromStr + PartialOrd>(text: &str) -> Result<(T, T), Fault> {
    let (least, most) = text.split_once(',').ok_or(("it takes two numbers: 1,5".to_owned(), None))?;
    let (least, most) = (number(least)?, number(most)?);
    if least > most { Err(("the first number is the smaller one".into(), None)) } else { Ok((least, most)) }
}

/// Words with commas between; one in double quotes may have commas in it, and `""` is a quote there.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                word.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if word.trim().is_empty() => {
                word.clear();
                quoted = true;
            }
            ',' if !quoted => words.push(std::mem::take(&mut word).trim().to_owned()),
            c => word.push(c),
        }
    }
    if quoted {
        return Err("a quote is not closed".into());
    }
    words.push(word.trim().to_owned());
    if words.iter().any(String::is_empty) { Err("a word is missing".into()) } else { Ok(words) }
}

fn pattern(text: &str) -> Result<Rule, Fault> {
    let fault = |reason: &str| (reason.to_owned(), None);
    let mark = text.chars().next().filter(|c| "/#~".contains(*c)).ok_or(fault("a pattern stands between two /"))?;
    let (pattern, flags) = text[1..].rsplit_once(mark).ok_or(fault("the pattern has no / at its end"))?;
    let pattern = pattern.replace(&format!("\\{mark}"), &mark.to_string());
    let mut builder = RegexBuilder::new(&pattern);
    for flag in flags.chars() {
        match flag {
            'i' => builder.case_insensitive(true),
            'm' => builder.multi_line(true),
            's' => builder.dot_matches_new_line(true),
            'x' => builder.ignore_whitespace(true),
            // Patterns are Unicode anyway.
            'u' => &mut builder,
            other => return Err((format!("there is no flag {other:?}"), None)),
        };
    }
    builder.build().map(Rule::Regex).map_err(|e| (format!("the pattern is none: {e}"), None))
}

/// The name of a rule that was meant, when one is near enough.
fn meant(name: &str) -> Option<&'static str> {
    let known = match name {
        "alphanum" | "alphanumeric" => Some("alpha_num"),
        "int" | "number" => Some("integer"),
        "bool" => Some("boolean"),
        "filled" | "present" | "not_null" => Some("required"),
        "mimetypes" | "file" => Some("mimes"),
        "optional" | "sometimes" | "null" => Some("nullable"),
        "length" | "len" => Some("size"),
        "after_or_equal" => Some("after"),
        "before_or_equal" => Some("before"),
        _ => None,
    };
    known.or_else(|| nearest::nearest(name, NAMES.iter().copied()))
}
