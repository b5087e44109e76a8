//! Pushes: what goes over the wire, three deliveries, what the user sees, faults.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Callback, Got, Say, app, field, reply, reply_with, say, wechat};
use puzi_sandbox::{Action, Answer, App, ChatItem, Config, Kind, Mode, Note, Outcome, SERVICE_FAILED, Sandbox, Side};
use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::signature;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

fn demo() -> String {
    App::demo().appid
}

fn texts(chat: &[ChatItem]) -> Vec<(Side, &str)> {
    chat.iter().map(|item| (item.side, item.text.as_deref().unwrap_or_default())).collect()
}

fn is_signed(got: &Got) -> bool {
    signature::verify(&[&App::demo().token, got.param("timestamp"), got.param("nonce")], got.param("signature"))
}

#[tokio::test]
async fn a_message_is_signed_and_its_answer_shows() {
    let callback = Callback::start(|got| say(reply(got, "a]b"))).await;
    let wechat = wechat(&callback).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    let exchange = fan.text("1 < 2 ]]> &").await;

    let got = callback.last();
    assert_eq!((got.method.as_str(), got.content_type.as_str()), ("POST", "text/xml"));
    assert!(is_signed(&got));
    assert_eq!(got.param("openid"), fan.openid());
    assert_eq!(got.param("encrypt_type"), "");
    assert_eq!(got.field("ToUserName"), App::demo().original_id);
    assert_eq!(got.field("FromUserName"), fan.openid());
    assert_eq!(got.field("MsgType"), "text");
    assert!(got.body.contains("<Content><![CDATA[1 < 2 ]]]]><![CDATA[> &]]></Content>"), "{}", got.body);
    assert!(got.field("MsgId").parse::<u64>().unwrap() > 1 << 54);
    assert_eq!(got.field("CreateTime").len(), 10);

    assert_eq!(exchange.answer(), Some(&Answer::Text { content: "a]b".into() }));
    assert_eq!(exchange.deliveries.len(), 1);
    let wanted =
        [(Side::System, "你已关注该公众号"), (Side::Account, "a]b"), (Side::Me, "1 < 2 ]]> &"), (Side::Account, "a]b")];
    assert_eq!(texts(&fan.chat()), wanted);
}

#[tokio::test]
async fn every_action_has_its_own_fields() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let fan = wechat.new_phone(&demo());
    let last = |names: &[&str]| names.iter().map(|name| callback.last().field(name)).collect::<Vec<_>>();

    fan.scan("fair").await;
    assert_eq!(last(&["Event", "EventKey"]), ["subscribe", "qrscene_fair"]);
    assert!(fan.is_following());
    fan.scan("fair").await;
    assert_eq!(last(&["MsgType", "Event", "EventKey", "MsgId"]), ["event", "SCAN", "fair", ""]);
    fan.tap("K1").await;
    assert_eq!(last(&["Event", "EventKey"]), ["CLICK", "K1"]);
    fan.view("https://a/b").await;
    assert_eq!(last(&["Event", "EventKey"]), ["VIEW", "https://a/b"]);
    fan.location(30.25, 120.125, "西湖").await;
    assert_eq!(last(&["Location_X", "Location_Y", "Label"]), ["30.250000", "120.125000", "西湖"]);
    fan.link("t", "d", "https://x").await;
    assert_eq!(last(&["MsgType", "Title", "Description", "Url"]), ["link", "t", "d", "https://x"]);
    fan.voice().await;
    assert_eq!(last(&["MsgType", "Format"]), ["voice", "amr"]);
    fan.short_video().await;
    assert_eq!(last(&["MsgType"]), ["shortvideo"]);
    assert!(!callback.last().field("ThumbMediaId").is_empty());
    fan.act(Action::Message { msg_type: "hologram".into(), fields: vec![("Depth".into(), "3".into())] }).await;
    assert_eq!(last(&["MsgType", "Depth"]), ["hologram", "3"]);
    fan.act(Action::Raw { body: "{\"not\":\"xml\"}".into() }).await;
    assert_eq!(callback.last().body, "{\"not\":\"xml\"}");
    assert!(is_signed(&callback.last()));
    fan.image().await;
    let (url, media_id) = (callback.last().field("PicUrl"), callback.last().field("MediaId"));
    let picture = reqwest::get(&url).await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
    assert_eq!(wechat.media(&media_id).unwrap().kind, "image");
    fan.unfollow().await;
    assert_eq!(last(&["Event"]), ["unsubscribe"]);
    assert!(!fan.is_following());
}

