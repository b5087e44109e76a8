//! A browser without scripts: it keeps cookies, and sends forms as they stand in the page.

use std::{collections::BTreeMap, sync::Arc, sync::Mutex};

use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    staff::{NewMember, Staff},
    texts::Locale,
};
use puzi_wechat::Secret;
use reqwest::{Client, Method, RequestBuilder, header, redirect::Policy};

use super::{World, node::SILENCE};

const PASSWORD: &str = "long enough for a test";

/// Somebody at the admin.
pub struct Browser {
    url: String,
    client: Client,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

/// A page as it came.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: header::HeaderMap,
    pub body: String,
}

impl Browser {
    /// Signs a new member with this role in; the first one of a world has to be its owner.
    pub async fn signed_in(world: &World, role: &str) -> Self {
        Self::signed_in_within(world, role, Reach::All).await
    }

    /// The same with a member who sees the accounts of `reach` alone.
    pub async fn signed_in_within(world: &World, role: &str, reach: Reach) -> Self {
        let staff = Staff::new(world.db.clone(), world.vault.clone());
        let by = Actor::system();
        let login = format!("{role}-{:08x}", rand::random::<u32>());
        let password = Secret::new(PASSWORD.to_owned());
        if role == "owner" && !staff.any().await.unwrap() {
            staff.create_first_owner(&by, &login, role, password, Locale::En).await.unwrap();
        } else {
            let locale = Some(Locale::En);
            let new = NewMember { login: login.clone(), name: role.into(), role: role.into(), locale, password };
            staff.create_within(&by, new, reach).await.unwrap();
        }
        let client = Client::builder().redirect(Policy::none()).read_timeout(SILENCE).build().unwrap();
        let browser = Self { url: world.node.url.clone(), client, cookies: Arc::default() };
        let page = browser.send_without_csrf("/admin/login", &[("login", &login), ("password", PASSWORD)]).await;
        assert_eq!(page.status, 303, "{page:?}");
        browser
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// GETs a page and wants it to be there.
    pub async fn page(&self, path: &str) -> String {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        page.body
    }

    /// Sends a form with the session's value.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf().await;
        self.send_without_csrf(path, &[&[("_csrf", csrf.as_str())], fields].concat()).await
    }

    pub async fn send_without_csrf(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.request(Method::POST, path).form(fields)).await
    }

    /// Sends a form with a file.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], name: &str, file: Vec<u8>) -> Page {
        let mut form = reqwest::multipart::Form::new().text("_csrf", self.csrf().await);
        for (field, value) in fields {
            form = form.text((*field).to_owned(), (*value).to_owned());
        }
        let file = reqwest::multipart::Part::bytes(file).file_name(name.to_owned());
        self.send(self.request(Method::POST, path).multipart(form.part("file", file))).await
    }

    /// What every form of this session carries.
    pub async fn csrf(&self) -> String {
        let page = self.get("/admin").await.body;
        between(&page, "<meta name=\"csrf\" content=\"", "\"").to_owned()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.header(header::COOKIE, cookies.join("; ")).header("sec-fetch-site", "same-origin")
    }

    pub async fn send(&self, request: RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if line.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Page { status, headers, body: response.text().await.unwrap() }
    }
}

impl Page {
    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map(|to| to.to_str().unwrap()).unwrap_or_default()
    }

    /// The values of the page's input of this name.
    pub fn value_of(&self, name: &str) -> &str {
        between(&self.body, &format!("name=\"{name}\" value=\""), "\"")
    }
}

/// What stands between two marks.
pub fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} after {start}")).0
}
