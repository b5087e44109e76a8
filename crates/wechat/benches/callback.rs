//! One text message through the protocol core: query, signature, (decryption,) reading, reply, (encryption).
//!
//! Targets on one core: 5 µs plain, 15 µs encrypted.

use divan::{Bencher, black_box};
use puzi_wechat::Secret;
use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::envelope::{Mode, Query, Receiver};
use puzi_wechat::message::Fields;
use puzi_wechat::reply::Reply;
use puzi_wechat::signature;

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

const TOKEN: &str = "spring-fair-2026";
const APPID: &str = "wx0123456789abcdef";
const NOW: i64 = 1_700_000_000;

fn main() {
    divan::main();
}

fn message() -> String {
    format!(
        "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>\
         <FromUserName><![CDATA[o0123456789abcdefghijklmnop]]></FromUserName><CreateTime>{NOW}</CreateTime>\
         <MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好，请问今天的营业时间是几点到几点？]]></Content>\
         <MsgId>24351234567890123</MsgId></xml>"
    )
}

fn query() -> String {
    let signature = signature::sign(&[TOKEN, &NOW.to_string(), "1320562132"]);
    format!("signature={signature}&timestamp={NOW}&nonce=1320562132&openid=o0123456789abcdefghijklmnop")
}

fn answered(receiver: &Receiver, query: &str, body: &[u8]) -> String {
    let received = receiver.open(&Query::parse(query), body, NOW).expect("the push is WeChat's");
    let push = &received.push;
    let reply = Reply::text("营业时间是 9:00–18:00").to_xml(&push.from, &push.to, NOW);
    receiver.wrap(received.sealing, reply, &push.dedup_key(), NOW)
}

#[divan::bench]
fn plain(bencher: Bencher<'_, '_>) {
    let receiver = Receiver::new(Secret::new(TOKEN.into()), APPID);
    let (query, body) = (query(), message().into_bytes());
    bencher.bench(|| answered(black_box(&receiver), black_box(&query), black_box(&body)));
}

#[divan::bench]
fn encrypted(bencher: Bencher<'_, '_>) {
    let key = EncodingAesKey::generate();
    let sealed = key.encrypt([7; 16], message().as_bytes(), APPID);
    let receiver = Receiver::new(Secret::new(TOKEN.into()), APPID).mode(Mode::Encrypted).key(key);
    let body = format!(
        "<xml>\n    <ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>\n    <Encrypt><![CDATA[{sealed}]]></Encrypt>\n</xml>"
    );
    let msg_signature = signature::sign(&[TOKEN, &NOW.to_string(), "1320562132", &sealed]);
    let query = format!("{}&encrypt_type=aes&msg_signature={msg_signature}", query());
    bencher.bench(|| answered(black_box(&receiver), black_box(&query), black_box(body.as_bytes())));
}

#[divan::bench]
fn only_verifying(bencher: Bencher<'_, '_>) {
    let given = signature::sign(&[TOKEN, "1700000000", "1320562132"]);
    bencher.bench(|| signature::verify(black_box(&[TOKEN, "1700000000", "1320562132"]), black_box(&given)));
}

#[divan::bench]
fn only_reading_xml(bencher: Bencher<'_, '_>) {
    let message = message();
    bencher.bench(|| Fields::from_xml(black_box(message.as_bytes())));
}
