//! `kill -9` under load: what WeChat got an answer for is in the database afterwards.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::common::{APPID, World, keyword, text, until};
use puzi_sandbox::Phone;
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
        let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let url = world.node.callback(crate::common::SLUG);
        let load = |fan: &Arc<Phone>| tokio::spawn(load(fan.clone(), url.clone(), stop.clone(), answers.clone()));
        let loads: Vec<_> = fans.iter().map(load).collect();
        until("somebody is answered", Duration::from_secs(20), async || answers.load(Ordering::SeqCst) > 0).await;
        tokio::time::sleep(Duration::from_millis(17 * kill as u64)).await;
        world.node.kill();
        stop.store(true, Ordering::SeqCst);
        for load in loads {
            answered.extend(load.await.unwrap());
        }
        world.start_again();
    }
    // What the database was too slow for lies in the journal and is brought in.
    let missing = async || {
        let stored: HashSet<String> = stored(&world).await.into_iter().collect();
        answered.iter().filter(|id| !stored.contains(*id)).count()
    };
    until("every answered message is stored", Duration::from_secs(15), async || missing().await == 0).await;
    let rows = stored(&world).await;
    assert_eq!(rows.len(), rows.iter().collect::<HashSet<_>>().len(), "none is stored twice");
    println!("{} messages answered, {} stored", answered.len(), rows.len());
}

/// The ids of all messages in the database.
async fn stored(world: &World) -> Vec<String> {
    let connection = world.db.read();
    let sql = "SELECT payload AS n FROM messages";
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| msg_id(&row.try_get::<String>("", "n").unwrap())).collect()
}

/// Writes until told to stop; gives the ids of the messages that were answered.
async fn load(fan: Arc<Phone>, url: String, stop: Arc<AtomicBool>, answers: Arc<AtomicUsize>) -> Vec<String> {
    let mut answered = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let push = fan.compose(text("在吗"));
        if push.deliver_to(&url).await.text() == Some("在的") {
            answered.push(msg_id(push.message()));
            answers.fetch_add(1, Ordering::SeqCst);
        }
    }
    answered
}

fn msg_id(xml: &str) -> String {
    let after = xml.split("<MsgId>").nth(1).unwrap();
    after.split("</MsgId>").next().unwrap().to_owned()
}
