//! What a forger or a broken sender might post.

use puzi_wechat::envelope::{Mode, Query, Receiver, Refusal};
use puzi_wechat::message::{Fields, ReadError};
use puzi_wechat::{MAX_BODY, MAX_DEPTH, MAX_FIELDS, signature};

use crate::common::{APPID, NOW, TOKEN, key, receiver, sealed_body, signed, signed_over, xml};

const LAUGHS: &str =
    "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;\">]><xml><A>&lol2;</A></xml>";

fn encrypting() -> Receiver {
    receiver().mode(Mode::Encrypted).key(key())
}

fn refused(receiver: &Receiver, query: &Query, body: &[u8]) -> Refusal {
    receiver.open(query, body, NOW).unwrap_err()
}

#[test]
fn a_signature_must_be_there_whole_and_right() {
    let body = xml("text", "<Content>x</Content>");
    for missing in [
        Query { signature: None, ..signed() },
        Query { timestamp: None, ..signed() },
        Query { nonce: None, ..signed() },
        Query { signature: Some(String::new()), ..signed() },
        Query::default(),
        Query::parse(""),
    ] {
        assert_eq!(refused(&receiver(), &missing, body.as_bytes()), Refusal::MissingSignature);
    }
    let right = signed().signature.unwrap();
    let upper = Query { signature: Some(right.to_uppercase()), ..signed() };
    assert!(receiver().open(&upper, body.as_bytes(), NOW).is_ok());
    for wrong in [&right[..39], &format!("{right}0"), &"0".repeat(40), &signature::sign(&["other", "1700000000", "42"])]
    {
        let query = Query { signature: Some(wrong.into()), ..signed() };
        assert_eq!(refused(&receiver(), &query, body.as_bytes()), Refusal::WrongSignature);
    }
    for index in 0..40 {
        let mut flipped = right.clone().into_bytes();
        flipped[index] = if flipped[index] == b'0' { b'1' } else { b'0' };
        let query = Query { signature: String::from_utf8(flipped).ok(), ..signed() };
        assert_eq!(refused(&receiver(), &query, body.as_bytes()), Refusal::WrongSignature);
    }
}

#[test]
fn nothing_is_read_before_the_signature_passes() {
    let forged = Query { signature: Some("0".repeat(40)), ..signed() };
    let large = vec![b'x'; MAX_BODY + 1];
    for body in [LAUGHS.as_bytes(), b"<", b"\xff", &large] {
        assert_eq!(refused(&receiver(), &forged, body), Refusal::WrongSignature);
    }
}

#[test]
fn the_plain_signature_is_checked_beside_the_messages_own() {
    let sealed = key().encrypt([9; 16], xml("text", "").as_bytes(), APPID);
    let forged = Query { signature: Some("0".repeat(40)), ..signed_over(&sealed) };
    assert_eq!(refused(&encrypting(), &forged, &sealed_body(&sealed)), Refusal::WrongSignature);
    let without = Query { signature: None, ..signed_over(&sealed) };
    assert_eq!(refused(&encrypting(), &without, &sealed_body(&sealed)), Refusal::MissingSignature);
}

#[test]
fn an_encrypted_message_needs_its_own_signature() {
    let sealed = key().encrypt([9; 16], xml("text", "").as_bytes(), APPID);
    let without = Query { msg_signature: None, ..signed_over(&sealed) };
    assert_eq!(refused(&encrypting(), &without, &sealed_body(&sealed)), Refusal::MissingSignature);
    let compatible = receiver().mode(Mode::Compatible).key(key());
    assert_eq!(refused(&compatible, &signed(), &sealed_body(&sealed)), Refusal::MissingSignature);
    let of_another = signed_over(&key().encrypt([8; 16], b"x", APPID));
    assert_eq!(refused(&encrypting(), &of_another, &sealed_body(&sealed)), Refusal::WrongSignature);
}

#[test]
fn a_dtd_and_entities_are_refused() {
    let bodies = [
        (LAUGHS, "not well-formed: no"),
        ("<!DOCTYPE xml SYSTEM \"file:///etc/passwd\"><xml><A>1</A></xml>", "a DTD is not accepted"),
        ("<xml><!DOCTYPE x []><A>1</A></xml>", "a DTD is not accepted"),
        ("<xml><A>&xxe;</A></xml>", "the entity &xxe; is not accepted"),
        ("<xml><A b='&xxe;'>1</A></xml>", "the entity &xxe; is not accepted"),
        ("<xml><A>&#0;</A></xml>", "the entity &#0; is not accepted"),
        ("<xml><A>&#8;</A></xml>", "the entity &#8; is not accepted"),
        ("<xml><A>&#xd800;</A></xml>", "the entity &#xd800; is not accepted"),
        ("<xml><A>&#xffffffff1;</A></xml>", "the entity &#xffffffff1; is not accepted"),
        ("<xml><A>&#;</A></xml>", "the entity &#; is not accepted"),
        ("<xml><A>&#x;</A></xml>", "the entity &#x; is not accepted"),
        ("<xml><A>&#+65;</A></xml>", "the entity &#+65; is not accepted"),
    ];
    assert_eq!(Fields::from_xml(bodies[0].0.as_bytes()), Err(ReadError::Dtd));
    for (body, expected) in &bodies[1..] {
        assert_eq!(refused(&receiver(), &signed(), body.as_bytes()), Refusal::Malformed((*expected).into()), "{body}");
    }
}

