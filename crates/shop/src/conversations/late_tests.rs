//! Late answers, with WeChat and a merchant's server that behave as told.

use std::{net::TcpListener, sync::Arc};

use puzi_wechat::{
    Secret,
    client::{AccessToken, TokenStore},
    envelope::Query,
    signature,
};
use sea_orm::{TryGetable, Value};
use serde_json::json;
use tempfile::TempDir;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use super::*;
use crate::{
    accounts::{DatabaseTokens, LiveAccount, NewAccount, Registry},
    conversations::{Timing, tail},
    db::Db,
    replies::{
        Active, Answer, Draft, Trigger, WebhookSecret, store as rules,
        webhook::{Guard, Webhooks},
    },
    secrets::Vault,
};

const APPID: &str = "wx0123456789abcdef";
const TOKEN_API: &str = "/cgi-bin/stable_token";
const SEND_API: &str = "/cgi-bin/message/custom/send";
const ASK: &str = "/ask";
const PUSH: &str = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1767225600</CreateTime>\
                    <MsgType>text</MsgType><Content>查快递</Content><MsgId>42</MsgId></xml>";

struct World {
    db: Db,
    vault: Arc<Vault>,
    conversations: Conversations,
    live: Arc<LiveAccount>,
    _folder: TempDir,
}

fn text(words: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(words, "text/plain")
}

fn ok() -> ResponseTemplate {
    text(&json!({"errcode": 0, "errmsg": "ok"}).to_string())
}

fn after(ms: u64, response: ResponseTemplate) -> ResponseTemplate {
    response.set_delay(Duration::from_millis(ms))
}

/// A server that gives tokens and takes messages, unless something else was mounted before.
async fn wechat() -> MockServer {
    let server = MockServer::start().await;
    works(&server).await;
    server
}

async fn works(server: &MockServer) {
    let granted = text(&json!({"access_token": "a-token", "expires_in": 7200}).to_string());
    Mock::given(path(TOKEN_API)).respond_with(granted).with_priority(9).mount(server).await;
    Mock::given(path(SEND_API)).respond_with(ok()).with_priority(9).mount(server).await;
}

/// First these answers of the merchant's server, one each, and then silence.
async fn merchant(answers: impl IntoIterator<Item = ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    for (n, answer) in (1..).zip(answers) {
        Mock::given(path(ASK)).respond_with(answer).up_to_n_times(1).with_priority(n).mount(&server).await;
    }
    server
}

async fn received(server: &MockServer, at: &str) -> Vec<serde_json::Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().filter(|r| r.url.path() == at).map(|r| serde_json::from_slice(&r.body).unwrap()).collect()
}

fn asking(merchant: &MockServer) -> Draft {
    let url = format!("{}{ASK}", merchant.uri());
    Draft::new("ask", Trigger::Default, Answer::Webhook { url, secret: WebhookSecret::default(), timeout_ms: 20_000 })
}

impl World {
    async fn new(wechat: &str, drafts: impl IntoIterator<Item = Draft>) -> Self {
        Self::answering_within(Duration::from_millis(100), wechat, drafts).await
    }

