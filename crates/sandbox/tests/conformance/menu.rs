//! The menu, and menus for some.

use puzi_wechat::client::{Button, Menu, MenuRule, Platform};
use serde_json::json;

use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn menu() {
    let story = Story::of("menu", 2).await;
    let tools = story.wechat.menu();

    assert!(tools.get().await.unwrap().is_none());
    refused(tools.add_conditional(&shop("安卓"), &MenuRule::phone(Platform::Android)).await, 65_303);

    tools.create(&shop("商城")).await.unwrap();
    not_sent(tools.create(&shop("一个太长的名字")).await, "一个太长的名字");
    let nowhere = json!({ "button": [{ "type": "view", "name": "商城", "url": "ftp://shop.example" }] });
    refused(story.post("/cgi-bin/menu/create", nowhere).await, 40_055);

    let tag = story.wechat.tags().create("贵宾").await.unwrap();
    story.wechat.tags().tag(&["fan-1"], tag.id).await.unwrap();
    let id = tools.add_conditional(&shop("贵宾商城"), &MenuRule::tag(tag.id)).await.unwrap();
    assert_eq!(tools.try_match("fan-0").await.unwrap().unwrap(), shop("商城"));
    assert_eq!(tools.try_match("fan-1").await.unwrap().unwrap(), shop("贵宾商城"));
    refused(tools.try_match("nobody").await, 65_302);

    let set = tools.get().await.unwrap().unwrap();
    assert_eq!((set.menu, set.conditional.len()), (shop("商城"), 1));
    assert!(tools.current().await.unwrap().open);
    story.refuse("/cgi-bin/get_current_selfmenu_info", 48_001);
    refused(tools.current().await, 48_001);

    tools.delete_conditional(id).await.unwrap();
    refused(tools.delete_conditional(id).await, 65_301);
    tools.delete().await.unwrap();
    story.refuse("/cgi-bin/menu/delete", 46_003);
    tools.delete().await.unwrap();
    story.end();
}

fn shop(name: &str) -> Menu {
    let more =
        Button::open("更多", [Button::click("今日", "TODAY"), Button::view("帮助", "https://shop.example/help")]);
    Menu::new([Button::view(name, "https://shop.example/"), more])
}
