//! Quotas, rates, failed calls, and what is wrong with a call as such.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Api, NOON, crowd, errcode};
use puzi_sandbox::{App, Config, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

const GET: &str = "/cgi-bin/user/get";
const TAGS: &str = "/cgi-bin/tags/get";
const QUOTA: &str = "/cgi-bin/openapi/quota/get";
const CLEAR: &str = "/cgi-bin/openapi/quota/clear";

fn demo() -> String {
    App::demo().appid
}

/// A sandbox with small quotas.
async fn strict(calls_a_minute: u32, quotas: &[(&str, u32)]) -> Sandbox {
    let quotas: BTreeMap<_, _> = quotas.iter().map(|(path, daily)| ((*path).to_owned(), *daily)).collect();
    let apps = vec![App::demo()];
    Sandbox::start(Config { apps, start_at: Some(NOON), calls_a_minute, quotas, ..Config::default() }).await.unwrap()
}

fn path(path: &str) -> Value {
    json!({ "cgi_path": path })
}

#[tokio::test]
async fn a_path_has_its_quota_a_day() {
    let wechat = strict(1000, &[(GET, 2)]).await;
    let api = Api::of(&wechat).await;
    let call = async |api: &Api| errcode(&api.get(GET).await);
    assert_eq!((call(&api).await, call(&api).await, call(&api).await), (0, 0, 45009));
    let told = api.post(QUOTA, path(GET)).await;
    assert_eq!(told["quota"], json!({ "daily_limit": 2, "used": 2, "remain": 0 }));
    assert_eq!(told["rate_limit"], json!({ "call_count": 1000, "refresh_second": 60 }));
    assert_eq!(api.post(QUOTA, path(TAGS)).await["quota"], json!({ "daily_limit": 1000, "used": 0, "remain": 1000 }));
    let used: Vec<_> = wechat.quotas(&demo()).into_iter().map(|quota| (quota.path, quota.used, quota.limit)).collect();
    assert_eq!(used, [(QUOTA, 2, 10_000), ("/cgi-bin/stable_token", 1, 500_000), (GET, 2, 2)]);
    assert!(wechat.quotas("wxNone").is_empty());

    for (body, wanted) in [
        (path("/cgi-bin/none"), 76021),
        (path("https://api.weixin.qq.com/cgi-bin/user/get"), 76021),
        (path("cgi-bin/user/get"), 76021),
        (path("/sns/userinfo"), 76022),
        (json!({}), 76021),
        (json!({ "cgi_path": 7 }), 47001),
    ] {
        assert_eq!(
            (api.code(QUOTA, body.clone()).await, api.code(CLEAR, body.clone()).await),
            (wanted, wanted),
            "{body}"
        );
    }
    // Midnight in Beijing, in twelve hours.
    wechat.clock().advance(Duration::from_secs(12 * 3600));
    let api = Api::of(&wechat).await;
    assert_eq!(call(&api).await, 0);
}

#[tokio::test]
async fn quotas_are_cleared_ten_times_a_month_and_those_of_single_paths_fifty_times() {
    let wechat = strict(10_000, &[(GET, 1), (TAGS, 1)]).await;
    let api = Api::of(&wechat).await;
    let App { appid, secret, .. } = App::demo();
    for _ in 0..50 {
        assert_eq!(errcode(&api.get(GET).await), 0);
        assert_eq!(errcode(&api.get(GET).await), 45009);
        assert_eq!(api.code(CLEAR, path(GET)).await, 0);
    }
    assert_eq!(api.code(CLEAR, path(TAGS)).await, 48006);

    let all = async |api: &Api| api.code("/cgi-bin/clear_quota", json!({ "appid": appid })).await;
    let (v2, secrets) = ("/cgi-bin/clear_quota/v2", json!({ "appid": appid, "appsecret": secret }));
    for _ in 0..5 {
        assert_eq!(errcode(&api.get(TAGS).await), 0);
        assert_eq!(errcode(&api.get(TAGS).await), 45009);
        assert_eq!(all(&api).await, 0);
        assert_eq!(errcode(&api.get(TAGS).await), 0);
        assert_eq!(api.code(v2, secrets.clone()).await, 0);
    }
    assert_eq!((all(&api).await, api.code(v2, secrets.clone()).await), (48006, 48006));
    for (body, wanted) in [
        (json!({}), 41002),
        (json!({ "appid": appid }), 41004),
        (json!({ "appid": appid, "appsecret": "wrong" }), 40125),
        (json!({ "appid": "wx0", "appsecret": secret }), 40013),
        (json!({ "appid": 7, "appsecret": secret }), 47001),
    ] {
        assert_eq!(api.code(v2, body.clone()).await, wanted, "{body}");
    }
    assert_eq!(api.code("/cgi-bin/clear_quota", json!({})).await, 41002);
    assert_eq!(api.code("/cgi-bin/clear_quota", json!({ "appid": "wx0" })).await, 40013);
    let in_query = format!("{v2}?appid={appid}&appsecret={secret}");

    // The first of April, in Beijing.
    wechat.clock().advance(Duration::from_secs(30 * 86_400 + 12 * 3600 - 600));
    let march = Api::of(&wechat).await;
    assert_eq!(all(&march).await, 48006);
    wechat.clock().advance(Duration::from_secs(600));
    assert_eq!((all(&march).await, march.code(CLEAR, path(GET)).await), (0, 0));
    assert_eq!(errcode(&march.fetch(Method::POST, &in_query, None).await.json().await.unwrap()), 0);
}

#[tokio::test]
async fn too_many_calls_in_a_minute_are_refused() {
    let wechat = strict(5, &[]).await;
    let api = Api::of(&wechat).await;
    for n in 2..=5 {
        assert_eq!(errcode(&api.get(TAGS).await), 0, "call {n}");
    }
    let refused = api.get(TAGS).await;
    assert_eq!(errcode(&refused), 45011, "{refused}");
    assert_eq!(errcode(&api.stable(false).await), 45011);
    wechat.clock().advance(Duration::from_secs(60));
    assert_eq!(errcode(&api.get(TAGS).await), 0);
    let used = wechat.quotas(&demo()).into_iter().find(|quota| quota.path == TAGS).unwrap().used;
    assert_eq!(used, 5, "refused calls use no quota");
    // Another account has its own.
    let other = App { appid: "wxOther".into(), original_id: "gh_other".into(), ..App::demo() };
    wechat.add_app(other.clone()).unwrap();
    let theirs = Api::of_app(&wechat, &other).await;
    for _ in 0..4 {
        assert_eq!(errcode(&theirs.get(TAGS).await), 0);
    }
    assert_eq!(errcode(&theirs.get(TAGS).await), 45011);
    assert_eq!(errcode(&api.get(TAGS).await), 0);
}

#[tokio::test]
async fn stable_tokens_have_a_rate_of_their_own() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let told = api.post(QUOTA, path("/cgi-bin/stable_token")).await;
    assert_eq!((&told["quota"]["used"], &told["rate_limit"]["call_count"]), (&json!(1), &json!(10_000)));
    assert_eq!(api.post(QUOTA, path(TAGS)).await["rate_limit"]["call_count"], 600_000);
}

