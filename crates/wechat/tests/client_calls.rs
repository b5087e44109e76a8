//! Calls, their repetition, their errors, and the typed calls over the wire.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::time::Duration;

use puzi_wechat::Secret;
use puzi_wechat::client::{
    AccessToken, Action, ApiError, Button, CheckAction, CheckOperator, Client, Condition, Content, CustomMessage,
    ErrorKind, Field, Language, MediaFile, MediaKind, MemoryTokens, Menu, Method, TokenStore,
};
use serde_json::{Value, json};
use wiremock::matchers::{any, body_json, body_string, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECRET: &str = "a-secret-nobody-may-read";
const TOKEN: &str = "a-token-nobody-may-read";

async fn start() -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(path("/cgi-bin/stable_token"))
        .respond_with(ok(json!({"access_token": TOKEN, "expires_in": 7200})))
        .mount(&server)
        .await;
    let client = at(&server.uri());
    (server, client)
}

fn at(url: &str) -> Client {
    Client::builder("wx5823bf96d3bd56c7", Secret::new(SECRET.to_owned()))
        .base_url(url)
        .tokens(Arc::new(MemoryTokens::new()))
        .timeout(Duration::from_secs(3))
        .back_off(Duration::from_millis(10))
        .build()
        .unwrap()
}

fn ok(body: Value) -> ResponseTemplate {
    // The platform sends JSON as text.
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "text/plain")
}

fn code(errcode: i64) -> ResponseTemplate {
    ok(json!({"errcode": errcode, "errmsg": "said the platform hint: [abc] rid: 66f-1a2"}))
}

fn get(at: &str) -> wiremock::MockBuilder {
    Mock::given(method("GET")).and(path(at)).and(query_param("access_token", TOKEN))
}

fn post(at: &str) -> wiremock::MockBuilder {
    Mock::given(method("POST")).and(path(at)).and(query_param("access_token", TOKEN))
}

fn assert_keeps_secrets(error: &ApiError) {
    let text = format!("{error} {error:?}");
    assert!(!text.contains(TOKEN) && !text.contains(SECRET) && !text.contains("access_token="), "{text}");
}

#[tokio::test]
async fn a_busy_platform_is_asked_again_when_that_does_no_harm() {
    let (server, client) = start().await;
    get("/cgi-bin/user/info").respond_with(code(-1)).up_to_n_times(3).mount(&server).await;
    get("/cgi-bin/user/info").respond_with(ok(json!({"openid": "o1", "subscribe": 1}))).mount(&server).await;
    assert!(client.users().info("o1").await.unwrap().subscribe);
}

