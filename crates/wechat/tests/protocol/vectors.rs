//! Known answers: what other implementations, and WeChat's own sample, compute. `vectors.json` names each source.

use puzi_wechat::Secret;
use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::envelope::{Mode, Query, Receiver};
use puzi_wechat::{message::Push, signature};
use serde_json::Value;

fn vector(id: &str) -> (Value, Value) {
    let all: Vec<Value> = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let mut found = all.into_iter().find(|vector| vector["id"] == id).unwrap_or_else(|| panic!("no vector {id}"));
    (found["input"].take(), found["expected"].take())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}"))
}

fn random(text: &str) -> [u8; 16] {
    text.as_bytes().try_into().unwrap()
}

#[test]
fn the_url_check_is_signed_as_elsewhere() {
    let (input, expected) = vector("oa-url-sig-1");
    let parts = ["token", "timestamp", "nonce"].map(|name| text(&input, name));
    assert_eq!(signature::sign(&parts), expected);
    assert!(signature::verify(&parts, expected.as_str().unwrap()));
}

#[test]
fn any_parts_are_signed_as_elsewhere() {
    for id in ["sha1-sort-abc", "sha1-sort-card"] {
        let (input, expected) = vector(id);
        let parts: Vec<&str> = input.as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        assert_eq!(signature::sign(&parts), expected, "{id}");
    }
}

#[test]
fn the_official_sample_is_verified_decrypted_and_read() {
    let (input, expected) = vector("wxbizmsgcrypt-official");
    let [token, timestamp, nonce, sealed] =
        ["token", "timestamp", "nonce", "encrypt"].map(|name| text(&input, name).to_owned());
    assert_eq!(signature::sign(&[&token, &timestamp, &nonce, &sealed]), expected["msg_signature"]);

    let key = EncodingAesKey::parse(text(&input, "encodingAESKey")).unwrap();
    let opened = key.decrypt(sealed.as_bytes()).unwrap();
    assert_eq!(opened.appid, expected["trailing_id"]);
    assert_eq!(String::from_utf8(opened.message).unwrap(), expected["plaintext"]);

    let now = timestamp.parse().unwrap();
    let query = Query {
        signature: Some(signature::sign(&[&token, &timestamp, &nonce])),
        timestamp: Some(timestamp),
        nonce: Some(nonce),
        msg_signature: Some(text(&expected, "msg_signature").to_uppercase()),
        encrypt_type: Some("aes".into()),
        ..Query::default()
    };
    let receiver = Receiver::new(Secret::new(token), text(&input, "appid")).mode(Mode::Encrypted).key(key);
    let body = format!("<xml><ToUserName>x</ToUserName><Encrypt>{sealed}</Encrypt></xml>");
    let received = receiver.open(&query, body.as_bytes(), now).unwrap();
    assert_eq!(received.push.text(), Some("hello"));
    assert_eq!(received.push.msg_id, Some(4_561_255_354_251_345_929));
    assert_eq!(received.push.fields.text("AgentID"), Some("218"));
    assert!(received.encrypted);
}

#[test]
fn chinese_text_is_encrypted_as_elsewhere() {
    let (input, expected) = vector("wxjava-encrypt-1");
    let key = EncodingAesKey::parse(text(&input, "encodingAESKey")).unwrap();
    let message = text(&input, "plaintext").as_bytes();
    assert_eq!(key.encrypt(random(text(&input, "random")), message, text(&input, "appid")), expected);
}

#[test]
fn a_whole_message_is_encrypted_and_signed_as_elsewhere() {
    let (input, expected) = vector("wechatpy-encrypt");
    let key = EncodingAesKey::parse(text(&input, "encodingAESKey")).unwrap();
    let message = text(&input, "plaintext").as_bytes();
    let sealed = key.encrypt(random(text(&input, "random")), message, text(&input, "receiveid"));
    assert_eq!(sealed, expected["encrypt"]);
    let [token, timestamp, nonce] = ["token", "timestamp", "nonce"].map(|name| text(&input, name));
    assert_eq!(signature::sign(&[token, timestamp, nonce, &sealed]), expected["msg_signature"]);
    let opened = key.decrypt(sealed.as_bytes()).unwrap();
    assert_eq!(Push::from_xml(&opened.message).unwrap().text(), Some("test"));
}
