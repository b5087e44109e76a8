//! What comes in the place of an answer: a typed error that shows it, an end to asking, and no panic.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod raw;

use std::time::{Duration, Instant};

use puzi_wechat::client::{ApiError, ErrorKind, Follower};
use raw::{Raw, SECRET, TOKEN, builder, client, http};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

/// No error is longer than this, whatever was received.
const LONGEST: usize = 700;

fn assert_fit_to_show(error: &ApiError) {
    let text = format!("{error}");
    assert!(text.len() < LONGEST && !text.contains(['\n', '\r']), "{text}");
    let all = format!("{error} {error:?}");
    assert!(!all.contains(TOKEN) && !all.contains(SECRET), "{all}");
}

/// Asks `server` once by POST and, repeating twice, by GET; `asked` says how often GET is to reach it.
async fn error_of(server: &Raw, asked: usize) -> ApiError {
    let client = builder(&server.url).await.repeats(2).timeout(Duration::from_millis(500)).build().unwrap();
    let began = Instant::now();
    let posted = client.post("cgi-bin/x", &json!({})).send::<Value>().await.unwrap_err();
    assert_eq!(server.hits(), 1, "{posted}");
    let got = client.get("cgi-bin/x").send::<Value>().await.unwrap_err();
    assert_eq!(server.hits(), 1 + asked, "{got}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!((posted.kind, &posted.errmsg), (got.kind, &got.errmsg));
    assert!(!got.unsent, "{got}");
    assert_fit_to_show(&posted);
    assert_fit_to_show(&got);
    got
}

#[tokio::test]
async fn bytes_that_are_no_answer() {
    let page = "<!DOCTYPE html>\n<title>系统繁忙</title>";
    let half = r#"{"total":2,"data":{"openid":["o1"#;
    for (bytes, says, received) in [
        (http("200 OK", page), "the answer is not JSON", Some("<!DOCTYPE html> <title>系统繁忙</title>")),
        (http("200 OK", half), "the answer is not whole: EOF", Some(half)),
        (http("200 OK", ""), "the answer is empty", None),
        (http("200 OK", b"\x1f\x8b\x08\xff"), "the answer is not JSON", Some(" \u{fffd}\u{8}\u{fffd}")),
        (http("502 Bad Gateway", "<h1>502</h1>"), "HTTP status 502 Bad Gateway", Some("<h1>502</h1>")),
        (http("503 Service Unavailable", ""), "HTTP status 503", None),
        // More was promised than came.
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"total\":2".to_vec(), "error", Some("{\"total\":2")),
        // Less was promised than came.
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"total\":2}".to_vec(), "not whole", Some("{\"total\":")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}".to_vec(), "error", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".to_vec(), "error", None),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"to\r\nxyz\r\n".to_vec(),
            "error",
            Some("{\"to"),
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Le".to_vec(), "error", None),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), "error", None),
        (Vec::new(), "error", None),
        ([b"HTTP/1.1 200 OK\r\nX-Long: ".as_slice(), &vec![b'a'; 1 << 20]].concat(), "error", None),
    ] {
        let error = error_of(&Raw::saying(bytes).await, 3).await;
        assert_eq!(error.kind, ErrorKind::Transport, "{error}");
        assert!(error.errmsg.contains(says), "{error}");
        let received =
            received.map(|text| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>());
        assert_eq!(error.received, received, "{error}");
    }
}

