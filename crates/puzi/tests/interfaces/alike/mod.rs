//! What the admin can do, the API and the command line can: the real server, the real binary, a simulated WeChat.

mod accounts;
mod chats;
mod people;

use crate::common::World;
use puzi_shop::{
    audit::Actor,
    staff::{NewToken, Staff},
    texts::Locale,
};
use puzi_wechat::Secret;
use reqwest::Method;
use serde_json::Value;

/// A shop with an owner, and a token of theirs.
struct Shop {
    world: World,
    staff: Staff,
    owner: i64,
    token: Secret<String>,
}

impl Shop {
    async fn open() -> Self {
        let world = World::new().await;
        let staff = Staff::new(world.db.clone(), world.vault.clone());
        let password = Secret::new("seven green teapots".to_owned());
        let owner = staff.create_first_owner(&Actor::system(), "owner", "Lin", password, Locale::En).await.unwrap().id;
        let token = token(&staff, owner, "*").await;
        Self { world, staff, owner, token }
    }

    /// Another token, limited to one permission.
    async fn limited(&self, scope: &str) -> Secret<String> {
        token(&self.staff, self.owner, scope).await
    }

    /// Status and JSON (null when there is none) of what the API answers.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        self.ask_with(&self.token, method, path, body, &[]).await
    }

    async fn ask_with(
        &self,
        token: &Secret<String>,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let url = format!("{}/api/v1/{path}", self.world.node.url);
        let mut request = reqwest::Client::new().request(method, url).bearer_auth(token.expose());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, json) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {json}");
        json
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Exit code, standard output and standard error of a command.
    async fn puzi(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = self.world.place.command();
        command.args(args).stdin(std::process::Stdio::null());
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (ended.status.code().unwrap(), text(ended.stdout), text(ended.stderr))
    }

    /// What a command that succeeds says as JSON.
    async fn json(&self, args: &[&str]) -> Value {
        let args: Vec<_> = args.iter().copied().chain(["--json"]).collect();
        let (code, out, err) = self.puzi(&args).await;
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }
}

async fn token(staff: &Staff, member: i64, scope: &str) -> Secret<String> {
    let new = NewToken { name: scope.into(), scopes: vec![scope.into()], expires_at: None };
    staff.create_token_for(&Actor::cli("test"), member, new).await.unwrap().1
}
