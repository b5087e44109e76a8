//! `cargo xtask build-report`: a build from nothing, and which crates it spent its time on.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::exec::{self, Context as _, Error, Result};
use crate::steps::clock;

const USAGE: &str = "\
Usage: cargo xtask build-report [demo|dev|release] [--top N]

Builds into target/build-report from nothing (minutes, on purpose) and lists the slowest crates.
demo (default) and release build the `puzi` program, dev builds all tests.";

/// What a cold build may take on two cores, by profile.
const BUDGETS: [(&str, Duration); 3] =
    [("demo", Duration::from_secs(360)), ("dev", Duration::from_secs(420)), ("release", Duration::from_secs(720))];

/// `cargo xtask build-report`
pub(crate) fn run(args: &[String]) -> Result {
    let (mut profile, mut top) = ("demo", 25);
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "demo" | "dev" | "release" => profile = arg,
            "--top" => {
                top = args.next().and_then(|n| n.parse().ok()).ok_or_else(|| Error::new("--top wants a number"))?;
            }
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(Error::new(format!("`{other}` is not understood.\n\n{USAGE}"))),
        }
    }
    exec::catch_signals();
    let dir = exec::target().join("build-report");
    if dir.exists() {
        fs::remove_dir_all(&dir).context(dir.display())?;
    }
    let mut build = exec::cargo();
    match profile {
        "dev" => build.args(["test", "--workspace", "--no-run"]),
        _ => build.args(["build", "--profile", profile, "--package", "puzi"]),
    };
    // The time to fetch sources is the network's, not the build's.
    exec::run(exec::cargo().args(["fetch", "--locked", "--quiet"]))?;
    let started = Instant::now();
    exec::run(build.arg("--timings").arg("--target-dir").arg(&dir))?;
    let took = started.elapsed();
    let page = dir.join("cargo-timings/cargo-timing.html");
    let crates = crates(&fs::read_to_string(&page).context(page.display())?)?;
    print(profile, took, &crates, top);
    Ok(())
}

fn print(profile: &str, took: Duration, crates: &[(String, f64)], top: usize) {
    let all: f64 = crates.iter().map(|(_, seconds)| seconds).sum();
    println!("\n{profile}, from nothing: {}; {all:.0} s of work in {} crates.", clock(took), crates.len());
    if let Some((_, budget)) = BUDGETS.iter().find(|(name, _)| *name == profile) {
        let word = if took <= *budget { "within" } else { "OVER" };
        println!("{word} the budget of {} on two cores.", clock(*budget));
    }
    println!();
    for (name, seconds) in crates.iter().take(top) {
        println!("  {seconds:7.1} s  {:4.1} %  {name}", seconds * 100.0 / all);
    }
}

/// Seconds of work by crate, the slowest first, out of the page that `cargo --timings` writes.
fn crates(page: &str) -> Result<Vec<(String, f64)>> {
    let (_, rest) =
        page.split_once("const UNIT_DATA = ").ok_or_else(|| Error::new("cargo's timings page has no UNIT_DATA"))?;
    // The array is JSON, with the page's script behind it.
    let units: Vec<Value> = serde_json::Deserializer::from_str(rest)
        .into_iter()
        .next()
        .ok_or_else(|| Error::new("cargo's timings page has no units"))?
        .context("cargo's timings page")?;
    let mut by_crate: BTreeMap<String, f64> = BTreeMap::new();
    for unit in &units {
        let label = format!("{} {}", unit["name"].as_str().unwrap_or("?"), unit["version"].as_str().unwrap_or("?"));
        *by_crate.entry(label).or_default() += unit["duration"].as_f64().unwrap_or_default();
    }
    let mut crates: Vec<(String, f64)> = by_crate.into_iter().collect();
    crates.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timings_page_is_read_and_summed_by_crate() {
        let page = r#"<script>
DURATION = 4;
const UNIT_DATA = [
  {"i": 1, "name": "a", "version": "1.0.0", "target": " build-script", "duration": 0.5, "sections": null},
  {"i": 2, "name": "b", "version": "2.0.0", "target": "", "duration": 1.25, "sections": null},
  {"i": 3, "name": "a", "version": "1.0.0", "target": "", "duration": 1.0, "sections": null}
];
const CONCURRENCY_DATA = [];"#;
        assert_eq!(crates(page).unwrap(), [("a 1.0.0".to_owned(), 1.5), ("b 2.0.0".to_owned(), 1.25)]);
        assert!(crates("<html></html>").is_err());
    }
}
