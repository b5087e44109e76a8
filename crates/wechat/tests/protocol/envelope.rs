//! The receiving side of an account: what it takes, in which mode, and how it answers.

use std::time::Duration;

use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::envelope::{Format, Mode, Query, Receiver, Refusal, Sealing};
use puzi_wechat::message::Fields;
use puzi_wechat::signature;

use crate::common::{APPID, NOW, TOKEN, key, receiver, sealed_body, signed, signed_at, signed_over, xml};

fn hello() -> String {
    xml("text", "<Content>hello</Content><MsgId>1</MsgId>")
}

fn encrypting(mode: Mode) -> Receiver {
    receiver().mode(mode).key(key())
}

/// Reads a sealed answer as WeChat does: its signature, then what is inside.
fn unwrapped(answer: &str, key: &EncodingAesKey) -> String {
    let fields = Fields::from_xml(answer.as_bytes()).unwrap();
    let [sealed, given, timestamp, nonce] =
        ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map(|name| fields.text(name).unwrap());
    assert!(signature::verify(&[TOKEN, timestamp, nonce, sealed], given));
    let opened = key.decrypt(sealed.as_bytes()).unwrap();
    assert_eq!(opened.appid, APPID);
    String::from_utf8(opened.message).unwrap()
}

#[test]
fn a_plain_push_is_read_and_kept_as_it_came() {
    let received = receiver().open(&signed(), hello().as_bytes(), NOW).unwrap();
    assert_eq!(received.push.text(), Some("hello"));
    assert_eq!(received.plain, hello().into_bytes());
    assert_eq!((received.encrypted, received.sealing, received.format), (false, Sealing::Plain, Format::Xml));
}

#[test]
fn an_encrypted_push_is_opened_in_every_mode_that_has_the_key() {
    let sealed = key().encrypt([9; 16], hello().as_bytes(), APPID);
    for mode in [Mode::Plain, Mode::Compatible, Mode::Encrypted] {
        let received = encrypting(mode).open(&signed_over(&sealed), &sealed_body(&sealed), NOW).unwrap();
        assert_eq!(received.push.text(), Some("hello"), "{mode}");
        assert_eq!(received.plain, hello().into_bytes());
        assert_eq!((received.encrypted, received.sealing), (true, Sealing::Current));
    }
}

