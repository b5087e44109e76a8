//! Notices on a database of their own, with a WeChat that answers as told.

mod sending;
mod templates;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use puzi_wechat::Secret;
use sea_orm::EntityTrait;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use super::{entity::notice, *};
use crate::{
    accounts::NewAccount, audit::Actor, conversations::reading::Full, db::now_ms, jobs, secrets::Vault,
    test_database::TestDatabase,
};

const OPENID: &str = "oFan";

/// What WeChat heard, and how it answers next: an errcode, 0 for good, or -502 for a gateway's page.
#[derive(Default)]
struct Ear {
    heard: Vec<Json>,
    errcode: i64,
    /// Its template messages' templates.
    listed: Vec<Json>,
    /// What it intercepted.
    intercepted: Vec<Json>,
}

struct World {
    db: Db,
    notices: Notices,
    account_id: i64,
    /// Row numbers of a template of each way.
    templates: [i64; 2],
    ear: Arc<Mutex<Ear>>,
    _database: TestDatabase,
    _wechat: MockServer,
}

fn by() -> Actor {
    Actor::staff(1, "小王")
}

impl World {
    async fn new() -> Self {
        let wechat = MockServer::start().await;
        let token = json!({"access_token": "a-token", "expires_in": 7200});
        Mock::given(path("/cgi-bin/stable_token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(token))
            .mount(&wechat)
            .await;
        let ear: Arc<Mutex<Ear>> = Arc::default();
        for (at, way) in [("/cgi-bin/message/template/send", 0), ("/cgi-bin/message/subscribe/bizsend", 1)] {
            let kept = ear.clone();
            Mock::given(path(at))
                .respond_with(move |request: &Request| {
                    let mut ear = kept.lock().unwrap();
                    ear.heard.push(serde_json::from_slice(&request.body).unwrap());
                    match ear.errcode {
                        0 if way == 0 => ResponseTemplate::new(200)
                            .set_body_json(json!({"errcode": 0, "errmsg": "ok", "msgid": 3_200_000_001_i64})),
                        -502 => ResponseTemplate::new(502).set_body_string("<html>bad gateway</html>"),
                        code => {
                            ResponseTemplate::new(200).set_body_json(json!({"errcode": code, "errmsg": "no rid: 1"}))
                        }
                    }
                })
                .mount(&wechat)
                .await;
        }
        let kept = ear.clone();
        Mock::given(path("/cgi-bin/template/get_all_private_template"))
            .respond_with(move |_: &Request| {
                ResponseTemplate::new(200).set_body_json(json!({"template_list": kept.lock().unwrap().listed}))
            })
            .mount(&wechat)
            .await;
        let unauthorized = json!({"errcode": 48001, "errmsg": "api unauthorized rid: 1"});
        Mock::given(path("/wxaapi/newtmpl/gettemplate"))
            .respond_with(ResponseTemplate::new(200).set_body_json(unauthorized))
            .mount(&wechat)
            .await;
        let kept = ear.clone();
        Mock::given(path("/wxa/sec/queryblocktmplmsg"))
            .respond_with(move |request: &Request| {
                let asked: Json = serde_json::from_slice(&request.body).unwrap();
                let ear = kept.lock().unwrap();
                let after = ear.intercepted.iter().filter(|one| one["id"].as_i64() > asked["largest_id"].as_i64());
                let page: Vec<_> = after.collect();
                ResponseTemplate::new(200).set_body_json(json!({"errcode": 0, "errmsg": "ok", "msginfo": page}))
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
        let notices = Notices::new(&db, &registry);
        let mut templates = [0; 2];
        for (n, way) in ["template", "subscribe"].into_iter().enumerate() {
            let sql = "INSERT INTO notice_templates (account_id, way, template_id, title, content, example, words, seen_at) \
                       VALUES ($1, $2, $3, '发货', '快递:{{thing1.DATA}}', '', $4, 1)";
            let words = json!(words::read("快递:{{thing1.DATA}}", &[])).to_string();
            let id = format!("T-{way}");
            let values = [account_id.into(), way.into(), id.as_str().into(), words.into()];
            db.execute(sql, values).await.unwrap();
            templates[n] = notices.find_template(&Reach::All, account_id, &id).await.unwrap().id;
        }
        Self { db, notices, account_id, templates, ear, _database: database, _wechat: wechat }
    }

    fn notice(&self, template: usize) -> Notice {
        Notice {
            account_id: self.account_id,
            template_row: self.templates[template],
            openid: OPENID.into(),
            data: BTreeMap::from([("thing1".to_owned(), "顺丰".to_owned())]),
            url: None,
            miniprogram: None,
            purpose: Purpose::Order,
            reference: "A-1".into(),
            form: None,
            sent_by: "shop".into(),
        }
    }

    async fn queue(&self, template: usize) -> i64 {
        self.notices.queue(&by(), &Reach::All, self.notice(template)).await.unwrap()
    }

    fn answers(&self, errcode: i64) {
        self.ear.lock().unwrap().errcode = errcode;
    }

    fn heard(&self) -> Vec<Json> {
        self.ear.lock().unwrap().heard.clone()
    }

    async fn row(&self, id: i64) -> notice::Model {
        notice::Entity::find_by_id(id).one(self.db.read()).await.unwrap().unwrap()
    }

    async fn state(&self, id: i64) -> String {
        self.row(id).await.state
    }

    async fn number(&self, sql: &str) -> i64 {
        crate::db::one_number(self.db.read(), sql, []).await.unwrap()
    }

    async fn run(&self, sql: &str) {
        self.db.execute(sql, []).await.unwrap();
    }

    /// Does what is due once, as a runner would.
    async fn work(&self) {
        let handler = self.notices.jobs(jobs::Kinds::new()).into_handler();
        let stop = CancellationToken::new();
        let running = tokio::spawn(jobs::run_only(self.db.clone(), JOBS, handler, stop.clone()));
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.cancel();
        running.await.unwrap();
    }

    /// An event arrives.
    async fn told(&self, event: &str, fields: &str) {
        let payload = format!(
            "<xml><ToUserName>gh</ToUserName><FromUserName>{OPENID}</FromUserName><CreateTime>5</CreateTime>\
             <MsgType>event</MsgType><Event>{event}</Event>{fields}</xml>"
        );
        let message = Full {
            id: 7,
            account_id: self.account_id,
            openid: OPENID.into(),
            inbound: true,
            kind: format!("event:{event}"),
            summary: String::new(),
            payload,
            sent_at: 5_000,
            received_at: now_ms(),
            answer_state: "answered".into(),
            answer: None,
            answered_at: 0,
            rule_id: None,
        };
        let tx = self.db.begin_write().await.unwrap();
        told::take(&tx, &message).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn finished(&self, status: &str) {
        let fields = format!("<MsgID>3200000001</MsgID><Status><![CDATA[{status}]]></Status>");
        self.told("TEMPLATESENDJOBFINISH", &fields).await;
    }

    async fn sent(&self, msg_id: i64) {
        let fields = format!(
            "<SubscribeMsgSentEvent><List><TemplateId>T-subscribe</TemplateId><MsgID>{msg_id}</MsgID>\
             <ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent>"
        );
        self.told("subscribe_msg_sent_event", &fields).await;
    }
}