#[tokio::test]
async fn three_failures_and_the_user_reads_that_the_service_failed() {
    let callback = Callback::start(|_| say("{\"errcode\":0}")).await;
    let wechat = wechat(&callback).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    let bodies: Vec<_> = callback.got().into_iter().map(|got| got.body).collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "the same message each time");
    let chat = fan.chat();
    assert_eq!(chat[1].note, Some(Note::ServiceFailed));
    assert_eq!(chat[1].text.as_deref(), Some(SERVICE_FAILED));

    callback.think(|_| Say::Status(500, "success".into()));
    let exchange = fan.text("?").await;
    let attempts: Vec<_> = exchange.deliveries.iter().map(|d| (d.attempt, d.outcome, d.status)).collect();
    assert_eq!(attempts, [1, 2, 3].map(|n| (n, Outcome::BadAnswer, Some(500))));
    assert!(!exchange.accepted());

    wechat.update_app(&demo(), |app| app.callback_url = "http://127.0.0.1:1/".into()).unwrap();
    let exchange = fan.text("?").await;
    assert!(exchange.deliveries.len() == 3 && exchange.deliveries.iter().all(|d| d.outcome == Outcome::Refused));
    assert_eq!(fan.chat().iter().filter(|item| item.note == Some(Note::ServiceFailed)).count(), 3);
}

#[tokio::test]
async fn a_slow_callback_is_asked_again_and_the_third_answer_counts() {
    let times = AtomicUsize::new(0);
    let callback = Callback::start(move |got| match times.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => Say::Nothing,
        _ => say(reply(got, "third time lucky")),
    })
    .await;
    let wechat = wechat(&callback).await;
    wechat.faults().update(|faults| faults.timeout_seconds = 0.3);
    let fan = wechat.phone(&demo(), "oFan").await;
    let exchange = fan.follow().await;
    let outcomes: Vec<_> = exchange.deliveries.iter().map(|delivery| delivery.outcome).collect();
    assert_eq!(outcomes, [Outcome::Timeout, Outcome::Timeout, Outcome::Answered]);
    assert_eq!(exchange.text(), Some("third time lucky"));
    assert!(exchange.deliveries[0].millis.unwrap() >= 300);

    // A slow way back counts as well.
    wechat.faults().update(|faults| faults.slow_ms = 600);
    callback.think(|_| say("success"));
    assert!(fan.text("slow").await.deliveries.iter().all(|delivery| delivery.outcome == Outcome::Timeout));
    wechat.faults().update(|faults| faults.timeout_seconds = 5.0);
    assert_eq!(fan.text("slow").await.deliveries[0].outcome, Outcome::Success);
}

