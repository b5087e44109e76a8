//! Where the separators of `--fields` and `--validations` are: not in parentheses, choices, quotes and patterns.

use super::{
    rules::WORDS,
    text::{Text, entries},
};
use crate::{
    generate::{Fault, TypeWord},
    validate::{NAMES, pattern_length, pieces as rule_pieces},
};

/// One of several entries, and what stands between its `#`.
pub(super) struct Entry<'a> {
    pub whole: Text<'a>,
    pub segments: Vec<Text<'a>>,
}

/// The entries: separated by `;`, or where there is none by each `,` behind which one `begins`.
///
/// # Errors
/// `unclosed` for a quote, a brace or a parenthesis; `entry_missing` for an empty entry.
pub(super) fn read<'a>(text: &Text<'a>, begins: fn(&str) -> bool) -> Result<Vec<Entry<'a>>, Fault> {
    let marks = Scanner::marks(text)?;
    let by_semicolon = marks.iter().any(|(_, mark)| *mark == b';');
    let ends = marks.iter().filter(|(at, mark)| match mark {
        b';' => true,
        b',' => !by_semicolon && begins(&text.as_str()[at + 1..]),
        _ => false,
    });
    let mut pieces = Vec::new();
    let mut start = 0;
    for (end, _) in ends {
        pieces.push(text.sub(start..*end).trim());
        start = end + 1;
    }
    pieces.push(text.from(start).trim());
    entries(pieces)?.into_iter().map(|whole| Ok(Entry { segments: segments(&whole)?, whole })).collect()
}

/// What stands between the `#`.
///
/// # Errors
/// As [`read`].
pub(super) fn segments<'a>(text: &Text<'a>) -> Result<Vec<Text<'a>>, Fault> {
    let mut segments = Vec::new();
    let mut start = 0;
    for (at, _) in Scanner::marks(text)?.into_iter().filter(|(_, mark)| *mark == b'#') {
        segments.push(text.sub(start..at).trim());
        start = at + 1;
    }
    segments.push(text.from(start).trim());
    Ok(segments)
}

/// The rules between the `|`.
pub(super) fn rules<'a>(text: &Text<'a>) -> Vec<Text<'a>> {
    rule_pieces(text.as_str()).into_iter().map(|(at, piece)| text.sub(at..at + piece.len()).trim()).collect()
}

/// Whether `rest`, which follows a comma, begins with `name#type`. What follows the `#` may also be a rule: in
/// `in:a,b#nullable` no field begins.
pub(super) fn begins_field(rest: &str) -> bool {
    let Some(after) = after_name(rest) else { return false };
    let word = after.split(|c: char| !is_of_name(c)).next().unwrap_or_default();
    TypeWord::find(word).is_some() || !(NAMES.contains(&word) || WORDS.contains(&word))
}

/// Whether `rest`, which follows a comma, begins with `name#rules`.
pub(super) fn begins_validation(rest: &str) -> bool {
    after_name(rest).is_some()
}

/// What stands behind `name#`.
fn after_name(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
    let is_name = end > 0 && !rest.starts_with(|c: char| c.is_ascii_digit());
    rest[end..].trim_start().strip_prefix('#').filter(|_| is_name).map(str::trim_start)
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

struct Scanner<'t, 'a> {
    text: &'t Text<'a>,
    at: usize,
    /// The last character that is no space.
    before: char,
    /// All since the last `#` or separator are letters of a name: a parenthesis opens a type's.
    in_name: bool,
}

impl Scanner<'_, '_> {
    /// All `;`, `,` and `#` that may separate, and where.
    fn marks(text: &Text<'_>) -> Result<Vec<(usize, u8)>, Fault> {
        let mut scanner = Scanner { text, at: 0, before: ';', in_name: true };
        let mut marks = Vec::new();
        while let Some(c) = scanner.rest().chars().next() {
            if !scanner.skip(c)? {
                if let ';' | ',' | '#' = c {
                    marks.push((scanner.at, c as u8));
                }
                scanner.step(c);
            }
        }
        Ok(marks)
    }

    fn rest(&self) -> &str {
        &self.text.as_str()[self.at..]
    }

    fn step(&mut self, c: char) {
        self.at += c.len_utf8();
        if matches!(c, ';' | ',' | '#') {
            self.in_name = true;
        } else if !c.is_whitespace() {
            self.in_name &= c.is_alphanumeric() || c == '_';
        }
        if !c.is_whitespace() {
            self.before = c;
        }
    }

    /// Skips what begins here and may have separators in it; whether there was such a thing.
    fn skip(&mut self, c: char) -> Result<bool, Fault> {
        let length = match c {
            '"' if matches!(self.before, ';' | ',' | '#' | '|' | ':' | '=') => self.quoted(self.at, false)?,
            '{' | '[' if self.before == '=' => self.nested(true)?,
            '(' if self.in_name && !matches!(self.before, ';' | ',' | '#') => self.nested(false)?,
            'r' if matches!(self.before, ';' | ',' | '#' | '|') => pattern_length(self.rest()).unwrap_or(0),
            _ => 0,
        };
        self.at += length;
        if length > 0 {
            self.in_name = false;
            self.before = ')';
        }
        Ok(length > 0)
    }

    /// How long the quoted text at `start` is. A backslash takes the next quote's meaning away in JSON only.
    fn quoted(&self, start: usize, json: bool) -> Result<usize, Fault> {
        let text = &self.text.as_str()[start..];
        let mut escaped = false;
        for (at, c) in text.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' if json => escaped = true,
                '"' => return Ok(at + 1),
                _ => {}
            }
        }
        Err(self.unclosed(start, '"'))
    }

    /// How long what is in parentheses, braces or brackets here is, with all that is in it.
    fn nested(&self, json: bool) -> Result<usize, Fault> {
        let text = self.text.as_str();
        let mut open = Vec::new();
        let mut at = self.at;
        while let Some(c) = text[at..].chars().next() {
            match c {
                '"' => {
                    at += self.quoted(at, json)?;
                    continue;
                }
                '{' | '[' if json => open.push((at, if c == '{' { '}' } else { ']' })),
                '(' if !json => open.push((at, ')')),
                '}' | ']' | ')' if open.last().is_some_and(|(_, closing)| *closing == c) => drop(open.pop()),
                _ => {}
            }
            at += c.len_utf8();
            if open.is_empty() {
                return Ok(at - self.at);
            }
        }
        let (start, closing) = open.last().copied().unwrap_or((self.at, ')'));
        Err(self.unclosed(start, closing))
    }

    fn unclosed(&self, start: usize, closing: char) -> Fault {
        self.text.char_at(start).fault("unclosed", vec![("closing", closing.to_string())])
    }
}
