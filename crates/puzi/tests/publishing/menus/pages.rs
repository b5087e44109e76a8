//! Through a served node: the admin and the API.

use puzi_sandbox::Faults;
use puzi_shop::{accounts::Reach, menus::State};
use reqwest::Method;
use serde_json::json;

use crate::common::{Api, Browser, Page, new_account, token};
use crate::menus::shop::{ADD, Shop, click, set};

/// Every hidden field of the page's form, as a browser sends it.
fn carried(page: &str) -> Vec<(String, String)> {
    let form = page.split("id=\"menu-form\"").nth(1).unwrap().split("</form>").next().unwrap();
    let unescaped = |text: &str| text.replace("&#34;", "\"").replace("&#38;", "&").replace("&#60;", "<");
    form.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            (name.to_owned(), unescaped(rest.split_once('"').unwrap().0))
        })
        .filter(|(name, _)| name != "_csrf")
        .collect()
}

/// Takes a step with what the page carries and what was typed.
async fn step(browser: &Browser, page: &str, step: &str, typed: &[(&str, &str)]) -> String {
    let page = send(browser, "/admin/menus/form", page, &[typed, &[("do", step)]].concat()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body
}

async fn send(browser: &Browser, path: &str, page: &str, typed: &[(&str, &str)]) -> Page {
    let carried = carried(page);
    let fields: Vec<_> = carried.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &[&fields, typed].concat()).await
}

#[tokio::test]
async fn a_menu_is_made_without_scripts_compared_published_and_brought_back() {
    let shop = Shop::new().await;
    let browser = Browser::signed_in(&shop.world, "owner").await;
    let fan = shop.world.fan().await;
    let page = browser.page("/admin/menus").await;
    assert!(page.contains("No button yet"), "{page}");
    let page = step(&browser, &page, "add:b", &[]).await;
    assert!(page.contains("name=\"b.0.name\"") && page.contains("Before it can be published"));
    let first = [("b.0.name", "今日"), ("b.0.kind", "click"), ("b.0.value", "TODAY")];
    let page = step(&browser, &page, "add:b", &first).await;
    // Below the second one; what was typed into the first is carried along.
    let page = step(&browser, &page, "add:b.1", &[("b.1.name", "更多"), ("b.1.kind", "")]).await;
    let shop_page =
        [("b.1.sub.0.name", "商城"), ("b.1.sub.0.kind", "view"), ("b.1.sub.0.value", "https://a.example/?a=1&b=2")];
    let page = step(&browser, &page, "back:b.1", &shop_page).await;
    assert!(page.contains("value=\"TODAY\"") && page.contains("hints"), "{page}");
    // What is shown is typed anew, what is hidden is carried.
    let shown = ("b.0.name", "更多");

    let saved = send(&browser, "/admin/menus", &page, &[shown, ("then", "compare")]).await;
    assert_eq!((saved.status, saved.location()), (303, "/admin/menus/compare"), "{}", saved.body);
    let stale = send(&browser, "/admin/menus", &page, &[shown]).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("Somebody saved the menu just now"));

    let compared = browser.get("/admin/menus/compare").await;
    assert!(compared.body.contains("“更多” is new") && compared.body.contains("Publish now"), "{}", compared.body);
    let (version, seen) = (compared.value_of("version").to_owned(), compared.value_of("seen").to_owned());
    let forged = browser.post("/admin/menus/publish", &[("version", "99"), ("seen", &seen)]).await;
    assert_eq!((forged.status, forged.location()), (303, "/admin/menus/compare"));
    assert_eq!(browser.post("/admin/menus/publish", &[("version", "x"), ("seen", &seen)]).await.status, 400);
    assert_eq!(shop.world.count("SELECT COUNT(*) AS n FROM menu_publications").await, 0);
    let begun = browser.post("/admin/menus/publish", &[("version", &version), ("seen", &seen)]).await;
    assert_eq!(begun.status, 303);
    let at = begun.location().to_owned();
    assert!(at.starts_with("/admin/menus/publications/"), "{at}");
    let id = at.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(shop.ended(id).await.state, State::Live);
    assert!(browser.page(&at).await.contains("Version 1 is live."));
    assert_eq!(fan.menu().unwrap()["button"][0]["sub_button"][0]["url"], "https://a.example/?a=1&b=2");

    shop.publish(&set("<b>二</b>", &[])).await;
    let list = browser.page("/admin/menus/versions").await;
    assert!(list.contains("Version 2") && list.contains("&#60;b&#62;二") && !list.contains("<b>二"), "{list}");
    let one = browser.get("/admin/menus/versions/1").await;
    let draft = one.value_of("version").to_owned();
    let restored = browser.post("/admin/menus/versions/1/restore", &[("version", &draft)]).await;
    assert_eq!(restored.location(), "/admin/menus/compare");
    assert_eq!(browser.get("/admin/menus/versions/77").await.status, 404);
    let shown = browser.post("/admin/menus/shown", &[("openid", fan.openid())]).await;
    assert!(shown.body.contains("&#60;b&#62;二"), "{}", shown.body);
    assert!(browser.post("/admin/menus/shown", &[("openid", "oNobody")]).await.body.contains("65302"));
}

