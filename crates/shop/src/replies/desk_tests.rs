//! Changes on somebody's behalf: none is lost, each is in the log.

use super::*;
use crate::replies::{Answer, Trigger, WebhookSecret, store::test_world::World};

fn desk(world: &World) -> Rules {
    Rules::new(world.db.clone(), Arc::new(Vault::new(&[7; 32]).unwrap()), Guard::default())
}

fn ann() -> Actor {
    Actor::staff(7, "Ann").at("192.0.2.7")
}

fn draft(name: &str, text: &str) -> Draft {
    Draft::new(name, Trigger::Default, Answer::text(text))
}

/// Actions in the log, the latest first, with the names before and after.
async fn log(world: &World) -> Vec<(String, Value, Value)> {
    let rows = audit::list(&world.db, audit::Which::default(), 100).await.unwrap();
    assert!(rows.iter().all(|row| row.actor == ann() && row.subject.0 == KIND));
    let of = |values: Option<Value>| values.unwrap_or(Value::Null);
    rows.into_iter().map(|row| (row.action, of(row.before), of(row.after))).collect()
}

#[tokio::test]
async fn of_two_edits_at_once_one_is_saved_and_the_other_sees_it() {
    let world = World::new().await;
    let desk = desk(&world);
    let rule = desk.create(&ann(), world.account, draft("问候", "一")).await.unwrap();
    let edit = |text: &'static str| {
        let (desk, id, account) = (desk.clone(), rule.id, world.account);
        tokio::spawn(async move { desk.update(&ann(), account, id, 1, draft("问候", text)).await })
    };
    let (a, b) = (edit("甲"), edit("乙"));
    let outcomes = [a.await.unwrap(), b.await.unwrap()];
    let saved: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    let ([saved], [SaveError::Conflict(now)]) = (saved.as_slice(), refused.as_slice()) else { panic!("{outcomes:?}") };
    assert_eq!((*saved, saved.version), (now.as_ref(), 2));
    assert_eq!(world.rules().await, vec![(*saved).clone()]);
    assert_eq!(log(&world).await.len(), 2);
}

#[tokio::test]
async fn switching_and_moving_are_changes_too() {
    let world = World::new().await;
    let desk = desk(&world);
    let first = desk.create(&ann(), world.account, draft("甲", "一")).await.unwrap();
    let second = desk.create(&ann(), world.account, draft("乙", "二")).await.unwrap();
    desk.switch(&ann(), world.account, first.id, false).await.unwrap();
    let conflict = desk.update(&ann(), world.account, first.id, 1, draft("甲", "三")).await;
    assert!(matches!(conflict, Err(SaveError::Conflict(now)) if !now.enabled));
    desk.reorder(&ann(), world.account, &[second.id, first.id]).await.unwrap();
    // What keeps its place keeps its version.
    desk.reorder(&ann(), world.account, &[second.id, first.id]).await.unwrap();
    let versions: Vec<_> = world.rules().await.iter().map(|rule| (rule.name.clone(), rule.version)).collect();
    assert_eq!(versions, [("乙".to_owned(), 2), ("甲".to_owned(), 3)]);
    assert_eq!(log(&world).await.len(), 5);
}

#[tokio::test]
async fn every_change_is_logged_with_before_and_after_and_no_key() {
    let world = World::new().await;
    let desk = desk(&world);
    let answer = Answer::Webhook { url: "https://a.example/".into(), secret: WebhookSecret::Kept, timeout_ms: 4_000 };
    let made = desk.create(&ann(), world.account, Draft::new("问", Trigger::Default, answer)).await.unwrap();
    let key = world.key_of("问").await;
    desk.update(&ann(), world.account, made.id, 1, draft("答", "好")).await.unwrap();
    desk.delete(&ann(), world.account, made.id).await.unwrap();
    assert_eq!(desk.restore(&ann(), world.account, made.id).await.unwrap(), "答");
    let log = log(&world).await;
    let actions: Vec<_> = log.iter().rev().map(|(action, ..)| action.clone()).collect();
    assert_eq!(actions, ["create", "edit", "delete", "restore"].map(|verb| format!("{KIND}.{verb}")));
    assert_eq!((&log[2].1["name"], &log[2].2["name"]), (&json!("问"), &json!("答")));
    assert!(!format!("{log:?}").contains(&key));
}

#[tokio::test]
async fn an_import_logs_what_it_changed_and_nothing_else() {
    let world = World::new().await;
    let desk = desk(&world);
    for name in ["留", "改", "删"] {
        desk.create(&ann(), world.account, draft(name, "一")).await.unwrap();
    }
    let text = desk.export(world.account).await.unwrap();
    let text = text.replace("\"删\"", "\"新\"");
    let (head, tail) = text.split_once("\"改\"").unwrap();
    let text = format!("{head}\"改\"{}", tail.replacen("\"一\"", "\"二\"", 1));
    let would = desk.try_import(world.account, &text).await.unwrap();
    let report = desk.import(&ann(), world.account, &text).await.unwrap();
    assert_eq!(would, report);
    let mut names: Vec<_> = (log(&world).await.into_iter())
        .filter(|(action, ..)| action.ends_with(".import"))
        .map(|(_, before, after)| {
            (before["name"].as_str().map(str::to_owned), after["name"].as_str().map(str::to_owned))
        })
        .collect();
    names.sort();
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(names, [(None, name("新")), (name("删"), None), (name("改"), name("改"))]);
}

#[tokio::test]
async fn a_refused_change_leaves_no_trace() {
    let world = World::new().await;
    let desk = desk(&world);
    let rule = desk.create(&ann(), world.account, draft("问候", "一")).await.unwrap();
    assert!(desk.create(&ann(), world.account, draft("问候", "二")).await.is_err());
    assert!(desk.update(&ann(), world.account, rule.id, 1, draft("问候", "{nick}")).await.is_err());
    assert!(desk.delete(&ann(), world.other_account, rule.id).await.is_err());
    assert!(desk.import(&ann(), world.account, "[[rule]]").await.is_err());
    assert_eq!((log(&world).await.len(), world.rules().await), (1, vec![rule]));
}
