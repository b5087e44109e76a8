//! Messages to all or many.

use std::time::Duration;

use puzi_sandbox::{Kind, Phone, Side};
use puzi_wechat::api::draft::Article;
use puzi_wechat::api::mass::{
    Card, Delete, Filter, Images, MessageKind, Preview, PreviewKind, Send, SendAll, State, Video,
};
use puzi_wechat::api::media::UploadVideo;
use puzi_wechat::client::MediaKind;
use serde_json::json;

use crate::story::{Story, not_sent, refused};

const VOICE: &[u8] = b"#!AMR\n\x3c\x91\x17\x16";
const FILM: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
const PHOTO: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\xff\xd9";
/// When the year 2100 begins in Beijing: what one may send is counted by the month, and no month may end meanwhile.
const MONTH: i64 = 4_102_416_000;

#[tokio::test]
async fn mass() {
    let story = Story::of("mass", 6).await;
    let clock = story.sandbox.clock();
    clock.shift_seconds(MONTH - clock.now());
    let mass = story.wechat.mass();
    let fan = story.sandbox.phone(&story.app.appid, "fan-0").await;

    let speed = mass.speed().await.unwrap();
    assert_eq!((speed.speed, speed.realspeed), (0, 80));
    mass.set_speed(4).await.unwrap();
    assert_eq!(mass.speed().await.unwrap().realspeed, 10);
    mass.set_speed(0).await.unwrap();
    not_sent(mass.set_speed(5).await, "speed");
    refused(story.post("/cgi-bin/message/mass/speed/set", json!({ "speed": 5 })).await, 45_083);
    story.refuse("/cgi-bin/message/mass/speed/get", 45_083);
    refused(mass.speed().await, 45_083);
    story.accept();

    articles_to_all(&story, &fan).await;
    every_kind(&story, &fan).await;
    refusals(&story).await;
    previews(&story, &fan).await;
    story.end();
}

/// Sends articles to all, asks how far they are, and takes them back.
async fn articles_to_all(story: &Story, fan: &Phone) {
    let mass = story.wechat.mass();
    let draft = draft(story).await;
    let to_all = SendAll::new(MessageKind::Mpnews).filter(Filter::new().is_to_all(true)).mpnews(&draft);
    let sent = mass.send_all(&to_all.send_ignore_reprint(true)).await.unwrap();
    assert!(sent.msg_data_id.is_some_and(|id| id > 0), "{sent:?}");
    let id = sent.msg_id.to_string();
    assert_eq!(mass.status(&id).await.unwrap().msg_status, State::Sending);
    refused(mass.delete(&Delete::new().msg_id(sent.msg_id)).await, 40_059);
    let url = arrives(story, fan, Kind::News).await.articles[0].url.clone();
    let told = mass.status(&id).await.unwrap();
    assert_eq!((told.msg_id, told.msg_status), (sent.msg_id, State::SendSuccess));
    refused(mass.status("1").await, 40_059);
    not_sent(mass.status("").await, "msg_id");

    mass.delete(&Delete::new().msg_id(sent.msg_id).article_idx(2)).await.unwrap();
    assert_eq!(mass.status(&id).await.unwrap().msg_status, State::SendSuccess);
    mass.delete(&Delete::new().url(&url)).await.unwrap();
    assert_eq!(mass.status(&id).await.unwrap().msg_status, State::Delete);
    not_sent(mass.delete(&Delete::new().msg_id(sent.msg_id).article_idx(-1)).await, "article_idx");
}

/// Sends each kind to a tag or to a list. Followers receive four a month, so each list is of others.
async fn every_kind(story: &Story, fan: &Phone) {
    let mass = story.wechat.mass();
    let tag = story.wechat.tags().create("贵宾").await.unwrap().id;
    story.wechat.tags().tag(&["fan-0", "fan-1"], tag).await.unwrap();
    let picture = upload(story, MediaKind::Image, "a.jpg", PHOTO).await;
    let images = Images::new([&picture, &picture]).recommend("看看").title("春茶").need_open_comment(true);
    let to_tag = SendAll::new(MessageKind::Image).filter(Filter::new().tag_id(tag));
    mass.send_all(&to_tag.images(images.only_fans_can_comment(true))).await.unwrap();
    arrives(story, fan, Kind::Image).await;

    let voice = upload(story, MediaKind::Voice, "a.amr", VOICE).await;
    let two = || Send::new(["fan-0", "fan-2"], MessageKind::Voice);
    mass.send(&two().voice(&voice).send_ignore_reprint(false)).await.unwrap();
    arrives(story, fan, Kind::Voice).await;
    let film = Video::new(made_film(story).await).title("制茶").description("一分钟");
    mass.send(&Send::new(["fan-0", "fan-3"], MessageKind::Mpvideo).mpvideo(film)).await.unwrap();
    assert_eq!(arrives(story, fan, Kind::Video).await.title.as_deref(), Some("制茶"));

    // The first one has had four; another one receives the rest.
    let other = story.sandbox.phone(&story.app.appid, "fan-4").await;
    mass.send(&Send::new(["fan-4", "fan-5"], MessageKind::Wxcard).wxcard("pFS7Fjg8kV1I")).await.unwrap();
    arrives(story, &other, Kind::Link).await;
    let words = Send::new(["fan-4", "fan-0"], MessageKind::Text).text("大家好").clientmsgid("spring-1");
    mass.send(&words).await.unwrap();
    assert_eq!(arrives(story, &other, Kind::Text).await.text.as_deref(), Some("大家好"));
    refused(mass.send(&words).await, 45_065);
    assert!(fan.chat().iter().all(|item| item.text.as_deref() != Some("大家好")), "a fifth within the month");
}

