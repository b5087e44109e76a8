//! Template messages and subscription notifications: the real server and a simulated WeChat.

mod command;
mod killed;
mod limited;
mod served;

use std::time::Duration;

use crate::common::{APPID, Browser, SLUG, World, until};
use puzi_sandbox::{Kind, Phone, Side};
use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    staff::{NewMember, NewToken, Staff},
};
use puzi_wechat::{Secret, client::Client};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const SEND: &str = "/cgi-bin/message/template/send";
pub(crate) const NOTIFY: &str = "/cgi-bin/message/subscribe/bizsend";

/// A shop with a template of each way, read into it.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) fan: Phone,
    /// WeChat's ids.
    pub(crate) template: String,
    pub(crate) subscribe: String,
    token: Secret<String>,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let fan = world.fan().await;
        let (account, url) = (&world.account, world.wechat.url());
        let client = Client::builder(account.appid.clone(), account.secret.clone()).base_url(&url).build().unwrap();
        let template = client.template().add("1856", &["快递公司", "发货时间"]).await.unwrap();
        let subscribe = client.subscribe().add("1856", &[4, 3], "发货").await.unwrap();
        Browser::signed_in(&world, "owner").await;
        let token = token(&world, Reach::All).await;
        let shop = Self { world, fan, template, subscribe, token };
        let (status, synced) = shop.post("notice_templates/sync", &json!({ "account": SLUG })).await;
        assert_eq!((status, &synced["found"]), (200, &json!(2)), "{synced}");
        shop
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        ask(&self.world, &self.token, (method, path), key, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, path, None, Some(body)).await
    }

    /// A notice as a program sends it.
    pub(crate) fn notice(&self, template: &str) -> Value {
        json!({
            "account": SLUG, "template": template, "openid": self.fan.openid(),
            "data": { "thing4": "顺丰速运", "time3": "15:01" }, "reference": "A-1",
        })
    }

    /// Queues one and gives its number.
    pub(crate) async fn send(&self, template: &str) -> i64 {
        let (status, queued) = self.post("notices", &self.notice(template)).await;
        assert_eq!(status, 202, "{queued}");
        queued["id"].as_i64().unwrap()
    }

    /// Waits until the notice is in `state`. Ways at WeChat take a second of its clock.
    pub(crate) async fn until_state(&self, id: i64, state: &str) {
        let sql = format!("SELECT COUNT(*) AS n FROM notices WHERE id = {id} AND state = '{state}'");
        until(&format!("{id} is {state}"), Duration::from_secs(30), async || self.world.count(&sql).await == 1).await;
    }

    pub(crate) async fn state(&self, id: i64) -> String {
        self.world.value(&format!("SELECT state AS n FROM notices WHERE id = {id}"), []).await
    }

    /// What the phone has of the account: title and words.
    pub(crate) fn cards(&self) -> Vec<String> {
        let cards = self.fan.chat().into_iter().filter(|item| item.side == Side::Account && item.kind == Kind::Link);
        cards.filter_map(|item| item.description).collect()
    }

    /// Leases of a process that died are over.
    pub(crate) async fn end_leases(&self) {
        self.world.db.execute("UPDATE jobs SET run_at = 0 WHERE state = 'sending'", []).await.unwrap();
    }

    /// What waits for its turn is due, as if time had passed; nothing that is under way.
    pub(crate) async fn hurry(&self) {
        let sql = "UPDATE jobs SET run_at = 0 WHERE state = 'queued' AND attempts = 0";
        self.world.db.execute(sql, []).await.unwrap();
    }
}

/// A token of a new manager within `reach`.
pub(crate) async fn token(world: &World, reach: Reach) -> Secret<String> {
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let login = format!("manager-{:08x}", rand::random::<u32>());
    let new = NewMember {
        login,
        name: "manager".into(),
        role: "manager".into(),
        locale: None,
        password: Secret::new("long enough for a test".to_owned()),
    };
    let member = staff.create_within(&Actor::system(), new, reach).await.unwrap();
    let token = NewToken { name: "erp".into(), scopes: vec!["*".into()], expires_at: None };
    staff.create_token_for(&Actor::cli("test"), member.id, token).await.unwrap().1
}

/// Asks the API.
pub(crate) async fn ask(
    world: &World,
    token: &Secret<String>,
    (method, path): (Method, &str),
    key: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let request = reqwest::Client::new().request(method, format!("{}/api/v1/{path}", world.node.url));
    let mut request = request.bearer_auth(token.expose());
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn a_word_that_is_too_long_is_told_before_anything_is_sent() {
    let shop = Shop::new().await;
    let mut notice = shop.notice(&shop.template);
    notice["data"] = json!({ "thing4": "字".repeat(21), "time3": "now", "thing9": "x" });
    let (status, refused) = shop.post("notices", &notice).await;
    assert_eq!(status, 422, "{refused}");
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["data.thing4", "data.time3", "data.thing9"]);
    notice["template"] = json!("nobody's");
    assert_eq!(shop.post("notices", &notice).await.0, 422);
    assert_eq!(shop.world.count("SELECT COUNT(*) AS n FROM notices").await, 0);
    assert!(shop.cards().is_empty());
}

