//! What stands between the SDK and the sandbox, and remembers both sides.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// What a request carried.
#[derive(Debug)]
pub enum Sent {
    Nothing,
    Json(Value),
    Text(#[expect(dead_code, reason = "for the report")] String),
    Form(Vec<(String, Vec<u8>)>),
}

/// A request and its answer.
#[derive(Debug)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub sent: Sent,
    /// The JSON wrote characters beyond ASCII as `\uXXXX`.
    pub escaped: bool,
    pub status: StatusCode,
    pub answer: Bytes,
}

impl Exchange {
    /// The errcode of the answer and its errmsg; `None` when it was accepted.
    pub fn refused(&self) -> Option<(i64, String)> {
        if !self.status.is_success() {
            return Some((i64::from(self.status.as_u16()), String::new()));
        }
        let answer: Value = serde_json::from_slice(&self.answer).ok()?;
        let base = &answer["base_resp"];
        let (code, text) =
            if base.is_object() { (&base["ret"], &base["err_msg"]) } else { (&answer["errcode"], &answer["errmsg"]) };
        let code = code.as_i64().filter(|code| *code != 0)?;
        Some((code, text.as_str().unwrap_or_default().to_owned()))
    }
}

/// A proxy on loopback.
pub struct Proxy {
    pub url: String,
    seen: Arc<Mutex<Vec<Exchange>>>,
}

struct Way {
    to: String,
    http: reqwest::Client,
    seen: Arc<Mutex<Vec<Exchange>>>,
}

impl Proxy {
    /// Passes everything on to `to`.
    pub async fn start(to: String) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let way = Arc::new(Way { to, http, seen: seen.clone() });
        let app = Router::new().fallback(pass).with_state(way);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, seen }
    }

    /// What was said since it was asked last.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

async fn pass(State(way): State<Arc<Way>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let content_type = parts.headers.get(CONTENT_TYPE).map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
    let whole = parts.uri.path_and_query().unwrap().as_str();
    let mut out = way.http.request(parts.method.clone(), format!("{}{whole}", way.to)).body(body.clone());
    if !content_type.is_empty() {
        out = out.header(CONTENT_TYPE, &content_type);
    }
    let answer = out.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let answer = answer.bytes().await.unwrap();
    let Query(query) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).unwrap();
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let escaped = has_escapes(&body);
    let sent = read(Request::from_parts(parts, Body::from(body.clone())), &content_type, &body).await;
    way.seen.lock().unwrap().push(Exchange { method, path, query, sent, escaped, status, answer: answer.clone() });
    let mut response = (status, answer).into_response();
    for name in [CONTENT_TYPE, CONTENT_DISPOSITION] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn has_escapes(body: &[u8]) -> bool {
    body.windows(6).any(|w| w[0] == b'\\' && w[1] == b'u' && w[2..].iter().all(u8::is_ascii_hexdigit))
}

async fn read(request: Request, content_type: &str, body: &Bytes) -> Sent {
    if content_type.starts_with("multipart/form-data") {
        let mut request = request;
        axum::extract::DefaultBodyLimit::disable().apply(&mut request);
        let mut form = Multipart::from_request(request, &()).await.unwrap();
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await.unwrap() {
            parts.push((field.name().unwrap_or_default().to_owned(), field.bytes().await.unwrap().to_vec()));
        }
        return Sent::Form(parts);
    }
    if body.is_empty() {
        return Sent::Nothing;
    }
    match serde_json::from_slice(body) {
        Ok(value) if !content_type.starts_with("text/plain") => Sent::Json(value),
        _ => Sent::Text(String::from_utf8_lossy(body).into_owned()),
    }
}
