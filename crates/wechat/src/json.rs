//! Reads JSON pushes within limits, keeping order, repeated names and numbers as they were written.

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::fields::{Field, Fields, ReadError, Value};
use crate::{MAX_BODY, MAX_DEPTH, MAX_FIELDS};

pub(crate) fn read(bytes: &[u8]) -> Result<Fields, ReadError> {
    if bytes.len() > MAX_BODY {
        return Err(ReadError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
    if !text.starts_with('{') {
        return Err(ReadError::Syntax("not an object".into()));
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(syntax)?;
    match (Reader { left: MAX_FIELDS }).value(raw.get(), 0)? {
        Value::Tree(fields) => Ok(fields),
        _ => Err(ReadError::Syntax("not an object".into())),
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string has a JSON form")
}

fn syntax(error: serde_json::Error) -> ReadError {
    ReadError::Syntax(error.to_string())
}

struct Reader {
    left: usize,
}

impl Reader {
    /// Each level reads its own members and leaves theirs unread, so that a number stays as it was written.
    fn value(&mut self, raw: &str, depth: usize) -> Result<Value, ReadError> {
        self.left = self.left.checked_sub(1).ok_or(ReadError::TooMany)?;
        let mut json = serde_json::Deserializer::from_str(raw);
        match raw.as_bytes().first() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => Err(ReadError::TooDeep),
            Some(b'{') => {
                let members = json.deserialize_map(Members).map_err(syntax)?;
                let mut fields = Vec::with_capacity(members.len());
                for (name, raw) in members {
                    fields.push(Field { name: clean(name)?, value: self.value(raw.get(), depth + 1)? });
                }
                Ok(Value::Tree(Fields(fields)))
            }
            Some(b'[') => {
                let elements = json.deserialize_seq(Elements).map_err(syntax)?;
                elements
                    .into_iter()
                    .map(|raw| self.value(raw.get(), depth + 1))
                    .collect::<Result<_, _>>()
                    .map(Value::List)
            }
            Some(b'"') => Ok(Value::Text(clean(serde_json::from_str(raw).map_err(syntax)?)?)),
            _ => Ok(Value::Literal(raw.to_owned())),
        }
    }
}

/// No database text holds a NUL, and no follower types one.
fn clean(text: String) -> Result<String, ReadError> {
    if text.contains('\0') { Err(ReadError::Syntax("a NUL character".into())) } else { Ok(text) }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(elements)
    }
}
