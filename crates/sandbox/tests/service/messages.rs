//! Customer-service messages.

use std::time::Duration;

use puzi_sandbox::Kind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{Callback, errcode};
use crate::heard::{count, heard};
use crate::{ANN, SEND, add, desk};

#[tokio::test]
async fn a_message_may_be_signed_by_an_agent() {
    let callback = Callback::content().await;
    let (_wechat, api, fan) = desk(&callback).await;
    fan.text("hi").await;
    let body = |account: &str| {
        json!({
            "touser": "oFan", "msgtype": "text", "text": { "content": "signed" },
            "customservice": { "kf_account": account },
        })
    };
    assert_eq!(errcode(&api.post(SEND, body(ANN)).await), 65401);
    add(&api, ANN).await;
    assert_eq!(errcode(&api.post(SEND, body(ANN)).await), 0);
    assert_eq!(count(&callback, "kf_create_session"), 0);
}

#[tokio::test]
async fn messages_are_refused_with_the_platforms_numbers() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = desk(&callback).await;
    fan.image().await;
    fan.video().await;
    let of = |kind: Kind| fan.chat().iter().find(|item| item.kind == kind).unwrap().media_id.clone().unwrap();
    let (image, video) = (of(Kind::Image), of(Kind::Video));
    let choice = json!({ "id": "1", "content": "好" });
    for (msgtype, content, wanted) in [
        ("text", json!({}), 44004),
        ("text", json!({ "content": 7 }), 47001),
        ("text", json!("x"), 47001),
        ("image", json!({}), 40007),
        ("image", json!({ "media_id": video }), 40004),
        ("video", json!({ "media_id": image }), 40004),
        ("video", json!({ "media_id": video, "thumb_media_id": "none" }), 40007),
        ("video", json!({ "media_id": video, "thumb_media_id": image, "title": "t" }), 0),
        ("music", json!({ "musicurl": "u", "thumb_media_id": "none" }), 40007),
        ("music", json!({ "musicurl": "u", "thumb_media_id": image, "title": "曲" }), 0),
        ("mpnews", json!({ "media_id": image }), 40007),
        ("mpnewsarticle", json!({ "article_id": "none" }), 53600),
        ("mpnewsarticle", json!({}), 53600),
        ("msgmenu", json!({ "list": [] }), 44004),
        ("msgmenu", json!({ "list": [{ "id": "1" }] }), 44004),
        ("msgmenu", json!({ "list": [[]] }), 47001),
        ("msgmenu", json!({ "head_content": "?", "list": [choice], "tail_content": "." }), 0),
        ("wxcard", json!({}), 40073),
        ("wxcard", json!({ "card_id": "c" }), 0),
        ("miniprogrampage", json!({ "pagepath": "p", "thumb_media_id": image }), 40013),
        ("miniprogrampage", json!({ "appid": "wx1", "thumb_media_id": image }), 40165),
        ("miniprogrampage", json!({ "appid": "wx1", "pagepath": "p" }), 40007),
        ("miniprogrampage", json!({ "appid": "wx1", "pagepath": "p", "thumb_media_id": image, "title": "页" }), 0),
    ] {
        fan.text("open").await;
        let body = json!({ "touser": "oFan", "msgtype": msgtype, msgtype: content });
        let answer = api.post(SEND, body).await;
        assert_eq!(errcode(&answer), wanted, "{msgtype} {content}: {answer}");
    }
    assert_eq!(errcode(&api.post(SEND, json!({ "touser": "oFan", "text": { "content": "x" } })).await), 40008);
    assert_eq!(errcode(&api.post(SEND, json!({ "msgtype": "text", "text": { "content": "x" } })).await), 40003);
    assert_eq!(errcode(&api.post(SEND, json!([])).await), 47001);
    let black = json!({ "openid_list": ["oFan"] });
    assert_eq!(errcode(&api.post("/cgi-bin/tags/members/batchblacklist", black).await), 0);
    let body = json!({ "touser": "oFan", "msgtype": "text", "text": { "content": "x" } });
    assert_eq!(errcode(&api.post(SEND, body).await), 43019);
    let path = format!("{SEND}?access_token={}", api.token);
    let empty: Value = api.fetch(Method::POST, &path, None).await.json().await.unwrap();
    assert_eq!(errcode(&empty), 44002);
    drop(wechat);
}

#[tokio::test]
async fn own_articles_are_sent_as_draft_and_as_published() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = desk(&callback).await;
    fan.text("hi").await;
    let jpg = [b"\xff\xd8\xff".as_slice(), &[0; 64]].concat();
    let cover = api.upload("/cgi-bin/material/add_material?type=image", jpg).await["media_id"].clone();
    let article = json!({ "title": "春茶", "digest": "到了", "content": "<p>正文</p>", "thumb_media_id": cover });
    let draft = api.post("/cgi-bin/draft/add", json!({ "articles": [article] })).await["media_id"].clone();
    let body = |kind: &str, content: Value| json!({ "touser": "oFan", "msgtype": kind, kind: content });
    assert_eq!(errcode(&api.post(SEND, body("mpnews", json!({ "media_id": draft }))).await), 0);
    let job = api.post("/cgi-bin/freepublish/submit", json!({ "media_id": draft })).await;
    assert_eq!(errcode(&job), 0, "{job}");
    wechat.clock().advance(Duration::from_secs(600));
    let id = heard(&callback, "PUBLISHJOBFINISH", 1).await.field("article_id");
    assert_eq!(errcode(&api.post(SEND, body("mpnewsarticle", json!({ "article_id": id }))).await), 0);
    let shown: Vec<_> = fan.chat().into_iter().filter(|item| item.kind == Kind::News).collect();
    let titles = shown.iter().map(|item| (item.articles[0].title.as_str(), item.articles[0].description.as_str()));
    assert_eq!(titles.collect::<Vec<_>>(), [("春茶", "到了"); 2]);
    assert!(reqwest::get(&shown[1].articles[0].pic_url).await.unwrap().status().is_success());
}
