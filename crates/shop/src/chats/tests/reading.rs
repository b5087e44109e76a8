//! Records are read whole, kept once and shown once, whatever happens meanwhile.

use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    accounts::Reach,
    audit::Actor,
    runs::{Kind, Runs, State},
};

#[tokio::test]
async fn the_same_window_read_twice_and_by_two_nodes_is_kept_once() {
    let world = World::new().await;
    let at = a_while_ago();
    for n in 0..450 {
        world.says(at - n % 90, if n % 2 == 0 { 2002 } else { 2003 }, &format!("第 {n} 句"));
    }
    let there = Chats::new(&world.database.second_node().await, &world.chats.registry);
    let (here, there) = tokio::join!(world.chats.read_on(world.account_id), there.read_on(world.account_id));
    here.unwrap();
    there.unwrap();
    assert_eq!(world.records().await, 450);
    let counted = "SELECT SUM(asked + by_agent) AS n FROM chat_hours";
    assert_eq!(world.number(counted).await, 450);
    world.forget_the_place().await;
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!((world.records().await, world.number(counted).await), (450, 450));
}

#[tokio::test]
async fn a_node_that_dies_between_two_commits_leaves_nothing_twice() {
    let world = World::new().await;
    let at = a_while_ago();
    for n in 0..450 {
        world.says(at - n / 5, 2003, &format!("第 {n} 句"));
    }
    // The first commit only: what a node has done that dies then.
    let records: Vec<_> = {
        let body = json!({"starttime": 0, "endtime": at, "msgid": 1, "number": 10_000});
        let shown = world.shelf.lock().unwrap().answer(&request(&body));
        serde_json::from_value(shown["recordlist"].clone()).unwrap()
    };
    let said = record::named(&records);
    keep::keep(&world.db, world.account_id, &said[..200]).await.unwrap();
    assert_eq!(world.records().await, 200);
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!(world.records().await, 450);
    assert_eq!(world.number("SELECT SUM(asked) AS n FROM chat_hours").await, 450);
}

fn request(body: &Json) -> Request {
    Request {
        url: "http://localhost/".parse().unwrap(),
        method: "POST".parse().unwrap(),
        headers: wiremock::http::HeaderMap::new(),
        body: body.to_string().into_bytes(),
    }
}

#[tokio::test]
async fn equal_words_of_one_second_are_all_kept_and_a_late_one_too() {
    let world = World::new().await;
    let at = a_while_ago();
    for _ in 0..3 {
        world.says(at, 2003, "好的");
    }
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!(world.records().await, 3);
    world.says(at, 2003, "好的");
    world.chats.read_on(world.account_id).await.unwrap();
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!(world.records().await, 4);
}

#[tokio::test]
async fn a_border_in_the_middle_of_a_second_loses_and_doubles_nothing() {
    let world = World::new().await;
    let now = now_ms() / 1_000;
    // One a second, also where two spans meet.
    for second in now - 2 * 3_600 - 60..now - 40 {
        world.says(second, 2003, "滴答");
    }
    world.run("UPDATE service_reading SET read_at = 0").await;
    world.chats.read_on(world.account_id).await.unwrap();
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!(world.records().await, 2 * 3_600 + 20);
}

#[tokio::test]
async fn more_than_a_page_is_halved_in_time() {
    let world = World::new().await;
    let at = a_while_ago();
    for n in 0..10_001 {
        world.says(at - n % 60, 2003, &format!("{n}"));
    }
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!(world.records().await, 10_001);
}

#[tokio::test]
async fn a_second_with_more_than_a_page_is_paged_whether_pages_repeat_their_border_or_not() {
    for repeats in [false, true] {
        let world = World::new().await;
        let at = a_while_ago();
        for n in 0..10_050 {
            world.says(at, 2003, &format!("{n}"));
        }
        world.shelf.lock().unwrap().repeats = repeats;
        world.chats.read_on(world.account_id).await.unwrap();
        assert_eq!(world.records().await, 10_050, "repeats: {repeats}");
    }
}

#[tokio::test]
async fn a_message_that_is_a_record_too_has_one_twin_in_either_order() {
    let world = World::new().await;
    let at = a_while_ago();
    // The push first, then the record: nothing is moved by the record.
    world.pushed(1, "还有龙井吗", at * 1_000 + 400).await;
    world.project().await;
    world.says(at, 2003, "还有龙井吗");
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!((world.records().await, world.alone().await), (1, 0));
    assert_eq!(world.number("SELECT SUM(unread) AS n FROM chats").await, 1);
    assert_eq!(
        world.number("SELECT COALESCE(SUM(asked), 0) AS n FROM chat_hours").await,
        0,
        "the message counts, not it"
    );
    // The record first; the message comes out of a journal.
    world.says(at - 20, 2003, "在吗");
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!(world.alone().await, 1);
    assert_eq!(world.number("SELECT SUM(asked) AS n FROM chat_hours").await, 1);
    world.pushed(2, "在吗", (at - 15) * 1_000).await;
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!((world.records().await, world.alone().await), (2, 0));
    assert_eq!(world.number("SELECT SUM(asked) AS n FROM chat_hours").await, 0);
}

