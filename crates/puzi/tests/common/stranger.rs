//! A browser that does as a test says, also what no real one would: cookies, headers and fields are put in by hand.

use std::collections::BTreeMap;

use puzi_shop::{audit::Actor, staff::Staff, texts::Locale};
use puzi_wechat::Secret;
use reqwest::{Method, RequestBuilder, Response, header, redirect::Policy};

use super::World;

pub const LOGIN: &str = "owner@example.com";
pub const PASSWORD: &str = "seven green teapots";

/// A browser: it keeps cookies, follows nothing, and says where its forms come from.
pub struct Browser {
    http: reqwest::Client,
    url: String,
    pub cookies: BTreeMap<String, String>,
    pub site: Option<&'static str>,
}

impl Browser {
    pub fn at(url: &str) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { http, url: url.to_owned(), cookies: BTreeMap::new(), site: Some("same-origin") }
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).header("accept-language", "en");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        match self.site {
            Some(site) => request.header("sec-fetch-site", site),
            None => request,
        }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Response {
        let response = request.send().await.unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    pub async fn get(&mut self, path: &str) -> Response {
        self.send(self.ask(Method::GET, path)).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.send(self.ask(Method::POST, path).form(fields)).await
    }

    pub async fn log_in(&mut self) -> Response {
        self.post("/admin/login", &[("login", LOGIN), ("password", PASSWORD)]).await
    }

    /// The session's value that forms carry.
    pub async fn csrf(&mut self) -> String {
        let page = self.get("/admin/me").await.text().await.unwrap();
        between(&page, "name=\"_csrf\" value=\"", "\"").to_owned()
    }
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

pub fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

/// A world with an owner.
pub async fn world_with_owner() -> World {
    let world = World::new().await;
    owner(&world).await;
    world
}

pub async fn owner(world: &World) -> Staff {
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let password = Secret::new(PASSWORD.to_owned());
    staff.create_first_owner(&Actor::system(), LOGIN, "Owner", password, Locale::En).await.unwrap();
    staff
}
