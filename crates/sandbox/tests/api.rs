//! Followers, customer-service messages, menu and media, as a client of the platform sees them.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, app, errcode, wechat};
use puzi_sandbox::{App, Config, Kind, Sandbox, Side};
use reqwest::Method;
use serde_json::{Value, json};

fn demo() -> String {
    App::demo().appid
}

async fn send(api: &Api, openid: &str, content: &str) -> i64 {
    let body = json!({ "touser": openid, "msgtype": "text", "text": { "content": content } });
    errcode(&api.post("/cgi-bin/message/custom/send", body).await)
}

#[tokio::test]
async fn a_message_opens_five_answers_for_forty_eight_hours() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.new_phone(&demo());
    assert_eq!(send(&api, "oNobody", "hi").await, 40003);
    assert_eq!(send(&api, fan.openid(), "hi").await, 43004);

    fan.follow().await;
    for _ in 0..3 {
        assert_eq!(send(&api, fan.openid(), "welcome").await, 0);
    }
    assert_eq!(send(&api, fan.openid(), "a fourth").await, 45047);
    wechat.clock().advance(Duration::from_secs(61));
    assert_eq!(send(&api, fan.openid(), "too late").await, 45015);
    fan.tap("K").await;
    assert_eq!(send(&api, fan.openid(), "tapped").await, 0);
    fan.view("https://example.com").await;

    fan.text("hello").await;
    wechat.clock().advance(Duration::from_secs(47 * 3600));
    let token = Api::of(&wechat).await;
    for _ in 0..5 {
        assert_eq!(send(&token, fan.openid(), "answer").await, 0);
    }
    assert_eq!(send(&token, fan.openid(), "a sixth").await, 45047);
    fan.text("again").await;
    assert_eq!(send(&token, fan.openid(), "answer").await, 0);
    fan.unfollow().await;
    assert_eq!(send(&token, fan.openid(), "come back").await, 45015);
    let answers = fan.chat().iter().filter(|item| item.side == Side::Account).count();
    assert_eq!(answers, 10);
}

#[tokio::test]
async fn every_kind_of_customer_service_message_is_checked() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    fan.image().await;
    let image = fan.chat().iter().find_map(|item| item.media_id.clone()).unwrap();
    let article = json!({ "title": "t", "url": "u", "picurl": "p" });
    for (msgtype, content, wanted) in [
        ("text", json!({ "content": "" }), 44004),
        ("text", json!({ "content": "字".repeat(683) }), 45002),
        ("image", json!({ "media_id": "none" }), 40007),
        ("voice", json!({ "media_id": image }), 40004),
        ("image", json!({ "media_id": image }), 0),
        ("music", json!({ "musicurl": "u" }), 40007),
        ("news", json!({ "articles": [article, article] }), 45008),
        ("news", json!({ "articles": [] }), 44003),
        ("news", json!({ "articles": [article] }), 0),
        ("msgmenu", json!({ "head_content": "?", "list": [{ "id": "1", "content": "yes" }], "tail_content": "" }), 0),
        ("hologram", json!({}), 40008),
    ] {
        fan.text("open").await;
        let body = json!({ "touser": fan.openid(), "msgtype": msgtype, msgtype: content });
        let answer = api.post("/cgi-bin/message/custom/send", body).await;
        assert_eq!(errcode(&answer), wanted, "{msgtype} {content}: {answer}");
    }
    let chat = fan.chat();
    let last = chat.last().unwrap();
    assert_eq!((last.kind, last.choices.len()), (Kind::Text, 0), "the refused ones do not show");
    let news = chat.iter().find(|item| item.kind == Kind::News).unwrap();
    assert_eq!(news.articles[0].pic_url, "p");
    let menu = chat.iter().find(|item| item.kind == Kind::Menu).unwrap();
    fan.act(menu.choices[0].clone().into()).await;
    assert!(wechat.exchanges(1)[0].deliveries[0].plain.contains("<bizmsgmenuid><![CDATA[1]]></bizmsgmenuid>"));

    assert_eq!(errcode(&api.post_raw("/cgi-bin/message/custom/send", "not json").await), 47001);
    let typing = |command: &'static str| json!({ "touser": fan.openid(), "command": command });
    assert_eq!(errcode(&api.post("/cgi-bin/message/custom/typing", typing("Typing")).await), 0);
    assert!(fan.sees_typing());
    assert_eq!(errcode(&api.post("/cgi-bin/message/custom/typing", typing("Typing")).await), 45081);
    assert_eq!(errcode(&api.post("/cgi-bin/message/custom/typing", typing("CancelTyping")).await), 0);
    assert_eq!(errcode(&api.post("/cgi-bin/message/custom/typing", typing("Dancing")).await), 45072);
    wechat.clock().advance(Duration::from_secs(31));
    assert_eq!(errcode(&api.post("/cgi-bin/message/custom/typing", typing("Typing")).await), 45080);
}

