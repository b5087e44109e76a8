use puzi_wechat::client::Client;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use super::*;
use crate::{
    calls::{PushEndpoint, entity},
    db,
    test_database::TestDatabase,
};
use sea_orm::{EntityTrait, QueryOrder};

const SOON: Duration = Duration::from_secs(20);

fn quick() -> Timing {
    Timing { look: Duration::from_millis(5), sums: Duration::from_millis(20) }
}

fn seen(at: i64, trouble: Option<Trouble>) -> PushSeen {
    PushSeen {
        account: 1,
        at,
        us: 900,
        sent: 7,
        received: 300,
        status: 200,
        endpoint: PushEndpoint::unreadable(),
        key: [7; 24],
        trouble,
        repeat: false,
    }
}

async fn lines(db: &Db) -> Vec<entity::Model> {
    entity::Entity::find().order_by_asc(entity::Column::Id).all(db.read()).await.unwrap()
}

async fn sum(db: &Db, sql: &str) -> i64 {
    let row = db.read().query_one_raw(db::statement(db.read(), sql, [])).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

const CALLS: &str = "SELECT CAST(COALESCE(SUM(calls), 0) AS BIGINT) AS n FROM call_figures";
const LEFT_OUT: &str = "SELECT CAST(COALESCE(SUM(lines), 0) AS BIGINT) AS n FROM call_left_out";
const LINES: &str = "SELECT COUNT(*) AS n FROM calls";

/// A client whose calls are told to `recorder`, of an account with secrets.
fn client(recorder: &Recorder, server: &MockServer) -> Client {
    let secret = Secret::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned());
    let watcher =
        Watcher { running: recorder.0.clone(), account: 1, secrets: vec![Secret::new("callbacktoken".to_owned())] };
    let builder = Client::builder("wx1", secret).base_url(server.uri()).back_off(Duration::from_millis(1));
    builder.observer(Arc::new(watcher)).build().unwrap()
}