#[tokio::test]
async fn it_is_not_asked_for_ever() {
    let (server, client) = start().await;
    get("/x").respond_with(code(-1)).expect(5).mount(&server).await;
    let error = client.call(Method::GET, "/x").done().await.unwrap_err();
    assert!(error.is(Condition::SystemBusy));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn a_message_is_sent_once_whatever_happens() {
    let (server, client) = start().await;
    let answers = [code(-1), ResponseTemplate::new(502), ok(json!({})).set_delay(Duration::from_secs(5))];
    for (answer, kind) in answers.into_iter().zip([ErrorKind::RetryLater, ErrorKind::Transport, ErrorKind::Transport]) {
        let sent = post("/cgi-bin/message/custom/send").respond_with(answer).expect(1).mount_as_scoped(&server).await;
        let error = client.messages().send("o1", &CustomMessage::text("您好")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(!error.unsent, "it may have had its effect: {error}");
        drop(sent);
    }
}

#[tokio::test]
async fn a_message_that_never_left_is_told_from_one_that_may_have() {
    let message = CustomMessage::text("您好");
    // Free a moment ago: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let tokens = Arc::new(MemoryTokens::new());
    assert!(tokens.try_lease("wx5823bf96d3bd56c7", "test", 9).await.unwrap());
    let token = AccessToken { value: Secret::new(TOKEN.to_owned()), expires_at: i64::MAX };
    tokens.save("wx5823bf96d3bd56c7", "test", &token).await.unwrap();
    let client = Client::builder("wx5823bf96d3bd56c7", Secret::new(SECRET.to_owned()))
        .base_url(format!("http://127.0.0.1:{port}"))
        .tokens(tokens)
        .build()
        .unwrap();
    let error = client.messages().send("o1", &message).await.unwrap_err();
    assert_eq!((error.kind, error.unsent), (ErrorKind::Transport, true), "{error}");
    assert_keeps_secrets(&error);
}

#[tokio::test]
async fn a_message_without_a_token_never_left() {
    let server = MockServer::start().await;
    let (client, message) = (at(&server.uri()), CustomMessage::text("您好"));
    let down = Mock::given(path("/cgi-bin/stable_token")).respond_with(ResponseTemplate::new(502));
    let down = down.mount_as_scoped(&server).await;
    let error = client.messages().send("o1", &message).await.unwrap_err();
    assert_eq!((error.kind, error.unsent), (ErrorKind::Transport, true), "{error}");

    // Also when it is missing only after the platform refused the one before.
    drop(down);
    let granted = ok(json!({"access_token": TOKEN, "expires_in": 7200}));
    Mock::given(path("/cgi-bin/stable_token")).respond_with(granted).up_to_n_times(1).mount(&server).await;
    Mock::given(path("/cgi-bin/stable_token")).respond_with(ResponseTemplate::new(502)).mount(&server).await;
    post("/cgi-bin/message/custom/send").respond_with(code(40001)).expect(1).mount(&server).await;
    let error = client.messages().send("o1", &message).await.unwrap_err();
    assert_eq!((error.kind, error.unsent), (ErrorKind::Transport, true), "{error}");
}

#[tokio::test]
async fn a_broken_exchange_is_repeated_when_that_does_no_harm() {
    let (server, client) = start().await;
    post("/cgi-bin/menu/create").respond_with(ResponseTemplate::new(503)).up_to_n_times(2).mount(&server).await;
    post("/cgi-bin/menu/create").respond_with(code(0)).expect(1).mount(&server).await;
    client.menu().create(&Menu::new([Button::click("今日", "TODAY")])).await.unwrap();
}

#[tokio::test]
async fn too_frequent_calls_are_told_to_wait_and_not_repeated() {
    let (server, client) = start().await;
    get("/x").respond_with(code(45011)).expect(1).mount(&server).await;
    let error = client.call(Method::GET, "/x").done().await.unwrap_err();
    assert!(error.is(Condition::TooFrequent));
    assert_eq!((error.kind, error.retry_after()), (ErrorKind::RetryLater, Some(Duration::from_secs(60))));
    assert_eq!((error.hint(), error.rid.as_deref()), (Some("abc"), Some("66f-1a2")));
}

#[tokio::test]
async fn a_closed_window_is_told_by_its_name() {
    let (server, client) = start().await;
    post("/cgi-bin/message/custom/send").respond_with(code(45015)).mount(&server).await;
    let error = client.messages().send("o1", &CustomMessage::text("您好")).await.unwrap_err();
    assert!(error.is(Condition::WindowClosed) && !error.is(Condition::QuotaUsedUp));
    assert_eq!(error.kind, ErrorKind::BusinessState);
    assert_eq!(
        error.to_string(),
        "/cgi-bin/message/custom/send: 45015 said the platform hint: [abc] rid: 66f-1a2 (business state)"
    );
}

#[tokio::test]
async fn no_error_shows_a_token_or_a_secret() {
    let (server, client) = start().await;
    client.token().await.unwrap();
    let echo = format!("your access_token {TOKEN} is odd");
    get("/echo").respond_with(ok(json!({"errcode": 48001, "errmsg": echo}))).mount(&server).await;
    get("/slow").respond_with(ok(json!({})).set_delay(Duration::from_secs(5))).mount(&server).await;
    get("/page").respond_with(ResponseTemplate::new(404)).mount(&server).await;
    for path in ["/echo", "/slow", "/page", "no slash"] {
        let call = client.call(Method::GET, path).timeout(Duration::from_millis(100)).idempotent(false);
        assert_keeps_secrets(&call.done().await.unwrap_err());
    }
    drop(server);
    assert_keeps_secrets(&client.call(Method::POST, "/gone").done().await.unwrap_err());

    let server = MockServer::start().await;
    let echo = json!({"errcode": 40125, "errmsg": format!("invalid appsecret {SECRET}")});
    Mock::given(any()).respond_with(ok(echo)).mount(&server).await;
    let client = at(&server.uri());
    let error = client.token().await.unwrap_err();
    assert!(error.is(Condition::WrongCredentials));
    assert_keeps_secrets(&error);
    assert!(!format!("{client:?} {:?}", client.call(Method::GET, "/x").query("k", SECRET)).contains(SECRET));
}

#[tokio::test]
async fn control_characters_in_an_answer_are_read() {
    let (server, client) = start().await;
    let body = b"{\"openid\":\"o1\",\"subscribe\":1,\"nickname\":\"a\x01b\",\"qr_scene\":\"7\",\"sex\":0}".to_vec();
    get("/cgi-bin/user/info")
        .and(query_param("openid", "o1"))
        .and(query_param("lang", "en"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
        .mount(&server)
        .await;
    let follower = client.users().language(Language::English).info("o1").await.unwrap();
    assert_eq!((follower.nickname.as_str(), follower.qr_scene), ("a\u{1}b", 7));
    assert_eq!((follower.sex, follower.more.len()), (0, 0));
}

#[tokio::test]
async fn any_path_can_be_called() {
    let (server, client) = start().await;
    post("/cgi-bin/anything")
        .and(query_param("action", "a&b"))
        .and(body_string(r#"{"name":"铺子"}"#))
        .respond_with(ok(json!({"id": 7})))
        .mount(&server)
        .await;
    let call = client.call(Method::POST, "/cgi-bin/anything").query("action", "a&b").json(&json!({"name": "铺子"}));
    assert_eq!(call.send::<Value>().await.unwrap(), json!({"id": 7}));

    Mock::given(path("/sns/userinfo"))
        .and(query_param_is_missing("access_token"))
        .respond_with(code(40029))
        .mount(&server)
        .await;
    let error = client.call(Method::GET, "/sns/userinfo").without_token().done().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AskUserAgain);
}

#[tokio::test]
async fn an_answer_that_is_something_else_is_an_error() {
    let (server, client) = start().await;
    get("/page").respond_with(ResponseTemplate::new(200).set_body_string("<html>")).mount(&server).await;
    get("/moved").respond_with(ResponseTemplate::new(302).insert_header("location", "/page")).mount(&server).await;
    let error = client.call(Method::GET, "/page").done().await.unwrap_err();
    assert_eq!((error.kind, error.errmsg.as_str()), (ErrorKind::Transport, "the answer is not JSON"));
    let error = client.call(Method::GET, "/moved").done().await.unwrap_err();
    assert_eq!((error.kind, error.errmsg.as_str()), (ErrorKind::Configuration, "HTTP status 302 Found to /page"));
}

#[tokio::test]
async fn a_base_url_that_is_none_is_refused() {
    for url in ["", "api.weixin.qq.com", "ftp://x", "https://x/?a=b"] {
        let built = Client::builder("wx1", Secret::new(String::new())).base_url(url).build();
        assert_eq!(built.unwrap_err().kind, ErrorKind::Configuration, "{url}");
    }
}

#[tokio::test]
async fn followers_come_page_by_page() {
    let (server, client) = start().await;
    let list = "/cgi-bin/user/get";
    let page = |openids: &[&str]| {
        let last = openids.last().unwrap();
        ok(json!({"total": 3, "count": openids.len(), "data": {"openid": openids}, "next_openid": last}))
    };
    get(list)
        .and(query_param_is_missing("next_openid"))
        .respond_with(page(&["o1", "o2"]))
        .expect(1)
        .mount(&server)
        .await;
    get(list).and(query_param("next_openid", "o2")).respond_with(page(&["o3"])).expect(1).mount(&server).await;
    let mut pages = client.users().pages();
    assert_eq!(pages.next().await.unwrap().unwrap(), ["o1", "o2"]);
    assert_eq!(pages.next().await.unwrap().unwrap(), ["o3"]);
    assert_eq!(pages.next().await.unwrap(), None);
}

#[tokio::test]
async fn an_account_without_followers_has_no_page() {
    let (server, client) = start().await;
    get("/cgi-bin/user/get")
        .respond_with(ok(json!({"total": 0, "count": 0, "next_openid": ""})))
        .expect(1)
        .mount(&server)
        .await;
    let mut pages = client.users().pages();
    assert_eq!(pages.next().await.unwrap(), None);
    assert_eq!(pages.next().await.unwrap(), None);
}

#[tokio::test]
async fn users_are_asked_for_in_batches() {
    let (server, client) = start().await;
    let asked = json!({"user_list": [{"openid": "o1", "lang": "zh_CN"}, {"openid": "o2", "lang": "zh_CN"}]});
    let answer = json!({"user_info_list": [
        {"subscribe": 1, "openid": "o1", "tagid_list": [2, 100], "subscribe_time": 1_700_000_000},
        {"subscribe": 0, "openid": "o2"},
    ]});
    post("/cgi-bin/user/info/batchget").and(body_json(asked)).respond_with(ok(answer)).mount(&server).await;
    let users = client.users().infos(&["o1", "o2"]).await.unwrap();
    assert_eq!((users[0].subscribe, users[0].tagid_list.as_slice()), (true, [2, 100].as_slice()));
    assert_eq!((users[1].subscribe, users[1].openid.as_str()), (false, "o2"));
    let many = vec!["o"; 101];
    assert_eq!(client.users().infos(&many).await.unwrap_err().kind, ErrorKind::CallerMistake);
}

#[tokio::test]
async fn an_agent_speaks_and_types() {
    let (server, client) = start().await;
    let message = json!({
        "touser": "o1", "msgtype": "image", "image": {"media_id": "M"}, "customservice": {"kf_account": "kf@shop"},
    });
    post("/cgi-bin/message/custom/send").and(body_json(message)).respond_with(code(0)).expect(1).mount(&server).await;
    client.messages().send_as("kf@shop", "o1", &CustomMessage::image("M")).await.unwrap();

    let typing = |command: &str| json!({"touser": "o1", "command": command});
    let api = "/cgi-bin/message/custom/typing";
    post(api).and(body_json(typing("Typing"))).respond_with(code(45081)).expect(1).mount(&server).await;
    post(api).and(body_json(typing("CancelTyping"))).respond_with(code(0)).expect(1).mount(&server).await;
    client.messages().typing("o1", true).await.unwrap();
    client.messages().typing("o1", false).await.unwrap();
}

#[tokio::test]
async fn an_account_without_a_menu_has_none() {
    let (server, client) = start().await;
    get("/cgi-bin/menu/get").respond_with(code(46003)).up_to_n_times(1).mount(&server).await;
    assert_eq!(client.menu().get().await.unwrap(), None);

    let menu = json!({
        "menu": {"button": [{"type": "click", "name": "今日", "key": "TODAY", "sub_button": []}], "menuid": 208},
        "conditionalmenu": [{"button": [{"type": "view", "name": "店", "url": "https://s"}],
            "matchrule": {"tag_id": "2"}, "menuid": 209}],
    });
    get("/cgi-bin/menu/get").respond_with(ok(menu)).mount(&server).await;
    let menus = client.menu().get().await.unwrap().unwrap();
    assert_eq!(menus.menu, Menu::new([Button::new("今日", Action::Click("TODAY".into()))]));
    assert_eq!((menus.conditional[0].rule.tag_id, menus.conditional[0].menuid), (Some(2), 209));
}

#[tokio::test]
async fn a_wrong_menu_is_not_sent() {
    let (server, client) = start().await;
    post("/cgi-bin/menu/create").respond_with(code(0)).expect(0).mount(&server).await;
    let error = client.menu().create(&Menu::new([Button::view("商城", "")])).await.unwrap_err();
    assert_eq!((error.kind, error.errcode), (ErrorKind::CallerMistake, None));
}

#[tokio::test]
async fn media_come_as_bytes_or_as_a_video_or_as_an_error() {
    let (server, client) = start().await;
    let api = "/cgi-bin/media/get";
    let jpeg = ResponseTemplate::new(200)
        .insert_header("content-disposition", "attachment; filename=\"M.jpg\"")
        .set_body_raw(b"\xff\xd8\xff\xe0{\"errcode\":1}".to_vec(), "image/jpeg");
    get(api).and(query_param("media_id", "M")).respond_with(jpeg).mount(&server).await;
    get(api).and(query_param("media_id", "V")).respond_with(ok(json!({"video_url": "http://v"}))).mount(&server).await;
    get(api).and(query_param("media_id", "X")).respond_with(code(40007)).expect(1).mount(&server).await;

    let MediaFile::Bytes(picture) = client.media().download("M").await.unwrap() else { panic!("not a picture") };
    assert_eq!(&picture.bytes[..4], b"\xff\xd8\xff\xe0");
    assert_eq!((picture.file_name.as_deref(), picture.content_type.as_deref()), (Some("M.jpg"), Some("image/jpeg")));
    let MediaFile::Video { url } = client.media().download("V").await.unwrap() else { panic!("not a video") };
    assert_eq!(url, "http://v");
    assert_eq!(client.media().download("X").await.unwrap_err().errcode, Some(40007));
}

#[tokio::test]
async fn a_file_is_uploaded_with_its_length_and_name() {
    let (server, client) = start().await;
    let answer = json!({"type": "thumb", "thumb_media_id": "TM", "created_at": "1700000000"});
    post("/cgi-bin/media/upload").and(query_param("type", "thumb")).respond_with(ok(answer)).mount(&server).await;
    let file = std::env::temp_dir().join(format!("puzi-upload-{}.jpg", std::process::id()));
    std::fs::write(&file, b"\xff\xd8 a small picture").unwrap();

    for content in [Content::file(&file), Content::from(&b"\xff\xd8 a small picture"[..])] {
        let uploaded = client.media().upload(MediaKind::Thumb, "小图.jpg", content).await.unwrap();
        assert_eq!((uploaded.media_id.as_str(), uploaded.created_at), ("TM", 1_700_000_000));
        let request = server.received_requests().await.unwrap().pop().unwrap();
        let body = String::from_utf8_lossy(&request.body);
        assert!(body.contains("name=\"media\"; filename=\"小图.jpg\"\r\nContent-Type: image/jpeg"), "{body}");
        assert!(body.contains(" a small picture\r\n"), "{body}");
        assert_eq!(request.headers["content-length"].to_str().unwrap(), request.body.len().to_string());
    }
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn an_upload_is_repeated_with_the_whole_file() {
    let (server, client) = start().await;
    post("/cgi-bin/media/upload").respond_with(code(40014)).up_to_n_times(1).mount(&server).await;
    post("/cgi-bin/media/upload").respond_with(ok(json!({"media_id": "M"}))).mount(&server).await;
    // The token API hands out the same token; a forced refresh is what follows, and it answers alike.
    client.media().upload(MediaKind::Image, "a.png", vec![7; 1000]).await.unwrap();
    let last = server.received_requests().await.unwrap().pop().unwrap();
    assert!(last.body.windows(1000).any(|part| part == [7; 1000]));
}

#[tokio::test]
async fn what_is_too_large_or_of_another_kind_is_not_sent() {
    let (server, client) = start().await;
    post("/cgi-bin/media/upload").respond_with(code(0)).expect(0).mount(&server).await;
    for (kind, name, size, says) in [
        (MediaKind::Thumb, "a.jpg", 64 * 1024 + 1, "65537 bytes; 65536 are allowed"),
        (MediaKind::Voice, "a.wav", 10, "must end in one of amr, mp3"),
        (MediaKind::Image, "a", 10, "must end in one of png, jpg, jpeg, gif"),
        (MediaKind::Video, "a.mp4", 0, "is empty"),
    ] {
        let error = client.media().upload(kind, name, vec![0; size]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::CallerMistake);
        assert!(error.errmsg.contains(says), "{error}");
    }
    let error = client.media().upload(MediaKind::Image, "a.png", Content::file("/no/such/file")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CallerMistake);
    let field = Field::file("media", "a.png", Content::file("/no/such/file"));
    let error = client.call(Method::POST, "/x").multipart([field]).done().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CallerMistake);
}

#[tokio::test]
async fn the_platform_tells_addresses_quotas_and_the_way_to_the_callback() {
    let (server, client) = start().await;
    let ips = json!({"ip_list": ["203.0.113.1"]});
    get("/cgi-bin/get_api_domain_ip").respond_with(ok(ips.clone())).mount(&server).await;
    get("/cgi-bin/getcallbackip").respond_with(ok(ips)).mount(&server).await;
    assert_eq!(client.base().api_addresses().await.unwrap(), ["203.0.113.1"]);
    assert_eq!(client.base().callback_addresses().await.unwrap(), ["203.0.113.1"]);

    post("/cgi-bin/callback/check")
        .and(body_json(json!({"action": "all", "check_operator": "DEFAULT"})))
        .respond_with(ok(json!({"dns": [{"ip": "203.0.113.2", "real_operator": "UNICOM"}],
            "ping": [{"ip": "203.0.113.2", "from_operator": "CAP", "package_loss": "0%", "time": "23.079ms"}]})))
        .mount(&server)
        .await;
    let found = client.base().check_callback(CheckAction::All, CheckOperator::Default).await.unwrap();
    assert_eq!((found.dns[0].real_operator.as_str(), found.ping[0].package_loss.as_str()), ("UNICOM", "0%"));

    post("/cgi-bin/openapi/quota/get")
        .and(body_json(json!({"cgi_path": "/cgi-bin/message/custom/send"})))
        .respond_with(ok(json!({"errcode": 0, "quota": {"daily_limit": 100, "used": 3, "remain": 97},
            "rate_limit": {"call_count": 5, "refresh_second": 60}})))
        .mount(&server)
        .await;
    let quota = client.base().quota("/cgi-bin/message/custom/send").await.unwrap();
    assert_eq!((quota.quota.remain, quota.rate_limit.unwrap().refresh_second), (97, 60));

    post("/cgi-bin/clear_quota")
        .and(body_json(json!({"appid": "wx5823bf96d3bd56c7"})))
        .respond_with(code(48006))
        .expect(1)
        .mount(&server)
        .await;
    assert!(client.base().clear_quota().await.unwrap_err().is(Condition::QuotaUsedUp));
}
