//! `cargo xtask bench client`: what a call by the SDK costs more than a bare one; a million followers with their details in
//! flat memory; the first of them beside wechatpy. WeChat is the sandbox, a process of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::exec::{self, Context as _, Error, Result};

use super::server::{Account, Server, release};
use super::{USAGE, peers};

const PROGRAM: &str = "puzi-bench-client";

/// What a call by the SDK may take beside a bare one.
const RATIO: f64 = 1.05;
/// Resident bytes of the process that lists all followers.
const MEMORY: f64 = 120e6;
/// Batches at the same time, for the whole list.
const PARALLEL: u32 = 8;

struct Options {
    rounds: u32,
    seconds: f64,
    followers: u32,
    first: u32,
    build: bool,
    peers: bool,
}

pub(super) fn run(args: &[String]) -> Result {
    let options = options(args)?;
    exec::catch_signals();
    let dir = exec::target().join("bench").join("client");
    fs::create_dir_all(&dir).context(dir.display())?;
    if options.build {
        println!("Building …");
        exec::run(exec::cargo().args(["build", "--release", "--package", PROGRAM, "--package", "puzi-load"]))?;
    }
    if options.peers {
        return peers::run(&dir, &mut Sandbox::start(1)?);
    }
    measure(&dir, &options)
}

fn options(args: &[String]) -> Result<Options> {
    let mut options =
        Options { rounds: 9, seconds: 2.0, followers: 1_000_000, first: 100_000, build: true, peers: false };
    let mut args = args.iter().map(String::as_str);
    while let Some(name) = args.next() {
        let mut value = || args.next().unwrap_or_default();
        let bad = || Error::new(format!("`{name}` is not understood.\n\n{USAGE}"));
        match name {
            "--no-build" => options.build = false,
            "--peers" => options.peers = true,
            // The run ends by itself, whatever is asked for.
            "--rounds" => options.rounds = value().parse().ok().filter(|n| (1..=50).contains(n)).ok_or_else(bad)?,
            "--seconds" => {
                options.seconds = value().parse().ok().filter(|s| (0.1..=30.0).contains(s)).ok_or_else(bad)?;
            }
            "--followers" => {
                options.followers = value().parse().ok().filter(|n| (100..=4_000_000).contains(n)).ok_or_else(bad)?;
            }
            "--first" => {
                options.first = value().parse().ok().filter(|n| (1..=1_000_000).contains(n)).ok_or_else(bad)?;
            }
            _ => return Err(bad()),
        }
    }
    options.first = options.first.min(options.followers);
    Ok(options)
}

/// The sandbox in a process of its own; it ends when this is dropped.
pub(super) struct Sandbox {
    server: Server,
    pub(super) appid: String,
    pub(super) secret: String,
}

impl Sandbox {
    fn start(followers: u32) -> Result<Self> {
        let (port, account) = (exec::free_port()?, Account::new("")?);
        let (appid, secret) = (account.appid.clone(), exec::random_hex(16)?);
        let mut command = exec::program(release(PROGRAM));
        command.args(["sandbox", "--listen", &format!("127.0.0.1:{port}"), "--followers", &followers.to_string()]);
        command.args(["--appid", &appid, "--secret", &secret]);
        Ok(Self { server: Server::start("sandbox", &mut command, port, (account, None), "")?, appid, secret })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// The openid of somebody who follows and has written just now, so that customer-service messages may be sent.
    pub(super) fn follower(&mut self, dir: &Path) -> Result<String> {
        let phone = self.ask(&dir.join("phone.json"), "phone", &[])?;
        phone["openid"].as_str().map(str::to_owned).ok_or_else(|| Error::new("the sandbox made no phone"))
    }

    /// Runs the program against it, and reads its result.
    fn ask(&mut self, out: &Path, command: &str, args: &[&str]) -> Result<Value> {
        let mut program = exec::program(release(PROGRAM));
        program.args([command, "--base-url", &self.url(), "--appid", &self.appid, "--secret", &self.secret]);
        self.result(program.args(args).arg("--out").arg(out), out)
    }

    /// Runs a client that writes its result into `out`.
    fn result(&mut self, client: &mut Command, out: &Path) -> Result<Value> {
        // A result of an earlier run must not be taken for this one's.
        let _ = fs::remove_file(out);
        let ran = exec::run(client);
        // First, for it explains whatever else went wrong.
        self.server.check_alive()?;
        ran?;
        let text = fs::read_to_string(out).context(out.display())?;
        serde_json::from_str(&text).context(out.display())
    }
}

fn measure(dir: &Path, options: &Options) -> Result {
    let python = peers::wechatpy(dir)?;
    println!("Starting the sandbox with {} followers …", options.followers);
    let mut sandbox = Sandbox::start(options.followers)?;
    let file = |name: &str| dir.join(name);

    println!("Calls by the SDK and by hand, {} rounds of {} s each …", options.rounds, options.seconds);
    let (rounds, seconds) = (options.rounds.to_string(), options.seconds.to_string());
    let overhead = sandbox.ask(&file("overhead.json"), "overhead", &["--rounds", &rounds, "--seconds", &seconds])?;

    println!("The first {} followers, one batch after the other …", options.first);
    let first = options.first.to_string();
    let ours = sandbox.ask(&file("first.json"), "followers", &["--limit", &first])?;
    let theirs = by_wechatpy(&mut sandbox, &python, options.first, &file("wechatpy.json"))?;
    for key in ["listed", "detailed", "last"] {
        if ours[key] != theirs[key] {
            return Err(Error::new(format!("{key}: {} by the SDK, {} by wechatpy", ours[key], theirs[key])));
        }
    }

    println!("All {} followers, {PARALLEL} batches at the same time …", options.followers);
    let all = sandbox.ask(&file("all.json"), "followers", &["--parallel", &PARALLEL.to_string()])?;
    if all["detailed"].as_u64() != Some(options.followers.into()) {
        return Err(Error::new(format!("{} of {} followers came", all["detailed"], options.followers)));
    }
    drop(sandbox);

    let report = json!({ "overhead": overhead["cases"], "first": ours, "wechatpy": theirs, "all": all });
    println!("\n{}", table(&report));
    let file = exec::target().join("bench").join("client.json");
    fs::write(&file, format!("{report:#}\n")).context(file.display())?;
    println!("\nAll numbers: {}", file.display());
    Ok(())
}

fn by_wechatpy(sandbox: &mut Sandbox, python: &Path, first: u32, out: &Path) -> Result<Value> {
    println!("The same by wechatpy …");
    let mut client = exec::program(python);
    client.arg(exec::root().join("bench/client/wechatpy/followers.py"));
    client.args([sandbox.url(), sandbox.appid.clone(), sandbox.secret.clone(), first.to_string()]).arg(out);
    sandbox.result(client.env("PYTHONDONTWRITEBYTECODE", "1"), out)
}

fn number(line: &Value, key: &str) -> f64 {
    line[key].as_f64().unwrap_or_default()
}

fn mark(met: bool) -> &'static str {
    if met { "✓" } else { "✗" }
}

