//! `cargo xtask bench callback`: the callback beside two libraries' and a bare handler, in one run; `cargo xtask bench
//! admin`: a list of a million rows beside Django's; `cargo xtask bench generate`: from a command line to a page; `cargo xtask
//! bench client`: the API's client beside bare requests and wechatpy; `cargo xtask bench people`: a million followers and ten million
//! messages.

mod admin;
mod client;
mod generate;
mod measure;
mod peers;
mod people;
mod record;
mod server;
mod servers;
mod table;
mod targets;

use std::fs;
use std::time::Duration;

use crate::exec::{self, Context as _, Error, Result};

use measure::{Case, Sample};
use record::Kept;
use server::Server;

const USAGE: &str = "\
Usage: cargo xtask bench callback [--rounds N] [--seconds S] [--only NAME,…] [--paced N] [--no-build]

  --rounds N     rounds, of which the medians are taken (3)
  --seconds S    length of each measurement (4), after two seconds of warm-up
  --only NAME,…  leave servers out: bare, wechatpy, co-wechat, puzi, puzi-quiet (without its record of calls)
  --paced N      messages a second of the steady measurement at the end (5000), 20 s long; 0 for none
  --no-build     measure what the last run has built

       cargo xtask bench admin [--rows N] [--requests N] [--no-build]

  --rows N       rows of the table (1000000)
  --requests N   pages for each number (200)
  --no-build     measure what the last run has built

       cargo xtask bench generate

       cargo xtask bench client [--rounds N] [--seconds S] [--followers N] [--first N] [--no-build]

  --rounds N     rounds of each comparison with bare requests (9)
  --seconds S    length of each measurement in them (2)
  --followers N  followers to list with their details (1000000)
  --first N      so many of them beside wechatpy (100000)
  --no-build     measure what the last run has built

       cargo xtask bench client --peers
                 no measuring: other libraries' calls against the sandbox

       cargo xtask bench people [--followers N] [--messages N] [--requests N] [--databases NAME,…] [--parts NAME,…] [--no-build]

  --followers N     followers (1000000)
  --messages N      messages (10000000): some 4 GB on SQLite, 6 GB on PostgreSQL, one after the other
  --requests N      pages and questions for each number (200)
  --databases NAME  sqlite, postgres
  --parts NAME      lists, said, sync
  --no-build        measure what the last run has built";

struct Options {
    rounds: u32,
    seconds: f64,
    only: Option<Vec<String>>,
    paced: u32,
    build: bool,
}

/// `cargo xtask bench …`
pub(crate) fn run(args: &[String]) -> Result {
    match args.first().map(String::as_str) {
        Some("admin") if !args.iter().any(|arg| arg == "--help" || arg == "-h") => of_admin(&args[1..]),
        Some("generate") if args.len() == 1 => generate::run(),
        Some("client") if !args.iter().any(|arg| arg == "--help" || arg == "-h") => client::run(&args[1..]),
        Some("people") if !args.iter().any(|arg| arg == "--help" || arg == "-h") => of_people(&args[1..]),
        Some("callback") if !args.iter().any(|arg| arg == "--help" || arg == "-h") => callback(&options(&args[1..])?),
        _ => {
            println!("{USAGE}");
            Ok(())
        }
    }
}

fn options(args: &[String]) -> Result<Options> {
    let build = !args.iter().any(|arg| arg == "--no-build");
    let args: Vec<&String> = args.iter().filter(|arg| *arg != "--no-build").collect();
    let mut options = Options { rounds: 3, seconds: 4.0, only: None, paced: 5_000, build };
    for pair in args.chunks(2) {
        let bad = || Error::new(format!("{pair:?} is not understood.\n\n{USAGE}"));
        let [name, value] = pair else { return Err(bad()) };
        match name.as_str() {
            // The run ends by itself, whatever is asked for.
            "--rounds" => options.rounds = value.parse().ok().filter(|n| (1..=20).contains(n)).ok_or_else(bad)?,
            "--seconds" => options.seconds = value.parse().ok().filter(|s| (0.5..=60.0).contains(s)).ok_or_else(bad)?,
            "--paced" => options.paced = value.parse().ok().filter(|n| *n <= 20_000).ok_or_else(bad)?,
            "--only" => options.only = Some(value.split(',').map(str::to_owned).collect()),
            _ => return Err(bad()),
        }
    }
    Ok(options)
}

fn of_admin(args: &[String]) -> Result {
    let (mut rows, mut requests) = (1_000_000, 200);
    let build = !args.iter().any(|arg| arg == "--no-build");
    let args: Vec<&String> = args.iter().filter(|arg| *arg != "--no-build").collect();
    for pair in args.chunks(2) {
        let bad = || Error::new(format!("{pair:?} is not understood.\n\n{USAGE}"));
        let [name, value] = pair else { return Err(bad()) };
        match name.as_str() {
            "--rows" => {
                rows = value.parse().ok().filter(|n| (1_000_000..=5_000_000).contains(n)).ok_or_else(bad)?;
            }
            "--requests" => requests = value.parse().ok().filter(|n| (10..=5_000).contains(n)).ok_or_else(bad)?,
            _ => return Err(bad()),
        }
    }
    admin::run(rows, requests, build)
}

