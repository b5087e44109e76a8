//! How each server is installed and started: two workers each, all on loopback.

use std::fs;
use std::path::Path;

use crate::exec::{self, Context as _, Result};
use crate::{assets, say};

use super::record;
use super::server::{Account, Server, release};

type Start = fn(&Path) -> Result<Server>;

/// In the order they are measured.
pub(crate) const ALL: [(&str, Start); 5] = [
    ("bare", bare),
    ("wechatpy", wechatpy),
    ("co-wechat", co_wechat),
    ("puzi", |dir| puzi(dir, "puzi", true)),
    ("puzi-quiet", |dir| puzi(dir, "puzi-quiet", false)),
];

/// An axum handler that does no work.
fn bare(_: &Path) -> Result<Server> {
    let port = exec::free_port()?;
    let mut command = exec::program(release("puzi-load"));
    command.args(["bare", "--listen", &format!("127.0.0.1:{port}")]);
    Server::start("bare", &mut command, port, (Account::new("/wechat")?, None), "success")
}

/// wechatpy on Flask and gunicorn, in a virtual environment of its own.
fn wechatpy(dir: &Path) -> Result<Server> {
    let (venv, source) = (dir.join("venv"), exec::root().join("bench/callback/wechatpy"));
    let requirements = source.join("requirements.txt");
    let wanted = fs::read(&requirements).context(requirements.display())?;
    let stamp = venv.join("requirements.txt");
    if fs::read(&stamp).ok().as_ref() != Some(&wanted) {
        let python = exec::find("python3").ok_or_else(|| {
            exec::Error::new(say::pick(
                "Python is missing: apt-get install -y python3 python3-venv",
                "没有 Python：apt-get install -y python3 python3-venv",
            ))
        })?;
        exec::run(exec::program(python).args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = exec::program(venv.join("bin/pip"));
        exec::run(pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements))?;
        fs::write(&stamp, wanted).context(stamp.display())?;
    }
    let (port, account) = (exec::free_port()?, Account::new("/wechat")?);
    let mut command = exec::program(venv.join("bin/gunicorn"));
    // Threads are what lets gunicorn keep connections alive, which it needs to show its best.
    command.args(["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "120"]);
    command.args(["--bind", &format!("127.0.0.1:{port}"), "--chdir"]).arg(&source).arg("app:app");
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    with(&mut command, &account);
    Server::start("wechatpy", &mut command, port, (account.clone(), Some(account)), "echo")
}

/// co-wechat on Koa, in node's cluster.
fn co_wechat(dir: &Path) -> Result<Server> {
    assets::tools()?;
    let (home, source) = (dir.join("co-wechat"), exec::root().join("bench/callback/co-wechat"));
    fs::create_dir_all(&home).context(home.display())?;
    let lock = fs::read(source.join("package-lock.json")).context("bench/callback/co-wechat/package-lock.json")?;
    let fresh = fs::read(home.join("package-lock.json")).is_ok_and(|last| last == lock);
    for file in ["package.json", "package-lock.json", "server.js"] {
        fs::copy(source.join(file), home.join(file)).context(file)?;
    }
    if !fresh || !home.join("node_modules").is_dir() {
        let mut npm = assets::npm();
        exec::run(npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&home))?;
    }
    let (port, account) = (exec::free_port()?, Account::new("/wechat")?);
    let mut command = exec::program("node");
    command.arg(home.join("server.js")).env("PORT", port.to_string()).env("WORKERS", "2").env("NODE_ENV", "production");
    // Old libraries warn about Buffer once in each worker; that is not what is measured.
    command.env("NODE_NO_WARNINGS", "1");
    with(&mut command, &account);
    Server::start("co-wechat", &mut command, port, (account.clone(), Some(account)), "echo")
}

fn with(command: &mut std::process::Command, account: &Account) {
    command.env("APPID", &account.appid).env("TOKEN", &account.token);
    command.env("ENCODING_AES_KEY", &account.encoding_aes_key);
}

/// Puzi itself: release build, SQLite in a fresh folder, every message stored, a book of rules that answers. With its record
/// of calls, and old lines in it to be swept, or without.
fn puzi(dir: &Path, name: &'static str, recording: bool) -> Result<Server> {
    let data = tempfile::TempDir::with_prefix_in("puzi-", dir).context(dir.display())?;
    let port = exec::free_port()?;
    let program = || {
        let mut command = exec::program(release("puzi"));
        // Not in the repository: a developer's own settings must not be measured.
        command.arg("--data").arg(data.path()).current_dir(data.path()).env_remove("DATABASE_URL");
        command
    };
    let rules = exec::root().join("bench/callback/rules.toml");
    let account = |mode: &str| -> Result<Account> {
        let mut account = Account::new("")?;
        account.path = format!("/wechat/{}", account.appid);
        let mut add = program();
        add.args(["accounts", "add", "--name", &format!("bench {mode}"), "--appid", &account.appid]);
        add.args(["--secret", &exec::random_hex(16)?, "--token", &account.token]);
        add.args(["--encoding-aes-key", &account.encoding_aes_key, "--mode", mode]);
        exec::output(&mut add)?;
        exec::output(program().args(["rules", "import", "--account", &account.appid]).arg(&rules))?;
        Ok(account)
    };
    let accounts = (account("plain")?, Some(account("encrypted")?));
    if recording {
        record::fill(data.path())?;
    }
    let mut serve = program();
    serve.args(["serve", "--log", "warn", "--listen", &format!("127.0.0.1:{port}")]);
    serve.env("PUZI_RECORD_CALLS", recording.to_string());
    Ok(Server::start(name, &mut serve, port, accounts, "text:今天下午发货。")?.keep(data))
}
