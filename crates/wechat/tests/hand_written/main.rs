//! The calls that are written by hand, over the wire.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod files;
mod lists;
mod menus;
mod sending;
mod tickets;

use std::time::Duration;

use puzi_wechat::Secret;
use puzi_wechat::client::{ApiError, Client, ErrorKind};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

const APPID: &str = "wx5823bf96d3bd56c7";
const SECRET: &str = "a-secret-nobody-may-read";
const TOKEN: &str = "a-token-nobody-may-read";

async fn start() -> (MockServer, Client) {
    let server = MockServer::start().await;
    let token = json!({"access_token": TOKEN, "expires_in": 7200});
    Mock::given(path("/cgi-bin/stable_token")).respond_with(ok(token)).mount(&server).await;
    let client = Client::builder(APPID, Secret::new(SECRET.to_owned())).base_url(server.uri());
    let client = client.timeout(Duration::from_secs(3)).back_off(Duration::from_millis(5)).build().unwrap();
    (server, client)
}

fn ok(body: Value) -> ResponseTemplate {
    // The platform sends JSON as text.
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "text/plain")
}

fn code(errcode: i64) -> ResponseTemplate {
    ok(json!({"errcode": errcode, "errmsg": "said the platform"}))
}

fn get(at: &str) -> MockBuilder {
    Mock::given(method("GET")).and(path(at)).and(query_param("access_token", TOKEN))
}

fn post(at: &str) -> MockBuilder {
    Mock::given(method("POST")).and(path(at)).and(query_param("access_token", TOKEN))
}

/// Nothing was sent, and the error says this.
fn assert_unsent(error: &ApiError, says: &str) {
    assert_eq!((error.kind, error.unsent, error.errcode), (ErrorKind::CallerMistake, true, None), "{error}");
    assert!(error.errmsg.contains(says), "{error}");
}

/// What was asked at this path, oldest first.
async fn asked(server: &MockServer, at: &str) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    let there = requests.iter().filter(|request| request.url.path() == at);
    there.map(|request| serde_json::from_slice(&request.body).unwrap_or(Value::Null)).collect()
}

#[test]
fn the_programs_of_the_readme_are_as_short_as_promised() {
    let readme = include_str!("../../README.md");
    let programs = readme.split("```rust").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lengths: Vec<usize> =
        programs.map(|program| program.lines().skip(1).filter(|line| !line.trim().is_empty()).count()).collect();
    assert!(lengths[0] <= 20 && lengths[1] <= 10, "{lengths:?}");
}