#[tokio::test]
async fn followers_come_in_pages_and_without_names() {
    let callback = Callback::content().await;
    let openids = vec!["oFirst".to_owned(), "oSecond".to_owned()];
    let apps = vec![App { followers: 10_001, openids, ..app(&callback) }];
    let wechat = Sandbox::start(Config { apps, ..Config::default() }).await.unwrap();
    let api = Api::of(&wechat).await;
    let page = api.get("/cgi-bin/user/get").await;
    assert_eq!((&page["total"], &page["count"]), (&json!(10_001), &json!(10_000)));
    assert_eq!(page["data"]["openid"][1], "oSecond");
    let next = page["next_openid"].as_str().unwrap();
    let rest = api.get(&format!("/cgi-bin/user/get?next_openid={next}")).await;
    assert_eq!((&rest["count"], rest["data"]["openid"].as_array().unwrap().len()), (&json!(1), 1));
    let next = rest["next_openid"].as_str().unwrap();
    let end = api.get(&format!("/cgi-bin/user/get?next_openid={next}")).await;
    assert_eq!(end, json!({ "total": 10_001, "count": 0, "next_openid": "" }));
    assert_eq!(errcode(&api.get("/cgi-bin/user/get?next_openid=oNobody").await), 40003);

    let fan = wechat.phone(&demo(), "oThird").await;
    fan.follow_by_scene("fair").await;
    let info = api.get("/cgi-bin/user/info?openid=oThird&lang=en").await;
    assert_eq!((&info["subscribe"], &info["nickname"], &info["language"]), (&json!(1), &json!(""), &json!("en")));
    assert_eq!((&info["subscribe_scene"], &info["qr_scene_str"]), (&json!("ADD_SCENE_QR_CODE"), &json!("fair")));
    let remark = json!({ "openid": "oThird", "remark": "老主顾" });
    assert_eq!(errcode(&api.post("/cgi-bin/user/info/updateremark", remark).await), 0);
    fan.unfollow().await;
    let gone = api.get("/cgi-bin/user/info?openid=oThird").await;
    assert_eq!(gone, json!({ "subscribe": 0, "openid": "oThird", "tagid_list": [] }));
    assert_eq!(errcode(&api.get("/cgi-bin/user/info?openid=oNobody").await), 40003);
    let list: Vec<Value> = ["oFirst", "oThird"].iter().map(|openid| json!({ "openid": openid })).collect();
    let cards = api.post("/cgi-bin/user/info/batchget", json!({ "user_list": list })).await;
    assert_eq!(cards["user_info_list"][1], gone);
    assert_eq!(errcode(&api.post("/cgi-bin/user/info/batchget", json!({ "user_list": [] })).await), 40032);
}

#[tokio::test]
async fn nicknames_are_told_where_that_is_switched_on() {
    let callback = Callback::content().await;
    let config = Config { apps: vec![App { followers: 1, ..app(&callback) }], nicknames: true, ..Config::default() };
    let wechat = Sandbox::start(config).await.unwrap();
    let fan = wechat.followers(&demo()).remove(0);
    let info = Api::of(&wechat).await.get(&format!("/cgi-bin/user/info?openid={}", fan.openid())).await;
    assert_eq!(info["nickname"], fan.nickname());
    assert!(!fan.nickname().is_empty());
}

#[tokio::test]
async fn a_menu_is_checked_kept_and_given_back() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.get("/cgi-bin/menu/get").await), 46003);
    assert_eq!(api.get("/cgi-bin/get_current_selfmenu_info").await, json!({ "is_menu_open": 0 }));

    let click = json!({ "type": "click", "name": "菜单", "key": "K" });
    let sub = |button: &Value| json!({ "name": "更多", "sub_button": [button] });
    let with = |name: &str, value: Value| {
        let mut button = click.clone();
        button[name] = value;
        button
    };
    let view = |url: &str| json!({ "type": "view", "name": "v", "url": url });
    for (buttons, wanted) in [
        (json!([]), 40016),
        (json!([click, click, click, click]), 40016),
        (json!([with("type", json!("fly"))]), 40017),
        (json!([with("name", json!("六个汉字太多"))]), 40018),
        (json!([with("key", json!(""))]), 40019),
        (json!([view(&format!("https://{}", "a".repeat(1024)))]), 40020),
        (json!([view("ftp://a")]), 40055),
        (json!([{ "name": "m", "sub_button": [click, click, click, click, click, click] }]), 40023),
        (json!([sub(&with("type", json!("fly")))]), 40024),
        (json!([sub(&with("name", json!("")))]), 40025),
        (json!([sub(&with("key", json!("k".repeat(129))))]), 40026),
        (json!([sub(&view(""))]), 40027),
        (json!([sub(&sub(&click))]), 40023),
        (json!([click, sub(&view("https://a"))]), 0),
    ] {
        let answer = api.post("/cgi-bin/menu/create", json!({ "button": buttons })).await;
        assert_eq!(errcode(&answer), wanted, "{buttons}: {answer}");
    }
    let escaped = "{\"button\":[{\"type\":\"click\",\"name\":\"\\u83dc\",\"key\":\"K\"}]}";
    assert_eq!(errcode(&api.post_raw("/cgi-bin/menu/create", escaped).await), 40033);

    let menu = api.get("/cgi-bin/menu/get").await;
    assert_eq!(menu["menu"]["button"][0], with("sub_button", json!([])));
    assert_eq!(menu["menu"]["button"][1]["sub_button"][0]["url"], "https://a");
    let current = api.get("/cgi-bin/get_current_selfmenu_info").await;
    assert_eq!(current["selfmenu_info"]["button"][0], click);
    assert_eq!(current["selfmenu_info"]["button"][1]["sub_button"]["list"][0]["url"], "https://a");
    assert_eq!(errcode(&api.get("/cgi-bin/menu/delete").await), 0);
    assert_eq!(errcode(&api.get("/cgi-bin/menu/get").await), 46003);
}

