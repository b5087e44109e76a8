//! Striking out what nobody may read later: secrets, and what is a person's.
//!
//! Keys say what a value is; what no key says is told by its shape. A text is kept only when it is plain ASCII without
//! anything that could be another notation: what people write is mostly none of that. Everything else leaves its length.
//! Nothing here knows a database or a clock: the same text gives the same text.

use std::{borrow::Cow, sync::LazyLock};

use puzi_wechat::message::{Fields, Value as Field};
use regex::Regex;
use serde_json::{Map, Value};

use super::paths;

/// What cannot be read whole within so many bytes is not kept.
pub(super) const READABLE: usize = 64 * 1024;
/// A body that is kept has at most so many bytes; of a longer one this much of the beginning and of the end stay.
const LONGEST: usize = 8 * 1024;
const HEAD: usize = 6 * 1024;
const TAIL: usize = 1024;
/// Of a list so many items stay.
const ITEMS: usize = 20;
/// Texts inside texts (JSON in JSON in XML) are read to this depth.
const NESTED: u8 = 3;
/// What WeChat says of a failure is cut here, characters.
const LONGEST_ERROR: usize = 500;
const STARS: &str = "***";

/// Whole keys of what lets others in.
const SECRET: [&str; 19] = [
    // What WeChat tells of another call, whose own line has it as far as it may be told.
    "request_url",
    "request_body",
    "response_body",
    "code",
    "js_code",
    "session_key",
    "aes_key",
    "encodingaeskey",
    "encoding_aes_key",
    "pre_auth_code",
    "encrypt",
    "encryptmsg",
    "msgsignature",
    "msg_signature",
    "signature",
    "pay_sig",
    "password",
    "appkey",
    "auth_code",
];
/// Parts of such keys.
const SECRET_PART: [&str; 7] = ["secret", "token", "ticket", "authorizer_", "component_", "password", "cardcode"];
/// Whole keys of what is a person's, or was written by one.
const PERSONAL: [&str; 58] = [
    "nickname",
    "nick_name",
    "nick",
    "kf_nick",
    "remark",
    "remark_name",
    "headimgurl",
    "kf_headimgurl",
    "avatar",
    "unionid",
    "email",
    "address",
    "name",
    "username",
    "user_name",
    "realname",
    "real_name",
    "contact",
    "country",
    "province",
    "city",
    "district",
    "latitude",
    "longitude",
    "precision",
    "label",
    "poiname",
    "content",
    "text",
    "title",
    "description",
    "digest",
    "author",
    "head_content",
    "tail_content",
    "comment",
    "reply_content",
    "words",
    "msg",
    "message",
    "value",
    "kf_wx",
    "invite_wx",
    "wx",
    "wechat_id",
    "id_card",
    "idcard",
    "recognition",
    "client_ip",
    "clientip",
    "scanresult",
    "towxname",
    "user_id",
    "result",
    "recommend",
    "body",
    "privilege",
    "qr_scene_str",
];
/// Parts of such keys.
const PERSONAL_PART: [&str; 9] =
    ["phone", "mobile", "location", "unionid", "birth", "headimg", "nickname", "wxname", "_content"];
/// Keys of openids.
const OPENID: [&str; 12] = [
    "openid",
    "openids",
    "openid_list",
    "black_list_openids",
    "touser",
    "tousername",
    "fromusername",
    "from_openid",
    "next_openid",
    "begin_openid",
    "user_openid",
    "fakeid",
];
/// Keys of things of the account's that have long names and lead nowhere without its token: their ends stay.
const NAMED_THINGS: [&str; 9] = [
    "media_id",
    "thumb_media_id",
    "template_id",
    "pritmplid",
    "article_id",
    "publish_id",
    "msg_data_id",
    "kf_id",
    "rid",
];

static OPENID_SHAPE: LazyLock<Regex> = LazyLock::new(|| regex(r"\bo[A-Za-z0-9_-]{27}\b"));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| regex(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"));
/// Digits, also with the gaps that people write: a telephone number or an identity card's.
static DIGITS: LazyLock<Regex> = LazyLock::new(|| regex(r"\+?[0-9](?:[ -]?[0-9]){10,}[xX]?"));
static TOKEN: LazyLock<Regex> = LazyLock::new(|| regex(r"[A-Za-z0-9_+=-]{32,}"));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// Strikes out; knows what the account's own secrets are.
pub(super) struct Mask<'a> {
    /// As they are, and as they look in a URL, in JSON and in XML.
    secrets: Vec<Cow<'a, str>>,
    known: bool,
}

