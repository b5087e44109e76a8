//! Webhooks out: a merchant's servers are told what happens, each thing at least once and under one id.

mod delivering;
mod endpoints;
mod receiver;
mod replaying;
mod served;

use std::{sync::Arc, time::Duration};

use self::receiver::Receiver;
use crate::common::Place;
use puzi_shop::{
    accounts::{Account, Accounts, NewAccount, Reach},
    audit::Actor,
    db::Db,
    outward::Guard,
    secrets::Vault,
    webhooks::{EVENTS, NewWebhook, Timing, Webhooks, entity::webhook},
};
use puzi_wechat::Secret;
use sea_orm::{ConnectionTrait, Statement, Value};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Two accounts and no node: webhooks run here, in times of milliseconds.
pub(crate) struct Shop {
    pub(crate) db: Db,
    pub(crate) vault: Arc<Vault>,
    pub(crate) account: Account,
    pub(crate) other: Account,
    pub(crate) webhooks: Webhooks,
    pub(crate) place: Place,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        let place = Place::new().await;
        let db = place.connect().await;
        db.migrate().await.unwrap();
        let vault = Arc::new(place.vault());
        let accounts = Accounts::new(db.clone(), vault.clone());
        let account = accounts.add(new_account("wx00000000000000a1", "tea")).await.unwrap();
        let other = accounts.add(new_account("wx00000000000000a2", "coffee")).await.unwrap();
        let webhooks = quick(&db, &vault);
        Self { db, vault, account, other, webhooks, place }
    }

    /// An endpoint at `receiver` that wants everything, and its key.
    pub(crate) async fn endpoint(&self, name: &str, receiver: &Receiver) -> (webhook::Model, Secret<String>) {
        self.endpoint_at(self.account.id, name, &receiver.url).await
    }

    pub(crate) async fn endpoint_at(&self, account_id: i64, name: &str, url: &str) -> (webhook::Model, Secret<String>) {
        let events = EVENTS.iter().map(|name| (*name).to_owned()).collect();
        let new = NewWebhook { account_id, name: name.into(), url: url.into(), events };
        self.webhooks.create(&by(), &Reach::All, new).await.unwrap()
    }

    /// A text of a follower, as the callback stores it.
    pub(crate) async fn message(&self, words: &str) {
        self.message_of(self.account.id, words).await;
    }

    pub(crate) async fn message_of(&self, account: i64, words: &str) {
        let payload = format!(
            "<xml><ToUserName>gh</ToUserName><FromUserName>oA</FromUserName><CreateTime>1795320000</CreateTime>\
             <MsgType>text</MsgType><Content>{words}</Content><MsgId>1</MsgId></xml>"
        );
        let sql = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
                   received_at, answer_state, answered_at, lease_until) \
                   VALUES ($1, 'oA', TRUE, 'text', $2, $3, $4, 1795320000000, $5, 'answered', 0, 0)";
        let key = rand::random::<[u8; 24]>().to_vec();
        let now = puzi_shop::db::now_ms();
        self.execute(sql, [account.into(), key.into(), words.into(), payload.into(), now.into()]).await;
    }

    pub(crate) async fn execute(&self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.db.execute(sql, values).await.unwrap();
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let read = self.db.read();
        let statement = Statement::from_sql_and_values(read.get_database_backend(), sql, []);
        read.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
    }

    pub(crate) async fn until_count(&self, sql: &str, n: i64) {
        crate::common::until(&format!("{sql} is {n}"), Duration::from_secs(15), async || self.count(sql).await == n)
            .await;
    }

    /// How many deliveries are in this state.
    pub(crate) async fn until_state(&self, state: &str, n: i64) {
        self.until_count(&format!("SELECT COUNT(*) AS n FROM deliveries WHERE state = '{state}'"), n).await;
    }

    /// A node that tells endpoints, until it is dropped.
    pub(crate) fn run(&self) -> Running {
        Running::start(quick(&self.db, &self.vault))
    }
}

/// Webhooks that run; dropped, they are cut off wherever they are, as by `kill -9`.
pub(crate) struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Running {
    pub(crate) fn start(webhooks: Webhooks) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(webhooks.run(stop.clone())), stop }
    }

    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        (&mut self.task).await.unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn by() -> Actor {
    Actor::cli("test")
}

pub(crate) fn timing() -> Timing {
    Timing {
        within: Duration::from_secs(2),
        lease: Duration::from_secs(4),
        pauses: [Duration::from_millis(30); 8],
        look_every: Duration::from_millis(20),
        keep_every: Duration::from_millis(50),
        ..Timing::default()
    }
}

fn quick(db: &Db, vault: &Arc<Vault>) -> Webhooks {
    Webhooks::in_time(db.clone(), vault.clone(), Guard::allowing(["127.0.0.1"]).unwrap(), timing())
}

fn new_account(appid: &str, slug: &str) -> NewAccount {
    NewAccount {
        slug: Some(slug.into()),
        ..NewAccount::plain(format!("铺子 {slug}"), appid, Secret::new(format!("{:032x}", rand::random::<u128>())))
    }
}
