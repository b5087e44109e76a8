//! Answers what followers write: `WECHAT_TOKEN=… WECHAT_APPID=… cargo run --example callback_bot`.
//!
//! Set `http://…/wechat` as the account's callback URL. With `WECHAT_AES_KEY` encrypted pushes are taken, and only those.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

use std::env;
use std::time::UNIX_EPOCH;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use puzi_wechat::Secret;
use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::envelope::{Mode, Query, Receiver, Refusal};
use puzi_wechat::message::{Body, Event, Push};
use puzi_wechat::reply::Reply;

type Answer = Result<String, StatusCode>;

/// What a follower gets to read.
fn reply(push: &Push) -> Reply {
    match &push.body {
        Body::Text(text) => Reply::text(format!("You said: {}", text.content)),
        Body::Event(Event::Subscribe { .. }) => Reply::text("Welcome!"),
        _ => Reply::Nothing,
    }
}

/// `GET /wechat`: the platform makes sure that the URL is ours.
async fn check(State(account): State<Receiver>, RawQuery(query): RawQuery) -> Answer {
    account.verify_url(&Query::parse(&query.unwrap_or_default()), now()).map_err(refused)
}

/// `POST /wechat`: something happened.
async fn push(State(account): State<Receiver>, RawQuery(query): RawQuery, body: Bytes) -> Answer {
    let query = Query::parse(&query.unwrap_or_default());
    let received = account.open(&query, &body, now()).map_err(refused)?;
    let push = &received.push;
    let xml = reply(push).to_xml(&push.from, &push.to, now());
    Ok(account.wrap(received.sealing, xml, &push.dedup_key(), now()))
}

fn refused(refusal: Refusal) -> StatusCode {
    match refusal {
        refusal if refusal.is_forgery() => StatusCode::FORBIDDEN,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Unix seconds.
fn now() -> i64 {
    UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut account = Receiver::new(Secret::new(env::var("WECHAT_TOKEN")?), env::var("WECHAT_APPID")?);
    if let Ok(key) = env::var("WECHAT_AES_KEY") {
        account = account.key(EncodingAesKey::parse(&key)?).mode(Mode::Encrypted);
    }
    let app = Router::new().route("/wechat", get(check).post(push)).with_state(account);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}/wechat", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
