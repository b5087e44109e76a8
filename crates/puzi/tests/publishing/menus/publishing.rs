//! Publishing: cut off anywhere, asked for twice, with something else live than was seen.

use std::time::Duration;

use puzi_sandbox::Faults;
use puzi_shop::{
    Error,
    accounts::Reach,
    menus::{Origin, State},
};
use serde_json::json;

use crate::common::{APPID, until};
use crate::menus::shop::{ADD, CREATE, REMOVE, Shop, by, click, read, set, wrong};

#[tokio::test]
async fn a_menu_is_published_and_an_earlier_one_comes_back() {
    let shop = Shop::new().await;
    let fan = shop.world.fan().await;
    let first = shop.publish(&set("一", &[])).await;
    assert_eq!((first.number, first.done.len(), first.asked_by.as_str()), (1, 1, "test"));
    assert_eq!(fan.menu().unwrap()["button"][0]["name"], "一");

    let second = shop.publish(&set("二", &[7, 8])).await;
    let what: Vec<_> = second.done.iter().map(|done| done.what.as_str()).collect();
    // The one that wins is added last.
    assert_eq!((what, second.done[1].place, second.done[2].place), (vec!["create", "add", "add"], Some(1), Some(0)));

    let versions = shop.menus.versions(&Reach::All, shop.account(), None).await.unwrap();
    let told: Vec<_> = versions.iter().map(|version| (version.number, version.origin)).collect();
    assert_eq!(told, [(2, Origin::Published), (1, Origin::Published)]);
    let live = shop.menus.live(&Reach::All, shop.account()).await.unwrap();
    assert_eq!((live.number, live.set.conditional[0].name.as_str()), (Some(2), "标签 7"));

    let draft = shop.menus.draft(&Reach::All, shop.account()).await.unwrap().version;
    let stale = shop.menus.restore(&by(), &Reach::All, shop.account(), 1, draft - 1).await;
    assert!(matches!(stale, Err(Error::Stale)));
    shop.menus.restore(&by(), &Reach::All, shop.account(), 1, draft).await.unwrap();
    let id = shop.begin().await.unwrap();
    let third = shop.ended(id).await;
    let what: Vec<_> = third.done.iter().map(|done| done.what.as_str()).collect();
    assert_eq!((third.state, what), (State::Live, vec!["create", "remove", "remove"]));
    shop.is_live(&set("一", &[])).await;
    let told = "SELECT COUNT(*) AS n FROM audit_log WHERE action IN ('menus.edit', 'menus.restore', 'menus.publish')";
    assert_eq!(shop.world.count(told).await, 6);
}

#[tokio::test]
async fn what_is_live_already_takes_no_call() {
    let shop = Shop::new().await;
    shop.publish(&set("一", &[7])).await;
    let calls = (shop.calls(CREATE), shop.calls(ADD));
    // Another name of ours is nothing that a phone shows.
    let mut same = set("一", &[7]);
    same.conditional[0].name = "老客户".into();
    let again = shop.publish(&same).await;
    assert!(again.done.is_empty());
    assert_eq!((shop.calls(CREATE), shop.calls(ADD)), calls);
    // Nothing at all is a menu too: none.
    shop.publish(&read(&json!({ "button": [] }))).await;
    assert!(shop.world.fan().await.menu().is_none());
}

#[tokio::test]
async fn an_answer_that_is_lost_adds_nothing_twice() {
    let shop = Shop::new().await;
    shop.publish(&set("一", &[1, 2])).await;
    let adds = shop.calls(ADD);
    shop.world.wechat.faults().set(Faults { api_lost: [(ADD.to_owned(), 1)].into(), ..Faults::default() });
    let wanted = set("二", &[3, 2, 4]);
    shop.publish(&wanted).await;
    shop.is_live(&wanted).await;
    assert_eq!(shop.calls(ADD) - adds, 3, "3 and 4 are new, and 2 stands behind 4");
}

#[tokio::test]
async fn killed_after_any_call_it_comes_to_the_same() {
    let mut shop = Shop::new().await;
    shop.publish(&set("一", &[1, 2])).await;
    let wanted = set("二", &[3, 4]);
    shop.draft(&wanted).await;
    let begun = (shop.calls(CREATE), shop.calls(ADD), shop.calls(REMOVE));
    let id = {
        // The effect is there, the answer is not, and the node dies: after the creating, an adding, a removing.
        shop.world.wechat.faults().set(Faults { api_late_ms: 1_500, ..Faults::default() });
        shop.begin().await.unwrap()
    };
    for (path, was) in [(CREATE, begun.0), (ADD, begun.1), (REMOVE, begun.2)] {
        until(path, Duration::from_secs(60), async || shop.calls(path) > was).await;
        shop.kill().await;
    }
    shop.world.wechat.faults().set(Faults::default());
    let ended = shop.ended(id).await;
    assert_eq!(ended.state, State::Live, "{ended:?}");
    shop.is_live(&wanted).await;
    assert_eq!(shop.calls(ADD) - begun.1, 2, "nothing is added twice");
}

