//! A merchant's server that is told: well-behaved, slow, gone, endless.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use puzi_wechat::Secret;
use serde_json::Value;

/// How a receiver answers.
#[derive(Debug, Clone)]
pub enum Manner {
    Says(u16, &'static str),
    /// 302 to there.
    Redirects(String),
    /// Says nothing for so long.
    Sleeps(Duration),
    /// 200 and a body without an end.
    Endless,
    /// 503 with `Retry-After`.
    Busy(&'static str),
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether one of its signatures is of `key`.
    pub fn is_signed_by(&self, key: &Secret<String>) -> bool {
        let key = BASE64_STANDARD.decode(key.expose().strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body);
        self.header("webhook-signature").split(' ').any(|one| {
            let tag = BASE64_STANDARD.decode(one.strip_prefix("v1,").unwrap()).unwrap();
            hmac::verify(&key, signed.as_bytes(), &tag).is_ok()
        })
    }
}

struct Shared {
    manner: Mutex<Manner>,
    asked: Mutex<Vec<Asked>>,
}

/// A receiver on loopback.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    pub async fn good() -> Self {
        Self::that(Manner::Says(200, "ok")).await
    }

    pub async fn that(manner: Manner) -> Self {
        let shared = Arc::new(Shared { manner: Mutex::new(manner), asked: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(answer)).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    pub fn becomes(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap() = manner;
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Waits until it was asked `n` times.
    pub async fn until_asked(&self, n: usize) -> Vec<Asked> {
        let what = format!("the receiver is asked {n} times");
        crate::common::until(&what, Duration::from_secs(15), async || self.asked().len() >= n).await;
        self.asked()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    shared.asked.lock().unwrap().push(Asked { headers, body });
    let manner = shared.manner.lock().unwrap().clone();
    match manner {
        Manner::Says(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Manner::Redirects(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Manner::Sleeps(time) => {
            tokio::time::sleep(time).await;
            "late".into_response()
        }
        Manner::Endless => {
            let pieces =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; 512])));
            Body::from_stream(pieces).into_response()
        }
        Manner::Busy(after) => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", after)], "busy").into_response(),
    }
}
