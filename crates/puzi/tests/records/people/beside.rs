//! Runs beside each other: what must not wait for a long one, and what does.

use std::{collections::HashMap, sync::Arc, time::Duration};

use puzi_sandbox::App;
use puzi_shop::{
    Error,
    accounts::Reach,
    audit::Actor,
    db::now_ms,
    followers::{Filter, Followers, Mark, Who, sync},
    runs::{Ask, Halt, Kind, Runs, State, Worker},
};
use puzi_wechat::envelope::Mode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::common::{app, new_account, until};
use crate::people::shop::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_blocked_does_not_wait_for_the_end_of_a_reading() {
    let shop = Shop::with(4_000).await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 200);
    let reading = shop.read_all().await;
    shop.seen(reading, 500).await;
    let (by, area) = (Actor::cli("test"), Followers::new(&shop.db, &shop.registry));
    let known = Filter::default().choose(shop.db.read(), shop.account.id, 0, 1).await.unwrap();
    let who = (Who::Ids(vec![known[0].id]), Mark::Block);
    let mark = area.mark(&shop.runs, &by, &Reach::All, shop.account.id, who, None).await.unwrap();
    assert_eq!(shop.done(mark).await.changed, 1);
    let run = shop.run(reading).await;
    assert!(run.state == State::Running && run.seen < 4_000, "{run:?}");
    shop.wechat.faults().update(|faults| faults.api_late_ms = 0);
    assert_eq!(shop.done(reading).await.seen, 4_000);
    let blocked = "SELECT COUNT(*) AS n FROM followers WHERE blocked";
    assert_eq!(shop.count(blocked).await, 1, "the reading found them on WeChat's list");
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM runs WHERE failures > 0").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_begin_keeps_no_other_account_waiting() {
    let shop = Shop::with(10).await;
    let other =
        shop.accounts().add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &shop.wechat)).await.unwrap();
    shop.wechat.add_app(App { followers: 20, varied: true, ..app(&other, &shop.node) }).unwrap();
    // One mark works, for as long as its holder says so; many wait for it.
    let insert = "INSERT INTO runs (account_id, kind, state, ask, place, asked_by, created_at, wake_at, holder, \
                  lease_until) VALUES ($1, 'mark', $2, '{}', '{}', 'test', 1, 1, $3, $4)";
    let hour = now_ms() + 3_600_000;
    let account = shop.account.id;
    shop.execute(insert, [account.into(), "running".into(), "somebody".into(), hour.into()]).await;
    for _ in 0..40 {
        shop.execute(insert, [account.into(), "queued".into(), None::<String>.into(), 0_i64.into()]).await;
    }
    let begun = sync::begin(&shop.runs, &Actor::system(), &Reach::All, other.id, true, None).await.unwrap();
    assert_eq!(shop.done(begun).await.seen, 20);
    let waiting = "SELECT COUNT(*) AS n FROM runs WHERE kind = 'mark' AND state = 'queued'";
    assert_eq!(shop.count(waiting).await, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_here_rests_longer_each_time_and_what_is_hopeless_ends_at_once() {
    let mut shop = Shop::with(1).await;
    shop.node.kill();
    let worker: Worker = Arc::new(|turn| {
        Box::pin(async move {
            let error = if turn.run.ask["hopeless"] == true { Error::field("ids", "x") } else { Error::Busy };
            Err(Halt::Failed(error))
        })
    });
    let runs = Runs::new(shop.db.clone(), shop.registry.clone(), HashMap::from([(Kind::Mark, worker)]));
    let (by, all, stop) = (Actor::cli("test"), Reach::All, CancellationToken::new());
    let begin = |ask| runs.start(&by, &all, shop.account.id, Ask::new(Kind::Mark, &ask), None);
    let hopeless = begin(json!({ "hopeless": true })).await.unwrap();
    let run = runs.drive(&all, hopeless, &stop, |_| {}).await.unwrap();
    assert_eq!((run.state, run.problem.as_deref()), (State::Failed, Some("runs.gave_up")));

    let id = begin(json!({})).await.unwrap();
    for (failures, seconds) in [(1, 10), (2, 20), (3, 40)] {
        runs.hurry(id, Duration::from_secs(5)).await;
        let run = shop.run(id).await;
        assert_eq!((run.state, run.failures, run.problem.as_deref()), (State::Waiting, failures, Some("runs.broken")));
        let rest = run.wake_at - now_ms();
        assert!((seconds * 1_000 - 5_000..=seconds * 1_000).contains(&rest), "{rest}");
        shop.execute("UPDATE runs SET wake_at = 0 WHERE id = $1", [id.into()]).await;
    }
    shop.execute("UPDATE runs SET failures = 7 WHERE id = $1", [id.into()]).await;
    runs.hurry(id, Duration::from_secs(5)).await;
    assert_eq!(shop.run(id).await.state, State::Failed);
    // A person lets it begin anew.
    runs.resume(&by, &all, id, false).await.unwrap();
    assert_eq!(shop.run(id).await.failures, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_few_stops_waiting_when_somebody_else_is_at_work() {
    let shop = Shop::with(3).await;
    shop.done(shop.read_all().await).await;
    let insert = "INSERT INTO runs (account_id, kind, state, ask, place, asked_by, created_at, wake_at, holder, \
                  lease_until) VALUES ($1, 'mark', 'running', '{}', '{}', 'test', 1, 1, 'somebody', $2)";
    shop.execute(insert, [shop.account.id.into(), (now_ms() + 3_600_000).into()]).await;
    let (by, area) = (Actor::cli("test"), Followers::new(&shop.db, &shop.registry));
    let who = (Who::All(Filter::default()), Mark::Block);
    let began = std::time::Instant::now();
    let id = area.mark(&shop.runs, &by, &Reach::All, shop.account.id, who, None).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(6));
    assert_eq!(shop.run(id).await.state, State::Queued);
    // Once the other is through, it goes on by itself.
    shop.execute("UPDATE runs SET state = 'done', ended_at = 1 WHERE holder = 'somebody'", []).await;
    until("they are blocked", Duration::from_secs(20), async || shop.run(id).await.state == State::Done).await;
}