    async fn answering_within(limit: Duration, wechat: &str, drafts: impl IntoIterator<Item = Draft>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("puzi.db")).await.unwrap();
        db.migrate().await.unwrap();
        let vault = Arc::new(Vault::new(&[7; 32]).unwrap());
        let registry =
            Registry::load(db.clone(), vault.clone(), "Asia/Shanghai", Duration::from_secs(600)).await.unwrap();
        let account = NewAccount {
            slug: Some("tea".into()),
            api_base: Some(wechat.into()),
            ..NewAccount::plain("铺子茶铺", APPID, Secret::new("0123456789abcdef0123456789abcdef".into()))
        };
        let account = registry.accounts().add(account).await.unwrap();
        let guard = Guard::allowing(["127.0.0.1"]).unwrap();
        for draft in drafts {
            rules::create(&db, &vault, &guard, account.id, draft).await.unwrap();
        }
        registry.refresh().await.unwrap();
        let live = registry.find("tea").unwrap();
        let timing = Timing { answer_within: limit, ..Timing::default() };
        let journal = folder.path().join("journal");
        let conversations = Conversations::start(db.clone(), registry, Webhooks::new(guard), journal, timing).unwrap();
        Self { db, vault, conversations, live, _folder: folder }
    }

    /// WeChat delivers the message; always the same one.
    async fn deliver(&self) -> Reply {
        let now = now_ms() / 1000;
        let (at, token) = (now.to_string(), self.live.account.token.expose());
        let query = format!("signature={}&timestamp={at}&nonce=n", signature::sign(&[token, &at, "n"]));
        let received = self.live.receiver.open(&Query::parse(&query), PUSH.as_bytes(), now).unwrap();
        self.conversations.receive(&self.live, received).await.unwrap().reply
    }

    /// The message is stored, in the state `state`.
    async fn message(&self, state: AnswerState, received_at: i64) -> MessageKey {
        let push = puzi_wechat::message::Push::from_xml(PUSH.as_bytes()).unwrap();
        let key = MessageKey { account_id: self.live.account.id, push: push.dedup_key() };
        let sql = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
                   received_at, answer_state, answered_at, lease_until) \
                   VALUES ($1, 'o1', TRUE, 'text', $2, '查快递', $3, $4, $4, $5, $4, 0)";
        let values =
            [key.account_id.into(), key.push.to_vec().into(), PUSH.into(), received_at.into(), state.as_str().into()];
        self.db.execute(sql, values).await.unwrap();
        key
    }

    /// The message as a process leaves it that dies before the answer; its rescue is due, and `attempts` were made.
    async fn left_behind(&self, received_at: i64, attempts: i32) {
        let key = self.message(AnswerState::Answering, received_at).await;
        let tx = self.db.begin_write().await.unwrap();
        jobs::push_of(&*tx, None, LATE_ANSWER, Some(&key.job_key()), &key, now_ms()).await.unwrap();
        db::execute(&*tx, "UPDATE jobs SET attempts = $1", [attempts.into()]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A computed answer that waits to be sent, or is being sent by a process that died.
    async fn answer_waits(&self, state: &str) {
        let key = self.message(AnswerState::Deferred, now_ms()).await;
        let tx = self.db.begin_write().await.unwrap();
        self.conversations.send_later(&*tx, key, &Reply::text("在路上")).await.unwrap();
        db::execute(&*tx, "UPDATE jobs SET state = $1", [state.into()]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Back-off and leases are over.
    async fn time_passes(&self) {
        self.db.execute("UPDATE jobs SET run_at = 0", []).await.unwrap();
    }

    async fn value<T: TryGetable>(&self, sql: &str) -> T {
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), sql, Vec::<Value>::new())).await;
        row.unwrap().expect("a row").try_get_by_index(0).unwrap()
    }

    /// Waits until so many jobs are as `filter` says.
    async fn until_jobs(&self, filter: &str, count: i64) {
        let sql = format!("SELECT COUNT(*) FROM jobs WHERE {filter}");
        for _ in 0..400 {
            if self.value::<i64>(&sql).await == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{filter}: not {count}");
    }

    /// How `puzi chats tail` shows the message: its state and its answer.
    async fn shown(&self) -> (String, Option<String>) {
        let entries = tail(&self.db, None, None, 10).await.unwrap();
        (entries[0].answer_state.clone(), entries[0].answer_summary())
    }

    async fn reason(&self) -> String {
        self.value("SELECT last_error FROM jobs WHERE state = 'dead'").await
    }
}

async fn sent(wechat: &MockServer) -> Vec<String> {
    let bodies = received(wechat, SEND_API).await;
    bodies.iter().map(|body| body["text"]["content"].as_str().unwrap().to_owned()).collect()
}

fn shown(state: &str, answer: &str) -> (String, Option<String>) {
    (state.to_owned(), Some(answer.to_owned()))
}

/// The task that computes an answer takes `task` ms for it and the rescue, which begins soon after, `rescue` ms: what
/// WeChat hears, and which messages are sent.
async fn both_answer(within: Duration, task: u64, rescue: u64) -> (Reply, Vec<String>) {
    let wechat = wechat().await;
    let merchant = merchant([after(task, text("一")), after(rescue, text("二"))]).await;
    let world = World::answering_within(within, &wechat.uri(), [asking(&merchant)]).await;
    let rescue_is_due = async {
        world.until_jobs("kind = 'late_answer'", 1).await;
        world.time_passes().await;
    };
    let (reply, ()) = tokio::join!(world.deliver(), rescue_is_due);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(received(&merchant, ASK).await.len(), 2, "both asked");
    assert_eq!(jobs::counts(&world.db).await.unwrap(), (0, 0));
    // WeChat delivers it again: the same answer.
    assert_eq!(world.deliver().await, reply);
    (reply, sent(&wechat).await)
}

#[tokio::test]
async fn a_task_and_its_rescue_give_one_answer_whoever_is_first() {
    let (soon, late) = (Duration::from_millis(100), Duration::from_secs(20));
    let (task_late, rescue_late, task_in_time, rescue_in_time) = tokio::join!(
        both_answer(soon, 1_500, 2_500),
        both_answer(soon, 3_000, 0),
        both_answer(late, 1_500, 2_500),
        both_answer(late, 3_000, 0),
    );
    assert_eq!(task_late, (Reply::Nothing, vec!["一".to_owned()]));
    assert_eq!(rescue_late, (Reply::Nothing, vec!["二".to_owned()]));
    assert_eq!(task_in_time, (Reply::text("一"), vec![]));
    assert_eq!(rescue_in_time, (Reply::Nothing, vec!["二".to_owned()]));
}

#[tokio::test]
async fn a_message_on_its_way_says_so_and_then_that_it_was_sent() {
    let wechat = wechat().await;
    Mock::given(path(SEND_API)).respond_with(after(1_000, ok())).mount(&wechat).await;
    let world = World::new(&wechat.uri(), []).await;
    world.answer_waits("queued").await;
    assert_eq!(world.shown().await, ("deferred".to_owned(), None));
    world.until_jobs("state = 'sending'", 1).await;
    world.until_jobs("TRUE", 0).await;
    assert_eq!(sent(&wechat).await, ["在路上"]);
    assert_eq!(world.shown().await, shown("deferred", "在路上"));
    assert_eq!(world.deliver().await, Reply::Nothing, "WeChat still hears success");
}

#[tokio::test]
async fn a_message_whose_process_died_while_sending_is_sent_again_only_by_hand() {
    let wechat = wechat().await;
    let world = World::new(&wechat.uri(), []).await;
    world.answer_waits("sending").await;
    world.until_jobs("state = 'dead'", 1).await;
    assert!(world.reason().await.contains("nobody knows"));
    assert_eq!(world.shown().await, ("failed".to_owned(), None));
    assert_eq!(sent(&wechat).await, Vec::<String>::new());

    jobs::retry(&world.db, &crate::audit::Actor::system(), world.value("SELECT id FROM jobs").await).await.unwrap();
    world.until_jobs("TRUE", 0).await;
    assert_eq!(sent(&wechat).await, ["在路上"]);
    assert_eq!(world.shown().await, shown("deferred", "在路上"));
}

#[tokio::test]
async fn a_message_lost_on_the_way_is_not_sent_again() {
    let wechat = wechat().await;
    Mock::given(path(SEND_API)).respond_with(ResponseTemplate::new(502)).mount(&wechat).await;
    let world = World::new(&wechat.uri(), []).await;
    world.answer_waits("queued").await;
    world.until_jobs("state = 'dead'", 1).await;
    assert!(world.reason().await.contains("nobody knows"));
    assert_eq!(world.shown().await, ("failed".to_owned(), None));
    assert_eq!(sent(&wechat).await.len(), 1);
}

#[tokio::test]
async fn while_there_is_no_token_a_message_waits() {
    let wechat = wechat().await;
    // As often as one attempt asks for a token.
    let down = ResponseTemplate::new(502);
    Mock::given(path(TOKEN_API)).respond_with(down).up_to_n_times(3).mount(&wechat).await;
    let world = World::new(&wechat.uri(), []).await;
    world.answer_waits("queued").await;
    world.until_jobs("state = 'queued' AND last_error LIKE '%502%'", 1).await;
    assert_eq!(sent(&wechat).await, Vec::<String>::new());
    world.time_passes().await;
    world.until_jobs("TRUE", 0).await;
    assert_eq!(sent(&wechat).await, ["在路上"]);
}

#[tokio::test]
async fn while_nobody_listens_a_message_waits() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let world = World::new(&format!("http://{address}"), []).await;
    let tokens = DatabaseTokens::new(world.db.clone(), world.vault.clone());
    assert!(TokenStore::try_lease(&tokens, APPID, "test", 9).await.unwrap());
    let token = AccessToken { value: Secret::new("a-token".into()), expires_at: now_ms() / 1000 + 7200 };
    TokenStore::save(&tokens, APPID, "test", &token).await.unwrap();
    world.answer_waits("queued").await;
    world.until_jobs("state = 'queued' AND last_error IS NOT NULL", 1).await;

    let wechat = MockServer::builder().listener(TcpListener::bind(address).unwrap()).start().await;
    works(&wechat).await;
    world.time_passes().await;
    world.until_jobs("TRUE", 0).await;
    assert_eq!(sent(&wechat).await, ["在路上"]);
}

