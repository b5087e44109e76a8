//! How much longer a call by the SDK takes than the same call by hand: both in turns, against the same sandbox.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use puzi_wechat::client::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    At, Outcome,
    bare::{Bare, Card},
    memory,
};

/// Openids of a batch.
const BATCH: usize = 100;
/// What is asked for.
const CASES: [(&str, Kind); 2] = [("GET user/info", Kind::Info), ("POST user/info/batchget, 100 openids", Kind::Batch)];
const CONNECTIONS: [usize; 2] = [1, 32];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Info,
    Batch,
}

/// Who calls.
enum Side {
    Sdk(Client),
    Bare(Bare),
}

impl Side {
    async fn call(&self, kind: Kind, openids: &[String]) -> Outcome<()> {
        // Every answer is checked: about how many, and whether the last is about the one asked for.
        let (first, last) = (&openids[0], &openids[openids.len() - 1]);
        let right = match (self, kind) {
            (Self::Sdk(client), Kind::Info) => {
                let follower = client.users().info(first).await?;
                follower.openid == *first && follower.subscribe
            }
            (Self::Bare(bare), Kind::Info) => {
                let card = bare.info(first).await?;
                card.openid == *first && is_whole(&card)
            }
            (Self::Sdk(client), Kind::Batch) => {
                let followers = client.users().infos(openids).await?;
                followers.len() == openids.len()
                    && followers.last().is_some_and(|it| it.openid == *last && it.subscribe)
            }
            (Self::Bare(bare), Kind::Batch) => {
                let cards = bare.infos(openids).await?;
                cards.len() == openids.len() && cards.last().is_some_and(|it| it.openid == *last && is_whole(it))
            }
        };
        if right { Ok(()) } else { Err("an answer is about someone else".into()) }
    }
}

/// What is read by hand is what the sandbox tells of every follower.
fn is_whole(card: &Card) -> bool {
    card.subscribe == 1 && card.subscribe_time > 0
}

/// One measurement.
#[derive(Clone, Copy)]
struct Sample {
    /// Microseconds a call, as seen over all connections.
    wall: f64,
    /// Microseconds of this process's CPU a call.
    cpu: f64,
    calls: u64,
}

/// Measures every case over 1 and 32 connections.
pub(crate) async fn measure(at: &At, rounds: usize, seconds: f64) -> Outcome<Value> {
    let client = at.client()?;
    let page = client.users().list(None).await?;
    let openids: Arc<Vec<String>> = Arc::new(page.openids.into_iter().take(BATCH).collect());
    if openids.len() < BATCH {
        return Err("the sandbox has too few followers".into());
    }
    let (sdk, bare) = (Arc::new(Side::Sdk(client)), Arc::new(Side::Bare(Bare::start(at).await?)));
    let mut cases = Vec::new();
    for (name, kind) in CASES {
        for connections in CONNECTIONS {
            // Connections are opened, and both sides' code is warm.
            for side in [&sdk, &bare] {
                run(side, kind, &openids, connections, Duration::from_millis(500)).await?;
            }
            let mut pairs = Vec::new();
            for round in 0..rounds {
                let length = Duration::from_secs_f64(seconds);
                // Who comes first changes, so that a drift of the machine falls on both alike.
                let pair = if round % 2 == 0 {
                    let sdk = run(&sdk, kind, &openids, connections, length).await?;
                    (sdk, run(&bare, kind, &openids, connections, length).await?)
                } else {
                    let bare = run(&bare, kind, &openids, connections, length).await?;
                    (run(&sdk, kind, &openids, connections, length).await?, bare)
                };
                pairs.push(pair);
            }
            let case = told(name, connections, &pairs);
            println!("  {name}, {connections} connections: {}", case["ratio"]);
            cases.push(case);
        }
    }
    Ok(json!({ "cases": cases }))
}

fn told(name: &str, connections: usize, pairs: &[(Sample, Sample)]) -> Value {
    let of = |number: &dyn Fn(&(Sample, Sample)) -> f64| median(pairs.iter().map(number).collect());
    json!({
        "case": name,
        "connections": connections,
        "sdk_us": of(&|(sdk, _)| sdk.wall),
        "bare_us": of(&|(_, bare)| bare.wall),
        "ratio": of(&|(sdk, bare)| sdk.wall / bare.wall),
        "sdk_cpu_us": of(&|(sdk, _)| sdk.cpu),
        "bare_cpu_us": of(&|(_, bare)| bare.cpu),
        "calls": pairs.iter().map(|(sdk, bare)| sdk.calls + bare.calls).sum::<u64>(),
    })
}

/// Calls over so many connections, each waiting for its answer before it calls again.
async fn run(
    side: &Arc<Side>,
    kind: Kind,
    openids: &Arc<Vec<String>>,
    connections: usize,
    length: Duration,
) -> Outcome<Sample> {
    let (over, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (started, before) = (Instant::now(), memory::cpu());
    let mut callers = JoinSet::new();
    for _ in 0..connections {
        let (side, openids, over, calls) = (side.clone(), openids.clone(), over.clone(), calls.clone());
        callers.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                side.call(kind, &openids).await?;
                calls.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Ok(())
        });
    }
    tokio::time::sleep(length).await;
    over.store(true, Ordering::Relaxed);
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    let (calls, took, cpu) = (calls.load(Ordering::Relaxed), started.elapsed(), memory::cpu() - before);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / calls.max(1) as f64;
    Ok(Sample { wall: each(took), cpu: each(cpu), calls })
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => f64::NAN,
        length if length.is_multiple_of(2) => (numbers[middle - 1] + numbers[middle]) / 2.0,
        _ => numbers[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_rounds() {
        let sample = |wall| Sample { wall, cpu: 1.0, calls: 1 };
        let pairs = [(sample(105.0), sample(100.0)), (sample(300.0), sample(100.0)), (sample(102.0), sample(100.0))];
        let told = told("x", 1, &pairs);
        assert_eq!((told["ratio"].as_f64(), told["calls"].as_u64()), (Some(1.05), Some(6)));
    }
}
