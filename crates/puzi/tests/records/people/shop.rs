//! A shop whose account has followers at WeChat.

use std::{collections::HashMap, time::Duration};

use puzi_sandbox::{App, Config, Sandbox};
use puzi_shop::{
    accounts::{Account, Accounts, Reach, Registry},
    audit::Actor,
    db::{Db, now_ms},
    followers::sync,
    runs::{Run, Runs, State},
};
use puzi_wechat::envelope::Mode;
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::common::{APPID, Node, Place, SLUG, app, new_account, until};

pub struct Shop {
    pub wechat: Sandbox,
    pub node: Node,
    pub place: Place,
    pub db: Db,
    pub account: Account,
    pub registry: Registry,
    /// Asks and steers; it works on nothing by itself.
    pub runs: Runs,
}

impl Shop {
    /// `followers` follow at WeChat since up to three years; nobody is known here.
    pub async fn with(followers: usize) -> Self {
        Self::with_config(followers, Config::default()).await
    }

    pub async fn with_config(followers: usize, config: Config) -> Self {
        let place = Place::new().await;
        let db = place.connect().await;
        db.migrate().await.unwrap();
        let vault = std::sync::Arc::new(place.vault());
        let accounts = Accounts::new(db.clone(), vault.clone());
        let wechat = Sandbox::start(config).await.unwrap();
        let account = accounts.add(new_account(APPID, SLUG, Mode::Plain, &wechat)).await.unwrap();
        let node = place.start_node();
        wechat.add_app(App { followers, varied: true, ..app(&account, &node) }).unwrap();
        let registry = Registry::load(db.clone(), vault, "Asia/Shanghai", Duration::from_secs(600)).await.unwrap();
        let runs = Runs::new(db.clone(), registry.clone(), HashMap::new());
        Self { wechat, node, place, db, account, registry, runs }
    }

    /// The accounts, to add another one.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.db.clone(), std::sync::Arc::new(self.place.vault()))
    }

    /// Begins to read all followers.
    pub async fn read_all(&self) -> i64 {
        sync::begin(&self.runs, &Actor::system(), &Reach::All, self.account.id, true, None).await.unwrap()
    }

    pub async fn run(&self, id: i64) -> Run {
        self.runs.get(&Reach::All, id).await.unwrap()
    }

    /// Waits until the run is in one of `states`.
    pub async fn until(&self, id: i64, states: &[State]) -> Run {
        let mut run = self.run(id).await;
        let end = std::time::Instant::now() + Duration::from_secs(180);
        while !states.contains(&run.state) {
            assert!(std::time::Instant::now() < end, "not in time: {run:?}");
            assert!(run.state.is_open(), "it ended otherwise: {run:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            run = self.run(id).await;
        }
        run
    }

    pub async fn done(&self, id: i64) -> Run {
        self.until(id, &[State::Done]).await
    }

    /// Waits until the run has gone over so many.
    pub async fn seen(&self, id: i64, seen: i64) {
        until("so many are seen", Duration::from_secs(120), async || self.run(id).await.seen >= seen).await;
    }

    /// Waits until the run is in this phase.
    pub async fn phase(&self, id: i64, phase: &str) {
        until(phase, Duration::from_secs(120), async || self.run(id).await.place["phase"] == phase).await;
    }

    /// `kill -9`, the lease runs out, and a new node.
    pub async fn kill(&mut self, id: i64) {
        self.node.kill();
        self.lease_runs_out(id).await;
        self.node = self.place.start_node();
        let url = self.node.callback(SLUG);
        self.wechat.update_app(APPID, |app| app.callback_url = url).unwrap();
    }

    pub async fn lease_runs_out(&self, id: i64) {
        let sql = "UPDATE runs SET lease_until = 0 WHERE id = $1";
        self.execute(sql, [id.into()]).await;
    }

    pub async fn execute(&self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.db.execute(sql, values).await.unwrap();
    }

    pub async fn count(&self, sql: &str) -> i64 {
        let on = self.db.read();
        let statement = Statement::from_string(on.get_database_backend(), sql);
        on.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
    }

    /// How often a path was called.
    pub fn calls(&self, path: &str) -> u32 {
        let used = self.wechat.quotas(APPID);
        used.iter().find(|one| one.path == path).map_or(0, |one| one.used)
    }

    /// Somebody who followed long ago, is known here, and follows no more at WeChat.
    pub async fn stranger(&self, openid: &str) {
        let sql = "INSERT INTO followers (account_id, openid, subscribed, subscription_changed_at, first_seen_at, \
                   last_seen_at) VALUES ($1, $2, $3, 1, 1, $4)";
        let values = [self.account.id.into(), openid.into(), true.into(), now_ms().into()];
        self.execute(sql, values).await;
    }
}

pub const DETAILS: &str = "/cgi-bin/user/info/batchget";
pub const LIST: &str = "/cgi-bin/user/get";
