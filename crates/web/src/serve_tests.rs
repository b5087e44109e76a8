#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::time::Instant;

use axum::routing::get;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
};

use super::*;
use crate::protect::RequestId;

const SLOW: Duration = Duration::from_millis(400);

async fn panicking() {
    if true {
        panic!("on purpose")
    }
}

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

async fn start(limits: Limits) -> Served {
    let routes = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/peer", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }))
        .route("/id", get(|| async { RequestId::current().map(|id| id.as_str().to_owned()).unwrap_or_default() }))
        .route("/panic", get(panicking))
        .route("/api/v1/panic", get(panicking))
        .route("/slow", get(|| async { tokio::time::sleep(SLOW).await }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let serving = tokio::spawn(serve(listener, routes, limits, stop.clone()));
    Served { address, stop, serving }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

async fn ask(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    answer(stream).await
}

/// One answer with a `content-length`.
async fn answer(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    loop {
        let text = String::from_utf8(got.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        let mut chunk = [0; 4_096];
        let read = stream.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "the connection closed after {text:?}");
        got.extend_from_slice(&chunk[..read]);
    }
}

#[tokio::test]
async fn a_header_that_never_ends_is_cut_off() {
    let served = start(Limits { header: Duration::from_millis(200), ..Limits::default() }).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    let started = Instant::now();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut [0; 64])).await.unwrap();
    assert_eq!(read.unwrap(), 0);
    assert!(started.elapsed() >= Duration::from_millis(150), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_slow_answer_is_not_taken_for_a_slow_header() {
    let served = start(Limits { header: Duration::from_millis(100), ..Limits::default() }).await;
    assert!(ask(&mut served.connect().await, "/slow").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_connection_carries_many_requests_each_with_its_id() {
    let served = start(Limits::default()).await;
    let mut stream = served.connect().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let answer = ask(&mut stream, "/id").await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("x-request-id: {body}")), "{answer}");
        assert!(body.len() == 16 && body.bytes().all(|b| b.is_ascii_hexdigit()), "{body}");
        ids.push(body.to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    let peer = stream.local_addr().unwrap().to_string();
    assert!(ask(&mut stream, "/peer").await.ends_with(&peer));
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_connection_goes_on() {
    let served = start(Limits::default()).await;
    let mut stream = served.connect().await;
    assert!(ask(&mut stream, "/panic").await.starts_with("HTTP/1.1 500"));
    assert!(ask(&mut stream, "/").await.ends_with("hello"));
}

#[tokio::test]
async fn programs_are_told_of_a_panic_as_of_any_refusal() {
    let served = start(Limits::default()).await;
    let mut stream = served.connect().await;
    let answer = ask(&mut stream, "/api/v1/panic").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("500") && head.contains("content-type: application/problem+json"), "{answer}");
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    let id = problem["request_id"].as_str().unwrap();
    assert!(problem["status"] == 500 && head.contains(&format!("x-request-id: {id}")), "{answer}");
}

#[tokio::test]
async fn a_connection_too_many_waits_for_room() {
    let served = start(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = served.connect().await;
    ask(&mut first, "/").await;
    let mut second = served.connect().await;
    let early = tokio::time::timeout(Duration::from_millis(200), ask(&mut second, "/")).await;
    assert!(early.is_err(), "{early:?}");
    drop(first);
    assert!(answer(&mut second).await.ends_with("hello"));
}

#[tokio::test]
async fn a_stop_finishes_what_is_asked_and_closes_what_rests() {
    let served = start(Limits::default()).await;
    let (mut resting, mut fresh, mut asking) = (served.connect().await, served.connect().await, served.connect().await);
    ask(&mut resting, "/").await;
    asking.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    // The request must be in flight before the stop.
    tokio::time::sleep(SLOW / 4).await;
    served.stop.cancel();
    let started = Instant::now();
    assert!(answer(&mut asking).await.starts_with("HTTP/1.1 200"));
    for stream in [&mut resting, &mut fresh, &mut asking] {
        assert_eq!(stream.read(&mut [0; 64]).await.unwrap(), 0);
    }
    served.serving.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn a_stop_waits_for_nobody_longer_than_it_says() {
    let served = start(Limits { last_answers: Duration::from_millis(100), ..Limits::default() }).await;
    let mut stuck = served.connect().await;
    stuck.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    served.stop.cancel();
    tokio::time::timeout(Duration::from_secs(4), served.serving).await.unwrap().unwrap();
}
