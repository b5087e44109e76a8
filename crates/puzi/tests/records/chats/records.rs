//! What agents and followers say past the server is read, kept once and shown once.

use super::{MING, SOON};
use crate::common::{APPID, Browser, World, until};

/// It is this account's turn.
async fn read_now(world: &World) {
    world.db.execute("UPDATE service_reading SET read_at = NULL", []).await.unwrap();
    world.db.execute("UPDATE jobs SET run_at = 0", []).await.unwrap();
    until("it is read", 3 * SOON, async || {
        world.count("SELECT COUNT(*) AS n FROM service_reading WHERE read_at > 0").await == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_agent_said_stands_in_the_conversation_once_also_after_a_kill() {
    let mut world = World::new().await;
    // What is said by a clock that is a minute behind is settled at once.
    world.wechat.clock().shift_seconds(-60);
    world.hire_agents().await;
    let fan = world.fan().await;
    assert!(fan.text("还有龙井吗").await.accepted());
    let chat = world.chat_with(&fan).await;
    world.db.execute("UPDATE chats SET waiting_since = waiting_since - 120000", []).await.unwrap();
    assert!(world.wechat.agent_takes(APPID, MING, fan.openid()));
    assert!(world.wechat.agent_says(APPID, MING, fan.openid(), "有的，今年新茶"));
    let _ = fan.text("给我留两斤").await;
    let enabled = "SELECT COUNT(*) AS n FROM service_reading WHERE enabled";
    until("the event turns the reading on", SOON, async || world.count(enabled).await == 1).await;
    read_now(&world).await;
    let records = "SELECT COUNT(*) AS n FROM service_records WHERE same_id IS NULL";
    assert_eq!(world.count(records).await, 2);
    // The follower waited for the agent, and for nobody else since.
    let wait = "SELECT COUNT(*) AS n FROM chat_waits WHERE by_kind = 'agent' AND name = 'ming@gh_tea'";
    assert_eq!(world.count(wait).await, 1);

    // A node dies in the middle of reading the same again.
    world.db.execute("UPDATE service_reading SET read_at = NULL, read_until = read_until - 7200", []).await.unwrap();
    world.wechat.faults().update(|faults| faults.api_slow_ms = 500);
    until("a job reads", 2 * SOON, async || {
        world.count("SELECT COUNT(*) AS n FROM jobs WHERE kind = 'records.read'").await == 1
    })
    .await;
    world.restart_node().await;
    world.wechat.faults().update(|faults| faults.api_slow_ms = 0);
    read_now(&world).await;
    assert_eq!((world.count(records).await, world.count(wait).await), (2, 1));

    let owner = Browser::signed_in(&world, "owner").await;
    let page = owner.page(&format!("/admin/inbox/{chat}")).await;
    for words in ["还有龙井吗", "有的，今年新茶", "WeChat service · ming@gh_tea", "serves in WeChat now"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let bubbles = page.matches("id=\"e-r").count();
    assert_eq!(bubbles, 2, "each record is one bubble");
}
