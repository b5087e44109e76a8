//! Files down and up, piece by piece.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod raw;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use puzi_wechat::client::{Content, Download, ErrorKind, Field, Method, Result};
use puzi_wechat::testing::{Answer, Double};
use raw::{Raw, builder, client, http};
use serde_json::json;
use tokio::io::AsyncWriteExt;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Disposition: attachment; filename=\"v.mp4\"\r\n";

/// All pieces of a download: how many, and their bytes.
async fn all(mut download: Download) -> Result<(usize, Vec<u8>)> {
    let (mut pieces, mut bytes) = (0, Vec::new());
    while let Some(piece) = download.chunk().await? {
        pieces += 1;
        bytes.extend_from_slice(&piece);
    }
    assert_eq!(download.chunk().await, Ok(None), "it is over");
    Ok((pieces, bytes))
}

#[tokio::test]
async fn a_large_file_comes_in_pieces() {
    const LENGTH: usize = 100 << 20;
    let server = Raw::start(|_, mut connection| async move {
        let head = [HEAD, format!("Content-Length: {LENGTH}\r\n\r\n").as_bytes()].concat();
        connection.write_all(&head).await.unwrap();
        let piece = vec![7; 1 << 20];
        for _ in 0..LENGTH / piece.len() {
            connection.write_all(&piece).await.unwrap();
        }
    })
    .await;
    let mut file = client(&server.url).await.get("/cgi-bin/media/get").send_stream().await.unwrap();
    assert_eq!((file.length, file.file_name.as_deref()), (Some(LENGTH as u64), Some("v.mp4")));
    assert_eq!(file.content_type.as_deref(), Some("video/mp4"));
    let (mut length, mut largest) = (0, 0);
    while let Some(piece) = file.chunk().await.unwrap() {
        length += piece.len();
        largest = largest.max(piece.len());
    }
    // More than an answer read as a whole may have, and never more than a buffer of it at hand.
    assert_eq!(length, LENGTH);
    assert!(largest <= 1 << 20, "{largest} bytes at once");
}

#[tokio::test]
async fn a_file_that_looks_like_json_comes_whole() {
    let long = format!("{{\"errcode\":40007{}", " ".repeat(100_000));
    for body in ["", " \n ", r#"{"video_url":"http://v"}"#, r#"{"half"#, "\u{feff}{}", &long] {
        for split in [0, 1, body.len()] {
            let (one, two) = body.as_bytes().split_at(split.min(body.len()));
            let (one, two) = (one.to_vec(), two.to_vec());
            let server = Raw::start(move |_, mut connection| {
                let (one, two) = (one.clone(), two.clone());
                async move {
                    connection.write_all(&[HEAD, b"\r\n", &one].concat()).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    connection.write_all(&two).await.unwrap();
                }
            })
            .await;
            let file = client(&server.url).await.get("/x").send_stream().await.unwrap();
            assert_eq!(file.length, None);
            assert_eq!(all(file).await.unwrap().1, body.as_bytes());
        }
    }
}

#[tokio::test]
async fn an_error_in_the_place_of_a_file_is_one() {
    let wechat = Double::new();
    let path = "/cgi-bin/media/get";
    wechat.fail(path, 40001, "invalid credential").fail(path, -1, "system error");
    wechat.answer(path, Answer::page(502, "<h1>502</h1>"));
    wechat.answer(path, Answer::bytes("image/jpeg", vec![0xff; 100]).file_name("照片.jpg"));
    let file = wechat.client().get(path).send_stream().await.unwrap();
    assert_eq!((file.length, file.file_name.as_deref()), (Some(100), Some("照片.jpg")));
    assert_eq!(all(file).await.unwrap(), (1, vec![0xff; 100]));
    assert_eq!((wechat.calls().len(), wechat.calls_of("/cgi-bin/stable_token").len()), (4, 2));

    wechat.fail(path, 40007, "invalid media_id").answer(path, Answer::page(404, "nothing"));
    let error = wechat.client().get(path).send_stream().await.unwrap_err();
    assert_eq!((error.kind, error.errcode), (ErrorKind::CallerMistake, Some(40007)));
    let error = wechat.client().get(path).send_stream().await.unwrap_err();
    assert_eq!((error.kind, error.received.as_deref()), (ErrorKind::CallerMistake, Some("nothing")));
}

