//! Reading the platform's answers: HTTP 200 with an errcode, JSON under any content type, bytes that may be an error.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ApiError, ErrorKind, Result};

/// The longest refused answer of which more than its errcode is kept, in bytes.
const KEPT: usize = 4 << 10;

/// The bytes of an answer, and what the platform says about them.
#[derive(Debug, Clone)]
pub struct Binary {
    /// The content.
    pub bytes: Bytes,
    /// The content type, as sent: for JSON it is often `text/plain`.
    pub content_type: Option<String>,
    /// The file name of `Content-Disposition`.
    pub file_name: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    errcode: Option<serde_json::Value>,
    #[serde(default)]
    errmsg: Option<serde_json::Value>,
}

impl Status {
    /// The errcode, which some APIs send as a string.
    fn code(&self) -> Option<i64> {
        let code = self.errcode.as_ref()?;
        code.as_i64().or_else(|| code.as_str()?.trim().parse().ok())
    }
}

/// Refuses an answer that carries an errcode other than 0. What is not a JSON object carries none.
pub(super) fn check(path: &str, body: &[u8]) -> Result<()> {
    // Most answers are as long as they are good: those that name no errcode are not read for one.
    let names_none = std::str::from_utf8(body).is_ok_and(|text| !text.contains("errcode"));
    if names_none || first_byte(body) != Some(b'{') {
        return Ok(());
    }
    let Ok(status) = from_json::<Status>(body) else { return Ok(()) };
    match status.code() {
        None | Some(0) => Ok(()),
        Some(code) => {
            let errmsg = status.errmsg.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            let refused = ApiError::refused(path, code, errmsg);
            let rest = if body.len() <= KEPT { from_json::<Value>(body).ok() } else { None };
            Err(match rest {
                Some(Value::Object(rest)) => refused.answering(rest),
                _ => refused,
            })
        }
    }
}

/// Reads an accepted answer as `T`. What is no whole JSON was mangled on the way and may come right the next time;
/// what has another shape has it again.
pub(super) fn parse<T: DeserializeOwned>(path: &str, body: &[u8]) -> Result<T> {
    from_json(body).map_err(|error: serde_json::Error| {
        let unlike = |text: String| ApiError::local(ErrorKind::Transport, path, text).having_received(body);
        match first_byte(body) {
            None => unlike("the answer is empty".to_owned()),
            Some(_) if error.is_data() => unlike(format!("the answer is not as expected: {error}")).settled(),
            Some(b'{' | b'[') => unlike(format!("the answer is not whole: {error}")),
            Some(_) => unlike("the answer is not JSON".to_owned()),
        }
    })
}

/// Parses JSON; when it is not well-formed, once more with raw control characters and broken UTF-8 mended, both of
/// which the platform sends inside nicknames and remarks; when it has another shape, once more without its nulls, by
/// which some of the platform's servers say what others leave out.
pub(super) fn from_json<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    let whole = match serde_json::from_slice(body) {
        Err(error) if !error.is_data() => serde_json::from_slice(mend(body).as_bytes()),
        other => other,
    };
    match whole {
        Err(error) if error.is_data() => match without_nulls(body) {
            Some(rest) => serde_json::from_slice(&rest).map_err(|_: serde_json::Error| error),
            None => Err(error),
        },
        other => other,
    }
}

/// The same JSON without fields that are null; `None` when it has none.
fn without_nulls(body: &[u8]) -> Option<Vec<u8>> {
    fn strip(value: &mut Value) -> bool {
        match value {
            Value::Object(fields) => {
                let before = fields.len();
                fields.retain(|_, value| !value.is_null());
                let inside = fields.values_mut().filter_map(|value| strip(value).then_some(())).count();
                inside > 0 || fields.len() < before
            }
            Value::Array(items) => items.iter_mut().filter_map(|value| strip(value).then_some(())).count() > 0,
            _ => false,
        }
    }
    let mut value: Value = serde_json::from_slice(mend(body).as_bytes()).ok()?;
    if strip(&mut value) { serde_json::to_vec(&value).ok() } else { None }
}

/// Escapes control characters inside strings, blanks them outside, and replaces what is not UTF-8.
fn mend(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body);
    if !text.contains(|c: char| c < ' ') {
        return text;
    }
    let mut mended = String::with_capacity(text.len() + 16);
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            c if c < ' ' && in_string => {
                // A backslash before a raw control character escapes nothing that JSON knows.
                if std::mem::take(&mut escaped) {
                    mended.push('\\');
                }
                mended.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c if c < ' ' => mended.push(' '),
            c => {
                if escaped {
                    escaped = false;
                } else if c == '\\' {
                    escaped = in_string;
                } else if c == '"' {
                    in_string = !in_string;
                }
                mended.push(c);
            }
        }
    }
    Cow::Owned(mended)
}

