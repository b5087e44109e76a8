//! One access token for an account, however many ask for it.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use puzi_wechat::Secret;
use puzi_wechat::client::{
    AccessToken, Client, Condition, CustomMessage, ErrorKind, MemoryTokens, Method, Result, StoreError, StoreFuture,
    TokenStore,
};
use puzi_wechat::testing::{Answer, Double};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const APPID: &str = "wx5823bf96d3bd56c7";
const SECRET: &str = "a-secret-nobody-may-read";

fn client(server: &MockServer, store: &Arc<MemoryTokens>) -> Client {
    Client::builder(APPID, Secret::new(SECRET.to_owned()))
        .base_url(server.uri())
        .tokens(store.clone())
        .timeout(Duration::from_secs(3))
        .back_off(Duration::from_millis(10))
        .build()
        .unwrap()
}

fn token(value: &str, lasts: i64) -> AccessToken {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    AccessToken { value: Secret::new(value.to_owned()), expires_at: now + lasts }
}

async fn kept(store: &MemoryTokens) -> Option<String> {
    store.load(APPID).await.unwrap().map(|token| token.value.expose().clone())
}

fn granted(value: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"access_token": value, "expires_in": 7200}))
}

fn refused(errcode: i64, errmsg: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"errcode": errcode, "errmsg": errmsg}))
}

fn token_api() -> wiremock::MockBuilder {
    Mock::given(method("POST")).and(path("/cgi-bin/stable_token"))
}

/// An API that accepts only the token `good`.
async fn api(server: &MockServer, good: &str) {
    Mock::given(path("/cgi-bin/tags/get"))
        .and(query_param("access_token", good))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"tags": []})))
        .with_priority(1)
        .mount(server)
        .await;
    Mock::given(path("/cgi-bin/tags/get"))
        .respond_with(refused(40001, "invalid credential, access_token is invalid or not latest rid: 1-2-3"))
        .with_priority(9)
        .mount(server)
        .await;
}

async fn tags(client: &Client) -> Result<Value> {
    client.call(Method::GET, "/cgi-bin/tags/get").send().await
}

async fn requests(server: &MockServer, path: &str) -> usize {
    server.received_requests().await.unwrap().iter().filter(|r| r.url.path() == path).count()
}

#[tokio::test]
async fn fifty_calls_at_once_fetch_one_token() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T1").set_delay(Duration::from_millis(150))).expect(1).mount(&server).await;
    api(&server, "T1").await;
    let store = Arc::new(MemoryTokens::new());
    let client = client(&server, &store);

    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { tags(&client).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(requests(&server, "/cgi-bin/tags/get").await, 50);
    assert_eq!(kept(&store).await.as_deref(), Some("T1"));
}

#[tokio::test]
async fn the_token_api_is_asked_as_documented() {
    let server = MockServer::start().await;
    token_api()
        .and(body_partial_json(json!({
            "grant_type": "client_credential", "appid": APPID, "secret": SECRET, "force_refresh": false,
        })))
        .respond_with(granted("T1"))
        .expect(1)
        .mount(&server)
        .await;
    let got = client(&server, &Arc::default()).token().await.unwrap();
    assert_eq!(got.value.expose(), "T1");
    let left = got.expires_at - token("", 0).expires_at;
    assert!((7190..=7200).contains(&left), "{left}");
}

#[tokio::test]
async fn two_processes_on_one_store_fetch_one_token() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T1").set_delay(Duration::from_millis(200))).expect(1).mount(&server).await;
    let store = Arc::new(MemoryTokens::new());
    let (one, two) = (client(&server, &store), client(&server, &store));
    let (first, second) = tokio::join!(one.token(), two.token());
    assert_eq!((first.unwrap().value.expose().as_str(), second.unwrap().value.expose().as_str()), ("T1", "T1"));
}

#[tokio::test]
async fn a_lease_whose_holder_died_ends() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T1")).expect(1).mount(&server).await;
    let store = Arc::new(MemoryTokens::new());
    assert!(store.try_lease(APPID, "a process that was killed", 1).await.unwrap());
    let began = Instant::now();
    client(&server, &store).token().await.unwrap();
    let waited = began.elapsed();
    assert!(waited >= Duration::from_millis(900) && waited < Duration::from_secs(3), "{waited:?}");
}

#[tokio::test]
async fn a_failed_fetch_leaves_no_lease_behind() {
    let server = MockServer::start().await;
    token_api().respond_with(refused(40164, "invalid ip 203.0.113.9, not in whitelist")).mount(&server).await;
    let store = Arc::new(MemoryTokens::new());
    let error = client(&server, &store).token().await.unwrap_err();
    assert!(error.is(Condition::AddressNotAllowed) && error.errmsg.contains("203.0.113.9"));
    assert!(store.try_lease(APPID, "another", 1).await.unwrap());
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once_and_the_call_repeated_once() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T2")).expect(1).mount(&server).await;
    api(&server, "T2").await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 7200)).await.unwrap();
    let client = client(&server, &store);
    tags(&client).await.unwrap();
    assert_eq!(requests(&server, "/cgi-bin/tags/get").await, 2);
    assert_eq!(kept(&store).await.as_deref(), Some("T2"));
}

