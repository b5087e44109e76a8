//! Codes with a scene, tickets for pages, and short keys.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, crowd, errcode, wechat};
use fast_qr::{ECL, QRBuilder};
use puzi_sandbox::App;
use reqwest::Method;
use serde_json::{Value, json};

const MAKE: &str = "/cgi-bin/qrcode/create";

fn demo() -> String {
    App::demo().appid
}

fn for_a_time(scene: Value, seconds: i64) -> Value {
    let name = if scene.is_string() { "QR_STR_SCENE" } else { "QR_SCENE" };
    json!({ "expire_seconds": seconds, "action_name": name, "action_info": { "scene": named(scene) } })
}

fn for_ever(scene: Value) -> Value {
    let name = if scene.is_string() { "QR_LIMIT_STR_SCENE" } else { "QR_LIMIT_SCENE" };
    json!({ "action_name": name, "action_info": { "scene": named(scene) } })
}

fn named(scene: Value) -> Value {
    if scene.is_string() { json!({ "scene_str": scene }) } else { json!({ "scene_id": scene }) }
}

/// A ticket in a URL.
fn escaped(ticket: &str) -> String {
    ticket.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

#[tokio::test]
async fn a_scan_pushes_the_ticket_of_the_code_until_its_time_is_over() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let api = Api::of(&wechat).await;
    let made = api.post(MAKE, for_a_time(json!("fair"), 604_800)).await;
    assert_eq!((made["expire_seconds"].as_i64(), errcode(&made)), (Some(604_800), 0));
    let (ticket, url) = (made["ticket"].as_str().unwrap(), made["url"].as_str().unwrap());
    let fan = wechat.new_phone(&demo());
    fan.scan("fair").await;
    let got = callback.last();
    assert_eq!(
        (got.field("Event"), got.field("EventKey"), got.field("Ticket")),
        ("subscribe".into(), "qrscene_fair".into(), ticket.into())
    );
    let info = api.get(&format!("/cgi-bin/user/info?openid={}", fan.openid())).await;
    assert_eq!((&info["subscribe_scene"], &info["qr_scene_str"]), (&json!("ADD_SCENE_QR_CODE"), &json!("fair")));
    for what in [ticket, url, "fair"] {
        fan.scan(what).await;
        let got = callback.last();
        assert_eq!(
            (got.field("Event"), got.field("EventKey"), got.field("Ticket")),
            ("SCAN".into(), "fair".into(), ticket.into())
        );
    }
    wechat.clock().advance(Duration::from_secs(604_800));
    let (before, late) = (callback.got().len(), wechat.new_phone(&demo()));
    for what in [ticket, url, "fair"] {
        assert!(fan.scan(what).await.deliveries.is_empty());
        assert!(late.follow_by_scene(what).await.deliveries.is_empty());
    }
    assert_eq!((callback.got().len(), late.is_following()), (before, false));

    // The same scene again is another code, and the one before stays over.
    let api = Api::of(&wechat).await;
    let again = api.post(MAKE, for_a_time(json!("fair"), 60)).await;
    assert_ne!(again["ticket"], ticket);
    assert!(fan.scan(ticket).await.deliveries.is_empty());
    late.scan("fair").await;
    assert_eq!(callback.last().field("Ticket"), again["ticket"].as_str().unwrap());
    assert!(late.is_following());
}

#[tokio::test]
async fn a_scene_of_digits_may_be_a_text() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let info = async |fan: &puzi_sandbox::Phone| {
        let info = api.get(&format!("/cgi-bin/user/info?openid={}", fan.openid())).await;
        (info["qr_scene"].clone(), info["qr_scene_str"].clone())
    };
    api.post(MAKE, for_ever(json!("123"))).await;
    api.post(MAKE, for_ever(json!(456))).await;
    for (scene, wanted) in
        [("123", (json!(0), json!("123"))), ("456", (json!(456), json!(""))), ("789", (json!(789), json!("")))]
    {
        let fan = wechat.new_phone(&demo());
        fan.scan(scene).await;
        assert_eq!(info(&fan).await, wanted);
    }
}

