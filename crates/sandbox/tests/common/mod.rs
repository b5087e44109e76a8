//! A small callback server and a client for the platform's API.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use puzi_sandbox::{App, Config, Sandbox};
use serde_json::{Value, json};

/// A request that the callback got.
#[derive(Clone, Debug)]
pub struct Got {
    pub method: Method,
    pub query: String,
    pub content_type: String,
    pub body: String,
}

impl Got {
    /// A parameter of the query.
    pub fn param(&self, name: &str) -> &str {
        self.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
    }

    /// The text of an element of the body.
    pub fn field(&self, name: &str) -> String {
        field(&self.body, name)
    }
}

/// The text of an element, CDATA or not.
pub fn field(xml: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let Some(from) = xml.find(&open) else { return String::new() };
    let inside = &xml[from + open.len()..];
    let inside = &inside[..inside.find(&close).unwrap()];
    inside.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")).unwrap_or(inside).to_owned()
}

/// What the callback does.
pub enum Say {
    Body(String),
    Status(u16, String),
    /// Waits longer than anyone listens.
    Nothing,
}

pub fn say(body: impl Into<String>) -> Say {
    Say::Body(body.into())
}

type Think = Arc<Mutex<Box<dyn FnMut(&Got) -> Say + Send>>>;

/// A callback on loopback that remembers what it got.
#[derive(Clone)]
pub struct Callback {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
    think: Think,
}

impl Callback {
    pub async fn start(think: impl FnMut(&Got) -> Say + Send + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/wechat/1", listener.local_addr().unwrap());
        let callback = Self { url, got: Arc::default(), think: Arc::new(Mutex::new(Box::new(think))) };
        let app = Router::new().fallback(answer).with_state(callback.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        callback
    }

    /// One that is content with everything.
    pub async fn content() -> Self {
        Self::start(|_| say("success")).await
    }

    pub fn think(&self, think: impl FnMut(&Got) -> Say + Send + 'static) {
        *self.think.lock().unwrap() = Box::new(think);
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub fn last(&self) -> Got {
        self.got().pop().expect("the callback got something")
    }
}

async fn answer(
    State(callback): State<Callback>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let content_type = headers.get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let got = Got { method, query: query.unwrap_or_default(), content_type, body };
    callback.got.lock().unwrap().push(got.clone());
    let said = (callback.think.lock().unwrap())(&got);
    match said {
        Say::Body(body) => (StatusCode::OK, body),
        Say::Status(status, body) => (StatusCode::from_u16(status).unwrap(), body),
        Say::Nothing => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            (StatusCode::OK, String::new())
        }
    }
}

/// A text reply to a plain push.
pub fn reply(got: &Got, content: &str) -> String {
    reply_with(got, "text", &format!("<Content><![CDATA[{content}]]></Content>"))
}

/// A reply to a plain push, of any kind.
pub fn reply_with(got: &Got, kind: &str, inside: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{}]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>\
         <CreateTime>1700000000</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inside}</xml>",
        got.field("FromUserName"),
        got.field("ToUserName"),
    )
}

pub fn app(callback: &Callback) -> App {
    App { callback_url: callback.url.clone(), ..App::demo() }
}

/// A sandbox with the demo account and this callback.
pub async fn wechat(callback: &Callback) -> Sandbox {
    Sandbox::start(Config { apps: vec![app(callback)], ..Config::default() }).await.unwrap()
}

/// A client of the platform's API.
pub struct Api {
    base: String,
    http: reqwest::Client,
    pub token: String,
}

impl Api {
    /// With a token of its own.
    pub async fn of(sandbox: &Sandbox) -> Self {
        let mut api = Self { base: sandbox.url(), http: reqwest::Client::new(), token: String::new() };
        api.token = api.stable(false).await["access_token"].as_str().unwrap().to_owned();
        api
    }

    /// With a token of another account.
    pub async fn of_app(sandbox: &Sandbox, app: &App) -> Self {
        let mut api = Self { base: sandbox.url(), http: reqwest::Client::new(), token: String::new() };
        let body = json!({ "grant_type": "client_credential", "appid": app.appid, "secret": app.secret });
        let granted = api.fetch(Method::POST, "/cgi-bin/stable_token", Some(body)).await;
        let granted: Value = granted.json().await.unwrap();
        granted["access_token"].as_str().unwrap().clone_into(&mut api.token);
        api
    }

    /// The errcode of a POST.
    pub async fn code(&self, path: &str, body: Value) -> i64 {
        errcode(&self.post(path, body).await)
    }

    pub async fn fetch(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Response {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        request.send().await.unwrap()
    }

    /// A GET without the token.
    pub async fn bare(&self, path: &str) -> Value {
        self.fetch(Method::GET, path, None).await.json().await.unwrap()
    }

    fn with_token(&self, path: &str) -> String {
        format!("{path}{}access_token={}", if path.contains('?') { '&' } else { '?' }, self.token)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.fetch(Method::GET, &self.with_token(path), None).await.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.fetch(Method::POST, &self.with_token(path), Some(body)).await.json().await.unwrap()
    }

    pub async fn post_raw(&self, path: &str, body: &'static str) -> Value {
        let request = self.http.post(format!("{}{}", self.base, self.with_token(path))).body(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> Value {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("file.bin");
        let form = reqwest::multipart::Form::new().part("media", part);
        let request = self.http.post(format!("{}{}", self.base, self.with_token(path))).multipart(form);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub async fn stable(&self, force: bool) -> Value {
        let App { appid, secret, .. } = App::demo();
        let body = json!({
            "grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": force,
        });
        self.fetch(Method::POST, "/cgi-bin/stable_token", Some(body)).await.json().await.unwrap()
    }

    pub async fn plain(&self) -> String {
        let App { appid, secret, .. } = App::demo();
        let path = format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}");
        self.bare(&path).await["access_token"].as_str().unwrap().to_owned()
    }

    /// The errcode that a token gets; 0 when it works.
    pub async fn errcode_of(&self, token: &str) -> i64 {
        let answer = self.bare(&format!("/cgi-bin/getcallbackip?access_token={token}")).await;
        answer["errcode"].as_i64().unwrap_or_default()
    }
}

/// The errcode of an answer; 0 when it has none.
pub fn errcode(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or_default()
}

/// Unix seconds of noon in Beijing on the first of March 2026: no midnight and no month's end falls into a test.
pub const NOON: i64 = 1_772_337_600;

/// A sandbox with the demo account, this many followers and no callback, at [`NOON`].
pub async fn crowd(followers: usize) -> Sandbox {
    let apps = vec![App { followers, ..App::demo() }];
    Sandbox::start(Config { apps, start_at: Some(NOON), ..Config::default() }).await.unwrap()
}

/// The openids of the account's first followers.
pub async fn openids(api: &Api, wanted: usize) -> Vec<String> {
    let page = api.get("/cgi-bin/user/get").await;
    let all = page["data"]["openid"].as_array().unwrap();
    all.iter().take(wanted).map(|openid| openid.as_str().unwrap().to_owned()).collect()
}
