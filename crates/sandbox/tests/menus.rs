//! Menus of every kind and automatic replies, as a client of the platform and a phone see them.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, errcode, wechat};
use puzi_sandbox::{Action, App, Platform, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

fn demo() -> String {
    App::demo().appid
}

fn click(name: &str) -> Value {
    json!({ "type": "click", "name": name, "key": name })
}

fn view(url: &str) -> Value {
    json!({ "type": "view", "name": "v", "url": url })
}

fn first_name(menu: Option<Value>) -> String {
    menu.map_or_else(String::new, |menu| menu["button"][0]["name"].as_str().unwrap().to_owned())
}

async fn conditional(api: &Api, name: &str, rule: Value) -> Value {
    api.post("/cgi-bin/menu/addconditional", json!({ "button": [click(name)], "matchrule": rule })).await
}

async fn tag(api: &Api, name: &str, openids: &[&str]) -> i64 {
    let made = api.post("/cgi-bin/tags/create", json!({ "tag": { "name": name } })).await;
    let id = made["tag"]["id"].as_i64().unwrap();
    let body = json!({ "openid_list": openids, "tagid": id });
    assert_eq!(errcode(&api.post("/cgi-bin/tags/members/batchtagging", body).await), 0);
    id
}

#[tokio::test]
async fn the_newest_rule_that_fits_decides() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let (fan, other) = (wechat.phone(&demo(), "oFan").await, wechat.phone(&demo(), "oOther").await);
    fan.follow().await;
    other.follow().await;
    other.set_platform(Platform::Ios);
    assert_eq!(errcode(&conditional(&api, "a", json!({ "client_platform_type": "1" })).await), 65303);

    api.post("/cgi-bin/menu/create", json!({ "button": [click("all")] })).await;
    let ios = conditional(&api, "ios", json!({ "client_platform_type": "1" })).await;
    assert!(ios["menuid"].is_string(), "{ios}");
    assert_eq!((first_name(fan.menu()), first_name(other.menu())), ("all".into(), "ios".into()));
    let vip = tag(&api, "VIP", &["oFan", "oOther"]).await;
    conditional(&api, "vip", json!({ "tag_id": vip.to_string() })).await;
    assert_eq!((first_name(fan.menu()), first_name(other.menu())), ("vip".into(), "vip".into()));
    // Both conditions must hold, empty ones ask for nothing, and numbers are taken as they are.
    let both = json!({ "tag_id": vip, "client_platform_type": 1, "sex": "", "country": "" });
    conditional(&api, "vip-ios", both).await;
    assert_eq!((first_name(fan.menu()), first_name(other.menu())), ("vip".into(), "vip-ios".into()));
    // Of several tags, the last one counts.
    tag(&api, "new", &["oOther"]).await;
    assert_eq!(first_name(other.menu()), "ios");

    for openid in ["oFan", "oOther"] {
        let matched = api.post("/cgi-bin/menu/trymatch", json!({ "user_id": openid })).await;
        assert_eq!(first_name(Some(matched)), if openid == "oFan" { "vip" } else { "ios" });
    }
    for (body, wanted) in
        [(json!({ "user_id": "oNobody" }), 65302), (json!({}), 65302), (json!({ "user_id": 1 }), 47001)]
    {
        assert_eq!(errcode(&api.post("/cgi-bin/menu/trymatch", body).await), wanted);
    }

    let menus = api.get("/cgi-bin/menu/get").await;
    assert_eq!(menus["conditionalmenu"].as_array().unwrap().len(), 3);
    assert_eq!(menus["conditionalmenu"][0]["matchrule"], json!({ "client_platform_type": "1" }));
    assert_eq!(menus["conditionalmenu"][0]["button"][0]["sub_button"], json!([]));
    assert_eq!(menus["conditionalmenu"][0]["menuid"].to_string(), ios["menuid"].as_str().unwrap());

    let gone = json!({ "menuid": ios["menuid"] });
    assert_eq!(errcode(&api.post("/cgi-bin/menu/delconditional", gone.clone()).await), 0);
    assert_eq!(errcode(&api.post("/cgi-bin/menu/delconditional", gone).await), 65301);
    assert_eq!(errcode(&api.post("/cgi-bin/menu/delconditional", json!({})).await), 65301);
    assert_eq!(errcode(&api.post("/cgi-bin/menu/delconditional", json!({ "menuid": "x" })).await), 47001);
    assert_eq!(first_name(other.menu()), "all");

    // A new default menu leaves the others; deleting it deletes all.
    api.post("/cgi-bin/menu/create", json!({ "button": [click("again")] })).await;
    assert_eq!((first_name(fan.menu()), first_name(other.menu())), ("vip".into(), "again".into()));
    assert_eq!(errcode(&api.get("/cgi-bin/menu/delete").await), 0);
    assert_eq!((fan.menu(), errcode(&api.get("/cgi-bin/menu/get").await)), (None, 46003));
    assert_eq!(errcode(&api.post("/cgi-bin/menu/trymatch", json!({ "user_id": "oFan" })).await), 46003);
}