#[test]
fn json_is_read_plain_and_encrypted() {
    let json =
        format!(r#"{{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":{NOW},"MsgType":"text","Content":"hello"}}"#);
    let received = receiver().open(&signed(), format!(" \n{json}").as_bytes(), NOW).unwrap();
    assert_eq!((received.push.text(), received.format), (Some("hello"), Format::Json));
    let sealed = key().encrypt([9; 16], json.as_bytes(), APPID);
    let body = format!(r#"{{"ToUserName":"gh_1","Encrypt":"{sealed}"}}"#);
    let received = encrypting(Mode::Encrypted).open(&signed_over(&sealed), body.as_bytes(), NOW).unwrap();
    assert_eq!((received.push.text(), received.format), (Some("hello"), Format::Json));
    assert_eq!(received.plain, json.into_bytes());
}

#[test]
fn in_compatible_mode_what_is_encrypted_counts() {
    let sealed = key().encrypt([9; 16], hello().as_bytes(), APPID);
    let body = xml("text", &format!("<Content>forged</Content><MsgId>2</MsgId><Encrypt>{sealed}</Encrypt>"));
    for mode in [Mode::Compatible, Mode::Encrypted] {
        let received = encrypting(mode).open(&signed_over(&sealed), body.as_bytes(), NOW).unwrap();
        assert_eq!((received.push.text(), received.push.msg_id), (Some("hello"), Some(1)), "{mode}");
    }
    let plain = encrypting(Mode::Compatible).open(&signed(), hello().as_bytes(), NOW).unwrap();
    assert!(!plain.encrypted);
}

#[test]
fn an_account_that_insists_on_encryption_takes_no_plain_text() {
    let insisting = encrypting(Mode::Encrypted);
    assert_eq!(insisting.open(&signed(), hello().as_bytes(), NOW).unwrap_err(), Refusal::PlainRefused);
    assert_eq!(insisting.open(&signed_over("x"), hello().as_bytes(), NOW).unwrap_err(), Refusal::PlainRefused);
    // Not even a broken body is looked at.
    assert_eq!(insisting.open(&signed(), b"<", NOW).unwrap_err(), Refusal::PlainRefused);
}

#[test]
fn encryption_that_is_announced_must_be_there() {
    for mode in [Mode::Plain, Mode::Compatible] {
        let refusal = encrypting(mode).open(&signed_over("x"), hello().as_bytes(), NOW).unwrap_err();
        assert_eq!(refusal, Refusal::PlainRefused, "{mode}");
        let odd = xml("text", "<Content>forged</Content><Encrypt><A>1</A></Encrypt>");
        let refusal = encrypting(mode).open(&signed_over("x"), odd.as_bytes(), NOW).unwrap_err();
        assert_eq!(refusal, Refusal::PlainRefused, "{mode}");
    }
}

#[test]
fn without_a_key_nothing_is_opened() {
    let sealed = key().encrypt([9; 16], hello().as_bytes(), APPID);
    let refusal = receiver().open(&signed_over(&sealed), &sealed_body(&sealed), NOW).unwrap_err();
    assert_eq!(refusal, Refusal::Undecryptable);
}

#[test]
fn in_plain_mode_without_a_key_the_plain_half_counts() {
    let sealed = key().encrypt([9; 16], hello().as_bytes(), APPID);
    let body = xml("text", &format!("<Content>in plain</Content><MsgId>1</MsgId><Encrypt>{sealed}</Encrypt>"));
    for query in [signed(), signed_over(&sealed)] {
        let received = receiver().open(&query, body.as_bytes(), NOW).unwrap();
        assert_eq!((received.push.text(), received.sealing), (Some("in plain"), Sealing::Plain));
    }
    let compatible = receiver().mode(Mode::Compatible);
    assert_eq!(compatible.open(&signed_over(&sealed), body.as_bytes(), NOW).unwrap_err(), Refusal::Undecryptable);
}

#[test]
fn the_previous_key_is_tried_and_its_reply_is_sealed_with_it() {
    let old = EncodingAesKey::generate();
    let sealed = old.encrypt([9; 16], hello().as_bytes(), APPID);
    let rotated = encrypting(Mode::Encrypted).previous_key(Some(old.clone()));
    let received = rotated.open(&signed_over(&sealed), &sealed_body(&sealed), NOW).unwrap();
    assert_eq!((received.encrypted, received.sealing), (true, Sealing::Previous));
    let reply = String::from("<xml><A>1</A></xml>");
    assert_eq!(unwrapped(&rotated.wrap(received.sealing, reply.clone(), b"c", NOW), &old), reply);

    let settled = encrypting(Mode::Encrypted);
    assert_eq!(settled.open(&signed_over(&sealed), &sealed_body(&sealed), NOW).unwrap_err(), Refusal::Undecryptable);
    assert_eq!(unwrapped(&settled.wrap(Sealing::Previous, reply.clone(), b"c", NOW), &key()), reply);
}

#[test]
fn the_url_check_gives_the_echo_back() {
    let asked = |echostr: &str| Query { echostr: Some(echostr.into()), ..signed() };
    for mode in [Mode::Plain, Mode::Compatible, Mode::Encrypted] {
        assert_eq!(encrypting(mode).verify_url(&asked("5969233203437"), NOW).as_deref(), Ok("5969233203437"));
    }
    for wrong in ["", "<script>", "a b", "你", &"1".repeat(257)] {
        assert!(matches!(receiver().verify_url(&asked(wrong), NOW), Err(Refusal::Malformed(_))), "{wrong}");
    }
    assert!(matches!(receiver().verify_url(&signed(), NOW), Err(Refusal::Malformed(_))));
    let forged = Query { signature: Some("0".repeat(40)), ..asked("1") };
    assert_eq!(receiver().verify_url(&forged, NOW), Err(Refusal::WrongSignature));
    assert_eq!(receiver().verify_url(&asked("1"), NOW + 601), Err(Refusal::Stale));
}

#[test]
fn a_timestamp_counts_for_ten_minutes_either_way() {
    let at = |now: i64| receiver().open(&signed(), hello().as_bytes(), now).map(|_| ());
    for now in [NOW - 600, NOW, NOW + 600] {
        assert_eq!(at(now), Ok(()), "{now}");
    }
    for now in [NOW - 601, NOW + 601, 0, i64::MIN, i64::MAX] {
        assert_eq!(at(now), Err(Refusal::Stale), "{now}");
    }
    let strict = receiver().replay_window(Duration::from_secs(5));
    assert!(strict.open(&signed(), hello().as_bytes(), NOW + 5).is_ok());
    assert_eq!(strict.open(&signed(), hello().as_bytes(), NOW + 6).unwrap_err(), Refusal::Stale);
    for timestamp in ["soon", "1700000000.0", "0x6553f100", " 1700000000", "99999999999999999999"] {
        let refusal = receiver().open(&signed_at(timestamp), hello().as_bytes(), NOW).unwrap_err();
        assert_eq!(refusal, Refusal::Stale, "{timestamp}");
    }
}

#[test]
fn a_sealed_reply_repeats_to_the_byte_and_differs_for_another_push() {
    let receiver = encrypting(Mode::Encrypted);
    let wrap = |text: &str, context: &[u8], at: i64| receiver.wrap(true, text.into(), context, at);
    let first = wrap("<xml><A>你好</A></xml>", b"push 1", NOW);
    assert_eq!(first, wrap("<xml><A>你好</A></xml>", b"push 1", NOW));
    assert_eq!(unwrapped(&first, &key()), "<xml><A>你好</A></xml>");
    let sealed = |answer: &str| Fields::from_xml(answer.as_bytes()).unwrap().text("Encrypt").unwrap().to_owned();
    assert_ne!(sealed(&first), sealed(&wrap("<xml><A>你好</A></xml>", b"push 2", NOW)));
    assert_ne!(sealed(&first)[..20], sealed(&wrap("<xml><A>再见</A></xml>", b"push 1", NOW))[..20]);
}

#[test]
fn what_needs_no_seal_stays_as_it_is() {
    let receiver = encrypting(Mode::Encrypted);
    for reply in ["", "success"] {
        assert_eq!(receiver.wrap(true, reply.into(), b"c", NOW), reply);
    }
    assert_eq!(receiver.wrap(false, "<xml/>".into(), b"c", NOW), "<xml/>");
}

#[test]
fn a_mode_has_one_name_everywhere() {
    for (mode, name) in [(Mode::Plain, "plain"), (Mode::Compatible, "compatible"), (Mode::Encrypted, "encrypted")] {
        assert_eq!(mode.to_string(), name);
        assert_eq!(name.parse(), Ok(mode));
        assert_eq!(serde_json::to_string(&mode).unwrap(), format!("\"{name}\""));
    }
    assert_eq!(
        "Plain".parse::<Mode>().unwrap_err().to_string(),
        "the mode is plain, compatible or encrypted, not \"Plain\""
    );
}

#[test]
fn forgeries_are_told_from_what_cannot_be_read() {
    let refusals = [
        (Refusal::MissingSignature, true, "missing_signature"),
        (Refusal::WrongSignature, true, "wrong_signature"),
        (Refusal::Stale, true, "stale"),
        (Refusal::PlainRefused, true, "plain_refused"),
        (Refusal::TooLarge, false, "too_large"),
        (Refusal::Malformed(String::new()), false, "malformed"),
        (Refusal::WrongAppid, false, "wrong_appid"),
        (Refusal::Undecryptable, false, "undecryptable"),
    ];
    for (refusal, forgery, label) in refusals {
        assert_eq!((refusal.is_forgery(), refusal.label()), (forgery, label));
    }
}

#[test]
fn a_receiver_shows_no_secret() {
    let shown = format!("{:?}", encrypting(Mode::Encrypted));
    assert!(!shown.contains(TOKEN) && !shown.contains(crate::common::KEY), "{shown}");
}
