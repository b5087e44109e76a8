//! The control API and the page, as the phone in a browser uses them.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, app, reply, say, wechat};
use puzi_sandbox::{App, Config, Sandbox};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

fn demo() -> String {
    App::demo().appid
}

struct Page {
    base: String,
    http: Client,
}

impl Page {
    fn of(wechat: &Sandbox) -> Self {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base: wechat.url(), http }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Response {
        let request = self.http.request(method, format!("{}{path}", self.base)).body(body.to_string());
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let response = self.ask(Method::POST, path, body).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn act(&self, openid: &str, action: Value) -> (u16, Value) {
        self.post(&format!("/sandbox/api/phones/{}/{openid}/act", demo()), action).await
    }

    /// Waits until the exchange is done.
    async fn done(&self, id: &Value) -> Value {
        for _ in 0..100 {
            let items = self.get("/sandbox/api/exchanges?limit=10").await;
            let found = items["items"].as_array().unwrap().iter().find(|one| one["id"] == *id && one["done"] == true);
            if let Some(exchange) = found {
                return exchange.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("exchange {id} was never done");
    }
}

#[tokio::test]
async fn a_phone_is_held_through_the_control_api() {
    let callback = Callback::start(|got| say(reply(got, "在的"))).await;
    let wechat = wechat(&callback).await;
    let page = Page::of(&wechat);
    let (status, phone) = page.post("/sandbox/api/phones", json!({ "appid": demo(), "nickname": " 小满 " })).await;
    assert_eq!((status, &phone["nickname"], &phone["subscribed"]), (201, &json!("小满"), &json!(false)));
    let openid = phone["openid"].as_str().unwrap();

    assert_eq!(page.act(openid, json!({ "action": "text", "content": "在吗" })).await.0, 409);
    let (status, answer) = page.act(openid, json!({ "action": "follow_by_scene", "scene": "s" })).await;
    assert_eq!(status, 202);
    page.done(&answer["exchange_id"]).await;
    let (_, answer) = page.act(openid, json!({ "action": "text", "content": "在吗" })).await;
    let exchange = page.done(&answer["exchange_id"]).await;
    assert_eq!(exchange["label"], json!({ "kind": "text", "text": "在吗" }));
    let delivery = &exchange["deliveries"][0];
    assert_eq!((&delivery["outcome"], &delivery["status"]), (&json!("answered"), &json!(200)));
    assert!(delivery["response_plain"].as_str().unwrap().contains("在的"));
    let chat = page.get(&format!("/sandbox/api/phones/{}/{openid}/chat", demo())).await;
    let kinds: Vec<_> =
        chat["items"].as_array().unwrap().iter().map(|i| (&i["side"], &i["kind"], &i["note"])).collect();
    assert_eq!(
        json!(kinds),
        json!([
            ["system", "event", "followed"],
            ["account", "text", null],
            ["me", "text", null],
            ["account", "text", null]
        ])
    );
    assert_eq!(chat["items"][2]["status"], "sent");

    let state = page.get("/sandbox/api/state").await;
    assert_eq!(state["apps"][0]["appid"], demo());
    assert_eq!((&state["apps"][0]["menu"], &state["apps"][0]["mode"]), (&Value::Null, &json!("plain")));
    assert_eq!(state["phones"][0]["subscribed"], true);
    assert_eq!(state["faults"]["timeout_seconds"], 5.0);
    assert!(state["apps"][0].get("secret").is_none());
}

#[tokio::test]
async fn menu_buttons_are_tapped_by_their_place() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let (page, api) = (Page::of(&wechat), Api::of(&wechat).await);
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    let menu = json!({ "button": [
        { "type": "click", "name": "a", "key": "A" },
        { "name": "b", "sub_button": [
            { "type": "view", "name": "c", "url": "https://c" },
            { "type": "scancode_waitmsg", "name": "d", "key": "D" },
        ] },
    ] });
    api.post("/cgi-bin/menu/create", menu).await;
    for (button, event, key) in
        [(json!([0]), "CLICK", "A"), (json!([1, 0]), "VIEW", "https://c"), (json!([1, 1]), "scancode_waitmsg", "D")]
    {
        let (_, answer) = page.act("oFan", json!({ "action": "tap", "button": button })).await;
        page.done(&answer["exchange_id"]).await;
        let got = callback.last();
        assert_eq!((got.field("Event"), got.field("EventKey")), (event.to_owned(), key.to_owned()));
        assert_eq!(!got.field("MenuId").is_empty(), event == "VIEW");
    }
    assert_eq!(callback.last().field("ScanType"), "qrcode");
    let opened = page.act("oFan", json!({ "action": "tap", "button": [1] })).await;
    assert_eq!(opened, (202, json!({ "exchange_id": null })));
    for bad in [json!({ "action": "tap", "button": [2] }), json!({ "action": "dance" }), json!({ "action": "text" })] {
        let (status, problem) = page.act("oFan", bad.clone()).await;
        assert_eq!(status, 400, "{bad}: {problem}");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    assert_eq!(page.act("oNobody", json!({ "action": "follow" })).await.0, 404);
}

#[tokio::test]
async fn a_picture_is_uploaded_and_sent() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let page = Page::of(&wechat);
    wechat.phone(&demo(), "oFan").await.follow().await;
    let picture = b"GIF89a-and-more".to_vec();
    let request = page.http.post(format!("{}/sandbox/api/media", page.base)).header("content-type", "image/gif");
    let kept: Value = request.body(picture.clone()).send().await.unwrap().json().await.unwrap();
    let (_, answer) = page.act("oFan", json!({ "action": "image", "media_id": kept["media_id"] })).await;
    page.done(&answer["exchange_id"]).await;
    assert_eq!(callback.last().field("MediaId"), kept["media_id"].as_str().unwrap());
    let seen = reqwest::get(callback.last().field("PicUrl")).await.unwrap();
    assert_eq!(seen.headers()["x-content-type-options"], "nosniff");
    assert_eq!(seen.bytes().await.unwrap(), picture);
    // The account fetches it as it would on the platform.
    let api = Api::of(&wechat).await;
    let path = format!("/cgi-bin/media/get?media_id={}&access_token={}", callback.last().field("MediaId"), api.token);
    assert_eq!(api.fetch(Method::GET, &path, None).await.bytes().await.unwrap(), picture);
    assert_eq!(page.act("oFan", json!({ "action": "image", "media_id": "none" })).await.0, 404);
    assert_eq!(page.ask(Method::POST, "/sandbox/api/media", json!("words")).await.status(), 415);
}

#[tokio::test]
async fn what_happens_is_streamed() {
    let callback = Callback::start(|got| say(reply(got, "hello"))).await;
    let wechat = wechat(&callback).await;
    let page = Page::of(&wechat);
    let mut stream = page.http.get(format!("{}/sandbox/api/stream", page.base)).send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    wechat.faults().update(|faults| faults.drop = 7);
    wechat.clock().advance(Duration::from_secs(3600));
    wechat.update_app(&demo(), |app| app.name = "新名字".into()).unwrap();
    let mut told = String::new();
    let wanted = ["event: phone", "event: chat", "event: exchange", "\"drop\":7", "\"offset\":3600", "新名字", "hello"];
    let all = async {
        while !wanted.iter().all(|text| told.contains(text)) {
            told += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), all).await.unwrap();
    let outcomes: Vec<_> = told.lines().filter(|line| line.contains("\"deliveries\":[{")).collect();
    assert!(outcomes[0].contains("\"running\"") && outcomes.last().unwrap().contains("\"done\":true"));

    // A stop ends the stream too.
    let stopped = tokio::time::timeout(Duration::from_secs(3), wechat.stop());
    assert!(stopped.await.is_ok());
    while let Ok(Some(_)) = stream.chunk().await {}
}

#[tokio::test]
async fn faults_clock_tokens_and_check_are_at_hand() {
    let callback = Callback::start(|got| say(got.param("echostr"))).await;
    let wechat = wechat(&callback).await;
    let (page, api) = (Page::of(&wechat), Api::of(&wechat).await);
    let faults = page.ask(Method::PUT, "/sandbox/api/faults", json!({ "drop": 200, "timeout_seconds": 1 })).await;
    let faults: Value = faults.json().await.unwrap();
    assert_eq!(
        (&faults["drop"], wechat.faults().get().drop, wechat.faults().get().timeout_seconds),
        (&json!(100), 100, 1.0)
    );
    assert_eq!(page.ask(Method::PUT, "/sandbox/api/faults", json!({ "drop": 300 })).await.status(), 400);

    let before = wechat.clock().now();
    assert_eq!(page.post("/sandbox/api/clock", json!({ "advance": 60 })).await.0, 200);
    assert!((60..=61).contains(&(wechat.clock().now() - before)));
    assert_eq!(page.post("/sandbox/api/clock", json!({ "advance": i64::MIN })).await.0, 400);

    assert_eq!(page.post("/sandbox/api/tokens/invalidate", json!({ "appid": demo() })).await.0, 200);
    assert_eq!(api.errcode_of(&api.token).await, 40001);
    assert_eq!(page.post("/sandbox/api/verify", json!({ "appid": demo() })).await, (200, json!({ "ok": true })));
    callback.think(|_| say("no"));
    assert_eq!(page.post("/sandbox/api/verify", json!({ "appid": demo() })).await.1["ok"], false);
    for path in ["phones", "verify", "tokens/invalidate"] {
        assert_eq!(page.post(&format!("/sandbox/api/{path}"), json!({ "appid": "wx0" })).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn only_this_machine_and_this_page_may_control() {
    let wechat = wechat(&Callback::content().await).await;
    let page = Page::of(&wechat);
    let state = format!("{}/sandbox/api/state", page.base);
    let rebound = page.http.get(&state).header("host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), 403);
    let clock = format!("{}/sandbox/api/clock", page.base);
    let from = async |name: &str, value: &str| {
        let request = page.http.post(&clock).header(name, value).body("{\"advance\":1}");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(from("origin", "https://evil.example").await, 403);
    assert_eq!(from("sec-fetch-site", "cross-site").await, 403);
    assert_eq!(from("origin", &page.base).await, 200);
}

#[tokio::test]
async fn the_page_is_served_with_its_policy() {
    let wechat = wechat(&Callback::content().await).await;
    let page = Page::of(&wechat);
    let root = page.ask(Method::GET, "/", Value::Null).await;
    assert_eq!((root.status().as_u16(), &root.headers()["location"]), (307, &"/phone".parse().unwrap()));
    let phone = page.ask(Method::GET, "/phone", Value::Null).await;
    assert_eq!(phone.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(phone.headers()["cache-control"], "no-cache");
    assert!(phone.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self';"));
    assert!(phone.text().await.unwrap().contains("<html"));
    assert_eq!(page.ask(Method::GET, "/phone/none.js", Value::Null).await.status(), 404);
    assert_eq!(page.ask(Method::GET, "/phone/..%2f..%2fpackage.json", Value::Null).await.status(), 404);
}

#[tokio::test]
async fn an_account_is_shown_section_by_section() {
    let callback = Callback::content().await;
    let apps = vec![App { followers: 1_000_000, ..app(&callback) }];
    let wechat = Sandbox::start(Config { apps, ..Config::default() }).await.unwrap();
    let (page, api) = (Page::of(&wechat), Api::of(&wechat).await);
    let of = |section: &str| format!("/sandbox/api/accounts/{}/{section}", demo());
    let tag = api.post("/cgi-bin/tags/create", json!({ "tag": { "name": "VIP" } })).await["tag"]["id"].clone();
    let followers = page.get(&of("followers?limit=3")).await;
    assert_eq!((&followers["total"], followers["items"].as_array().unwrap().len()), (&json!(1_000_000), 3));
    let openid = followers["items"][0]["openid"].clone();
    let body = json!({ "openid_list": [openid], "tagid": tag });
    assert_eq!(api.code("/cgi-bin/tags/members/batchtagging", body).await, 0);
    api.post("/cgi-bin/user/info/updateremark", json!({ "openid": openid, "remark": "老客" })).await;
    let first = &page.get(&of("followers?limit=1")).await["items"][0];
    assert_eq!((&first["remark"], &first["tags"]), (&json!("老客"), &json!([tag])));
    // Far down the list, and never more than two hundred at once.
    let last = page.get(&of("followers?from=999999")).await;
    assert_eq!(last["items"].as_array().unwrap().len(), 1);
    assert_eq!(page.get(&of("followers?limit=100000")).await["items"].as_array().unwrap().len(), 200);

    let tags = page.get(&of("tags")).await;
    assert!(tags["items"].as_array().unwrap().contains(&json!({ "id": tag, "name": "VIP", "count": 1 })));
    let menu = json!({ "button": [{ "type": "click", "name": "a", "key": "A" }] });
    api.post("/cgi-bin/menu/create", menu).await;
    let menus = page.get(&of("menus")).await;
    assert_eq!((&menus["total"], &menus["items"][0]["default"]), (&json!(1), &json!(true)));
    assert_eq!(menus["items"][0]["button"][0]["key"], "A");
    let quotas = page.get(&of("quotas")).await;
    let used = quotas["items"].as_array().unwrap().iter().find(|one| one["path"] == "/cgi-bin/menu/create").unwrap();
    assert_eq!((&used["used"], used["limit"].as_u64() > Some(1)), (&json!(1), true));

    let account = page.get(&format!("/sandbox/api/accounts/{}", demo())).await;
    let counts = &account["counts"];
    assert_eq!(
        (&account["appid"], &counts["followers"], &counts["menus"]),
        (&json!(demo()), &json!(1_000_000), &json!(1))
    );
    assert!(account.get("secret").is_none());
    for section in counts.as_object().unwrap().keys() {
        let told = page.get(&of(section)).await;
        assert!(told["items"].as_array().is_some_and(|items| items.len() <= 50), "{section}");
        let total = told["total"].as_u64().unwrap() as usize;
        assert!(total > 50 || told["items"].as_array().unwrap().len() == total, "{section}: {told}");
    }
    for wrong in [of("secrets"), "/sandbox/api/accounts/wx0".into(), "/sandbox/api/accounts/wx0/tags".into()] {
        assert_eq!(page.ask(Method::GET, &wrong, Value::Null).await.status(), 404, "{wrong}");
    }
    assert_eq!(page.ask(Method::GET, &of("tags?limit=-1"), Value::Null).await.status(), 400);
    let url = format!("{}{}", page.base, of("tags"));
    assert_eq!(page.http.get(url).header("host", "evil.example").send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn every_call_is_written_down_and_shown() {
    let wechat = wechat(&Callback::content().await).await;
    let (page, api) = (Page::of(&wechat), Api::of(&wechat).await);
    let mut stream = page.http.get(format!("{}/sandbox/api/stream", page.base)).send().await.unwrap();
    api.get("/cgi-bin/user/get").await;
    let refused = api.get("/cgi-bin/user/info").await;
    let rid = refused["errmsg"].as_str().unwrap().rsplit_once("rid: ").unwrap().1.to_owned();
    api.bare("/cgi-bin/user/get?access_token=x").await;
    api.get("/cgi-bin/nothing").await;
    let calls = page.get(&format!("/sandbox/api/accounts/{}/calls", demo())).await;
    let told: Vec<_> = calls["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| (&call["method"], &call["path"], &call["errcode"], &call["rid"], &call["appid"]))
        .collect();
    let (appid, token) = (demo(), told[2].3.clone());
    assert_eq!(
        json!(told[..4]),
        json!([
            ["GET", "/cgi-bin/nothing", 40066, told[0].3, ""],
            ["GET", "/cgi-bin/user/get", 40014, told[1].3, ""],
            ["GET", "/cgi-bin/user/info", 41009, token, appid],
            ["GET", "/cgi-bin/user/get", 0, null, appid],
        ])
    );
    assert_eq!(token, json!(rid));
    let mut text = String::new();
    let all = async {
        while !(text.contains("event: call") && text.contains(&rid)) {
            text += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), all).await.unwrap();
}

#[tokio::test]
async fn the_state_page_is_served() {
    let wechat = wechat(&Callback::content().await).await;
    let page = Page::of(&wechat);
    let state = page.ask(Method::GET, "/phone/state", Value::Null).await;
    assert_eq!(state.headers()["content-type"], "text/html; charset=utf-8");
    assert!(state.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self';"));
    assert!(state.text().await.unwrap().contains("<html"));
}

#[tokio::test]
async fn history_is_bounded() {
    let callback = Callback::content().await;
    let apps = vec![app(&callback)];
    let wechat = Sandbox::start(Config { apps, ..Config::default() }).await.unwrap();
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    for n in 0..2100 {
        drop(fan.compose(puzi_sandbox::Action::Text { content: n.to_string(), bizmsgmenuid: None }));
    }
    assert_eq!(fan.chat().len(), 2000);
    assert_eq!(wechat.exchanges(usize::MAX).len(), 500);
}
