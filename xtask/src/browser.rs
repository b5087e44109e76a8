//! The browser tests: a real Chromium drives the demo.

use std::path::PathBuf;

use crate::exec::{self, Result};
use crate::{assets, steps};

/// Builds the program and runs `tests/browser` against it.
pub(crate) fn test() -> Result {
    let dir = exec::root().join("tests/browser");
    let chromium = chromium()?;
    assets::install(&dir)?;
    let started = std::time::Instant::now();
    exec::run(exec::cargo().args(["build", "--package", "puzi"]))?;
    println!("built in {}", steps::clock(started.elapsed()));
    let mut npm = assets::npm();
    npm.args(["test", "--silent"]).current_dir(dir);
    npm.env("PUZI_BIN", exec::target().join("debug/puzi"));
    exec::run(npm.env("PUZI_CHROMIUM", chromium))
}

fn chromium() -> Result<PathBuf> {
    let look = || ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| exec::find(name));
    if let Some(found) = look() {
        return Ok(found);
    }
    exec::apt_install("chromium", "Chromium")?;
    look().ok_or_else(|| exec::Error::new("Chromium was installed, but is not found in PATH."))
}