#[tokio::test]
async fn answers_are_judged_as_the_platform_does() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    let item = "<item><Title>t</Title><Description>d</Description><PicUrl>p</PicUrl><Url>u</Url></item>";
    let news = |count: usize, items: usize| {
        format!("<ArticleCount>{count}</ArticleCount><Articles>{}</Articles>", item.repeat(items))
    };
    fan.image().await;
    fan.voice().await;
    fan.video().await;
    let sent: Vec<_> = fan.chat().into_iter().filter_map(|item| item.media_id).collect();
    let [image, voice, film] = &sent[..] else { panic!("three files: {sent:?}") };
    let cases: Vec<(&str, String, Outcome)> = vec![
        ("image", format!("<Image><MediaId>{image}</MediaId></Image>"), Outcome::Answered),
        ("image", format!("<MediaId>{image}</MediaId>"), Outcome::BadAnswer),
        ("image", format!("<Image><MediaId>{voice}</MediaId></Image>"), Outcome::BadAnswer),
        ("image", "<Image><MediaId>none</MediaId></Image>".into(), Outcome::BadAnswer),
        ("voice", format!("<Voice><MediaId>{voice}</MediaId></Voice>"), Outcome::Answered),
        ("video", format!("<Video><MediaId>{film}</MediaId><Title>t</Title></Video>"), Outcome::Answered),
        ("music", "<Music><Title>t</Title></Music>".into(), Outcome::BadAnswer),
        ("music", format!("<Music><ThumbMediaId>{image}</ThumbMediaId></Music>"), Outcome::Answered),
        ("music", format!("<Music><ThumbMediaId>{film}</ThumbMediaId></Music>"), Outcome::BadAnswer),
        ("news", news(2, 2), Outcome::Answered),
        ("news", news(2, 1), Outcome::BadAnswer),
        ("news", news(0, 0), Outcome::BadAnswer),
        ("news", news(11, 11), Outcome::BadAnswer),
        ("text", String::new(), Outcome::BadAnswer),
        ("text", format!("<Content>{}</Content>", "x".repeat(2049)), Outcome::BadAnswer),
        ("location", String::new(), Outcome::BadAnswer),
        ("transfer_customer_service", String::new(), Outcome::Answered),
    ];
    for (kind, inside, wanted) in cases {
        callback.think({
            let inside = inside.clone();
            move |got| say(reply_with(got, kind, &inside))
        });
        let delivery = fan.compose(Action::Click { key: "k".into() }).deliver().await;
        assert_eq!(delivery.outcome, wanted, "{kind} {inside}: {:?}", delivery.error);
    }
    let last = fan.chat().pop().unwrap();
    assert_eq!((last.side, last.note), (Side::System, Some(Note::Transferred)));

    callback.think(|got| say(reply(got, "x").replace("<ToUserName><![CDATA[o", "<ToUserName><![CDATA[p")));
    assert_eq!(fan.compose(Action::Click { key: "k".into() }).deliver().await.outcome, Outcome::BadAnswer);
    callback.think(|got| say(format!("<!DOCTYPE xml>{}", reply(got, "x"))));
    assert_eq!(fan.compose(Action::Click { key: "k".into() }).deliver().await.outcome, Outcome::BadAnswer);
    callback.think(|_| say(""));
    assert_eq!(fan.compose(Action::Click { key: "k".into() }).deliver().await.outcome, Outcome::Empty);
}

#[tokio::test]
async fn one_article_shows_after_a_message_and_eight_after_an_event() {
    let callback = Callback::start(|got| {
        let items = "<item><Title>t</Title><Url>u</Url></item>".repeat(10);
        let inside = format!("<ArticleCount>10</ArticleCount><Articles>{items}</Articles>");
        say(reply_with(got, "news", &inside))
    })
    .await;
    let wechat = wechat(&callback).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    fan.text("news").await;
    let shown: Vec<_> = fan.chat().iter().filter(|i| i.kind == Kind::News).map(|i| i.articles.len()).collect();
    assert_eq!(shown, [8, 1]);
}

#[tokio::test]
async fn one_who_does_not_follow_gets_nothing() {
    let callback = Callback::start(|got| say(reply(got, "hello"))).await;
    let wechat = wechat(&callback).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    let exchange = fan.unfollow().await;
    assert_eq!(exchange.text(), Some("hello"));
    assert_eq!(texts(&fan.chat()).last(), Some(&(Side::System, "你已取消关注该公众号")));
    callback.think(|_| Say::Status(500, String::new()));
    fan.unfollow().await;
    assert!(fan.chat().iter().all(|item| item.note != Some(Note::ServiceFailed)));
}

/// Opens a sealed push and answers it sealed, with `appid` inside.
fn sealed_answer(got: &Got, content: &str, appid: &str) -> String {
    let key = EncodingAesKey::parse(KEY).unwrap();
    let App { token, .. } = App::demo();
    let encrypted = got.field("Encrypt");
    let parts = [token.as_str(), got.param("timestamp"), got.param("nonce"), &encrypted];
    assert!(signature::verify(&parts, got.param("msg_signature")));
    let opened = key.decrypt(encrypted.as_bytes()).unwrap();
    assert_eq!(opened.appid, demo());
    let plain = Got { body: String::from_utf8(opened.message).unwrap(), ..got.clone() };
    let sealed = key.encrypt([7; 16], reply(&plain, content).as_bytes(), appid);
    let signed = signature::sign(&[&token, "1700000000", "42", &sealed]);
    format!(
        "<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>\
         <TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[42]]></Nonce></xml>"
    )
}