#[tokio::test]
async fn a_message_with_a_refused_token_is_sent_again() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T2")).mount(&server).await;
    let send = || Mock::given(method("POST")).and(path("/cgi-bin/message/custom/send"));
    send()
        .and(query_param("access_token", "T1"))
        .respond_with(refused(42001, "expired"))
        .expect(1)
        .mount(&server)
        .await;
    send().and(query_param("access_token", "T2")).respond_with(refused(0, "ok")).expect(1).mount(&server).await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 7200)).await.unwrap();
    client(&server, &store).messages().send("o1", &CustomMessage::text("您好")).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_not_refreshed_again() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T2")).expect(1).mount(&server).await;
    api(&server, "none is good").await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 7200)).await.unwrap();
    let error = tags(&client(&server, &store)).await.unwrap_err();
    assert_eq!((error.kind, error.errcode), (ErrorKind::RefreshToken, Some(40001)));
    assert_eq!(requests(&server, "/cgi-bin/tags/get").await, 2);
}

#[tokio::test]
async fn fifty_refused_calls_refresh_one_token() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T2").set_delay(Duration::from_millis(100))).expect(1).mount(&server).await;
    api(&server, "T2").await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 7200)).await.unwrap();
    let client = client(&server, &store);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { tags(&client).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_token_that_another_process_replaced_meanwhile_is_not_dropped() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T3")).expect(0).mount(&server).await;
    let slow = refused(40001, "invalid credential").set_delay(Duration::from_millis(300));
    let get = || Mock::given(path("/cgi-bin/tags/get"));
    get().and(query_param("access_token", "T1")).respond_with(slow).expect(1).mount(&server).await;
    get().and(query_param("access_token", "T2")).respond_with(refused(0, "ok")).expect(1).mount(&server).await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 7200)).await.unwrap();
    let client = client(&server, &store);
    let call = tokio::spawn(async move { tags(&client).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    store.save(APPID, "another process", &token("T2", 7200)).await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!(kept(&store).await.as_deref(), Some("T2"));
}

#[tokio::test]
async fn a_refresh_is_forced_only_when_the_platform_insists_on_the_refused_token() {
    let server = MockServer::start().await;
    let plain = json!({"force_refresh": false});
    let forced = json!({"force_refresh": true});
    token_api().and(body_partial_json(plain)).respond_with(granted("T1")).expect(1).mount(&server).await;
    token_api().and(body_partial_json(forced)).respond_with(granted("T2")).expect(1).mount(&server).await;
    api(&server, "T2").await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 7200)).await.unwrap();
    tags(&client(&server, &store)).await.unwrap();
}

#[tokio::test]
async fn refreshes_are_not_forced_in_a_row() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T1")).mount(&server).await;
    api(&server, "none is good").await;
    let store = Arc::new(MemoryTokens::new());
    let client = client(&server, &store);
    for _ in 0..5 {
        assert_eq!(tags(&client).await.unwrap_err().kind, ErrorKind::RefreshToken);
    }
    let asked = server.received_requests().await.unwrap();
    let forced = |r: &&Request| r.body_json::<Value>().is_ok_and(|body| body["force_refresh"] == true);
    assert_eq!(asked.iter().filter(forced).count(), 1);
}

#[tokio::test]
async fn a_wrong_secret_is_asked_about_once() {
    for (errcode, errmsg) in [(40125, "invalid appsecret"), (40001, "invalid credential"), (40013, "invalid appid")] {
        let server = MockServer::start().await;
        let answer = refused(errcode, errmsg).set_delay(Duration::from_millis(50));
        token_api().respond_with(answer).expect(1).mount(&server).await;
        let store = Arc::new(MemoryTokens::new());
        let client = client(&server, &store);
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { tags(&client).await })
            })
            .collect();
        for call in calls {
            let error = call.await.unwrap().unwrap_err();
            assert_eq!((error.kind, error.errcode), (ErrorKind::Configuration, Some(errcode)));
            assert_eq!(error.path, "/cgi-bin/stable_token");
        }
        assert!(tags(&client).await.is_err(), "answered from memory");
    }
}