async fn answer(server: &MockServer, at: &str, body: serde_json::Value) {
    Mock::given(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(server).await;
}

#[tokio::test]
async fn a_call_leaves_its_line_and_nothing_secret() {
    const TOKEN: &str = "87_kQyTeapotTeapotTeapotTeapotTeapotTeapot";
    let (place, server) = (TestDatabase::new().await, MockServer::start().await);
    let recorder = Recorder::start_with(&place.db, "here", Origin::Cli, quick()).unwrap();
    let wechat = client(&recorder, &server);
    answer(&server, "/cgi-bin/stable_token", json!({"access_token": TOKEN, "expires_in": 7200})).await;
    answer(&server, "/cgi-bin/user/info", json!({"openid": "oA1b2C3d4E5f6G7h8I9j0KlMnOpQ", "nickname": "林小茶"}))
        .await;
    let said = "reach max quota callbacktoken 13812345678 rid: 61725984-6126f6f9-040f19c4";
    answer(&server, "/cgi-bin/message/custom/send", json!({"errcode": 45009, "errmsg": said})).await;
    let asked = wechat.get("/cgi-bin/user/info").query("openid", "oA1b2C3d4E5f6G7h8I9j0KlMnOpQ");
    asked.send::<serde_json::Value>().await.unwrap();
    let message = json!({"touser": "oA1b2C3d4E5f6G7h8I9j0KlMnOpQ", "text": {"content": "快递到了"}});
    wechat.post("/cgi-bin/message/custom/send", &message).done().await.unwrap_err();
    assert!(recorder.settle(SOON).await);

    let mut lines = lines(&place.db).await;
    lines.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    let told: Vec<_> =
        lines.iter().map(|line| (line.endpoint.as_str(), line.trouble.as_deref(), line.errcode)).collect();
    let refused = ("/cgi-bin/message/custom/send", Some("refused"), Some(45009));
    assert_eq!(told, [refused, ("/cgi-bin/stable_token", None, None), ("/cgi-bin/user/info", None, None)]);
    assert_eq!(lines[0].rid.as_deref(), Some("61725984-6126f6f9-040f19c4"));
    assert_eq!(lines[0].errmsg.as_deref(), Some("reach max quota *** *** rid: 61725984-6126f6f9-040f19c4"));
    assert!(lines.iter().all(|line| line.outgoing && line.has_bodies && line.attempt == 1 && line.node == "here"));
    assert!(lines.iter().all(|line| line.origin == "cli" && line.status == Some(200) && line.us > 0 && line.at > 0));
    assert_eq!(lines[2].openid.as_deref(), Some("oA1b2C3d4E5f6G7h8I9j0KlMnOpQ"));
    assert_eq!(lines[0].openid, lines[2].openid, "named by touser");

    #[derive(FromQueryResult)]
    struct Bodies {
        request: String,
        response: String,
    }
    let sql = "SELECT b.request, b.response FROM call_bodies b JOIN calls c ON c.id = b.call_id ORDER BY c.endpoint";
    let bodies = Bodies::find_by_statement(db::statement(place.db.read(), sql, [])).all(place.db.read()).await.unwrap();
    let all: String = bodies.iter().map(|one| format!("{}\n{}\n", one.request, one.response)).collect();
    for hidden in [TOKEN, "0f1e2d3c", "callbacktoken", "林小茶", "快递到了", "13812345678", "oA1b2C3d4E5f6G7h"] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
    let request: serde_json::Value = serde_json::from_str(&bodies[2].request).unwrap();
    assert_eq!((&request["method"], &request["query"]), (&json!("GET"), &json!({"openid": "oA1b…nOpQ"})));
    assert_eq!(sum(&place.db, CALLS).await, 3);
    assert_eq!(sum(&place.db, "SELECT COUNT(*) AS n FROM endpoints").await, 3);
    assert_eq!(sum(&place.db, "SELECT errcode AS n FROM call_errors").await, 45009);
    recorder.stop().await;
}

#[tokio::test]
async fn each_attempt_has_its_line_and_the_policy_is_kept() {
    let (place, server) = (TestDatabase::new().await, MockServer::start().await);
    let recorder = Recorder::start_with(&place.db, "here", Origin::Serve, quick()).unwrap();
    recorder.policy(1, Policy { pushes: false, bodies: Bodies::Errors });
    let wechat = client(&recorder, &server);
    answer(&server, "/cgi-bin/stable_token", json!({"access_token": "t", "expires_in": 7200})).await;
    let busy = ResponseTemplate::new(200).set_body_json(json!({"errcode": -1, "errmsg": "system error"}));
    Mock::given(path("/cgi-bin/tags/get")).respond_with(busy).up_to_n_times(2).mount(&server).await;
    answer(&server, "/cgi-bin/tags/get", json!({"tags": []})).await;
    wechat.get("/cgi-bin/tags/get").done().await.unwrap();
    recorder.push(seen(5, None));
    recorder.push(seen(6, Some(Trouble::Failed)));
    assert!(recorder.settle(SOON).await);
    let told: Vec<_> = (lines(&place.db).await.iter())
        .filter(|line| line.endpoint != "/cgi-bin/stable_token")
        .map(|line| (line.attempt, line.trouble.clone(), line.has_bodies, line.message_key.is_some()))
        .collect();
    let trouble = |word: &str| Some(word.to_owned());
    let push = (1, trouble("failed"), false, true);
    assert!(told.contains(&push), "what failed is told of whatever the policy says");
    let calls: Vec<_> = told.into_iter().filter(|one| *one != push).collect();
    let refused = |attempt| (attempt, trouble("refused"), true, false);
    assert_eq!(calls, [refused(1), refused(2), (3, None, false, false)]);
    assert_eq!(sum(&place.db, CALLS).await, 6, "figures count all");
    recorder.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telling_of_a_push_neither_waits_nor_fails_while_the_database_is_locked() {
    let place = TestDatabase::new().await;
    let recorder = Recorder::start_with(&place.db, "here", Origin::Serve, quick()).unwrap();
    let locked = place.db.begin_write().await.unwrap();
    if !place.db.is_sqlite() {
        locked.execute_unprepared("LOCK TABLE calls, call_figures IN ACCESS EXCLUSIVE MODE").await.unwrap();
    }
    const PUSHES: i64 = 100_000;
    let mut took = Duration::ZERO;
    for part in 0..5 {
        let began = Instant::now();
        for at in part * PUSHES / 5..(part + 1) * PUSHES / 5 {
            recorder.push(seen(at, (at % 100 == 0).then_some(Trouble::NotTaken)));
        }
        took += began.elapsed();
        // So that the list is looked at between.
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    // Two seconds have gone by with the database locked. (Without optimisation telling takes a microsecond or two.)
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(!recorder.settle(Duration::from_millis(500)).await, "nothing is written yet");
    drop(locked);
    assert!(recorder.settle(Duration::from_secs(60)).await);
    assert_eq!(sum(&place.db, CALLS).await, PUSHES, "figures are exact");
    let (lines, left_out) = (sum(&place.db, LINES).await, sum(&place.db, LEFT_OUT).await);
    assert_eq!(lines + left_out, PUSHES, "each has a line or is counted as left out");
    assert!(left_out > 0 && lines >= 60_000, "{lines} and {left_out}");
    let kept = sum(&place.db, "SELECT COUNT(*) AS n FROM calls WHERE trouble IS NOT NULL").await;
    assert_eq!(kept, 1_000, "failures are not left out");
    recorder.stop().await;
}

#[tokio::test]
async fn a_full_list_counts_what_it_loses() {
    let place = TestDatabase::new().await;
    let slow = Timing { look: Duration::from_secs(60), sums: Duration::from_secs(60) };
    let recorder = Recorder::start_with(&place.db, "here", Origin::Serve, slow).unwrap();
    // The first look is at once.
    tokio::time::sleep(Duration::from_millis(200)).await;
    for at in 0..STAGED_PUSHES as i64 + 10 {
        recorder.push(seen(at, None));
    }
    let running = recorder.0.as_ref().unwrap();
    assert_eq!(running.shared.stage.lost.load(Ordering::Relaxed), 10);
    let pushes = lock(&running.shared.stage.pushes);
    assert_eq!((pushes.len(), pushes.capacity()), (STAGED_PUSHES, STAGED_PUSHES), "it never grows");
}

#[tokio::test]
async fn stopping_writes_what_waits_and_off_keeps_nothing() {
    let place = TestDatabase::new().await;
    let slow = Timing { look: Duration::from_secs(60), sums: Duration::from_secs(60) };
    let recorder = Recorder::start_with(&place.db, "here", Origin::Serve, slow).unwrap();
    for at in 0..500 {
        recorder.push(seen(at, None));
    }
    recorder.stop().await;
    assert_eq!((sum(&place.db, LINES).await, sum(&place.db, CALLS).await), (500, 500));
    recorder.push(seen(1, None));

    let off = Recorder::off();
    off.push(seen(1, None));
    assert!(!off.is_on() && off.settle(SOON).await);
    off.stop().await;
    assert_eq!(sum(&place.db, LINES).await, 500);
}

#[tokio::test]
async fn two_nodes_add_to_the_same_figures() {
    let place = TestDatabase::new().await;
    let there = place.second_node().await;
    let one = Recorder::start_with(&place.db, "one", Origin::Serve, quick()).unwrap();
    let other = Recorder::start_with(&there, "other", Origin::Serve, quick()).unwrap();
    for at in 0..2_000 {
        one.push(seen(at * 7, (at % 50 == 0).then_some(Trouble::Failed)));
        other.push(seen(at * 7, None));
        if at % 200 == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert!(one.settle(SOON).await && other.settle(SOON).await);
    assert_eq!((sum(&place.db, CALLS).await, sum(&place.db, LINES).await), (4_000, 4_000));
    let failed = "SELECT CAST(SUM(failed) AS BIGINT) AS n FROM call_figures WHERE span = 'm'";
    assert_eq!(sum(&place.db, failed).await, 40);
    let buckets = "SELECT CAST(SUM(b0) AS BIGINT) AS n FROM call_figures";
    assert_eq!(sum(&place.db, buckets).await, 4_000);
    one.stop().await;
    other.stop().await;
}