#[tokio::test]
async fn a_rescue_asks_the_merchant_once_more_and_then_gives_up() {
    let (wechat, merchant) = (wechat().await, merchant([]).await);
    let world = World::new(&wechat.uri(), [asking(&merchant)]).await;
    world.left_behind(now_ms(), 0).await;
    world.until_jobs("attempts = 1 AND state = 'queued' AND last_error IS NOT NULL", 1).await;
    assert_eq!(world.shown().await, ("answering".to_owned(), None));
    world.time_passes().await;
    world.until_jobs("state = 'dead'", 1).await;
    assert!(world.reason().await.contains("404"), "{}", world.reason().await);
    assert_eq!(world.shown().await, ("failed".to_owned(), None));
    assert_eq!(received(&merchant, ASK).await.len(), 2);
}

#[tokio::test]
async fn a_rescue_that_ends_its_process_each_time_is_given_up() {
    let (wechat, merchant) = (wechat().await, merchant([text("一")]).await);
    let world = World::new(&wechat.uri(), [asking(&merchant)]).await;
    world.left_behind(now_ms(), 2).await;
    world.until_jobs("state = 'dead'", 1).await;
    assert_eq!(received(&merchant, ASK).await.len(), 0);

    // By hand it is asked anew.
    jobs::retry(&world.db, &crate::audit::Actor::system(), world.value("SELECT id FROM jobs").await).await.unwrap();
    world.until_jobs("TRUE", 0).await;
    assert_eq!(sent(&wechat).await, ["一"]);
    assert_eq!(world.shown().await, shown("deferred", "一"));
}