fn of_people(args: &[String]) -> Result {
    let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut options = people::Options {
        followers: 1_000_000,
        messages: 10_000_000,
        requests: 200,
        databases: list("sqlite,postgres"),
        parts: list("lists,said,sync"),
        build: !args.iter().any(|arg| arg == "--no-build"),
    };
    let args: Vec<&String> = args.iter().filter(|arg| *arg != "--no-build").collect();
    for pair in args.chunks(2) {
        let bad = || Error::new(format!("{pair:?} is not understood.\n\n{USAGE}"));
        let [name, value] = pair else { return Err(bad()) };
        let number = |most: u64| value.parse::<u64>().ok().filter(|n| (1_000..=most).contains(n)).ok_or_else(bad);
        let words = |known: &[&str]| {
            Some(list(value)).filter(|words| words.iter().all(|word| known.contains(&word.as_str()))).ok_or_else(bad)
        };
        match name.as_str() {
            "--followers" => options.followers = number(1_000_000)?,
            "--messages" => options.messages = number(20_000_000)?,
            "--requests" => {
                options.requests = value.parse().ok().filter(|n| (10..=5_000).contains(n)).ok_or_else(bad)?;
            }
            "--databases" => options.databases = words(&["sqlite", "postgres"])?,
            "--parts" => options.parts = words(&["lists", "said", "sync"])?,
            _ => return Err(bad()),
        }
    }
    people::run(&options)
}

fn callback(options: &Options) -> Result {
    exec::catch_signals();
    let dir = exec::target().join("bench");
    fs::create_dir_all(&dir).context(dir.display())?;
    let wanted = |name: &str| options.only.as_ref().is_none_or(|only| only.iter().any(|one| one == name));
    if options.build {
        println!("Building the load generator and the servers …");
        let mut build = exec::cargo();
        build.args(["build", "--release", "--package", "puzi-load"]);
        let ours = wanted("puzi") || wanted("puzi-quiet");
        exec::run(if ours { build.args(["--package", "puzi"]) } else { &mut build })?;
    }
    let mut running = Vec::new();
    for (name, start) in servers::ALL {
        if wanted(name) {
            println!("Starting {name} …");
            running.push(start(&dir)?);
        }
    }
    let mut samples: Vec<Sample> = Vec::new();
    for round in 1..=options.rounds {
        println!("\nRound {round} of {}", options.rounds);
        // Interleaved, so that what the machine does besides falls on all alike.
        for case in Case::ALL {
            for server in &mut running {
                let sample = measure::measure(server, case, round, options.seconds, None);
                // First, for it explains whatever else went wrong.
                server.check_alive()?;
                if let Some(sample) = sample? {
                    println!("  {sample}");
                    samples.push(sample);
                }
            }
        }
        swap_ours(&mut running);
    }
    let mut report = table::Report::new(&running, &samples);
    let kept = match running.iter().position(|server| server.name == "puzi") {
        Some(at) => Some(of_record(running.remove(at), options, &samples, &mut report)?),
        None => None,
    };
    drop(running);
    println!("\n{report}");
    let mut json = report.json();
    if let Some(kept) = &kept {
        println!("{}\n", kept.told());
        json["record"] = kept.json();
    }
    let file = dir.join("callback.json");
    fs::write(&file, format!("{json:#}\n")).context(file.display())?;
    println!("All numbers: {}", file.display());
    match report.wrong() {
        0 => Ok(()),
        wrong => Err(Error::new(format!("{wrong} answers were wrong, the first: {}", report.first_wrong()))),
    }
}

/// With and without the record of calls take turns in coming first.
fn swap_ours(running: &mut [Server]) {
    let at = |name| running.iter().position(|server| server.name == name);
    if let (Some(one), Some(other)) = (at("puzi"), at("puzi-quiet")) {
        running.swap(one, other);
    }
}

/// The steady measurement, then the end of the server and a look at what it has recorded.
fn of_record(server: Server, options: &Options, samples: &[Sample], report: &mut table::Report) -> Result<Kept> {
    const STEADY: f64 = 20.0;
    let mut sent: u64 = samples.iter().filter(|sample| sample.server == "puzi").map(|sample| sample.sent).sum();
    let mut steady = None;
    if options.paced > 0 {
        // What waits since the rounds is written first, so that what is left out from here on is the steady rate's.
        std::thread::sleep(Duration::from_secs(12));
        let before = measure::left_out(server.address)?;
        let case = Case { encrypted: false, connections: 64 };
        if let Some(sample) = measure::measure(&server, case, 0, STEADY, Some(options.paced))? {
            println!("\nSteady, {} a second\n  {sample}", options.paced);
            std::thread::sleep(Duration::from_secs(2));
            let left_out = measure::left_out(server.address)?.saturating_sub(before);
            sent += sample.sent;
            steady = Some((sample, left_out));
        }
    }
    let data = server.end().ok_or_else(|| Error::new("puzi has no data of its own."))?;
    let kept = record::read(data.path())?;
    kept.check(sent)?;
    if let Some((sample, left_out)) = steady {
        report.add(record::paced(&sample, left_out));
    }
    Ok(kept)
}
