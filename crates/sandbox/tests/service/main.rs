//! Customer service: messages, accounts, sessions, records.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod accounts;
#[path = "../common/mod.rs"]
mod common;
#[path = "../heard/mod.rs"]
mod heard;
mod messages;
mod sessions;

use common::{Api, Callback, errcode, wechat};
use puzi_sandbox::{App, Phone, Sandbox};
use serde_json::json;

const ANN: &str = "ann@gh_5a4d706c7570";
const BOB: &str = "bob@gh_5a4d706c7570";
const ADD: &str = "/customservice/kfaccount/add";
const INVITE: &str = "/customservice/kfaccount/inviteworker";
const DELETE: &str = "/customservice/kfaccount/del";
const SEND: &str = "/cgi-bin/message/custom/send";

fn demo() -> String {
    App::demo().appid
}

async fn desk(callback: &Callback) -> (Sandbox, Api, Phone) {
    let wechat = wechat(callback).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    let api = Api::of(&wechat).await;
    (wechat, api, fan)
}

async fn add(api: &Api, account: &str) {
    assert_eq!(errcode(&api.post(ADD, json!({ "kf_account": account, "nickname": "客服" })).await), 0);
}
