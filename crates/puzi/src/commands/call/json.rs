//! JSON that keeps the order of its fields: what the platform sends is shown as it was sent.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::Number;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads an answer; `None` when it is no JSON object or list.
    pub(super) fn of_answer(bytes: &[u8]) -> Option<Self> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
        if !matches!(first, b'{' | b'[') {
            return None;
        }
        serde_json::from_slice(bytes).ok().or_else(|| {
            // The platform sends raw control characters and broken UTF-8 inside nicknames.
            let text = String::from_utf8_lossy(bytes).replace(|c: char| c < ' ', " ");
            serde_json::from_str(&text).ok()
        })
    }

    /// The field `name` of an object.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The item `at` of a list, from 0.
    pub(super) fn item(&self, at: usize) -> Option<&Self> {
        match self {
            Self::List(items) => items.get(at),
            _ => None,
        }
    }

    /// Changes every text inside.
    pub(super) fn each_text(&mut self, change: &mut impl FnMut(&mut String)) {
        match self {
            Self::Text(text) => change(text),
            Self::List(items) => items.iter_mut().for_each(|item| item.each_text(change)),
            Self::Object(fields) => fields.iter_mut().for_each(|(_, value)| value.each_text(change)),
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }

    /// For a terminal over several lines, for a program on one.
    pub(super) fn written(&self, pretty: bool) -> String {
        let text = if pretty { serde_json::to_string_pretty(self) } else { serde_json::to_string(self) };
        let text = text.expect("what was read as JSON has text keys only");
        if !text.chars().any(steers) {
            return text;
        }
        // They can stand in texts only, where JSON may write them so.
        text.chars().map(|c| if steers(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
    }
}

/// Characters that serde writes as they are and that may steer a terminal or turn a line around.
fn steers(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for Json {
    /// A text as itself, anything else as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            other => f.write_str(&other.written(false)),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Number(number) => number.serialize(to),
            Self::Text(text) => to.serialize_str(text),
            Self::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Object(fields) => {
                let mut object = to.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    object.serialize_entry(name, value)?;
                }
                object.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = object.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_numbers_their_digits() {
        let text = r#"{"z":1,"a":[true,null,-2,1.5,9007199254740993],"m":{"b":"铺子","a":""}}"#;
        assert_eq!(Json::of_answer(text.as_bytes()).unwrap().written(false), text);
    }

    #[test]
    fn an_answer_with_raw_control_characters_is_read() {
        let json = Json::of_answer(b"{\"remark\": \"a\x01b\"}").unwrap();
        assert_eq!(json, Json::Object(vec![("remark".into(), Json::Text("a b".into()))]));
        for other in [&b"hello"[..], b"\xff\xd8\xff", b"", b"{"] {
            assert_eq!(Json::of_answer(other), None);
        }
    }

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        let json = Json::Text("\u{1b}[2J\u{9b}31m\u{202e}".into());
        assert_eq!(json.written(false), r#""\u001b[2J\u009b31m\u202e""#);
    }
}
