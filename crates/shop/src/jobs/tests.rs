//! Jobs through the runner, on a database of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{runner::AT_ONCE, *};
use crate::{
    Error,
    audit::{self, Actor},
};

struct World {
    db: Db,
    _folder: TempDir,
}

/// A runner at work.
struct Runner {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Runner {
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// As a killed process: whatever runs is gone in the middle.
    async fn kill(self) {
        self.task.abort();
        self.task.await.unwrap_err();
    }
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("jobs.db")).await.unwrap();
        db.migrate().await.unwrap();
        Self { db, _folder: folder }
    }

    async fn push(&self, kind: &str) {
        let tx = self.db.begin_write().await.unwrap();
        push_of(&*tx, None, kind, Some(kind), &"小明", now_ms()).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn run<F: Future<Output = Outcome> + Send + 'static>(
        &self,
        handler: impl Fn(Job) -> F + Send + Sync + 'static,
    ) -> Runner {
        let stop = CancellationToken::new();
        let handler: Handler = Arc::new(move |job| Box::pin(handler(job)));
        Runner { stop: stop.clone(), task: tokio::spawn(run(self.db.clone(), handler, stop)) }
    }

    /// Waits for so many jobs in the queue and so many dead ones.
    async fn until(&self, expected: (i64, i64)) {
        for _ in 0..200 {
            if counts(&self.db).await.unwrap() == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:?} instead of {expected:?}", counts(&self.db).await.unwrap());
    }

    /// Back-off and leases are over.
    async fn time_passes(&self) {
        self.db.execute("UPDATE jobs SET run_at = 0", []).await.unwrap();
    }

    async fn reason(&self) -> Option<String> {
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), "SELECT last_error FROM jobs", [])).await;
        row.unwrap().unwrap().try_get("", "last_error").unwrap()
    }
}

async fn until(holds: impl Fn() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come about");
}

#[tokio::test]
async fn a_key_lives_as_long_as_its_job_waits_or_runs() {
    let world = World::new().await;
    world.push("greet").await;
    let keys = ["greet".to_owned(), "part".to_owned()];
    assert_eq!(alive(world.db.read(), &keys).await.unwrap(), HashSet::from(["greet".to_owned()]));
    let runner = world.run(|_| async { Outcome::Dead("nobody is there".into()) });
    world.until((0, 1)).await;
    assert!(alive(world.db.read(), &keys).await.unwrap().is_empty());
    runner.stop().await;
}

#[tokio::test]
async fn a_dead_job_is_listed_and_can_be_sent_again() {
    let world = World::new().await;
    world.push("greet").await;
    let works = Arc::new(AtomicBool::new(false));
    let seen = works.clone();
    let runner = world.run(move |_| {
        let works = seen.load(Ordering::Relaxed);
        async move { if works { Outcome::Done } else { Outcome::Dead("nobody is there".into()) } }
    });
    world.until((0, 1)).await;
    let list = dead(&world.db, 10).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].kind.as_str(), list[0].payload.as_str()), ("greet", "\"小明\""));
    assert_eq!(list[0].last_error.as_deref(), Some("nobody is there"));

    works.store(true, Ordering::Relaxed);
    retry(&world.db, &Actor::system(), list[0].id).await.unwrap();
    world.until((0, 0)).await;
    let log = audit::list(&world.db, audit::Which::default(), 10).await.unwrap();
    assert_eq!((log.len(), log[0].action.as_str(), &log[0].subject.1), (1, "jobs.retry", &list[0].id.to_string()));
    assert!(matches!(retry(&world.db, &Actor::system(), list[0].id).await, Err(Error::NotFound)));
    runner.stop().await;
}

#[tokio::test]
async fn a_slow_job_holds_up_no_other() {
    let world = World::new().await;
    world.push("slow").await;
    let (begun, door) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (count, closed) = (begun.clone(), door.clone());
    let runner = world.run(move |job| {
        let (count, closed) = (count.clone(), closed.clone());
        async move {
            if job.kind == "slow" {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = closed.acquire().await;
            }
            Outcome::Done
        }
    });
    until(|| begun.load(Ordering::SeqCst) == 1).await;
    world.push("quick").await;
    world.until((1, 0)).await;

    // What began is finished at the stop.
    runner.stop.cancel();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!runner.task.is_finished());
    door.add_permits(1);
    runner.stop().await;
    world.until((0, 0)).await;
}

#[tokio::test]
async fn only_so_many_jobs_run_at_once() {
    let world = World::new().await;
    for n in 0..AT_ONCE + 3 {
        world.push(&format!("slow {n}")).await;
    }
    let (begun, door) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (count, closed) = (begun.clone(), door.clone());
    let runner = world.run(move |_| {
        let (count, closed) = (count.clone(), closed.clone());
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            closed.acquire().await.unwrap().forget();
            Outcome::Done
        }
    });
    until(|| begun.load(Ordering::SeqCst) == AT_ONCE).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(begun.load(Ordering::SeqCst), AT_ONCE);
    // A place that comes free is taken at once.
    door.add_permits(1);
    until(|| begun.load(Ordering::SeqCst) == AT_ONCE + 1).await;
    door.add_permits(AT_ONCE + 2);
    world.until((0, 0)).await;
    runner.stop().await;
}

