//! Reads XML pushes within limits, and writes XML that no text can break out of.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::fields::{Field, Fields, ReadError, Value};
use crate::{MAX_BODY, MAX_DEPTH, MAX_FIELDS};

/// An element whose end has not come yet.
struct Open {
    name: String,
    fields: Vec<Field>,
    text: String,
    /// Whitespace around CDATA and around elements is layout; alone it is the text.
    literal: bool,
}

impl Open {
    fn add(&mut self, text: &str) {
        if (self.literal || !self.fields.is_empty()) && is_layout(text) {
            return;
        }
        self.text.push_str(text);
    }

    fn add_literal(&mut self, text: &str) {
        if !self.literal && is_layout(&self.text) {
            self.text.clear();
        }
        self.literal = true;
        self.text.push_str(text);
    }

    /// Text before or after an element becomes a field of its own, without a name.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() && (self.literal || !is_layout(&text)) {
            self.fields.push(Field { name: String::new(), value: Value::Text(text) });
        }
        self.literal = false;
    }

    fn close(mut self) -> Field {
        if self.fields.is_empty() {
            return Field { name: self.name, value: Value::Text(self.text) };
        }
        self.flush();
        Field { name: self.name, value: Value::Tree(Fields(self.fields)) }
    }
}

fn is_layout(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// Reads a document and gives what is in its root element.
pub(crate) fn read(bytes: &[u8]) -> Result<Fields, ReadError> {
    if bytes.len() > MAX_BODY {
        return Err(ReadError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        // No database text holds a NUL, and no follower types one.
        return Err(ReadError::Syntax("a NUL character".into()));
    }
    let mut reader = Reader::from_str(text);
    let mut document = Document { open: Vec::with_capacity(4), root: None, left: MAX_FIELDS };
    loop {
        match reader.read_event().map_err(|error| ReadError::Syntax(error.to_string()))? {
            Event::Start(tag) => document.start(&tag)?,
            Event::Empty(tag) => {
                document.start(&tag)?;
                document.end();
            }
            Event::End(_) => document.end(),
            Event::Text(text) => document.text(&text.into_inner())?,
            Event::CData(text) => document.literal(&text.into_inner())?,
            Event::GeneralRef(reference) => document.reference(&reference)?,
            Event::DocType(_) => return Err(ReadError::Dtd),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => return document.finish(),
        }
    }
}

struct Document {
    open: Vec<Open>,
    root: Option<Field>,
    left: usize,
}

impl Document {
    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), ReadError> {
        if self.root.is_some() {
            return Err(ReadError::Syntax("a second root element".into()));
        }
        if self.open.len() > MAX_DEPTH {
            return Err(ReadError::TooDeep);
        }
        let mut open =
            Open { name: self.name(tag.name().into_inner())?, fields: Vec::new(), text: String::new(), literal: false };
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| ReadError::Syntax(error.to_string()))?;
            let name = format!("@{}", self.name(attribute.key.into_inner())?);
            open.fields.push(Field { name, value: Value::Text(unescape(&attribute.value)?) });
        }
        if let Some(parent) = self.open.last_mut() {
            parent.flush();
        } else {
            open.fields.reserve(8);
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) {
        // The reader has matched the names; there is one to close.
        let Some(field) = self.open.pop().map(Open::close) else { return };
        match self.open.last_mut() {
            Some(parent) => parent.fields.push(field),
            None => self.root = Some(field),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), ReadError> {
        match self.open.last_mut() {
            Some(open) => open.add(text),
            None if is_layout(text) => {}
            None => return Err(ReadError::Syntax("text outside the root element".into())),
        }
        Ok(())
    }

    fn literal(&mut self, text: &str) -> Result<(), ReadError> {
        let open = self.open.last_mut().ok_or_else(|| ReadError::Syntax("CDATA outside the root element".into()))?;
        open.add_literal(text);
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), ReadError> {
        let mut buffer = [0; 4];
        let character = resolve(&reference.borrow().into_inner())?;
        match self.open.last_mut() {
            Some(open) => open.text.push_str(character.encode_utf8(&mut buffer)),
            None => return Err(ReadError::Syntax("text outside the root element".into())),
        }
        Ok(())
    }

    fn name(&mut self, name: &str) -> Result<String, ReadError> {
        self.left = self.left.checked_sub(1).ok_or(ReadError::TooMany)?;
        let starts = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
        let allowed = |rest: char| rest.is_alphanumeric() || matches!(rest, '_' | '-' | '.' | ':');
        if !starts || !name.chars().all(allowed) {
            return Err(ReadError::Syntax("a name that is none".into()));
        }
        Ok(name.to_owned())
    }

    fn finish(self) -> Result<Fields, ReadError> {
        match (self.open.is_empty(), self.root.map(|root| root.value)) {
            (true, Some(Value::Tree(fields))) => Ok(fields),
            (true, Some(Value::Text(text))) if is_layout(&text) => Ok(Fields::default()),
            (true, Some(_)) => Err(ReadError::Syntax("no elements in the root element".into())),
            _ => Err(ReadError::Syntax("the document ends too early".into())),
        }
    }
}

/// The character of `amp`, `lt`, `gt`, `quot`, `apos`, `#38` or `#x26`; every other entity is refused.
fn resolve(entity: &str) -> Result<char, ReadError> {
    let refused = || ReadError::Entity(entity.chars().take(32).collect());
    let code = match entity.as_bytes() {
        b"amp" => return Ok('&'),
        b"lt" => return Ok('<'),
        b"gt" => return Ok('>'),
        b"quot" => return Ok('"'),
        b"apos" => return Ok('\''),
        [b'#', b'x', digits @ ..] if digits.iter().all(u8::is_ascii_hexdigit) => u32::from_str_radix(&entity[2..], 16),
        [b'#', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => entity[1..].parse(),
        _ => return Err(refused()),
    };
    code.ok().and_then(char::from_u32).filter(|character| is_allowed(*character)).ok_or_else(refused)
}

fn unescape(text: &str) -> Result<String, ReadError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) =
            after.split_once(';').ok_or_else(|| ReadError::Syntax("an & that stands alone".into()))?;
        out.push_str(before);
        out.push(resolve(entity)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The characters of XML 1.0, section 2.2.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// `text` without what XML cannot carry.
fn carried(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_allowed) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|character| is_allowed(*character)).collect())
}