async fn sealing(callback: &Callback, mode: Mode) -> Sandbox {
    let app = App { mode, encoding_aes_key: Some(KEY.into()), ..app(callback) };
    Sandbox::start(Config { apps: vec![app], ..Config::default() }).await.unwrap()
}

#[tokio::test]
async fn an_encrypted_account_speaks_sealed_both_ways() {
    let callback = Callback::start(|got| say(sealed_answer(got, "密信", &demo()))).await;
    let wechat = sealing(&callback, Mode::Encrypted).await;
    let fan = wechat.new_phone(&demo());
    let exchange = fan.follow().await;
    assert_eq!(exchange.text(), Some("密信"));
    let delivery = &exchange.deliveries[0];
    assert!(delivery.encrypted && delivery.plain.contains("subscribe") && !delivery.body.contains("subscribe"));
    assert!(delivery.response_plain.contains("密信") && !delivery.response.contains("密信"));
    let got = callback.last();
    assert_eq!((got.param("encrypt_type"), got.field("FromUserName")), ("aes", String::new()));
    assert!(is_signed(&got));

    callback.think(|got| say(sealed_answer(got, "x", "wx_another")));
    assert_eq!(fan.compose(Action::Follow).deliver().await.outcome, Outcome::BadAnswer);
    callback.think(|got| say(sealed_answer(got, "x", &demo()).replace("<Nonce><![CDATA[42", "<Nonce><![CDATA[43")));
    assert_eq!(fan.compose(Action::Follow).deliver().await.error.unwrap(), "MsgSignature does not fit");
    callback.think(|got| say(reply(got, "in the clear")));
    assert_eq!(fan.compose(Action::Follow).deliver().await.error.unwrap(), "a plain answer in encrypted mode");
    callback.think(|_| say("success"));
    assert_eq!(fan.compose(Action::Follow).deliver().await.outcome, Outcome::Success);
}

#[tokio::test]
async fn a_compatible_account_sends_both_and_takes_either() {
    let callback = Callback::start(|got| say(reply(got, "clear"))).await;
    let wechat = sealing(&callback, Mode::Compatible).await;
    let fan = wechat.new_phone(&demo());
    assert_eq!(fan.follow().await.text(), Some("clear"));
    let got = callback.last();
    assert_eq!(got.field("Event"), "subscribe");
    assert!(!got.field("Encrypt").is_empty());
    callback.think(|got| say(sealed_answer(got, "sealed", &demo())));
    assert_eq!(fan.text("?").await.text(), Some("sealed"));
}

#[tokio::test]
async fn a_pending_push_can_be_delivered_again_and_elsewhere() {
    let (here, there) = (Callback::content().await, Callback::start(|got| say(reply(got, "there"))).await);
    let wechat = wechat(&here).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    let push = fan.compose(Action::Text { content: "twice".into(), bizmsgmenuid: None });
    let (first, second) = tokio::join!(push.deliver(), push.deliver());
    assert_eq!((first.body, first.attempt + second.attempt), (second.body, 3));
    assert_ne!(first.query, second.query, "each delivery is signed anew");
    let base = there.url.trim_end_matches("/wechat/1").to_owned();
    assert_eq!(push.deliver_to(&base).await.text(), Some("there"));
    assert_eq!(there.last().field("MsgId"), here.last().field("MsgId"));
    let exchange = wechat.exchanges(1).remove(0);
    assert_eq!((exchange.id, exchange.deliveries.len(), exchange.done), (push.exchange_id(), 3, true));
}

