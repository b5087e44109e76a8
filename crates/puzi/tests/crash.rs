//! `kill -9` under load: what WeChat got an answer for is in the database afterwards.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use common::{APPID, World, keyword, text};
use puzi_shop::replies::Answer;
use sea_orm::{ConnectionTrait, Statement};

const KILLS: usize = 20;
const FANS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_under_load_lose_nothing_that_was_answered() {
    let mut world = World::new().await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let mut fans = Vec::new();
    for _ in 0..FANS {
        fans.push(Arc::new(world.wechat.new_phone(APPID)));
    }
    let mut answered: Vec<String> = Vec::new();
    for kill in 0..KILLS {
        let stop = Arc::new(AtomicBool::new(false));
        let url = world.node.callback(common::SLUG);
        let loads: Vec<_> = fans.iter().map(|fan| tokio::spawn(load(fan.clone(), url.clone(), stop.clone()))).collect();
        tokio::time::sleep(Duration::from_millis(150 + 17 * kill as u64)).await;
        world.node.kill();
        stop.store(true, Ordering::SeqCst);
        let before = answered.len();
        for load in loads {
            answered.extend(load.await.unwrap());
        }
        assert!(answered.len() > before, "round {kill}: nobody was answered before the kill");
        world.start_again();
    }
    world.until_count("SELECT COUNT(*) AS n FROM messages WHERE answer_state = 'answering'", 0).await;
    let connection = world.db.read();
    let sql = "SELECT payload AS n FROM messages";
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    let stored: std::collections::HashSet<String> = rows.iter().map(|row| msg_id(&row.try_get::<String>("", "n").unwrap())).collect();
    let lost: Vec<_> = answered.iter().filter(|id| !stored.contains(*id)).collect();
    assert!(lost.is_empty(), "{} of {} answered messages are lost", lost.len(), answered.len());
    assert_eq!(rows.len(), stored.len(), "none is stored twice");
    println!("{} messages answered, {} stored", answered.len(), stored.len());
}

/// Writes until told to stop; gives the ids of the messages that were answered.
async fn load(fan: Arc<puzi_sandbox::Phone>, url: String, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut answered = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let push = fan.compose(text("在吗"));
        if push.deliver_to(&url).await.text() == Some("在的") {
            answered.push(msg_id(push.message()));
        }
    }
    answered
}

fn msg_id(xml: &str) -> String {
    let after = xml.split("<MsgId>").nth(1).unwrap();
    after.split("</MsgId>").next().unwrap().to_owned()
}
