//! What the platform finishes later, when the clock has come that far: on its own, or because it was moved.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::world::Inner;

/// How long the machine's clock may be wrong about the sandbox's.
const NAP: Duration = Duration::from_secs(60);

type Job = Box<dyn FnOnce(&Arc<Inner>) + Send>;
type Queue = BTreeMap<(i64, u64), Job>;

/// Jobs by when they are due, in Unix milliseconds, and the order in which they came.
#[derive(Default)]
pub(crate) struct Later {
    jobs: Mutex<(u64, Queue)>,
    changed: Notify,
}

impl Later {
    /// Does something once the clock shows this time, without the world's lock.
    pub(crate) fn at(&self, due_ms: i64, job: impl FnOnce(&Arc<Inner>) + Send + 'static) {
        let mut jobs = self.jobs.lock().expect("no job runs under this lock");
        jobs.0 += 1;
        let place = (due_ms, jobs.0);
        jobs.1.insert(place, Box::new(job));
        drop(jobs);
        self.changed.notify_one();
    }

    /// The first job that is due, or the time of the first that is not.
    fn next(&self, now_ms: i64) -> Result<Job, Option<i64>> {
        let jobs = &mut self.jobs.lock().expect("no job runs under this lock").1;
        match jobs.first_key_value().map(|(&(due, _), _)| due) {
            Some(due) if due <= now_ms => jobs.pop_first().map(|(_, job)| job).ok_or(None),
            due => Err(due),
        }
    }
}

/// Does what is due until the sandbox stops.
pub(crate) async fn run(inner: Arc<Inner>) {
    loop {
        let now = inner.clock.now_ms();
        let due = match inner.later.next(now) {
            Ok(job) => {
                // One that fails must not take those that come after it along.
                if std::panic::catch_unwind(AssertUnwindSafe(|| job(&inner))).is_err() {
                    tracing::error!("a job of the sandbox panicked");
                }
                // Others have their turn between jobs that follow on one another, and so has the end.
                tokio::task::yield_now().await;
                if inner.stop.is_cancelled() {
                    return;
                }
                continue;
            }
            Err(due) => due,
        };
        let wait = due.map_or(NAP, |due| Duration::from_millis(due.saturating_sub(now).unsigned_abs()).min(NAP));
        tokio::select! {
            () = inner.stop.cancelled() => return,
            () = inner.later.changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = inner.clock.moved() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use crate::{Config, Sandbox};

    use super::*;

    #[tokio::test]
    async fn a_job_that_fails_takes_none_along_and_the_world_goes_on() {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let inner = &sandbox.inner;
        let (done, is_done) = mpsc::channel();
        let now = inner.clock.now_ms();
        inner.later.at(now, |inner| {
            let _world = inner.world();
            panic!("as a test wants it");
        });
        inner.later.at(now, move |_| done.send(()).unwrap());
        let waited = tokio::task::spawn_blocking(move || is_done.recv_timeout(Duration::from_secs(5)));
        waited.await.unwrap().unwrap();
        assert_eq!(inner.world().exchanges(1).len(), 0);
        sandbox.stop().await;
    }

    #[tokio::test]
    async fn jobs_that_follow_on_one_another_leave_room_for_the_end() {
        fn again(inner: &Arc<Inner>) {
            inner.later.at(inner.clock.now_ms(), again);
        }
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        again(&sandbox.inner);
        // One thread runs this test: were it never let go, nothing here would be reached.
        tokio::time::timeout(Duration::from_secs(5), sandbox.stop()).await.unwrap();
    }
}