#[tokio::test]
async fn forged_fields_do_no_harm_and_what_is_refused_stands_at_its_button() {
    let shop = Shop::new().await;
    let browser = Browser::signed_in(&shop.world, "owner").await;
    let fields = [
        ("version", "0"),
        ("at", "b.9.sub.9"),
        ("b.9.sub.9.name", "nowhere"),
        ("c.99999.name", "x"),
        ("b.0.name", "素材"),
        ("b.0.kind", "media_id"),
        ("b.0.value", "no-such-media"),
    ];
    let page = browser.post("/admin/menus/form", &[&fields[..], &[("do", "remove:b.9.sub.9")]].concat()).await;
    assert!(page.status == 200 && !page.body.contains("nowhere"), "{}", page.body);
    assert_eq!(browser.post("/admin/menus", &fields).await.status, 303);
    let too_many: Vec<_> = (0..10).map(|n| (format!("b.{n}.name"), format!("n{n}"))).collect();
    let too_many: Vec<_> = too_many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let refused = browser.post("/admin/menus", &[&too_many[..], &[("version", "1")]].concat()).await;
    assert!(refused.status == 422 && refused.body.contains("has 10 buttons; 3 are allowed"), "{}", refused.body);

    let id = shop.begin().await.unwrap();
    let ended = shop.ended(id).await;
    assert_eq!((ended.state, ended.errcode), (State::Failed, Some(40007)), "{ended:?}");
    let told = browser.page(&format!("/admin/menus/publications/{id}")).await;
    assert!(told.contains("40007") && told.contains("<strong>素材</strong>") && told.contains("Go on"), "{told}");
}

