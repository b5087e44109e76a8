//! A PostgreSQL of our own for the tests: a fresh cluster on loopback, gone at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::exec::{self, Context as _, Error, Result};

/// A running cluster; it is stopped and removed when this is dropped.
pub(crate) struct Cluster {
    bin: PathBuf,
    data: PathBuf,
    url: String,
    // Dropped after `drop` below has stopped the server that lives in it.
    _dir: TempDir,
}

impl Cluster {
    /// Starts a new cluster, with PostgreSQL's durable defaults, on a free port of loopback.
    pub(crate) fn start() -> Result<Self> {
        Self::start_with("", "scram-sha-256", &std::env::temp_dir())
    }

    /// The same for tests, which make a thousand databases. They kill what they test, never the server: it need not write
    /// through to the disk, and need not lie on one: each database is a thousand files, made and removed. The password goes
    /// over as it is: where a test ends in the middle of SCRAM's exchange, that connection keeps its database from being
    /// dropped for fifteen seconds.
    pub(crate) fn for_tests() -> Result<Self> {
        let settings = " -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal \
                        -c max_wal_senders=0 -c max_wal_size=256MB";
        Self::start_with(settings, "password", &exec::in_memory())
    }

    fn start_with(settings: &str, asks: &str, folder: &Path) -> Result<Self> {
        let bin = binaries()?;
        let dir = TempDir::with_prefix_in("puzi-postgres-", folder).context("a folder for PostgreSQL")?;
        let data = dir.path().join("data");
        let password = exec::random_hex(16)?;
        let password_file = dir.path().join("password");
        fs::write(&password_file, &password).context(password_file.display())?;
        if exec::is_root() {
            exec::run(Command::new("chown").args(["-R", "postgres"]).arg(dir.path()))?;
        }
        let mut init = as_postgres(&bin.join("initdb"));
        init.arg("-D").arg(&data).arg("--pwfile").arg(&password_file);
        exec::output(init.args(["-U", "puzi", "-A", asks, "-E", "UTF8", "--locale=C.UTF-8"]))?;
        let port = exec::free_port()?;
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c max_connections=200 -k {}{settings}",
            dir.path().display()
        );
        let mut start = as_postgres(&bin.join("pg_ctl"));
        start.arg("-D").arg(&data).arg("-l").arg(dir.path().join("log")).args(["-w", "-o", &options, "start"]);
        // From here on the value exists, so that a half-started server is stopped as well.
        let url = format!("postgres://puzi:{password}@127.0.0.1:{port}/postgres");
        let cluster = Self { bin, data, url, _dir: dir };
        exec::output(&mut start).map_err(|error| Error::new(format!("{error}\n{}", cluster.log())))?;
        Ok(cluster)
    }

    /// The database to connect to, as its owner.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn log(&self) -> String {
        fs::read_to_string(self.data.with_file_name("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = as_postgres(&self.bin.join("pg_ctl"));
        if let Err(error) = exec::output(stop.arg("-D").arg(&self.data).args(["-m", "fast", "-w", "stop"])) {
            eprintln!("{error}");
        }
    }
}

/// The folder with `initdb` and `pg_ctl`, of the newest PostgreSQL here.
fn binaries() -> Result<PathBuf> {
    if let Some(found) = look() {
        return Ok(found);
    }
    exec::apt_install("postgresql", "PostgreSQL")?;
    look().ok_or_else(|| Error::new("PostgreSQL was installed, but its initdb is not found."))
}

fn look() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut packaged: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
        .collect();
    packaged.sort();
    packaged.pop().map(|(_, bin)| bin).or_else(|| {
        let initdb = fs::canonicalize(exec::find("initdb")?).ok()?;
        initdb.parent().filter(|bin| bin.join("pg_ctl").is_file()).map(Path::to_owned)
    })
}

/// PostgreSQL refuses to run as root: root runs it as the user that its package made.
fn as_postgres(binary: &Path) -> Command {
    let mut command = if exec::is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(binary);
        command
    } else {
        Command::new(binary)
    };
    // initdb and pg_ctl must be able to read the folder they start in.
    command.current_dir("/");
    command
}
