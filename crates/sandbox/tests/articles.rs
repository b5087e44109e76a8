//! Drafts: what an article may be, and what becomes of it.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;
mod newsroom;

use common::errcode;
use newsroom::{Desk, JPG, demo};
use serde_json::{Value, json};

#[tokio::test]
async fn a_draft_is_kept_changed_and_deleted() {
    let desk = Desk::new().await;
    let media_id = desk.draft(json!([desk.article("一")])).await;
    let draft = desk.ask("draft/get", json!({ "media_id": media_id })).await;
    let item = &draft["news_item"][0];
    assert_eq!(
        (&item["title"], &item["author"], &item["article_type"]),
        (&json!("一"), &json!("小满"), &json!("news"))
    );
    assert_eq!((&item["digest"], &item["need_open_comment"]), (&json!("早上好"), &json!(0)));
    assert_eq!(reqwest::get(item["thumb_url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap(), JPG);
    assert!(draft["create_time"].is_i64());
    let page = reqwest::get(item["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(page.status(), 200);

    let two = desk.draft(json!([desk.article("二"), desk.article("三")])).await;
    let pair = desk.ask("draft/get", json!({ "media_id": two })).await;
    assert_eq!(pair["news_item"][0]["digest"], "", "only one that comes alone has a digest");
    let change = |index: Value| json!({ "media_id": two, "index": index, "articles": desk.article("改") });
    assert_eq!(errcode(&desk.ask("draft/update", change(json!(1))).await), 0);
    for (body, wanted) in [
        (change(json!(2)), 40114),
        (change(json!(-1)), 40114),
        (change(json!("x")), 47001),
        (json!({ "media_id": "none", "index": 0, "articles": desk.article("t") }), 40007),
        (json!({ "media_id": two, "index": 0 }), 44003),
        (json!({ "media_id": two, "index": 0, "articles": [desk.article("t")] }), 47001),
        (json!({ "media_id": two, "index": 0, "articles": desk.with("title", json!("")) }), 45003),
    ] {
        let answer = desk.ask("draft/update", body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{body}: {answer}");
    }
    let pair = desk.ask("draft/get", json!({ "media_id": two })).await;
    assert_eq!((&pair["news_item"][0]["title"], &pair["news_item"][1]["title"]), (&json!("二"), &json!("改")));

    assert_eq!(desk.api.get("/cgi-bin/draft/count").await, json!({ "total_count": 2 }));
    let page = desk.ask("draft/batchget", json!({ "offset": 0, "count": 20 })).await;
    assert_eq!((&page["total_count"], &page["item_count"]), (&json!(2), &json!(2)));
    assert_eq!((&page["item"][0]["media_id"], &page["item"][1]["media_id"]), (&json!(two), &json!(media_id)));
    assert!(page["item"][0]["content"]["news_item"][0]["content"].is_string());
    let page = desk.ask("draft/batchget", json!({ "offset": 1, "count": 1, "no_content": 1 })).await;
    assert_eq!((&page["item_count"], &page["item"][0]["media_id"]), (&json!(1), &json!(media_id)));
    assert!(page["item"][0]["content"]["news_item"][0].get("content").is_none());
    for body in
        [json!({ "offset": 0, "count": 21 }), json!({ "offset": 0, "count": 0 }), json!({ "offset": -1, "count": 1 })]
    {
        assert_eq!(errcode(&desk.ask("draft/batchget", body).await), 40035);
    }

    let gone = json!({ "media_id": two });
    assert_eq!(errcode(&desk.ask("draft/delete", gone.clone()).await), 0);
    assert_eq!(errcode(&desk.ask("draft/delete", gone.clone()).await), 40007);
    assert_eq!(errcode(&desk.ask("draft/get", gone).await), 40007);
    assert_eq!(errcode(&desk.ask("draft/get", json!({})).await), 40007);
    assert_eq!(errcode(&desk.ask("draft/get", json!({ "media_id": 7 })).await), 47001);
    assert_eq!(errcode(&desk.ask("draft/count", json!({})).await), 43001);
    assert_eq!(errcode(&desk.api.get("/cgi-bin/draft/add").await), 43002);
}

#[tokio::test]
async fn articles_are_checked() {
    let desk = Desk::new().await;
    let temporary = desk.api.upload("/cgi-bin/media/upload?type=image", JPG.to_vec()).await["media_id"].clone();
    let ok = desk.article("t");
    let long = |chars: usize| json!("字".repeat(chars));
    let mut cases = vec![
        (json!([]), 44003),
        (Value::Null, 44003),
        (json!({}), 47001),
        (json!(["t"]), 47001),
        (Value::from(vec![ok.clone(); 9]), 45008),
        (Value::from(vec![ok.clone(); 8]), 0),
    ];
    for (name, value, wanted) in [
        ("title", json!(null), 45003),
        ("title", long(33), 45003),
        ("title", long(32), 0),
        ("title", json!(1), 47001),
        ("author", long(17), 45110),
        ("author", long(16), 0),
        ("digest", long(129), 45004),
        ("digest", long(128), 0),
        ("content", json!(""), 44004),
        ("content", long(20_000), 45002),
        ("content", long(19_999), 0),
        ("content_source_url", json!(format!("https://a/{}", "x".repeat(1024))), 45005),
        ("thumb_media_id", json!(null), 40007),
        ("thumb_media_id", json!("none"), 40007),
        ("thumb_media_id", temporary.clone(), 40007),
        ("need_open_comment", json!(2), 40035),
        ("need_open_comment", json!("yes"), 47001),
        ("need_open_comment", json!("1"), 0),
        ("only_fans_can_comment", json!(-1), 40035),
        ("pic_crop_235_1", json!("0_0_2_1"), 53402),
        ("pic_crop_1_1", json!("0_0_1"), 53402),
        ("pic_crop_235_1", json!("0.1945_0_1_0.5236"), 0),
        ("article_type", json!("film"), 40035),
        ("article_type", json!("newspic"), 40007),
    ] {
        cases.push((json!([desk.with(name, value)]), wanted));
    }
    for (articles, wanted) in cases {
        let answer = desk.add(articles.clone()).await;
        let shown: String = articles.to_string().chars().take(200).collect();
        assert_eq!(errcode(&answer), wanted, "{shown}: {answer}");
    }
    // Scripts and pictures from elsewhere are taken out.
    let content = "<p>a</p><script>alert(1)</script><img src=\"https://example.com/x.png\"><b>b</b>";
    let media_id = desk.draft(json!([desk.with("content", json!(content))])).await;
    let draft = desk.ask("draft/get", json!({ "media_id": media_id })).await;
    assert_eq!(draft["news_item"][0]["content"], "<p>a</p><b>b</b>");
}

#[tokio::test]
async fn pictures_make_an_article_too() {
    let desk = Desk::new().await;
    let thumb = desk.api.upload("/cgi-bin/material/add_material?type=thumb", JPG.to_vec()).await["media_id"].clone();
    let image = json!({ "image_media_id": desk.cover });
    let article = |images: usize| {
        let list = vec![image.clone(); images];
        json!({ "article_type": "newspic", "title": "t", "content": "<b>看</b>", "image_info": { "image_list": list } })
    };
    let with = |name: &str, value: Value| {
        let mut article = article(1);
        article[name] = value;
        article
    };
    let crop = |ratio: &str, x2: &str| json!({ "crop_percent_list": [{ "ratio": ratio, "x1": "0", "y1": "0", "x2": x2, "y2": "1" }] });
    for (article, wanted) in [
        (article(0), 40007),
        (article(20), 0),
        (article(21), 45008),
        (with("image_info", json!({ "image_list": [{ "image_media_id": "none" }] })), 40007),
        (with("image_info", json!({ "image_list": [{ "image_media_id": thumb }] })), 40007),
        (with("image_info", json!({ "image_list": "x" })), 47001),
        (with("cover_info", crop("1_1", "0.8")), 0),
        (with("cover_info", crop("3_2", "0.8")), 53402),
        (with("cover_info", crop("1_1", "1.8")), 53402),
        (with("cover_info", json!({})), 53402),
        (with("product_info", json!({ "footer_product_info": {} })), 40035),
    ] {
        let answer = desk.add(json!([article])).await;
        assert_eq!(errcode(&answer), wanted, "{article}: {answer}");
    }

    let card = async |body: Value| desk.api.post("/channels/ec/service/product/getcardinfo", body).await;
    for (product, kind, card_type, wanted) in [
        (json!("x1"), "newspic", 1, 10_170_001),
        (Value::Null, "newspic", 1, 10_170_001),
        (json!("1"), "film", 1, 10_170_002),
        (json!("1"), "newspic", 0, 10_170_003),
        (json!("1"), "news", 3, 10_170_003),
        (json!("1"), "news", 0, 0),
        (json!(1), "newspic", 3, 0),
    ] {
        let body = json!({ "product_id": product, "article_type": kind, "card_type": card_type });
        let answer = card(body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{body}: {answer}");
    }
    let made = card(json!({ "product_id": "10001", "article_type": "newspic", "card_type": 3 })).await;
    let words = format!("<b>看</b>{}", made["DOM"].as_str().unwrap());
    let mut article = with("product_info", json!({ "footer_product_info": { "product_key": made["product_key"] } }));
    article["content"] = words.into();
    let media_id = desk.draft(json!([article])).await;
    let draft = desk.ask("draft/get", json!({ "media_id": media_id })).await;
    let item = &draft["news_item"][0];
    assert_eq!(item["image_info"]["image_list"][0]["image_media_id"], desk.cover);
    assert_eq!(item["product_info"]["footer_product_info"]["product_key"], made["product_key"]);
    assert_eq!(item["content"], format!("看{}", made["DOM"].as_str().unwrap()), "words, and cards");
    let page = reqwest::get(item["url"].as_str().unwrap()).await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("/sandbox/media/{}", desk.cover)));
}

#[tokio::test]
async fn the_draft_box_is_switched_on_for_good() {
    let desk = Desk::new().await;
    let switch = async |path: &str| desk.api.post(path, json!({})).await["is_open"].clone();
    assert_eq!(switch("/cgi-bin/draft/switch?checkonly=1").await, 1);
    desk.wechat.set_draft_box(&demo(), false).unwrap();
    assert_eq!(switch("/cgi-bin/draft/switch?checkonly=1").await, 0);
    assert_eq!(errcode(&desk.add(json!([desk.article("t")])).await), 48001);
    assert_eq!(errcode(&desk.api.get("/cgi-bin/draft/count").await), 48001);
    assert_eq!(switch("/cgi-bin/draft/switch").await, 1);
    assert_eq!(switch("/cgi-bin/draft/switch?checkonly=1").await, 1);
    desk.draft(json!([desk.article("t")])).await;
}