/// Writes `<name><![CDATA[text]]></name>`. A `]]>` in the text is cut in two; what XML cannot carry is left out.
pub(crate) fn cdata(out: &mut String, name: &str, text: &str) {
    open(out, name);
    section(out, text);
    close(out, name);
}

fn section(out: &mut String, text: &str) {
    out.push_str("<![CDATA[");
    // Characters are dropped before the cut: dropping one later could make a new `]]>` of `]]` and `>`.
    let text = carried(text);
    let mut parts = text.split("]]>");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str("]]]]><![CDATA[>");
        out.push_str(part);
    }
    out.push_str("]]>");
}

/// Writes `<name>number</name>`.
pub(crate) fn number(out: &mut String, name: &str, number: i64) {
    use std::fmt::Write as _;
    let _ = write!(out, "<{name}>{number}</{name}>");
}

/// Writes `<name>`.
pub(crate) fn open(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

/// Writes `</name>`.
pub(crate) fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Writes a field as it would be received; an array becomes a repeated element.
pub(crate) fn element(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Text(text) | Value::Literal(text) => cdata(out, name, text),
        Value::List(values) => values.iter().for_each(|value| element(out, name, value)),
        Value::Tree(fields) => {
            out.push('<');
            out.push_str(name);
            for (name, text) in fields.iter().filter_map(attribute) {
                out.push_str(&format!(" {name}=\""));
                escaped(out, text);
                out.push('"');
            }
            out.push('>');
            for field in fields.iter().filter(|field| attribute(field).is_none()) {
                match &field.value {
                    // An empty section would not be read again: beside elements it is nothing.
                    Value::Text(text) if field.name.is_empty() && carried(text).is_empty() => {}
                    Value::Text(text) if field.name.is_empty() => section(out, text),
                    value => element(out, &field.name, value),
                }
            }
            close(out, name);
        }
    }
}

fn attribute(field: &Field) -> Option<(&str, &str)> {
    Some((field.name.strip_prefix('@')?, field.value.text()?))
}

fn escaped(out: &mut String, text: &str) {
    for character in carried(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}
