//! The JSON API as a program asks it.

use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    staff::{NewMember, NewToken, Staff},
};
use puzi_wechat::Secret;
use reqwest::Method;
use serde_json::Value;

use super::World;

/// A token of a new member in `role`, within `reach`.
pub async fn token(world: &World, role: &str, reach: Reach) -> Secret<String> {
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let new = NewMember {
        login: format!("{role}-{:08x}", rand::random::<u32>()),
        name: role.into(),
        role: role.into(),
        locale: None,
        password: Secret::new("long enough for a test".to_owned()),
    };
    let member = staff.create_within(&Actor::system(), new, reach).await.unwrap();
    let token = NewToken { name: "erp".into(), scopes: vec!["*".into()], expires_at: None };
    staff.create_token_for(&Actor::cli("test"), member.id, token).await.unwrap().1
}

/// Whoever holds a token.
pub struct Api<'w> {
    pub world: &'w World,
    pub token: Secret<String>,
}

impl Api<'_> {
    /// Status and body; a body that is no JSON comes as a text.
    pub async fn ask(&self, method: Method, path: &str, version: Option<i64>, body: Option<&Value>) -> (u16, Value) {
        let request = reqwest::Client::new().request(method, format!("{}/api/v1/{path}", self.world.node.url));
        let mut request = request.bearer_auth(self.token.expose());
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, path, None, Some(body)).await
    }
}
