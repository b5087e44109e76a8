//! How `puzi call` ends, by what the platform says: here a server that says whatever the test wants.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::any};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::{
    call::{Ended, call_with},
    world::World,
};

/// Says its answers one after the other, the last one for ever; each token it gives out is a new one.
#[derive(Clone, Default)]
struct Platform {
    answers: Arc<Mutex<Vec<Value>>>,
    calls: Arc<AtomicU32>,
    tokens: Arc<AtomicU32>,
}

impl Platform {
    async fn start(answers: &[Value]) -> (Self, SocketAddr) {
        let platform = Self::default();
        *platform.answers.lock().unwrap() = answers.iter().rev().cloned().collect();
        let router = Router::new()
            .route("/cgi-bin/stable_token", any(token))
            .route("/broken", any(broken))
            .route(
                "/cgi-bin/media/voice/translatecontent",
                any(|body: String| async move { Json(json!({ "body": body })) }),
            )
            .route("/html", any(|| async { (StatusCode::BAD_GATEWAY, "<html>busy</html>") }))
            .fallback(answer)
            .with_state(platform.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (platform, address)
    }
}

async fn token(State(platform): State<Platform>) -> Json<Value> {
    let number = platform.tokens.fetch_add(1, Ordering::Relaxed);
    Json(json!({"access_token": format!("token-{number}"), "expires_in": 7200}))
}

async fn answer(State(platform): State<Platform>) -> impl IntoResponse {
    platform.calls.fetch_add(1, Ordering::Relaxed);
    let mut answers = platform.answers.lock().unwrap();
    let answer = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
    Json(answer.unwrap())
}

/// A file that breaks off in the middle.
async fn broken() -> impl IntoResponse {
    let pieces = [Ok(vec![0xff; 70_000]), Err(std::io::Error::other("cut"))];
    // The first piece is on its way before the second one fails.
    axum::body::Body::from_stream(futures_util::stream::iter(pieces).then(async |piece| {
        tokio::time::sleep(Duration::from_millis(50)).await;
        piece
    }))
}

fn call(address: SocketAddr, args: &[&str]) -> Ended {
    let base = format!("http://{address}");
    let direct = ["--appid", "wx0123456789abcdef", "--base-url", &base];
    call_with(&World::new(), &[args, &direct].concat(), &[("PUZI_CALL_SECRET", "0123456789abcdef")], "")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_refusal_has_its_exit_code() {
    for (errcode, code, word) in [
        (40003, 3, "openid"),
        (41001, 3, "call is wrong"),
        (40164, 4, "白名单"),
        (45015, 5, "wrote too long ago"),
        (45009, 5, "quota"),
        (48001, 5, "接口权限"),
        (40029, 6, "authorisation"),
        (45011, 7, "in a minute"),
        (-1, 7, "try later"),
        (40001, 8, "access token refused"),
    ] {
        let refusal = json!({"errcode": errcode, "errmsg": "no hint: [abc] rid: 5f9a-1-2"});
        let (_, address) = Platform::start(&[refusal]).await;
        let ended = call(address, &["POST", "cgi-bin/x", "{}"]);
        assert_eq!((ended.code, ended.out.len()), (code, 0), "{errcode}: {ended:?}");
        for part in [errcode.to_string().as_str(), word, "5f9a-1-2", "/cgi-bin/x"] {
            assert!(ended.err.contains(part), "{errcode}: {part}: {ended:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_way_has_its_own() {
    let (_, address) = Platform::start(&[json!({})]).await;
    let ended = call(address, &["POST", "html", "{}"]);
    assert_eq!((ended.code, ended.out.len()), (9, 0), "{ended:?}");
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    let ended = call(nobody, &["POST", "cgi-bin/x", "{}", "--no-token"]);
    assert_eq!(ended.code, 9, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_repeated_until_the_answer_is_as_wanted() {
    let status = |status: u32| json!({"publish_id": "7", "publish_status": status});
    let busy = json!({"errcode": -1, "errmsg": "system error"});
    let (platform, address) = Platform::start(&[status(1), busy, status(1), status(0)]).await;
    let get = ["POST", "cgi-bin/freepublish/get", "{\"publish_id\":\"7\"}", "--every", "20ms"];
    let ended = call(address, &[&get[..], &["--repeat-until", "publish_status=0"]].concat());
    assert_eq!((ended.code, ended.json()), (0, status(0)), "{ended:?}");
    assert_eq!(platform.calls.load(Ordering::Relaxed), 4);
    assert!(ended.err.contains("publish_status is 1") && ended.err.contains("system error"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_come_in_time_ends_with_10_and_the_last_answer() {
    let waiting = json!({"list": [{"status": "waiting"}]});
    let (platform, address) = Platform::start(std::slice::from_ref(&waiting)).await;
    let args = ["GET", "cgi-bin/x", "--repeat-until", ".list.0.status == \"x\"", "--every", "30ms", "--for", "200ms"];
    let ended = call(address, &args);
    assert_eq!((ended.code, ended.json()), (10, waiting), "{ended:?}");
    assert!(ended.err.contains("not within 0.2 s"), "{ended:?}");
    assert!(platform.calls.load(Ordering::Relaxed) > 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_will_not_pass_ends_the_waiting() {
    let (platform, address) = Platform::start(&[json!({"errcode": 40003, "errmsg": "invalid openid"})]).await;
    let ended = call(address, &["GET", "cgi-bin/x", "--repeat-until", "ok", "--every", "10ms"]);
    assert_eq!((ended.code, platform.calls.load(Ordering::Relaxed)), (3, 1), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_hidden_wherever_an_answer_repeats_it() {
    let (_, address) = Platform::start(&[json!({"url": "http://x/?access_token=token-0&a=1"})]).await;
    let ended = call(address, &["GET", "cgi-bin/x"]);
    assert_eq!(ended.json(), json!({"url": "http://x/?access_token=***&a=1"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_off_is_not_kept() {
    let (_, address) = Platform::start(&[json!({})]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let ended = call(address, &["GET", "broken", "--output", file.to_str().unwrap()]);
    assert_eq!((ended.code, ended.out.len()), (9, 0), "{ended:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_takes_plain_text_gets_it() {
    let (_, address) = Platform::start(&[json!({})]).await;
    let args = ["POST", "cgi-bin/media/voice/translatecontent", "你好, {", "-q", "lfrom=zh_CN", "-q", "lto=en_US"];
    let ended = call(address, &args);
    assert_eq!((ended.code, ended.json()), (0, json!({"body": "你好, {"})), "{ended:?}");
}
