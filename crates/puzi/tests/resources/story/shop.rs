//! The shop in which a story happens: the server in this process, its database, the owner's browser and token.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use puzi::{
    commands::serve::{Listeners, Server},
    settings::Settings,
};
use puzi_shop::{
    accounts::NewAccount,
    audit::Actor,
    db::Db,
    staff::{NewMember, NewRole, NewToken, Staff},
    texts::Locale,
};
use puzi_wechat::Secret;
use reqwest::{
    Client, Method, RequestBuilder,
    header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    multipart,
    redirect::Policy,
};
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{files::Upload, page};
use crate::common::Place;

const PASSWORD: &str = "steep-the-leaves-twice";

pub(super) struct Shop {
    pub(super) db: Db,
    pub(super) staff: Staff,
    pub(super) url: String,
    client: Client,
    owner: i64,
    _running: DropGuard,
    _place: Place,
}

impl Shop {
    /// A shop with an owner and an Official Account.
    pub(super) async fn open() -> Self {
        let place = Place::new().await;
        let settings = Settings {
            data: place.data.path().to_owned(),
            database_url: place.database_url.clone(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..Settings::default()
        };
        let opened = settings.open().await.unwrap();
        let staff = Staff::new(opened.db.clone(), Arc::clone(&opened.vault));
        let password = Secret::new(PASSWORD.to_owned());
        let owner = staff.create_first_owner(&Actor::system(), "owner", "Owner", password, Locale::En).await.unwrap();
        opened.accounts.add(account()).await.unwrap();
        let listeners = Listeners::take(&settings).await.unwrap();
        let url = format!("http://{}", listeners.address().unwrap());
        let stop = CancellationToken::new();
        let server = Server::prepare(&settings, listeners, stop.clone(), puzi_web::declared).await.unwrap();
        tokio::spawn(server.serve());
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { db: opened.db, staff, url, client, owner: owner.id, _running: stop.drop_guard(), _place: place }
    }

    pub(super) async fn owner(&self) -> Browser {
        Browser::log_in(self, "owner").await
    }

    /// The browser of a new member with these permissions.
    pub(super) async fn member(&self, login: &str, permissions: &[&str]) -> Browser {
        let by = Actor::system();
        let permissions = permissions.iter().map(|one| (*one).to_owned()).collect();
        let role = NewRole { key: login.into(), name: login.into(), permissions };
        self.staff.create_role(&by, role).await.unwrap();
        let new = NewMember {
            login: login.into(),
            name: login.into(),
            role: login.into(),
            locale: Some(Locale::En),
            password: Secret::new(PASSWORD.to_owned()),
        };
        self.staff.create(&by, new).await.unwrap();
        Browser::log_in(self, login).await
    }

    /// A token of the owner for these permissions.
    pub(super) async fn token(&self, scopes: &[&str]) -> Token {
        let scopes = scopes.iter().map(|one| (*one).to_owned()).collect();
        let new = NewToken { name: "story".into(), scopes, expires_at: None };
        let (_, token) = self.staff.create_token_for(&Actor::cli("test"), self.owner, new).await.unwrap();
        Token { client: self.client.clone(), url: self.url.clone(), token: Some(token) }
    }

    /// Somebody who is not signed in, in a browser and as a program.
    pub(super) fn stranger(&self) -> (Browser, Token) {
        let browser = Browser {
            client: self.client.clone(),
            url: self.url.clone(),
            cookies: BTreeMap::new(),
            csrf: "guessed".into(),
        };
        (browser, Token { client: self.client.clone(), url: self.url.clone(), token: None })
    }

    pub(super) async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let on = self.db.read();
        let statement = Statement::from_string(on.get_database_backend(), sql);
        on.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// How many rows of a table there are; `which` may go on with `WHERE`.
    pub(super) async fn count(&self, which: &str) -> i64 {
        let rows = self.rows(&format!("SELECT COUNT(*) AS n FROM {which}")).await;
        rows[0].try_get("", "n").unwrap()
    }

    pub(super) async fn execute(&self, sql: &str) {
        self.db.read().execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

fn account() -> NewAccount {
    NewAccount {
        slug: Some("tea".into()),
        ..NewAccount::plain("Tea house", "wx00000000000000a1", Secret::new("0123456789abcdef0123456789abcdef".into()))
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    async fn to(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, text: answer.text().await.unwrap() }
    }

    pub(super) fn location(&self) -> &str {
        self.headers.get(LOCATION).map(|to| to.to_str().unwrap()).unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The status must be this one; gives the body.
    #[track_caller]
    pub(super) fn must_be(self, status: u16, what: &str) -> Self {
        assert_eq!(self.status, status, "{what}: {}", self.told());
        self
    }

    /// What went wrong, in the words of the page or the problem.
    pub(super) fn told(&self) -> String {
        if self.header("content-type").contains("json") {
            return self.text.clone();
        }
        let errors = page::errors(&self.text);
        let notes = page::texts_of(&self.text, "class=\"note note-bad\"");
        if errors.is_empty() && notes.is_empty() {
            return format!("{} {}", self.location(), page::title(&self.text));
        }
        format!("{errors:?} {notes:?}")
    }
}

/// A browser without scripts.
pub(super) struct Browser {
    client: Client,
    url: String,
    cookies: BTreeMap<String, String>,
    pub(super) csrf: String,
}

impl Browser {
    async fn log_in(shop: &Shop, login: &str) -> Self {
        let (mut browser, _) = shop.stranger();
        let form = [("login", login), ("password", PASSWORD)];
        let answer = shop.client.post(format!("{}/admin/login", shop.url)).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 303, "signing in");
        for line in answer.headers().get_all(SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            browser.cookies.insert(name.to_owned(), value.to_owned());
        }
        let page = browser.page("/admin").await;
        browser.csrf = page::between(&page, "<meta name=\"csrf\" content=\"", "\"").to_owned();
        browser
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.header(COOKIE, cookies.join("; ")).header("sec-fetch-site", "same-origin")
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// A page that is there.
    pub(super) async fn page(&self, path: &str) -> String {
        self.get(path).await.must_be(200, path).text
    }

    pub(super) async fn post(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let csrf = [("_csrf".to_owned(), self.csrf.clone())];
        Answer::to(self.request(Method::POST, path).form(&[&csrf, fields].concat())).await
    }

    /// A form with files in it.
    pub(super) async fn post_files(&self, path: &str, fields: &[(String, String)], files: &[Upload]) -> Answer {
        let mut form = multipart::Form::new().text("_csrf", self.csrf.clone());
        for (name, value) in fields {
            form = form.text(name.clone(), value.clone());
        }
        for file in files {
            let part = multipart::Part::bytes(file.bytes.clone()).file_name(file.name.clone());
            form = form.part(file.part.clone(), part);
        }
        Answer::to(self.request(Method::POST, path).multipart(form)).await
    }

    /// Changes the language.
    pub(super) async fn speak(&self, language: &str) {
        let answer = self.post("/admin/preferences", &[("language".into(), language.into())]).await;
        answer.must_be(303, "choosing a language");
    }
}

/// A program with a token, or without one.
pub(super) struct Token {
    client: Client,
    url: String,
    token: Option<Secret<String>>,
}

impl Token {
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url)).header("accept-language", "en");
        match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path);
        Answer::to(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None).await
    }

    /// A change of the version that was seen.
    pub(super) async fn patch(&self, path: &str, version: Option<i64>, body: &Value) -> Answer {
        let mut request = self.request(Method::PATCH, path).json(body);
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        Answer::to(request).await
    }
}
