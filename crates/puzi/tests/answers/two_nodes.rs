//! Two nodes on one PostgreSQL: one message to both at once is stored once and answered the same. These tests need
//! `PUZI_TEST_DATABASE`; on SQLite, which is one machine's, they say so and do nothing.

use crate::common::{Merchant, SLUG, World, keyword, text};
use puzi_shop::replies::Answer;

fn applies() -> bool {
    let applies = crate::common::postgres_server().is_some();
    if !applies {
        println!("does not apply: two nodes need PostgreSQL, and PUZI_TEST_DATABASE names none");
    }
    applies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_message_to_both_nodes_at_once_is_stored_once_and_answered_the_same() {
    if !applies() {
        return;
    }
    let world = World::in_mode(puzi_wechat::envelope::Mode::Encrypted).await;
    let several = Answer::OneOf { answers: (0..20).map(|n| Answer::text(format!("第 {n} 种"))).collect() };
    world.rule(keyword("抽签", several)).await;
    let other = world.place.start_node();
    let mut fans = Vec::new();
    for _ in 0..20 {
        fans.push(world.fan().await);
    }
    for _ in 0..5 {
        let rounds = fans.iter().map(|fan| async {
            let push = fan.compose(text("抽签"));
            let urls = [world.node.callback(SLUG), other.callback(SLUG)];
            let (one, two) = tokio::join!(push.deliver_to(&urls[0]), push.deliver_to(&urls[1]));
            assert!(one.text().is_some(), "{one:?}");
            assert_eq!(one.response, two.response);
        });
        futures_util::future::join_all(rounds).await;
    }
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'").await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_answer_is_computed_on_one_node_and_given_by_both() {
    if !applies() {
        return;
    }
    let world = World::new().await;
    let merchant = Merchant::answering(std::time::Duration::from_millis(1_200)).await;
    world.rule(keyword("查快递", merchant.answer())).await;
    let other = world.place.start_node();
    let fan = world.fan().await;

    let push = fan.compose(text("查快递"));
    let urls = [world.node.callback(SLUG), other.callback(SLUG)];
    let (one, two) = tokio::join!(push.deliver_to(&urls[0]), push.deliver_to(&urls[1]));

    assert_eq!(one.text(), Some("答复 1"));
    assert_eq!(one.response, two.response);
    assert_eq!(merchant.asked(), 1);
}
