//! Killed anywhere: it goes on, and every phone has it exactly once; or it says that nobody knows.

use std::time::Duration;

use puzi_shop::{
    accounts::Reach,
    broadcasts::{PartState, Resolved, State, Whom},
    db::now_ms,
    followers::Filter,
};

use crate::broadcasts::shop::{SEND, SEND_ALL, Shop, new, second};
use crate::common::until;

/// Written, and killed while the call is under way: WeChat has it, and nobody was told.
async fn killed_in_the_call(shop: &mut Shop) -> i64 {
    let id = shop.write(new("茶", Whom::All)).await;
    shop.submit(id).await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 4_000);
    shop.approve(id).await;
    until("the part is being sent", Duration::from_secs(60), async || {
        shop.calls(SEND_ALL) == 1 && shop.parts(id).await[0].state == PartState::Sending
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    shop.kill();
    shop.wechat.faults().update(|faults| faults.api_late_ms = 0);
    id
}

#[tokio::test]
async fn killed_between_effect_and_answer_it_is_sent_once() {
    let mut shop = Shop::with(5).await;
    let id = killed_in_the_call(&mut shop).await;
    assert_eq!(shop.parts(id).await[0].msg_id, None);
    shop.start_again().await;
    shop.until(id, &[State::Done]).await;
    let part = &shop.parts(id).await[0];
    assert!(part.msg_id.is_some() && part.tries >= 2, "{part:?}");
    assert!(shop.openids.iter().all(|openid| shop.got(openid, "茶") == 1));
    let quota = shop.broadcasts.quota(&Reach::All, shop.account.id).await.unwrap();
    assert_eq!(quota.month.used, 1);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_under_the_same_number() {
    let shop = Shop::with(5).await;
    shop.wechat.faults().update(|faults| {
        faults.api_lost.insert(SEND_ALL.into(), 1);
    });
    let id = shop.send(new("茶", Whom::All)).await;
    shop.until(id, &[State::Done]).await;
    assert!(shop.calls(SEND_ALL) >= 2);
    assert!(shop.openids.iter().all(|openid| shop.got(openid, "茶") == 1));
    assert!(shop.parts(id).await[0].msg_id.is_some(), "45065 names the message that was sent");
}

#[tokio::test]
async fn after_a_day_nobody_sends_without_a_person() {
    let mut shop = Shop::with(5).await;
    let id = killed_in_the_call(&mut shop).await;
    let long_ago = now_ms() - 24 * 3_600_000;
    shop.execute("UPDATE broadcast_parts SET first_tried_at = $1", [long_ago.into()]).await;
    shop.start_again().await;
    shop.until(id, &[State::Partly]).await;
    let part = shop.parts(id).await.remove(0);
    assert_eq!((part.state, shop.calls(SEND_ALL)), (PartState::Unsure, 1));
    let all = &shop.broadcasts;
    let refused = all.resolve(&crate::broadcasts::shop::writer(), &Reach::All, (id, part.id), Resolved::NotSent).await;
    assert!(refused.is_err());
    all.resolve(&second(), &Reach::All, (id, part.id), Resolved::WasSent).await.unwrap();
    assert_eq!(shop.parts(id).await[0].state, PartState::Done);
    // WeChat takes its time for what it took before the kill.
    until("it is on the phones", Duration::from_secs(20), async || {
        shop.openids.iter().all(|openid| shop.got(openid, "茶") > 0)
    })
    .await;
    assert!(shop.openids.iter().all(|openid| shop.got(openid, "茶") == 1));
    // It counts among the month's, though its number is not known.
    let quota = all.quota(&Reach::All, shop.account.id).await.unwrap();
    assert_eq!(quota.month.used, 1);
}

#[tokio::test]
async fn what_is_refused_after_a_doubt_is_not_called_unsent() {
    let shop = Shop::with(5).await;
    shop.wechat.faults().update(|faults| {
        faults.api_lost.insert(SEND_ALL.into(), 1);
    });
    let id = shop.write(new("茶", Whom::All)).await;
    shop.submit(id).await;
    shop.approve(id).await;
    shop.until_called(SEND_ALL).await;
    // WeChat has it. What it says to the same call again is nothing about that.
    shop.wechat.faults().update(|faults| {
        faults.refuse.insert(SEND_ALL.into(), 45028);
    });
    let stopped = shop.until(id, &[State::Stopped]).await;
    assert_eq!(stopped.error.as_deref(), Some("broadcast.quota_used"));
    let part = shop.parts(id).await.remove(0);
    assert_eq!((part.state, part.errcode), (PartState::Unsure, Some(45028)), "{part:?}");
    shop.wechat.faults().update(|faults| faults.refuse.clear());
    // To be sent again is what nobody may do to it in passing.
    assert!(shop.broadcasts.retry(&second(), &Reach::All, id).await.is_err());
    shop.broadcasts.resolve(&second(), &Reach::All, (id, part.id), Resolved::WasSent).await.unwrap();
    until("it is on the phones", Duration::from_secs(20), async || shop.got(&shop.openids[0], "茶") > 0).await;
    assert!(shop.openids.iter().all(|openid| shop.got(openid, "茶") == 1));
}

#[tokio::test]
async fn killed_while_the_list_is_made_nobody_is_on_it_twice_or_missing() {
    let mut shop = Shop::with(25_001).await;
    let id = shop.write(new("茶", Whom::Filter(Filter::default()))).await;
    let version = shop.get(id).await.version;
    shop.broadcasts.submit(&crate::broadcasts::shop::writer(), &Reach::All, id, version).await.unwrap();
    until("it has begun", Duration::from_secs(30), async || shop.get(id).await.frozen > 0).await;
    shop.kill();
    shop.start_again().await;
    let waiting = shop.until(id, &[State::Waiting]).await;
    assert_eq!(waiting.frozen, 25_001);
    assert_eq!(shop.count("SELECT COUNT(DISTINCT openid) AS n FROM broadcast_recipients").await, 25_001);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM broadcast_recipients").await, 25_001);
}

#[tokio::test]
async fn killed_between_parts_the_rest_goes_out_and_nothing_again() {
    let mut shop = Shop::with(25_001).await;
    let id = shop.write(new("茶", Whom::Filter(Filter::default()))).await;
    shop.submit(id).await;
    shop.approve(id).await;
    shop.until_called(SEND).await;
    shop.kill();
    shop.start_again().await;
    shop.until(id, &[State::Done]).await;
    let results = shop.broadcasts.results(&Reach::All, id).await.unwrap();
    // WeChat counts those whom a second copy would have reached: there is none.
    assert_eq!((results.total, results.parts.len()), (25_001, 3));
    let numbers: std::collections::HashSet<_> = results.parts.iter().map(|part| part.msg_id).collect();
    assert_eq!(numbers.len(), 3);
}

#[tokio::test]
async fn two_nodes_send_it_once() {
    let shop = Shop::with(20_002).await;
    let other = shop.place.start_node();
    let id = shop.send(new("茶", Whom::Filter(Filter::default()))).await;
    shop.until(id, &[State::Done]).await;
    assert_eq!(shop.calls(SEND), 3);
    drop(other);
}

#[tokio::test]
async fn a_job_that_was_lost_is_made_again() {
    let mut shop = Shop::with(3).await;
    shop.kill();
    let id = shop.write(new("茶", Whom::All)).await;
    let version = shop.get(id).await.version;
    shop.broadcasts.submit(&crate::broadcasts::shop::writer(), &Reach::All, id, version).await.unwrap();
    shop.execute("DELETE FROM jobs WHERE kind = 'broadcast.freeze'", []).await;
    shop.broadcasts.look_after().await.unwrap();
    assert_eq!(
        shop.count("SELECT COUNT(*) AS n FROM jobs WHERE kind = 'broadcast.freeze'").await,
        0,
        "it is fresh yet"
    );
    shop.execute("UPDATE broadcasts SET updated_at = 0", []).await;
    shop.broadcasts.look_after().await.unwrap();
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM jobs WHERE kind = 'broadcast.freeze'").await, 1);
    shop.start_again().await;
    shop.until(id, &[State::Waiting]).await;
}
