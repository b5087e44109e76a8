//! What must hold for any input.

use proptest::prelude::*;
use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::envelope::{Mode, Query};
use puzi_wechat::message::{Fields, Push};
use puzi_wechat::reply::{Article, Reply};
use puzi_wechat::signature;

use crate::common::{APPID, NOW, key, receiver, sealed_body, signed, signed_over};

/// What XML 1.0 can carry of a text.
fn carried(text: &str) -> String {
    let allowed = |c: &char| matches!(*c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}

/// Any text, with what breaks XML often in it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<String>(),
        1 => prop::sample::select(vec!["]]>", "]", ">", "<", "&", "&amp;", "<![CDATA[", "\0", "\u{8}", "\r\n", "😀", "\u{ffff}"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_survives_reply_and_parse(content in text(), to in text(), star: bool) {
        let reply = Reply::Text { content: content.clone(), star };
        let fields = Fields::from_xml(reply.to_xml(&to, "gh_1", NOW).as_bytes()).unwrap();
        prop_assert_eq!(fields.text("Content").map(str::to_owned), Some(carried(&content)));
        prop_assert_eq!(fields.text("ToUserName").map(str::to_owned), Some(carried(&to)));
        prop_assert_eq!(fields.len(), 5 + usize::from(star));
    }

    #[test]
    fn any_articles_survive_reply_and_parse(titles in prop::collection::vec(text(), 1..=10), url in text()) {
        let article = |title: &String| Article { title: title.clone(), url: url.clone(), ..Article::default() };
        let reply = Reply::News { articles: titles.iter().map(article).collect(), star: false };
        let fields = Fields::from_xml(reply.to_xml("o1", "gh_1", NOW).as_bytes()).unwrap();
        let items: Vec<_> = fields.tree("Articles").unwrap().all("item").map(|item| item.tree().unwrap()).collect();
        prop_assert_eq!(items.len(), titles.len());
        for (item, title) in items.iter().zip(&titles) {
            prop_assert_eq!(item.text("Title").map(str::to_owned), Some(carried(title)));
            prop_assert_eq!(item.text("Url").map(str::to_owned), Some(carried(&url)));
        }
    }

    #[test]
    fn what_is_encrypted_is_decrypted(message: Vec<u8>, appid in "[a-zA-Z0-9]{0,40}", random: [u8; 16]) {
        let sealed = key().encrypt(random, &message, &appid);
        let opened = key().decrypt(sealed.as_bytes()).unwrap();
        prop_assert_eq!((opened.message, opened.appid), (message, appid));
    }

    #[test]
    fn another_key_opens_nothing_of_ours(message: Vec<u8>) {
        let sealed = key().encrypt([1; 16], &message, APPID);
        let opened = EncodingAesKey::generate().decrypt(sealed.as_bytes());
        prop_assert!(opened.is_err_and(|error| error.to_string() == "cannot be decrypted with this key"));
    }

    #[test]
    fn arbitrary_ciphertext_never_panics(bytes: Vec<u8>, text: String) {
        let _ = key().decrypt(&bytes);
        let _ = key().decrypt(text.as_bytes());
        let _ = EncodingAesKey::parse(&text);
    }

    #[test]
    fn a_sealed_reply_comes_back_whole(content in text(), context: Vec<u8>, at in 0_i64..1 << 40) {
        let account = receiver().mode(Mode::Encrypted).key(key());
        let xml = Reply::text(content).to_xml("o1", "gh_1", at);
        let answer = account.wrap(true, xml.clone(), &context, at);
        prop_assert_eq!(&answer, &account.wrap(true, xml.clone(), &context, at));
        let fields = Fields::from_xml(answer.as_bytes()).unwrap();
        let opened = key().decrypt(fields.text("Encrypt").unwrap().as_bytes()).unwrap();
        prop_assert_eq!(opened.message, xml.into_bytes());
    }

    #[test]
    fn any_text_arrives_plain_and_encrypted_alike(content in text()) {
        // A push and a text reply are written alike.
        let xml = Reply::text(content).to_xml("gh_1", "o1", NOW);
        let plain = receiver().open(&signed(), xml.as_bytes(), NOW).unwrap();
        let sealed = key().encrypt([3; 16], xml.as_bytes(), APPID);
        let account = receiver().mode(Mode::Encrypted).key(key());
        let encrypted = account.open(&signed_over(&sealed), &sealed_body(&sealed), NOW).unwrap();
        prop_assert_eq!(&plain.push, &encrypted.push);
        prop_assert_eq!(plain.push.dedup_key(), encrypted.push.dedup_key());
        prop_assert_eq!(Push::from_json(plain.push.fields.to_json().as_bytes()).unwrap().body, plain.push.body);
    }

    #[test]
    fn a_signature_verifies_its_own_parts_in_any_order(mut parts in prop::collection::vec(any::<String>(), 1..6)) {
        let signature = signature::sign(&parts.iter().map(String::as_str).collect::<Vec<_>>());
        parts.reverse();
        prop_assert!(signature::verify(&parts.iter().map(String::as_str).collect::<Vec<_>>(), &signature));
        parts[0].push('x');
        prop_assert!(!signature::verify(&parts.iter().map(String::as_str).collect::<Vec<_>>(), &signature));
    }

    #[test]
    fn any_query_is_read(raw: String) {
        let query = Query::parse(&raw);
        prop_assert!(query.signature.is_none_or(|text| !text.is_empty()));
    }
}
