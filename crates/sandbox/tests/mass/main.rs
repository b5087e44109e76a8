//! Messages to all or many, as a client of the platform sees them.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod articles;
#[path = "../common/mod.rs"]
mod common;
#[path = "../heard/mod.rs"]
mod heard;
mod limits;
mod sending;

use std::time::Duration;

use common::{Api, Callback, app};
use puzi_sandbox::{AccountKind, App, Config, Phone, Sandbox, Side};
use serde_json::{Value, json};

const FINISH: &str = "MASSSENDJOBFINISH";
const SEND_ALL: &str = "/cgi-bin/message/mass/sendall";
const SEND: &str = "/cgi-bin/message/mass/send";
const PREVIEW: &str = "/cgi-bin/message/mass/preview";
const DELETE: &str = "/cgi-bin/message/mass/delete";

fn demo() -> String {
    App::demo().appid
}

fn minute(wechat: &Sandbox) {
    wechat.clock().advance(Duration::from_secs(61));
}

fn days(wechat: &Sandbox, days: u64) {
    wechat.clock().advance(Duration::from_secs(days * 86_400));
}

fn to_all(words: &str) -> Value {
    json!({ "filter": { "is_to_all": true }, "msgtype": "text", "text": { "content": words } })
}

fn to(openids: &[&str], words: &str) -> Value {
    json!({ "touser": openids, "msgtype": "text", "text": { "content": words } })
}

/// A sandbox with a few followers, a client and a phone that follows.
async fn crowd(callback: &Callback, kind: AccountKind) -> (Sandbox, Api, Phone) {
    // The first of a month in Beijing, so that a test stays in it as long as it wants.
    let config = Config {
        apps: vec![App { kind, openids: vec!["oAnn".into(), "oBob".into(), "oCid".into()], ..app(callback) }],
        start_at: Some(1_793_462_400),
        ..Config::default()
    };
    let wechat = Sandbox::start(config).await.unwrap();
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    let api = Api::of(&wechat).await;
    (wechat, api, fan)
}

fn counts(got: &common::Got) -> [String; 4] {
    ["TotalCount", "FilterCount", "SentCount", "ErrorCount"].map(|name| got.field(name))
}

async fn status(api: &Api, msg_id: &Value) -> Value {
    api.post("/cgi-bin/message/mass/get", json!({ "msg_id": msg_id })).await["msg_status"].clone()
}

fn words(phone: &Phone) -> Vec<String> {
    phone.chat().iter().filter(|item| item.side == Side::Account).filter_map(|item| item.text.clone()).collect()
}
