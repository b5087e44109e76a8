//! The inbox on a database of its own, with WeChat behaving as told.

mod kept;
mod projecting;
mod sending;
mod team;

use std::{sync::Arc, time::Duration};

use puzi_wechat::Secret;
use sea_orm::{ConnectionTrait, Value};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use super::*;
use crate::{
    Error,
    accounts::NewAccount,
    db::{self, now_ms},
    secrets::Vault,
    test_database::TestDatabase,
};

const OPENID: &str = "oFan";
const SEND: &str = "/cgi-bin/message/custom/send";

struct World {
    db: Db,
    inbox: Inbox,
    wechat: MockServer,
    account_id: i64,
    folder: TempDir,
    _database: TestDatabase,
}

/// A picture of two by two pixels.
fn picture(format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(2, 2).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn answer(body: serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "text/plain")
}

fn refusal(errcode: i64) -> ResponseTemplate {
    answer(json!({"errcode": errcode, "errmsg": "no"}))
}

fn ming() -> Author {
    Author { id: 1, name: "小明".into() }
}

fn hong() -> Author {
    Author { id: 2, name: "小红".into() }
}

impl World {
    async fn new() -> Self {
        let wechat = MockServer::start().await;
        let token = answer(json!({"access_token": "a-token", "expires_in": 7200}));
        Mock::given(path("/cgi-bin/stable_token")).respond_with(token).mount(&wechat).await;
        let folder = tempfile::tempdir().unwrap();
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
        let inbox = Inbox::new(db.clone(), registry, folder.path().join("media")).unwrap();
        Self { db, inbox, wechat, account_id, folder, _database: database }
    }

    /// The inbox of somebody who sees all accounts.
    fn seen(&self) -> Seen {
        self.inbox.seen_by(&Reach::All)
    }

    /// WeChat takes messages so.
    async fn wechat_says(&self, response: ResponseTemplate) {
        Mock::given(path(SEND)).respond_with(response).mount(&self.wechat).await;
    }

    async fn told(&self) -> usize {
        self.wechat.received_requests().await.unwrap().iter().filter(|request| request.url.path() == SEND).count()
    }

    async fn store(&self, id: i64, openid: &str, kind: &str, at: i64) {
        self.store_payload(id, openid, kind, at, "").await;
    }

    /// A message as the intake stores it, with the number `id`.
    async fn store_payload(&self, id: i64, openid: &str, kind: &str, at: i64, payload: &str) {
        const SQL: &str = "INSERT INTO messages (id, account_id, openid, inbound, kind, dedup_key, summary, payload, \
                           sent_at, received_at, answer_state, answered_at, lease_until) \
                           VALUES ($1, $2, $3, TRUE, $4, $5, $6, $7, $8, $8, 'answered', $8, 0)";
        let key = id.to_be_bytes().to_vec();
        let values: [Value; 8] = [
            id.into(),
            self.account_id.into(),
            openid.into(),
            kind.into(),
            key.into(),
            format!("第 {id} 句").into(),
            payload.into(),
            at.into(),
        ];
        self.db.execute(SQL, values).await.unwrap();
    }

    async fn project(&self) -> usize {
        let mut taken = 0;
        loop {
            match Projector::new(self.db.clone()).step().await.unwrap() {
                0 => return taken,
                n => taken += n,
            }
        }
    }

    /// A follower has written just now; the number of the conversation.
    async fn somebody_wrote(&self) -> i64 {
        self.store(1, OPENID, "text", now_ms()).await;
        self.project().await;
        self.only().await.id
    }

    async fn only(&self) -> Chat {
        let (mut list, _) = self.seen().list(&Filter::default(), None).await.unwrap();
        assert_eq!(list.len(), 1);
        list.remove(0).chat
    }

    async fn chat_of(&self, openid: &str) -> i64 {
        self.number(&format!("SELECT id AS n FROM chats WHERE openid = '{openid}'")).await
    }

    async fn number(&self, sql: &str) -> i64 {
        // A sum of PostgreSQL's is no BIGINT.
        let sql = format!("SELECT CAST(n AS BIGINT) AS n FROM ({sql}) AS asked");
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), &sql, [])).await.unwrap().unwrap();
        row.try_get("", "n").unwrap()
    }

    async fn text(&self, chat: i64, words: &str, form: &str) -> Result<i64> {
        self.seen().send(chat, Content::Text(words.into()), form, &ming()).await
    }

    async fn state(&self, chat: i64, id: i64) -> SendState {
        self.seen().outgoing(chat, id).await.unwrap().state()
    }

    async fn until_state(&self, chat: i64, id: i64, wanted: SendState) -> Outgoing {
        for _ in 0..300 {
            let row = self.seen().outgoing(chat, id).await.unwrap();
            if row.state() == wanted {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:?} instead of {wanted:?}", self.state(chat, id).await);
    }

    fn jobs(&self) -> (CancellationToken, JoinHandle<()>) {
        let stop = CancellationToken::new();
        let handler = self.inbox.beside().jobs.unwrap();
        (stop.clone(), tokio::spawn(jobs::run(self.db.clone(), handler, stop)))
    }
}

fn key_of(error: Error) -> &'static str {
    match error {
        Error::Invalid(problems) => problems[0].key,
        other => panic!("{other}"),
    }
}
