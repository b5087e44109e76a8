//! Which token dies when, with the clock moved.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, errcode, wechat};
use puzi_sandbox::App;
use reqwest::Method;
use serde_json::json;

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

#[tokio::test]
async fn a_new_plain_token_outdates_the_one_before_after_five_minutes() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let first = api.plain().await;
    let second = api.plain().await;
    assert_ne!(first, second);
    assert_eq!((api.errcode_of(&first).await, api.errcode_of(&second).await), (0, 0));

    wechat.clock().advance(minutes(5));
    assert_eq!((api.errcode_of(&first).await, api.errcode_of(&second).await), (40001, 0));
    // The other kind of token knows nothing of it.
    assert_eq!(api.errcode_of(&api.token).await, 0);

    wechat.clock().advance(minutes(115));
    assert_eq!(api.errcode_of(&second).await, 42001);
}

#[tokio::test]
async fn a_stable_token_stays_until_five_minutes_before_its_end() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    wechat.clock().advance(minutes(114));
    let again = api.stable(false).await;
    assert_eq!(again["access_token"], api.token);
    assert!((355..=360).contains(&again["expires_in"].as_i64().unwrap()), "{again}");

    wechat.clock().advance(minutes(2));
    let renewed = api.stable(false).await;
    let renewed = renewed["access_token"].as_str().unwrap();
    assert_ne!(renewed, api.token);
    assert_eq!((api.errcode_of(&api.token).await, api.errcode_of(renewed).await), (0, 0));

    wechat.clock().advance(minutes(5));
    assert_eq!(api.errcode_of(&api.token).await, 42001);
    assert_eq!(api.errcode_of(renewed).await, 0);
}

#[tokio::test]
async fn a_forced_refresh_needs_thirty_seconds_and_happens_twenty_times_a_day() {
    let callback = Callback::content().await;
    let config = puzi_sandbox::Config {
        apps: vec![common::app(&callback)],
        // Noon in Beijing, so that no midnight falls into the test.
        start_at: Some(1_800_000_000 - 1_800_000_000 % 86_400 + 4 * 3600),
        ..Default::default()
    };
    let wechat = puzi_sandbox::Sandbox::start(config).await.unwrap();
    let api = Api::of(&wechat).await;
    let forced = api.stable(true).await["access_token"].clone();
    assert_ne!(forced, api.token);
    assert_eq!(api.stable(true).await["access_token"], forced, "too soon: nothing is refreshed");
    assert_eq!(api.errcode_of(&api.token).await, 0);
    wechat.clock().advance(minutes(5));
    assert_eq!(api.errcode_of(&api.token).await, 40001);

    for n in 2..=20 {
        wechat.clock().advance(Duration::from_secs(30));
        assert_eq!(errcode(&api.stable(true).await), 0, "refresh {n}");
    }
    wechat.clock().advance(Duration::from_secs(30));
    assert_eq!(errcode(&api.stable(true).await), 45009);
    assert_eq!(errcode(&api.stable(false).await), 0);
    wechat.clock().advance(minutes(13 * 60));
    assert_eq!(errcode(&api.stable(true).await), 0);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_for_a_token_is_told() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let App { appid, secret, .. } = App::demo();
    let grant = "/cgi-bin/token?grant_type=client_credential";
    for (path, wanted) in [
        ("/cgi-bin/token".to_owned(), 40002),
        (grant.to_owned(), 41002),
        (format!("{grant}&appid={appid}"), 41004),
        (format!("{grant}&appid=wx0&secret={secret}"), 40013),
        (format!("{grant}&appid={appid}&secret=wrong"), 40125),
        ("/cgi-bin/stable_token".to_owned(), 43002),
        ("/cgi-bin/no/such/thing".to_owned(), 40066),
        ("/cgi-bin/getcallbackip".to_owned(), 41001),
        ("/cgi-bin/getcallbackip?access_token=abc".to_owned(), 40014),
        (format!("/cgi-bin/getcallbackip?access_token=77_{}", "A".repeat(133)), 40001),
    ] {
        let answer = api.bare(&path).await;
        assert_eq!(errcode(&answer), wanted, "{path}: {answer}");
        assert!(answer["errmsg"].as_str().unwrap().contains(" rid: "), "{answer}");
    }
    let posted = api.fetch(Method::POST, "/cgi-bin/token", None).await;
    assert_eq!(posted.status(), 200);
    assert_eq!(posted.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(errcode(&posted.json().await.unwrap()), 43001);
    assert_eq!(api.fetch(Method::GET, "/elsewhere", None).await.status(), 404);
    assert_eq!(errcode(&api.post_raw("/cgi-bin/stable_token", "{").await), 47001);
    assert_eq!(errcode(&api.post_raw("/cgi-bin/stable_token", "").await), 44002);
}

#[tokio::test]
async fn tokens_can_be_killed_and_the_platform_can_be_busy() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    wechat.invalidate_tokens(&App::demo().appid);
    assert_eq!(api.errcode_of(&api.token).await, 40001);
    assert_eq!(api.errcode_of(api.stable(false).await["access_token"].as_str().unwrap()).await, 0);

    wechat.faults().update(|faults| faults.system_busy = 100);
    assert_eq!(errcode(&api.stable(false).await), -1);
    wechat.faults().update(|faults| faults.system_busy = 0);
    let renewed = api.stable(false).await["access_token"].as_str().unwrap().to_owned();
    wechat.update_app(&App::demo().appid, |app| app.secret = "another".into()).unwrap();
    assert_eq!(api.errcode_of(&renewed).await, 40001);
    assert_eq!(errcode(&api.stable(false).await), 40125);
}

#[tokio::test]
async fn quotas_count_and_can_be_cleared_ten_times() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let appid = App::demo().appid;
    for _ in 0..500 {
        assert_eq!(errcode(&api.get("/cgi-bin/user/get").await), 0);
    }
    assert_eq!(errcode(&api.get("/cgi-bin/user/get").await), 45009);
    let quota = api.post("/cgi-bin/openapi/quota/get", json!({ "cgi_path": "/cgi-bin/user/get" })).await;
    assert_eq!(quota["quota"], json!({ "daily_limit": 500, "used": 500, "remain": 0 }));
    assert_eq!(errcode(&api.post("/cgi-bin/clear_quota", json!({ "appid": "wx0" })).await), 40013);
    for _ in 0..10 {
        assert_eq!(errcode(&api.post("/cgi-bin/clear_quota", json!({ "appid": appid })).await), 0);
    }
    assert_eq!(errcode(&api.post("/cgi-bin/clear_quota", json!({ "appid": appid })).await), 48006);
    assert_eq!(errcode(&api.get("/cgi-bin/user/get").await), 0);
    let check = json!({ "action": "all", "check_operator": "DEFAULT" });
    assert_eq!(api.post("/cgi-bin/callback/check", check).await["dns"][0]["ip"], "127.0.0.1");
    let check = json!({ "action": "fly", "check_operator": "DEFAULT" });
    assert_eq!(errcode(&api.post("/cgi-bin/callback/check", check).await), 40202);
}
