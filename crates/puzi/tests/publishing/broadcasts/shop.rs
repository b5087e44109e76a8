//! A shop whose account has followers at WeChat, all of them known here, and a node that serves.

use std::time::Duration;

use puzi_sandbox::{App, Config, Sandbox};
use puzi_shop::{
    accounts::{Account, Accounts, Reach, Registry},
    audit::Actor,
    broadcasts::{Broadcast, Broadcasts, Content, NewBroadcast, Part, State, Whom},
    db::{Db, now_ms},
    secrets::Vault,
};
use puzi_wechat::envelope::Mode;
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::common::{APPID, Node, Place, SLUG, app, new_account, until};

pub const SEND: &str = "/cgi-bin/message/mass/send";
pub const SEND_ALL: &str = "/cgi-bin/message/mass/sendall";

pub struct Shop {
    pub wechat: Sandbox,
    pub node: Node,
    pub place: Place,
    pub db: Db,
    pub vault: std::sync::Arc<Vault>,
    pub account: Account,
    pub registry: Registry,
    /// Asks and decides; the work is the node's.
    pub broadcasts: Broadcasts,
    pub openids: Vec<String>,
}

/// Who writes.
pub fn writer() -> Actor {
    Actor::cli("writer")
}

/// Who approves.
pub fn second() -> Actor {
    Actor::cli("second")
}

pub fn text(words: &str) -> Content {
    Content::Text { text: words.into() }
}

pub fn new(words: &str, whom: Whom) -> NewBroadcast {
    NewBroadcast {
        name: words.into(),
        content: text(words),
        whom: Some(whom),
        ignore_reprint: false,
        speed: None,
        at: None,
    }
}

impl Shop {
    /// `followers` follow at WeChat and are known here.
    pub async fn with(followers: usize) -> Self {
        let place = Place::new().await;
        let db = place.connect().await;
        db.migrate().await.unwrap();
        let vault = std::sync::Arc::new(place.vault());
        let accounts = Accounts::new(db.clone(), vault.clone());
        let wechat = Sandbox::start(Config::default()).await.unwrap();
        let account = accounts.add(new_account(APPID, SLUG, Mode::Plain, &wechat)).await.unwrap();
        let sql =
            "INSERT INTO account_settings (account_id, key, value, updated_at) VALUES ($1, 'account.kind', $2, 0)";
        db.execute(sql, [account.id.into(), "\"service\"".into()]).await.unwrap();
        let node = place.start_node();
        wechat.add_app(App { followers, ..app(&account, &node) }).unwrap();
        let registry =
            Registry::load(db.clone(), vault.clone(), "Asia/Shanghai", Duration::from_secs(600)).await.unwrap();
        let broadcasts = Broadcasts::new(&db, &registry);
        let mut shop = Self { wechat, node, place, db, vault, account, registry, broadcasts, openids: Vec::new() };
        shop.know_all().await;
        shop
    }

    async fn know_all(&mut self) {
        let client = self.registry.by_id(self.account.id).unwrap().client.clone();
        let mut next: Option<String> = None;
        loop {
            let page = client.users().list(next.as_deref()).await.unwrap();
            if page.openids.is_empty() {
                break;
            }
            self.know(&page.openids).await;
            self.openids.extend(page.openids);
            next = Some(page.next_openid);
            if self.openids.len() as u64 >= page.total {
                break;
            }
        }
    }

    /// These follow, as far as is known here.
    pub async fn know(&self, openids: &[String]) {
        for some in openids.chunks(500) {
            let now = now_ms();
            let rows: Vec<_> = some
                .iter()
                .map(|openid| format!("({}, '{openid}', TRUE, {now}, {now}, {now})", self.account.id))
                .collect();
            let sql = format!(
                "INSERT INTO followers (account_id, openid, subscribed, subscription_changed_at, first_seen_at, \
                 last_seen_at) VALUES {}",
                rows.join(", ")
            );
            self.execute(&sql, []).await;
        }
    }

    /// To these, by their openids.
    pub fn given(&self, openids: &[String]) -> Whom {
        Whom::Given { name: "list".into(), openids: openids.to_vec() }
    }

    pub async fn write(&self, new: NewBroadcast) -> i64 {
        self.broadcasts.create(&writer(), &Reach::All, self.account.id, new).await.unwrap()
    }

    pub async fn get(&self, id: i64) -> Broadcast {
        self.broadcasts.get(&Reach::All, id).await.unwrap()
    }

    pub async fn parts(&self, id: i64) -> Vec<Part> {
        self.broadcasts.parts(&Reach::All, id).await.unwrap()
    }

    /// Submits it, and waits until it waits for approval.
    pub async fn submit(&self, id: i64) -> Broadcast {
        let version = self.get(id).await.version;
        self.broadcasts.submit(&writer(), &Reach::All, id, version).await.unwrap();
        self.until(id, &[State::Waiting]).await
    }

    /// Approves what stands there.
    pub async fn approve(&self, id: i64) {
        let now = self.get(id).await;
        let digest = now.digest.unwrap();
        self.broadcasts.approve(&second(), &Reach::All, id, now.version, &digest).await.unwrap();
    }

    /// Written, submitted and approved.
    pub async fn send(&self, new: NewBroadcast) -> i64 {
        let id = self.write(new).await;
        self.submit(id).await;
        self.approve(id).await;
        id
    }

    /// Waits until it is in one of `states`.
    pub async fn until(&self, id: i64, states: &[State]) -> Broadcast {
        let what = format!("broadcast {id} in {states:?}");
        until(&what, Duration::from_secs(90), async || states.contains(&self.get(id).await.state)).await;
        self.get(id).await
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.node.kill();
    }

    /// The leases of what the dead node had in hand run out, and a new one starts.
    pub async fn start_again(&mut self) {
        self.execute("UPDATE jobs SET run_at = 0 WHERE kind LIKE 'broadcast.%' AND kind <> 'broadcast.state'", [])
            .await;
        self.node = self.place.start_node();
        let url = self.node.callback(SLUG);
        self.wechat.update_app(APPID, |app| app.callback_url = url).unwrap();
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

    pub async fn until_called(&self, path: &str) {
        until(path, Duration::from_secs(60), async || self.calls(path) > 0).await;
    }

    /// How often these words stand in the chat of a phone.
    pub fn got(&self, openid: &str, words: &str) -> usize {
        self.wechat.chat(APPID, openid).iter().filter(|item| item.text.as_deref() == Some(words)).count()
    }
}
