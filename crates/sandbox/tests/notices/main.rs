//! Template messages, the subscription for one message, and subscription notifications.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../heard/mod.rs"]
mod heard;
mod subscriptions;
mod templates;

use std::time::Duration;

use common::{Api, Callback, wechat};
use puzi_sandbox::{App, Kind, Phone, Sandbox, Side};

fn demo() -> String {
    App::demo().appid
}

async fn shop(callback: &Callback) -> (Sandbox, Api, Phone) {
    let wechat = wechat(callback).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    let api = Api::of(&wechat).await;
    (wechat, api, fan)
}

fn second(wechat: &Sandbox) {
    wechat.clock().advance(Duration::from_secs(2));
}

fn cards(fan: &Phone) -> Vec<(String, String)> {
    let cards = fan.chat().into_iter().filter(|item| item.side == Side::Account && item.kind == Kind::Link);
    cards.map(|item| (item.title.unwrap(), item.description.unwrap())).collect()
}
