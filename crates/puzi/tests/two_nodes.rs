//! Two nodes on one PostgreSQL: one message to both at once is stored once and answered the same.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

mod common;

use common::{SLUG, World, keyword, text};
use puzi_shop::replies::Answer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_message_to_both_nodes_at_once_is_stored_once_and_answered_the_same() {
    let world = World::in_mode(puzi_wechat::envelope::Mode::Encrypted).await;
    if !world.place.is_postgres() {
        return;
    }
    let several = Answer::OneOf { answers: (0..50).map(|n| Answer::text(format!("第 {n} 种"))).collect() };
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
    let world = World::new().await;
    if !world.place.is_postgres() {
        return;
    }
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = asked.clone();
    let answer = move || async move {
        let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
        format!("答复 {n}")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let routes = axum::Router::new().route("/", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let webhook = Answer::Webhook { url, secret: puzi_shop::replies::WebhookSecret::default(), timeout_ms: 4_000 };
    world.rule(keyword("查快递", webhook)).await;
    let other = world.place.start_node();
    let fan = world.fan().await;

    let push = fan.compose(text("查快递"));
    let urls = [world.node.callback(SLUG), other.callback(SLUG)];
    let (one, two) = tokio::join!(push.deliver_to(&urls[0]), push.deliver_to(&urls[1]));

    assert_eq!(one.text(), Some("答复 1"));
    assert_eq!(one.response, two.response);
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
}