#[tokio::test]
async fn a_rescue_without_an_answer_settles_the_message() {
    let (wechat, merchant) = (wechat().await, merchant([ResponseTemplate::new(204)]).await);
    let world = World::new(&wechat.uri(), [asking(&merchant)]).await;
    world.left_behind(now_ms(), 0).await;
    world.until_jobs("TRUE", 0).await;
    assert_eq!(world.shown().await, ("answered".to_owned(), None));
    assert_eq!(sent(&wechat).await, Vec::<String>::new());
    assert_eq!(world.deliver().await, Reply::Nothing);
}

#[tokio::test]
async fn a_rescue_asks_the_rules_for_the_time_the_message_came() {
    let wechat = wechat().await;
    let until = "2020-01-02T00:00:00".parse().unwrap();
    let new_year = Draft::new("new year", Trigger::Default, Answer::text("新年快乐"))
        .priority(1)
        .active(Active { until: Some(until), ..Active::default() });
    let world = World::new(&wechat.uri(), [new_year, Draft::new("else", Trigger::Default, Answer::text("您好"))]).await;
    let noon: jiff::Timestamp = "2020-01-01T12:00:00+08:00".parse().unwrap();
    world.left_behind(noon.as_millisecond(), 0).await;
    world.until_jobs("TRUE", 0).await;
    assert_eq!(sent(&wechat).await, ["新年快乐"]);
}