#[tokio::test]
async fn a_handler_that_panics_has_failed_an_attempt_and_at_last_the_job_is_dead() {
    let world = World::new().await;
    world.push("broken").await;
    let runner = world.run(|job| async move { panic!("{} cannot be done", job.kind) });
    for attempts in 1..=MAX_ATTEMPTS {
        // Without the reason of the attempt before: only when a new one stands there has this attempt ended.
        world.db.execute("UPDATE jobs SET run_at = 0, last_error = NULL", []).await.unwrap();
        let after = if attempts < MAX_ATTEMPTS { (1, 0) } else { (0, 1) };
        let sql = format!("SELECT id FROM jobs WHERE attempts = {attempts} AND last_error = 'panicked'");
        for tries in 0.. {
            assert!(tries < 200, "no attempt {attempts}");
            if world.db.read().query_one_raw(db::statement(world.db.read(), &sql, [])).await.unwrap().is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        world.until(after).await;
    }
    assert_eq!(world.reason().await.as_deref(), Some("panicked"));
    runner.stop().await;
}

/// A handler that sends, and then does as `after` says.
fn sending<F: Future<Output = Outcome> + Send + 'static>(
    world: &World,
    sent: &Arc<AtomicUsize>,
    after: impl Fn() -> F + Send + Sync + Clone + 'static,
) -> Runner {
    let (db, sent) = (world.db.clone(), sent.clone());
    world.run(move |job| {
        let (db, sent, after) = (db.clone(), sent.clone(), after.clone());
        async move {
            if !begin_sending(&db, &job).await.unwrap() {
                return Outcome::Done;
            }
            sent.fetch_add(1, Ordering::SeqCst);
            after().await
        }
    })
}

#[tokio::test]
async fn what_was_being_sent_when_the_process_died_is_not_sent_again() {
    let world = World::new().await;
    world.push("greet").await;
    let sent = Arc::new(AtomicUsize::new(0));
    let runner = sending(&world, &sent, std::future::pending);
    until(|| sent.load(Ordering::SeqCst) == 1).await;
    runner.kill().await;

    world.time_passes().await;
    let runner = sending(&world, &sent, || async { Outcome::Done });
    world.until((0, 1)).await;
    assert_eq!(world.reason().await.as_deref(), Some(NOBODY_KNOWS));
    assert_eq!(sent.load(Ordering::SeqCst), 1);

    // The operator may have it sent all the same.
    retry(&world.db, &Actor::system(), dead(&world.db, 1).await.unwrap()[0].id).await.unwrap();
    world.until((0, 0)).await;
    assert_eq!(sent.load(Ordering::SeqCst), 2);
    runner.stop().await;
}

#[tokio::test]
async fn a_handler_that_panics_while_sending_does_not_send_again() {
    let world = World::new().await;
    world.push("greet").await;
    let sent = Arc::new(AtomicUsize::new(0));
    let runner = sending(&world, &sent, || async { panic!("after it was sent") });
    until(|| sent.load(Ordering::SeqCst) == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.time_passes().await;
    world.until((0, 1)).await;
    assert_eq!(world.reason().await.as_deref(), Some(NOBODY_KNOWS));
    assert_eq!(sent.load(Ordering::SeqCst), 1);
    runner.stop().await;
}

#[tokio::test]
async fn what_certainly_was_not_sent_is_sent_later() {
    let world = World::new().await;
    world.push("greet").await;
    let sent = Arc::new(AtomicUsize::new(0));
    let runner = sending(&world, &sent, || async { Outcome::Retry("busy".into()) });
    until(|| sent.load(Ordering::SeqCst) == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.time_passes().await;
    until(|| sent.load(Ordering::SeqCst) == 2).await;
    assert_eq!(counts(&world.db).await.unwrap(), (1, 0));
    runner.stop().await;
}

#[tokio::test]
async fn an_attempt_that_lost_its_lease_neither_sends_nor_ends_the_job() {
    let world = World::new().await;
    world.push("greet").await;
    let (jobs, mut taken) = tokio::sync::mpsc::unbounded_channel();
    let door = Arc::new(Semaphore::new(0));
    let closed = door.clone();
    let runner = world.run(move |job| {
        let (jobs, closed) = (jobs.clone(), closed.clone());
        async move {
            let first = job.attempts == 1;
            jobs.send(job).unwrap();
            if first {
                closed.acquire().await.unwrap().forget();
                return Outcome::Done;
            }
            std::future::pending().await
        }
    });
    let first = taken.recv().await.unwrap();
    world.time_passes().await;
    let second = taken.recv().await.unwrap();
    assert_eq!((first.id, second.attempts), (second.id, 2));
    assert!(!begin_sending(&world.db, &first).await.unwrap());
    let tx = world.db.begin_write().await.unwrap();
    assert!(!take(&*tx, &first).await.unwrap());
    drop(tx);
    door.add_permits(1);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(counts(&world.db).await.unwrap(), (1, 0), "the first attempt's end is not the job's");
    assert!(begin_sending(&world.db, &second).await.unwrap());
    runner.kill().await;
}
