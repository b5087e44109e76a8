//! The double that stands in for the platform in tests of the client's users.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use puzi_wechat::client::{Condition, Content, ErrorKind, Exchange, Field, MediaKind, Menu, Method, Observer, Sent};
use puzi_wechat::testing::{Answer, Double};
use serde_json::{Value, json};

#[tokio::test]
async fn answers_come_in_order_and_calls_are_kept() {
    let wechat = Double::new();
    wechat.answer("/cgi-bin/tags/create", json!({"tag": {"id": 100, "name": "VIP"}}));
    wechat.fail("cgi-bin/tags/create", 45157, "invalid tag name rid: 1-2");
    let client = wechat.client();
    let create = || client.post("/cgi-bin/tags/create", &json!({"tag": {"name": "VIP"}})).query("a", "b c");
    assert_eq!(create().send::<Value>().await.unwrap()["tag"]["id"], 100);
    let error = create().done().await.unwrap_err();
    assert_eq!((error.errcode, error.rid.as_deref()), (Some(45157), Some("1-2")));

    let calls = wechat.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].json["tag"]["name"], "VIP");
    assert_eq!((&calls[0].method, calls[0].host.as_str()), (&Method::POST, "api.weixin.qq.com"));
    assert_eq!(calls[1].query, [("a".to_owned(), "b c".to_owned())], "without the token");
    assert!(calls[1].with_token && calls[1].query("access_token").is_none());
    assert!(wechat.unused().is_empty());
}

#[tokio::test]
async fn what_it_was_not_told_fails_clearly() {
    let wechat = Double::new();
    let error = wechat.client().get("/cgi-bin/user/get").done().await.unwrap_err();
    assert_eq!(
        (error.kind, error.errmsg.as_str()),
        (ErrorKind::CallerMistake, "the double has no answer for GET /cgi-bin/user/get; it knows nothing")
    );
    wechat.answer("/cgi-bin/menu/get", json!({})).answer("/cgi-bin/menu/create", json!({}));
    wechat.client().get("/cgi-bin/menu/get").done().await.unwrap();
    let error = wechat.client().get("/cgi-bin/menu/get").done().await.unwrap_err();
    assert_eq!(error.errmsg, "the double has no answer left for GET /cgi-bin/menu/get; 1 were given");
    let error = wechat.client().get("/cgi-bin/menus").done().await.unwrap_err();
    assert!(error.errmsg.ends_with("it knows /cgi-bin/menu/create, /cgi-bin/menu/get"), "{error}");
    assert_eq!(wechat.unused(), ["/cgi-bin/menu/create"]);
    assert_eq!(wechat.calls().len(), 4, "what failed is kept too");
}

#[tokio::test]
async fn it_goes_through_the_same_code_as_a_real_call() {
    let wechat = Double::new();
    // A stale token is renewed, a busy platform is asked again, a lost answer too: GET does no harm.
    let path = "/cgi-bin/get_api_domain_ip";
    wechat.fail(path, 42001, "access_token expired").fail(path, -1, "system error");
    wechat.answer(path, Answer::lost()).answer(path, Answer::unreachable()).answer(path, Answer::page(502, "<h1>"));
    wechat.answer(path, json!({"ip_list": ["203.0.113.1"]}));
    assert_eq!(wechat.client().base().api_addresses().await.unwrap(), ["203.0.113.1"]);
    assert_eq!((wechat.calls().len(), wechat.calls_of("/cgi-bin/stable_token").len()), (6, 2));

    // Sending a message could.
    let path = "/cgi-bin/message/custom/send";
    wechat.answer(path, Answer::lost()).answer(path, Answer::unreachable());
    let client = wechat.client();
    let send = || client.post(path, &json!({"touser": "o1"})).done();
    let (lost, unsent) = (send().await.unwrap_err(), send().await.unwrap_err());
    assert_eq!((lost.kind, lost.unsent), (ErrorKind::Transport, false));
    assert_eq!((unsent.kind, unsent.unsent), (ErrorKind::Transport, true));

    // What a caller does wrong is not sent.
    assert_eq!(client.menu().create(&Menu::default()).await.unwrap_err().kind, ErrorKind::CallerMistake);
    assert!(wechat.calls_of("/cgi-bin/menu/create").is_empty());
}

