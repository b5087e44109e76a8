//! A world for a test: the real `puzi serve` as a process of its own, a simulated WeChat, and a database of its own
//! (SQLite, or PostgreSQL when `PUZI_TEST_DATABASE` names a server).
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says where")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use puzi_sandbox::{App, Config, Mode as SandboxMode, Phone, Sandbox};
use puzi_shop::{
    accounts::{Account, Accounts, NewAccount},
    db::Db,
    replies::{Answer, Draft, Guard, Matching, Trigger, store},
    secrets::Vault,
};
use puzi_wechat::{Secret, envelope::Mode};
use sea_orm::{ConnectionTrait, Statement, Value};
use tempfile::TempDir;

/// What a test is told about the way it talks to WeChat.
pub const APPID: &str = "wx00000000000000a1";
pub const SLUG: &str = "tea";

pub struct World {
    pub wechat: Sandbox,
    pub node: Node,
    pub db: Db,
    pub accounts: Accounts,
    pub account: Account,
    pub vault: Arc<Vault>,
    pub place: Place,
}

/// Where a world's data lies; a second node may be started on it.
pub struct Place {
    pub data: TempDir,
    pub database_url: String,
    key: String,
}

/// A running `puzi serve`.
pub struct Node {
    pub url: String,
    child: Child,
}

impl World {
    /// Plain mode, no rules.
    pub async fn new() -> Self {
        Self::in_mode(Mode::Plain).await
    }

    pub async fn in_mode(mode: Mode) -> Self {
        let place = Place::new().await;
        let db = place.connect().await;
        db.migrate().await.unwrap();
        let vault = Arc::new(place.vault());
        let accounts = Accounts::new(db.clone(), vault.clone());
        let wechat = Sandbox::start(Config { nicknames: true, ..Config::default() }).await.unwrap();
        let account = accounts.add(new_account(APPID, SLUG, mode, &wechat)).await.unwrap();
        let node = place.start_node();
        wechat.add_app(app(&account, &node)).unwrap();
        Self { wechat, node, db, accounts, account, vault, place }
    }

    /// Adds a rule and waits until the node has taken it up.
    pub async fn rule(&self, draft: Draft) -> i64 {
        let id = self.save_rule(draft).await;
        self.node_catches_up().await;
        id
    }

    pub async fn save_rule(&self, draft: Draft) -> i64 {
        let guard = Guard::allowing(["127.0.0.1"]).unwrap();
        store::create(&self.db, &self.vault, &guard, self.account.id, draft).await.unwrap().id
    }

    /// The node looks for changes every second.
    pub async fn node_catches_up(&self) {
        tokio::time::sleep(Duration::from_millis(1_300)).await;
    }

    /// A follower who follows already.
    pub async fn fan(&self) -> Phone {
        let fan = self.wechat.new_phone(APPID);
        assert!(fan.follow().await.accepted());
        fan
    }

    pub async fn restart_node(&mut self) {
        self.node.kill();
        self.start_again();
    }

    pub fn start_again(&mut self) {
        self.node = self.place.start_node();
        let url = self.node.callback(SLUG);
        self.wechat.update_app(APPID, |app| app.callback_url = url).unwrap();
    }

    pub async fn count(&self, sql: &str) -> i64 {
        self.value(sql, []).await
    }

    /// The first column, named `n`, of the first row.
    pub async fn value<T: sea_orm::TryGetable>(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> T {
        let connection = self.db.read();
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
        connection.query_one_raw(statement).await.unwrap().expect("a row").try_get("", "n").unwrap()
    }

    /// Waits until `sql` counts `n`.
    pub async fn until_count(&self, sql: &str, n: i64) {
        let end = Instant::now() + Duration::from_secs(15);
        loop {
            let found = self.count(sql).await;
            if found == n {
                return;
            }
            assert!(Instant::now() < end, "{sql}: {found} instead of {n}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Place {
    pub async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let database_url = match std::env::var("PUZI_TEST_DATABASE") {
            Ok(server) if server.starts_with("postgres") => new_postgres_database(&server).await,
            _ => String::new(),
        };
        use base64::{Engine, prelude::BASE64_STANDARD};
        let key = BASE64_STANDARD.encode(rand::random::<[u8; 32]>());
        Self { data, database_url, key }
    }

    pub fn is_postgres(&self) -> bool {
        !self.database_url.is_empty()
    }

    pub async fn connect(&self) -> Db {
        if self.is_postgres() {
            Db::connect(&self.database_url).await.unwrap()
        } else {
            Db::open_file(&self.data.path().join("puzi.db")).await.unwrap()
        }
    }

    pub fn vault(&self) -> Vault {
        Vault::from_base64(&Secret::new(self.key.clone())).unwrap()
    }

    /// The binary on this place's data, with no settings of the machine's own.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_puzi"));
        command
            .current_dir(self.data.path())
            .env_remove("DATABASE_URL")
            .env("PUZI_DATA", self.data.path())
            .env("PUZI_SECRET_KEY", &self.key)
            .env("PUZI_ALLOW_PRIVATE_WEBHOOKS", r#"["127.0.0.1"]"#)
            .env("PUZI_LANGUAGE", "en");
        if self.is_postgres() {
            command.env("DATABASE_URL", &self.database_url);
        }
        command
    }

    /// Starts a node on any free port and waits until it listens.
    pub fn start_node(&self) -> Node {
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        command.env("PUZI_LOG_FORMAT", "json").env("PUZI_LOG", "info");
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the node ended before it listened").unwrap();
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if line["message"] == "listening" {
                break line["address"].as_str().unwrap().to_owned();
            }
        };
        // Read on, or a full pipe stops the node.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("{line}");
            }
        });
        Node { url: format!("http://{address}"), child }
    }
}

impl Node {
    pub fn callback(&self, slug: &str) -> String {
        format!("{}/wechat/{slug}", self.url)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, as a service manager does.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for the end and tells whether it was a good one.
    pub fn wait(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn new_account(appid: &str, slug: &str, mode: Mode, wechat: &Sandbox) -> NewAccount {
    NewAccount {
        slug: Some(slug.into()),
        name: format!("铺子 {slug}"),
        appid: appid.into(),
        secret: Secret::new(format!("{:032x}", rand::random::<u128>())),
        contact_name: String::new(),
        contact_phone: String::new(),
        contact_email: String::new(),
        mode,
        token: None,
        aes_key: None,
        api_base: Some(wechat.url()),
    }
}

/// The account as WeChat knows it.
pub fn app(account: &Account, node: &Node) -> App {
    App {
        name: account.name.clone(),
        appid: account.appid.clone(),
        secret: account.secret.expose().clone(),
        token: account.token.expose().clone(),
        encoding_aes_key: Some(account.aes_key.expose()),
        mode: match account.mode {
            Mode::Plain => SandboxMode::Plain,
            Mode::Compatible => SandboxMode::Compatible,
            Mode::Encrypted => SandboxMode::Encrypted,
        },
        callback_url: node.callback(&account.slug),
        ..App::default()
    }
}

pub fn keyword(word: &str, answer: Answer) -> Draft {
    Draft::new(word, Trigger::Keyword { matching: Matching::Exact, words: vec![word.into()] }, answer)
}

async fn new_postgres_database(server: &str) -> String {
    let name = format!("puzi_{:016x}", rand::random::<u64>());
    let admin = Db::connect(server).await.unwrap();
    admin.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(&name);
    url.to_string()
}

/// Somebody writes `content`.
pub fn text(content: &str) -> puzi_sandbox::Action {
    puzi_sandbox::Action::Text { content: content.into(), bizmsgmenuid: None }
}