#[tokio::test]
async fn two_who_publish_at_once_are_one_and_one_who_waits() {
    let mut shop = Shop::new().await;
    shop.draft(&set("一", &[])).await;
    shop.world.node.kill();
    let (one, other) = tokio::join!(shop.begin(), shop.begin());
    let (id, refused) = match (one, other) {
        (Ok(id), Err(refused)) | (Err(refused), Ok(id)) => (id, refused),
        both => panic!("{both:?}"),
    };
    assert!(matches!(&refused, Error::NotNow(problem) if problem.key == "menu.running"), "{refused:?}");
    assert_eq!(shop.world.count("SELECT COUNT(*) AS n FROM menu_publications").await, 1);
    shop.world.start_again();
    assert_eq!(shop.ended(id).await.state, State::Live);
}

#[tokio::test]
async fn a_publication_without_its_job_keeps_nobody_waiting() {
    let mut shop = Shop::new().await;
    shop.draft(&set("一", &[])).await;
    shop.world.node.kill();
    let lost = shop.begin().await.unwrap();
    shop.world.db.execute("DELETE FROM jobs", []).await.unwrap();
    let id = shop.begin().await.unwrap();
    assert_eq!(shop.publication(lost).await.state, State::Failed);
    let later = shop.menus.resume(&by(), &Reach::All, shop.account(), lost).await;
    assert!(matches!(later, Err(Error::NotNow(problem)) if problem.key == "menu.later_one"));
    shop.world.start_again();
    assert_eq!(shop.ended(id).await.state, State::Live);
}

#[tokio::test]
async fn what_nobody_saw_is_not_taken_away() {
    let shop = Shop::new().await;
    shop.publish(&set("一", &[])).await;
    let version = shop.draft(&set("二", &[])).await;
    let seen = shop.seen().await;
    // Somebody else's program makes a menu meanwhile.
    let live = shop.registry.by_id(shop.account()).unwrap();
    let theirs = set("别人的", &[]);
    live.client.menu().create(&puzi_wechat::client::Menu::new(theirs.buttons.clone())).await.unwrap();
    let publish =
        async |version: i64, seen: &str| shop.menus.publish(&by(), &Reach::All, shop.account(), version, seen).await;
    assert!(matches!(publish(version, &seen).await, Err(Error::Stale)));
    assert!(matches!(publish(version - 1, &shop.seen().await).await, Err(Error::Stale)));
    assert!(matches!(publish(version, "").await, Err(Error::Stale)));
    shop.is_live(&theirs).await;
    // It is kept, and comes back.
    let versions = shop.menus.versions(&Reach::All, shop.account(), None).await.unwrap();
    assert_eq!((versions[0].number, versions[0].origin, versions.len()), (2, Origin::Found, 2));
    publish(version, &shop.seen().await).await.unwrap();
}

#[tokio::test]
async fn a_menu_of_the_platform_is_kept_and_cannot_be_published() {
    let shop = Shop::new().await;
    let given = json!({ "button": [
        { "type": "text", "name": "营业时间", "value": "9:00–18:00" },
        { "name": "更多", "sub_button": { "list": [{ "type": "img", "name": "图", "value": "M" }] } },
    ] });
    shop.world.wechat.set_admin_menu(APPID, &given).unwrap();
    let live = shop.menus.live(&Reach::All, shop.account()).await.unwrap();
    assert_eq!((live.origin, live.number), (Origin::Platform, Some(1)));
    let restored = shop.menus.restore(&by(), &Reach::All, shop.account(), 1, 0).await;
    let places = [("buttons.0.kind", "menu.not_ours"), ("buttons.1.sub.0.kind", "menu.not_ours")];
    assert_eq!(wrong(restored), places.map(|(field, key)| (field.to_owned(), key)));
    // It can be a draft to begin with, and is told by name when it is published.
    shop.draft(&live.set).await;
    assert_eq!(wrong(shop.begin().await).len(), 2);
    assert_eq!(shop.calls(CREATE), 0);
}

