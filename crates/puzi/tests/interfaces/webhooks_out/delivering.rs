//! From a message to the receiver, through everything that can come between.

use std::time::{Duration, Instant};

use puzi_shop::{accounts::Reach, webhooks::Webhooks};
use serde_json::json;

use crate::common;
use crate::webhooks_out::{
    Shop, by,
    receiver::{Manner, Receiver},
    timing,
};

#[tokio::test]
async fn what_happens_is_told_once_signed_and_to_its_own_account() {
    let (shop, receiver, elsewhere) = (Shop::new().await, Receiver::good().await, Receiver::good().await);
    let (_, key) = shop.endpoint("erp", &receiver).await;
    let (_, other_key) = shop.endpoint_at(shop.other.id, "erp", &elsewhere.url).await;
    let running = shop.run();
    shop.message("你好").await;
    let asked = receiver.until_asked(1).await.remove(0);
    assert_eq!(asked.header("content-type"), "application/json");
    assert!(asked.is_signed_by(&key) && !asked.is_signed_by(&other_key));
    assert_eq!(asked.header("webhook-replay"), "");
    let body = asked.json();
    assert_eq!(body["id"], asked.id());
    assert_eq!((&body["type"], &body["account"]), (&json!("message.received"), &json!("tea")));
    assert_eq!((&body["data"]["text"], &body["data"]["openid"]), (&json!("你好"), &json!("oA")));
    shop.until_state("delivered", 1).await;
    running.end().await;
    assert_eq!((receiver.asked().len(), elsewhere.asked().len()), (1, 0));
}

#[tokio::test]
async fn an_endpoint_hears_nothing_of_the_time_before_it() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    shop.message("before").await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    shop.endpoint("erp", &receiver).await;
    let _running = shop.run();
    shop.message("after").await;
    let asked = receiver.until_asked(1).await;
    assert_eq!(asked[0].json()["data"]["text"], "after");
    shop.until_state("delivered", 1).await;
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries").await, 1);
}

#[tokio::test]
async fn only_what_is_asked_for_is_told() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    let edit =
        puzi_shop::webhooks::WebhookEdit { events: Some(vec!["follower.followed".into()]), ..Default::default() };
    shop.webhooks.edit(&by(), &Reach::All, webhook.id, None, edit).await.unwrap();
    let _running = shop.run();
    shop.message("nobody asked").await;
    shop.until_count(
        "SELECT COUNT(*) AS n FROM message_cursors WHERE name = 'webhooks' AND done_id >= (SELECT MAX(id) FROM messages)",
        1,
    )
    .await;
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries").await, 0);
}