#[tokio::test]
async fn rules_are_checked() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    api.post("/cgi-bin/menu/create", json!({ "button": [click("all")] })).await;
    let rule = json!({ "tag_id": 100 });
    for (body, wanted) in [
        (json!({ "button": [click("a")] }), 65304),
        (json!({ "button": [click("a")], "matchrule": {} }), 65304),
        (json!({ "button": [click("a")], "matchrule": { "tag_id": "", "client_platform_type": null } }), 65304),
        (json!({ "button": [click("a")], "matchrule": [] }), 47001),
        (json!({ "button": [click("a")], "matchrule": { "tag_id": "VIP" } }), 47001),
        (json!({ "button": [click("a")], "matchrule": { "client_platform_type": 4 } }), 40035),
        (json!({ "button": [click("a")], "matchrule": { "tag_id": 100, "sex": "1" } }), 65320),
        (json!({ "button": [click("a")], "matchrule": { "language": "zh_CN" } }), 65320),
        (json!({ "matchrule": rule }), 65307),
        (json!({ "button": [], "matchrule": rule }), 65307),
        (json!({ "button": [{ "name": "a" }], "matchrule": rule }), 65308),
        (json!({ "button": [view("ftp://a")], "matchrule": rule }), 65317),
        (json!({ "button": [click("")], "matchrule": rule }), 40018),
        (json!("menu"), 47001),
    ] {
        let answer = api.post("/cgi-bin/menu/addconditional", body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{body}: {answer}");
    }
    // Three domains in all of them together, the default menu aside.
    api.post("/cgi-bin/menu/create", json!({ "button": [view("https://z.example/")] })).await;
    let with = |urls: [&str; 2]| json!({ "button": [view(urls[0]), view(urls[1])], "matchrule": rule });
    for (urls, wanted) in [
        (["https://a.example/1", "http://b.example:8080/"], 0),
        (["https://a.example/2", "https://c.example?x"], 0),
        (["https://a.example/3", "https://d.example"], 65316),
        (["https://b.example", "https://c.example"], 0),
    ] {
        let answer = api.post("/cgi-bin/menu/addconditional", with(urls)).await;
        assert_eq!(errcode(&answer), wanted, "{urls:?}: {answer}");
    }
    for n in 3..100 {
        assert_eq!(errcode(&conditional(&api, "m", rule.clone()).await), 0, "{n}");
    }
    assert_eq!(errcode(&conditional(&api, "m", rule).await), 65305);
    assert_eq!(errcode(&api.get("/cgi-bin/menu/addconditional").await), 43002);
}

