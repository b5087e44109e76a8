//! How often, how many and how fast.

use std::time::Duration;

use puzi_sandbox::{AccountKind, App, Config, Sandbox};
use serde_json::{Value, json};

use crate::common::{Api, Callback, app, errcode};
use crate::heard::{count, heard};
use crate::{FINISH, SEND, SEND_ALL, counts, crowd, days, demo, minute, status, to, to_all, words};

#[tokio::test]
async fn a_clientmsgid_is_sent_once_a_day() {
    let callback = Callback::content().await;
    let (wechat, api, _) = crowd(&callback, AccountKind::Service).await;
    let with_id = |id: &str| {
        let mut body = to_all("once");
        body["clientmsgid"] = json!(id);
        body
    };
    assert_eq!(errcode(&api.post(SEND_ALL, with_id(&"x".repeat(65))).await), 45067);
    let first = api.post(SEND_ALL, with_id("spring")).await;
    let again = api.post(SEND_ALL, with_id("spring")).await;
    assert_eq!((errcode(&again), &again["msg_id"]), (45065, &first["msg_id"]));
    assert_eq!(errcode(&api.post(SEND_ALL, with_id("spring")).await), 45066, "within a minute of the repetition");
    minute(&wechat);
    let mut by_list = to(&["oAnn", "oBob"], "once");
    by_list["clientmsgid"] = json!("spring");
    let again = api.post(SEND, by_list).await;
    assert_eq!((errcode(&again), &again["msg_id"]), (45065, &first["msg_id"]));
    heard(&callback, FINISH, 1).await;
    days(&wechat, 1);
    let api = Api::of(&wechat).await;
    let next = api.post(SEND_ALL, with_id("spring")).await;
    assert_eq!(errcode(&next), 0);
    assert_ne!(next["msg_id"], first["msg_id"]);
    minute(&wechat);
    heard(&callback, FINISH, 2).await;
    assert_eq!(count(&callback, FINISH), 2);
}

#[tokio::test]
async fn a_follower_of_a_service_account_gets_four_a_month() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = crowd(&callback, AccountKind::Service).await;
    assert_eq!(errcode(&api.post(SEND, to(&["oAnn", "oFan"], "single")).await), 0);
    for n in 1..=4 {
        minute(&wechat);
        assert_eq!(errcode(&api.post(SEND_ALL, to_all(&format!("all {n}"))).await), 0);
    }
    minute(&wechat);
    let told = heard(&callback, FINISH, 5).await;
    assert_eq!(counts(&told), ["4", "2", "2", "0"], "two had their four");
    assert_eq!(words(&fan).len(), 4);
    let answer = api.post(SEND_ALL, to_all("a fifth")).await;
    assert_eq!(errcode(&answer), 45028, "{answer}");
    // By list it is taken on, but reaches nobody.
    assert_eq!(errcode(&api.post(SEND, to(&["oCid", "oBob"], "list")).await), 0);
    minute(&wechat);
    assert_eq!(counts(&heard(&callback, FINISH, 6).await), ["2", "0", "0", "0"]);
    // One who came after them has the four still.
    let late = wechat.phone(&demo(), "oLate").await;
    late.follow().await;
    assert_eq!(errcode(&api.post(SEND, to(&["oCid", "oLate"], "list")).await), 0);
    minute(&wechat);
    assert_eq!(counts(&heard(&callback, FINISH, 7).await), ["2", "1", "1", "0"]);

    days(&wechat, 31);
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.post(SEND_ALL, to_all("a new month")).await), 0);
}

#[tokio::test]
async fn a_subscription_account_sends_once_a_day() {
    let callback = Callback::content().await;
    let (wechat, api, _) = crowd(&callback, AccountKind::Subscription).await;
    assert_eq!(errcode(&api.post(SEND_ALL, to_all("today")).await), 0);
    assert_eq!(errcode(&api.post(SEND_ALL, to_all("again")).await), 45028);
    assert_eq!(errcode(&api.post(SEND, to(&["oAnn", "oBob"], "list")).await), 48001, "not for such an account");
    days(&wechat, 1);
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.post(SEND_ALL, to_all("tomorrow")).await), 0);
}

#[tokio::test]
async fn calls_are_limited_by_the_minute_and_by_the_day() {
    let callback = Callback::content().await;
    let (wechat, api, _) = crowd(&callback, AccountKind::Service).await;
    let one = async |n: usize| errcode(&api.post(SEND, to(&["oAnn", "oBob"], &n.to_string())).await);
    for n in 0..60 {
        assert_eq!(one(n).await, 0, "{n}");
    }
    assert_eq!(one(60).await, 45011);
    minute(&wechat);
    let mut sent = 0;
    while one(61).await == 0 {
        sent += 1;
    }
    assert!((39..=40).contains(&sent), "100 a day, and {sent} after the first 60");
    assert_eq!(one(62).await, 45009);
}

#[tokio::test]
async fn speed_decides_when_a_large_job_ends() {
    let callback = Callback::content().await;
    let config = Config { apps: vec![App { followers: 100_000, ..app(&callback) }], ..Config::default() };
    let wechat = Sandbox::start(config).await.unwrap();
    let api = Api::of(&wechat).await;
    let speed = |name: &'static str, body: Value| {
        let api = &api;
        async move { api.post(&format!("/cgi-bin/message/mass/speed/{name}"), body).await }
    };
    assert_eq!(speed("get", json!({})).await, json!({ "speed": 0, "realspeed": 80 }));
    assert_eq!(errcode(&speed("set", json!({})).await), 45084);
    assert_eq!(errcode(&speed("set", json!({ "speed": 5 })).await), 45083);
    assert_eq!(errcode(&speed("set", json!({ "speed": -1 })).await), 45083);
    assert_eq!(errcode(&speed("set", json!({ "speed": [] })).await), 47001);
    assert_eq!(errcode(&speed("set", json!({ "speed": 4 })).await), 0);
    assert_eq!(speed("get", json!({})).await, json!({ "speed": 4, "realspeed": 10 }));

    let held = wechat.new_phone(&demo());
    held.follow().await;
    let answer = api.post(SEND_ALL, to_all("many")).await;
    wechat.clock().advance(Duration::from_secs(50));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(status(&api, &answer["msg_id"]).await, "SENDING", "100,000 at 100,000 a minute");
    let late = wechat.new_phone(&demo());
    late.follow().await;
    wechat.clock().advance(Duration::from_secs(20));
    assert_eq!(counts(&heard(&callback, FINISH, 1).await), ["100001", "100001", "100001", "0"]);
    let shown = [&held, &late, &wechat.followers(&demo())[99]].map(|phone| words(phone).len());
    assert_eq!(shown, [1, 0, 0], "where a phone is held and followed when it was sent");
}
