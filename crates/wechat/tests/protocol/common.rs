//! What several files of tests need.

use puzi_wechat::Secret;
use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::envelope::{Query, Receiver};
use puzi_wechat::message::{Body, Event, Push};
use puzi_wechat::signature;

pub(crate) const TOKEN: &str = "spring-fair";
pub(crate) const APPID: &str = "wx00000000000000aa";
pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

pub(crate) fn receiver() -> Receiver {
    Receiver::new(Secret::new(TOKEN.into()), APPID)
}

pub(crate) fn key() -> EncodingAesKey {
    EncodingAesKey::parse(KEY).unwrap()
}

pub(crate) fn signed_at(timestamp: &str) -> Query {
    Query {
        signature: Some(signature::sign(&[TOKEN, timestamp, "42"])),
        timestamp: Some(timestamp.into()),
        nonce: Some("42".into()),
        ..Query::default()
    }
}

/// A query as WeChat sends it with a plain push.
pub(crate) fn signed() -> Query {
    signed_at(&NOW.to_string())
}

/// A query as WeChat sends it with an encrypted push.
pub(crate) fn signed_over(sealed: &str) -> Query {
    let signature = signature::sign(&[TOKEN, &NOW.to_string(), "42", sealed]);
    Query { encrypt_type: Some("aes".into()), msg_signature: Some(signature), ..signed() }
}

pub(crate) fn sealed_body(sealed: &str) -> Vec<u8> {
    format!("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>").into_bytes()
}

/// A push's XML: the envelope, `kind` and what else it has.
pub(crate) fn xml(kind: &str, rest: &str) -> String {
    format!(
        "<xml>\n<ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[o1]]></FromUserName>\n\
         <CreateTime>{NOW}</CreateTime>\n<MsgType><![CDATA[{kind}]]></MsgType>\n{rest}\n</xml>"
    )
}

/// Reads the push as XML, and once more as the JSON that says the same: both must mean the same.
pub(crate) fn read(xml: &str) -> Push {
    let push = Push::from_xml(xml.as_bytes()).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let json = push.fields.to_json();
    let again = Push::from_json(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(again.body, push.body, "{json}");
    push
}

pub(crate) fn event(name: &str, rest: &str) -> Event {
    let push = read(&xml("event", &format!("<Event><![CDATA[{name}]]></Event>{rest}")));
    assert_eq!(push.event(), Some(name));
    match push.body {
        Body::Event(event) => event,
        other => panic!("{name} is read as {other:?}"),
    }
}

pub(crate) fn s(text: &str) -> String {
    text.to_owned()
}

pub(crate) fn o(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// One test an event: its name on the wire, what its XML has, what is read. `NAMES` lists the names tested.
macro_rules! events_are_read {
    ($($test:ident: $name:literal, $xml:literal => $expected:expr;)*) => {
        pub(crate) const NAMES: &[&str] = &[$($name),*];
        $(#[test]
        fn $test() {
            assert_eq!($crate::common::event($name, $xml), $expected);
        })*
    };
}
pub(crate) use events_are_read;