#[tokio::test]
async fn faults_do_what_they_say() {
    let callback = Callback::start(|got| say(reply(got, "ok"))).await;
    let wechat = wechat(&callback).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    assert!(is_signed(&callback.last()));

    wechat.faults().update(|faults| faults.wrong_signature = true);
    fan.text("forged").await;
    assert!(!is_signed(&callback.last()));
    wechat.faults().set(puzi_sandbox::Faults { duplicate: 100, ..Default::default() });
    let before = callback.got().len();
    let exchange = fan.text("twice").await;
    assert_eq!((callback.got().len() - before, exchange.deliveries.len()), (2, 2));
    let twice = fan.chat().iter().filter(|item| item.exchange_id == Some(exchange.id)).count();
    assert_eq!(twice, 2, "the question and one answer");

    wechat.faults().set(puzi_sandbox::Faults { drop: 100, ..Default::default() });
    let (mut lost_requests, mut lost_answers) = (0, 0);
    for _ in 0..8 {
        let before = callback.got().len();
        let exchange = fan.text("lost").await;
        assert!(exchange.answer().is_none() && exchange.deliveries.len() == 3);
        assert!(exchange.deliveries.iter().all(|delivery| delivery.outcome == Outcome::Dropped));
        lost_answers += callback.got().len() - before;
        lost_requests += exchange.deliveries.iter().filter(|delivery| delivery.status.is_none()).count();
    }
    assert!(lost_answers > 0 && lost_requests > 0 && lost_answers + lost_requests == 24);
}

#[tokio::test]
async fn reordered_pushes_arrive_in_swapped_pairs() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    wechat.faults().update(|faults| faults.reorder = true);
    let later = {
        let fan = fan.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            fan.text("second").await
        }
    };
    tokio::join!(fan.text("first"), later);
    let contents: Vec<_> = callback.got().iter().map(|got| field(&got.body, "Content")).collect();
    assert_eq!(contents[1..], ["second", "first"]);
}

#[tokio::test]
async fn the_url_check_wants_the_echostr_back() {
    let callback = Callback::start(|got| say(got.param("echostr"))).await;
    let wechat = wechat(&callback).await;
    wechat.verify_url(&demo()).await.unwrap();
    let got = callback.last();
    assert!(is_signed(&got) && got.method == "GET" && got.param("echostr").len() == 19);
    callback.think(|got| say(format!("\"{}\"", got.param("echostr"))));
    assert!(wechat.verify_url(&demo()).await.unwrap_err().to_string().contains("not the echostr"));
    assert!(matches!(wechat.verify_url("wx0").await, Err(puzi_sandbox::Error::UnknownApp(_))));
    let shown = wechat.exchanges(2);
    assert!(shown.iter().all(|exchange| exchange.label.kind == "verify" && exchange.done));
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story() {
    async fn story(seed: u64) -> Vec<String> {
        let callback = Callback::content().await;
        let apps = vec![App { followers: 2, ..app(&callback) }];
        let faults = puzi_sandbox::Faults { drop: 40, ..Default::default() };
        let config = Config { apps, seed, faults, ..Config::default() };
        let wechat = Sandbox::start(config).await.unwrap();
        let fan = wechat.new_phone(&demo());
        let mut told = vec![fan.nickname()];
        told.extend(wechat.followers(&demo()).iter().map(|phone| phone.openid().to_owned()));
        for n in 0..5 {
            let exchange = fan.text(format!("{n}")).await;
            told.push(field(&exchange.deliveries[0].plain, "MsgId"));
            let query = &exchange.deliveries[0].query;
            told.push(query.split("nonce=").nth(1).unwrap().to_owned());
            told.push(format!("{:?}", exchange.deliveries.iter().map(|d| d.outcome).collect::<Vec<_>>()));
        }
        told
    }
    let first = story(42).await;
    assert_eq!(first, story(42).await);
    assert_ne!(first, story(43).await);
}

#[tokio::test]
async fn a_wrong_account_does_not_start() {
    let callback = Callback::content().await;
    for (app, field) in [
        (App { appid: String::new(), ..app(&callback) }, "appid"),
        (App { secret: String::new(), ..app(&callback) }, "secret"),
        (App { token: "a b".into(), ..app(&callback) }, "token"),
        (App { mode: Mode::Encrypted, ..app(&callback) }, "encoding_aes_key"),
        (App { encoding_aes_key: Some("short".into()), ..app(&callback) }, "encoding_aes_key"),
        (App { openids: vec!["a&b".into()], ..app(&callback) }, "openid"),
    ] {
        let error = Sandbox::start(Config { apps: vec![app], ..Config::default() }).await.unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
    let twice = Config { apps: vec![app(&callback), app(&callback)], ..Config::default() };
    assert!(Sandbox::start(twice).await.unwrap_err().to_string().contains("twice"));
}