impl<'a> Mask<'a> {
    /// For the call at `path`.
    pub(super) fn new(path: &str, secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Vec::new();
        // What is short guards nothing, and would strike out words.
        for secret in secrets.into_iter().filter(|secret| secret.len() >= 6) {
            all.extend(written_otherwise(secret).into_iter().map(Cow::Owned));
            all.push(Cow::Borrowed(secret));
        }
        // A longer one may contain a shorter one.
        all.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets: all, known: paths::is_known(path) }
    }

    /// A whole body. `None`: it is not JSON, or too long to be read.
    pub(super) fn body(&self, body: &[u8]) -> Option<Value> {
        if body.len() > READABLE {
            return None;
        }
        let mut value: Value = serde_json::from_slice(body).ok()?;
        // A text or a number alone is no answer of the platform's.
        if !value.is_object() && !value.is_array() {
            return None;
        }
        self.value("", &mut value, 0);
        Some(value)
    }

    /// The parameters of a query.
    pub(super) fn query(&self, query: &[(String, String)]) -> Value {
        let pairs = query.iter().map(|(name, value)| {
            let mut value = Value::String(value.clone());
            self.value(name, &mut value, 0);
            (self.struck(name), value)
        });
        Value::Object(pairs.collect())
    }

    /// What WeChat said of a failure: words, whose numbers and names are struck out.
    pub(super) fn said(&self, text: &str) -> String {
        let text: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_ERROR).collect();
        self.struck(&text)
    }

    /// A name, such as a form field's.
    pub(super) fn name(&self, text: &str) -> String {
        self.struck(&text.chars().take(64).collect::<String>())
    }

    fn value(&self, key: &str, value: &mut Value, nested: u8) {
        let kind = kind(key);
        if kind == Kind::Secret && !value.is_null() {
            *value = STARS.into();
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let digits = number.to_string();
                if kind == Kind::Personal {
                    *value = left(&digits).into();
                } else if is_somebodys(&digits) {
                    *value = STARS.into();
                }
            }
            Value::String(text) => *text = self.text(key, kind, text, nested),
            Value::Array(items) => {
                let openids = kind == Kind::Openid || items.iter().all(|item| item.as_str().is_some_and(is_openid));
                let rest = items.len().saturating_sub(if openids { 1 } else { ITEMS });
                items.truncate(items.len() - rest);
                items.iter_mut().for_each(|item| self.value(key, item, nested));
                if rest > 0 {
                    items.push(format!("… {rest} more").into());
                }
            }
            Value::Object(fields) => {
                let before = std::mem::take(fields);
                for (name, mut field) in before {
                    // What is a person's is so in all its parts.
                    let inherited =
                        if kind == Kind::Personal && self::kind(&name) == Kind::Plain { key } else { &name };
                    self.value(inherited, &mut field, nested);
                    fields.insert(self.key(&name), field);
                }
            }
        }
    }

    /// A key may be anything too, where openids or names are keys.
    fn key(&self, name: &str) -> String {
        if is_plain(name) { self.struck(name) } else { left(name) }
    }

    fn text(&self, key: &str, kind: Kind, text: &str, nested: u8) -> String {
        if text.is_empty() {
            return String::new();
        }
        match kind {
            Kind::Secret => STARS.into(),
            Kind::Error => self.said(text),
            _ if !self.known => left(text),
            Kind::Personal => left(text),
            Kind::Openid => short(text),
            Kind::Thing if is_token(text) => short(text),
            Kind::Thing | Kind::Plain => self.plain(key, text, nested),
        }
    }

    fn plain(&self, key: &str, text: &str, nested: u8) -> String {
        let inside = text.trim_start();
        if inside.starts_with(['{', '[']) && nested < NESTED {
            let Ok(mut value) = serde_json::from_str::<Value>(text) else { return left(text) };
            self.value(key, &mut value, nested + 1);
            return value.to_string();
        }
        if inside.starts_with("<xml") && nested < NESTED {
            let Some(mut value) = xml(text) else { return left(text) };
            self.value(key, &mut value, nested + 1);
            return value.to_string();
        }
        // Of an address the host and the path stay.
        let (kept, rest) = match text.find(['?', '#']).filter(|_| text.contains("://")) {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        if !is_plain(kept) {
            return left(text);
        }
        let kept = self.struck(kept);
        if rest.is_empty() { kept } else { format!("{kept}?{}", left(rest)) }
    }

    /// Without what is told by its shape.
    fn struck(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for secret in &self.secrets {
            if text.contains(secret.as_ref()) {
                text = Cow::Owned(text.replace(secret.as_ref(), STARS));
            }
        }
        let text = OPENID_SHAPE.replace_all(&text, |found: &regex::Captures<'_>| short(&found[0]));
        let text = EMAIL.replace_all(&text, STARS);
        let text =
            DIGITS.replace_all(
                &text,
                |found: &regex::Captures<'_>| {
                    if is_somebodys(&found[0]) { STARS.to_owned() } else { found[0].to_owned() }
                },
            );
        TOKEN.replace_all(&text, |found: &regex::Captures<'_>| left(&found[0])).into_owned()
    }
}

/// The XML or JSON of a push, decrypted, as masked JSON: for whoever looks at a push without having the right to read
/// messages. `None` when it cannot be read.
pub fn push(payload: &str) -> Option<String> {
    let mut value = match xml(payload) {
        Some(value) => value,
        None => serde_json::from_str(payload).ok().filter(Value::is_object)?,
    };
    let mask = Mask { secrets: Vec::new(), known: true };
    mask.value("", &mut value, 0);
    Some(cut(value.to_string()))
}

fn xml(text: &str) -> Option<Value> {
    fn tree(fields: &Fields) -> Value {
        let mut all = Map::new();
        for field in fields {
            let value = one(&field.value);
            match all.get_mut(&field.name) {
                None => drop(all.insert(field.name.clone(), value)),
                Some(Value::Array(items)) => items.push(value),
                Some(before) => *before = Value::Array(vec![before.take(), value]),
            }
        }
        Value::Object(all)
    }
    fn one(value: &Field) -> Value {
        match value {
            Field::Text(text) | Field::Literal(text) => Value::String(text.clone()),
            Field::Tree(fields) => tree(fields),
            Field::List(items) => Value::Array(items.iter().map(one).collect()),
        }
    }
    Fields::from_xml(text.as_bytes()).ok().map(|fields| tree(&fields))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Secret,
    Personal,
    Openid,
    Thing,
    Error,
    Plain,
}

fn kind(key: &str) -> Kind {
    let key = key.to_ascii_lowercase();
    let is_in = |list: &[&str]| list.contains(&key.as_str());
    let has_part = |parts: &[&str]| parts.iter().any(|part| key.contains(part));
    match key.as_str() {
        "" => Kind::Plain,
        "errmsg" => Kind::Error,
        _ if is_in(&SECRET) || has_part(&SECRET_PART) => Kind::Secret,
        _ if is_in(&OPENID) => Kind::Openid,
        _ if is_in(&NAMED_THINGS) => Kind::Thing,
        _ if is_in(&PERSONAL) || has_part(&PERSONAL_PART) => Kind::Personal,
        _ if key == "tel" || key.starts_with("tel_") || key.ends_with("_no") => Kind::Personal,
        _ => Kind::Plain,
    }
}

/// What is left of a text: its length.
fn left(text: &str) -> String {
    format!("‹{} 字›", text.chars().count())
}

/// The ends of a name, by which it can be known again.
fn short(text: &str) -> String {
    let chars: Vec<_> = text.chars().collect();
    if chars.len() < 16 || !is_token(text) {
        return left(text);
    }
    let (head, tail) = (&chars[..4], &chars[chars.len() - 4..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

fn is_token(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// ASCII that is no other notation: no JSON, XML, escapes, parameters.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b) && !b"{}<>\\=&%;\"".contains(&b))
}

fn is_openid(text: &str) -> bool {
    text.len() == 28 && text.starts_with('o') && is_token(text)
}

/// Whether a Chinese mobile number or identity card number is among digits, written together or with gaps.
fn is_somebodys(text: &str) -> bool {
    let groups: Vec<_> = text.trim_start_matches('+').split([' ', '-']).collect();
    (0..groups.len()).any(|from| (from + 1..=groups.len()).any(|to| is_a_number_of_theirs(&groups[from..to].concat())))
}

fn is_a_number_of_theirs(digits: &str) -> bool {
    let number = digits.as_bytes();
    let mobile = |number: &[u8]| number.len() == 11 && number[0] == b'1' && (b'3'..=b'9').contains(&number[1]);
    let abroad = number.strip_prefix(b"00").unwrap_or(number).strip_prefix(b"86").is_some_and(mobile);
    mobile(number) || abroad || is_identity_card(number)
}

fn is_identity_card(number: &[u8]) -> bool {
    let born = match number.len() {
        18 => &number[6..14],
        15 => &number[6..12],
        _ => return false,
    };
    let two = |at: usize| (born[at] - b'0') * 10 + (born[at + 1] - b'0');
    if !number[..number.len() - 1].iter().all(u8::is_ascii_digit) || !born.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let month = born.len() - 4;
    let century = born.len() == 6 || matches!(two(0), 19 | 20);
    century && (1..=12).contains(&two(month)) && (1..=31).contains(&two(month + 2))
}

/// How a secret looks where it was written into a URL, JSON or XML.
fn written_otherwise(secret: &str) -> Vec<String> {
    let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let spaced = url.replace('+', "%20");
    let json = Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let slashes = json.replace('/', "\\/");
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut all = vec![url.to_lowercase(), url, spaced, json, slashes, xml];
    all.retain(|written| written != secret);
    all.sort_unstable();
    all.dedup();
    all
}

/// At most 8 KiB: what is longer loses its middle.
pub(super) fn cut(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let head = text.floor_char_boundary(HEAD);
    let tail = text.ceil_char_boundary(text.len() - TAIL);
    format!("{}… {} bytes left out …{}", &text[..head], grouped(tail - head), &text[tail..])
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
