//! A desk to write articles at.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

use std::time::Duration;

use puzi_sandbox::{App, Sandbox};
use serde_json::{Value, json};

use crate::common::{Api, Callback, wechat};

pub const JPG: &[u8] = b"\xff\xd8\xff\xe0";

pub fn demo() -> String {
    App::demo().appid
}

/// A sandbox with a callback, and a permanent picture.
pub struct Desk {
    pub wechat: Sandbox,
    pub callback: Callback,
    pub api: Api,
    pub cover: String,
}

impl Desk {
    pub async fn new() -> Self {
        let callback = Callback::content().await;
        let wechat = wechat(&callback).await;
        let api = Api::of(&wechat).await;
        let cover = api.upload("/cgi-bin/material/add_material?type=image", JPG.to_vec()).await;
        let cover = cover["media_id"].as_str().unwrap().to_owned();
        Self { wechat, callback, api, cover }
    }

    pub fn article(&self, title: &str) -> Value {
        json!({ "title": title, "author": "小满", "content": "<p>早上好</p>", "thumb_media_id": self.cover })
    }

    pub fn with(&self, name: &str, value: Value) -> Value {
        let mut article = self.article("t");
        article[name] = value;
        article
    }

    pub async fn add(&self, articles: Value) -> Value {
        self.api.post("/cgi-bin/draft/add", json!({ "articles": articles })).await
    }

    pub async fn draft(&self, articles: Value) -> String {
        let added = self.add(articles).await;
        added["media_id"].as_str().unwrap_or_else(|| panic!("{added}")).to_owned()
    }

    pub async fn ask(&self, path: &str, body: Value) -> Value {
        self.api.post(&format!("/cgi-bin/{path}"), body).await
    }

    /// Publishes and waits until the platform is done: publish_id, msg_data_id, and what `freepublish/get` says.
    pub async fn publish(&self, articles: Value) -> (i64, i64, Value) {
        let media_id = self.draft(articles).await;
        let sent = self.ask("freepublish/submit", json!({ "media_id": media_id })).await;
        let publish_id = sent["publish_id"].as_i64().unwrap_or_else(|| panic!("{sent}"));
        self.wechat.clock().advance(Duration::from_secs(10));
        let done = self.done(publish_id).await;
        (publish_id, sent["msg_data_id"].as_i64().unwrap(), done)
    }

    pub async fn done(&self, publish_id: i64) -> Value {
        for _ in 0..100 {
            // Not by `freepublish/get`: it may be asked a hundred times a day.
            let told = self.callback.got().into_iter().any(|got| got.field("publish_id") == publish_id.to_string());
            if told {
                return self.ask("freepublish/get", json!({ "publish_id": publish_id })).await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("publication {publish_id} was never done");
    }
}
