//! Commands for whoever works on Puzi: `cargo xtask demo`, `cargo xtask test` and the rest.
//!
//! Few dependencies on purpose: this is compiled before anything else can start.
// A command line's output is its terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod assets;
mod bench;
mod browser;
mod build_report;
mod catalogue;
mod contract;
mod demo;
mod deps;
mod exec;
mod generator;
mod postgres;
#[cfg(test)]
mod rules;
mod say;
mod steps;
mod test;

use std::process::ExitCode;

use exec::Result;

const USAGE: &str = "\
Usage: cargo xtask <command>

  demo [args…]      build everything and start the shop with a simulated WeChat; args go to `puzi demo`
  test              everything that CI checks; see `cargo xtask test --help`
  api               build the program and try its JSON API against its own description
  browser           the pages' stories in Chromium
  generator         generate resources into a copy of the workspace, test them, and take them back
  catalogue         write the WeChat client's calls and their table from the catalogue; --check: only tell
  assets            build the pages' scripts and styles into assets/dist
  deps              check the dependencies' licences and duplicate versions
  bench callback    measure the callback beside wechatpy and co-wechat; see bench/README.md
  bench admin       measure a list of a million rows beside Django's admin; see bench/README.md
  bench generate    measure the time from `puzi generate crud` to the page; see bench/README.md
  bench people      measure lists and search of a million followers and their synchronisation; see bench/README.md
  bench client      measure the API's client and list a million followers; see bench/README.md
  build-report      build from nothing and list the slowest crates; see `cargo xtask build-report --help`
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let outcome = match args.first().map(String::as_str) {
        Some("demo") => demo::run(rest),
        Some("test") => test::run(rest),
        Some("api") => contract::test(),
        Some("browser") => browser::test(),
        Some("generator") => generator::run(rest),
        Some("catalogue") => catalogue::run(rest),
        Some("assets") => assets::run(rest),
        Some("deps") => deps::run(rest),
        Some("bench") => bench::run(rest),
        Some("build-report") => build_report::run(rest),
        None | Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprint!("`{other}` is not a command.\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    finish(outcome)
}

fn finish(outcome: Result) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if exec::interrupted() => ExitCode::from(130),
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}