#[tokio::test]
async fn a_code_for_ever_is_made_once() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let made = api.post(MAKE, for_ever(json!(7))).await;
    assert!(made.get("expire_seconds").is_none());
    assert_eq!(api.post(MAKE, for_ever(json!(7))).await, made);
    assert_ne!(api.post(MAKE, for_ever(json!("7"))).await["ticket"], made["ticket"]);
    let short =
        api.post(MAKE, json!({ "action_name": "QR_SCENE", "action_info": { "scene": { "scene_id": "9" } } })).await;
    assert_eq!(short["expire_seconds"], 60);
}

#[tokio::test]
async fn what_is_wrong_with_a_code_is_told() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    for (body, wanted) in [
        (for_a_time(json!(1), 2_592_000), 0),
        (for_a_time(json!(1), 2_592_001), 40053),
        (for_a_time(json!(1), 0), 40053),
        (for_a_time(json!(u32::MAX), 60), 0),
        (for_a_time(json!(1_u64 << 32), 60), 40053),
        (for_a_time(json!(0), 60), 40053),
        (for_a_time(json!("x".repeat(64)), 60), 0),
        (for_a_time(json!("x".repeat(65)), 60), 40053),
        (for_a_time(json!(""), 60), 40053),
        (for_ever(json!(100_000)), 0),
        (for_ever(json!(100_001)), 40053),
        (for_ever(json!("字".repeat(21))), 0),
        (for_ever(json!("字".repeat(22))), 40053),
        (json!({ "action_info": { "scene": { "scene_id": 1 } } }), 40052),
        (json!({ "action_name": "QR_CARD", "action_info": { "scene": { "scene_id": 1 } } }), 40052),
        (json!({ "action_name": 1 }), 47001),
        (json!({ "action_name": "QR_SCENE" }), 40053),
        (json!({ "action_name": "QR_SCENE", "action_info": { "scene_id": 1 } }), 40053),
        (json!({ "action_name": "QR_SCENE", "action_info": { "scene": { "scene_str": "1" } } }), 40053),
        (json!({ "action_name": "QR_STR_SCENE", "action_info": { "scene": { "scene_str": 1 } } }), 47001),
        (
            json!({ "expire_seconds": "soon", "action_name": "QR_SCENE", "action_info": { "scene": { "scene_id": 1 } } }),
            47001,
        ),
    ] {
        let answer = api.post(MAKE, body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{body}: {answer}");
    }
    assert_eq!(errcode(&api.get(MAKE).await), 43002);
}

#[tokio::test]
async fn the_picture_says_the_codes_url() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let made = api.post(MAKE, for_ever(json!("shop"))).await;
    let (ticket, url) = (made["ticket"].as_str().unwrap(), made["url"].as_str().unwrap());
    // No token, and the ticket must be escaped.
    let show = |ticket: &str| format!("/cgi-bin/showqrcode?ticket={ticket}");
    assert_eq!(api.fetch(Method::GET, &show(ticket), None).await.status(), 404);
    assert_eq!(api.fetch(Method::GET, &show("none"), None).await.status(), 404);
    let picture = api.fetch(Method::GET, &show(&escaped(ticket)), None).await;
    assert_eq!((picture.status().as_u16(), &picture.headers()["content-type"]), (200, &"image/jpg".parse().unwrap()));
    assert!(picture.headers().get("content-disposition").is_none());
    let picture = image::load_from_memory(&picture.bytes().await.unwrap()).unwrap().to_luma8();
    assert_eq!(picture.dimensions(), (430, 430));
    if let Some(path) = std::env::var_os("SANDBOX_CODE_PICTURE") {
        picture.save(path).unwrap();
    }

    // Module by module, in a frame of four white ones at least.
    let code = QRBuilder::new(url).ecl(ECL::M).build().unwrap();
    let dark = |x: u32, y: u32| picture.get_pixel(x, y).0[0] < 128;
    let first = (0..430).find(|at| dark(*at, *at)).unwrap();
    let side = 430 - 2 * first;
    let module = side / u32::try_from(code.size).unwrap();
    assert!(first >= 4 * module && side >= module * u32::try_from(code.size).unwrap());
    for y in 0..code.size {
        for x in 0..code.size {
            let at = |n: usize| first + u32::try_from(n).unwrap() * module + module / 2;
            assert_eq!(dark(at(x), at(y)), code[y][x].value(), "module {x}, {y}");
        }
    }
}

