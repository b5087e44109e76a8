//! What the platform finishes later, when the clock has come that far: on its own, or because it was moved.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::world::Inner;

/// How long the machine's clock may be wrong about the sandbox's.
const NAP: Duration = Duration::from_secs(60);

type Job = Box<dyn FnOnce(&Arc<Inner>) + Send>;

/// Jobs by when they are due, in Unix milliseconds, and the order in which they came.
#[derive(Default)]
pub(crate) struct Later {
    jobs: Mutex<(u64, BTreeMap<(i64, u64), Job>)>,
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
                job(&inner);
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