#[tokio::test]
async fn two_equal_messages_and_one_record_are_two_bubbles() {
    let world = World::new().await;
    let at = a_while_ago();
    world.pushed(1, "好的", at * 1_000).await;
    world.pushed(2, "好的", (at + 2) * 1_000).await;
    world.says(at, 2003, "好的");
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!((world.records().await, world.alone().await), (1, 0));
    // A second record finds the other one, and no third does.
    world.says(at + 2, 2003, "好的");
    world.says(at + 3, 2003, "好的");
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!((world.records().await, world.alone().await), (3, 1));
}

#[tokio::test]
async fn an_agents_answer_ends_the_wait_and_a_follower_served_opens_the_window() {
    let world = World::new().await;
    let at = a_while_ago();
    world.pushed(1, "在吗", (at - 60) * 1_000).await;
    world.project().await;
    world.says(at - 30, 2002, "在的");
    world.says(at, 2003, "好");
    world.chats.read_on(world.account_id).await.unwrap();
    let chat = "FROM chats WHERE waiting_since IS NULL AND answered_by = 'agent' AND answered_name = 'ming@tea' \
                AND last_inbound AND last_summary = '好' AND unread = 1";
    assert_eq!(world.number(&format!("SELECT COUNT(*) AS n {chat}")).await, 1);
    assert_eq!(world.number("SELECT said_at AS n FROM chats").await, at * 1_000);
    let wait = "SELECT COUNT(*) AS n FROM chat_waits WHERE by_kind = 'agent' AND answered_at - since = 30000";
    assert_eq!(world.number(wait).await, 1);
    assert_eq!(world.number("SELECT SUM(w1m) AS n FROM chat_hours").await, 1);
}

#[tokio::test]
async fn a_refusal_is_noted_and_nothing_moves() {
    let world = World::new().await;
    let before = world.number("SELECT read_until AS n FROM service_reading").await;
    for errcode in [65416, 65417, 48001] {
        world.shelf.lock().unwrap().errcode = errcode;
        world.chats.read_on(world.account_id).await.unwrap();
        let noted =
            format!("SELECT COUNT(*) AS n FROM service_reading WHERE errcode = {errcode} AND problem IS NOT NULL");
        assert_eq!(world.number(&noted).await, 1);
        assert_eq!(world.number("SELECT read_until AS n FROM service_reading").await, before);
    }
    world.shelf.lock().unwrap().errcode = 0;
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM service_reading WHERE problem IS NULL").await, 1);
}

#[tokio::test]
async fn what_was_said_is_found_though_our_clock_is_an_hour_ahead() {
    let world = World::new().await;
    world.chats.read_on(world.account_id).await.unwrap();
    // By WeChat's clock this is now; by ours it was an hour ago, and that was read.
    world.says(now_ms() / 1_000 - 3_600, 2003, "现在");
    world.run("UPDATE service_reading SET read_at = 0").await;
    world.chats.read_on(world.account_id).await.unwrap();
    assert_eq!(world.records().await, 1);
}

#[tokio::test]
async fn reading_back_finds_the_days_before_and_may_be_done_twice() {
    let world = World::new().await;
    let day = 24 * 3_600;
    for days in 1..=4 {
        world.says(now_ms() / 1_000 - days * day + 600, 2003, "旧的");
    }
    let (all, nobody, by) = (Reach::All, Reach::none(), Actor::system());
    let account = world.account_id;
    let kinds = [(Kind::Records, world.chats.back_reader())].into_iter().collect();
    let runs = Runs::new(world.db.clone(), world.chats.registry.clone(), kinds);
    let begin = async |days| world.chats.begin_reading_back(&runs, &by, &all, account, days, None).await;
    let refused = async |days| match begin(days).await {
        Err(crate::Error::Invalid(problems)) => problems[0].key,
        other => panic!("{other:?}"),
    };
    assert_eq!((refused(0).await, refused(31).await), ("chats.records.days", "chats.records.days"));
    let hidden = world.chats.begin_reading_back(&runs, &by, &nobody, account, 3, None).await;
    assert!(matches!(hidden, Err(crate::Error::NotFound)));

    let id = begin(3).await.unwrap();
    assert_eq!(refused(3).await, "chats.records.one_already");
    runs.pause(&by, &all, id).await.unwrap();
    assert_eq!(world.chats.reading_back(&runs, &all, account).await.unwrap().unwrap().id, id);
    runs.resume(&by, &all, id, false).await.unwrap();
    // Given back in the middle: whoever goes on repeats nothing.
    let (stop, mut shown) = (CancellationToken::new(), Vec::new());
    let stopping = stop.clone();
    let cut = runs.drive(&all, id, &stop, |run| {
        shown.push(run.seen);
        if run.seen >= 20 {
            stopping.cancel();
        }
    });
    let cut = cut.await.unwrap();
    assert!(cut.seen >= 20 && cut.seen <= 72, "{cut:?}");
    let done = runs.drive(&all, id, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!((done.state, done.seen, done.total, done.added), (State::Done, 72, Some(72), 3));
    assert_eq!(world.records().await, 3);
    let reading = world.chats.reading(&all, account).await.unwrap().unwrap();
    assert!(reading.back_until.unwrap() < now_ms() / 1_000 - 72 * 3_600);

    let again = begin(3).await.unwrap();
    let again = runs.drive(&all, again, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!((again.state, again.added, world.records().await), (State::Done, 0, 3));
}
