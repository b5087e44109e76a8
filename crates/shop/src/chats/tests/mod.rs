//! Chats on a database of their own, with a WeChat that keeps records as told.

mod counting;
mod reading;
mod serving;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use puzi_wechat::Secret;
use sea_orm::{ConnectionTrait, Value};
use serde_json::{Value as Json, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use super::*;
use crate::{
    accounts::NewAccount,
    db::{self, now_ms},
    secrets::Vault,
    test_database::{TestDatabase, has_read},
};

const OPENID: &str = "oFan";

/// What WeChat has written down.
#[derive(Default)]
struct Shelf {
    /// Unix seconds, opercode, openid, words.
    records: Vec<(i64, i64, String, String)>,
    /// The second page begins with the last record of the first.
    repeats: bool,
    /// A refusal instead.
    errcode: i64,
    asked: usize,
}

impl Shelf {
    /// As the platform answers: both ends counted in, pages by number.
    fn answer(&mut self, request: &Request) -> Json {
        self.asked += 1;
        if self.errcode != 0 {
            return json!({"errcode": self.errcode, "errmsg": "no"});
        }
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let n = |name: &str| body[name].as_i64().unwrap();
        let (from, until, first, most) = (n("starttime"), n("endtime"), n("msgid"), n("number"));
        let within = self.records.iter().enumerate().filter(|(_, record)| (from..=until).contains(&record.0));
        let begin = if self.repeats && first > 1 { first - 1 } else { first };
        let page: Vec<_> = within.filter(|(n, _)| *n as i64 + 1 >= begin).take(most as usize).collect();
        let next = page.last().map_or(0, |(n, _)| *n as i64 + 2);
        let shown = page.iter().map(|(_, (time, opercode, openid, text))| {
            json!({"openid": openid, "opercode": opercode, "text": text, "time": time, "worker": "ming@tea"})
        });
        let shown: Vec<_> = shown.collect();
        json!({"number": shown.len(), "msgid": next, "recordlist": shown})
    }
}

struct World {
    db: Db,
    chats: Chats,
    account_id: i64,
    shelf: Arc<Mutex<Shelf>>,
    database: TestDatabase,
    _wechat: MockServer,
}

impl World {
    async fn new() -> Self {
        let wechat = MockServer::start().await;
        let token = json!({"access_token": "a-token", "expires_in": 7200});
        Mock::given(path("/cgi-bin/stable_token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(token))
            .mount(&wechat)
            .await;
        let shelf: Arc<Mutex<Shelf>> = Arc::default();
        let kept = shelf.clone();
        Mock::given(path("/customservice/msgrecord/getmsglist"))
            .respond_with(move |request: &Request| {
                ResponseTemplate::new(200).set_body_json(kept.lock().unwrap().answer(request))
            })
            .mount(&wechat)
            .await;
        let database = TestDatabase::new().await;
        let db = database.db.clone();
        let vault = Arc::new(Vault::new(&[7; 32]).unwrap());
        let registry = Registry::load(db.clone(), vault, "Asia/Shanghai", Duration::from_secs(600)).await.unwrap();
        let account = NewAccount {
            slug: Some("tea".into()),
            api_base: Some(wechat.uri()),
            ..NewAccount::plain(
                "铺子茶铺",
                "wx0123456789abcdef",
                Secret::new("0123456789abcdef0123456789abcdef".into()),
            )
        };
        let account_id = registry.accounts().add(account).await.unwrap().id;
        registry.refresh().await.unwrap();
        let chats = Chats::new(&db, &registry);
        chats.enable(account_id).await.unwrap();
        Self { db, chats, account_id, shelf, database, _wechat: wechat }
    }

    fn says(&self, at: i64, opercode: i64, text: &str) {
        self.shelf.lock().unwrap().records.push((at, opercode, OPENID.into(), text.into()));
    }

    /// What is read next reads everything again.
    async fn forget_the_place(&self) {
        self.run("UPDATE service_reading SET read_until = read_until - 7200").await;
    }

    async fn run(&self, sql: &str) {
        self.db.execute(sql, []).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        // A sum of PostgreSQL's is no BIGINT.
        let sql = format!("SELECT CAST(n AS BIGINT) AS n FROM ({sql}) AS asked");
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), &sql, [])).await.unwrap().unwrap();
        row.try_get("", "n").unwrap()
    }

    async fn records(&self) -> i64 {
        self.number("SELECT COUNT(*) AS n FROM service_records").await
    }

    async fn alone(&self) -> i64 {
        self.number("SELECT COUNT(*) AS n FROM service_records WHERE same_id IS NULL").await
    }

    /// A message as the intake stores it.
    async fn pushed(&self, id: i64, text: &str, at: i64) {
        const SQL: &str = "INSERT INTO messages (id, account_id, openid, inbound, kind, dedup_key, summary, payload, \
                           sent_at, received_at, answer_state, answered_at, lease_until) \
                           VALUES ($1, $2, $3, TRUE, 'text', $4, $5, $6, $7, $7, 'none', $7, 0)";
        let payload = format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>{OPENID}</FromUserName><CreateTime>{}</CreateTime>\
             <MsgType>text</MsgType><Content>{text}</Content><MsgId>{id}</MsgId></xml>",
            at / 1_000
        );
        let key = id.to_be_bytes().to_vec();
        let values: [Value; 7] =
            [id.into(), self.account_id.into(), OPENID.into(), key.into(), text.into(), payload.into(), at.into()];
        self.db.execute(SQL, values).await.unwrap();
    }

    async fn project(&self) {
        while crate::inbox::Projector::new(self.db.clone()).step().await.unwrap() > 0 {}
    }
}

/// Half a minute and more ago, Unix seconds: what is read already.
fn a_while_ago() -> i64 {
    now_ms() / 1_000 - 100
}
