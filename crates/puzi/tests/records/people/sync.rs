//! Reading all followers: killed, paused and resumed, nobody is lost and nobody is counted twice.

use std::time::Duration;

use puzi_shop::{accounts::Reach, audit::Actor, followers::sync, runs::State};

use crate::common::{APPID, until};
use crate::people::shop::{DETAILS, LIST, Shop};

const ALL: &str = "SELECT COUNT(*) AS n FROM followers";
const FOLLOW: &str = "SELECT COUNT(*) AS n FROM followers WHERE subscribed";
const OPENIDS: &str = "SELECT COUNT(DISTINCT openid) AS n FROM followers";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_kills_lose_nobody_and_count_nobody_twice() {
    const N: i64 = 12_300;
    let mut shop = Shop::with(N as usize).await;
    for n in 0..40 {
        shop.stranger(&format!("oGone{n}")).await;
    }
    let blocked: Vec<_> = shop.wechat.followers(APPID).iter().take(15).map(|one| one.openid().to_owned()).collect();
    let live = shop.registry.by_id(shop.account.id).unwrap();
    live.client.tags().block(&blocked).await.unwrap();

    let id = shop.read_all().await;
    // As soon as it works: the first page is being read, or its first batches are under way.
    until("somebody works", Duration::from_secs(30), async || shop.run(id).await.state == State::Running).await;
    shop.kill(id).await;
    shop.seen(id, 1).await;
    shop.kill(id).await;
    // Batches are under way: they had their effect, and nobody heard of it.
    shop.wechat.faults().update(|faults| faults.api_late_ms = 400);
    shop.seen(id, 4_000).await;
    shop.kill(id).await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 0);
    shop.seen(id, 10_100).await;
    shop.kill(id).await;
    shop.wechat.faults().update(|faults| faults.api_slow_ms = 300);
    shop.phase(id, "blacklist").await;
    shop.kill(id).await;
    let run = shop.done(id).await;

    assert_eq!((run.seen, run.added, run.gone, run.refused, run.changed), (N, N, 40, 0, 0), "{run:?}");
    assert_eq!(run.total, Some(N));
    let counted = [shop.count(ALL).await, shop.count(OPENIDS).await, shop.count(FOLLOW).await];
    assert_eq!(counted, [N + 40, N + 40, N]);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM followers WHERE blocked").await, 15);
    let booked = shop.count("SELECT CAST(SUM(imported) AS BIGINT) AS n FROM follower_days").await;
    let left = shop.count("SELECT CAST(SUM(found_left) AS BIGINT) AS n FROM follower_days").await;
    assert_eq!((booked, left), (N, 40));
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM run_seen").await, 0);
    // Five kills repeat the eight calls under way at most, and the one page.
    let (ideal, calls) = (N as u32 / 100 + 1, shop.calls(DETAILS));
    assert!(calls <= ideal + 5 * 13, "{calls} calls for details");
    assert!(shop.calls(LIST) <= 2 + 5, "{} pages", shop.calls(LIST));
    until("they are found", Duration::from_secs(60), async || {
        shop.count("SELECT done_id AS n FROM message_cursors WHERE name = 'arrivals'").await >= N
    })
    .await;

    // All is known: a second reading changes nothing.
    shop.wechat.faults().update(|faults| faults.api_slow_ms = 0);
    let read_at = "SELECT CAST(SUM(details_at) AS BIGINT) AS n FROM followers";
    let before = shop.count(read_at).await;
    let again = shop.read_all().await;
    let run = shop.done(again).await;
    assert_eq!((run.seen, run.added, run.gone, run.changed), (N, 0, 0, 0), "{run:?}");
    assert_eq!(shop.count(read_at).await, before, "no row is written");
    assert_eq!(shop.count("SELECT CAST(SUM(imported) AS BIGINT) AS n FROM follower_days").await, N);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_it_asks_nothing_more_and_goes_on_where_it_was() {
    let mut shop = Shop::with(4_000).await;
    let (by, all) = (Actor::system(), Reach::All);
    shop.wechat.faults().update(|faults| faults.api_late_ms = 150);
    let id = shop.read_all().await;
    shop.seen(id, 500).await;
    shop.runs.pause(&by, &all, id).await.unwrap();
    let paused = shop.run(id).await;
    assert_eq!(paused.state, State::Paused);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let calls = shop.calls(DETAILS);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((shop.calls(DETAILS), shop.run(id).await.seen), (calls, paused.seen), "nothing happens any more");
    // Whoever was last leaves, and WeChat knows them no more: it goes on behind somebody before.
    let sql = if shop.place.is_postgres() {
        "UPDATE runs SET place = REPLACE(place, place::json->>'after', 'oNobody') WHERE id = $1"
    } else {
        "UPDATE runs SET place = json_set(place, '$.after', 'oNobody') WHERE id = $1"
    };
    shop.execute(sql, [id.into()]).await;
    // Another node, while the first is gone.
    shop.kill(id).await;
    shop.runs.resume(&by, &all, id, false).await.unwrap();
    let run = shop.done(id).await;
    assert_eq!((run.seen, run.added, run.gone), (4_000, 4_000, 0), "{run:?}");
    assert_eq!(shop.count(ALL).await, 4_000);
    let steered = "SELECT COUNT(*) AS n FROM run_events WHERE event IN ('pause', 'resume', 'finish') AND run_id = ";
    assert_eq!(shop.count(&format!("{steered}{id}")).await, 3);
    assert!(shop.runs.pause(&by, &all, id).await.is_err(), "it has ended");
    assert!(shop.runs.resume(&by, &all, id, false).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_event_says_wins_over_an_older_answer() {
    let shop = Shop::with(300).await;
    let followers = shop.wechat.followers(APPID);
    shop.wechat.faults().update(|faults| faults.api_late_ms = 2_500);
    let id = shop.read_all().await;
    until("details are asked for", Duration::from_secs(30), async || shop.calls(DETAILS) >= 3).await;
    // The answers under way say that they follow.
    for leaving in &followers[..5] {
        assert!(leaving.unfollow().await.accepted());
    }
    let new = shop.wechat.new_phone(APPID);
    assert!(new.follow().await.accepted());
    shop.wechat.faults().update(|faults| faults.api_late_ms = 0);
    let run = shop.done(id).await;
    assert_eq!(run.gone, 0, "{run:?}");
    assert_eq!(shop.count(FOLLOW).await, 296);
    assert_eq!(shop.count(ALL).await, 301);
    // Comings and goings are counted once, by whichever was faster; who left unread had come before anybody counted.
    let sum =
        async |column: &str| shop.count(&format!("SELECT CAST(SUM({column}) AS BIGINT) AS n FROM follower_days")).await;
    until("all is counted", Duration::from_secs(20), async || {
        (sum("imported").await, sum("followed").await, sum("left_").await, sum("found_left").await) == (295, 1, 5, 0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_made_and_taken_at_wechat_arrive() {
    let shop = Shop::with(250).await;
    let openids: Vec<_> = shop.wechat.followers(APPID).iter().map(|one| one.openid().to_owned()).collect();
    let live = shop.registry.by_id(shop.account.id).unwrap();
    let (old, new) =
        (live.client.tags().create("老客户").await.unwrap().id, live.client.tags().create("绿茶").await.unwrap().id);
    live.client.tags().tag(&openids[..50], old).await.unwrap();
    live.client.tags().tag(&openids[40..60], new).await.unwrap();
    shop.done(shop.read_all().await).await;
    let pairs = "SELECT COUNT(*) AS n FROM follower_tags";
    assert_eq!((shop.count(pairs).await, shop.count("SELECT COUNT(*) AS n FROM tags").await), (70, 3));

    live.client.tags().untag(&openids[..10], old).await.unwrap();
    live.client.tags().delete(new).await.unwrap();
    live.client.users().remark(&openids[0], "王阿姨").await.unwrap();
    let run = shop.done(shop.read_all().await).await;
    assert_eq!((shop.count(pairs).await, shop.count("SELECT COUNT(*) AS n FROM tags").await), (40, 2));
    // The tag that is gone went without its followers being asked for.
    assert_eq!((run.changed, run.added), (10, 0), "{run:?}");
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM followers WHERE remark = '王阿姨'").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_came_lately_are_read_by_themselves() {
    let shop = Shop::with(120).await;
    shop.done(shop.read_all().await).await;
    // One was never told of, as if the push had been lost; of the other an event told.
    let silent = shop.wechat.new_phone(APPID);
    drop(silent.compose(puzi_sandbox::Action::Follow));
    let told = shop.wechat.new_phone(APPID);
    assert!(told.follow_by_scene("海报-7").await.accepted());
    until("the event is read", Duration::from_secs(20), async || {
        shop.count("SELECT COUNT(*) AS n FROM followers WHERE followed_at IS NOT NULL AND details_at IS NULL").await
            == 1
    })
    .await;
    let (by, account) = (Actor::system(), shop.account.id);
    let recent = sync::begin(&shop.runs, &by, &Reach::All, account, false, None).await.unwrap();
    let run = shop.done(recent).await;
    assert_eq!((run.added, run.refused), (1, 0), "{run:?}");
    assert_eq!(shop.count(FOLLOW).await, 122);
    assert_eq!(
        shop.count("SELECT COUNT(*) AS n FROM followers WHERE source = 'ADD_SCENE_QR_CODE' AND scene = '海报-7'").await,
        1
    );
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM followers WHERE details_at IS NULL").await, 0);
}