#[tokio::test]
async fn a_busy_token_api_is_asked_again() {
    let server = MockServer::start().await;
    token_api().respond_with(refused(-1, "system error")).up_to_n_times(2).mount(&server).await;
    token_api().respond_with(granted("T1")).expect(1).mount(&server).await;
    client(&server, &Arc::default()).token().await.unwrap();
    assert_eq!(requests(&server, "/cgi-bin/stable_token").await, 3);
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_while_others_use_it() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T2").set_delay(Duration::from_millis(300))).expect(1).mount(&server).await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 200)).await.unwrap();
    let client = client(&server, &store);
    let renewing = tokio::spawn({
        let client = client.clone();
        async move { client.token().await.unwrap().value.expose().clone() }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(client.token().await.unwrap().value.expose(), "T1");
    assert_eq!(renewing.await.unwrap(), "T2");
    assert_eq!(client.token().await.unwrap().value.expose(), "T2");
}

#[tokio::test]
async fn a_token_is_not_renewed_before_the_platform_gives_a_new_one() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T2")).expect(0).mount(&server).await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 310)).await.unwrap();
    assert_eq!(client(&server, &store).token().await.unwrap().value.expose(), "T1");
}

#[tokio::test]
async fn a_renewal_that_fails_does_not_stop_calls() {
    let server = MockServer::start().await;
    token_api().respond_with(refused(45009, "reach max api daily quota limit")).expect(1).mount(&server).await;
    api(&server, "T1").await;
    let store = Arc::new(MemoryTokens::new());
    store.save(APPID, "", &token("T1", 200)).await.unwrap();
    let client = client(&server, &store);
    for _ in 0..3 {
        tags(&client).await.unwrap();
    }
}

/// A store whose database is away.
#[derive(Default)]
struct Away(AtomicUsize);

impl Away {
    fn fail<T: Send + 'static>(&self) -> StoreFuture<'_, T> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err(StoreError::new("connection refused")) })
    }
}

impl TokenStore for Away {
    fn load<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<AccessToken>> {
        self.fail()
    }
    fn try_lease<'a>(&'a self, _: &'a str, _: &'a str, _: u32) -> StoreFuture<'a, bool> {
        self.fail()
    }
    fn save<'a>(&'a self, _: &'a str, _: &'a str, _: &'a AccessToken) -> StoreFuture<'a, ()> {
        self.fail()
    }
    fn drop_if<'a>(&'a self, _: &'a str, _: &'a AccessToken) -> StoreFuture<'a, ()> {
        self.fail()
    }
}

#[tokio::test]
async fn calls_go_on_while_the_store_is_away() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T1")).expect(1).mount(&server).await;
    api(&server, "T1").await;
    let store = Arc::new(Away::default());
    let client = Client::builder(APPID, Secret::new(SECRET.to_owned()))
        .base_url(server.uri())
        .tokens(store.clone())
        .build()
        .unwrap();
    for _ in 0..3 {
        tags(&client).await.unwrap();
    }
    assert!(store.0.load(Ordering::Relaxed) > 3);
}

#[tokio::test]
async fn a_call_that_meets_two_dying_tokens_gets_a_third() {
    let refused = || Answer::error(40001, "invalid credential, access_token is invalid or not latest");
    for (another_gets_through, asked) in [(true, 3), (false, 2)] {
        let wechat = Double::new();
        wechat.answer("/slow", refused()).answer("/slow", refused().after(Duration::from_millis(200)));
        wechat.answer("/slow", json!({})).always("/quick", json!({}));
        let client = wechat.client();
        let slow = tokio::spawn({
            let client = client.clone();
            async move { client.post("/slow", &json!({})).done().await }
        });
        while wechat.calls_of("/slow").len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // With the second token: it was good, so that its end is news.
        if another_gets_through {
            client.get("/quick").done().await.unwrap();
        }
        let result = slow.await.unwrap();
        assert_eq!(result.is_ok(), another_gets_through, "{result:?}");
        assert_eq!(wechat.calls_of("/cgi-bin/stable_token").len(), asked);
    }
}

/// Counts what costs a database a write.
#[derive(Default)]
struct Counted {
    tokens: MemoryTokens,
    leases: AtomicUsize,
    drops: AtomicUsize,
}

impl TokenStore for Counted {
    fn load<'a>(&'a self, appid: &'a str) -> StoreFuture<'a, Option<AccessToken>> {
        self.tokens.load(appid)
    }
    fn try_lease<'a>(&'a self, appid: &'a str, holder: &'a str, seconds: u32) -> StoreFuture<'a, bool> {
        self.leases.fetch_add(1, Ordering::Relaxed);
        self.tokens.try_lease(appid, holder, seconds)
    }
    fn save<'a>(&'a self, appid: &'a str, holder: &'a str, token: &'a AccessToken) -> StoreFuture<'a, ()> {
        self.tokens.save(appid, holder, token)
    }
    fn drop_if<'a>(&'a self, appid: &'a str, failed: &'a AccessToken) -> StoreFuture<'a, ()> {
        self.drops.fetch_add(1, Ordering::Relaxed);
        self.tokens.drop_if(appid, failed)
    }
}

#[tokio::test]
async fn many_refused_calls_write_to_the_store_once() {
    let server = MockServer::start().await;
    token_api().respond_with(granted("T2").set_delay(Duration::from_millis(100))).expect(1).mount(&server).await;
    api(&server, "T2").await;
    let store = Arc::new(Counted::default());
    store.tokens.save(APPID, "", &token("T1", 7200)).await.unwrap();
    let client = Client::builder(APPID, Secret::new(SECRET.to_owned())).base_url(server.uri()).tokens(store.clone());
    let client = client.build().unwrap();
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { tags(&client).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((store.leases.load(Ordering::Relaxed), store.drops.load(Ordering::Relaxed)), (1, 1));
}
