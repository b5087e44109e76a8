//! The pages' scripts and styles: npm's packages by the lock file, then the build.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::exec::{self, Context as _, Error, Result};
use crate::say;

/// The oldest Node.js that the build tools are tried with.
const NODE: (u32, u32) = (20, 19);

/// `cargo xtask assets`
pub(crate) fn run(args: &[String]) -> Result {
    if let Some(other) = args.first() {
        return Err(Error::new(format!("`cargo xtask assets` takes no arguments, and was given `{other}`.")));
    }
    exec::catch_signals();
    tools()?;
    install(&exec::root().join("assets"))?;
    build()
}

/// Node.js and npm are there, and new enough.
pub(crate) fn tools() -> Result {
    let node = exec::version(Command::new("node").arg("--version")).ok_or_else(|| missing("Node.js"))?;
    if version(&node).is_none_or(|version| version < NODE) {
        return Err(Error::new(format!(
            "{} {node}; {}",
            say::pick("Node.js here is", "本机的 Node.js 是"),
            say::pick("version 20.19 or newer is needed.", "需要 20.19 或更新的版本。")
        )));
    }
    exec::version(npm().arg("--version")).ok_or_else(|| missing("npm"))?;
    Ok(())
}

/// `npm ci`, when the lock file is another than at the last time.
pub(crate) fn install(dir: &Path) -> Result {
    let lock = fs::read(dir.join("package-lock.json")).context(dir.join("package-lock.json").display())?;
    let slug = dir.strip_prefix(exec::root()).unwrap_or(dir).to_string_lossy().replace(['/', '\\'], "-");
    let stamp = exec::target().join("xtask").join(format!("{slug}.lock"));
    // The stamp is the lock file itself: nothing to hash, and nothing that a hash could miss.
    if dir.join("node_modules").is_dir() && fs::read(&stamp).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    exec::run(npm().args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(dir))?;
    fs::create_dir_all(exec::target().join("xtask")).context("target/xtask")?;
    fs::write(&stamp, lock).context(stamp.display())
}

/// `npm run build` in `assets/`.
pub(crate) fn build() -> Result {
    script("build")
}

/// `npm run check` in `assets/`: the types.
pub(crate) fn check() -> Result {
    script("check")
}

fn script(name: &str) -> Result {
    exec::run(npm().args(["run", "--silent", name]).current_dir(exec::root().join("assets")))
}

/// npm by the name it has on this system.
pub(crate) fn npm() -> Command {
    exec::program(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn missing(what: &str) -> Error {
    let command = if cfg!(windows) {
        "winget install OpenJS.NodeJS.LTS"
    } else if cfg!(target_os = "macos") {
        "brew install node"
    } else if exec::find("apt-get").is_some() {
        "sudo apt-get install -y nodejs npm"
    } else if exec::find("dnf").is_some() {
        "sudo dnf install -y nodejs npm"
    } else if exec::find("pacman").is_some() {
        "sudo pacman -S nodejs npm"
    } else {
        "apt-get install -y nodejs npm"
    };
    Error::new(format!(
        "{what} {} {command}",
        say::pick(
            "is missing; it builds the pages' scripts. Install it with:",
            "没有安装；构建页面脚本需要它。安装命令："
        )
    ))
}

/// Major and minor of `v20.19.1`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim_start_matches('v').split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read() {
        assert_eq!(version("v20.20.2"), Some((20, 20)));
        assert_eq!(version("9.1"), Some((9, 1)));
        assert_eq!(version("nonsense"), None);
    }
}