#[tokio::test]
async fn material_of_a_menu_is_the_accounts() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let jpg = b"\xff\xd8\xff-picture".to_vec();
    let image = api.upload("/cgi-bin/material/add_material?type=image", jpg.clone()).await["media_id"].clone();
    let thumb = api.upload("/cgi-bin/material/add_material?type=thumb", jpg.clone()).await["media_id"].clone();
    let temporary = api.upload("/cgi-bin/media/upload?type=image", jpg).await["media_id"].clone();
    let news = wechat.keep_old_articles(&demo(), vec![json!({ "title": "旧文", "url": "https://old" })]).unwrap();
    let button = |kind: &str, name: &str, id: &Value| json!({ "type": kind, "name": "b", name: id });
    for (button, wanted) in [
        (button("media_id", "media_id", &temporary), 40007),
        (button("media_id", "media_id", &thumb), 40007),
        (button("media_id", "media_id", &json!("none")), 40007),
        (button("media_id", "media_id", &image), 0),
        (button("media_id", "media_id", &json!(news)), 0),
        (button("view_limited", "media_id", &image), 40007),
        (button("view_limited", "media_id", &json!(news)), 0),
        (button("article_id", "article_id", &json!("none")), 53600),
        (button("article_view_limited", "article_id", &json!("none")), 53600),
    ] {
        let answer = api.post("/cgi-bin/menu/create", json!({ "button": [button] })).await;
        assert_eq!(errcode(&answer), wanted, "{button}: {answer}");
    }
    // What a menu names cannot be deleted; a conditional menu's neither.
    let delete =
        async |id: &Value| errcode(&api.post("/cgi-bin/material/del_material", json!({ "media_id": id })).await);
    assert_eq!(delete(&json!(news)).await, 48005);
    let menu = json!({ "button": [button("media_id", "media_id", &image)], "matchrule": { "tag_id": 2 } });
    api.post("/cgi-bin/menu/addconditional", menu).await;
    assert_eq!(delete(&image).await, 48005);
    api.get("/cgi-bin/menu/delete").await;
    assert_eq!((delete(&image).await, delete(&json!(news)).await, delete(&image).await), (0, 0, 40007));
}

#[tokio::test]
async fn the_admin_platforms_menu_is_told_and_shown() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    api.post("/cgi-bin/menu/create", json!({ "button": [click("api")] })).await;
    let menu = json!({ "button": [
        { "type": "text", "name": "你好", "value": "在的" },
        { "name": "更多", "sub_button": { "list": [{ "type": "view", "name": "店", "url": "https://shop.example" }] } },
    ] });
    wechat.set_admin_menu(&demo(), &menu).unwrap();
    let current = api.get("/cgi-bin/get_current_selfmenu_info").await;
    assert_eq!(current, json!({ "is_menu_open": 1, "selfmenu_info": menu }));
    assert_eq!(errcode(&api.get("/cgi-bin/menu/get").await), 46003, "only of the API's menus");
    assert_eq!(fan.menu().unwrap()["button"][1]["sub_button"][0]["url"], "https://shop.example");
    tap(&wechat, json!([0])).await;
    assert_eq!(fan.chat().last().unwrap().text.as_deref(), Some("在的"));

    api.post("/cgi-bin/menu/create", json!({ "button": [click("api")] })).await;
    let current = api.get("/cgi-bin/get_current_selfmenu_info").await;
    assert_eq!(current["selfmenu_info"]["button"], json!([click("api")]));
    api.get("/cgi-bin/menu/delete").await;
    assert_eq!(api.get("/cgi-bin/get_current_selfmenu_info").await, json!({ "is_menu_open": 0 }));
    assert!(wechat.set_admin_menu("wx0", &menu).is_err());
}

async fn tap(wechat: &Sandbox, button: Value) {
    let path = format!("{}/sandbox/api/phones/{}/oFan/act", wechat.url(), demo());
    let body = json!({ "action": "tap", "button": button }).to_string();
    assert_eq!(reqwest::Client::new().post(path).body(body).send().await.unwrap().status(), 202);
}

