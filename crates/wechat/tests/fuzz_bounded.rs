//! The fuzz targets on the stable toolchain: seeds, mutated for a bounded time by a generator with a seed of its own.
//!
//! `PUZI_FUZZ_SECONDS` is the time a target (3 by default), `PUZI_FUZZ_SEED` another course.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Words that a random byte would not find.
const WORDS: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "<xml>",
    "</xml>",
    "<item>",
    "</item>",
    "<![CDATA[",
    "]]>",
    "]]",
    "&amp;",
    "&#38;",
    "&#x0;",
    "&x;",
    "<!DOCTYPE a [",
    "<!ENTITY a 'b'>",
    "<!--",
    "-->",
    "<?a?>",
    " a='1'",
    "List",
    "item",
    "Encrypt",
    "MsgType",
    "InfoType",
    "event",
    "CreateTime",
    "\0",
    "\u{8}",
    "\u{feff}",
    "\r\n",
    "你",
    "{",
    "}",
    "[",
    "]",
    "[]",
    "{}",
    "\"",
    "\\u0000",
    "\\ud83d",
    ",",
    ":",
    "null",
    "-1e5",
    "18446744073709551616",
    "\"a\":",
    "%",
    "%4",
    "=",
    "==",
    "+",
    "NaN",
    "inf",
];
/// Inputs kept beside the seeds.
const POOL: usize = 400;

#[test]
fn xml() {
    drive("xml", bodies::xml);
}

#[test]
fn json() {
    drive("json", bodies::json);
}

#[test]
fn envelope() {
    drive("envelope", bodies::envelope);
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn drive(target: &str, body: fn(&[u8]) -> bool) {
    let end = Instant::now() + Duration::from_secs(setting("PUZI_FUZZ_SECONDS", 3));
    let mut random = StdRng::seed_from_u64(setting("PUZI_FUZZ_SEED", 20_261_122));
    let mut pool = seeds(target);
    let seeds = pool.len();
    for seed in &pool {
        assert!(body(seed), "a seed is not understood: {}", seed.escape_ascii());
    }
    let (mut tried, mut understood) = (0_u64, 0_u64);
    while Instant::now() < end {
        let input = mutated(&pool, &mut random);
        let verdict = catch_unwind(AssertUnwindSafe(|| body(&input)));
        let verdict = verdict.unwrap_or_else(|_| panic!("{target} failed for: {}", input.escape_ascii()));
        tried += 1;
        understood += u64::from(verdict);
        if verdict && pool.len() < seeds + POOL {
            pool.push(input);
        } else if verdict {
            let place = random.random_range(seeds..pool.len());
            pool[place] = input;
        }
    }
    // A driver whose inputs are all refused at the door checks nothing.
    assert!(understood * 100 > tried, "{target}: {understood} of {tried} inputs were understood");
    assert!(understood < tried, "{target}: nothing was refused");
}

fn mutated(pool: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut input = pool[random.random_range(0..pool.len())].clone();
    for _ in 0..random.random_range(1..5) {
        let at = random.random_range(0..=input.len());
        let end = random.random_range(at..=input.len().min(at + 64));
        match random.random_range(0..7) {
            0 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
            1 if at < input.len() => input[at] = random.random(),
            2 => drop(input.drain(at..end)),
            3 => {
                let copy = input[at..end].to_vec();
                let place = random.random_range(0..=input.len());
                input.splice(place..place, copy);
            }
            4 => {
                let other = &pool[random.random_range(0..pool.len())];
                let from = random.random_range(0..=other.len());
                let to = random.random_range(from..=other.len().min(from + 128));
                input.splice(at..end, other[from..to].iter().copied());
            }
            5 => {
                input.truncate(at);
            }
            _ => {
                let word = WORDS[random.random_range(0..WORDS.len())];
                input.splice(at..at, word.bytes());
            }
        }
    }
    input.truncate(8192);
    input
}
