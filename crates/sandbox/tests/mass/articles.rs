//! Articles: their pages, their deletion, reprints.

use puzi_sandbox::{AccountKind, Kind};
use serde_json::{Value, json};

use crate::common::{Api, Callback, errcode};
use crate::heard::heard;
use crate::{DELETE, FINISH, PREVIEW, SEND_ALL, counts, crowd, demo, minute, status, to_all};

/// A draft of two articles.
async fn draft(api: &Api, titles: [&str; 2]) -> String {
    let jpg = [b"\xff\xd8\xff".as_slice(), &[0; 64]].concat();
    let cover = api.upload("/cgi-bin/material/add_material?type=image", jpg).await;
    let cover = cover["media_id"].as_str().unwrap_or_else(|| panic!("{cover}")).to_owned();
    let articles = titles.map(|title| json!({ "title": title, "content": "<p>正文</p>", "thumb_media_id": cover }));
    let draft = api.post("/cgi-bin/draft/add", json!({ "articles": articles })).await;
    draft["media_id"].as_str().unwrap_or_else(|| panic!("{draft}")).to_owned()
}

fn news(media_id: &str) -> Value {
    json!({ "filter": { "is_to_all": true }, "msgtype": "mpnews", "mpnews": { "media_id": media_id } })
}

#[tokio::test]
async fn articles_are_sent_shown_and_deleted() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = crowd(&callback, AccountKind::Service).await;
    let first = draft(&api, ["春茶", "夏茶"]).await;
    let preview = json!({ "touser": "oFan", "msgtype": "mpnews", "mpnews": { "media_id": first } });
    assert_eq!(errcode(&api.post(PREVIEW, preview).await), 0);
    let answer = api.post(SEND_ALL, news(&first)).await;
    let (msg_id, data_id) = (answer["msg_id"].clone(), answer["msg_data_id"].as_i64().unwrap());
    assert!(data_id > 0);
    assert_eq!(errcode(&api.post(SEND_ALL, news(&first)).await), 40007, "a sent draft is gone");
    minute(&wechat);
    let told = heard(&callback, FINISH, 1).await;
    assert_eq!(counts(&told), ["4", "4", "4", "0"]);
    assert!(told.body.contains("<CheckState>1</CheckState>"));
    let urls: Vec<_> =
        told.body.split("<ArticleUrl><![CDATA[").skip(1).map(|rest| rest.split("]]>").next().unwrap()).collect();
    assert_eq!(urls.len(), 2, "{}", told.body);
    let last = fan.chat().pop().unwrap();
    assert_eq!((last.kind, last.articles.len()), (Kind::News, 2));
    assert_eq!((last.articles[0].title.as_str(), last.articles[1].url.as_str()), ("春茶", urls[1]));

    let page = async |url: &str| {
        let answer = reqwest::get(url).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (read, text) = page(urls[1]).await;
    assert!(read == 200 && text.contains("夏茶"), "{text}");
    let delete = |body: Value| api.post(DELETE, body);
    assert_eq!(errcode(&delete(json!({})).await), 40059);
    assert_eq!(errcode(&delete(json!({ "article_idx": 1 })).await), 40059);
    assert_eq!(errcode(&delete(json!({ "msg_id": msg_id, "article_idx": 3 })).await), 40114);
    assert_eq!(errcode(&delete(json!({ "url": "https://example.com" })).await), 40059);
    assert_eq!(errcode(&delete(json!({ "msg_id": msg_id, "article_idx": 2 })).await), 0);
    assert_eq!(status(&api, &msg_id).await, "SEND_SUCCESS");
    assert_eq!((page(urls[0]).await.0, page(urls[1]).await.0), (200, 410));
    assert_eq!(errcode(&delete(json!({ "url": urls[1] })).await), 40059, "that one is gone");
    assert_eq!(errcode(&delete(json!({ "url": urls[0] })).await), 0);
    assert_eq!(status(&api, &msg_id).await, "DELETE");
    assert_eq!(errcode(&delete(json!({ "msg_id": msg_id })).await), 40059);
    assert_eq!(errcode(&delete(json!({ "msg_id": msg_id })).await), 40059);
    assert_eq!(errcode(&delete(json!({ "msg_id": msg_id })).await), 40059);
    assert_eq!(errcode(&delete(json!({ "msg_id": msg_id })).await), 45009, "ten a day");
}

#[tokio::test]
async fn a_reprint_goes_only_where_it_may() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = crowd(&callback, AccountKind::Service).await;
    wechat.declare_original(&demo(), "可转载", true);
    wechat.declare_original(&demo(), "不可转载", false);
    for (n, (title, ignore, status_told, check)) in
        [("可转载", 0, "err(30003)", 3), ("可转载", 1, "send success", 2), ("不可转载", 1, "err(30002)", 3)]
            .into_iter()
            .enumerate()
    {
        let mut body = news(&draft(&api, ["自己的", title]).await);
        body["send_ignore_reprint"] = json!(ignore);
        let msg_id = api.post(SEND_ALL, body).await["msg_id"].clone();
        minute(&wechat);
        let told = heard(&callback, FINISH, n + 1).await;
        assert_eq!(told.field("Status"), status_told);
        assert!(told.body.contains(&format!("<CheckState>{check}</CheckState>")), "{}", told.body);
        assert!(told.body.contains("<item><ArticleIdx>2</ArticleIdx><UserDeclareState>0</UserDeclareState>"));
        let sent = if check == 2 { ("SEND_SUCCESS", "4") } else { ("SEND_FAIL", "0") };
        assert_eq!((status(&api, &msg_id).await.as_str().unwrap(), told.field("SentCount").as_str()), sent);
    }
    assert_eq!(fan.chat().iter().filter(|item| item.kind == Kind::News).count(), 1);
    // What failed took nothing of the four a month.
    for n in 2..=4 {
        assert_eq!(errcode(&api.post(SEND_ALL, to_all(&n.to_string())).await), 0, "{n}");
    }
    assert_eq!(errcode(&api.post(SEND_ALL, to_all("5")).await), 45028);
}
