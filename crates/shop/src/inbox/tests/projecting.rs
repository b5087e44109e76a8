//! Messages become conversations, each once.

use super::*;

#[tokio::test]
async fn messages_become_conversations_once() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=3 {
        world.store(id, OPENID, "text", now + id).await;
    }
    world.store(4, "oOther", "event:CLICK", now).await;
    world.store(5, "oPlatform", "event:MASSSENDJOBFINISH", now).await;
    assert_eq!(world.project().await, 5);
    assert_eq!(world.project().await, 0);
    let chat = world.only().await;
    assert_eq!((chat.unread, chat.last_message_id, chat.said_used), (3, 3, 0));
    assert_eq!((chat.said_at, chat.waiting_since), (now + 3, Some(now + 1)));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM chats").await, 2, "a broadcast's report is nobody's chat");
    let tapped = world.number("SELECT acted_at AS n FROM chats WHERE openid = 'oOther'").await;
    assert_eq!(tapped, now);
}

#[tokio::test]
async fn a_number_that_commits_late_is_not_lost_and_none_counts_twice() {
    let world = World::new().await;
    let now = now_ms();
    world.store(1, OPENID, "text", now).await;
    world.store(4, OPENID, "text", now).await;
    assert_eq!(world.project().await, 2);
    world.store(2, OPENID, "text", now).await;
    assert_eq!(world.project().await, 1);
    world.store(3, OPENID, "text", now).await;
    world.store(5, OPENID, "text", now).await;
    assert_eq!(world.project().await, 2);
    let chat = world.only().await;
    assert_eq!((chat.unread, chat.last_message_id), (5, 5));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM inbox_gaps").await, 0);
}

#[tokio::test]
async fn a_number_that_never_comes_is_forgotten() {
    let world = World::new().await;
    world.store(1, OPENID, "text", now_ms()).await;
    world.store(9, OPENID, "text", now_ms()).await;
    world.project().await;
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM inbox_gaps").await, 7);
    world.db.execute("UPDATE inbox_gaps SET noticed_at = noticed_at - 61000", []).await.unwrap();
    world.project().await;
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM inbox_gaps").await, 0);
}

#[tokio::test]
async fn two_that_project_at_once_share_the_work() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=1000 {
        world.store(id, &format!("o{}", id % 7), "text", now).await;
    }
    let work = |db: Db| async move {
        let projector = Projector::new(db);
        let mut taken = 0;
        while let Ok(n @ 1..) = projector.step().await {
            taken += n;
        }
        taken
    };
    let (a, b) = tokio::join!(tokio::spawn(work(world.db.clone())), tokio::spawn(work(world.db.clone())));
    assert_eq!(a.unwrap() + b.unwrap(), 1000);
    assert_eq!(world.number("SELECT SUM(unread) AS n FROM chats").await, 1000);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM chats").await, 7);
}

#[tokio::test]
async fn history_is_nobodys_unread() {
    let world = World::new().await;
    world.store(1, OPENID, "text", now_ms() - 49 * 3_600_000).await;
    world.project().await;
    let chat = world.only().await;
    assert_eq!((chat.unread, chat.waiting_since, chat.last_message_id), (0, None, 1));
    assert!(!Window::of(&chat, now_ms()).is_open());
}

#[tokio::test]
async fn who_leaves_closes_the_window() {
    let world = World::new().await;
    let now = now_ms();
    world.store(1, OPENID, "text", now).await;
    world.store(2, OPENID, "event:unsubscribe", now + 1).await;
    world.project().await;
    assert_eq!(Window::of(&world.only().await, now), Window::Closed(Closed::Never));
}
