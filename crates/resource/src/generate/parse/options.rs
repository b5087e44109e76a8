//! The choices of a field, in each of the ways in which they may be written.

use super::{
    json::{self, Node, Value},
    text::Text,
};
use crate::generate::{Fault, OptionSpec};

/// The longest choice, in characters.
const LONGEST: usize = 100;

/// The choices of a field, and where they stand.
#[derive(Debug, Clone)]
pub(super) struct Options<'a> {
    pub all: Vec<OptionSpec>,
    pub at: Text<'a>,
}

/// What stands behind `options=`: `{"a": "Label"}`, `["a", "b"]` or `a,b`.
pub(super) fn read<'a>(text: &Text<'a>) -> Result<Options<'a>, Fault> {
    if text.as_str().starts_with(['{', '[']) { of_json(&json::read(text)?) } else { of_words(text) }
}

/// As a file has them: an object with labels, a list, or a text as above.
pub(super) fn of_json<'a>(node: &Node<'a>) -> Result<Options<'a>, Fault> {
    let mut all = Vec::new();
    match &node.value {
        Value::Object(members) => {
            for (value, label) in members {
                let label = label.word()?;
                let given = Some(label.as_str().trim().to_owned()).filter(|label| !label.is_empty());
                add(&mut all, value.as_str(), given, value)?;
            }
        }
        Value::List(values) => {
            for value in values {
                let value = value.word()?;
                add(&mut all, value.as_str(), None, &value)?;
            }
        }
        Value::String(text) => return read(&text.trim()),
        _ => return Err(node.wanted("{…}, […], \"…\"")),
    }
    some(all, &node.at)
}

/// Words with commas between.
pub(super) fn of_words<'a>(text: &Text<'a>) -> Result<Options<'a>, Fault> {
    let mut all = Vec::new();
    for (word, at) in words(text)? {
        // As SQL writes them.
        let bare = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(&word);
        add(&mut all, bare, None, &at)?;
    }
    some(all, text)
}

/// Choices that a rule gave.
pub(super) fn of_rule<'a>(words: &[String], places: &[Text<'a>], at: &Text<'a>) -> Result<Options<'a>, Fault> {
    let mut all = Vec::new();
    for (word, place) in words.iter().zip(places) {
        add(&mut all, word, None, place)?;
    }
    some(all, at)
}

fn some<'a>(all: Vec<OptionSpec>, at: &Text<'a>) -> Result<Options<'a>, Fault> {
    if all.is_empty() { Err(at.fault("options_none", vec![])) } else { Ok(Options { all, at: at.clone() }) }
}

fn add(all: &mut Vec<OptionSpec>, value: &str, label: Option<String>, at: &Text<'_>) -> Result<(), Fault> {
    let value = value.trim();
    let said = || vec![("option", value.to_owned())];
    if value.is_empty() {
        return Err(at.fault("option_empty", vec![]));
    }
    let is_fit = |text: &str| text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    if !is_fit(value) || label.as_deref().is_some_and(|label| !is_fit(label)) {
        return Err(at.fault("option_unfit", vec![("most", LONGEST.to_string())]));
    }
    if all.iter().any(|known| known.value == value) {
        return Err(at.fault("option_twice", said()));
    }
    all.push(OptionSpec { value: value.to_owned(), label });
    Ok(())
}

/// Words with commas between, and where each stands; one in double quotes may have commas in it, and `""` is a quote
/// there. As [`crate::Rule::parse`] reads them.
pub(super) fn words<'a>(text: &Text<'a>) -> Result<Vec<(String, Text<'a>)>, Fault> {
    let mut words = Vec::new();
    let (mut word, mut start, mut quote) = (String::new(), 0, None);
    let mut rest = text.as_str().char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' if quote.is_some() && rest.peek().is_some_and(|(_, next)| *next == '"') => {
                rest.next();
                word.push('"');
            }
            '"' if quote.is_some() => quote = None,
            '"' if word.trim().is_empty() => {
                word.clear();
                quote = Some(at);
            }
            ',' if quote.is_none() => {
                words.push((std::mem::take(&mut word).trim().to_owned(), text.sub(start..at).trim()));
                start = at + 1;
            }
            c => word.push(c),
        }
    }
    if let Some(at) = quote {
        return Err(text.char_at(at).fault("unclosed", vec![("closing", "\"".to_owned())]));
    }
    words.push((word.trim().to_owned(), text.from(start).trim()));
    match words.iter().find(|(word, _)| word.is_empty()) {
        Some((_, at)) => Err(at.fault("word_missing", vec![])),
        None => Ok(words),
    }
}
