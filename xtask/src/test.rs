//! `cargo xtask test`: all that CI checks, in the order that fails soonest.

use tempfile::TempDir;

use crate::exec::{self, Context as _, Error, Result};
use crate::postgres::Cluster;
use crate::steps::Steps;
use crate::{assets, browser, contract, deps, generator};

const USAGE: &str = "\
Usage: cargo xtask test [--quick] [--keep-going]

  --quick        only format, lints and the tests on SQLite
  --keep-going   run the later steps even if one fails

Tests run on SQLite, then those that use a database once more on PostgreSQL: on the one that
PUZI_TEST_POSTGRES (postgres://…, may create schemas) names, else on a temporary one of their own.";

/// The crates whose tests ask for a database; they run on both.
const DATABASE_CRATES: [&str; 4] = ["puzi-resource", "puzi-shop", "puzi-web", "puzi"];

/// `cargo xtask test`
pub(crate) fn run(args: &[String]) -> Result {
    let (mut quick, mut keep_going) = (false, false);
    for arg in args {
        match arg.as_str() {
            "--quick" => quick = true,
            "--keep-going" => keep_going = true,
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(Error::new(format!("`{other}` is not understood.\n\n{USAGE}"))),
        }
    }
    exec::catch_signals();
    let mut steps = Steps::new(if quick { 3 } else { 11 }, keep_going);
    steps.step("format", || exec::run(exec::cargo().args(["fmt", "--all", "--check"])));
    if quick {
        steps.step("lints", clippy);
        steps.step("tests on SQLite", on_sqlite);
        return steps.finish();
    }
    steps.step("dependencies", || deps::run(&[]));
    // Before anything is compiled: the pages are embedded into the program.
    steps.step("pages' scripts and styles", pages);
    steps.step("lints", clippy);
    steps.step("tests on SQLite", on_sqlite);
    steps.step("examples in the documentation", || {
        exec::run(exec::cargo().args(["test", "--workspace", "--doc", "--quiet"]))
    });
    steps.step("tests on PostgreSQL", on_postgres);
    steps.step("generator", || generator::test(true));
    steps.step("documentation", || {
        exec::run(exec::cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    });
    steps.step("API against its description", contract::test);
    steps.step("browser", browser::test);
    steps.finish()
}

fn clippy() -> Result {
    exec::run(exec::cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn pages() -> Result {
    assets::tools()?;
    assets::install(&exec::root().join("assets"))?;
    assets::build()?;
    assets::check()
}

fn on_sqlite() -> Result {
    tests(&[], "sqlite")
}

fn on_postgres() -> Result {
    if let Ok(url) = std::env::var("PUZI_TEST_POSTGRES") {
        return tests(&DATABASE_CRATES, &url);
    }
    let cluster = Cluster::for_tests()?;
    tests(&DATABASE_CRATES, cluster.url())
}

/// Runs the tests of `packages`, of all without any, by nextest where it is installed, else by cargo itself.
///
/// The whole workspace is built either way: for some packages alone cargo would choose other features of what they depend
/// on, and compile all of it once more.
fn tests(packages: &[&str], database: &str) -> Result {
    let nextest = exec::version(exec::cargo().args(["nextest", "--version"])).is_some();
    let mut command = exec::cargo();
    if nextest {
        // Many wait for a clock or a process more than they compute.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]).arg(format!("--test-threads={}", cores * 2));
        if !packages.is_empty() {
            let chosen: Vec<_> = packages.iter().map(|name| format!("package({name})")).collect();
            command.args(["-E", &chosen.join(" | ")]);
        }
    } else {
        command.args(["test", "--all-targets", "--no-fail-fast"]);
        match packages {
            [] => command.arg("--workspace"),
            some => command.args(some.iter().flat_map(|name| ["--package", *name])),
        };
    }
    let folder = TempDir::with_prefix_in("puzi-tests-", exec::in_memory()).context("a folder for the tests")?;
    exec::run(command.env("PUZI_TEST_DATABASE", database).env("TMPDIR", folder.path()))
}
