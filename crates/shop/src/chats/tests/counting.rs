//! Figures are what one counts by hand, and stay so when they are counted anew.

use super::*;
use crate::{accounts::Reach, chats::figures, conversations::follow::Step};

async fn count_all(world: &World) {
    for _ in 0..500 {
        if figures::step(&world.db).await.unwrap() == Step::Rest && has_read(&world.db, "chat_figures").await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_story_counted_by_hand() {
    let world = World::new().await;
    let at = a_while_ago();
    // Three questions: one waits for an agent, two ask on while somebody is on it.
    world.pushed(1, "在吗", (at - 80) * 1_000).await;
    world.pushed(2, "还有龙井吗", (at - 70) * 1_000).await;
    world.project().await;
    world.says(at - 60, 2002, "有的");
    world.says(at - 50, 2003, "多少钱");
    world.says(at - 40, 2002, "一斤 300");
    world.chats.read_on(world.account_id).await.unwrap();
    world.pushed(3, "好的", (at - 30) * 1_000).await;
    world.project().await;
    // Both nodes count; each message counts once.
    let there = world.database.second_node().await;
    let (one, other) = tokio::join!(figures::step(&world.db), figures::step(&there));
    one.unwrap();
    other.unwrap();
    count_all(&world).await;
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let figures = world.chats.figures(&Reach::All, 2, &zone).await.unwrap();
    assert_eq!((figures.asked, figures.by_agent, figures.waits), (4, 2, 1));
    assert_eq!((figures.within[0], figures.waiting.n), (1, 1));
    assert_eq!(figures.by_hour.iter().map(|hour| hour.asked).sum::<i64>(), 4);
    assert_eq!((figures.people[0].name.as_str(), figures.people[0].wait_ms), ("ming@tea", 20_000));
    world
        .run(&format!(
            "INSERT INTO agents (account_id, kf_account, kf_id, nickname, avatar_url, wx, invite_wx, online, seen_at, \
             created_at, updated_at) VALUES ({}, 'ming@tea', 1, '小明', '', '', '', FALSE, 0, 0, 0)",
            world.account_id
        ))
        .await;
    let called = world.chats.figures(&Reach::All, 2, &zone).await.unwrap();
    assert_eq!(called.people[0].name, "小明");
    assert_eq!(world.chats.figures(&Reach::none(), 2, &zone).await.unwrap().asked, 0);
    assert!(world.chats.figures(&Reach::All, 0, &zone).await.is_err());

    let sums = "SELECT SUM(asked * 1000 + by_agent * 100 + waits * 10 + wait_ms + w1m) AS n FROM chat_hours";
    let before = world.number(sums).await;
    world.run("UPDATE chat_hours SET asked = 99, wait_ms = 5").await;
    world.chats.recount().await.unwrap();
    assert_eq!(world.number(sums).await, before);
}

#[tokio::test]
async fn the_first_answer_ends_the_wait_and_calling_it_done_answers_nobody() {
    let world = World::new().await;
    let now = now_ms();
    world.pushed(1, "在吗", now - 5_000).await;
    world.project().await;
    let chat: i64 = world.number("SELECT id AS n FROM chats").await;
    let inbox = crate::inbox::Inbox::new(
        world.db.clone(),
        world.chats.registry.clone(),
        tempfile::tempdir().unwrap().path().join("media"),
    )
    .unwrap();
    let by = crate::inbox::Author { id: 1, name: "小明".into() };
    inbox.seen_by(&Reach::All).set_done(chat, true, &by).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM chat_waits WHERE by_kind = 'none'").await, 1);
    assert_eq!(
        world.number("SELECT COUNT(*) AS n FROM chats WHERE answered_by IS NULL AND waiting_since IS NULL").await,
        1
    );
    assert_eq!(world.number("SELECT COALESCE(SUM(waits), 0) AS n FROM chat_hours").await, 0);
}
