//! The database is busy, gone, or the disk refuses: WeChat still gets its answer, or is asked to come again.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::common::{Node, World, keyword, postgres_server, text};
use puzi_shop::replies::{Answer, Draft, Trigger};
use puzi_wechat::envelope::Mode;
use sea_orm::ConnectionTrait;

fn hello() -> puzi_sandbox::Action {
    text("在吗")
}

#[tokio::test]
async fn while_the_database_is_busy_messages_wait_in_the_journal_and_are_answered() {
    let world = World::new().await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;

    let busy = world.lock().await;
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
async fn repeats_during_an_outage_get_the_same_bytes() {
    let world = World::in_mode(Mode::Encrypted).await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;

    let busy = world.lock().await;
    let (push, other) = (fan.compose(hello()), fan.compose(hello()));
    // Two at once, and one that comes in another second while the first still waits for the database.
    let (one, two, (first, second)) = tokio::join!(push.deliver(), push.deliver(), async {
        tokio::join!(other.deliver(), async {
            tokio::time::sleep(Duration::from_millis(1_100)).await;
            other.deliver().await
        })
    });
    assert_eq!((one.text(), first.text()), (Some("在的"), Some("在的")));
    assert_eq!(one.response, two.response);
    assert_eq!(first.response, second.response);
    drop(busy);

    world.until_ready().await;
    assert_eq!(push.deliver().await.response, one.response, "and from the database afterwards");
    assert_eq!(other.deliver().await.response, first.response);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'").await, 2);
}

#[tokio::test]
async fn after_a_crash_during_an_outage_a_repeat_gets_the_same_bytes() {
    let mut world = World::in_mode(Mode::Encrypted).await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;

    let busy = world.lock().await;
    let push = fan.compose(hello());
    let first = push.deliver().await;
    assert_eq!(first.text(), Some("在的"));
    world.node.kill();
    // Another second: what is answered anew would have another time.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    world.start_again();
    let again = push.deliver_to(&world.node.callback(crate::common::SLUG)).await;
    assert_eq!(again.response, first.response, "{again:?}");
    drop(busy);

    world.until_ready().await;
    assert_eq!(push.deliver_to(&world.node.callback(crate::common::SLUG)).await.response, first.response);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'").await, 1);
}

#[tokio::test]
async fn a_crash_while_messages_lie_in_the_journal_loses_none() {
    let mut world = World::new().await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fans = [world.fan().await, world.fan().await, world.fan().await];

    let busy = world.lock().await;
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

    let busy = world.lock().await;
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
    assert!(!world.node.is_ready().await, "a message waits");
    gone.back(&world).await;

    world.until_count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'", 1).await;
    world.until_ready().await;
}

/// PostgreSQL refuses connections to the database; SQLite's table is renamed away, so that every insert fails at once.
struct Gone(Option<puzi_shop::db::Db>);

impl Gone {
    async fn away(world: &World) -> Self {
        if !world.place.is_postgres() {
            world.db.execute("ALTER TABLE messages RENAME TO messages_gone", []).await.unwrap();
            return Self(None);
        }
        let admin = puzi_shop::db::Db::connect(&postgres_server().unwrap()).await.unwrap();
        let name = world.place.database_name();
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
        let name = world.place.database_name();
        let sql = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true");
        admin.read().execute_unprepared(&sql).await.unwrap();
    }
}

/// Bytes that a file of the node's may have: the write-ahead log is full after some messages.
const DISK: u64 = 2 << 20;
/// Less than the log has by then, and room enough for a file of the journal.
const NOT_EVEN_A_PAGE: u64 = 256 << 10;

/// `command` on a disk of [`DISK`] bytes a file. What does not fit fails, as on a full disk (only the words differ:
/// "file too large" for "no space left", SQLite's "disk I/O error" for "disk is full"), and kills nobody.
fn on_a_small_disk(command: &Command) -> Command {
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", DISK / 512);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// Gives the files of `node` room for `bytes`.
fn resize_disk(node: &Node, bytes: &str) {
    let room = format!("--fsize={bytes}:");
    let resized = Command::new("prlimit").args(["--pid", &node.id().to_string(), &room]).status().unwrap();
    assert!(resized.success());
}

#[tokio::test]
async fn a_full_disk_is_as_good_as_a_busy_database() {
    if crate::common::postgres_server().is_some() {
        return println!("does not apply: PostgreSQL's disk is not the node's");
    }
    if Command::new("prlimit").arg("--version").output().is_err() {
        return println!("left out: prlimit of util-linux is missing");
    }
    let mut world = World::new().await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    world.rule(keyword("我是谁", Answer::text("您是{nickname}"))).await;
    world.save_rule(Draft::new("rest", Trigger::Default, Answer::text("收到"))).await;
    world.node.kill();
    world.move_to(Node::start(on_a_small_disk(&world.place.serve())));
    let fan = world.fan().await;

    let mut written = 0;
    let long = "长".repeat(15_000);
    while world.node.metric("puzi_journal_waiting").await == Some(0.0) {
        assert_eq!(fan.compose(text(&long)).deliver().await.text(), Some("收到"), "message {written}");
        written += 1;
        assert!(written < 100, "the disk is not small");
    }
    assert!(written > 5, "the database took some");
    // Now what is not a message fails too: the pool's connections must come out of that unhurt.
    resize_disk(&world.node, &NOT_EVEN_A_PAGE.to_string());
    for _ in 0..10 {
        world.wechat.verify_url(crate::common::APPID).await.unwrap();
    }
    assert!(world.accounts.get(crate::common::SLUG).await.unwrap().verified_at.is_none());
    assert_eq!(fan.compose(hello()).deliver().await.text(), Some("在的"));
    assert!(!world.node.is_ready().await);

    resize_disk(&world.node, "unlimited");
    world.until_ready().await;
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'").await, written + 1);
    world.wechat.verify_url(crate::common::APPID).await.unwrap();
    assert!(world.accounts.get(crate::common::SLUG).await.unwrap().verified_at.is_some());
    let greeting = format!("您是{}", fan.nickname());
    assert_eq!(fan.text("我是谁").await.text(), Some(greeting.as_str()));
    assert_eq!(world.value::<String>("SELECT nickname AS n FROM followers", []).await, fan.nickname());
    let mut changed = keyword("在吗", Answer::text("不在")).priority(9);
    changed.name = "changed".into();
    world.rule(changed).await;
    assert_eq!(fan.text("在吗").await.text(), Some("不在"));
}
