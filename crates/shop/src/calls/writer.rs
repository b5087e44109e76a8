//! Writing what waits, a few hundred lines at a time with rests between: messages come first.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use metrics::{counter, gauge};

use super::{
    recorder::Shared,
    sqlite::Lines,
    store,
    waiting::{Item, Work},
};
use crate::{Result, db::Db};

/// Lines in one transaction on SQLite: no commit of a message waits longer than for these.
const SQLITE_AT_ONCE: usize = 256;
/// On SQLite all share one writer. While lines wait, it is used one part in 33 of the time.
const SQLITE_REST: u32 = 32;
/// PostgreSQL writes beside the messages, and a line's share of a statement is smaller.
const POSTGRES_AT_ONCE: usize = 1_024;
const POSTGRES_REST: u32 = 4;
/// A transaction on PostgreSQL that takes longer has failed.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(1);
/// Lines that failed so often are given up: one that no database takes must not hold up all others for ever.
const TRIES: u32 = 120;

/// How writing goes.
#[derive(Default)]
struct State {
    failures: u32,
    /// When an outage was last told of.
    told: Option<Instant>,
}

impl State {
    /// Counts what was written, or puts it back.
    fn ended(&mut self, shared: &Shared, work: Work, outcome: std::result::Result<(), String>) {
        let Err(error) = outcome else {
            counter!("puzi_calls_written_total").increment(work.lines.len() as u64);
            gauge!("puzi_calls_waiting").set(shared.waiting().len() as f64);
            self.failures = 0;
            return;
        };
        if self.told.is_none_or(|at| at.elapsed() > Duration::from_secs(60)) {
            tracing::warn!(error, "calls cannot be recorded");
            self.told = Some(Instant::now());
        }
        self.failures += 1;
        let mut work = work;
        let mut gone: Vec<_> = Vec::new();
        if self.failures >= TRIES {
            self.failures = 0;
            gone = work.lines.drain(..).map(|item| item.whose()).collect();
        }
        let mut waiting = shared.waiting();
        gone.extend(waiting.put_back(work));
        if !gone.is_empty() {
            let mut sums = super::figures::Sums::default();
            gone.iter().for_each(|(account, at)| sums.left_out(*account, *at));
            waiting.add_sums(sums);
            counter!("puzi_calls_left_out_total", "why" => "refused").increment(gone.len() as u64);
        }
    }
}

/// The thread that writes to SQLite.
pub(super) fn to_sqlite(shared: &Shared, db: &Db, path: &Path) {
    let (mut lines, mut state) = (None, State::default());
    loop {
        let work = match shared.next(SQLITE_AT_ONCE) {
            Ok(work) => work,
            Err(true) => return,
            Err(false) => {
                shared.wait_for_more();
                continue;
            }
        };
        let turn = db.wait_for_turn();
        let began = Instant::now();
        let writing = AssertUnwindSafe(|| match &mut lines {
            Some(lines) => Lines::write(lines, &shared.node, &work),
            None => Lines::open(path).and_then(|opened| lines.insert(opened).write(&shared.node, &work)),
        });
        let outcome = match catch_unwind(writing) {
            Ok(written) => written.map_err(|error| error.to_string()),
            Err(_) => Err("writing panicked".to_owned()),
        };
        drop(turn);
        let took = began.elapsed();
        let failed = outcome.is_err();
        if failed {
            lines = None;
        }
        state.ended(shared, work, outcome);
        // Whoever waits for the end, or for all to be written, does so without load.
        shared.rest(if failed { AGAIN } else { took * SQLITE_REST });
        if failed && shared.is_stopping() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The task that writes to PostgreSQL.
pub(super) async fn to_postgres(shared: Arc<Shared>, db: Db) {
    let mut state = State::default();
    loop {
        let work = match shared.next(POSTGRES_AT_ONCE) {
            Ok(work) => work,
            Err(true) => return,
            Err(false) => {
                let _ = tokio::time::timeout(Duration::from_millis(500), shared.more_task.notified()).await;
                continue;
            }
        };
        let began = Instant::now();
        let written = tokio::time::timeout(WRITE_WITHIN, write(&db, &shared.node, &work)).await;
        let outcome = match written {
            Ok(written) => written.map_err(|error| error.to_string()),
            Err(_) => Err(format!("not written within {} s", WRITE_WITHIN.as_secs())),
        };
        let failed = outcome.is_err();
        state.ended(&shared, work, outcome);
        let until = Instant::now() + if failed { AGAIN } else { began.elapsed() * POSTGRES_REST };
        while Instant::now() < until && !shared.is_hurried() {
            tokio::time::sleep((until - Instant::now()).min(Duration::from_millis(20))).await;
        }
        if failed {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn write(db: &Db, node: &str, work: &Work) -> Result<()> {
    let lines: Vec<_> = work
        .lines
        .iter()
        .map(|item| match item {
            Item::Push(seen) => seen.into(),
            Item::Call(line) => (**line).clone(),
        })
        .collect();
    store::write(db, node, &lines, &work.sums).await
}