#[tokio::test]
async fn media_lives_three_days() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let png = b"\x89PNG\r\n\x1a\n".to_vec();
    let sized = |head: &[u8], size: usize| [head, &vec![0; size]].concat();
    let jpg = |size| sized(b"\xff\xd8\xff", size);
    for (kind, bytes, wanted) in [
        ("image", sized(&png, 10 << 20), 40009),
        ("image", b"plain words".to_vec(), 40005),
        ("image", Vec::new(), 44001),
        ("voice", sized(b"#!AMR\n", 2 << 20), 40010),
        ("voice", png.clone(), 40005),
        ("thumb", jpg(64 << 10), 40012),
        ("thumb", png.clone(), 40005),
        ("poem", png.clone(), 40004),
    ] {
        let answer = api.upload(&format!("/cgi-bin/media/upload?type={kind}"), bytes).await;
        assert_eq!(errcode(&answer), wanted, "{kind}: {answer}");
    }
    assert_eq!(errcode(&api.post("/cgi-bin/media/upload?type=image", json!({})).await), 41005);

    let kept = api.upload("/cgi-bin/media/upload?type=image", png.clone()).await;
    let media_id = kept["media_id"].as_str().unwrap();
    let thumb = api.upload("/cgi-bin/media/upload?type=thumb", jpg(10)).await;
    assert!(thumb["thumb_media_id"].is_string());
    let path = |id: &str| format!("/cgi-bin/media/get?media_id={id}&access_token={}", api.token);
    let file = api.fetch(Method::GET, &path(media_id), None).await;
    assert_eq!(file.headers()["content-type"], "image/png");
    assert!(file.headers()["content-disposition"].to_str().unwrap().ends_with(".png\""));
    assert_eq!(file.bytes().await.unwrap(), png);
    let film = sized(b"\0\0\0\x10ftypisom", 8);
    let film = api.upload("/cgi-bin/media/upload?type=video", film).await["media_id"].as_str().unwrap().to_owned();
    let film = api.get(&format!("/cgi-bin/media/get?media_id={film}")).await;
    assert_eq!(reqwest::get(film["video_url"].as_str().unwrap()).await.unwrap().status(), 200);

    wechat.clock().advance(Duration::from_secs(3 * 86_400));
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.get(&format!("/cgi-bin/media/get?media_id={media_id}")).await), 40007);
    let picture = api.upload("/cgi-bin/media/uploadimg", png.clone()).await;
    assert_eq!(reqwest::get(picture["url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap(), png);
    assert_eq!(errcode(&api.upload("/cgi-bin/media/uploadimg", b"GIF89a".to_vec()).await), 40005);
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let other = App { appid: "wxOther".into(), original_id: "gh_other".into(), followers: 3, ..app(&callback) };
    wechat.add_app(other.clone()).unwrap();
    assert!(wechat.add_app(other).is_err());
    let api = Api::of(&wechat).await;
    assert_eq!(api.get("/cgi-bin/user/get").await["total"], 0);
    let stranger = wechat.followers("wxOther").remove(0);
    assert_eq!(errcode(&api.get(&format!("/cgi-bin/user/info?openid={}", stranger.openid())).await), 40003);
    stranger.image().await;
    let sent = wechat.chat("wxOther", stranger.openid()).remove(0);
    let path = format!("/cgi-bin/media/get?media_id={}", sent.media_id.unwrap());
    assert_eq!(errcode(&api.get(&path).await), 40007);
    wechat.invalidate_tokens("wxOther");
    assert_eq!(api.errcode_of(&api.token).await, 0);
}

#[tokio::test]
async fn a_later_message_can_be_waited_for() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.new_phone(&demo());
    fan.follow().await;
    let later = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        send(&api, fan.openid(), "at last").await
    };
    let is_answer = |item: &puzi_sandbox::ChatItem| item.side == Side::Account;
    let (seen, errcode) = tokio::join!(fan.wait_for(Duration::from_secs(5), is_answer), later);
    assert_eq!((seen.unwrap().text.as_deref(), errcode), (Some("at last"), 0));
    let never = fan.wait_for(Duration::from_millis(50), |item| item.kind == Kind::Music).await;
    assert_eq!(never, None);
}

#[tokio::test]
async fn slow_api_answers_come_later() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    wechat.faults().update(|faults| faults.api_slow_ms = 120);
    let began = std::time::Instant::now();
    assert_eq!(api.errcode_of(&api.token).await, 0);
    assert!(began.elapsed() >= Duration::from_millis(120));
}