#[tokio::test]
async fn limits_are_told_before_wechat_is_asked() {
    let shop = Shop::new().await;
    let save =
        async |json: serde_json::Value| shop.menus.save(&by(), &Reach::All, shop.account(), 0, &read(&json)).await;
    let long = json!({ "button": [click("六个字的名字"), click("a"), click("b"), click("c")] });
    let two = [("buttons", "menu.too_many"), ("buttons.0.name", "menu.bytes")];
    assert_eq!(wrong(save(long).await), two.map(|(field, key)| (field.to_owned(), key)));
    let deep = json!({ "button": [{ "name": "a", "sub_button": [{ "name": "b", "sub_button": [click("c")] }] }] });
    assert_eq!(wrong(save(deep).await), [("buttons.0.sub.0".to_owned(), "menu.third_level")]);

    let view = |n: usize| json!({ "type": "view", "name": "v", "url": format!("https://h{n}.example/") });
    let menus: Vec<_> = (1..=4).map(|n| json!({ "matchrule": { "tag_id": n }, "button": [view(n)] })).collect();
    let hosts = read(&json!({ "button": [click("a")], "conditional": menus }));
    shop.draft(&hosts).await;
    assert_eq!(wrong(shop.begin().await), [("conditional".to_owned(), "menu.hosts")]);

    let alone = json!({ "button": [], "conditional": [{ "matchrule": {}, "button": [view(1)] }] });
    shop.draft(&read(&alone)).await;
    let two = [("buttons", "menu.no_default"), ("conditional.0.rule", "menu.no_rule")];
    assert_eq!(wrong(shop.begin().await), two.map(|(field, key)| (field.to_owned(), key)));
    let empty = json!({ "button": [{ "name": "a" }, { "type": "view", "name": "b", "url": "javascript:1" }] });
    shop.draft(&read(&empty)).await;
    let two = [("buttons.0", "menu.no_sub"), ("buttons.1.url", "menu.url")];
    assert_eq!(wrong(shop.begin().await), two.map(|(field, key)| (field.to_owned(), key)));
    assert_eq!((shop.calls(CREATE), shop.calls(ADD)), (0, 0));
}

#[tokio::test]
async fn what_wechat_refuses_is_kept_and_can_go_on() {
    let shop = Shop::new().await;
    shop.publish(&set("一", &[])).await;
    shop.world.wechat.faults().set(Faults { refuse: [(ADD.to_owned(), 65301)].into(), ..Faults::default() });
    shop.draft(&set("二", &[1, 2])).await;
    let id = shop.begin().await.unwrap();
    let ended = shop.ended(id).await;
    assert_eq!((ended.state, ended.errcode, ended.done.len()), (State::Partly, Some(65301), 2), "{ended:?}");
    assert_eq!((ended.done[1].errcode, ended.done[1].place), (Some(65301), Some(1)));
    shop.world.wechat.faults().set(Faults::default());
    shop.menus.resume(&by(), &Reach::All, shop.account(), id).await.unwrap();
    let ended = shop.ended(id).await;
    assert_eq!((ended.state, ended.errcode), (State::Live, None));
    shop.is_live(&set("二", &[1, 2])).await;
    assert!(matches!(shop.menus.resume(&by(), &Reach::All, shop.account(), id).await, Err(Error::NotNow(_))));
}

#[tokio::test]
async fn whoever_sees_another_account_finds_nothing() {
    let shop = Shop::new().await;
    shop.publish(&set("一", &[])).await;
    let (menus, account, elsewhere) = (&shop.menus, shop.account(), Reach::of([shop.account() + 1]));
    let not_found = |refused: Option<Error>| assert!(matches!(refused, Some(Error::NotFound)));
    not_found(menus.draft(&elsewhere, account).await.err());
    not_found(menus.live(&elsewhere, account).await.err());
    not_found(menus.save(&by(), &elsewhere, account, 1, &set("x", &[])).await.err());
    not_found(menus.publish(&by(), &elsewhere, account, 1, &shop.seen().await).await.err());
    not_found(menus.publication(&elsewhere, account, 1).await.err());
    not_found(menus.publication(&Reach::of([account]), account + 1, 1).await.err());
    not_found(menus.resume(&by(), &elsewhere, account, 1).await.err());
    not_found(menus.versions(&elsewhere, account, None).await.err());
    not_found(menus.version(&elsewhere, account, 1).await.err());
    not_found(menus.restore(&by(), &elsewhere, account, 1, 1).await.err());
    not_found(menus.shown_to(&elsewhere, account, "o").await.err());
    shop.is_live(&set("一", &[])).await;
}
