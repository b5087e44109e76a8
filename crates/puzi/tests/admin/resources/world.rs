//! A world with teas: the server in this process, its database, and a browser without scripts for each of the staff.

use std::{net::SocketAddr, sync::Arc};

use puzi::{
    commands::serve::{Listeners, Server},
    settings::Settings,
};
use puzi_shop::{
    audit::{self, Actor, Recorded, Which},
    db::Db,
    staff::{NewMember, Staff},
    texts::Locale,
};
use puzi_wechat::Secret;
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE},
    multipart,
    redirect::Policy,
};
use sea_orm::{ConnectionTrait, Statement, Value};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::common::Place;
use crate::resources::teas;

const PASSWORD: &str = "steep-the-leaves-twice";

pub struct World {
    pub db: Db,
    staff: Staff,
    base: String,
    _place: Place,
    _running: DropGuard,
}

impl World {
    pub async fn new() -> Self {
        let place = Place::new().await;
        let settings = Settings {
            data: place.data.path().to_owned(),
            database_url: place.database_url.clone(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..Settings::default()
        };
        let opened = settings.open().await.unwrap();
        teas::make_tables(&opened.db).await;
        let staff = Staff::new(opened.db.clone(), Arc::new(settings.vault().unwrap()));
        let password = Secret::new(PASSWORD.to_owned());
        staff.create_first_owner(&Actor::cli("test"), "owner", "Owner", password, Locale::En).await.unwrap();
        let listeners = Listeners::take(&settings).await.unwrap();
        let base = format!("http://{}", listeners.address().unwrap());
        let stop = CancellationToken::new();
        let server = Server::prepare(&settings, listeners, stop.clone(), teas::declared).await.unwrap();
        tokio::spawn(server.serve());
        Self { db: opened.db, staff, base, _place: place, _running: stop.drop_guard() }
    }

    /// The owner's browser.
    pub async fn owner(&self) -> Browser {
        Browser::log_in(&self.base, "owner").await
    }

    /// The browser of a new member with these permissions, and no others.
    pub async fn member(&self, login: &str, permissions: &[&str]) -> Browser {
        use puzi_shop::staff::NewRole;
        let by = Actor::cli("test");
        let permissions = permissions.iter().map(|one| (*one).to_owned()).collect();
        self.staff.create_role(&by, NewRole { key: login.into(), name: login.into(), permissions }).await.unwrap();
        let new = NewMember {
            login: login.into(),
            name: login.into(),
            role: login.into(),
            locale: Some(Locale::En),
            password: Secret::new(PASSWORD.to_owned()),
        };
        self.staff.create(&by, new).await.unwrap();
        Browser::log_in(&self.base, login).await
    }

    /// The admin's own resources.
    pub fn faces(&self) -> puzi_web::Faces {
        puzi_web::faces(&self.db, &self.staff, puzi_web::declared(&self.staff))
    }

    /// An account of this name, as the database has it.
    pub async fn account(&self, name: &str) {
        let sql = "INSERT INTO accounts (slug, name, appid, secret, contact_name, contact_phone, contact_email, mode, token, \
                   aes_key, status, version, rules_version, created_at, updated_at) VALUES \
                   ('tea', $1, 'wx1', '', '', '', '', 'plain', '', '', 'active', 1, 1, 1, 1)";
        self.db.execute(sql, [name.into()]).await.unwrap();
    }

    /// A tea as the database has it, made there.
    pub async fn tea(&self, name: &str, price: i64) -> i64 {
        let sql = "INSERT INTO teas (name, price, organic, version, created_at, updated_at, roast) \
                   VALUES ($1, $2, $3, 1, 1, 1, 'light') RETURNING CAST(id AS BIGINT) AS n";
        self.value(sql, [name.into(), price.into(), false.into()]).await
    }

    /// The column `n` of the first row.
    pub async fn value<T: sea_orm::TryGetable>(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> T {
        let connection = self.db.read();
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
        connection.query_one_raw(statement).await.unwrap().expect("a row").try_get("", "n").unwrap()
    }

    pub async fn price(&self, id: i64) -> i64 {
        self.value("SELECT price AS n FROM teas WHERE id = $1", [id.into()]).await
    }

    pub async fn count(&self, sql: &str) -> i64 {
        self.value(sql, []).await
    }

    /// What the audit log says about a tea, the latest first.
    pub async fn history(&self, id: i64) -> Vec<Recorded> {
        let id = id.to_string();
        let which = Which { subject: Some(("teas", &id)), ..Which::default() };
        audit::list(&self.db, which, 100).await.unwrap()
    }
}

/// A browser without scripts, signed in.
pub struct Browser {
    client: Client,
    base: String,
    cookie: String,
    pub csrf: String,
}

impl Browser {
    async fn log_in(base: &str, login: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let form = [("login", login), ("password", PASSWORD)];
        let answer = client.post(format!("{base}/admin/login")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", answer.text().await.unwrap());
        let mut cookies = answer.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned());
        let session = cookies.rfind(|cookie| cookie.starts_with("puzi_admin=")).unwrap();
        let cookie = session.split(';').next().unwrap().to_owned();
        let mut browser = Self { client, base: base.to_owned(), cookie, csrf: String::new() };
        let page = browser.page("/admin").await;
        browser.csrf = between(&page, "<meta name=\"csrf\" content=\"", "\"").to_owned();
        browser
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie).send().await.unwrap()
    }

    /// A page that is there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let csrf = [("_csrf", self.csrf.as_str())];
        self.post_bare(path, &[&csrf, fields].concat()).await
    }

    /// Without the value that our own forms carry.
    pub async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.client.post(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        request.header(ORIGIN, &self.base).form(fields).send().await.unwrap()
    }

    /// A form that leads on; gives where to.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        let (status, to) = (answer.status(), answer.headers().get(LOCATION).cloned());
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {}", answer.text().await.unwrap());
        to.unwrap().to_str().unwrap().to_owned()
    }

    /// A form that comes back with this status; gives the page.
    pub async fn refused(&self, path: &str, fields: &[(&str, &str)], status: StatusCode) -> String {
        let answer = self.post(path, fields).await;
        let is = answer.status();
        let page = answer.text().await.unwrap();
        assert_eq!(is, status, "{path}: {page}");
        page
    }

    /// A form with a file in it.
    pub async fn send_file(&self, path: &str, fields: &[(&str, &str)], part: (&str, &str, Vec<u8>)) -> Response {
        let mut form = multipart::Form::new().text("_csrf", self.csrf.clone());
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        let (name, file, bytes) = part;
        form = form.part(name.to_owned(), multipart::Part::bytes(bytes).file_name(file.to_owned()));
        let request = self.client.post(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        request.header(ORIGIN, &self.base).multipart(form).send().await.unwrap()
    }

    /// A file that is given out, and its type.
    pub async fn download(&self, path: &str) -> (String, Vec<u8>) {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        (kind, answer.bytes().await.unwrap().to_vec())
    }
}

/// What stands between two marks.
pub fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {text}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?} after {from:?}")).0
}

/// The value of the form's hidden field `name`.
pub fn hidden(page: &str, name: &str) -> String {
    between(page, &format!("name=\"{name}\" value=\""), "\"").replace("&#38;", "&").replace("&amp;", "&")
}

/// Names of the teas in the order in which a list shows them.
pub fn names(page: &str) -> Vec<String> {
    let cells = page.split("class=\"main-link\"").skip(1);
    cells.map(|cell| between(cell, ">", "</a>").to_owned()).collect()
}