#[test]
fn a_dtd_inside_the_encryption_is_refused_too() {
    let sealed = key().encrypt([9; 16], LAUGHS.as_bytes(), APPID);
    let refusal = refused(&encrypting(), &signed_over(&sealed), &sealed_body(&sealed));
    assert_eq!(refusal, Refusal::Malformed("a DTD is not accepted".into()));
}

#[test]
fn depth_number_and_size_have_an_end() {
    let nested = |depth: usize| format!("<xml>{}{}</xml>", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(Fields::from_xml(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(Fields::from_xml(nested(MAX_DEPTH + 1).as_bytes()), Err(ReadError::TooDeep));
    assert_eq!(Fields::from_xml("<a>".repeat(20_000).as_bytes()), Err(ReadError::TooDeep));

    let lists = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(Fields::from_json(lists(MAX_DEPTH - 1).as_bytes()).is_ok());
    assert_eq!(Fields::from_json(lists(MAX_DEPTH).as_bytes()), Err(ReadError::TooDeep));
    assert_eq!(Fields::from_json(lists(30_000).as_bytes()), Err(ReadError::TooDeep));

    let many = |count: usize| format!("<xml>{}</xml>", "<a/>".repeat(count));
    assert_eq!(Fields::from_xml(many(MAX_FIELDS - 1).as_bytes()).unwrap().len(), MAX_FIELDS - 1);
    assert_eq!(Fields::from_xml(many(MAX_FIELDS).as_bytes()), Err(ReadError::TooMany));
    let ones = vec!["1"; MAX_FIELDS].join(",");
    assert_eq!(Fields::from_json(format!("{{\"a\":[{ones}]}}").as_bytes()), Err(ReadError::TooMany));

    let large = xml("text", &format!("<Content>{}</Content>", "x".repeat(MAX_BODY)));
    assert_eq!(refused(&receiver(), &signed(), large.as_bytes()), Refusal::TooLarge);
    assert_eq!(Fields::from_xml(large.as_bytes()), Err(ReadError::TooLarge));
    assert_eq!(Fields::from_json(large.as_bytes()), Err(ReadError::TooLarge));
}

#[test]
fn a_message_for_another_account_is_not_taken() {
    for appid in ["wx00000000000000ab", "", "wx00000000000000aa\0", "WX00000000000000AA"] {
        let sealed = key().encrypt([9; 16], xml("text", "").as_bytes(), appid);
        assert_eq!(
            refused(&encrypting(), &signed_over(&sealed), &sealed_body(&sealed)),
            Refusal::WrongAppid,
            "{appid:?}"
        );
    }
}

#[test]
fn a_truncated_or_flipped_message_is_not_taken() {
    let whole = key().encrypt([9; 16], xml("text", "<Content>x</Content>").as_bytes(), APPID);
    for length in 0..whole.len() {
        let sealed = &whole[..length];
        let refusal = refused(&encrypting(), &signed_over(sealed), &sealed_body(sealed));
        assert_eq!(refusal, Refusal::Undecryptable, "{length}");
    }
    // One who knew the token could sign anything; without the key nothing sensible comes of it, and nothing panics.
    for index in 0..whole.len() {
        let mut bytes = whole.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let sealed = String::from_utf8(bytes).unwrap();
        let Err(refusal) = encrypting().open(&signed_over(&sealed), &sealed_body(&sealed), NOW) else { continue };
        assert!(!refusal.is_forgery(), "{refusal}");
        // Signed for the whole message, the flipped one is stopped earlier.
        assert_eq!(refused(&encrypting(), &signed_over(&whole), &sealed_body(&sealed)), Refusal::WrongSignature);
    }
}

#[test]
fn a_truncated_plain_push_is_not_taken() {
    let whole = xml("text", "<Content><![CDATA[你好]]></Content><MsgId>1</MsgId>");
    for length in 0..whole.len() {
        assert!(receiver().open(&signed(), &whole.as_bytes()[..length], NOW).is_err(), "{length}");
    }
}

#[test]
fn a_message_cannot_be_replayed_with_a_new_timestamp() {
    let sealed = key().encrypt([9; 16], xml("text", "").as_bytes(), APPID);
    let old = signed_over(&sealed);
    let later = NOW + 86_400;
    let resigned = Query {
        signature: Some(signature::sign(&[TOKEN, &later.to_string(), "42"])),
        timestamp: Some(later.to_string()),
        ..old.clone()
    };
    assert_eq!(encrypting().open(&resigned, &sealed_body(&sealed), later).unwrap_err(), Refusal::WrongSignature);
    assert_eq!(encrypting().open(&old, &sealed_body(&sealed), later).unwrap_err(), Refusal::Stale);
}
