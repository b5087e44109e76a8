//! `cargo xtask bench callback`: the callback beside two libraries' and a bare handler, in one run; `cargo xtask bench
//! admin`: a list of a million rows beside Django's; `cargo xtask bench generate`: from a command line to a page; `cargo xtask
//! bench client`: the API's client beside bare requests and wechatpy.

mod admin;
mod client;
mod generate;
mod measure;
mod peers;
mod server;
mod servers;
mod table;
mod targets;

use std::fs;

use crate::exec::{self, Context as _, Error, Result};

use measure::{Case, Sample};

const USAGE: &str = "\
Usage: cargo xtask bench callback [--rounds N] [--seconds S] [--only NAME,…]

  --rounds N     rounds, of which the medians are taken (3)
  --seconds S    length of each measurement (4), after two seconds of warm-up
  --only NAME,…  leave servers out: bare, wechatpy, co-wechat, puzi

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
                 no measuring: other libraries' calls against the sandbox";

struct Options {
    rounds: u32,
    seconds: f64,
    only: Option<Vec<String>>,
}

/// `cargo xtask bench …`
pub(crate) fn run(args: &[String]) -> Result {
    match args.first().map(String::as_str) {
        Some("admin") if !args.iter().any(|arg| arg == "--help" || arg == "-h") => of_admin(&args[1..]),
        Some("generate") if args.len() == 1 => generate::run(),
        Some("client") if !args.iter().any(|arg| arg == "--help" || arg == "-h") => client::run(&args[1..]),
        Some("callback") if !args.iter().any(|arg| arg == "--help" || arg == "-h") => callback(&options(&args[1..])?),
        _ => {
            println!("{USAGE}");
            Ok(())
        }
    }
}

fn options(args: &[String]) -> Result<Options> {
    let mut options = Options { rounds: 3, seconds: 4.0, only: None };
    for pair in args.chunks(2) {
        let bad = || Error::new(format!("`{}` is not understood.\n\n{USAGE}", pair.join(" ")));
        let [name, value] = pair else { return Err(bad()) };
        match name.as_str() {
            // The run ends by itself, whatever is asked for.
            "--rounds" => options.rounds = value.parse().ok().filter(|n| (1..=20).contains(n)).ok_or_else(bad)?,
            "--seconds" => options.seconds = value.parse().ok().filter(|s| (0.5..=60.0).contains(s)).ok_or_else(bad)?,
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

fn callback(options: &Options) -> Result {
    exec::catch_signals();
    let dir = exec::target().join("bench");
    fs::create_dir_all(&dir).context(dir.display())?;
    let wanted = |name: &str| options.only.as_ref().is_none_or(|only| only.iter().any(|one| one == name));
    println!("Building the load generator and the servers …");
    let mut build = exec::cargo();
    build.args(["build", "--release", "--package", "puzi-load"]);
    exec::run(if wanted("puzi") { build.args(["--package", "puzi"]) } else { &mut build })?;
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
                let sample = measure::measure(server, case, options.seconds);
                // First, for it explains whatever else went wrong.
                server.check_alive()?;
                if let Some(sample) = sample? {
                    println!("  {sample}");
                    samples.push(sample);
                }
            }
        }
    }
    let report = table::Report::new(&running, &samples);
    drop(running);
    println!("\n{report}");
    let file = dir.join("callback.json");
    fs::write(&file, format!("{:#}\n", report.json())).context(file.display())?;
    println!("All numbers: {}", file.display());
    match report.wrong() {
        0 => Ok(()),
        wrong => Err(Error::new(format!("{wrong} answers were wrong, the first: {}", report.first_wrong()))),
    }
}