#[tokio::test]
async fn a_notice_goes_out_once_and_its_outcome_is_told() {
    let shop = Shop::new().await;
    let notice = shop.notice(&shop.template);
    let (status, first) = shop.ask(Method::POST, "notices", Some("order-1"), Some(&notice)).await;
    assert_eq!(status, 202, "{first}");
    let (status, second) = shop.ask(Method::POST, "notices", Some("order-1"), Some(&notice)).await;
    assert_eq!((status, &second["id"]), (202, &first["id"]));
    let mut other = notice.clone();
    other["data"]["thing4"] = json!("中通快递");
    assert_eq!(shop.ask(Method::POST, "notices", Some("order-1"), Some(&other)).await.0, 422);
    let id = first["id"].as_i64().unwrap();
    shop.until_state(id, "delivered").await;
    assert_eq!(shop.cards(), ["快递公司:顺丰速运\n发货时间:15:01"]);
    let (_, shown) = shop.get(&format!("notices/{id}")).await;
    assert_eq!(
        (&shown["state"], &shown["outcome"], &shown["reference"]),
        (&json!("delivered"), &json!("success"), &json!("A-1"))
    );

    // One who agreed once is told once.
    let refused = shop.send(&shop.subscribe).await;
    shop.until_state(refused, "failed").await;
    let (_, shown) = shop.get(&format!("notices/{refused}")).await;
    assert_eq!(shown["errcode"], 43101);
    shop.fan.agree_to_notice(&shop.subscribe).await;
    let (status, again) = shop.post(&format!("notices/{refused}/again"), &json!({})).await;
    assert_eq!(status, 200, "{again}");
    shop.until_state(refused, "delivered").await;
    assert_eq!(shop.cards().len(), 2);
    assert_eq!(shop.post(&format!("notices/{refused}/again"), &json!({})).await.0, 409, "it arrived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_and_a_repeated_request_send_each_notice_once() {
    let shop = Shop::new().await;
    let _other = shop.world.place.start_node();
    let notice = shop.notice(&shop.template);
    let ask = || shop.ask(Method::POST, "notices", Some("order-9"), Some(&notice));
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    // One that comes while the first is being answered may be told so.
    let answers = [one, two, three];
    let mut ids: Vec<i64> = Vec::new();
    for (status, answer) in &answers {
        if *status == 202 {
            ids.push(answer["id"].as_i64().unwrap());
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{answers:?}");
    for _ in 0..8 {
        shop.send(&shop.template).await;
    }
    until("all are delivered", Duration::from_secs(60), async || {
        shop.world.count("SELECT COUNT(*) AS n FROM notices WHERE state = 'delivered'").await == 9
    })
    .await;
    assert_eq!(shop.world.count("SELECT CAST(SUM(tries) AS BIGINT) AS n FROM notices").await, 9);
    assert_eq!(shop.cards().len(), 9);
}

#[tokio::test]
async fn who_refuses_and_what_the_platform_keeps_back_is_told_apart() {
    let shop = Shop::new().await;
    shop.fan.refuse_templates(true);
    let refused = shop.send(&shop.template).await;
    shop.until_state(refused, "blocked").await;
    shop.fan.refuse_templates(false);
    shop.world.wechat.forbid_in_templates(APPID, "顺丰");
    let kept_back = shop.send(&shop.template).await;
    shop.until_state(kept_back, "failed").await;
    let (_, shown) = shop.get(&format!("notices/{kept_back}")).await;
    assert_eq!(shown["outcome"], "failed: system failed");
    assert!(shop.cards().is_empty());
}

#[tokio::test]
async fn the_outcome_of_two_equal_notifications_goes_to_the_older() {
    let shop = Shop::new().await;
    // Allowed for long: more than one may be under way.
    let (account, url) = (&shop.world.account, shop.world.wechat.url());
    let client = Client::builder(account.appid.clone(), account.secret.clone()).base_url(&url).build().unwrap();
    let lasting = client.subscribe().add("9085", &[1, 2], "停车").await.unwrap();
    shop.post("notice_templates/sync", &json!({ "account": SLUG })).await;
    shop.fan.agree_to_notice(&lasting).await;
    let mut notice = shop.notice(&lasting);
    notice["data"] = json!({ "car_number1": "浙A12345", "amount2": "12元" });
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(shop.post("notices", &notice).await.1["id"].as_i64().unwrap());
    }
    for id in &ids {
        shop.until_state(*id, "delivered").await;
    }
    let sql = "SELECT COUNT(*) AS n FROM notices a JOIN notices b ON a.id < b.id AND a.msg_id < b.msg_id";
    assert_eq!(shop.world.count(sql).await, 1, "the older has the number that was told first");
}
