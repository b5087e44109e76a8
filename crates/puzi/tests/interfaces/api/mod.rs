//! The JSON API over HTTP: the real server, tokens of real members.

mod bodies;
mod keys;
mod lists;
mod tokens;
mod writes;

use puzi_shop::{
    audit::Actor,
    db::Db,
    staff::{NewMember, NewRole, NewToken, Staff},
    texts::Locale,
};
use puzi_wechat::Secret;
use reqwest::{Client, Method, RequestBuilder, header};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::common::{Node, Place};

const PASSWORD: &str = "seven green teapots";

/// A shop with an owner, and a token that may do everything.
struct Shop {
    node: Node,
    db: Db,
    staff: Staff,
    owner: i64,
    token: Secret<String>,
    client: Client,
    place: Place,
}

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: header::HeaderMap,
    text: String,
}

impl Shop {
    async fn open() -> Self {
        let place = Place::new().await;
        let db = place.connect().await;
        db.migrate().await.unwrap();
        let staff = Staff::new(db.clone(), place.vault().into());
        let password = Secret::new(PASSWORD.to_owned());
        let owner = staff.create_first_owner(&Actor::system(), "owner", "Owner", password, Locale::En).await.unwrap();
        let node = place.start_node();
        let (owner, client) = (owner.id, Client::new());
        let token = make_token(&staff, owner, &["*"]).await;
        Self { node, db, staff, owner, token, client, place }
    }

    /// A token of the owner.
    async fn token(&self, scopes: &[&str]) -> Secret<String> {
        make_token(&self.staff, self.owner, scopes).await
    }

    /// A member with a role of its own, and a token that may whatever its member may.
    async fn member(&self, login: &str, permissions: &[&str]) -> (i64, Secret<String>) {
        let by = Actor::system();
        let permissions: Vec<_> = permissions.iter().map(|it| (*it).to_owned()).collect();
        let role = NewRole { key: format!("{login}_role"), name: format!("{login}'s role"), permissions };
        let role = self.staff.create_role(&by, role).await.unwrap().key;
        let password = Secret::new(PASSWORD.to_owned());
        let new = NewMember { login: login.into(), name: login.into(), role, locale: Some(Locale::En), password };
        let id = self.staff.create(&by, new).await.unwrap().id;
        (id, make_token(&self.staff, id, &["*"]).await)
    }

    fn ask_with(&self, token: &Secret<String>, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.node.url));
        request.bearer_auth(token.expose()).header("accept-language", "en")
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask_with(&self.token, method, path)
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::to(self.ask(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.ask(Method::POST, path).json(body)).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.ask(Method::PATCH, path).json(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        Answer::to(self.ask(Method::DELETE, path)).await
    }

    /// A quick phrase with this title; its row number.
    async fn phrase(&self, title: &str) -> i64 {
        let made = self.post("/api/v1/phrases", &json!({ "title": title, "text": "您好" })).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["id"].as_i64().unwrap()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) AS n FROM {sql}")).await
    }

    /// The number `n` of the first row.
    async fn number(&self, sql: &str) -> i64 {
        let on = self.db.read();
        let statement = Statement::from_string(on.get_database_backend(), sql);
        on.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
    }

    async fn execute(&self, sql: &str) -> u64 {
        self.db.execute(sql, []).await.unwrap()
    }
}

async fn make_token(staff: &Staff, member: i64, scopes: &[&str]) -> Secret<String> {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let new = NewToken { name: "stock".into(), scopes, expires_at: None };
    staff.create_token_for(&Actor::cli("test"), member, new).await.unwrap().1
}

impl Answer {
    async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The problem that this answer must be.
    #[track_caller]
    fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], status, "{self:?}");
        assert_eq!(problem["type"], format!("/api/v1#{status}"), "{self:?}");
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{self:?}");
        let title = problem["title"].as_str().unwrap();
        assert!(!title.is_empty() && !title.starts_with("api."), "{self:?}");
        problem
    }

    /// The fields at fault, each with its rule.
    #[track_caller]
    fn at_fault(&self) -> Vec<(String, String)> {
        let problem = self.problem(422);
        let word = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        errors.iter().map(|error| (word(error, "field"), word(error, "rule"))).collect()
    }
}
