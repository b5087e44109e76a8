use puzi_wechat::client::{Action, Button, CurrentAction, Menu, MenuRule, Platform};
use serde_json::{Value, json};
use wiremock::matchers::{any, body_json};
use wiremock::{Mock, MockServer};

use super::{assert_unsent, code, get, ok, post, start};

fn menu() -> Menu {
    Menu::new([Button::click("会员价", "VIP")])
}

async fn refuse_all(server: &MockServer) {
    Mock::given(any()).respond_with(code(0)).expect(0).mount(server).await;
}

#[tokio::test]
async fn a_menu_for_a_tag_is_added_and_removed_by_its_number() {
    let (server, client) = start().await;
    let asked = json!({
        "button": [{"type": "click", "name": "会员价", "key": "VIP"}],
        "matchrule": {"tag_id": "101", "client_platform_type": "2"},
    });
    let add = post("/cgi-bin/menu/addconditional").and(body_json(asked));
    add.respond_with(ok(json!({"menuid": "208379533"}))).expect(1).mount(&server).await;
    let rule = MenuRule::tag(101).platform(Platform::Android);
    let id = client.menu().add_conditional(&menu(), &rule).await.unwrap();
    assert_eq!(id, 208_379_533);

    let remove = post("/cgi-bin/menu/delconditional").and(body_json(json!({"menuid": "208379533"})));
    remove.respond_with(code(0)).expect(1).mount(&server).await;
    client.menu().delete_conditional(id).await.unwrap();

    post("/cgi-bin/menu/delconditional").respond_with(code(65301)).mount(&server).await;
    let error = client.menu().delete_conditional(7).await.unwrap_err();
    assert_eq!(error.errcode, Some(65301));
}

#[tokio::test]
async fn a_conditional_menu_is_added_once_though_the_platform_is_busy() {
    let (server, client) = start().await;
    post("/cgi-bin/menu/addconditional").respond_with(code(-1)).expect(1).mount(&server).await;
    let error = client.menu().add_conditional(&menu(), &MenuRule::tag(2)).await.unwrap_err();
    assert_eq!(error.errcode, Some(-1));
}

#[tokio::test]
async fn a_menu_for_nobody_in_particular_is_not_sent() {
    let (server, client) = start().await;
    refuse_all(&server).await;
    let error = client.menu().add_conditional(&menu(), &MenuRule::default()).await.unwrap_err();
    assert_unsent(&error, "`matchrule` is empty");
    let old: MenuRule = serde_json::from_value(json!({"sex": "1", "country": "中国"})).unwrap();
    assert_unsent(&client.menu().add_conditional(&menu(), &old).await.unwrap_err(), "`matchrule` is empty");
    let long = Menu::new([Button::click("六个字的名字", "K")]);
    let error = client.menu().add_conditional(&long, &MenuRule::tag(2)).await.unwrap_err();
    assert_unsent(&error, "`button[0].name` (\"六个字的名字\") has 18 bytes; 16 are allowed");
    assert_unsent(&client.menu().create(&long).await.unwrap_err(), "has 18 bytes");
    assert_unsent(&client.menu().try_match("").await.unwrap_err(), "`user_id` is empty");
}

#[tokio::test]
async fn what_a_user_sees_may_be_nothing() {
    let (server, client) = start().await;
    let of = |user: &str| post("/cgi-bin/menu/trymatch").and(body_json(json!({"user_id": user})));
    let wire = json!({"button": [{"type": "click", "name": "会员价", "key": "VIP", "sub_button": []}]});
    of("o1").respond_with(ok(wire)).mount(&server).await;
    of("o2").respond_with(code(46003)).mount(&server).await;
    of("o3").respond_with(code(65302)).mount(&server).await;
    assert_eq!(client.menu().try_match("o1").await.unwrap(), Some(menu()));
    assert_eq!(client.menu().try_match("o2").await.unwrap(), None);
    assert_eq!(client.menu().try_match("o3").await.unwrap_err().errcode, Some(65302));
}

#[tokio::test]
async fn rules_are_read_in_both_spellings() {
    let (server, client) = start().await;
    let conditional = |rule: Value, id: Value| json!({"button": [], "matchrule": rule, "menuid": id});
    let menus = json!({"menu": {"button": [], "menuid": 1}, "conditionalmenu": [
        conditional(json!({"tag_id": "2", "client_platform_type": "1"}), json!("209")),
        conditional(json!({"group_id": 3, "sex": 1}), json!(210)),
    ]});
    get("/cgi-bin/menu/get").respond_with(ok(menus)).mount(&server).await;
    let menus = client.menu().get().await.unwrap().unwrap();
    let (first, second) = (&menus.conditional[0], &menus.conditional[1]);
    assert_eq!((first.menuid, first.rule.tag_id, first.rule.client_platform), (209, Some(2), Some(Platform::Ios)));
    assert_eq!((second.menuid, second.rule.tag_id), (210, None));
    assert_eq!((&second.rule.more["sex"], &second.rule.more["group_id"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn the_menu_in_force_is_read_whoever_made_it() {
    let (server, client) = start().await;
    let wire = json!({"is_menu_open": 1, "selfmenu_info": {"button": [
        {"type": "text", "name": "时间", "value": "9:00"},
        {"name": "更多", "sub_button": {"list": [{"type": "view", "name": "店", "url": "https://s"}]}},
    ]}});
    get("/cgi-bin/get_current_selfmenu_info").respond_with(ok(wire)).mount(&server).await;
    let menu = client.menu().current().await.unwrap();
    assert!(menu.open);
    assert_eq!(menu.buttons[0].action, CurrentAction::Text("9:00".into()));
    let CurrentAction::Open(below) = &menu.buttons[1].action else { panic!("{menu:?}") };
    assert_eq!(below[0].action, CurrentAction::Does(Action::View("https://s".into())));
}
