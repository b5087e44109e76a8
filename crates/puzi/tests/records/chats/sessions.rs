//! Customer service in the admin: taking, handing over, ending; and who may not.

use puzi_shop::accounts::Reach;
use puzi_wechat::envelope::Mode;

use super::{HONG, MING, SOON};
use crate::common::{APPID, Browser, World, new_account, until};

/// What the form of the session with `openid` carries.
async fn version(world: &World, openid: &str) -> String {
    let sql = format!("SELECT COALESCE(MAX(version), 0) AS n FROM service_sessions WHERE openid = '{openid}'");
    world.count(&sql).await.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_taken_handed_over_and_ended() {
    let world = World::new().await;
    world.hire_agents().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let fan = world.fan().await;
    fan.text("在吗").await;
    world.chat_with(&fan).await;
    let account = world.account.id.to_string();
    let page = owner.page("/admin/chats/sessions").await;
    assert!(page.contains("小明") && page.contains("阿红") && page.contains("Nobody waits."), "{page}");

    let act = async |what: &str, agent: &str, version: &str| {
        let fields = [
            ("account", account.as_str()),
            ("openid", fan.openid()),
            ("what", what),
            ("kf_account", agent),
            ("version", version),
        ];
        let sent = owner.post("/admin/chats/sessions", &fields).await;
        assert_eq!(sent.status, 303, "{sent:?}");
        owner.page("/admin/chats/sessions").await
    };
    let page = act("open", MING, "0").await;
    assert!(page.contains("The session is open."), "{page}");
    assert_eq!(fan.agent().as_deref(), Some(MING));
    // Somebody still sees the page of before.
    assert!(act("close", "", "0").await.contains("It changed just now"));
    let seen = version(&world, fan.openid()).await;
    assert!(act("move", HONG, &seen).await.contains("It is being handed over."));
    until("the hand-over", SOON, async || fan.agent().as_deref() == Some(HONG)).await;
    let moved = "SELECT COUNT(*) AS n FROM service_sessions WHERE state = 'open' AND kf_account = 'hong@gh_tea'";
    world.until_count(moved, 1).await;
    world.wechat.agent_offline(APPID, MING);
    let seen = version(&world, fan.openid()).await;
    assert!(act("move", MING, &seen).await.contains("not at work now"));
    assert!(act("close", "", &version(&world, fan.openid()).await).await.contains("The session has ended."));
    assert_eq!(fan.agent(), None);
    let told = "SELECT COUNT(*) AS n FROM audit_log WHERE action IN ('chats.open', 'chats.hand_over', 'chats.close')";
    assert_eq!(world.count(told).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_other_accounts_alone_finds_nothing_and_changes_nothing() {
    let world = World::new().await;
    world.hire_agents().await;
    Browser::signed_in(&world, "owner").await;
    let fan = world.fan().await;
    fan.text("在吗").await;
    let chat = world.chat_with(&fan).await;
    let coffee = new_account("wx00000000000000b2", "coffee", Mode::Plain, &world.wechat);
    let coffee = world.accounts.add(coffee).await.unwrap().id;
    world.node_catches_up().await;
    let other = Browser::signed_in_within(&world, "manager", Reach::of([coffee])).await;
    let account = world.account.id.to_string();
    for path in [
        format!("/admin/chats/{chat}"),
        format!("/admin/chats/{chat}/export"),
        format!("/admin/chats/sessions?account={account}"),
    ] {
        assert_eq!(other.get(&path).await.status, 404, "{path}");
    }
    assert!(!other.page("/admin/chats").await.contains(fan.openid()));
    let fields = [
        ("account", account.as_str()),
        ("openid", fan.openid()),
        ("what", "open"),
        ("kf_account", MING),
        ("version", "0"),
    ];
    assert_eq!(other.post("/admin/chats/sessions", &fields).await.status, 404);
    assert_eq!(fan.agent(), None);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM audit_log WHERE action = 'chats.export'").await, 0);
}
