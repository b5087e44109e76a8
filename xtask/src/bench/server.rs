//! A server under measurement: started here, and ended here.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::exec::{self, Context as _, Error, Result};

use super::measure;

/// What WeChat and the server agree on.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) path: String,
    pub(crate) appid: String,
    pub(crate) token: String,
    pub(crate) encoding_aes_key: String,
}

impl Account {
    /// An account with a token and a key of its own.
    pub(crate) fn new(path: impl Into<String>) -> Result<Self> {
        Ok(Self {
            path: path.into(),
            appid: format!("wx{}", exec::random_hex(8)?),
            token: exec::random_hex(16)?,
            // 43 letters of base64's alphabet; that these are only hex digits is no matter for a benchmark.
            encoding_aes_key: exec::random_hex(22)?[..43].to_owned(),
        })
    }
}

/// A running server; it and its workers are ended when this is dropped.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    /// The account that receives in plain mode.
    pub(crate) plain: Account,
    /// The account that receives encrypted; none when the server does not look at what it gets.
    pub(crate) encrypted: Option<Account>,
    /// What puzi-load expects as answer.
    pub(crate) expect: &'static str,
    /// Resident bytes before the first request.
    pub(crate) idle: u64,
    child: Child,
    /// Its data, which is removed after it has ended.
    data: Option<TempDir>,
}

impl Server {
    /// Starts `command`, which listens on `port` of loopback, and waits until it does.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        port: u16,
        accounts: (Account, Option<Account>),
        expect: &'static str,
    ) -> Result<Self> {
        let log = log(name);
        let file = File::create(&log).context(log.display())?;
        command.stdin(Stdio::null()).stdout(file.try_clone().context(log.display())?).stderr(file);
        own_group(command);
        let child = command.spawn().context(format!("{name} did not start"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut server =
            Self { name, address, plain: accounts.0, encrypted: accounts.1, expect, idle: 0, child, data: None };
        server.wait()?;
        // Workers go on loading for a moment after the port is open.
        sleep(Duration::from_secs(2));
        server.idle = measure::resident(server.pid())?;
        Ok(server)
    }

    /// Keeps a folder for as long as the server runs.
    pub(crate) fn keep(mut self, data: TempDir) -> Self {
        self.data = Some(data);
        self
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it, and gives its data, which is removed with what is given.
    pub(crate) fn end(mut self) -> Option<TempDir> {
        self.data.take()
    }

    /// An error with what it printed when the server has ended.
    pub(crate) fn check_alive(&mut self) -> Result {
        match self.child.try_wait().context(self.name)? {
            None => Ok(()),
            Some(status) => {
                let log = log(self.name);
                let printed = std::fs::read_to_string(&log).unwrap_or_default();
                Err(Error::new(format!("{} has ended ({status}); {}:\n{printed}", self.name, log.display())))
            }
        }
    }

    fn wait(&mut self) -> Result {
        let started = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            self.check_alive()?;
            if started.elapsed() > Duration::from_secs(30) || exec::interrupted() {
                return Err(Error::new(format!("{} does not listen on {}.", self.name, self.address)));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The group is this server's alone: its master and its workers.
        let group = format!("-{}", self.child.id());
        exec::signal("TERM", &group);
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if asked.elapsed() > Duration::from_secs(10) {
                exec::signal("KILL", &group);
            }
            sleep(Duration::from_millis(50));
        }
    }
}

fn log(name: &str) -> PathBuf {
    exec::target().join("bench").join(format!("{name}.log"))
}

/// The program that `cargo build --release` has built.
pub(crate) fn release(name: &str) -> PathBuf {
    exec::target().join("release").join(name)
}

/// A Ctrl-C must not reach the servers by itself: they are ended in order, and all of their processes.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}