pub(super) fn first_byte(body: &[u8]) -> Option<u8> {
    body.iter().copied().find(|b| !b.is_ascii_whitespace())
}

/// The `filename` of a Content-Disposition header.
pub(super) fn file_name(disposition: &str) -> Option<String> {
    let at = disposition.to_ascii_lowercase().find("filename=")?;
    let value = disposition[at + "filename=".len()..].trim_start();
    let name = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => value.split(';').next()?.trim(),
    };
    Some(name.to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn raw_control_characters_survive_as_themselves() {
        let body = b"{\n\t\"nickname\": \"a\x01b\nc\\\"d\x1f\", \"n\": 1\x00}";
        let value: Value = from_json(body).unwrap();
        assert_eq!(value, json!({"nickname": "a\u{1}b\nc\"d\u{1f}", "n": 1}));
    }

    #[test]
    fn a_backslash_before_a_control_character_does_not_break_the_string() {
        let value: Value = from_json(b"{\"a\": \"x\\\x02y\"}").unwrap();
        assert_eq!(value, json!({"a": "x\\\u{2}y"}));
    }

    #[test]
    fn a_null_is_a_field_that_was_left_out() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(default)]
        struct Card {
            name: String,
            tags: Vec<i64>,
            more: Option<String>,
        }
        let cards: Vec<Card> =
            from_json(br#"[{"name":null,"tags":[1],"more":null},{"name":"a","tags":null}]"#).unwrap();
        let card = |name: &str, tags: &[i64]| Card { name: name.into(), tags: tags.into(), more: None };
        assert_eq!(cards, [card("", &[1]), card("a", &[])]);
        assert!(from_json::<Card>(br#"{"name":null,"tags":"x"}"#).unwrap_err().is_data());
    }

    #[test]
    fn broken_utf8_is_replaced() {
        let value: Value = from_json(b"{\"a\": \"\xff\"}").unwrap();
        assert_eq!(value, json!({"a": "\u{fffd}"}));
    }

    #[test]
    fn an_errcode_is_found_as_number_and_as_string() {
        assert_eq!(check("/x", br#"{"errcode":45015,"errmsg":"out"}"#).unwrap_err().errcode, Some(45015));
        assert_eq!(check("/x", br#" {"errcode":"-1"}"#).unwrap_err().errcode, Some(-1));
        assert!(check("/x", br#"{"errcode":0,"errmsg":"ok"}"#).is_ok());
        assert!(check("/x", br#"{"video_url":"http://v"}"#).is_ok());
        assert!(check("/x", b"\xff\xd8\xff\xe0").is_ok());
        assert!(check("/x", b"[1]").is_ok());
    }

    #[test]
    fn a_page_instead_of_json_is_said_to_be_one() {
        let error = parse::<Value>("/x", b"<html>busy</html>").unwrap_err();
        assert_eq!((error.kind, error.errmsg.as_str()), (ErrorKind::Transport, "the answer is not JSON"));
        assert_eq!(error.received.as_deref(), Some("<html>busy</html>"));
        assert!(error.is_passing());
    }

    #[test]
    fn another_shape_is_not_asked_for_again() {
        #[derive(Deserialize, Debug)]
        struct Id {
            #[serde(rename = "id")]
            _id: i64,
        }
        for (body, again, says) in [
            (&br#"{"id":"seven"}"#[..], false, "not as expected: invalid type: string"),
            (br#"{"name":"x"}"#, false, "not as expected: missing field `id`"),
            (br#"{"id":7"#, true, "not whole: EOF"),
            (b" ", true, "the answer is empty"),
        ] {
            let error = parse::<Id>("/x", body).unwrap_err();
            assert_eq!(error.is_passing(), again, "{error}");
            assert!(error.errmsg.contains(says), "{error}");
        }
    }

    #[test]
    fn file_names_are_read_from_the_disposition() {
        assert_eq!(file_name("attachment; filename=\"a b.jpg\"").as_deref(), Some("a b.jpg"));
        assert_eq!(file_name("attachment; FileName=a.amr; size=1").as_deref(), Some("a.amr"));
        assert_eq!(file_name("attachment"), None);
    }
}
