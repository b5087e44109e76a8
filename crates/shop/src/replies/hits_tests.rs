//! Counting hits: once each, whoever counts and whenever it is cut short.

use std::time::Duration;

use super::*;
use crate::{
    db::now_ms,
    replies::{Answer, Draft, Trigger, store::test_world::World},
};

const HOUR: i64 = 3_600_000;

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// The world, a rule in it, and that rule's number.
async fn world() -> (World, i64) {
    let world = World::new().await;
    let rule = world.create(Draft::new("默认", Trigger::Default, Answer::text("好"))).await.unwrap().id;
    (world, rule)
}

async fn message(db: &Db, rule: Option<i64>, received_at: i64) {
    let tx = db.begin_write().await.unwrap();
    insert(&*tx, rule, received_at).await;
    tx.commit().await.unwrap();
}

async fn insert<C: ConnectionTrait>(tx: &C, rule: Option<i64>, received_at: i64) {
    let sql = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
               received_at, answer_state, answered_at, rule_id, lease_until) \
               VALUES (1, 'o', TRUE, 'text', $1, '', '', 0, $2, 'answered', 0, $3, 0)";
    let key = rand::random::<[u8; 24]>().to_vec();
    db::execute(tx, sql, [key.into(), received_at.into(), rule.into()]).await.unwrap();
}

/// Counts what can be counted now.
async fn count_now(db: &Db) {
    while step(db, &shanghai()).await.unwrap() == Step::More {}
}

/// Counts everything. On PostgreSQL other tests' transactions on the same server hold the counting up for a while.
async fn count_all(db: &Db) {
    for _ in 0..500 {
        count_now(db).await;
        let sql = "SELECT 1 AS one FROM message_cursors WHERE name = 'rule_hits' \
                   AND done_id < (SELECT COALESCE(MAX(id), 0) FROM messages)";
        if db.read().query_one_raw(db::statement(db.read(), sql, [])).await.unwrap().is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("messages are left");
}

async fn hits(world: &World, rule: i64, now: i64) -> Option<Hits> {
    of_account(&world.db, world.account, &shanghai(), now).await.unwrap().remove(&rule)
}

#[tokio::test]
async fn a_day_is_a_day_of_the_shops_clock() {
    let (world, rule) = world().await;
    let now = "2026-11-22T15:00:00+08:00[Asia/Shanghai]".parse::<jiff::Zoned>().unwrap().timestamp().as_millisecond();
    // One minute before and after midnight in Shanghai, 30 days ago and 29.
    for at in [now, now - 15 * HOUR - 60_000, now - 15 * HOUR + 60_000, now - 30 * 24 * HOUR, now - 29 * 24 * HOUR] {
        message(&world.db, Some(rule), at).await;
    }
    message(&world.db, None, now).await;
    count_all(&world.db).await;
    let found = hits(&world, rule, now).await.unwrap();
    assert_eq!((found.total, found.last_at), (5, now));
    let mut days = [0; DAYS];
    (days[29], days[28], days[0]) = (2, 1, 1);
    assert_eq!(found.days, days);
    assert_eq!(date(0, &shanghai(), now).to_string(), "2026-10-24");
    assert_eq!(date(DAYS - 1, &shanghai(), now).to_string(), "2026-11-22");
}

#[tokio::test]
async fn what_came_since_the_last_look_is_added_and_nothing_twice() {
    let (world, rule) = world().await;
    assert_eq!(hits(&world, rule, now_ms()).await, None);
    for n in 1..=3 {
        message(&world.db, Some(rule), now_ms()).await;
        count_all(&world.db).await;
        count_all(&world.db).await;
        assert_eq!(hits(&world, rule, now_ms()).await.unwrap().total, n);
    }
}

#[tokio::test]
async fn nodes_that_count_at_once_count_each_message_once() {
    let (world, rule) = world().await;
    for _ in 0..40 {
        message(&world.db, Some(rule), now_ms()).await;
    }
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let db = world.db.clone();
            tokio::spawn(async move { count_all(&db).await })
        })
        .collect();
    for node in nodes {
        node.await.unwrap();
    }
    assert_eq!(hits(&world, rule, now_ms()).await.unwrap().total, 40);
}

#[tokio::test]
async fn a_number_that_commits_late_is_counted() {
    let (world, rule) = world().await;
    if world.db.is_sqlite() {
        // One writer: nobody can come between.
        return;
    }
    let late = world.db.begin_write().await.unwrap();
    insert(&*late, Some(rule), now_ms()).await;
    message(&world.db, Some(rule), now_ms()).await;
    count_now(&world.db).await;
    assert_eq!(hits(&world, rule, now_ms()).await, None, "what lies before it is not known yet");
    late.commit().await.unwrap();
    count_all(&world.db).await;
    assert_eq!(hits(&world, rule, now_ms()).await.unwrap().total, 2);
}

#[tokio::test]
async fn a_step_that_died_before_its_commit_is_done_again() {
    let (world, rule) = world().await;
    message(&world.db, Some(rule), now_ms()).await;
    // A node takes the step as far as its last statement, and dies.
    let tx = world.db.begin_write().await.unwrap();
    assert!(READER.pass(&*tx, Span { from: 0, until: 1 }).await.unwrap());
    add(&*tx, &Found::from([((rule, 20_000), (1, 1))])).await.unwrap();
    drop(tx);
    count_all(&world.db).await;
    assert_eq!(hits(&world, rule, now_ms()).await.unwrap().total, 1);
}

#[tokio::test]
async fn another_accounts_hits_are_not_shown() {
    let (world, rule) = world().await;
    message(&world.db, Some(rule), now_ms()).await;
    count_all(&world.db).await;
    assert!(of_account(&world.db, world.other_account, &shanghai(), now_ms()).await.unwrap().is_empty());
}