#[tokio::test]
async fn a_file_that_breaks_off_ends_in_an_error() {
    for stalls in [false, true] {
        let server = Raw::start(move |_, mut connection| async move {
            connection.write_all(&[HEAD, b"Content-Length: 90\r\n\r\nfirst piece"].concat()).await.unwrap();
            tokio::time::sleep(Duration::from_secs(if stalls { 5 } else { 0 })).await;
        })
        .await;
        let client = builder(&server.url).await.timeout(Duration::from_millis(300)).build().unwrap();
        let mut file = client.get("/x").send_stream().await.unwrap();
        assert_eq!(file.chunk().await.unwrap().as_deref(), Some(b"first piece".as_slice()));
        let error = file.chunk().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Transport, "{error}");
        assert_eq!(error.errmsg == "no answer within 300ms", stalls, "{error}");
        assert_eq!(file.chunk().await, Ok(None), "an error is the end");
        assert_eq!(server.hits(), 1, "part of it is with the caller already");
    }
}

#[tokio::test]
async fn each_piece_has_the_whole_time_limit() {
    let server = Raw::start(|_, mut connection| async move {
        connection.write_all(&[HEAD, b"Content-Length: 5\r\n\r\n"].concat()).await.unwrap();
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            connection.write_all(b"x").await.unwrap();
        }
    })
    .await;
    let client = builder(&server.url).await.timeout(Duration::from_millis(400)).build().unwrap();
    assert_eq!(all(client.get("/x").send_stream().await.unwrap()).await.unwrap().1, b"xxxxx");
}

#[tokio::test]
async fn a_download_counts_as_a_request_until_its_end() {
    let server = Raw::saying(http("200 OK", vec![b'x'; 100])).await;
    let client = builder(&server.url).await.concurrency(1).build().unwrap();
    let held = client.get("/x").send_stream().await.unwrap();
    let waits = tokio::time::timeout(Duration::from_millis(100), client.get("/x").send_bytes()).await;
    assert!(waits.is_err() && server.hits() == 1);
    assert_eq!(all(held).await.unwrap().1.len(), 100);
    client.get("/x").send_bytes().await.unwrap();
    let dropped = client.get("/x").send_stream().await.unwrap();
    drop(dropped);
    client.get("/x").send_bytes().await.unwrap();
}

/// `pieces` pieces of 1000 bytes.
struct Pieces(usize);

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
        self.0 = left;
        Poll::Ready(Some(Ok(Bytes::from(vec![b'p'; 1000]))))
    }
}

#[tokio::test]
async fn a_stream_goes_up_with_its_length_and_is_opened_again() {
    let server = Raw::start(|request, mut connection| async move {
        // The first time the token is refused.
        let fresh = request.contains("access_token=T2");
        let answer = match request.split_whitespace().nth(1).unwrap().starts_with("/cgi-bin/stable_token") {
            true => r#"{"access_token":"T2","expires_in":7200}"#,
            false if fresh => r#"{"media_id":"M"}"#,
            false => r#"{"errcode":42001,"errmsg":"access_token expired"}"#,
        };
        let _ = connection.write_all(&http("200 OK", answer)).await;
    })
    .await;
    let opened = Arc::new(AtomicUsize::new(0));
    let count = opened.clone();
    let content = Content::stream(50_000, move || {
        count.fetch_add(1, Ordering::SeqCst);
        Pieces(50)
    });
    assert_eq!(content.len().await.unwrap(), 50_000);
    let form = [Field::text("description", "{}"), Field::file("media", "v.mp4", content)];
    let client = client(&server.url).await;
    let answer: serde_json::Value =
        client.call(Method::POST, "/cgi-bin/media/upload").multipart(form).send().await.unwrap();
    assert_eq!((answer, opened.load(Ordering::SeqCst)), (json!({"media_id": "M"}), 2));
    let seen = server.seen();
    for request in [&seen[0], seen.last().unwrap()] {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        assert!(body.contains(&"p".repeat(50_000)) && body.contains("filename=\"v.mp4\""));
    }
}

#[tokio::test]
async fn a_stream_of_another_length_is_not_taken_for_whole() {
    let server = Raw::saying(http("200 OK", r#"{"media_id":"M"}"#)).await;
    let client = client(&server.url).await;
    for (length, says) in [(999, "longer than it was said"), (1001, "shorter than it was said")] {
        let content = Content::stream(length, || Pieces(1));
        let form = client.call(Method::POST, "/x").multipart([Field::file("media", "a.png", content.clone())]);
        let plain = client.call(Method::POST, "/x").raw("image/png", content);
        for call in [form, plain] {
            let error = call.done().await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Transport, "{error}");
            assert!(error.errmsg.contains(says), "{error}");
        }
    }
    assert_eq!(server.hits(), 0, "no whole request came");
}
