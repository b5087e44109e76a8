//! The calls made from the catalogue, over the wire: how each kind of request is written and each kind of answer read.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use puzi_wechat::Secret;
use puzi_wechat::api::draft::{Article, ArticleKind, Image};
use puzi_wechat::api::mass::{Filter, Images, MessageKind, SendAll};
use puzi_wechat::api::statistics::{AdAction, AdSlot, Ads};
use puzi_wechat::api::subscribe::{MiniProgram, Release, Send};
use puzi_wechat::client::{ApiError, Client, ErrorKind, Picture};
use serde_json::{Value, json};
use wiremock::matchers::{any, body_json, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn start() -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(path("/cgi-bin/stable_token"))
        .respond_with(ok(json!({"access_token": "TOKEN", "expires_in": 7200})))
        .mount(&server)
        .await;
    let client = Client::builder("wx1", Secret::new("s3cret".into())).base_url(server.uri()).build().unwrap();
    (server, client)
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "text/plain")
}

/// Answers the JSON `asks` at `at` with `answer`.
async fn on(server: &MockServer, at: &str, asks: Value, answer: Value) {
    let asked =
        Mock::given(method("POST")).and(path(at)).and(query_param("access_token", "TOKEN")).and(body_json(asks));
    asked.respond_with(ok(answer)).expect(1).mount(server).await;
}

fn mistake(error: ApiError) -> String {
    assert_eq!((error.kind, error.unsent), (ErrorKind::CallerMistake, true));
    error.errmsg
}

#[tokio::test]
async fn arguments_become_json_and_one_field_is_the_answer() {
    let (server, wechat) = start().await;
    let tag = json!({"errcode": 0, "tag": {"id": 134, "name": "VIP"}});
    on(&server, "/cgi-bin/tags/create", json!({"tag": {"name": "VIP"}}), tag).await;
    let tag = wechat.tags().create("VIP").await.unwrap();
    assert_eq!((tag.id, tag.name.as_str(), tag.count), (134, "VIP", 0));

    on(
        &server,
        "/cgi-bin/user/tag/get",
        json!({"tagid": 134, "next_openid": "o1"}),
        json!({"count": 2, "data": {"openid": ["o2", "o3"]}, "next_openid": "o3"}),
    )
    .await;
    let page = wechat.tags().followers(134, Some("o1")).await.unwrap();
    assert_eq!((page.openids, page.next_openid.as_str()), (vec!["o2".to_owned(), "o3".to_owned()], "o3"));
    on(&server, "/cgi-bin/user/tag/get", json!({"tagid": 135}), json!({"count": 0})).await;
    assert!(wechat.tags().followers(135, None).await.unwrap().openids.is_empty());
}

#[tokio::test]
async fn an_answer_without_what_was_asked_for_is_an_error() {
    let (server, wechat) = start().await;
    on(&server, "/cgi-bin/tags/create", json!({"tag": {"name": "VIP"}}), json!({"errcode": 0, "errmsg": "ok"})).await;
    let error = wechat.tags().create("VIP").await.unwrap_err();
    assert_eq!((error.kind, error.errmsg.as_str()), (ErrorKind::Transport, "the answer has no `tag`"));
}

#[tokio::test]
async fn a_struct_is_written_as_the_platform_wants_it() {
    let (server, wechat) = start().await;
    let pictures = Images::new(["M1", "M2"]).need_open_comment(true);
    let ask = SendAll::new(MessageKind::Image).filter(Filter::new().is_to_all(false).tag_id(2)).images(pictures);
    let body = json!({
        "filter": {"is_to_all": false, "tag_id": 2}, "msgtype": "image",
        "images": {"media_ids": ["M1", "M2"], "need_open_comment": 1},
    });
    on(&server, "/cgi-bin/message/mass/sendall", body, json!({"errcode": 0, "msg_id": 34182})).await;
    let sent = wechat.mass().send_all(&ask).await.unwrap();
    assert_eq!((sent.msg_id, sent.msg_data_id), (34182, None));

    let text = SendAll::new(MessageKind::Text).text("大家好").clientmsgid("one");
    let body = json!({"msgtype": "text", "text": {"content": "大家好"}, "clientmsgid": "one"});
    on(&server, "/cgi-bin/message/mass/sendall", body, json!({"msg_id": 2, "msg_data_id": 3})).await;
    assert_eq!(wechat.mass().send_all(&text).await.unwrap().msg_data_id, Some(3));
}

#[tokio::test]
async fn free_keys_and_objects_of_one_field_are_wrapped() {
    let (server, wechat) = start().await;
    let notice = Send::new("o1", "T1")
        .data("thing1", "绿茶")
        .data("amount2", "¥9.90")
        .miniprogram(MiniProgram::new("wx2").pagepath("index"))
        .miniprogram_state(Release::Trial);
    let body = json!({
        "touser": "o1", "template_id": "T1", "data": {"thing1": {"value": "绿茶"}, "amount2": {"value": "¥9.90"}},
        "miniprogram": {"appid": "wx2", "pagepath": "index"}, "miniprogram_state": "trial",
    });
    on(&server, "/cgi-bin/message/subscribe/bizsend", body, json!({"errcode": 0})).await;
    wechat.subscribe().send(&notice).await.unwrap();

    let article = Article::new("春茶", "上市了")
        .article_type(ArticleKind::Newspic)
        .image_info([Image::new("M1")])
        .product_info("K1");
    let body = json!({"articles": [{
        "article_type": "newspic", "title": "春茶", "content": "上市了",
        "image_info": {"image_list": [{"image_media_id": "M1"}]},
        "product_info": {"footer_product_info": {"product_key": "K1"}},
    }]});
    on(&server, "/cgi-bin/draft/add", body, json!({"media_id": "D1"})).await;
    assert_eq!(wechat.draft().create(&[article]).await.unwrap(), "D1");
}

