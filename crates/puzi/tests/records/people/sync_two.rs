//! Two at once: requests, nodes, and staff who may see another account only.

use std::{collections::HashMap, process::Command, time::Duration};

use puzi_shop::{
    Error,
    accounts::Reach,
    audit::Actor,
    followers::sync,
    runs::{Ask, Kind, Runs, State},
};
use serde_json::json;

use crate::common::until;
use crate::people::shop::Shop;

fn signal(name: &str, id: u32) {
    assert!(Command::new("kill").args([name, &id.to_string()]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_begin_one_does() {
    let shop = Shop::with(200).await;
    let (by, all, account) = (Actor::staff(7, "Ann"), Reach::All, shop.account.id);
    let begin = || sync::begin(&shop.runs, &by, &all, account, true, None);
    let (one, two, three) = tokio::join!(begin(), begin(), begin());
    let begun: Vec<_> = [&one, &two, &three].iter().filter_map(|it| it.as_ref().ok().copied()).collect();
    assert_eq!(begun.len(), 1, "{one:?} {two:?} {three:?}");
    let refused = [one, two, three].into_iter().find_map(Result::err).unwrap();
    let Error::Invalid(problems) = refused else { panic!("{refused}") };
    assert_eq!((problems[0].key, problems[0].args[0].1.as_str()), ("runs.one_already", begun[0].to_string().as_str()));
    shop.done(begun[0]).await;
    // The same form again is the same run, also after its end; another's form of that name is another.
    let form = |by: Actor| {
        let runs = shop.runs.clone();
        async move { sync::begin(&runs, &by, &Reach::All, account, true, Some("form-1")).await }
    };
    let (one, two) = tokio::join!(form(by.clone()), form(by.clone()));
    assert_eq!(one.unwrap(), two.unwrap());
    let again = form(by.clone()).await.unwrap();
    shop.done(again).await;
    assert_eq!(form(by.clone()).await.unwrap(), again);
    let other = form(Actor::staff(8, "Bob")).await.unwrap();
    assert_ne!(other, again);
    let wrong = Ask::new(Kind::SyncRecent, &json!({}));
    assert!(matches!(shop.runs.start(&by, &all, account, wrong, Some("form-1")).await, Err(Error::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_see_the_account_sees_no_run_of_it() {
    let shop = Shop::with(50).await;
    let (by, other, account) = (Actor::staff(7, "Ann"), Reach::of([shop.account.id + 1]), shop.account.id);
    let not_found = |error: Error| assert!(matches!(error, Error::NotFound), "{error}");
    not_found(sync::begin(&shop.runs, &by, &other, account, true, None).await.unwrap_err());
    let id = shop.read_all().await;
    not_found(shop.runs.get(&other, id).await.unwrap_err());
    not_found(shop.runs.lines(&other, id, 0).await.unwrap_err());
    not_found(shop.runs.pause(&by, &other, id).await.unwrap_err());
    not_found(shop.runs.resume(&by, &other, id, true).await.unwrap_err());
    not_found(shop.runs.cancel(&by, &other, id).await.unwrap_err());
    not_found(shop.runs.latest(&other, account, 9).await.unwrap_err());
    assert_eq!(shop.done(id).await.seen, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stood_still_changes_nothing_after_its_lease() {
    let shop = Shop::with(5_000).await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 100);
    let id = shop.read_all().await;
    shop.seen(id, 1_000).await;
    // Stopped between two commits: inside one it would hold everybody up.
    loop {
        signal("-STOP", shop.node.id());
        let free = tokio::time::timeout(Duration::from_secs(1), shop.lease_runs_out(id)).await;
        if free.is_ok() {
            break;
        }
        signal("-CONT", shop.node.id());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stood = shop.run(id).await;
    let other = shop.place.start_node();
    shop.seen(id, stood.seen + 1).await;
    // It wakes up with answers in its hands, while the other works.
    signal("-CONT", shop.node.id());
    let run = shop.done(id).await;
    assert_eq!((run.seen, run.added, run.gone), (5_000, 5_000, 0), "{run:?}");
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM followers").await, 5_000);
    let booked = shop.count("SELECT CAST(SUM(imported) AS BIGINT) AS n FROM follower_days").await;
    assert_eq!(booked, 5_000);
    drop(other);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_told_to_end_gives_its_run_back_at_once() {
    let mut shop = Shop::with(3_000).await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 100);
    let id = shop.read_all().await;
    shop.seen(id, 500).await;
    shop.node.terminate();
    assert!(shop.node.wait().await);
    let run = shop.run(id).await;
    assert_eq!((run.state, run.lease_until), (State::Running, 0), "{run:?}");
    let _other = shop.place.start_node();
    assert_eq!(shop.done(id).await.seen, 3_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_works_on_a_run_when_nobody_serves() {
    let mut shop = Shop::with(700).await;
    shop.node.kill();
    let kinds = HashMap::from([(Kind::SyncFull, sync::full(jiff::tz::TimeZone::UTC))]);
    let runs = Runs::new(shop.db.clone(), shop.registry.clone(), kinds);
    let id = shop.read_all().await;
    let (mut told, stop) = (0, tokio_util::sync::CancellationToken::new());
    let run = runs.drive(&Reach::All, id, &stop, |_| told += 1).await.unwrap();
    assert_eq!((run.state, run.seen), (State::Done, 700));
    assert!(told > 1);
    // Given up, it is not worked on.
    let id = shop.read_all().await;
    runs.cancel(&Actor::system(), &Reach::All, id).await.unwrap();
    let run = runs.drive(&Reach::All, id, &stop, |_| {}).await.unwrap();
    assert_eq!((run.state, run.seen), (State::Cancelled, 0));
    until("another can begin", Duration::from_secs(5), async || {
        sync::begin(&runs, &Actor::system(), &Reach::All, shop.account.id, true, None).await.is_ok()
    })
    .await;
}
