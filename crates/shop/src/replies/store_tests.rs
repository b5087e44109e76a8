//! Rules on SQLite.

use super::{test_world::World, *};
use crate::replies::rule::{Matching, Trigger};

fn hello() -> Draft {
    let trigger = Trigger::Keyword { matching: Matching::Exact, words: vec!["你好".into()] };
    Draft::new("打招呼", trigger, Answer::text("您好"))
}

fn webhook() -> Answer {
    Answer::Webhook { url: "https://hooks.example.com/".into(), secret: WebhookSecret::Kept, timeout_ms: 4_000 }
}

#[tokio::test]
async fn every_change_is_kept_and_raises_the_version() {
    let world = World::new().await;
    let (db, vault, guard, account) = (&world.db, &world.vault, &world.guard, world.account);
    let rule = world.create(hello()).await.unwrap();
    assert_eq!(world.version().await, 2);
    assert_eq!(get(db, vault, account, rule.id).await.unwrap(), rule);

    let renamed = Draft { name: "问好".into(), ..hello().priority(3) };
    let rule = update(db, vault, guard, account, rule.id, renamed).await.unwrap();
    assert_eq!((world.version().await, world.rules().await), (3, vec![rule.clone()]));

    set_enabled(db, account, rule.id, false).await.unwrap();
    assert_eq!((world.version().await, world.rules().await[0].enabled), (4, false));

    delete(db, account, rule.id).await.unwrap();
    assert_eq!((world.version().await, world.rules().await), (5, vec![]));
}

#[tokio::test]
async fn a_strangers_rule_is_not_found_and_nothing_changes() {
    let world = World::new().await;
    let (db, vault, guard, other) = (&world.db, &world.vault, &world.guard, world.other_account);
    let rule = world.create(hello()).await.unwrap();
    let before = (world.rules().await, world.version().await);
    assert!(matches!(get(db, vault, other, rule.id).await, Err(Error::NotFound)));
    assert!(matches!(update(db, vault, guard, other, rule.id, hello()).await, Err(Error::NotFound)));
    assert!(matches!(set_enabled(db, other, rule.id, false).await, Err(Error::NotFound)));
    assert!(matches!(delete(db, other, rule.id).await, Err(Error::NotFound)));
    assert!(matches!(reorder(db, other, &[rule.id]).await, Err(Error::NotFound)));
    assert!(matches!(create(db, vault, guard, 99, hello()).await, Err(Error::NotFound)));
    assert_eq!((world.rules().await, world.version().await), before);
    assert_eq!(list(db, vault, other).await.unwrap(), []);
}

#[tokio::test]
async fn a_wrong_rule_is_refused_whole() {
    let world = World::new().await;
    let wrong = Draft { answer: Answer::text("{nick}"), ..hello() };
    assert!(
        matches!(world.create(wrong).await, Err(Error::Invalid(problems)) if problems[0].field == "answer.content")
    );
    world.create(hello()).await.unwrap();
    let twice = world.create(hello()).await;
    assert!(matches!(twice, Err(Error::Invalid(problems)) if problems[0].key == "rules.name_taken"));
    assert_eq!((world.rules().await.len(), world.version().await), (1, 2));
}

#[tokio::test]
async fn rules_go_in_the_order_they_are_put() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(world.create(Draft { name: name.into(), ..hello() }).await.unwrap().id);
    }
    reorder(&world.db, world.account, &[ids[2], ids[0], ids[1]]).await.unwrap();
    let names: Vec<_> = world.rules().await.into_iter().map(|rule| rule.name).collect();
    assert_eq!(names, ["c", "a", "b"]);

    let before = world.rules().await;
    assert!(reorder(&world.db, world.account, &[ids[0], 99]).await.is_err());
    assert_eq!(world.rules().await, before);
}

#[tokio::test]
async fn a_webhooks_key_is_made_sealed_and_kept() {
    let world = World::new().await;
    let made = world.create(Draft { answer: webhook(), ..hello() }).await.unwrap();
    let key = world.key_of("打招呼").await;
    assert!(key.starts_with("whsec_"));
    let row = &rows(world.db.read(), world.account).await.unwrap()[0];
    assert!(!row.answer.contains("whsec_") && !row.webhook_secret.as_ref().unwrap().contains(&key[6..]));

    let kept = Draft { answer: webhook(), ..hello().priority(1) };
    update(&world.db, &world.vault, &world.guard, world.account, made.id, kept).await.unwrap();
    assert_eq!(world.key_of("打招呼").await, key);

    update(&world.db, &world.vault, &world.guard, world.account, made.id, hello()).await.unwrap();
    assert_eq!(rows(world.db.read(), world.account).await.unwrap()[0].webhook_secret, None);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_silences_no_other() {
    let world = World::new().await;
    world.create(hello()).await.unwrap();
    let lost = world.create(Draft { name: "未来".into(), ..hello() }).await.unwrap();
    let sql = "UPDATE reply_rules SET answer = '{\"kind\":\"hologram\"}' WHERE id = $1";
    world.db.execute(sql, [lost.id.into()]).await.unwrap();
    assert!(list(&world.db, &world.vault, world.account).await.is_err());
    let loaded = load(&world.db, &world.vault, world.account).await.unwrap();
    assert_eq!(loaded.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["打招呼"]);
}
