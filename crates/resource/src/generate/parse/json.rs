//! JSON that knows where each of its values stands.

use super::text::Text;
use crate::{generate::Fault, nearest::nearest};

/// How deep values may lie in each other: a file of fields needs five.
const DEEPEST: usize = 32;

/// A value, and where it stands.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub value: Value<'a>,
    pub at: Text<'a>,
}

#[derive(Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    /// A number, whichever: it is read as it was written.
    Number,
    String(Text<'a>),
    List(Vec<Node<'a>>),
    Object(Vec<(Text<'a>, Node<'a>)>),
}

/// Reads JSON (RFC 8259).
///
/// # Errors
/// `json_…`, with the place; `json_twice` when an object has a key twice.
pub(super) fn read<'a>(text: &Text<'a>) -> Result<Node<'a>, Fault> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    if text.as_str().starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    let node = reader.value()?;
    reader.spaces();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(text.from(reader.at).trim().fault("json_after", vec![])),
    }
}

impl<'a> Node<'a> {
    /// The entries, when it is a list.
    pub(super) fn list(&self) -> Result<&[Self], Fault> {
        match &self.value {
            Value::List(all) => Ok(all),
            _ => Err(self.wanted("[…]")),
        }
    }

    /// The members, when it is an object that has these keys only.
    pub(super) fn object(&self, keys: &[&str]) -> Result<Vec<(&Text<'a>, &Self)>, Fault> {
        let Value::Object(members) = &self.value else { return Err(self.wanted("{…}")) };
        for (key, _) in members {
            if !keys.contains(&key.as_str()) {
                let args = vec![("key", key.as_str().to_owned()), ("keys", keys.join(", "))];
                let near = nearest(key.as_str(), keys.iter().copied());
                return Err(key.fault("json_unknown", args).suggest(near));
            }
        }
        Ok(members.iter().map(|(key, value)| (key, value)).collect())
    }

    pub(super) fn string(&self) -> Result<Text<'a>, Fault> {
        match &self.value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.wanted("\"…\"")),
        }
    }

    pub(super) fn bool(&self) -> Result<bool, Fault> {
        match &self.value {
            Value::Bool(yes) => Ok(*yes),
            _ => Err(self.wanted("true, false")),
        }
    }

    /// The word that a choice is: a text, or a number as it was written.
    pub(super) fn word(&self) -> Result<Text<'a>, Fault> {
        match &self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number => Ok(self.at.clone()),
            _ => Err(self.wanted("\"…\"")),
        }
    }

    /// The fault that something else should stand here.
    pub(super) fn wanted(&self, what: &str) -> Fault {
        self.at.fault("json_kind", vec![("wanted", what.to_owned())])
    }
}

struct Reader<'t, 'a> {
    text: &'t Text<'a>,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'_, 'a> {
    fn peek(&self) -> Option<char> {
        self.text.as_str()[self.at..].chars().next()
    }

    fn spaces(&mut self) {
        while let Some(' ' | '\t' | '\n' | '\r') = self.peek() {
            self.at += 1;
        }
    }

    /// The fault that is at the next character.
    fn fault(&self, key: &'static str, args: Vec<(&'static str, String)>) -> Fault {
        self.text.char_at(self.at).fault(key, args)
    }

    fn value(&mut self) -> Result<Node<'a>, Fault> {
        self.spaces();
        let start = self.at;
        let value = match self.peek() {
            Some('{') => self.nested(start, Self::object)?,
            Some('[') => self.nested(start, Self::list)?,
            Some('"') => Value::String(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            _ => self.literal()?,
        };
        Ok(Node { value, at: self.text.sub(start..self.at) })
    }