#[tokio::test]
async fn the_page_gets_the_menu_of_each_phone() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    let default = json!({ "button": [view("https://all.example")] });
    api.post("/cgi-bin/menu/create", default).await;
    let state = async || {
        let url = format!("{}/sandbox/api/state", wechat.url());
        reqwest::get(url).await.unwrap().json::<Value>().await.unwrap()
    };
    let before = state().await;
    assert!(before["phones"][0].get("menu").is_none());
    assert_eq!(before["apps"][0]["menu"]["button"][0]["url"], "https://all.example");

    let mut stream = reqwest::get(format!("{}/sandbox/api/stream", wechat.url())).await.unwrap();
    let own = json!({ "button": [view("https://own.example")], "matchrule": { "client_platform_type": "2" } });
    let made = api.post("/cgi-bin/menu/addconditional", own).await;
    assert_eq!(state().await["phones"][0]["menu"]["button"][0]["url"], "https://own.example");
    let mut told = String::new();
    let shown = async {
        while !told.contains("https://own.example") {
            told += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), shown).await.unwrap();

    fan.act(Action::View { url: "https://own.example".into() }).await;
    assert_eq!(callback.last().field("MenuId"), made["menuid"].as_str().unwrap());
    tap(&wechat, json!([0])).await;
    let got = async {
        while callback.got().len() < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), got).await.unwrap();
    assert_eq!(callback.last().field("EventKey"), "https://own.example");

    let url = format!("{}/sandbox/api/phones/{}/oFan/platform", wechat.url(), demo());
    let put = |body: &'static str| reqwest::Client::new().put(&url).body(body).send();
    assert_eq!(put("{\"platform\":\"ios\"}").await.unwrap().status(), 200);
    assert!(state().await["phones"][0].get("menu").is_none());
    assert_eq!(put("{\"platform\":\"toaster\"}").await.unwrap().status(), 400);
}

#[tokio::test]
async fn automatic_replies_are_told_as_they_were_set() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let path = "/cgi-bin/get_current_autoreply_info";
    assert_eq!(api.get(path).await, json!({ "is_add_friend_reply_open": 0, "is_autoreply_open": 0 }));
    let jpg = b"\xff\xd8\xff-picture".to_vec();
    let image = api.upload("/cgi-bin/material/add_material?type=image", jpg.clone()).await["media_id"].clone();
    let rules = json!({
        "is_add_friend_reply_open": 1,
        "add_friend_autoreply_info": { "type": "img", "content": image },
        "keyword_autoreply_info": { "list": [{
            "rule_name": "时间", "create_time": 1_423_028_166, "reply_mode": "reply_all",
            "keyword_list_info": [{ "type": "text", "match_mode": "contain", "content": "营业" }],
            "reply_list_info": [{ "type": "text", "content": "9:00" }],
        }] },
    });
    wechat.set_auto_reply(&demo(), rules.clone()).unwrap();
    let told = api.get(path).await;
    assert_eq!((&told["is_add_friend_reply_open"], &told["is_autoreply_open"]), (&json!(1), &json!(0)));
    assert_eq!(told["keyword_autoreply_info"], rules["keyword_autoreply_info"]);
    // A picture comes as temporary media, another one each time.
    let copy = told["add_friend_autoreply_info"]["content"].as_str().unwrap().to_owned();
    let again = api.get(path).await["add_friend_autoreply_info"]["content"].as_str().unwrap().to_owned();
    assert!(copy != again && copy != image.as_str().unwrap());
    let file = format!("/cgi-bin/media/get?media_id={copy}&access_token={}", api.token);
    assert_eq!(api.fetch(Method::GET, &file, None).await.bytes().await.unwrap(), jpg);
    let delete = api.post("/cgi-bin/material/del_material", json!({ "media_id": image })).await;
    assert_eq!(errcode(&delete), 48005);
    assert_eq!(errcode(&api.post(path, json!({})).await), 43001);

    let url = format!("{}/sandbox/api/apps/{}/auto-reply", wechat.url(), demo());
    let put = reqwest::Client::new().put(url).body("{\"is_autoreply_open\":1}").send().await.unwrap();
    assert_eq!(put.status(), 200);
    assert_eq!(api.get(path).await, json!({ "is_add_friend_reply_open": 0, "is_autoreply_open": 1 }));
    assert!(wechat.set_auto_reply("wx0", json!({})).is_err());
}
