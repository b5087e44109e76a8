//! The database is busy, gone, or the disk refuses: WeChat still gets its answer, or is asked to come again.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

mod common;

use std::time::{Duration, Instant};

use common::{World, keyword, text};
use puzi_shop::replies::Answer;
use sea_orm::ConnectionTrait;

fn hello() -> puzi_sandbox::Action {
    text("在吗")
}

/// Keeps the database from taking messages until it is dropped.
async fn lock(world: &World) -> puzi_shop::db::WriteTx {
    let tx = world.db.begin_write().await.unwrap();
    if world.place.is_postgres() {
        tx.execute_unprepared("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE").await.unwrap();
    }
    tx
}

#[tokio::test]
async fn while_the_database_is_busy_messages_wait_in_the_journal_and_are_answered() {
    let world = World::new().await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;

    let busy = lock(&world).await;
    let push = fan.compose(hello());
    let started = Instant::now();
    let first = push.deliver().await;
    assert_eq!(first.text(), Some("在的"));
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    let second = push.deliver().await;
    assert_eq!(second.response, first.response, "a repeat is answered from the journal");
    drop(busy);

    world.until_count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'", 1).await;
    assert_eq!(push.deliver().await.response, first.response, "and from the database afterwards");
}

#[tokio::test]
async fn a_crash_while_messages_lie_in_the_journal_loses_none() {
    let mut world = World::new().await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fans = [world.fan().await, world.fan().await, world.fan().await];

    let busy = lock(&world).await;
    let pushes: Vec<_> = fans.iter().map(|fan| fan.compose(hello())).collect();
    for answered in futures_util::future::join_all(pushes.iter().map(|push| push.deliver())).await {
        assert_eq!(answered.text(), Some("在的"));
    }
    world.node.kill();
    drop(busy);
    world.start_again();

    world.until_count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'", 3).await;
}

#[tokio::test]
async fn when_the_journal_fails_too_wechat_is_asked_to_deliver_again() {
    let world = World::new().await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;
    let journal = world.place.data.path().join("journal");
    std::fs::remove_dir_all(&journal).unwrap();
    std::fs::write(&journal, "a file where the folder should be").unwrap();

    let busy = lock(&world).await;
    let push = fan.compose(hello());
    assert_eq!(push.deliver().await.status, Some(500));
    drop(busy);
    std::fs::remove_file(&journal).unwrap();
    std::fs::create_dir(&journal).unwrap();

    assert_eq!(push.deliver().await.text(), Some("在的"));
    world.until_count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'", 1).await;
}

#[tokio::test]
async fn a_database_that_is_gone_is_as_good_as_a_busy_one() {
    let world = World::new().await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;
    let gone = Gone::away(&world).await;

    let push = fan.compose(hello());
    assert_eq!(push.deliver().await.text(), Some("在的"));
    let ready = reqwest::get(format!("{}/readyz", world.node.url)).await.unwrap();
    if world.place.is_postgres() {
        assert_eq!(ready.status(), 503);
    }
    gone.back(&world).await;

    world.until_count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'", 1).await;
    assert_eq!(reqwest::get(format!("{}/readyz", world.node.url)).await.unwrap().status(), 200);
}

/// PostgreSQL refuses connections to the database; SQLite's table is renamed away, so that every insert fails at once.
struct Gone(Option<puzi_shop::db::Db>);

impl Gone {
    async fn away(world: &World) -> Self {
        if !world.place.is_postgres() {
            world.db.execute("ALTER TABLE messages RENAME TO messages_gone", []).await.unwrap();
            return Self(None);
        }
        let admin = puzi_shop::db::Db::connect(&std::env::var("PUZI_TEST_DATABASE").unwrap()).await.unwrap();
        let name = world.place.database_url.rsplit('/').next().unwrap();
        for sql in [
            format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"),
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
        ] {
            admin.read().execute_unprepared(&sql).await.unwrap();
        }
        Self(Some(admin))
    }

    async fn back(self, world: &World) {
        let Some(admin) = self.0 else {
            world.db.execute("ALTER TABLE messages_gone RENAME TO messages", []).await.unwrap();
            return;
        };
        let name = world.place.database_url.rsplit('/').next().unwrap();
        let sql = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true");
        admin.read().execute_unprepared(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn a_full_disk_is_as_good_as_a_busy_database() {
    let world = World::new().await;
    if world.place.is_postgres() {
        return;
    }
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;
    // SQLite's own "database or disk is full", in the node's connections too: the limit is stored in no file, so the
    // trigger raises the same kind of failure for every connection.
    let full = "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";
    world.db.execute(full, []).await.unwrap();
    let push = fan.compose(hello());
    assert_eq!(push.deliver().await.text(), Some("在的"));
    world.db.execute("DROP TRIGGER full", []).await.unwrap();
    world.until_count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'", 1).await;
}
