//! A world for a test: the real `puzi serve` as a process of its own, a simulated WeChat, and a database of its own
//! (SQLite, or PostgreSQL when `PUZI_TEST_DATABASE` names a server).
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says where")]

mod api;
mod browser;
mod merchant;
mod node;
mod place;
pub mod stranger;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use puzi_sandbox::{App, Config, Mode as SandboxMode, Phone, Sandbox};
use puzi_shop::{
    accounts::{Account, Accounts, NewAccount},
    db::{Db, WriteTx},
    replies::{Answer, Draft, Guard, Matching, Trigger, store},
    secrets::Vault,
};
use puzi_wechat::{Secret, envelope::Mode};
use sea_orm::{ConnectionTrait, Statement, Value};

pub use self::{
    api::{Api, token},
    browser::{Browser, Page, between},
    merchant::Merchant,
    node::Node,
    place::{Place, postgres_server},
};

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

    /// Waits until the node has taken up all changes of accounts and rules.
    pub async fn node_catches_up(&self) {
        const SUM: &str = "SELECT CAST(SUM(version + rules_version) AS BIGINT) AS n FROM accounts";
        until("the node takes a change up", Duration::from_secs(10), async || {
            self.node.metric("puzi_registry_revision").await == Some(self.count(SUM).await as f64)
        })
        .await;
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
        self.move_to(self.place.start_node());
    }

    /// WeChat calls `node` from now on.
    pub fn move_to(&mut self, node: Node) {
        self.node = node;
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
        let mut found = self.count(sql).await;
        let end = Instant::now() + Duration::from_secs(15);
        while found != n {
            assert!(Instant::now() < end, "{sql}: {found} instead of {n}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            found = self.count(sql).await;
        }
    }

    /// Waits until the node takes messages and none wait in its journal.
    pub async fn until_ready(&self) {
        until("the node is ready", Duration::from_secs(15), async || self.node.is_ready().await).await;
    }

    /// Keeps the database from taking messages until it is dropped. On PostgreSQL they cannot be read either.
    pub async fn lock(&self) -> WriteTx {
        let tx = self.db.begin_write().await.unwrap();
        if self.place.is_postgres() {
            tx.execute_unprepared("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE").await.unwrap();
        }
        tx
    }
}

/// Waits until `holds`, at most `limit`; `what` tells what did not come.
pub async fn until(what: &str, limit: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + limit;
    while !holds().await {
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn new_account(appid: &str, slug: &str, mode: Mode, wechat: &Sandbox) -> NewAccount {
    NewAccount {
        slug: Some(slug.into()),
        mode,
        api_base: Some(wechat.url()),
        ..NewAccount::plain(format!("铺子 {slug}"), appid, Secret::new(format!("{:032x}", rand::random::<u128>())))
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

/// Somebody writes `content`.
pub fn text(content: &str) -> puzi_sandbox::Action {
    puzi_sandbox::Action::Text { content: content.into(), bizmsgmenuid: None }
}