    fn nested(
        &mut self,
        start: usize,
        read: fn(&mut Self, usize) -> Result<Value<'a>, Fault>,
    ) -> Result<Value<'a>, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault("json_deep", vec![]));
        }
        self.at += 1;
        let value = read(self, start);
        self.depth -= 1;
        value
    }

    fn literal(&mut self) -> Result<Value<'a>, Fault> {
        let rest = &self.text.as_str()[self.at..];
        let word = &rest[..rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())];
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "" => return Err(self.fault("json_value", vec![])),
            _ => return Err(self.text.sub(self.at..self.at + word.len()).fault("json_value", vec![])),
        };
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value<'a>, Fault> {
        let rest = &self.text.as_str()[self.at..];
        let of_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let written = &rest[..rest.find(|c| !of_number(c)).unwrap_or(rest.len())];
        if serde_json::from_str::<serde_json::Number>(written).is_err() {
            return Err(self.text.sub(self.at..self.at + written.len()).fault("json_value", vec![]));
        }
        self.at += written.len();
        Ok(Value::Number)
    }

    /// After `{`, which stood at `start`.
    fn object(&mut self, start: usize) -> Result<Value<'a>, Fault> {
        let mut members: Vec<(Text<'a>, Node<'a>)> = Vec::new();
        while self.goes_on(start, '}', members.is_empty())? {
            if self.peek() != Some('"') {
                return Err(self.fault("json_key", vec![]));
            }
            let key = self.string()?;
            if members.iter().any(|(known, _)| known.as_str() == key.as_str()) {
                return Err(key.fault("json_twice", vec![("key", key.as_str().to_owned())]));
            }
            self.spaces();
            if self.peek() != Some(':') {
                return Err(self.fault("json_colon", vec![]));
            }
            self.at += 1;
            members.push((key, self.value()?));
        }
        Ok(Value::Object(members))
    }

    /// After `[`, which stood at `start`.
    fn list(&mut self, start: usize) -> Result<Value<'a>, Fault> {
        let mut all = Vec::new();
        while self.goes_on(start, ']', all.is_empty())? {
            all.push(self.value()?);
        }
        Ok(Value::List(all))
    }

    /// Whether another member follows; the comma before it, or the closing mark, is taken.
    fn goes_on(&mut self, start: usize, closing: char, first: bool) -> Result<bool, Fault> {
        self.spaces();
        match self.peek() {
            None => Err(self.text.char_at(start).fault("unclosed", vec![("closing", closing.to_string())])),
            Some(c) if c == closing => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(',') => {
                self.at += 1;
                self.spaces();
                // No comma stands before the end.
                if self.peek() == Some(closing) { Err(self.fault("json_value", vec![])) } else { Ok(true) }
            }
            Some(_) => Err(self.fault("json_comma", vec![("closing", closing.to_string())])),
        }
    }

    /// A text, from its first quote to its last.
    fn string(&mut self) -> Result<Text<'a>, Fault> {
        let start = self.at;
        self.at += 1;
        let (mut said, mut places) = (String::new(), Vec::new());
        loop {
            let at = self.at;
            let c = match self.peek() {
                None => {
                    return Err(self.text.char_at(start).fault("unclosed", vec![("closing", "\"".to_owned())]));
                }
                Some('"') => break,
                Some('\\') => self.escape()?,
                Some(c) if c < ' ' => return Err(self.fault("json_control", vec![])),
                Some(c) => {
                    self.at += c.len_utf8();
                    c
                }
            };
            said.push(c);
            places.resize(said.len(), at);
        }
        let (inner, end) = (self.text.sub(start + 1..self.at), self.at);
        self.at += 1;
        if said.len() == inner.as_str().len() {
            return Ok(inner);
        }
        places.push(end);
        Ok(self.text.meaning(said, &places))
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let c = self.text.as_str()[start + 1..].chars().next();
        self.at += 2;
        Ok(match c {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode(start),
            _ => return Err(self.text.char_at(start).fault("json_escape", vec![])),
        })
    }

    /// The character of `\u…`, or of two of them.
    fn unicode(&mut self, start: usize) -> Result<char, Fault> {
        let text = self.text.as_str();
        let unit = |at: usize| {
            let digits = text.get(at..at + 4).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u16::from_str_radix(digits, 16).ok()
        };
        let first = unit(start + 2);
        let second = text.get(start + 6..start + 8).filter(|it| *it == "\\u").and_then(|_| unit(start + 8));
        let units = first.into_iter().chain(second);
        match char::decode_utf16(units).next() {
            Some(Ok(c)) => {
                self.at = start + 2 + 4 * c.len_utf16() + 2 * (c.len_utf16() - 1);
                Ok(c)
            }
            _ => Err(self.text.char_at(start).fault("json_escape", vec![])),
        }
    }
}
