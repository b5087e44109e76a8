//! Publishing, and the page of an article.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;
mod newsroom;

use std::time::Duration;

use common::errcode;
use newsroom::{Desk, demo};
use puzi_sandbox::Kind;
use serde_json::{Value, json};

#[tokio::test]
async fn a_publication_is_finished_later_and_told() {
    let desk = Desk::new().await;
    let media_id = desk.draft(json!([desk.article("一"), desk.article("二")])).await;
    let submitted = desk.ask("freepublish/submit", json!({ "media_id": media_id })).await;
    let publish_id = submitted["publish_id"].as_i64().unwrap();
    assert!(publish_id > i64::from(i32::MAX) && submitted["msg_data_id"].is_i64());
    assert_eq!(errcode(&desk.ask("freepublish/submit", json!({ "media_id": media_id })).await), 53501);
    let running = desk.ask("freepublish/get", json!({ "publish_id": publish_id })).await;
    assert_eq!(running, json!({ "publish_id": publish_id, "publish_status": 1, "fail_idx": [] }));
    assert_eq!(desk.api.get("/cgi-bin/draft/count").await["total_count"], 1, "still there");

    desk.wechat.clock().advance(Duration::from_secs(10));
    let done = desk.done(publish_id).await;
    let by_text = desk.ask("freepublish/get", json!({ "publish_id": publish_id.to_string() })).await;
    assert_eq!(by_text, done);
    assert_eq!((&done["publish_status"], &done["article_detail"]["count"]), (&json!(0), &json!(2)));
    assert_eq!(done["article_detail"]["item"][1]["idx"], 2);
    assert_eq!(desk.api.get("/cgi-bin/draft/count").await["total_count"], 0, "a published draft goes");

    let event = desk.callback.got().into_iter().find(|got| got.field("Event") == "PUBLISHJOBFINISH").unwrap();
    assert_eq!((event.field("publish_id"), event.field("publish_status")), (publish_id.to_string(), "0".into()));
    let article_id = event.field("article_id");
    assert_eq!((json!(article_id), event.field("count")), (done["article_id"].clone(), "2".into()));
    assert!(event.body.contains("<idx>2</idx>") && event.body.matches("<article_url>").count() == 2);
    assert_eq!(json!(event.field("article_url")), done["article_detail"]["item"][0]["article_url"]);

    let article = desk.ask("freepublish/getarticle", json!({ "article_id": article_id })).await;
    assert_eq!(
        (&article["news_item"][1]["title"], &article["news_item"][1]["is_deleted"]),
        (&json!("二"), &json!(false))
    );
    assert_eq!(article["news_item"][1]["url"], done["article_detail"]["item"][1]["article_url"]);

    // Published articles can be menu buttons.
    let button = json!({ "type": "article_id", "name": "b", "article_id": article_id });
    assert_eq!(errcode(&desk.ask("menu/create", json!({ "button": [button] })).await), 0);
    let fan = desk.wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    let path = format!("{}/sandbox/api/phones/{}/oFan/act", desk.wechat.url(), demo());
    let tap = json!({ "action": "tap", "button": [0] }).to_string();
    reqwest::Client::new().post(path).body(tap).send().await.unwrap();
    let shown = fan.chat().pop().unwrap();
    assert_eq!((shown.kind, shown.articles.len(), shown.articles[0].title.as_str()), (Kind::News, 2, "一"));

    for (path, body, wanted) in [
        ("submit", json!({}), 40007),
        ("submit", json!({ "media_id": media_id }), 40007),
        ("get", json!({}), 53502),
        ("get", json!({ "publish_id": 7 }), 53502),
        ("get", json!({ "publish_id": publish_id + 1 }), 53502),
        ("get", json!({ "publish_id": "x" }), 47001),
        ("getarticle", json!({}), 53600),
        ("getarticle", json!({ "article_id": "none" }), 53600),
        ("delete", json!({ "article_id": "none" }), 53600),
        ("delete", json!({ "article_id": article_id, "index": 3 }), 40035),
        ("batchget", json!({ "offset": 0, "count": 21 }), 40035),
    ] {
        let answer = desk.ask(&format!("freepublish/{path}"), body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{path} {body}: {answer}");
    }
}

#[tokio::test]
async fn publications_are_listed_deleted_and_banned() {
    let desk = Desk::new().await;
    let (first, _, done) = desk.publish(json!([desk.article("一"), desk.article("二")])).await;
    let (second, _, other) = desk.publish(json!([desk.article("三")])).await;
    let (id, other_id) = (done["article_id"].as_str().unwrap(), other["article_id"].as_str().unwrap());
    let list = async |body: Value| desk.ask("freepublish/batchget", body).await;
    let page = list(json!({ "offset": 0, "count": 20, "no_content": 1 })).await;
    assert_eq!((&page["total_count"], &page["item"][0]["article_id"]), (&json!(2), &json!(other_id)));
    assert!(page["item"][0]["content"]["news_item"][0].get("content").is_none());
    let url = |of: &Value, n: usize| of["article_detail"]["item"][n]["article_url"].as_str().unwrap().to_owned();
    let status = async |url: String| reqwest::get(url).await.unwrap().status().as_u16();
    let urls = [url(&done, 0), url(&done, 1), url(&other, 0)];

    assert_eq!(errcode(&desk.ask("freepublish/delete", json!({ "article_id": id, "index": 2 })).await), 0);
    let article = desk.ask("freepublish/getarticle", json!({ "article_id": id })).await;
    assert_eq!(
        (&article["news_item"][0]["is_deleted"], &article["news_item"][1]["is_deleted"]),
        (&json!(false), &json!(true))
    );
    assert_eq!((status(urls[0].clone()).await, status(urls[1].clone()).await), (200, 410));
    let state =
        async |id: i64| desk.ask("freepublish/get", json!({ "publish_id": id })).await["publish_status"].clone();
    assert_eq!(state(first).await, 0);
    assert_eq!(errcode(&desk.ask("freepublish/delete", json!({ "article_id": id })).await), 0);
    assert_eq!((state(first).await, status(urls[0].clone()).await), (json!(5), 410));
    assert_eq!(list(json!({ "offset": 0, "count": 1 })).await["total_count"], 1);

    assert!(desk.wechat.ban_article(&demo(), other_id).unwrap());
    assert!(!desk.wechat.ban_article(&demo(), "none").unwrap());
    assert_eq!((state(second).await, status(urls[2].clone()).await), (json!(6), 410));
    assert_eq!(list(json!({ "offset": 0, "count": 1 })).await["item"], json!([]));
    let tenth = async || errcode(&desk.ask("freepublish/delete", json!({ "article_id": id })).await);
    for _ in 0..8 {
        assert_eq!(tenth().await, 0);
    }
    assert_eq!(tenth().await, 45009, "ten a day");
}

#[tokio::test]
async fn a_publication_fails_on_wish() {
    let desk = Desk::new().await;
    for status in 2..=4 {
        let bad = desk.article(&format!("[publish:{status}]"));
        let (publish_id, _, done) = desk.publish(json!([desk.article("好"), bad])).await;
        assert_eq!(done, json!({ "publish_id": publish_id, "publish_status": status, "fail_idx": [2] }));
        let told = desk.callback.last();
        assert_eq!((told.field("publish_status"), told.field("fail_idx")), (status.to_string(), "2".into()));
        assert!(!told.body.contains("article_id"));
    }
    assert_eq!(desk.api.get("/cgi-bin/draft/count").await["total_count"], 3, "their drafts stay");
    assert_eq!(desk.ask("freepublish/batchget", json!({ "offset": 0, "count": 1 })).await["total_count"], 0);
    for refused in [53500, 53503, 53504, 53505] {
        let media_id = desk.draft(json!([desk.article(&format!("[publish:{refused}]"))])).await;
        assert_eq!(errcode(&desk.ask("freepublish/submit", json!({ "media_id": media_id })).await), refused);
    }
}

#[tokio::test]
async fn an_article_opens_in_a_browser_and_runs_nothing() {
    let desk = Desk::new().await;
    let mut article = desk.article("标题 <b>&\"'");
    article["content"] = "<p onclick=\"alert(1)\">正文</p>".into();
    article["content_source_url"] = "javascript:alert(1)".into();
    article["need_open_comment"] = 1.into();
    let (_, msg_data_id, done) = desk.publish(json!([article])).await;
    let fan = desk.wechat.phone(&demo(), "oFan").await;
    let comment = fan.comment(msg_data_id, 0, "<i>好</i>").unwrap();
    let about = json!({ "msg_data_id": msg_data_id, "user_comment_id": comment, "content": "谢谢" });
    desk.ask("comment/markelect", about.clone()).await;
    desk.ask("comment/reply/add", about).await;
    let url = done["article_detail"]["item"][0]["article_url"].as_str().unwrap();
    let page = reqwest::get(url).await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none';") && policy.contains("sandbox") && !policy.contains("script"));
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    let page = page.text().await.unwrap();
    assert!(page.contains("<h1>标题 &lt;b&gt;&amp;&quot;&#39;</h1>") && page.contains("小满 · 铺子演示号"));
    assert!(page.contains("正文") && !page.contains("javascript:"));
    assert!(page.contains("&lt;i&gt;好&lt;/i&gt;") && page.contains("谢谢"));
    for nowhere in ["articles/none/1", "articles/none/0", "articles/none/x"] {
        let answer = reqwest::get(format!("{}/sandbox/{nowhere}", desk.wechat.url())).await.unwrap();
        assert!(answer.status().is_client_error(), "{nowhere}");
    }
}
