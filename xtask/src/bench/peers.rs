//! Other libraries against the sandbox: what docs/other-sdks.md says of those that `pip` and `npm` bring is run here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::assets;
use crate::exec::{self, Context as _, Result};

use super::admin;
use super::client::Sandbox;

/// wechatpy in a virtual environment of its own; the Python there.
pub(super) fn wechatpy(dir: &Path) -> Result<PathBuf> {
    let venv = dir.join("venv");
    admin::install(&venv, &exec::root().join("bench/client/wechatpy/requirements.txt"))?;
    Ok(venv.join("bin/python"))
}

/// co-wechat-api; the folder it lies in, with its script.
fn co_wechat_api(dir: &Path) -> Result<PathBuf> {
    assets::tools()?;
    let (home, source) = (dir.join("co-wechat-api"), exec::root().join("bench/client/peers"));
    fs::create_dir_all(&home).context(home.display())?;
    let lock = fs::read(source.join("package-lock.json")).context("bench/client/peers/package-lock.json")?;
    let fresh = fs::read(home.join("package-lock.json")).is_ok_and(|last| last == lock);
    for file in ["package.json", "package-lock.json", "with_co_wechat_api.js"] {
        fs::copy(source.join(file), home.join(file)).context(file)?;
    }
    if !fresh || !home.join("node_modules").is_dir() {
        exec::run(assets::npm().args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&home))?;
    }
    Ok(home)
}

/// Runs a script of each: followers, a menu, a customer-service message.
pub(super) fn run(dir: &Path, sandbox: &mut Sandbox) -> Result {
    let (python, node) = (wechatpy(dir)?, co_wechat_api(dir)?);
    let openid = sandbox.follower(dir)?;
    let args = [sandbox.url(), sandbox.appid.clone(), sandbox.secret.clone(), openid];
    println!("wechatpy:");
    let script = exec::root().join("bench/client/peers/with_wechatpy.py");
    exec::run(exec::program(python).arg(script).args(&args).env("PYTHONDONTWRITEBYTECODE", "1"))?;
    println!("co-wechat-api:");
    exec::run(exec::program("node").arg("with_co_wechat_api.js").args(&args).current_dir(node))
}
