//! `cargo xtask generator`: resources of every kind generated into a copy of the workspace, which is then linted, built
//! and tested on both databases; and taken back until nothing is left of them. Before that, command lines that must be
//! refused, and runs that are killed.

mod asked;
mod copy;
mod killed;
mod program;
mod refused;
mod target;
mod whole;

use std::{path::Path, process::Command, time::Instant};

use crate::exec::{self, Error, Result};
use crate::postgres::Cluster;
use crate::steps::clock;

use self::{copy::Copy, program::Program};
pub(crate) use self::{
    copy::Copy as Tree,
    program::Program as Puzi,
    target::{lend, of as target_of},
};

const USAGE: &str = "\
Usage: cargo xtask generator [--no-build]

  --no-build   only generate, refuse, kill and take back; nothing that is generated is compiled";

/// The packages that the generator writes into.
const WRITTEN: [&str; 3] = ["puzi-shop", "puzi-web", "puzi"];

/// The packages that are chosen for the tests: the same as for those on PostgreSQL, so that dependencies are compiled with
/// the same features and need not be compiled again.
const CHOSEN: [&str; 4] = ["puzi-resource", "puzi-shop", "puzi-web", "puzi"];

/// `cargo xtask generator …`
pub(crate) fn run(args: &[String]) -> Result {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => test(true),
        ["--no-build"] => test(false),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Error::new(format!("`{}` is not understood.\n\n{USAGE}", args.join(" ")))),
    }
}

/// The step of `cargo xtask test`.
pub(crate) fn test(build: bool) -> Result {
    exec::catch_signals();
    // By way of a test, as the tests before have built it: `cargo build` would choose other features of dependencies.
    exec::run(chosen(exec::cargo().args(["test", "--no-run", "--quiet"])).args(["--test", "interfaces"]))?;
    let folder = exec::target().join("xtask").join("generator");
    let copy = Copy::make(&folder.join("tree"))?;
    let program = Program::keep(&folder, copy.root())?;
    whole::everything_is_asked_for(&program)?;
    part("command lines that are refused", || refused::all(&program, &copy))?;
    part("runs that are killed", || killed::all(&program, &copy))?;
    let before = copy.snapshot()?;
    let made = part("resources generated", || asked::make_all(&program, &copy))?;
    if build {
        lend(copy.root())?;
        part("format", || exec::run(cargo(copy.root()).args(["fmt", "--all", "--check"])))?;
        part("lints", || clippy(copy.root()))?;
        part("their stories on SQLite", || stories(copy.root(), "sqlite"))?;
        part("their stories on PostgreSQL", || match std::env::var("PUZI_TEST_POSTGRES") {
            Ok(url) => stories(copy.root(), &url),
            Err(_) => stories(copy.root(), Cluster::for_tests()?.url()),
        })?;
    }
    part("resources taken back", || asked::take_back(&program, &copy, made))?;
    copy.must_be(&before, "after all resources were taken back")
}

/// Does something, and says how long it took.
fn part<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let done = work().map_err(|error| Error::new(format!("{what}: {error}")))?;
    if exec::interrupted() {
        return Err(Error::new("Interrupted."));
    }
    println!("  {what}: {}", clock(started.elapsed()));
    Ok(done)
}

/// Cargo in the copy, with a target folder of the copy's own.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut cargo = exec::cargo();
    cargo.current_dir(root).env("CARGO_TARGET_DIR", target_of(root));
    // Kept for nobody: the next run generates anew.
    cargo.env("CARGO_INCREMENTAL", "0");
    cargo
}

fn clippy(root: &Path) -> Result {
    let packages = WRITTEN.iter().flat_map(|name| ["--package", *name]);
    exec::run(cargo(root).arg("clippy").args(packages).args(["--all-targets", "--", "-D", "warnings"]))
}

/// Runs the story of every generated resource, and walks all routes.
fn stories(root: &Path, database: &str) -> Result {
    let run = |begin: &[&str], end: &[&str]| {
        let mut command = cargo(root);
        chosen(command.args(begin)).args(end);
        exec::run(command.env("PUZI_TEST_DATABASE", database))
    };
    if exec::version(exec::cargo().args(["nextest", "--version"])).is_some() {
        let told = ["--test", "resources", "--test", "interfaces", "-E", "binary(resources) | test(/^routes::/)"];
        return run(&["nextest", "run", "--no-fail-fast"], &told);
    }
    run(&["test", "--no-fail-fast"], &["--test", "resources"])?;
    run(&["test", "--no-fail-fast"], &["--test", "interfaces", "routes::"])
}

fn chosen(command: &mut Command) -> &mut Command {
    command.args(CHOSEN.iter().flat_map(|name| ["--package", *name]))
}
