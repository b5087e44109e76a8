//! A server that answers whatever bytes a test wants, one request a connection.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by tests, each of which uses a part; a test may panic")]

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use puzi_wechat::Secret;
use puzi_wechat::client::{AccessToken, Builder, Client, MemoryTokens, TokenStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const APPID: &str = "wx5823bf96d3bd56c7";
pub const SECRET: &str = "a-secret-nobody-may-read";
pub const TOKEN: &str = "a-token-nobody-may-read";

pub struct Raw {
    pub url: String,
    seen: Arc<Mutex<Vec<String>>>,
    running: tokio::task::JoinHandle<()>,
}

impl Raw {
    /// Hands each request, head and body, and its connection to `serve`; the connection ends with it.
    pub async fn start<F, S>(serve: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(String, TcpStream) -> F + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (noted, serve) = (seen.clone(), Arc::new(serve));
        let running = tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let (noted, serve) = (noted.clone(), serve.clone());
                tokio::spawn(async move {
                    let Some(request) = read_request(&mut connection).await else { return };
                    noted.lock().unwrap().push(request.clone());
                    serve(request, connection).await;
                });
            }
        });
        Self { url, seen, running }
    }

    /// Answers every request with `bytes` and closes the connection.
    pub async fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<Vec<u8>> = Arc::new(bytes.into());
        Self::start(move |_, mut connection| {
            let bytes = bytes.clone();
            async move {
                let _ = connection.write_all(&bytes).await;
            }
        })
        .await
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub fn hits(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.running.abort();
    }
}

pub async fn read_request(connection: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = vec![0; 16 * 1024];
        let read = connection.read(&mut piece).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        if bytes.len() >= head.len() + 4 + length.unwrap_or_default() {
            return Some(text.into_owned());
        }
    }
}

/// An answer with its length.
pub fn http(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A port where nobody listens: it was free a moment ago.
pub fn nobody() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}")
}

/// A client that has its token already and hardly pauses.
pub async fn builder(url: &str) -> Builder {
    let tokens = Arc::new(MemoryTokens::new());
    let token = AccessToken { value: Secret::new(TOKEN.to_owned()), expires_at: i64::MAX };
    tokens.save(APPID, "test", &token).await.unwrap();
    Client::builder(APPID, Secret::new(SECRET.to_owned()))
        .base_url(url)
        .tokens(tokens)
        .timeout(Duration::from_secs(5))
        .back_off(Duration::from_millis(1))
}

pub async fn client(url: &str) -> Client {
    builder(url).await.build().unwrap()
}