#[tokio::test]
async fn statuses_that_stay_as_they_are() {
    for (bytes, kind, says) in [
        (http("404 Not Found", "<h1>nothing</h1>"), ErrorKind::CallerMistake, "HTTP status 404 Not Found"),
        (http("429 Too Many Requests", "slow down"), ErrorKind::RetryLater, "HTTP status 429 Too Many Requests"),
        (http("407 Proxy Authentication Required", ""), ErrorKind::CallerMistake, "HTTP status 407"),
    ] {
        let error = error_of(&Raw::saying(bytes).await, 1).await;
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.errmsg.contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_shown_and_not_followed() {
    let elsewhere = Raw::saying(http("200 OK", "{}")).await;
    let to = format!("{}/login?url=/cgi-bin/x&access_token={TOKEN}", elsewhere.url);
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 5\r\n\r\nmoved");
    let error = error_of(&Raw::saying(moved).await, 1).await;
    assert_eq!((error.kind, error.received.as_deref()), (ErrorKind::Configuration, Some("moved")));
    assert_eq!(error.errmsg, format!("HTTP status 302 Found to {}/login", elsewhere.url));
    assert_eq!(elsewhere.hits(), 0);
}

#[tokio::test]
async fn a_long_page_is_cut_at_a_character_and_shows_no_token() {
    // The token lies across the cut.
    let page = format!("<p>{}{TOKEN}{SECRET}{}", "铺".repeat(63), "x".repeat(100_000));
    let error = error_of(&Raw::saying(http("200 OK", page)).await, 3).await;
    let received = error.received.unwrap();
    assert_eq!(received, format!("<p>{}***…", "铺".repeat(63)).replace("***…", "******xx…"));
    assert!(received.len() <= 200 + "…".len());
}

#[tokio::test]
async fn a_shape_that_is_not_expected_is_not_asked_for_again() {
    for (body, says) in [
        ("null", "not as expected"),
        ("[1,2]", "not as expected"),
        (r#"{"openid":{"deep":1}}"#, "not as expected"),
        (r#"{"tagid_list":"none"}"#, "not as expected"),
    ] {
        let server = Raw::saying(http("200 OK", body)).await;
        let error = client(&server.url).await.get("cgi-bin/user/info").send::<Follower>().await.unwrap_err();
        assert_eq!((error.kind, server.hits()), (ErrorKind::Transport, 1), "{error}");
        assert!(error.errmsg.contains(says) && error.received.as_deref() == Some(body), "{error}");
    }
}

#[tokio::test]
async fn a_deep_answer_is_refused_and_not_a_stack_overflow() {
    for body in ["[".repeat(1 << 20), format!("{{\"errcode\":{}", "{\"a\":".repeat(1 << 18))] {
        let server = Raw::saying(http("200 OK", &body)).await;
        let client = builder(&server.url).await.repeats(0).build().unwrap();
        let error = client.get("cgi-bin/x").send::<Value>().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Transport, "{error}");
        assert_fit_to_show(&error);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_end_in_time_is_given_up() {
    // Before it begins, within its body, and by a byte at a time, each of which comes soon enough.
    let parts: [(&[u8], &[u8], Option<&str>); 3] = [
        (b"", b"", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"total\":2", b"", Some("{\"total\":2")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", b" ", None),
    ];
    for (first, then, received) in parts {
        let server = Raw::start(move |_, mut connection| async move {
            let _ = connection.write_all(first).await;
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if connection.write_all(then).await.is_err() {
                    break;
                }
            }
        })
        .await;
        let error = error_of(&server, 3).await;
        assert_eq!((error.kind, error.errmsg.as_str()), (ErrorKind::Transport, "no answer within 500ms"));
        if received.is_some() {
            assert_eq!(error.received.as_deref(), received);
        }
    }
}

#[tokio::test]
async fn an_errcode_is_believed_under_any_status_and_before_any_page() {
    let body = r#"{"errcode":48001,"errmsg":"api unauthorized rid: 1-2-3"}"#;
    for status in ["200 OK", "403 Forbidden", "500 Internal Server Error"] {
        let error = error_of(&Raw::saying(http(status, body)).await, 1).await;
        assert_eq!((error.errcode, error.rid.as_deref(), error.received), (Some(48001), Some("1-2-3"), None));
    }
}

#[tokio::test]
async fn a_token_that_comes_mangled_is_asked_for_again_and_never_shown() {
    let granted = format!(r#"{{"access_token":"{TOKEN}","expires_in":7200}}"#);
    let half = format!(r#"{{"access_token":"{TOKEN}"#);
    let server = Raw::saying(http("200 OK", &half)).await;
    let fresh = |url: &str| {
        puzi_wechat::client::Client::builder(raw::APPID, puzi_wechat::Secret::new(SECRET.to_owned()))
            .base_url(url)
            .back_off(Duration::from_millis(1))
            .build()
            .unwrap()
    };
    let error = fresh(&server.url).get("cgi-bin/x").done().await.unwrap_err();
    assert_eq!((error.path.as_str(), error.unsent, server.hits()), ("/cgi-bin/stable_token", true, 5), "{error}");
    assert_eq!(error.received.as_deref(), Some(r#"{"access_token":"***"#));
    assert_fit_to_show(&error);

    let odd = granted.replace("7200", "\"soon\"");
    let error = fresh(&Raw::saying(http("200 OK", odd)).await.url).token().await.unwrap_err();
    assert_eq!(error.received.as_deref(), Some(r#"{"access_token":"***","expires_in":"soon"}"#));
    assert_fit_to_show(&error);
}
