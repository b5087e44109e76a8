//! `cargo xtask demo`: from a fresh clone to a phone that chats with a shop.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::exec::{self, Result};
use crate::{assets, say, steps};

/// Builds what is not built yet and starts `puzi demo` with the arguments given.
pub(crate) fn run(args: &[String]) -> Result {
    let started = Instant::now();
    step(1, say::pick("Node.js and npm", "Node.js 和 npm"), assets::tools)?;
    step(2, say::pick("the pages' packages", "页面的依赖包"), || assets::install(&exec::root().join("assets")))?;
    step(3, say::pick("the pages' scripts and styles", "页面的脚本和样式"), assets::build)?;
    let building = say::pick("the server (some minutes the first time)", "服务器（第一次需要几分钟）");
    step(4, building, || exec::run(exec::cargo().args(["build", "--profile", "demo", "--package", "puzi"])))?;
    println!("{} {}\n", say::pick("Built in", "构建用时"), steps::clock(started.elapsed()));
    start(Command::new(binary()).arg("demo").args(args))
}

fn binary() -> PathBuf {
    exec::target().join("demo").join(if cfg!(windows) { "puzi.exe" } else { "puzi" })
}

fn step(number: u32, name: &str, work: impl FnOnce() -> Result) -> Result {
    println!("[{number}/4] {name}");
    let started = Instant::now();
    work()?;
    println!("      {}", steps::clock(started.elapsed()));
    Ok(())
}

/// Becomes the demo: signals reach it and its exit code is ours, with nothing in between.
#[cfg(unix)]
fn start(command: &mut Command) -> Result {
    use std::os::unix::process::CommandExt as _;
    Err(exec::Error::new(format!("{}: {}", binary().display(), command.exec())))
}

#[cfg(not(unix))]
fn start(command: &mut Command) -> Result {
    use exec::Context as _;
    // The console gives Ctrl-C to both; catching it here lets the demo say its goodbye first.
    exec::catch_signals();
    let status = command.status().context(binary().display())?;
    std::process::exit(status.code().unwrap_or(1))
}
