//! How many requests, how often, by which way and to which host.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod raw;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use puzi_wechat::client::{Client, Condition, ErrorKind};
use puzi_wechat::testing::{Answer, Double};
use raw::{Raw, TOKEN, builder, client, http, nobody};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

const OK: &str = r#"{"errcode":0,"errmsg":"ok"}"#;

/// Makes `calls` calls at once; how many went well.
async fn at_once(client: &Client, calls: usize, path: &'static str) -> usize {
    let running: Vec<_> = (0..calls)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get(path).done().await })
        })
        .collect();
    let mut well = 0;
    for call in running {
        well += usize::from(call.await.unwrap().is_ok());
    }
    well
}

#[tokio::test]
async fn no_more_requests_than_allowed_are_on_their_way() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (n, m) = (now.clone(), most.clone());
    let server = Raw::start(move |_, mut connection| {
        let (now, most) = (n.clone(), m.clone());
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            let _ = connection.write_all(&http("200 OK", OK)).await;
        }
    })
    .await;
    let client = builder(&server.url).await.concurrency(3).build().unwrap();
    assert_eq!(at_once(&client, 30, "/x").await, 30);
    assert_eq!(most.load(Ordering::SeqCst), 3);

    // Those that wait for their turn do not use up their time.
    let client = builder(&server.url).await.concurrency(1).timeout(Duration::from_millis(500)).build().unwrap();
    assert_eq!(at_once(&client, 40, "/x").await, 40);
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn calls_are_repeated_as_often_as_said() {
    for times in [0, 2, 6] {
        let server = Raw::saying(http("500 Internal Server Error", "")).await;
        let client = builder(&server.url).await.repeats(times).build().unwrap();
        client.get("/x").done().await.unwrap_err();
        assert_eq!(server.hits(), 1 + times as usize);
    }
    let server = Raw::saying(http("500 Internal Server Error", "")).await;
    let slow = builder(&server.url).await.back_off(Duration::from_secs(1)).deadline(Duration::from_millis(200));
    let began = Instant::now();
    slow.build().unwrap().get("/x").done().await.unwrap_err();
    assert!(server.hits() == 1 && began.elapsed() < Duration::from_millis(900));
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_asked_for_once_in_a_while() {
    let server = Raw::start(|request, mut connection| async move {
        let answer = match request.split_whitespace().nth(1).unwrap() {
            path if path.starts_with("/used") => {
                r#"{"errcode":45009,"errmsg":"reach max api daily quota limit rid: 1-2"}"#
            }
            path if path.starts_with("/often") => r#"{"errcode":45011,"errmsg":"api minute-quota reach limit"}"#,
            _ => OK,
        };
        let _ = connection.write_all(&http("200 OK", answer)).await;
    })
    .await;
    let client = builder(&server.url).await.concurrency(4).quota_memory(Duration::from_millis(400)).build().unwrap();
    assert_eq!(at_once(&client, 1000, "/used").await, 0);
    let asked = server.hits();
    assert!(asked <= 4, "{asked} requests went out");

    let error = client.post("/used?a=b", &json!({})).done().await.unwrap_err();
    assert!(error.is(Condition::QuotaUsedUp) && error.unsent, "{error}");
    assert_eq!(
        (error.kind, error.rid.as_deref(), error.path.as_str()),
        (ErrorKind::BusinessState, Some("1-2"), "/used")
    );
    assert_eq!(server.hits(), asked);

    // Other paths have their own quotas.
    client.get("/other").done().await.unwrap();
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert!(!client.get("/used").done().await.unwrap_err().unsent, "asked again");
    assert!(client.get("/used").done().await.unwrap_err().unsent);
    client.post("/cgi-bin/clear_quota", &json!({"appid": raw::APPID})).done().await.unwrap();
    assert!(!client.get("/used").done().await.unwrap_err().unsent, "cleared");

    let asked = server.hits();
    for _ in 0..3 {
        let error = client.get("/often").done().await.unwrap_err();
        assert_eq!((error.kind, error.retry_after()), (ErrorKind::RetryLater, Some(Duration::from_secs(60))));
    }
    assert_eq!(server.hits(), asked + 3, "a minute's limit is the platform's to count");

    let client = builder(&server.url).await.quota_memory(Duration::ZERO).build().unwrap();
    for _ in 0..3 {
        assert!(!client.get("/used").done().await.unwrap_err().unsent);
    }
}

#[tokio::test]
async fn what_was_not_sent_goes_to_the_other_host() {
    let second = Raw::saying(http("200 OK", OK)).await;
    let first = nobody();
    let client = builder(&first).await.fallback_url(&second.url).build().unwrap();
    // No repetition: a message is sent once, and that once is at the second host.
    client.post("/cgi-bin/message/custom/send", &json!({"touser": "o1"})).done().await.unwrap();
    assert_eq!(second.hits(), 1);
    assert!(
        second.seen()[0].contains(&format!("access_token={TOKEN}"))
            && second.seen()[0].ends_with("{\"touser\":\"o1\"}")
    );

    // For a while the first is not tried at all, though it is there again.
    let listener = TcpListener::bind(first.strip_prefix("http://").unwrap()).await.unwrap();
    client.get("/x").done().await.unwrap();
    let knocked = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(knocked.is_err() && second.hits() == 2);
    drop(second);
    drop(listener);
    let error = client.post("/x", &json!({})).done().await.unwrap_err();
    assert_eq!((error.kind, error.unsent), (ErrorKind::Transport, true), "{error}");
}

#[tokio::test]
async fn the_first_host_is_used_again_when_the_other_goes_away() {
    let first = Raw::saying(http("200 OK", OK)).await;
    let client = builder(&first.url).await.fallback_url(nobody()).build().unwrap();
    client.get("/x").done().await.unwrap();

    // The other way about: the second has taken over and goes, and the first is back.
    let (gone, second) = (nobody(), Raw::saying(http("200 OK", OK)).await);
    let client = builder(&gone).await.fallback_url(&second.url).build().unwrap();
    client.get("/x").done().await.unwrap();
    drop(second);
    let listener = TcpListener::bind(gone.strip_prefix("http://").unwrap()).await.unwrap();
    let answering = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        raw::read_request(&mut connection).await.unwrap();
        connection.write_all(&http("200 OK", OK)).await.unwrap();
        connection
    });
    client.post("/x", &json!({})).done().await.unwrap();
    answering.await.unwrap();
}

