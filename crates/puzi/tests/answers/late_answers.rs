//! Answers that take long: within WeChat's time, after it, and when the process dies in between.

use std::time::{Duration, Instant};

use crate::common::{Merchant, World, keyword, text, until};
use puzi_sandbox::{Action, Phone, Side};
use puzi_shop::replies::{Answer, WebhookSecret};

fn ask() -> Action {
    text("查快递")
}

async fn hears(fan: &Phone, text: &str) -> bool {
    let heard =
        fan.wait_for(Duration::from_secs(20), |item| item.side == Side::Account && item.text.as_deref() == Some(text));
    heard.await.is_some()
}

/// What the account said.
fn answers(fan: &Phone) -> Vec<String> {
    fan.chat().into_iter().filter(|item| item.side == Side::Account).filter_map(|item| item.text).collect()
}

#[tokio::test]
async fn a_quick_webhook_answers_within_wechats_time_and_repeats_join_it() {
    let merchant = Merchant::answering(Duration::from_millis(700)).await;
    let world = World::new().await;
    world.rule(keyword("查快递", merchant.answer())).await;
    let fan = world.fan().await;

    let push = fan.compose(ask());
    let (first, second) = tokio::join!(push.deliver(), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        push.deliver().await
    });
    assert_eq!(first.text(), Some("答复 1"));
    assert_eq!(first.response, second.response);
    assert_eq!(push.deliver().await.response, first.response);
    assert_eq!(merchant.asked(), 1, "asked once for all three");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM jobs").await, 0);
}

#[tokio::test]
async fn a_slow_webhook_gets_success_now_and_a_customer_service_message_later() {
    let merchant = Merchant::answering(Duration::from_secs(6)).await;
    let world = World::new().await;
    world.rule(keyword("查快递", merchant.answer())).await;
    let fan = world.fan().await;

    let started = Instant::now();
    let delivery = fan.compose(ask()).deliver().await;
    assert_eq!(delivery.response, "success");
    let took = started.elapsed();
    assert!(took > Duration::from_millis(4_000) && took < Duration::from_secs(5), "{took:?}");

    assert!(hears(&fan, "答复 1").await);
    world.until_count("SELECT COUNT(*) AS n FROM jobs", 0).await;
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE NOT inbound").await, 1);
    assert_eq!(merchant.asked(), 1);
}

#[tokio::test]
async fn an_answer_whose_process_was_killed_is_computed_by_the_next_delivery() {
    let merchant = Merchant::answering(Duration::from_secs(2)).await;
    let mut world = World::new().await;
    world.rule(keyword("查快递", merchant.answer())).await;
    let fan = world.fan().await;

    let push = fan.compose(ask());
    let (_, ()) = tokio::join!(push.deliver(), async {
        merchant.is_asked().await;
        world.node.kill();
    });
    let lease: i64 = world.value("SELECT lease_until AS n FROM messages WHERE kind = 'text'", []).await;
    until("the lease is over", Duration::from_secs(6), async || puzi_shop::db::now_ms() > lease).await;
    world.start_again();
    let again = push.deliver_to(&world.node.callback(crate::common::SLUG)).await;
    assert_eq!(again.text(), Some("答复 2"));
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'").await, 1);
}

#[tokio::test]
async fn an_answer_that_the_database_takes_too_late_is_sent_once_and_not_given() {
    let merchant = Merchant::answering(Duration::from_secs(2)).await;
    let world = World::new().await;
    world.rule(keyword("查快递", merchant.answer())).await;
    let fan = world.fan().await;

    let push = fan.compose(ask());
    let (delivery, ()) = tokio::join!(push.deliver(), async {
        merchant.is_asked().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let busy = world.lock().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(busy);
    });
    assert_eq!((delivery.status, delivery.response.as_str()), (Some(200), "success"), "{delivery:?}");
    assert!(delivery.millis.unwrap() < 5_000, "{delivery:?}");

    assert!(hears(&fan, "答复 1").await);
    world.until_count("SELECT COUNT(*) AS n FROM jobs", 0).await;
    assert_eq!(answers(&fan), ["答复 1"]);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE NOT inbound").await, 1);
    assert_eq!(push.deliver().await.response, "success", "a repeat must not bring it a second time");
    assert_eq!(merchant.asked(), 1);
}

#[tokio::test]
async fn when_wechat_hangs_up_the_answer_is_computed_all_the_same() {
    let merchant = Merchant::answering(Duration::from_secs(2)).await;
    let world = World::new().await;
    world.rule(keyword("查快递", merchant.answer())).await;
    let fan = world.fan().await;

    let push = fan.compose(ask());
    assert!(tokio::time::timeout(Duration::from_secs(1), push.deliver()).await.is_err());
    let second = push.deliver().await;
    assert_eq!(second.text(), Some("答复 1"));
    assert_eq!(push.deliver().await.response, second.response);
    assert_eq!(merchant.asked(), 1);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM jobs").await, 0);
}

#[tokio::test]
async fn a_stop_finishes_the_answers_in_flight() {
    let merchant = Merchant::answering(Duration::from_millis(1_500)).await;
    let mut world = World::new().await;
    world.rule(keyword("查快递", merchant.answer())).await;
    let fan = world.fan().await;

    let push = fan.compose(ask());
    let (answered, ()) = tokio::join!(push.deliver(), async {
        merchant.is_asked().await;
        world.node.terminate();
    });
    assert_eq!(answered.text(), Some("答复 1"));
    assert!(world.node.wait().await, "a good end");
}

#[tokio::test]
async fn a_webhook_that_fails_leaves_the_follower_in_peace_and_the_message_stored() {
    let world = World::new().await;
    let nobody =
        Answer::Webhook { url: "http://127.0.0.1:9/x".into(), secret: WebhookSecret::default(), timeout_ms: 2_000 };
    world.rule(keyword("查快递", nobody)).await;
    let fan = world.fan().await;
    let exchange = fan.text("查快递").await;
    assert_eq!(exchange.deliveries[0].response, "success");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE answer_state = 'failed'").await, 1);
}

#[tokio::test]
async fn a_nickname_is_asked_of_wechat_once() {
    let world = World::new().await;
    world.rule(keyword("我是谁", Answer::text("您是{nickname}"))).await;
    let fan = world.fan().await;
    let expected = format!("您是{}", fan.nickname());
    assert_eq!(fan.text("我是谁").await.text(), Some(expected.as_str()));
    world.wechat.invalidate_tokens(crate::common::APPID);
    assert_eq!(fan.text("我是谁").await.text(), Some(expected.as_str()));
    let nickname: String = world.value("SELECT nickname AS n FROM followers", []).await;
    assert_eq!(nickname, fan.nickname());
}