#[tokio::test]
async fn staff_of_another_account_find_nothing_and_readers_change_nothing() {
    let shop = Shop::new().await;
    let world = &shop.world;
    shop.publish(&set("ONLYHERE", &[])).await;
    let coffee = new_account("wx00000000000000b2", "coffee", world.account.mode, &world.wechat);
    let coffee = world.accounts.add(coffee).await.unwrap().id;
    world.node_catches_up().await;
    let reader = Browser::signed_in(world, "owner").await;
    assert!(reader.page("/admin/menus").await.contains("ONLYHERE"));
    let other = Browser::signed_in_within(world, "manager", Reach::of([coffee])).await;
    for path in ["/admin/menus/publications/1", "/admin/menus/publications/1/part", "/admin/menus/versions/1"] {
        assert_eq!(other.get(path).await.status, 404, "{path}");
    }
    assert_eq!(other.post("/admin/menus/publications/1/resume", &[]).await.status, 404);
    assert_eq!(other.post("/admin/menus/versions/1/restore", &[("version", "1")]).await.status, 404);
    assert!(!other.page("/admin/menus/versions").await.contains("ONLYHERE"));

    let limited = Api { world, token: token(world, "manager", Reach::of([coffee])).await };
    for path in ["", "/live", "/diff", "/versions", "/versions/1", "/publications/1"] {
        assert_eq!(limited.get(&format!("menus/tea{path}")).await.0, 404, "{path}");
    }
    let publish = json!({ "version": 1, "seen": "0".repeat(64) });
    assert_eq!(limited.ask(Method::POST, "menus/tea/publish", None, Some(&publish)).await.0, 404);
    assert_eq!(limited.ask(Method::PUT, "menus/tea", Some(1), Some(&json!({ "button": [] }))).await.0, 404);
    shop.is_live(&set("ONLYHERE", &[])).await;

    let clerk = Browser::signed_in(world, "read_only").await;
    assert!(clerk.page("/admin/menus").await.contains("ONLYHERE"));
    for (path, fields) in [("/admin/menus", [("version", "1")]), ("/admin/menus/publish", [("version", "1")])] {
        assert_eq!(clerk.post(path, &fields).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn programs_do_the_same() {
    let shop = Shop::new().await;
    let world = &shop.world;
    Browser::signed_in(world, "owner").await;
    let api = Api { world, token: token(world, "manager", Reach::All).await };
    let (status, draft) = api.get("menus/tea").await;
    assert_eq!((status, &draft["version"], &draft["button"]), (200, &json!(0), &json!([])), "{draft}");
    // A file as WeChat's own call gives it.
    let file = json!({
        "menu": { "button": [click("今日")], "menuid": 1 },
        "conditionalmenu": [
            { "button": [click("a")], "matchrule": { "group_id": 2 }, "menuid": 2 },
            { "button": [click("b")], "matchrule": { "client_platform_type": 1 }, "menuid": 3 },
        ],
    });
    assert_eq!(api.ask(Method::PUT, "menus/tea", None, Some(&file)).await.0, 428);
    assert_eq!(api.ask(Method::PUT, "menus/tea", Some(3), Some(&file)).await.0, 409);
    assert_eq!(api.ask(Method::PUT, "menus/tea", Some(0), Some(&json!({ "button": 7 }))).await.0, 422);
    let (status, saved) = api.ask(Method::PUT, "menus/tea", Some(0), Some(&file)).await;
    assert_eq!((status, &saved["version"]), (200, &json!(1)), "{saved}");
    assert_eq!(saved["conditional"][0]["button"][0]["name"], "b", "the one added last wins");
    assert_eq!(saved["conditional"][1]["matchrule"], json!({ "tag_id": "2" }), "groups became tags");
    let (_, diff) = api.get("menus/tea/diff").await;
    assert_eq!((diff["problems"].as_array().unwrap().len(), &diff["version"]), (0, &json!(1)), "{diff}");

    let publish = json!({ "version": 1, "seen": diff["seen"] });
    let (status, begun) = api.ask(Method::POST, "menus/tea/publish", None, Some(&publish)).await;
    assert_eq!(status, 202, "{begun}");
    let id = begun["publication"].as_i64().unwrap();
    shop.ended(id).await;
    let (_, told) = api.get(&format!("menus/tea/publications/{id}")).await;
    assert_eq!((&told["state"], &told["done"][1]["do"]), (&json!("live"), &json!("add")), "{told}");
    let number = world.account.id.to_string();
    let (_, live) = api.get(&format!("menus/{number}/live")).await;
    assert_eq!((&live["origin"], &live["number"]), (&json!("published"), &json!(1)));
    assert_eq!(api.ask(Method::POST, "menus/tea/publish", None, Some(&publish)).await.0, 409, "something else is live");
    let (_, versions) = api.get("menus/tea/versions").await;
    assert_eq!(versions["versions"][0]["number"], 1);
    assert_eq!(api.ask(Method::POST, "menus/tea/versions/1/restore", Some(1), Some(&json!({}))).await.0, 200);
    assert_eq!(api.get("menus/tea/versions/9").await.0, 404);

    world.wechat.faults().set(Faults { refuse: [(ADD.to_owned(), 65307)].into(), ..Faults::default() });
    shop.draft(&set("二", &[5])).await;
    let id = shop.begin().await.unwrap();
    assert_eq!(shop.ended(id).await.state, State::Partly);
    world.wechat.faults().set(Faults::default());
    let (status, _) =
        api.ask(Method::POST, &format!("menus/tea/publications/{id}/resume"), None, Some(&json!({}))).await;
    assert_eq!(status, 200);
    assert_eq!(shop.ended(id).await.state, State::Live);
}
