use std::time::Duration;

use puzi_sandbox::Action;
use puzi_shop::{accounts::Reach, channels::Sums};

use crate::channels::Shop;
use crate::common::{SLUG, until};

/// All that is counted of a channel, whatever the day; people by the day.
async fn sums(shop: &Shop, id: i64) -> Sums {
    let sum = async |column: &str| {
        let sql =
            format!("SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) AS n FROM channel_days WHERE channel_id = {id}");
        shop.world.count(&sql).await
    };
    Sums {
        scans: sum("scans").await,
        follows: sum("follows").await,
        fresh: sum("fresh").await,
        again: sum("again").await,
        people: sum("people").await,
    }
}

/// Waits until the reader has gone over all that was delivered, and each new channel over what came before it.
async fn counted(shop: &Shop) {
    until("all is counted", Duration::from_secs(30), async || {
        let waiting = "SELECT COALESCE((SELECT MAX(id) FROM messages), 0) \
                       - COALESCE((SELECT done_id FROM message_cursors WHERE name = 'channels'), 0) \
                       + (SELECT COUNT(*) FROM channels WHERE counted_to IS NOT NULL) AS n";
        shop.world.count(waiting).await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_of_one_scan_count_once_and_who_comes_back_is_not_new() {
    let shop = Shop::open().await;
    let id = shop.create("Fair", "fair", true).await.id;
    let fan = shop.phone();
    let follow = fan.compose(Action::FollowByScene { scene: "fair".into() });
    for _ in 0..3 {
        assert!(follow.deliver().await.outcome.is_accepted());
    }
    counted(&shop).await;
    assert_eq!(sums(&shop, id).await, Sums { scans: 1, follows: 1, fresh: 1, again: 0, people: 1 });
    // Gone, and back by the same code two minutes later.
    assert!(fan.unfollow().await.accepted());
    shop.world.wechat.clock().advance(Duration::from_secs(120));
    assert!(fan.follow_by_scene("fair").await.accepted());
    assert!(fan.scan("fair").await.accepted());
    // A scene that no channel has, and a follow without any.
    assert!(fan.scan("somewhere else").await.accepted());
    assert!(shop.phone().follow().await.accepted());
    counted(&shop).await;
    assert_eq!(sums(&shop, id).await, Sums { scans: 3, follows: 2, fresh: 1, again: 1, people: 1 });
    let latest = shop.channels.latest(&Reach::All, id, 5).await.unwrap();
    assert!(latest.len() == 1 && latest[0].scans == 3, "{latest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_printed_long_ago_is_counted_from_its_first_scan() {
    let shop = Shop::open().await;
    for _ in 0..5 {
        assert!(shop.phone().follow_by_scene("old-poster").await.accepted());
    }
    counted(&shop).await;
    let id = shop.create("Old poster", "old-poster", true).await.id;
    until("the scans from before are counted", Duration::from_secs(60), async || {
        sums(&shop, id).await.scans == 5 && shop.get(id).await.counted_to.is_none()
    })
    .await;
    // From here on the reader counts; of a deleted channel too.
    shop.world.db.execute("UPDATE channels SET deleted_at = 1 WHERE id = $1", [id.into()]).await.unwrap();
    assert!(shop.phone().follow_by_scene("old-poster").await.accepted());
    counted(&shop).await;
    assert_eq!(sums(&shop, id).await, Sums { scans: 6, follows: 6, fresh: 6, again: 0, people: 6 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_and_two_nodes_count_nothing_twice() {
    let mut shop = Shop::open().await;
    let id = shop.create("Fair", "fair", true).await.id;
    let other = shop.world.place.start_node();
    for round in 0..3 {
        let url = shop.world.node.callback(SLUG);
        for _ in 0..15 {
            let follow = shop.phone().compose(Action::FollowByScene { scene: "fair".into() });
            // Each to both nodes.
            let _ = follow.deliver_to(&url).await;
            assert!(follow.deliver_to(&other.callback(SLUG)).await.outcome.is_accepted());
        }
        if round < 2 {
            shop.world.restart_node().await;
        }
    }
    counted(&shop).await;
    assert_eq!(sums(&shop, id).await, Sums { scans: 45, follows: 45, fresh: 45, again: 0, people: 45 });
}