#[tokio::test]
async fn wrong_credentials_can_be_played() {
    let wechat = Double::new();
    wechat.fail("/cgi-bin/stable_token", 40125, "invalid appsecret");
    wechat.always("/x", json!({}));
    let client = wechat.client();
    assert!(client.get("/x").done().await.unwrap_err().is(Condition::WrongCredentials));
    assert!(client.get("/x").done().await.unwrap_err().is(Condition::WrongCredentials), "from memory");
    assert!(wechat.calls().is_empty());
    assert_eq!(wechat.calls_of("/cgi-bin/stable_token")[0].json["grant_type"], "client_credential");
}

#[tokio::test]
async fn forms_are_kept_part_by_part() {
    let wechat = Double::new();
    wechat.always("/cgi-bin/media/upload", json!({"media_id": "M", "created_at": 1}));
    let file = std::env::temp_dir().join(format!("puzi-double-{}.jpg", std::process::id()));
    std::fs::write(&file, b"\xff\xd8 picture").unwrap();
    let uploaded = wechat.client().media().upload(MediaKind::Thumb, "小图.jpg", Content::file(&file)).await.unwrap();
    assert_eq!(uploaded.media_id, "M");
    std::fs::remove_file(file).unwrap();

    let call = &wechat.calls()[0];
    let part = call.part("media").unwrap();
    assert_eq!((call.query("type"), call.json.is_null(), call.body.len()), (Some("thumb"), true, 0));
    assert_eq!((part.file_name.as_deref(), part.content_type.as_deref()), (Some("小图.jpg"), Some("image/jpeg")));
    assert_eq!(&part.bytes[..], b"\xff\xd8 picture");

    let fields = [Field::text("description", "{\"title\":\"片\"}"), Field::file("media", "v.mp4", vec![7; 10])];
    wechat.client().call(Method::POST, "/cgi-bin/media/upload").multipart(fields).done().await.unwrap();
    let call = &wechat.calls()[1];
    assert_eq!(call.part("description").unwrap().bytes, "{\"title\":\"片\"}");
    assert_eq!(call.part("description").unwrap().content_type, None);

    let words = wechat.always("/z", json!({})).client().call(Method::POST, "/z").text("今天");
    words.done().await.unwrap();
    assert_eq!(wechat.calls()[2].body, "今天");
}

#[tokio::test]
async fn a_slow_answer_meets_the_time_limit() {
    let wechat = Double::new();
    wechat.always("/slow", Answer::json(&json!({})).after(Duration::from_secs(5)));
    wechat.always("/ok", Answer::json(&json!({"n": 1})).after(Duration::from_millis(50)));
    let client = wechat.builder().timeout(Duration::from_millis(150)).build().unwrap();
    let began = Instant::now();
    let error = client.post("/slow", &json!({})).done().await.unwrap_err();
    assert_eq!((error.kind, error.errmsg.as_str()), (ErrorKind::Transport, "no answer within 150ms"));
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(client.get("/ok").send::<Value>().await.unwrap(), json!({"n": 1}));
}

#[tokio::test]
async fn answers_may_be_files_pages_and_pieces() {
    let wechat = Double::new();
    wechat.answer("/file", Answer::bytes("image/png", b"\x89PNG".as_slice()).file_name("a.png"));
    wechat.answer("/page", Answer::page(404, "<h1>nothing</h1>"));
    wechat.answer("/moved", Answer::redirect("https://login.example/?next=/moved"));
    wechat.answer("/half", Answer::json(&json!({"data": {"openid": []}})).breaking_off_after(9));
    let client = wechat.client();
    let file = client.get("/file").send_bytes().await.unwrap();
    assert_eq!((file.file_name.as_deref(), &file.bytes[..]), (Some("a.png"), b"\x89PNG".as_slice()));
    let page = client.get("/page").done().await.unwrap_err();
    assert_eq!((page.kind, page.received.as_deref()), (ErrorKind::CallerMistake, Some("<h1>nothing</h1>")));
    let moved = client.get("/moved").done().await.unwrap_err();
    assert_eq!(
        (moved.kind, moved.errmsg.as_str()),
        (ErrorKind::Configuration, "HTTP status 302 Found to https://login.example/")
    );
    let half = client.get("/half").idempotent(false).done().await.unwrap_err();
    assert_eq!((half.kind, half.received.as_deref()), (ErrorKind::Transport, Some("{\"data\":{")));
}

