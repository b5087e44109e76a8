//! Comings and goings by day: whatever order events arrive in, and however often, the sums are those of a count by hand.

use std::time::Duration;

use puzi_sandbox::{Action, Pending};
use puzi_shop::{
    Error,
    accounts::Reach,
    followers::growth::{self, Sums},
};

use crate::common::{APPID, SLUG, until};
use crate::people::shop::Shop;

/// All sums of the account, whatever the day and the source.
async fn sums(shop: &Shop) -> Sums {
    let days = growth::days(&shop.db, &Reach::All, shop.account.id, 0, 365).await;
    assert!(days.unwrap().is_empty(), "nothing is booked on the first days of 1970");
    let sum = async |column: &str| {
        shop.count(&format!("SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) AS n FROM follower_days")).await
    };
    Sums {
        followed: sum("followed").await,
        left: sum("left_").await,
        found_left: sum("found_left").await,
        imported: sum("imported").await,
    }
}

/// Waits until all that was delivered is counted.
async fn counted(shop: &Shop) {
    until("all is counted", Duration::from_secs(30), async || {
        let waiting = "SELECT COALESCE((SELECT MAX(id) FROM messages), 0) \
                       - COALESCE((SELECT done_id FROM message_cursors WHERE name = 'growth'), 0) AS n";
        shop.count(waiting).await == 0
    })
    .await;
}

async fn deliver(pushes: &[&Pending]) {
    for push in pushes {
        assert!(push.deliver().await.outcome.is_accepted(), "{push:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_twice_late_and_out_of_order_count_once_each() {
    let shop = Shop::with(0).await;
    let (ann, bob, cid) = (shop.wechat.new_phone(APPID), shop.wechat.new_phone(APPID), shop.wechat.new_phone(APPID));
    // Ann follows and leaves in one second, and follows again in the next.
    let follow = ann.compose(Action::Follow);
    let leave = ann.compose(Action::Unfollow);
    shop.wechat.clock().advance(Duration::from_secs(1));
    let again = ann.compose(Action::Follow);
    deliver(&[&follow, &follow, &follow, &leave, &again, &leave]).await;
    // Bob's leaving arrives before his coming; a day lies between.
    shop.wechat.clock().shift_seconds(-86_400);
    let follow = bob.compose(Action::Follow);
    shop.wechat.clock().shift_seconds(86_400);
    let leave = bob.compose(Action::Unfollow);
    deliver(&[&leave]).await;
    counted(&shop).await;
    assert_eq!(sums(&shop).await, Sums { followed: 2, left: 2, ..Sums::default() });
    deliver(&[&follow]).await;
    counted(&shop).await;
    assert_eq!(sums(&shop).await, Sums { followed: 3, left: 2, ..Sums::default() });
    // Cid came by a code, and wrote; nothing of that counts twice.
    assert!(cid.follow_by_scene("海报-7").await.accepted());
    cid.text("在吗").await;
    counted(&shop).await;
    let days = |source: &str| {
        format!("SELECT CAST(COALESCE(SUM(followed), 0) AS BIGINT) AS n FROM follower_days WHERE source = '{source}'")
    };
    assert_eq!(shop.count(&days("ADD_SCENE_QR_CODE")).await, 1);
    assert_eq!(
        shop.count("SELECT COUNT(*) AS n FROM followers WHERE left_at IS NOT NULL AND booked_day IS NULL").await,
        1
    );
    assert_eq!(
        shop.count("SELECT COUNT(*) AS n FROM followers WHERE followed_at IS NOT NULL AND booked_day IS NOT NULL")
            .await,
        2
    );
    // How Ann came is told later: the booking of her last coming moves.
    assert_eq!(shop.count(&days("")).await, 3);
    shop.done(shop.read_all().await).await;
    counted(&shop).await;
    assert_eq!(shop.count(&days("")).await, 2, "Bob's stays, for he has left");
    assert_eq!(shop.count(&days("ADD_SCENE_SEARCH")).await, 1);
    shop.done(shop.read_all().await).await;
    assert_eq!(sums(&shop).await, Sums { followed: 4, left: 2, ..Sums::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_reading_found_and_an_event_told_later_count_once() {
    let shop = Shop::with(0).await;
    let (ann, bob) = (shop.wechat.new_phone(APPID), shop.wechat.new_phone(APPID));
    // Both follow; of Ann nobody is told yet.
    let late = ann.compose(Action::Follow);
    assert!(bob.follow().await.accepted());
    counted(&shop).await;
    shop.done(shop.read_all().await).await;
    // The account was never connected as far as we know: she counts as one from before.
    assert_eq!(sums(&shop).await, Sums { followed: 1, imported: 1, ..Sums::default() });
    deliver(&[&late]).await;
    counted(&shop).await;
    assert_eq!(sums(&shop).await, Sums { followed: 2, ..Sums::default() });
    // Bob leaves, and a reading finds it before the event comes.
    let late = bob.compose(Action::Unfollow);
    shop.execute("UPDATE followers SET subscription_changed_at = 1", []).await;
    let run = shop.done(shop.read_all().await).await;
    assert_eq!(run.gone, 1, "{run:?}");
    assert_eq!(sums(&shop).await, Sums { followed: 2, found_left: 1, ..Sums::default() });
    deliver(&[&late]).await;
    counted(&shop).await;
    assert_eq!(sums(&shop).await, Sums { followed: 2, left: 1, ..Sums::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_and_two_nodes_count_nothing_twice() {
    let mut shop = Shop::with(0).await;
    let other = shop.place.start_node();
    let url = shop.node.callback(SLUG);
    let mut phones = Vec::new();
    for round in 0..3 {
        for _ in 0..20 {
            let phone = shop.wechat.new_phone(APPID);
            let (follow, leave) = (phone.compose(Action::Follow), phone.compose(Action::Unfollow));
            // Each to the other node; what the killed one does not take is delivered again.
            let _ = follow.deliver_to(&url).await;
            assert!(follow.deliver_to(&other.callback(SLUG)).await.outcome.is_accepted());
            assert!(leave.deliver_to(&other.callback(SLUG)).await.outcome.is_accepted());
            phones.push(phone);
        }
        if round < 2 {
            shop.node.kill();
            shop.node = shop.place.start_node();
        }
    }
    counted(&shop).await;
    assert_eq!(sums(&shop).await, Sums { followed: 60, left: 60, ..Sums::default() });
}

#[tokio::test]
async fn nobody_reads_the_days_of_an_account_out_of_reach_or_of_ten_years() {
    let shop = Shop::with(0).await;
    let days = async |reach: Reach, days: i64| growth::days(&shop.db, &reach, shop.account.id, 0, days - 1).await;
    assert!(matches!(days(Reach::none(), 1).await, Err(Error::NotFound)));
    assert!(matches!(days(Reach::All, 3_650).await, Err(Error::Invalid(_))));
    assert!(days(Reach::All, 366).await.is_ok());
}