fn table(report: &Value) -> String {
    let mut lines =
        vec!["calls, by the SDK and by hand (medians; µs a call, CPU of the client in brackets)".to_owned()];
    for case in report["overhead"].as_array().into_iter().flatten() {
        let ratio = number(case, "ratio");
        let connections = format!("{} connections", case["connections"]);
        lines.push(format!(
            "  {:36} {connections:15} {:>7.0} ({:>4.0})  {:>7.0} ({:>4.0})   {ratio:.3}×   {} at most {RATIO}×",
            case["case"].as_str().unwrap_or_default(),
            number(case, "sdk_us"),
            number(case, "sdk_cpu_us"),
            number(case, "bare_us"),
            number(case, "bare_cpu_us"),
            mark(ratio <= RATIO)
        ));
    }
    lines.push("followers with their details".to_owned());
    let followers = |name: &str, line: &Value| {
        let (listed, seconds) = (number(line, "listed"), number(line, "seconds"));
        let per_second = listed / seconds.max(f64::MIN_POSITIVE);
        let peak = number(line, "peak") / 1e6;
        format!("  {name:36} {listed:>9} in {seconds:>7.2} s   {per_second:>8.0}/s   at most {peak:>5.1} MB")
    };
    let (ours, theirs, all) = (&report["first"], &report["wechatpy"], &report["all"]);
    lines.push(format!(
        "{}   {:.1}× as fast as wechatpy",
        followers("SDK, one batch after the other", ours),
        number(theirs, "seconds") / number(ours, "seconds")
    ));
    lines.push(followers("wechatpy, iter_followers and get_batch", theirs));
    let name = format!("SDK, {} batches at the same time", all["parallel"]);
    let met = mark(number(all, "peak") <= MEMORY);
    lines.push(format!("{}   {met} at most {:.0} MB", followers(&name, all), MEMORY / 1e6));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_which_promise_is_kept() {
        let case = |ratio: f64| json!({ "case": "GET x", "connections": 32, "ratio": ratio });
        let followers =
            |seconds: f64, peak: u64| json!({ "listed": 100, "seconds": seconds, "peak": peak, "parallel": 8 });
        let report = json!({
            "overhead": [case(1.05), case(1.06)],
            "first": followers(2.0, 1), "wechatpy": followers(9.0, 1), "all": followers(1.0, 120_000_001),
        });
        let table = table(&report);
        for part in ["1.050×   ✓ at most 1.05×", "1.060×   ✗", "4.5× as fast", "✗ at most 120 MB"] {
            assert!(table.contains(part), "{part}: {table}");
        }
    }

    #[test]
    fn what_is_asked_for_has_bounds() {
        let read = |line: &str| options(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let asked = read("--followers 500 --first 900 --no-build").unwrap();
        assert_eq!((asked.followers, asked.first, asked.build), (500, 500, false));
        for line in ["--rounds 0", "--rounds", "--seconds 31", "--followers 99", "--fast"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