/// What an observer was told, as one line each.
#[derive(Default)]
struct Told(std::sync::Mutex<Vec<String>>);

impl Observer for Told {
    fn exchanged(&self, e: &Exchange<'_>) {
        let request = match e.request {
            Sent::Empty => "nothing".to_owned(),
            Sent::Json(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Sent::Form(form) => format!("{form:?}"),
            Sent::Plain(content_type, length) => format!("{content_type} {length:?}"),
            _ => String::new(),
        };
        let got = e.got.map_or("nothing".to_owned(), |got| format!("{} {:?}", got.status, got.length));
        let error =
            e.error.map_or(String::new(), |e| format!(", {}{}", e.errmsg, if e.is_late() { " LATE" } else { "" }));
        let line = format!("{} {} {}#{} {request}: {got}{error}", e.method, e.host, e.path, e.attempt);
        self.0.lock().unwrap().push(line);
        assert!(!e.path.contains("panic"), "an observer's own trouble");
    }
}

#[tokio::test]
async fn an_observer_hears_of_each_attempt() {
    let (wechat, told) = (Double::new(), Arc::new(Told::default()));
    let client = wechat.builder().observer(told.clone()).timeout(Duration::from_millis(80)).build().unwrap();
    let path = "/cgi-bin/tags/get";
    wechat.fail(path, 42001, "access_token expired").fail(path, -1, "system error").answer(path, Answer::unreachable());
    wechat.answer(path, Answer::json(&json!({})).after(Duration::from_secs(1))).answer(path, json!({"tags": []}));
    client.get(format!("{path}?x=1")).query("a", "b").send::<Value>().await.unwrap();

    let form = [Field::text("note", "sprout"), Field::file("media", "a.png", vec![0; 7])];
    wechat.answer("/cgi-bin/media/upload", json!({"media_id": "M"}));
    client.call(Method::POST, "/cgi-bin/media/upload").multipart(form).done().await.unwrap();
    wechat.answer("/cgi-bin/media/get", Answer::bytes("image/png", vec![1; 9])).fail("/cgi-bin/media/get", 40007, "no");
    drop(client.get("/cgi-bin/media/get").send_stream().await.unwrap());
    client.get("/cgi-bin/media/get").send_stream().await.unwrap_err();
    wechat.answer("/panic", json!({}));
    client.get("/panic").done().await.unwrap();
    // What cannot be put together is no exchange.
    client.call(Method::POST, "/x").raw("a/b", Content::file("/no/such/file")).done().await.unwrap_err();

    let told = told.0.lock().unwrap();
    let rest: Vec<_> = told.iter().filter(|line| !line.contains("stable_token")).map(String::as_str).collect();
    let host = "api.weixin.qq.com";
    let ends = [
        "nothing: 200 Some(49), access_token expired",
        "nothing: 200 Some(38), system error",
        "nothing: nothing, the double is not to be connected to",
        "nothing: nothing, no answer within 80ms LATE",
        "nothing: 200 Some(11)",
    ];
    for (at, end) in ends.iter().enumerate() {
        assert_eq!(rest[at], format!("GET {host} {path}#{} {end}", at + 1));
    }
    assert_eq!(
        rest[5..],
        [
            &format!("POST {host} /cgi-bin/media/upload#1 [(\"note\", Some(6)), (\"media\", Some(7))]: 200 Some(16)")[..],
            &format!("GET {host} /cgi-bin/media/get#1 nothing: 200 Some(9)"),
            &format!("GET {host} /cgi-bin/media/get#1 nothing: 200 Some(31), no"),
            &format!("GET {host} /panic#1 nothing: 200 Some(2)"),
        ]
    );
    assert_eq!(told.len() - rest.len(), 2, "the first token and the one in its place");
}