#[tokio::test]
async fn what_may_have_been_sent_does_not_go_to_the_other_host() {
    let second = Raw::saying(http("200 OK", OK)).await;
    for answer in [Vec::new(), http("502 Bad Gateway", ""), http("200 OK", "<html>")] {
        let first = Raw::saying(answer).await;
        let client = builder(&first.url).await.fallback_url(&second.url).repeats(0).build().unwrap();
        client.get("/x").done().await.unwrap_err();
        assert_eq!((first.hits(), second.hits()), (1, 0));
    }
}

#[tokio::test]
async fn a_token_is_fetched_from_the_other_host_too() {
    let second = Raw::saying(http("200 OK", r#"{"access_token":"T","expires_in":7200}"#)).await;
    let client = Client::builder("wx1", puzi_wechat::Secret::new("s".to_owned()));
    let client = client.base_url(nobody()).fallback_url(&second.url).build().unwrap();
    assert_eq!(client.token().await.unwrap().value.expose(), "T");
    assert_eq!(second.hits(), 1);
}

#[tokio::test]
async fn no_connection_is_told_from_no_answer() {
    // Takes connections and never says a word, so that TLS does not come about.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let client = builder(&url).await.connect_timeout(Duration::from_millis(150)).build().unwrap();
    let began = Instant::now();
    let error = client.post("/x", &json!({})).done().await.unwrap_err();
    assert_eq!((error.kind, error.unsent), (ErrorKind::Transport, true), "{error}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_proxy_carries_all_calls() {
    let proxy = Raw::saying(http("200 OK", OK)).await;
    let at = proxy.url.replace("http://", "http://user:hunter2@");
    let client = builder("http://platform.invalid").await.proxy(at).build().unwrap();
    client.get("/cgi-bin/x").done().await.unwrap();
    let seen = &proxy.seen()[0];
    assert!(seen.starts_with("GET http://platform.invalid/cgi-bin/x?access_token="), "{seen}");
    assert!(seen.to_lowercase().contains("proxy-authorization: basic dxnlcjpodw50zxiy"), "{seen}");

    // Also to a host on this machine, when it was asked for.
    let client = builder(&nobody()).await.proxy(&proxy.url).build().unwrap();
    client.get("/x").done().await.unwrap();
    assert_eq!(proxy.hits(), 2);

    // Through TLS the proxy learns the host and nothing else; when it refuses, nothing was sent.
    let refusing = Raw::saying(http("407 Proxy Authentication Required", "")).await;
    let client = builder("https://platform.invalid").await.proxy(&refusing.url).build().unwrap();
    let error = client.post("/cgi-bin/x", &json!({})).done().await.unwrap_err();
    let seen = refusing.seen().concat();
    assert!(error.unsent && seen.starts_with("CONNECT platform.invalid:443 HTTP/1.1"), "{error} {seen}");
    assert!(!seen.contains(TOKEN) && !seen.contains("cgi-bin"), "{seen}");

    let gone = builder("http://platform.invalid").await.proxy(nobody()).build().unwrap();
    let error = gone.post("/x", &json!({})).done().await.unwrap_err();
    assert!(error.unsent, "{error}");
}

/// Calls a host that only a proxy knows, in a process that has one in its environment. Does nothing unless
/// `the_environments_proxy_can_be_declined` started it.
#[tokio::test]
async fn child_behind_a_proxy() {
    let Ok(mode) = std::env::var("PUZI_BEHIND_A_PROXY") else { return };
    let builder = builder("http://platform.invalid").await.repeats(0);
    let client = if mode == "declined" { builder.no_proxy() } else { builder };
    let result = client.build().unwrap().get("/x").done().await;
    assert_eq!(result.is_err_and(|error| error.unsent), mode == "declined");
}

#[tokio::test]
async fn the_environments_proxy_can_be_declined() {
    for (mode, hits) in [("taken", 1), ("declined", 0)] {
        let proxy = Raw::saying(http("200 OK", OK)).await;
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "child_behind_a_proxy"]).env("PUZI_BEHIND_A_PROXY", mode);
        child.env("HTTP_PROXY", &proxy.url).env("http_proxy", &proxy.url).env_remove("NO_PROXY").env_remove("no_proxy");
        let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{mode}: {}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(proxy.hits(), hits, "{mode}");
    }
}

#[tokio::test]
async fn another_host_is_asked_only_beside_the_platforms_own() {
    let wechat = Double::new();
    wechat.always("/cgi-bin/showqrcode", Answer::bytes("image/jpg", "picture"));
    let show = |client: Client| async move {
        let call = client.get("/cgi-bin/showqrcode").host("mp.weixin.qq.com").query("ticket", "a b").without_token();
        call.send_bytes().await.unwrap()
    };
    show(wechat.client()).await;
    show(wechat.builder().base_url("https://sh.api.weixin.qq.com").build().unwrap()).await;
    show(wechat.builder().base_url("http://127.0.0.1:8100").build().unwrap()).await;
    let hosts: Vec<_> = wechat.calls().iter().map(|call| (call.host.clone(), call.with_token)).collect();
    let host = |host: &str| (host.to_owned(), false);
    assert_eq!(hosts, [host("mp.weixin.qq.com"), host("mp.weixin.qq.com"), host("127.0.0.1")]);
    assert_eq!(wechat.calls()[0].query("ticket"), Some("a b"));
}

#[tokio::test]
async fn a_path_may_come_without_its_slash_and_a_body_as_it_is() {
    let server = Raw::saying(http("200 OK", r#"{"id":7}"#)).await;
    let client = client(&server.url).await;
    assert_eq!(client.get("cgi-bin/x?a=1").query("b", "2&3").send::<Value>().await.unwrap(), json!({"id": 7}));
    client.post("cgi-bin/y", &json!({"名": "铺子"})).done().await.unwrap();
    let words = client.call(puzi_wechat::client::Method::POST, "cgi-bin/z").text("今天天气");
    words.done().await.unwrap();
    let seen = server.seen();
    assert!(seen[0].starts_with(&format!("GET /cgi-bin/x?a=1&access_token={TOKEN}&b=2%263 HTTP/1.1")), "{}", seen[0]);
    assert!(seen[1].starts_with("POST /cgi-bin/y?") && seen[1].ends_with("\r\n\r\n{\"名\":\"铺子\"}"), "{}", seen[1]);
    assert!(seen[2].contains("content-type: text/plain") && seen[2].ends_with("\r\n\r\n今天天气"), "{}", seen[2]);
    assert!(seen[2].contains("content-length: 12\r\n"), "{}", seen[2]);
}