async fn refusals(story: &Story) {
    let mass = story.wechat.mass();
    let everyone = || SendAll::new(MessageKind::Text).filter(Filter::new().is_to_all(true));
    refused(mass.send_all(&everyone().text("字".repeat(683))).await, 45_002);
    refused(
        mass.send_all(&SendAll::new(MessageKind::Text).filter(Filter::new().tag_id(4_711)).text("x")).await,
        40_152,
    );
    refused(
        mass.send_all(&SendAll::new(MessageKind::Mpnews).filter(Filter::new().is_to_all(true)).mpnews("x")).await,
        40_007,
    );
    not_sent(mass.send_all(&everyone().text("x").clientmsgid("x".repeat(33))).await, "clientmsgid");
    let long = json!({
        "filter": { "is_to_all": true }, "msgtype": "text", "text": { "content": "x" }, "clientmsgid": "x".repeat(33),
    });
    refused(story.post("/cgi-bin/message/mass/sendall", long).await, 45_067);
    let pictures = SendAll::new(MessageKind::Image).filter(Filter::new().is_to_all(true));
    not_sent(mass.send_all(&pictures.images(Images::new([""; 0]))).await, "images.media_ids");

    not_sent(mass.send(&Send::new(["fan-0"], MessageKind::Text).text("x")).await, "touser");
    let one = json!({ "touser": ["fan-0"], "msgtype": "text", "text": { "content": "x" } });
    refused(story.post("/cgi-bin/message/mass/send", one).await, 40_130);
    refused(mass.send(&Send::new(["fan-0", "nobody"], MessageKind::Text).text("x")).await, 40_003);
    not_sent(mass.send(&Send::new(["a", "b"], MessageKind::Mpvideo).mpvideo(Video::new(""))).await, "mpvideo.media_id");
}

async fn previews(story: &Story, fan: &Phone) {
    let mass = story.wechat.mass();
    let to_fan = |kind| Preview::new(kind).touser("fan-0");
    let count = || fan.chat().iter().filter(|item| item.side == Side::Account).count();
    let before = count();
    let photo = upload(story, MediaKind::Image, "a.jpg", PHOTO).await;
    let voice = upload(story, MediaKind::Voice, "a.amr", VOICE).await;
    for look in [
        to_fan(PreviewKind::Text).text("看看"),
        to_fan(PreviewKind::Mpnews).mpnews(draft(story).await),
        to_fan(PreviewKind::Voice).voice(&voice),
        to_fan(PreviewKind::Music).music(&voice),
        to_fan(PreviewKind::Image).image(photo),
        to_fan(PreviewKind::Mpvideo).mpvideo(made_film(story).await),
        to_fan(PreviewKind::Wxcard).wxcard(Card::new("pFS7Fjg8kV1I").card_ext("{}")),
        Preview::new(PreviewKind::Text).touser("fan-1").towxname(fan.nickname()).text("看看"),
    ] {
        mass.preview(&look).await.unwrap_or_else(|error| panic!("{look:?}: {error}"));
    }
    assert_eq!(count(), before + 8);
    refused(mass.preview(&Preview::new(PreviewKind::Text).touser("nobody").text("看看")).await, 40_003);
    not_sent(mass.preview(&to_fan(PreviewKind::Wxcard).wxcard(Card::new(""))).await, "wxcard.card_id");
}

/// Moves the clock until the message that is being sent is in this chat.
async fn arrives(story: &Story, phone: &Phone, kind: Kind) -> puzi_sandbox::ChatItem {
    story.sandbox.clock().advance(Duration::from_secs(61));
    let wanted = |item: &puzi_sandbox::ChatItem| item.side == Side::Account && item.kind == kind;
    phone.wait_for(Duration::from_secs(5), wanted).await.unwrap_or_else(|| panic!("{kind:?} is not there"))
}

/// A draft of two articles.
async fn draft(story: &Story) -> String {
    let cover = story.wechat.material().upload(MediaKind::Image, "a.jpg", PHOTO).await.unwrap().media_id;
    let article = |title: &str| Article::new(title, "<p>正文</p>").thumb_media_id(&cover);
    story.wechat.draft().create(&[article("春茶"), article("夏茶")]).await.unwrap()
}

/// A video as mass messages take it.
async fn made_film(story: &Story) -> String {
    let film = upload(story, MediaKind::Video, "a.mp4", FILM).await;
    story.wechat.media().upload_video(&UploadVideo::new(film).title("制茶")).await.unwrap().media_id
}

async fn upload(story: &Story, kind: MediaKind, name: &str, bytes: &'static [u8]) -> String {
    story.wechat.media().upload(kind, name, bytes).await.unwrap().media_id
}
