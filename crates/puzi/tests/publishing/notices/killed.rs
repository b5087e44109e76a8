//! A process that dies while it tells WeChat, and answers that are lost on the way.

use std::time::Duration;

use super::{NOTIFY, SEND, Shop};
use crate::common::until;

/// Begins a notice whose call has its effect while the answer stays away, and kills the node in the middle.
async fn killed_in_the_call(shop: &mut Shop, template: &str) -> i64 {
    shop.world.wechat.faults().update(|faults| faults.api_late_ms = 3_000);
    let id = shop.send(template).await;
    // The sandbox has done it when the notice is on its way to the phone.
    shop.until_state(id, "sending").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    shop.world.node.kill();
    shop.world.wechat.faults().update(|faults| faults.api_late_ms = 0);
    shop.world.start_again();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_ten_minutes_a_template_message_is_asked_for_again_and_arrives_once() {
    let mut shop = Shop::new().await;
    let template = shop.template.clone();
    let id = killed_in_the_call(&mut shop, &template).await;
    let over = "SELECT COUNT(*) AS n FROM notices WHERE state = 'sending'";
    assert_eq!(shop.world.count(over).await, 1);
    shop.end_leases().await;
    until("it is told of", Duration::from_secs(30), async || {
        shop.hurry().await;
        ["accepted", "delivered"].contains(&shop.state(id).await.as_str())
    })
    .await;
    shop.until_state(id, "delivered").await;
    assert_eq!(shop.cards().len(), 1, "{:?}", shop.cards());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ten_minutes_nobody_knows_and_a_person_decides() {
    let mut shop = Shop::new().await;
    let template = shop.template.clone();
    let id = killed_in_the_call(&mut shop, &template).await;
    shop.world.db.execute("UPDATE notices SET doubt_at = doubt_at - 600000", []).await.unwrap();
    shop.end_leases().await;
    shop.until_state(id, "unknown").await;
    shop.hurry().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((shop.cards().len(), shop.state(id).await.as_str()), (1, "unknown"));
    let (status, _) = shop.post(&format!("notices/{id}/again"), &serde_json::json!({})).await;
    assert_eq!(status, 200);
    shop.until_state(id, "delivered").await;
    assert_eq!(shop.cards().len(), 2, "somebody decided that twice is better than not at all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_whose_process_died_is_not_repeated_and_its_event_tells_the_truth() {
    let mut shop = Shop::new().await;
    let template = shop.subscribe.clone();
    shop.fan.agree_to_notice(&template).await;
    shop.fan.agree_to_notice(&template).await;
    let id = killed_in_the_call(&mut shop, &template).await;
    // Either the event came while it was sending, or after nobody knew.
    shop.end_leases().await;
    until("its end is known", Duration::from_secs(30), async || {
        ["delivered", "unknown"].contains(&shop.state(id).await.as_str())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(shop.cards().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_repeats_what_wechat_remembers_and_nothing_else() {
    let shop = Shop::new().await;
    shop.world.wechat.faults().update(|faults| {
        faults.api_lost.insert(SEND.into(), 2);
        faults.api_lost.insert(NOTIFY.into(), 1);
    });
    shop.fan.agree_to_notice(&shop.subscribe).await;
    shop.fan.agree_to_notice(&shop.subscribe).await;
    let message = shop.send(&shop.template).await;
    until("it is taken", Duration::from_secs(30), async || {
        shop.hurry().await;
        ["accepted", "delivered"].contains(&shop.state(message).await.as_str())
    })
    .await;
    shop.until_state(message, "delivered").await;
    let notification = shop.send(&shop.subscribe).await;
    until("its end is known", Duration::from_secs(30), async || {
        ["delivered", "unknown"].contains(&shop.state(notification).await.as_str())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(shop.cards().len(), 2, "each once: {:?}", shop.cards());
}