#[tokio::test]
async fn what_fails_is_told_again_under_the_same_id_until_it_is_taken() {
    let (shop, receiver) = (Shop::new().await, Receiver::that(Manner::Says(500, "no")).await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    let running = shop.run();
    shop.message("a").await;
    receiver.until_asked(3).await;
    receiver.becomes(Manner::Says(204, ""));
    shop.until_state("delivered", 1).await;
    running.end().await;
    let asked = receiver.asked();
    assert!(asked.iter().all(|one| one.id() == asked[0].id() && one.body == asked[0].body));
    let latest = shop.webhooks.latest(&Reach::All, webhook.id, 9).await.unwrap();
    let detail = shop.webhooks.delivery(&Reach::All, latest[0].id).await.unwrap();
    let seen: Vec<_> = detail.attempts.iter().map(|one| (one.attempt, one.status, one.error.as_deref())).collect();
    assert_eq!(seen[0], (1, Some(500), Some("status")));
    assert_eq!(detail.attempts[0].answer.as_deref(), Some("no"));
    assert_eq!(seen.last().unwrap(), &(asked.len() as i32, Some(204), None));
    assert_eq!(shop.webhooks.get(&Reach::All, webhook.id).await.unwrap().failures, 0);
}

#[tokio::test]
async fn after_nine_attempts_it_has_failed() {
    let (shop, receiver) = (Shop::new().await, Receiver::that(Manner::Says(500, "no")).await);
    shop.endpoint("erp", &receiver).await;
    let running = shop.run();
    shop.message("a").await;
    shop.until_state("failed", 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.end().await;
    assert_eq!(receiver.asked().len(), 9);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM delivery_attempts").await, 9);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_nothing_more() {
    let (shop, receiver) = (Shop::new().await, Receiver::that(Manner::Says(410, "")).await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    let _running = shop.run();
    shop.message("a").await;
    shop.until_state("failed", 1).await;
    let after = shop.webhooks.get(&Reach::All, webhook.id).await.unwrap();
    assert_eq!((after.state.as_str(), after.note.as_deref()), ("paused", Some("gone")));
    shop.message("b").await;
    shop.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'waiting' AND next_at IS NULL", 1).await;
    assert_eq!(receiver.asked().len(), 1);
    // Resumed by somebody who knows better, it hears what waited.
    receiver.becomes(Manner::Says(200, ""));
    shop.webhooks.resume(&by(), &Reach::All, webhook.id).await.unwrap();
    assert_eq!(receiver.until_asked(2).await[1].json()["data"]["text"], "b");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_an_endless_answer_is_an_answer() {
    let (shop, inside) = (Shop::new().await, Receiver::good().await);
    let receiver = Receiver::that(Manner::Redirects(inside.url.clone())).await;
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    let attempted = shop.webhooks.test(&by(), &Reach::All, webhook.id).await.unwrap();
    assert_eq!((attempted.status, attempted.error.as_deref()), (Some(302), Some("redirect")));
    receiver.becomes(Manner::Redirects("http://169.254.169.254/latest/meta-data".into()));
    assert!(!shop.webhooks.test(&by(), &Reach::All, webhook.id).await.unwrap().is_good());
    assert_eq!(inside.asked().len(), 0);

    receiver.becomes(Manner::Endless);
    let began = Instant::now();
    let attempted = shop.webhooks.test(&by(), &Reach::All, webhook.id).await.unwrap();
    assert!(attempted.is_good() && began.elapsed() < Duration::from_secs(2));
    assert_eq!(attempted.answer.unwrap().len(), 1024);

    let ping = receiver.asked().pop().unwrap();
    assert_eq!(ping.json()["type"], "ping");
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries").await, 0);
}

#[tokio::test]
async fn a_slow_endpoint_holds_up_nobody_else() {
    let (shop, quick) = (Shop::new().await, Receiver::good().await);
    let slow = Receiver::that(Manner::Sleeps(Duration::from_secs(30))).await;
    shop.endpoint("slow", &slow).await;
    for _ in 0..60 {
        shop.message("for the slow one").await;
    }
    let _running = shop.run();
    slow.until_asked(4).await;
    shop.endpoint("quick", &quick).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let began = Instant::now();
    for _ in 0..20 {
        shop.message("a").await;
    }
    quick.until_asked(20).await;
    assert!(began.elapsed() < Duration::from_millis(1_500), "{:?}", began.elapsed());
    assert_eq!(slow.asked().len(), 4, "it takes its four places and no more");
}

#[tokio::test]
async fn a_busy_receiver_says_when_to_come_again() {
    let (shop, receiver) = (Shop::new().await, Receiver::that(Manner::Busy("60")).await);
    shop.endpoint("erp", &receiver).await;
    let _running = shop.run();
    shop.message("a").await;
    shop.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'waiting' AND attempts = 1", 1).await;
    let next = shop.count("SELECT next_at AS n FROM deliveries").await - puzi_shop::db::now_ms();
    assert!((50_000..=61_000).contains(&next), "{next}");
}

#[tokio::test]
async fn two_nodes_tell_it_once() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    shop.endpoint("erp", &receiver).await;
    let second = shop.place.connect().await;
    let other = Webhooks::in_time(
        second,
        shop.vault.clone(),
        puzi_shop::outward::Guard::allowing(["127.0.0.1"]).unwrap(),
        timing(),
    );
    let (one, two) = (shop.run(), crate::webhooks_out::Running::start(other));
    for n in 0..40 {
        shop.message(&format!("{n}")).await;
    }
    shop.until_state("delivered", 40).await;
    one.end().await;
    two.end().await;
    let mut ids: Vec<_> = receiver.asked().iter().map(|asked| asked.id().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((receiver.asked().len(), ids.len()), (40, 40));
}

#[tokio::test]
async fn killed_while_sending_it_is_told_again_under_the_same_id() {
    let (shop, receiver) = (Shop::new().await, Receiver::that(Manner::Sleeps(Duration::from_secs(20))).await);
    shop.endpoint("erp", &receiver).await;
    let running = shop.run();
    shop.message("a").await;
    receiver.until_asked(1).await;
    drop(running);
    receiver.becomes(Manner::Says(200, ""));
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'sending'").await, 1);
    // Its lease holds until then, and is over now.
    let _running = shop.run();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.asked().len(), 1, "another node may still be sending it");
    shop.execute("UPDATE deliveries SET next_at = 1", []).await;
    let asked = receiver.until_asked(2).await;
    assert_eq!(asked[0].id(), asked[1].id());
    shop.until_state("delivered", 1).await;
}

#[tokio::test]
async fn a_late_answer_under_a_lost_lease_changes_nothing() {
    let (shop, receiver) = (Shop::new().await, Receiver::that(Manner::Sleeps(Duration::from_millis(600))).await);
    shop.endpoint("erp", &receiver).await;
    let running = shop.run();
    shop.message("a").await;
    receiver.until_asked(1).await;
    // Another node took it meanwhile.
    shop.execute("UPDATE deliveries SET attempts = 2, next_at = 9999999999999", []).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    running.end().await;
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'sending' AND attempts = 2").await, 1);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM delivery_attempts").await, 0);
}

#[tokio::test]
async fn deleted_while_waiting_it_is_cancelled() {
    let (shop, receiver) = (Shop::new().await, Receiver::that(Manner::Says(500, "")).await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    shop.message("a").await;
    let running = shop.run();
    receiver.until_asked(1).await;
    shop.webhooks.delete(&by(), &Reach::All, webhook.id).await.unwrap();
    shop.until_state("cancelled", 1).await;
    let asked = receiver.asked().len();
    shop.message("b").await;
    // The feed has passed it.
    shop.until_count(
        "SELECT COUNT(*) AS n FROM message_cursors WHERE name = 'webhooks' AND done_id >= (SELECT MAX(id) FROM messages)",
        1,
    )
    .await;
    running.end().await;
    assert_eq!(receiver.asked().len(), asked);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries").await, 1);
}

#[tokio::test]
async fn days_without_a_success_are_told_and_then_it_is_paused() {
    let (shop, receiver) = (Shop::new().await, Receiver::that(Manner::Says(500, "")).await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    shop.execute(
        "UPDATE webhooks SET failures = 30, trouble_since = $1",
        [(puzi_shop::db::now_ms() - 25 * 3_600_000).into()],
    )
    .await;
    let _running = shop.run();
    shop.message("a").await;
    shop.until_count("SELECT COUNT(*) AS n FROM webhooks WHERE state = 'failing' AND failing_since > 0", 1).await;
    // One that comes through, and all is well again.
    receiver.becomes(Manner::Says(200, ""));
    shop.until_count("SELECT COUNT(*) AS n FROM webhooks WHERE state = 'active' AND failures = 0", 1).await;
    receiver.becomes(Manner::Says(500, ""));
    shop.execute("UPDATE webhooks SET failures = 30, trouble_since = $1", [1_i64.into()]).await;
    shop.message("b").await;
    shop.until_count("SELECT COUNT(*) AS n FROM webhooks WHERE state = 'paused' AND note = 'failed'", 1).await;
    let audited = "SELECT COUNT(*) AS n FROM audit_log WHERE actor_kind = 'system' AND subject_kind = 'webhooks'";
    assert_eq!(shop.count(audited).await, 3);
    assert_eq!(shop.webhooks.get(&Reach::All, webhook.id).await.unwrap().version, 1, "nobody's form is out of date");
    common::until("it is quiet", Duration::from_secs(5), async || {
        shop.count("SELECT COUNT(*) AS n FROM deliveries WHERE next_at IS NOT NULL").await == 0
    })
    .await;
}

#[tokio::test]
async fn what_is_old_goes_and_what_waited_too_long_is_cancelled() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    shop.webhooks.pause(&by(), &Reach::All, webhook.id).await.unwrap();
    let insert = "INSERT INTO deliveries (account_id, webhook_id, event_id, event, payload, state, attempts, copy, \
                  created_at) VALUES ($1, $2, $3, 'ping', '{}', $4, 0, 0, $5)";
    let day = 24 * 3_600_000;
    for (state, days) in
        [("delivered", 8), ("delivered", 6), ("failed", 31), ("failed", 29), ("waiting", 8), ("waiting", 6)]
    {
        let at = puzi_shop::db::now_ms() - days * day;
        let values =
            [shop.account.id.into(), webhook.id.into(), format!("{state}{days}").into(), state.into(), at.into()];
        shop.execute(insert, values).await;
    }
    shop.execute("INSERT INTO delivery_attempts (delivery_id, attempt, at, us) SELECT id, 1, 0, 0 FROM deliveries", [])
        .await;
    let running = shop.run();
    shop.until_count("SELECT COUNT(*) AS n FROM deliveries", 4).await;
    shop.until_state("cancelled", 1).await;
    running.end().await;
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM delivery_attempts").await, 4);
    assert_eq!(
        shop.count("SELECT COUNT(*) AS n FROM deliveries WHERE event_id IN ('delivered8', 'failed31')").await,
        0
    );
}

#[tokio::test]
async fn what_waited_for_days_is_kept_from_its_end_on() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    let now = puzi_shop::db::now_ms();
    let insert = "INSERT INTO deliveries (account_id, webhook_id, event_id, event, payload, state, attempts, copy, \
                  created_at, done_at) VALUES ($1, $2, $3, 'ping', '{}', 'delivered', 1, 0, $4, $5)";
    for (name, came, done) in [("late", now - 9 * 24 * 3_600_000, now), ("old", 1, 2)] {
        let values = [shop.account.id.into(), webhook.id.into(), name.into(), came.into(), done.into()];
        shop.execute(insert, values).await;
    }
    let running = shop.run();
    shop.until_count("SELECT COUNT(*) AS n FROM deliveries", 1).await;
    running.end().await;
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries WHERE event_id = 'late'").await, 1);
}

#[tokio::test]
async fn a_last_attempt_that_was_cut_off_has_failed_also_after_a_pause() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    let insert = "INSERT INTO deliveries (account_id, webhook_id, event_id, event, payload, state, attempts, next_at, copy, \
                  created_at) VALUES ($1, $2, 'cut', 'ping', '{}', 'sending', 9, 1, 0, 1795320000000)";
    shop.execute(insert, [shop.account.id.into(), webhook.id.into()]).await;
    shop.webhooks.pause(&by(), &Reach::All, webhook.id).await.unwrap();
    let running = shop.run();
    shop.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'waiting' AND next_at IS NULL", 1).await;
    shop.webhooks.resume(&by(), &Reach::All, webhook.id).await.unwrap();
    shop.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'failed' AND last_error = 'interrupted'", 1)
        .await;
    running.end().await;
    assert_eq!(receiver.asked().len(), 0);
}

#[tokio::test]
async fn a_message_that_came_by_itself_is_told_however_often_its_refused_push_was_replayed() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    shop.endpoint("erp", &receiver).await;
    shop.message("came by itself").await;
    shop.message("brought in").await;
    // Both were replayed before the feed came to them; one of them was among the messages already.
    let replayed = "INSERT INTO replays (account_id, source, source_id, message_id, state, answer_wanted, \
                    webhooks_wanted, stored_here, form, by_kind, by_name, created_at) \
                    SELECT account_id, 'refused', id, id, 'stored', FALSE, FALSE, summary = 'brought in', \
                    'form-' || summary, 'staff', 'x', 1 FROM messages";
    shop.execute(replayed, []).await;
    let running = shop.run();
    shop.until_state("delivered", 1).await;
    running.end().await;
    let asked = receiver.asked();
    assert_eq!((asked.len(), &asked[0].json()["data"]["text"]), (1, &json!("came by itself")));
}
