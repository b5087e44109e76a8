//! One measurement: warm up, prepare, load, check.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::LocalSet;

use crate::check::{self, Expected};
use crate::connection::Connection;
use crate::error::{Doing as _, Error, Result};
use crate::messages::{Account, Messages};
use crate::{Round, process};

/// Messages prepared for the warm-up; a server that answers more in its time is warm sooner.
const WARM_UP: usize = 120_000;
/// Of encrypted answers, one in so many is kept and opened after the clock has stopped.
const SAMPLE: usize = 16;
/// How long the last answers may take after the end.
const GRACE: u64 = 15;

/// Runs one measurement and prints it.
pub(crate) fn run(round: &Round) -> Result<()> {
    if !round.target.ip().is_loopback() {
        return Err(Error::Usage("Only a server on this machine's loopback is a target.".into()));
    }
    let account = Account::new(round)?;
    // One thread: what the generator uses is taken from the server on a small machine.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().doing("starting the runtime")?;
    let warm = Messages::prepare(&account, 0, WARM_UP);
    let warm_up = runtime.block_on(load(round, &account, warm, Round::seconds(round.warm_up)?))?;
    let rate = round.pace.map_or(warm_up.latencies.len() as f64 / warm_up.took.as_secs_f64(), f64::from);
    let expected = rate * round.seconds;
    let messages = Messages::prepare(&account, WARM_UP as u64, (expected * 1.4) as usize + 2_000);
    let before = process::usage(round.pid)?;
    let own = process::usage(std::process::id())?;
    let mut measured = runtime.block_on(load(round, &account, messages, Round::seconds(round.seconds)?))?;
    let after = process::usage(round.pid)?;
    let own = process::usage(std::process::id())?.cpu - own.cpu;
    measured.latencies.sort_unstable();
    let answered = measured.latencies.len();
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / answered.max(1) as f64;
    let line = json!({
        "answered": answered,
        "sent": answered + warm_up.latencies.len() + measured.wrong + warm_up.wrong,
        "wrong": measured.wrong + warm_up.wrong,
        "first_wrong": warm_up.first_wrong.or(measured.first_wrong),
        "seconds": measured.took.as_secs_f64(),
        "per_second": answered as f64 / measured.took.as_secs_f64(),
        "p50_us": percentile(&measured.latencies, 50),
        "p99_us": percentile(&measured.latencies, 99),
        "max_us": measured.latencies.last().map_or(0.0, |&nanos| f64::from(nanos) / 1e3),
        "cpu_us": each(after.cpu.saturating_sub(before.cpu)),
        "generator_cpu_us": each(own),
        "resident": after.resident,
        "peak": after.peak,
    });
    println!("{line}");
    Ok(())
}

#[derive(Default)]
struct Outcome {
    /// Nanoseconds, of every right answer.
    latencies: Vec<u32>,
    wrong: usize,
    first_wrong: Option<String>,
    took: Duration,
}

impl Outcome {
    fn wrong(&mut self, why: String) {
        self.wrong += 1;
        self.first_wrong.get_or_insert(why);
    }
}

/// What the connections share; they take turns on one thread.
struct Shared {
    messages: Messages,
    expected: Expected,
    encrypted: bool,
    next: Cell<usize>,
    started: Instant,
    /// Seconds from one message to the next.
    pace: Option<f64>,
    deadline: Instant,
    outcome: RefCell<Outcome>,
    /// Encrypted answers to open later.
    kept: RefCell<Vec<(usize, String)>>,
}

async fn load(round: &Round, account: &Account<'_>, messages: Messages, time: Duration) -> Result<Outcome> {
    let mut connections = Vec::new();
    for _ in 0..round.connections {
        connections.push(Connection::open(round.target).await?);
    }
    let started = Instant::now();
    let shared = Rc::new(Shared {
        expected: round.expect.clone(),
        encrypted: account.encrypted,
        next: Cell::new(0),
        started,
        pace: round.pace.map(|pace| 1.0 / f64::from(pace.max(1))),
        deadline: started + time,
        outcome: RefCell::new(Outcome { latencies: Vec::with_capacity(messages.len()), ..Outcome::default() }),
        kept: RefCell::default(),
        messages,
    });
    let tasks = LocalSet::new();
    for connection in connections {
        tasks.spawn_local(drive(connection, Rc::clone(&shared)));
    }
    tokio::time::timeout(time + Duration::from_secs(GRACE), tasks).await.map_err(|_| Error::Stuck(GRACE))?;
    let mut outcome = shared.outcome.take();
    outcome.took = started.elapsed();
    for (index, body) in shared.kept.take() {
        if let Err(why) = shared.expected.check_sealed(&account.key, &shared.messages, index, &body) {
            outcome.wrong(why);
        }
    }
    Ok(outcome)
}

impl Shared {
    /// Waits until it is the message's turn, and gives the moment that its time counts from: when it should have been sent, if
    /// no connection was free then.
    async fn turn(&self, index: usize) -> Instant {
        let Some(pace) = self.pace else { return Instant::now() };
        let due = self.started + Duration::from_secs_f64(pace * index as f64);
        if Instant::now() >= due {
            return due;
        }
        tokio::time::sleep_until(due.into()).await;
        Instant::now()
    }
}

/// Sends the next message as soon as the last is answered, until the time is over or no message is left.
async fn drive(mut connection: Connection, shared: Rc<Shared>) {
    while Instant::now() < shared.deadline {
        let index = shared.next.replace(shared.next.get() + 1);
        if index >= shared.messages.len() {
            return;
        }
        let sent = shared.turn(index).await;
        let answer = connection.exchange(shared.messages.request(index)).await;
        let nanos = u32::try_from(sent.elapsed().as_nanos()).unwrap_or(u32::MAX);
        let verdict =
            answer.map_err(|error| error.to_string()).and_then(|(status, body)| judge(&shared, index, status, body));
        let mut outcome = shared.outcome.borrow_mut();
        match verdict {
            Ok(()) => outcome.latencies.push(nanos),
            Err(why) => outcome.wrong(why),
        }
    }
}

fn judge(shared: &Shared, index: usize, status: u16, body: &[u8]) -> std::result::Result<(), String> {
    let body = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    if status != 200 {
        return Err(format!("status {status}: {body}"));
    }
    match &shared.expected {
        Expected::Echo | Expected::Text(_) if shared.encrypted => {
            check::sealed(body).ok_or_else(|| format!("no <Encrypt> in {body}"))?;
            if index.is_multiple_of(SAMPLE) {
                shared.kept.borrow_mut().push((index, body.to_owned()));
            }
            Ok(())
        }
        expected => expected.check(&shared.messages, index, body),
    }
}

/// In microseconds, of sorted nanoseconds: the smallest that at least `percent` of all do not exceed.
fn percentile(sorted: &[u32], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(0.0, |&nanos| f64::from(nanos) / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact() {
        let sorted: Vec<u32> = (1..=200).map(|n| n * 1_000).collect();
        assert_eq!((percentile(&sorted, 50), percentile(&sorted, 99)), (100.0, 198.0));
        assert_eq!((percentile(&[5_000], 99), percentile(&[], 99)), (5.0, 0.0));
    }
}