#[tokio::test]
async fn what_is_beyond_a_bound_is_never_sent() {
    let (server, wechat) = start().await;
    Mock::given(any()).respond_with(ok(json!({}))).expect(0).mount(&server).await;
    let long = "标".repeat(11);
    let tags = wechat.tags();
    assert_eq!(mistake(tags.create(&long).await.unwrap_err()), "`tag.name` has 33 bytes; 30 are allowed");
    assert_eq!(mistake(tags.block(&["o"; 21]).await.unwrap_err()), "`openid_list` has 21 items; 20 are allowed");
    assert_eq!(mistake(wechat.mass().set_speed(5).await.unwrap_err()), "`speed` is 5; 0 to 4 are allowed");
    let articles = [Article::new("a", "b"), Article::new("题".repeat(33), "b")];
    assert_eq!(
        mistake(wechat.draft().create(&articles).await.unwrap_err()),
        "`articles[1].title` has 33 characters; 32 are allowed"
    );
    assert_eq!(mistake(wechat.subscribe().send(&Send::new("o1", "T1")).await.unwrap_err()), "`data` is empty");
    assert_eq!(mistake(wechat.oauth().token("").await.unwrap_err()), "`code` is empty");
    let large = Picture::file("card.jpg", vec![0; 2_097_152]);
    assert_eq!(mistake(wechat.ocr().plate(large).await.unwrap_err()), "`img` has 2097152 bytes; 2097151 are allowed");
}

#[tokio::test]
async fn the_users_token_and_the_secret_go_instead_of_the_accounts_token() {
    let (server, wechat) = start().await;
    Mock::given(path("/sns/oauth2/access_token"))
        .and(query_param("appid", "wx1"))
        .and(query_param("secret", "s3cret"))
        .and(query_param("code", "C1"))
        .and(query_param("grant_type", "authorization_code"))
        .and(query_param_is_missing("access_token"))
        .respond_with(ok(json!({
            "access_token": "USER", "expires_in": 7200, "refresh_token": "R", "openid": "o1", "scope": "snsapi_base",
            "is_snapshotuser": 1,
        })))
        .expect(1)
        .mount(&server)
        .await;
    let user = wechat.oauth().token("C1").await.unwrap();
    assert_eq!((user.openid.as_str(), user.is_snapshotuser, user.access_token.expose().as_str()), ("o1", true, "USER"));
    assert!(!format!("{user:?}").contains("USER"));

    Mock::given(path("/sns/userinfo"))
        .and(query_param("access_token", "USER"))
        .and(query_param_is_missing("lang"))
        .respond_with(ok(json!({"openid": "o1", "nickname": "小张"})))
        .expect(1)
        .mount(&server)
        .await;
    let profile = wechat.oauth().profile(&user.access_token, &user.openid, None).await.unwrap();
    assert_eq!((profile.nickname.as_str(), profile.sex, profile.privilege.len()), ("小张", None, 0));
}

#[tokio::test]
async fn a_code_is_not_exchanged_twice() {
    let (server, wechat) = start().await;
    let busy = ok(json!({"errcode": -1, "errmsg": "system error"}));
    Mock::given(path("/sns/oauth2/access_token")).respond_with(busy).expect(1).mount(&server).await;
    assert!(wechat.oauth().token("C1").await.is_err());
}

#[tokio::test]
async fn a_picture_goes_by_url_or_as_a_file() {
    let (server, wechat) = start().await;
    Mock::given(path("/cv/ocr/idcard"))
        .and(query_param("img_url", "https://a/b.jpg?c=1&d"))
        .respond_with(ok(json!({"type": "Front", "name": "张三"})))
        .expect(1)
        .mount(&server)
        .await;
    let card = wechat.ocr().id_card(Picture::url("https://a/b.jpg?c=1&d")).await.unwrap();
    assert_eq!((card.kind.as_str(), card.name.as_str(), card.valid_date.as_str()), ("Front", "张三", ""));

    Mock::given(path("/cv/img/aicrop"))
        .and(query_param_is_missing("img_url"))
        .respond_with(ok(json!({"results": [{"crop_left": 1}], "img_size": {"w": 640, "h": 480}})))
        .expect(1)
        .mount(&server)
        .await;
    let crops = wechat.ocr().crop(Picture::file("a.jpg", vec![7, 7]), Some("1,2.35")).await.unwrap();
    assert_eq!((crops.results[0].crop_left, crops.img_size.unwrap().w), (1, 640));
    let sent = server.received_requests().await.unwrap().pop().unwrap();
    let body = String::from_utf8_lossy(&sent.body).into_owned();
    assert!(body.contains("name=\"img\"; filename=\"a.jpg\"") && body.contains("name=\"ratios\"\r\n"), "{body}");
}

#[tokio::test]
async fn a_failure_told_in_base_resp_is_one() {
    let (server, wechat) = start().await;
    let ask =
        Ads::new(AdAction::PublisherAdposGeneral, 1, 20, "2026-11-01", "2026-11-02").ad_slot(AdSlot::SlotIdBizBottom);
    Mock::given(path("/publisher/stat"))
        .and(query_param("action", "publisher_adpos_general"))
        .and(query_param("ad_slot", "SLOT_ID_BIZ_BOTTOM"))
        .respond_with(ok(json!({"base_resp": {"ret": 45009, "err_msg": "request frequency out of limit"}})))
        .mount(&server)
        .await;
    let error = wechat.statistics().ads(&ask).await.unwrap_err();
    assert_eq!((error.errcode, error.errmsg.as_str()), (Some(45009), "request frequency out of limit"));
}
