//! Comments under published articles.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, errcode, wechat};
use puzi_sandbox::{App, Phone, Sandbox};
use serde_json::{Value, json};

fn demo() -> String {
    App::demo().appid
}

/// Two published articles: all may comment on the first; only followers could on the second, which is closed.
struct Published {
    wechat: Sandbox,
    api: Api,
    msg_data_id: i64,
    fan: Phone,
}

impl Published {
    async fn new() -> Self {
        let callback = Callback::content().await;
        let wechat = wechat(&callback).await;
        let api = Api::of(&wechat).await;
        let jpg = b"\xff\xd8\xff\xe0".to_vec();
        let cover = api.upload("/cgi-bin/material/add_material?type=image", jpg).await["media_id"].clone();
        let article = |open: i64, fans: i64| {
            json!({
                "title": "t", "content": "c", "thumb_media_id": cover,
                "need_open_comment": open, "only_fans_can_comment": fans,
            })
        };
        let articles = json!({ "articles": [article(1, 0), article(0, 1)] });
        let draft = api.post("/cgi-bin/draft/add", articles).await;
        let body = json!({ "media_id": draft["media_id"] });
        let submitted = api.post("/cgi-bin/freepublish/submit", body).await;
        wechat.clock().advance(Duration::from_secs(10));
        for _ in 0..100 {
            if callback.got().iter().any(|got| got.field("Event") == "PUBLISHJOBFINISH") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let fan = wechat.phone(&demo(), "oFan").await;
        Self { wechat, api, msg_data_id: submitted["msg_data_id"].as_i64().unwrap(), fan }
    }

    /// Asks about a comment of the first article.
    async fn about(&self, path: &str, comment: i64) -> i64 {
        self.ask(path, json!({ "user_comment_id": comment })).await
    }

    async fn ask(&self, path: &str, mut body: Value) -> i64 {
        if body.get("msg_data_id").is_none() {
            body["msg_data_id"] = self.msg_data_id.into();
        }
        errcode(&self.api.post(&format!("/cgi-bin/comment/{path}"), body).await)
    }

    async fn list(&self, begin: i64, count: i64, kind: i64) -> Value {
        let body = json!({ "msg_data_id": self.msg_data_id, "index": 0, "begin": begin, "count": count, "type": kind });
        self.api.post("/cgi-bin/comment/list", body).await
    }
}

#[tokio::test]
async fn users_comment_where_they_may() {
    let published = Published::new().await;
    let Published { msg_data_id, fan, .. } = &published;
    assert!(fan.comment(*msg_data_id, 0, "早").is_some());
    assert_eq!(fan.comment(*msg_data_id, 1, "closed"), None);
    assert_eq!(published.ask("open", json!({ "index": 1 })).await, 0);
    assert_eq!(fan.comment(*msg_data_id, 1, "no follower"), None);
    fan.follow().await;
    assert!(fan.comment(*msg_data_id, 1, "a follower").is_some());
    assert_eq!(fan.comment(*msg_data_id, 2, "no such article"), None);
    assert_eq!(fan.comment(*msg_data_id, 0, ""), None);
    assert_eq!(fan.comment(*msg_data_id, 0, &"字".repeat(601)), None);
    assert_eq!(published.ask("close", json!({})).await, 0);
    assert_eq!(fan.comment(*msg_data_id, 0, "closed"), None);
    assert_eq!(published.list(0, 49, 0).await["total"], 1, "what was written stays");

    let url = format!("{}/sandbox/api/phones/{}/oFan/comment", published.wechat.url(), demo());
    let post = |index: i64| {
        let body = json!({ "msg_data_id": msg_data_id, "index": index, "content": "页" }).to_string();
        reqwest::Client::new().post(&url).body(body).send()
    };
    assert_eq!(post(1).await.unwrap().status(), 201);
    assert_eq!(post(0).await.unwrap().status(), 409);
}

#[tokio::test]
async fn comments_come_in_pages_by_kind() {
    let published = Published::new().await;
    let ids: Vec<_> =
        (0..60).map(|n| published.fan.comment(published.msg_data_id, 0, &n.to_string()).unwrap()).collect();
    let page = published.list(0, 49, 0).await;
    assert_eq!((&page["total"], page["comment"].as_array().unwrap().len()), (&json!(60), 49));
    let newest = &page["comment"][0];
    assert_eq!((&newest["user_comment_id"], &newest["content"]), (&json!(ids[59]), &json!("59")));
    assert_eq!((&newest["openid"], &newest["comment_type"]), (&json!("oFan"), &json!(0)));
    assert!(newest["create_time"].is_i64() && newest.get("reply").is_none());
    assert_eq!(published.list(49, 49, 0).await["comment"].as_array().unwrap().len(), 11);
    assert_eq!(published.list(60, 1, 0).await["comment"], json!([]));
    published.about("markelect", ids[7]).await;
    let elected = published.list(0, 49, 2).await;
    assert_eq!((&elected["total"], &elected["comment"][0]["content"]), (&json!(1), &json!("7")));
    assert_eq!(elected["comment"][0]["comment_type"], 1);
    assert_eq!(published.list(0, 49, 1).await["total"], 59);
    published.about("unmarkelect", ids[7]).await;
    assert_eq!(published.list(0, 49, 2).await["total"], 0);
    for (begin, count, kind, wanted) in
        [(0, 0, 0, 88010), (0, 50, 0, 88010), (0, 51, 0, 88010), (-1, 1, 0, 40035), (0, 1, 3, 40035)]
    {
        assert_eq!(errcode(&published.list(begin, count, kind).await), wanted, "{begin} {count} {kind}");
    }
    assert_eq!(published.ask("list", json!({ "begin": 0, "count": 1 })).await, 40035);
    assert_eq!(published.ask("list", json!({ "begin": 0, "count": [], "type": 0 })).await, 47001);
}

#[tokio::test]
async fn comments_are_elected_answered_and_deleted() {
    let published = Published::new().await;
    let Published { msg_data_id, fan, .. } = &published;
    let id = fan.comment(*msg_data_id, 0, "几点开门？").unwrap();
    let reply = |content: Value| json!({ "user_comment_id": id, "content": content });
    assert_eq!(published.ask("reply/add", reply(json!(""))).await, 88007);
    assert_eq!(published.ask("reply/add", reply(json!("字".repeat(601)))).await, 88007);
    assert_eq!(published.ask("reply/add", reply(json!(9))).await, 47001);
    assert_eq!(published.ask("reply/delete", reply(json!(null))).await, 87009);
    assert_eq!(published.ask("reply/add", reply(json!("九点"))).await, 0);
    assert_eq!(published.ask("reply/add", reply(json!("十点"))).await, 88005);
    let told = published.list(0, 1, 0).await["comment"][0]["reply"].clone();
    assert_eq!(told["content"], "九点");
    assert!(told["create_time"].is_i64());
    assert_eq!(published.ask("reply/delete", reply(json!(null))).await, 0);
    assert!(published.list(0, 1, 0).await["comment"][0].get("reply").is_none());

    assert_eq!((published.about("delete", id).await, published.about("delete", id).await), (0, 88008));
    let own = fan.comment(*msg_data_id, 0, "算了").unwrap();
    let stranger = published.wechat.phone(&demo(), "oStranger").await;
    assert!(!stranger.take_back_comment(own));
    assert!(fan.take_back_comment(own) && !fan.take_back_comment(own));
    assert_eq!(published.list(0, 1, 0).await["total"], 0);
    for path in ["markelect", "unmarkelect", "delete", "reply/add", "reply/delete"] {
        assert_eq!(published.about(path, own).await, 88004, "{path}");
        assert_eq!(published.about(path, 999).await, 88008, "{path}");
        assert_eq!(published.ask(path, json!({})).await, 88008, "{path}");
        assert_eq!(published.ask(path, json!({ "msg_data_id": 1, "user_comment_id": own })).await, 88001, "{path}");
        assert_eq!(published.ask(path, json!({ "index": 2, "user_comment_id": own })).await, 88001, "{path}");
        assert_eq!(published.ask(path, json!({ "msg_data_id": "x" })).await, 47001, "{path}");
    }
    for path in ["open", "close"] {
        assert_eq!(published.ask(path, json!({ "msg_data_id": 1 })).await, 88001, "{path}");
        assert_eq!(errcode(&published.api.post(&format!("/cgi-bin/comment/{path}"), json!({})).await), 88001);
    }
}

#[tokio::test]
async fn a_hundred_are_elected_at_most() {
    let published = Published::new().await;
    let ids: Vec<_> = (0..101).map(|_| published.fan.comment(published.msg_data_id, 0, "好").unwrap()).collect();
    for id in &ids[..100] {
        assert_eq!(published.about("markelect", *id).await, 0);
    }
    assert_eq!(published.about("markelect", ids[100]).await, 88003);
    assert_eq!(published.about("markelect", ids[0]).await, 0, "it is one already");
    published.about("unmarkelect", ids[0]).await;
    assert_eq!(published.about("markelect", ids[100]).await, 0);
}

#[tokio::test]
async fn without_the_right_or_the_article_there_are_no_comments() {
    let published = Published::new().await;
    let id = published.fan.comment(published.msg_data_id, 0, "好").unwrap();
    published.wechat.allow_comments(&demo(), false).unwrap();
    assert_eq!(published.about("markelect", id).await, 88000);
    assert_eq!(published.fan.comment(published.msg_data_id, 0, "好"), None);
    let jpg = b"\xff\xd8\xff\xe0".to_vec();
    let cover = published.api.upload("/cgi-bin/material/add_material?type=image", jpg).await["media_id"].clone();
    let article = json!({ "title": "t", "content": "c", "thumb_media_id": cover, "need_open_comment": 1 });
    let draft = published.api.post("/cgi-bin/draft/add", json!({ "articles": [article] })).await;
    assert_eq!(errcode(&draft), 88000);
    published.wechat.allow_comments(&demo(), true).unwrap();
    let list = published.api.post("/cgi-bin/freepublish/batchget", json!({ "offset": 0, "count": 1 })).await;
    published.wechat.ban_article(&demo(), list["item"][0]["article_id"].as_str().unwrap()).unwrap();
    assert_eq!(published.about("markelect", id).await, 88002);
    assert_eq!(published.fan.comment(published.msg_data_id, 0, "好"), None);
}