#[tokio::test]
async fn a_ticket_for_pages_stays_until_it_nears_its_end() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let ticket = async |api: &Api, kind: &str| api.get(&format!("/cgi-bin/ticket/getticket?type={kind}")).await;
    let (pages, cards) = (ticket(&api, "jsapi").await, ticket(&api, "wx_card").await);
    assert_eq!((&pages["errcode"], &pages["expires_in"]), (&json!(0), &json!(7200)));
    assert_ne!(pages["ticket"], cards["ticket"]);
    wechat.clock().advance(Duration::from_secs(6890));
    let again = ticket(&api, "jsapi").await;
    assert_eq!(again["ticket"], pages["ticket"]);
    assert!((305..=310).contains(&again["expires_in"].as_i64().unwrap()), "{again}");
    wechat.clock().advance(Duration::from_secs(10));
    let renewed = ticket(&api, "jsapi").await;
    assert_ne!(renewed["ticket"], pages["ticket"]);
    assert_eq!(renewed["expires_in"], 7200);
    assert_eq!(errcode(&ticket(&api, "").await), 40097);
    assert_eq!(errcode(&ticket(&api, "opera").await), 40097);
    assert_eq!(errcode(&api.bare("/cgi-bin/ticket/getticket?type=jsapi").await), 41001);
}

#[tokio::test]
async fn short_keys_live_for_thirty_days() {
    let wechat = crowd(0).await;
    let other = App { appid: "wxOther".into(), original_id: "gh_other".into(), ..App::demo() };
    wechat.add_app(other.clone()).unwrap();
    let (api, theirs) = (Api::of(&wechat).await, Api::of_app(&wechat, &other).await);
    let (make, fetch) = ("/cgi-bin/shorten/gen", "/cgi-bin/shorten/fetch");
    let long = "长".repeat(1365);
    let made = api.post(make, json!({ "long_data": long, "expire_seconds": 86_400 })).await;
    let key = json!({ "short_key": made["short_key"] });
    let text = made["short_key"].as_str().unwrap();
    assert!(text.len() == 15 && text.bytes().all(|b| b.is_ascii_alphanumeric()), "{text}");
    wechat.clock().advance(Duration::from_secs(100));
    let told = api.post(fetch, key.clone()).await;
    assert_eq!(told["long_data"], json!(long));
    assert!((0..5).contains(&(told["create_time"].as_i64().unwrap() - common::NOON)), "{told}");
    assert!((86_295..=86_300).contains(&told["expire_seconds"].as_i64().unwrap()), "{told}");
    for (path, body, wanted) in [
        (make, json!({ "long_data": format!("{long}xx"), "expire_seconds": 60 }), 9_410_010),
        (make, json!({ "long_data": "x", "expire_seconds": 2_592_000 }), 0),
        (make, json!({ "long_data": "x" }), 0),
        (make, json!({ "long_data": "x", "expire_seconds": 2_592_001 }), 9_410_011),
        (make, json!({ "long_data": "x", "expire_seconds": 0 }), 9_410_011),
        (make, json!({ "long_data": "x", "expire_seconds": {} }), 47001),
        (make, json!({}), 47003),
        (make, json!({ "long_data": 7 }), 47001),
        (fetch, json!({ "short_key": "none" }), 9_410_012),
        (fetch, json!({}), 47003),
    ] {
        let answer = api.post(path, body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{answer}");
    }
    assert_eq!(theirs.code(fetch, key.clone()).await, 9_410_012);
    wechat.clock().advance(Duration::from_secs(86_400));
    let api = Api::of(&wechat).await;
    assert_eq!(api.code(fetch, key).await, 9_410_012);
    let link = json!({ "action": "long2short", "long_url": "https://example.com" });
    assert_eq!(api.code("/cgi-bin/shorturl", link).await, 45103);
}
