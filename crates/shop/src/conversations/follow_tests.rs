//! Following messages: each once, whoever follows and whenever it is cut short.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::test_database::has_read;
use crate::{Error, replies::store::test_world::World};

async fn insert<C: ConnectionTrait>(tx: &C, kind: &str, words: &str) {
    let sql = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
               received_at, answer_state, answered_at, lease_until) \
               VALUES (1, 'o', TRUE, $1, $2, $3, '', 0, 0, 'answered', 0, 0)";
    let key = rand::random::<[u8; 24]>().to_vec();
    db::execute(tx, sql, [kind.into(), key.into(), words.into()]).await.unwrap();
}

async fn message(db: &Db, kind: &str, words: &str) {
    let tx = db.begin_write().await.unwrap();
    insert(&*tx, kind, words).await;
    tx.commit().await.unwrap();
}

/// Follows until everything that is there was read.
async fn follow_all<F>(db: &Db, name: &'static str, kinds: &[&str], take: F)
where
    F: AsyncFn(&DatabaseTransaction, &[Full]) -> Result<()>,
{
    for _ in 0..500 {
        while step(db, name, kinds, &take).await.unwrap() == Step::More {}
        if has_read(db, name).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("messages are left");
}

#[tokio::test]
async fn each_reader_takes_the_kinds_it_asked_for_once_and_in_order() {
    let world = World::new().await;
    for (kind, words) in [("text", "a"), ("event:SCAN", "b"), ("text", "c")] {
        message(&world.db, kind, words).await;
    }
    let (texts, all) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let note = |into: &Mutex<Vec<String>>, messages: &[Full]| {
        into.lock().unwrap().extend(messages.iter().map(|message| message.summary.clone()));
        Ok(())
    };
    for _ in 0..2 {
        follow_all(&world.db, "texts", &["text"], async |_, messages| note(&texts, messages)).await;
        follow_all(&world.db, "all", &[], async |_, messages| note(&all, messages)).await;
    }
    assert_eq!(*texts.lock().unwrap(), ["a", "c"]);
    assert_eq!(*all.lock().unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_step_that_failed_left_nothing_and_is_taken_again() {
    let world = World::new().await;
    message(&world.db, "text", "a").await;
    let broken = AtomicBool::new(true);
    let take = async |tx: &DatabaseTransaction, messages: &[Full]| {
        for _ in messages {
            db::execute(tx, "UPDATE accounts SET version = version + 100 WHERE id = 1", []).await?;
        }
        if broken.load(Ordering::Relaxed) { Err(Error::Busy) } else { Ok(()) }
    };
    let mut failures = 0;
    for _ in 0..500 {
        match step(&world.db, "counts", &[], &take).await {
            Err(Error::Busy) => failures += 1,
            Err(error) => panic!("{error}"),
            Ok(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
        if failures == 2 {
            break;
        }
    }
    assert_eq!(failures, 2);
    let version = async || {
        let row = world.db.read().query_one_raw(db::statement(
            world.db.read(),
            "SELECT version AS n FROM accounts WHERE id = 1",
            [],
        ));
        row.await.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
    };
    let before = version().await;
    assert!(before < 100);
    broken.store(false, Ordering::Relaxed);
    follow_all(&world.db, "counts", &[], take).await;
    assert_eq!(version().await, before + 100);
}

#[tokio::test]
async fn nodes_that_follow_at_once_take_each_message_once() {
    let world = World::new().await;
    let taken = Arc::new(Mutex::new(Vec::new()));
    let stop = CancellationToken::new();
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let taken = taken.clone();
            let take = async move |_: &DatabaseTransaction, messages: &[Full]| {
                taken.lock().unwrap().extend(messages.iter().map(|message| message.id));
                Ok(())
            };
            tokio::spawn(follow(world.db.clone(), "nodes", &[], take, stop.clone()))
        })
        .collect();
    for _ in 0..40 {
        message(&world.db, "text", "a").await;
    }
    for _ in 0..1_000 {
        if taken.lock().unwrap().len() >= 40 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    for node in nodes {
        node.await.unwrap();
    }
    let taken = taken.lock().unwrap();
    assert_eq!(taken.len(), 40);
    assert!(taken.is_sorted_by(|a, b| a < b));
}

#[tokio::test]
async fn a_number_that_commits_late_is_taken() {
    let world = World::new().await;
    if world.db.is_sqlite() {
        // One writer: nobody can come between.
        return;
    }
    let taken = Mutex::new(Vec::new());
    let take = async |_: &DatabaseTransaction, messages: &[Full]| {
        taken.lock().unwrap().extend(messages.iter().map(|message| message.summary.clone()));
        Ok(())
    };
    let late = world.db.begin_write().await.unwrap();
    insert(&*late, "text", "late").await;
    message(&world.db, "text", "early").await;
    while step(&world.db, "late", &[], &take).await.unwrap() == Step::More {}
    assert_eq!(taken.lock().unwrap().len(), 0, "what lies before it is not known yet");
    late.commit().await.unwrap();
    follow_all(&world.db, "late", &[], &take).await;
    assert_eq!(*taken.lock().unwrap(), ["late", "early"]);
}
