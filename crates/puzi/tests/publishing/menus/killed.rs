//! Nodes that die in the middle, and people who do the same thing at the same time.

use std::time::Duration;

use puzi_sandbox::Faults;
use puzi_shop::{Error, accounts::Reach, menus::State};
use serde_json::json;

use crate::common::until;
use crate::menus::shop::{ADD, REMOVE, Shop, by, click, read, set};

const DELETE: &str = "/cgi-bin/menu/delete";

/// A menu for everybody, and one for each of these tags that leads to a host of its own.
fn hosts(tags: &[i64]) -> puzi_shop::menus::MenuSet {
    let some = tags.iter().map(|tag| {
        let view = json!({ "type": "view", "name": "v", "url": format!("https://h{tag}.example/") });
        json!({ "matchrule": { "tag_id": tag.to_string() }, "button": [view] })
    });
    read(&json!({ "button": [click("一")], "conditional": some.collect::<Vec<_>>() }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_what_goes_and_what_comes_it_comes_to_the_same() {
    let mut shop = Shop::new().await;
    shop.publish(&hosts(&[1, 2, 3])).await;
    // There is no room for old and new hosts at once: the old menus go first.
    let wanted = hosts(&[4, 5]);
    shop.draft(&wanted).await;
    let (removed, added) = (shop.calls(REMOVE), shop.calls(ADD));
    shop.world.wechat.faults().set(Faults { api_late_ms: 1_500, ..Faults::default() });
    let id = shop.begin().await.unwrap();
    for (path, was) in [(REMOVE, removed), (ADD, added)] {
        until(path, Duration::from_secs(60), async || shop.calls(path) > was).await;
        shop.kill().await;
    }
    shop.world.wechat.faults().set(Faults::default());
    let ended = shop.ended(id).await;
    assert_eq!(ended.state, State::Live, "{ended:?}");
    shop.is_live(&wanted).await;
    assert_eq!(shop.calls(ADD) - added, 2, "nothing is added twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_all_menus_go_they_are_gone() {
    let mut shop = Shop::new().await;
    shop.publish(&set("一", &[1])).await;
    let nothing = read(&json!({ "button": [] }));
    shop.draft(&nothing).await;
    shop.world.wechat.faults().set(Faults { api_late_ms: 1_500, ..Faults::default() });
    let id = shop.begin().await.unwrap();
    until(DELETE, Duration::from_secs(60), async || shop.calls(DELETE) > 0).await;
    shop.kill().await;
    shop.world.wechat.faults().set(Faults::default());
    assert_eq!(shop.ended(id).await.state, State::Live);
    shop.is_live(&nothing).await;
    assert_eq!(shop.calls(DELETE), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_save_at_once_the_second_is_told() {
    let shop = Shop::new().await;
    let save = async |version: i64, name: &str| {
        shop.menus.save(&by(), &Reach::All, shop.account(), version, &set(name, &[])).await
    };
    // Also the very first draft.
    for version in 0..4 {
        let saved: [_; 2] = tokio::join!(save(version, "甲"), save(version, "乙")).into();
        let stored: Vec<_> = saved.iter().filter_map(|one| one.as_ref().ok()).collect();
        assert_eq!(stored, [&(version + 1)], "{saved:?}");
        assert!(saved.iter().any(|one| matches!(one, Err(Error::Stale))), "{saved:?}");
    }
    assert_eq!(shop.world.count("SELECT version AS n FROM menu_drafts").await, 4);
}