#[tokio::test]
async fn a_call_without_a_token_counts_for_the_account_that_its_secret_names() {
    let wechat = strict(1000, &[("/cgi-bin/token", 2), ("/cgi-bin/stable_token", 1)]).await;
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.stable(false).await), 45009);
    api.plain().await;
    api.plain().await;
    let App { appid, secret, .. } = App::demo();
    let path = format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret=");
    assert_eq!(errcode(&api.bare(&format!("{path}wrong")).await), 40125);
    assert_eq!(errcode(&api.bare(&format!("{path}{secret}")).await), 45009);
    assert_eq!(api.code("/cgi-bin/clear_quota/v2", json!({ "appid": appid, "appsecret": secret })).await, 0);
    assert_eq!(errcode(&api.bare(&format!("{path}{secret}")).await), 0);
}

fn rid_of(answer: &Value) -> String {
    answer["errmsg"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_failed_call_is_explained_for_seven_days() {
    let wechat = crowd(0).await;
    let other = App { appid: "wxOther".into(), original_id: "gh_other".into(), ..App::demo() };
    wechat.add_app(other.clone()).unwrap();
    let (api, theirs) = (Api::of(&wechat).await, Api::of_app(&wechat, &other).await);
    let look = "/cgi-bin/openapi/rid/get";
    let failed = api.post("/cgi-bin/tags/create", json!({ "tag": { "name": "" } })).await;
    let rid = rid_of(&failed);
    let told = api.post(look, json!({ "rid": rid })).await;
    let request = &told["request"];
    assert_eq!((errcode(&told), &request["client_ip"]), (0, &json!("127.0.0.1")), "{told}");
    assert_eq!(request["request_url"], format!("access_token={}", api.token));
    assert_eq!(request["request_body"], json!({ "tag": { "name": "" } }).to_string());
    assert_eq!(serde_json::from_str::<Value>(request["response_body"].as_str().unwrap()).unwrap(), failed);
    assert!((0..5).contains(&(request["invoke_time"].as_i64().unwrap() - NOON)), "{told}");
    assert!(request["cost_in_ms"].is_u64());

    assert_eq!(theirs.code(look, json!({ "rid": rid })).await, 76003);
    // A call whose token was wrong is nobody's.
    let nobodys = rid_of(&api.bare("/cgi-bin/tags/get?access_token=x").await);
    assert_eq!(theirs.post(look, json!({ "rid": nobodys })).await["request"]["request_url"], "access_token=x");
    for (body, wanted) in [
        (json!({ "rid": "00000000-00000000-00000000" }), 76001),
        (json!({ "rid": "a rid" }), 76002),
        (json!({ "rid": "" }), 76002),
        (json!({}), 76002),
        (json!({ "rid": 7 }), 47001),
    ] {
        assert_eq!(api.code(look, body.clone()).await, wanted, "{body}");
    }
    wechat.clock().advance(Duration::from_secs(7 * 86_400 - 60));
    let api = Api::of(&wechat).await;
    assert_eq!(api.code(look, json!({ "rid": rid })).await, 0);
    wechat.clock().advance(Duration::from_secs(120));
    assert_eq!(api.code(look, json!({ "rid": rid })).await, 76001);
}

#[tokio::test]
async fn a_path_that_nobody_has_is_answered_as_the_platform_does() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    for path in ["/cgi-bin/none", "/wxa/none", "/sns/none", "/customservice/none", "/datacube/none", "/cgi-bin"] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            let answer = api.fetch(method, path, None).await;
            assert_eq!(answer.status(), 200);
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(errcode(&answer), 40066, "{path}: {answer}");
        }
    }
    assert_eq!(api.fetch(Method::GET, "/none", None).await.status(), 404);
    for (method, path, wanted) in [
        (Method::PUT, TAGS, 43001),
        (Method::DELETE, TAGS, 43001),
        (Method::PUT, "/cgi-bin/tags/create", 43002),
        (Method::GET, "/cgi-bin/tags/create", 43002),
        (Method::POST, "/cgi-bin/tags/create", 41001),
    ] {
        let answer = api.fetch(method.clone(), path, None).await;
        assert_eq!(errcode(&answer.json().await.unwrap()), wanted, "{method} {path}");
    }
    for body in ["[]", "7", "\"tag\"", "null", "{\"tag\":7}"] {
        let answer = api.post_raw("/cgi-bin/tags/create", body).await;
        assert_eq!(errcode(&answer), 47001, "{body}: {answer}");
    }
}

#[tokio::test]
async fn addresses_and_the_network_are_told() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    for path in ["/cgi-bin/getcallbackip", "/cgi-bin/get_api_domain_ip"] {
        assert_eq!(api.get(path).await, json!({ "ip_list": ["127.0.0.1"] }));
    }
    let check = "/cgi-bin/callback/check";
    let ask = |action: &str, operator: &str| json!({ "action": action, "check_operator": operator });
    assert_eq!(api.code(check, ask("all", "CAP")).await, 40201);
    wechat.update_app(&demo(), |app| app.callback_url = "http://127.0.0.1:9/x".into()).unwrap();
    assert_eq!(api.code(check, ask("fly", "CAP")).await, 40202);
    assert_eq!(api.code(check, ask("dns", "MOON")).await, 40203);
    assert_eq!(api.code(check, json!({})).await, 40202);
    let all = api.post(check, ask("all", "CAP")).await;
    assert_eq!((&all["dns"][0]["real_operator"], &all["ping"][0]["from_operator"]), (&json!("CAP"), &json!("CAP")));
    let ping = api.post(check, ask("ping", "DEFAULT")).await;
    assert_eq!((ping.get("dns"), &ping["ping"][0]["package_loss"]), (None, &json!("0%")));
}
