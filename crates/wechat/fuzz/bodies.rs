//! What is checked of any input. Each body says whether the input was understood, so that a driver can tell whether its
//! inputs get anywhere.

use std::sync::OnceLock;

use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::envelope::{Mode, Query, Receiver};
use puzi_wechat::message::{Fields, Push, ReadError};
use puzi_wechat::{MAX_BODY, Secret, signature};

const TOKEN: &str = "fuzz";
const APPID: &str = "wx00000000000000aa";
const NOW: i64 = 1_700_000_000;

/// What is read of XML can be written, and means the same when it is read again, as XML and as JSON.
pub fn xml(data: &[u8]) -> bool {
    let Ok(fields) = Fields::from_xml(data) else { return false };
    let written = fields.to_xml();
    if let Some(again) = within_limits(Fields::from_xml(written.as_bytes()), &written) {
        assert_eq!(again.to_xml(), written, "XML is not stable");
    }
    rewritten_as_json(&fields);
    let json = fields.to_json();
    let Ok(push) = Push::from_fields(fields) else { return true };
    describe(&push);
    if let Some(fields) = within_limits(Fields::from_json(json.as_bytes()), &json) {
        let again = Push::from_fields(fields).expect("what is a push in XML is one in JSON");
        assert_eq!(again.body, push.body, "JSON means something else: {json}");
    }
    true
}

/// What is read of JSON can be written, and is the same when it is read again; it can be written as XML too.
pub fn json(data: &[u8]) -> bool {
    let Ok(fields) = Fields::from_json(data) else { return false };
    rewritten_as_json(&fields);
    let _ = fields.to_xml();
    if let Ok(push) = Push::from_fields(fields) {
        describe(&push);
    }
    true
}

/// The receiving side takes anything without a panic, and takes nothing that is not signed. The first byte picks mode and
/// way, the others are the input.
pub fn envelope(data: &[u8]) -> bool {
    let Some((selector, input)) = data.split_first() else { return false };
    let mode = [Mode::Plain, Mode::Compatible, Mode::Encrypted][usize::from(selector % 3)];
    let receiver = Receiver::new(Secret::new(TOKEN.into()), APPID).mode(mode).key(key().clone());
    match selector / 3 % 4 {
        0 => {
            let opened = receiver.open(&signed(""), input, NOW);
            assert!(opened.is_err() || mode != Mode::Encrypted, "plain text is taken");
            opened.is_ok()
        }
        1 => sealed_text(&receiver, &String::from_utf8_lossy(input)),
        2 => sealed_payload(&receiver, input),
        _ => {
            let query = Query::parse(&String::from_utf8_lossy(input));
            let refusal = receiver.open(&query, input, NOW).expect_err("no signature, no push");
            assert!(refusal.is_forgery());
            assert!(receiver.verify_url(&query, NOW).is_err());
            query != Query::default()
        }
    }
}

/// Any text as ciphertext.
fn sealed_text(receiver: &Receiver, text: &str) -> bool {
    let body = format!("<xml><Encrypt>{text}</Encrypt></xml>");
    let Ok(fields) = Fields::from_xml(body.as_bytes()) else { return false };
    let Some(sealed) = fields.text("Encrypt") else { return false };
    let _ = receiver.open(&signed(sealed), body.as_bytes(), NOW);
    key().decrypt(sealed.as_bytes()).is_ok()
}

/// Any payload, encrypted as it should be: it is understood as it would be without.
fn sealed_payload(receiver: &Receiver, payload: &[u8]) -> bool {
    let sealed = key().encrypt([7; 16], payload, APPID);
    let body = format!("<xml><Encrypt>{sealed}</Encrypt></xml>");
    if body.len() > MAX_BODY {
        return false;
    }
    let opened = receiver.open(&signed(&sealed), body.as_bytes(), NOW).map(|received| received.push);
    let start = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload).trim_ascii_start();
    let direct = if start.starts_with(b"{") { Push::from_json(payload) } else { Push::from_xml(payload) };
    assert_eq!(opened.as_ref().ok(), direct.as_ref().ok(), "encryption changes the meaning");
    if let Ok(push) = &opened {
        let answer = |at| receiver.wrap(true, String::from_utf8_lossy(payload).into_owned(), &push.dedup_key(), at);
        assert_eq!(answer(NOW), answer(NOW), "an answer does not repeat");
    }
    opened.is_ok()
}

fn rewritten_as_json(fields: &Fields) {
    let written = fields.to_json();
    if let Some(again) = within_limits(Fields::from_json(written.as_bytes()), &written) {
        assert_eq!(again.to_json(), written, "JSON is not stable");
    }
}

/// What was written is longer than what was read, or deeper by its lists; no other error may come of it.
fn within_limits(read: Result<Fields, ReadError>, written: &str) -> Option<Fields> {
    match read {
        Ok(fields) => Some(fields),
        Err(ReadError::TooLarge | ReadError::TooMany | ReadError::TooDeep) => None,
        Err(error) => panic!("{error}: {written}"),
    }
}

fn describe(push: &Push) {
    assert_eq!(push.dedup_key(), push.clone().dedup_key());
    assert!(!push.msg_type().is_empty());
    assert!(push.event_key().is_none_or(|key| !key.is_empty()));
    let _ = (push.event(), push.text(), push.scene());
}

fn signed(sealed: &str) -> Query {
    let now = NOW.to_string();
    let encrypted = !sealed.is_empty();
    Query {
        signature: Some(signature::sign(&[TOKEN, &now, "n"])),
        msg_signature: encrypted.then(|| signature::sign(&[TOKEN, &now, "n", sealed])),
        encrypt_type: encrypted.then(|| "aes".into()),
        timestamp: Some(now),
        nonce: Some("n".into()),
        ..Query::default()
    }
}

fn key() -> &'static EncodingAesKey {
    static KEY: OnceLock<EncodingAesKey> = OnceLock::new();
    KEY.get_or_init(|| EncodingAesKey::parse(&"k".repeat(43)).expect("43 letters are a key"))
}
