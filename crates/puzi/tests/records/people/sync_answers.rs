//! Answers that are not as they should be: one bad follower, a short list, a used-up quota, no permission.

use std::{collections::BTreeMap, time::Duration};

use puzi_sandbox::Config;
use puzi_shop::{Error, accounts::Reach, audit::Actor, followers::sync, runs::State};

use crate::common::{APPID, until};
use crate::people::shop::{DETAILS, LIST, Shop};

const FOLLOW: &str = "SELECT COUNT(*) AS n FROM followers WHERE subscribed";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_follower_is_a_line_and_the_others_go_through() {
    let shop = Shop::with(300).await;
    let bad: Vec<_> = [7, 150].iter().map(|n| shop.wechat.followers(APPID)[*n].openid().to_owned()).collect();
    shop.wechat.faults().update(|faults| {
        faults.refused_openids = bad.iter().map(|openid| (openid.clone(), 40003)).collect();
    });
    let id = shop.read_all().await;
    let run = shop.until(id, &[State::Partly]).await;
    assert_eq!((run.seen, run.added, run.refused, run.gone), (298, 298, 2, 0), "{run:?}");
    let lines = shop.runs.lines(&Reach::All, id, 0).await.unwrap();
    let mut named: Vec<_> = lines.iter().map(|line| line.subject.clone()).collect();
    named.sort_unstable();
    let mut expected = bad.clone();
    expected.sort_unstable();
    assert_eq!(named, expected);
    assert!(lines.iter().all(|line| line.errcode == Some(40003) && !line.detail.is_empty()), "{lines:?}");
    assert_eq!(shop.runs.lines(&Reach::All, id, 1).await.unwrap().len(), 1);
    // A known one who is refused was listed all the same, and has not left.
    shop.wechat.faults().update(|faults| faults.refused_openids.clear());
    shop.done(shop.read_all().await).await;
    shop.wechat.faults().update(|faults| faults.refused_openids = BTreeMap::from([(bad[0].clone(), 40003)]));
    let run = shop.until(shop.read_all().await, &[State::Partly]).await;
    assert_eq!((run.seen, run.refused, run.gone), (300, 1, 0), "{run:?}");
    assert_eq!(shop.count(FOLLOW).await, 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_ends_too_early_marks_nobody_until_a_person_agrees() {
    let shop = Shop::with(400).await;
    let (by, all) = (Actor::system(), Reach::All);
    shop.done(shop.read_all().await).await;
    shop.wechat.faults().update(|faults| faults.short_list = 380);
    let id = shop.read_all().await;
    until("it asks", Duration::from_secs(60), async || shop.run(id).await.state == State::Paused).await;
    let run = shop.run(id).await;
    assert_eq!((run.problem.as_deref(), run.detail.as_deref(), run.gone), (Some("runs.many_gone"), Some("19"), 0));
    // The last one followed a moment ago, and may not be on the list yet.
    assert!(run.asks());
    assert_eq!(shop.count(FOLLOW).await, 400);
    // To let it go on is not to agree.
    assert!(matches!(shop.runs.resume(&by, &all, id, false).await, Err(Error::NotNow(_))));
    assert_eq!(shop.run(id).await.state, State::Paused);
    shop.runs.resume(&by, &all, id, true).await.unwrap();
    let run = shop.done(id).await;
    assert_eq!((run.gone, shop.count(FOLLOW).await), (19, 381));
    // The next whole list brings them back.
    shop.wechat.faults().update(|faults| faults.short_list = 0);
    let run = shop.done(shop.read_all().await).await;
    assert_eq!((run.gone, run.changed, shop.count(FOLLOW).await), (0, 19, 400), "{run:?}");
    let sums = "SELECT CAST(SUM(found_left) * 1000 + SUM(imported) AS BIGINT) AS n FROM follower_days";
    assert_eq!(shop.count(sums).await, 400, "nobody had left, and nobody came twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_up_quota_waits_for_wechats_midnight() {
    let quotas = BTreeMap::from([(DETAILS.to_owned(), 6)]);
    let shop = Shop::with_config(900, Config { quotas, ..Config::default() }).await;
    let id = shop.read_all().await;
    let run = shop.until(id, &[State::Waiting]).await;
    assert_eq!(run.problem.as_deref(), Some("runs.quota"));
    assert!(run.detail.as_deref().is_some_and(|detail| detail.starts_with("45009")), "{run:?}");
    let wait = run.wake_at - puzi_shop::db::now_ms();
    assert!((0..=24 * 3_600_000 + 300_000).contains(&wait), "{wait}");
    assert_eq!(run.gone, 0);
    // What was stored stays; the next day goes on with what is missing, and the day after.
    for _ in 0..8 {
        shop.wechat.clock().advance(Duration::from_secs(86_400));
        shop.wechat.invalidate_tokens(APPID);
        tokio::time::sleep(Duration::from_millis(10_200)).await;
        shop.execute("UPDATE runs SET wake_at = 0 WHERE id = $1", [id.into()]).await;
        until("it went on", Duration::from_secs(30), async || {
            let run = shop.run(id).await;
            run.state == State::Done || (run.state == State::Waiting && run.wake_at > 0)
        })
        .await;
        if shop.run(id).await.state == State::Done {
            break;
        }
    }
    let run = shop.run(id).await;
    assert_eq!((run.state, run.seen, run.added), (State::Done, 900, 900), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_may_not_list_followers_is_told_so_and_left_alone() {
    let shop = Shop::with(10).await;
    shop.wechat.faults().update(|faults| faults.refuse = BTreeMap::from([(LIST.to_owned(), 48001)]));
    let id = shop.read_all().await;
    let run = shop.until(id, &[State::Failed]).await;
    assert_eq!(run.problem.as_deref(), Some("runs.not_permitted"));
    let known = sync::known(&shop.db, shop.account.id).await.unwrap();
    assert!(known.not_before > puzi_shop::db::now_ms() + 80_000_000, "{known:?}");
    // Put right, a person lets it go on.
    shop.wechat.faults().update(|faults| faults.refuse.clear());
    shop.runs.resume(&Actor::system(), &Reach::All, id, false).await.unwrap();
    assert_eq!(shop.done(id).await.seen, 10);
    assert_eq!(sync::known(&shop.db, shop.account.id).await.unwrap().not_before, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_asked_for_again() {
    let shop = Shop::with(500).await;
    shop.wechat.faults().update(|faults| {
        faults.api_lost = BTreeMap::from([(LIST.to_owned(), 2), (DETAILS.to_owned(), 4)]);
        faults.system_busy = 10;
    });
    let id = shop.read_all().await;
    let run = shop.done(id).await;
    assert_eq!((run.seen, run.added, run.refused), (500, 500, 0), "{run:?}");
}
