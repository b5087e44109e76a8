//! Runs programs: one at a time, seen on the terminal, ended when xtask is told to end.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What went wrong, in the words that are printed.
#[derive(Debug)]
pub(crate) struct Error(String);

impl Error {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) type Result<T = ()> = std::result::Result<T, Error>;

/// Adds what was being done to an error of the standard library or of a parser.
pub(crate) trait Context<T> {
    fn context(self, doing: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Error::new(format!("{doing}: {error}")))
    }
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository")
}

/// Where build products go: `target`, or what `CARGO_TARGET_DIR` says.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The cargo that runs this, so that nothing switches toolchains halfway.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // What `cargo run` says about xtask: ring's build looks at it, and with it all that stands on ring would be built anew
    // each time that a developer goes from cargo to xtask and back.
    for (name, _) in std::env::vars_os() {
        let is_of_xtask =
            ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|start| name.to_string_lossy().starts_with(start));
        if is_of_xtask {
            command.env_remove(name);
        }
    }
    command
}

/// A program by name, run in the repository's root.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

fn flag() -> &'static Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&flag)).expect("SIGINT and SIGTERM can be caught");
        }
        flag
    })
}

/// From now on Ctrl-C ends the running child and lets xtask clean up, instead of ending xtask at once.
pub(crate) fn catch_signals() {
    flag();
}

/// Whether Ctrl-C or a termination signal has come.
pub(crate) fn interrupted() -> bool {
    flag().load(Ordering::Relaxed)
}

/// Runs `command` with the terminal's input and output until it ends.
pub(crate) fn run(command: &mut Command) -> Result {
    let shown = show(command);
    let mut child = command.spawn().context(format!("`{shown}` did not start"))?;
    let status = wait(&mut child)?;
    if interrupted() {
        return Err(Error::new("Interrupted."));
    }
    if status.success() { Ok(()) } else { Err(Error::new(format!("`{shown}` failed ({status})."))) }
}

/// Runs `command` and returns what it printed; its errors go to the terminal. For short commands: it is not ended by a signal
/// that reaches xtask alone.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command.stderr(Stdio::inherit()).output().context(format!("`{shown}` did not start"))?;
    if !output.status.success() {
        return Err(Error::new(format!("`{shown}` failed ({}).", output.status)));
    }
    String::from_utf8(output.stdout).context(format!("what `{shown}` printed"))
}

/// The first line a program prints about itself, when it is there at all.
pub(crate) fn version(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// Whether a program of this name is in `PATH`, and where.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// Whether the current user may do everything; PostgreSQL and Chromium behave differently then.
pub(crate) fn is_root() -> bool {
    version(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
}

/// Installs a Debian package when that needs no question asked; otherwise the error says the command.
pub(crate) fn apt_install(package: &str, what: &str) -> Result {
    let command = format!("apt-get install -y --no-install-recommends {package}");
    if !is_root() || find("apt-get").is_none() {
        return Err(Error::new(format!("{what} is missing. On Debian or Ubuntu: sudo {command}")));
    }
    println!("{what} is missing; installing it: {command}");
    run(program("apt-get").args(["update", "-q"]))?;
    run(program("apt-get")
        .args(["install", "-y", "-q", "--no-install-recommends", package])
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    let mut told: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait().context("waiting for a child")? {
            return Ok(status);
        }
        if interrupted() {
            // A Ctrl-C on the terminal has reached the child too; a signal sent to xtask alone has not.
            match told {
                None => {
                    sleep(Duration::from_millis(500));
                    signal("TERM", &child.id().to_string());
                    told = Some(Instant::now());
                }
                Some(at) if at.elapsed() > Duration::from_secs(15) => child.kill().context("ending a child")?,
                Some(_) => {}
            }
        }
        sleep(Duration::from_millis(20));
    }
}

/// Sends a signal to a process that xtask started (or with a leading `-` to its group).
pub(crate) fn signal(name: &str, process: &str) {
    // A process that is gone already is what was wanted.
    let _ = Command::new("kill").args(["-s", name, "--", process]).stderr(Stdio::null()).status();
}

/// So many random bytes, in hex: for passwords that live as long as a test.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    use std::io::Read as _;
    let mut random = vec![0_u8; bytes];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .context("/dev/urandom")?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A port of loopback that nothing listens on.
pub(crate) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("a free port")?;
    Ok(listener.local_addr().context("a free port")?.port())
}

fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    command.get_args().fold(program, |text, arg| format!("{text} {}", arg.to_string_lossy()))
}

/// A folder in memory, where there is one with room for the tests' databases, else the usual one for temporary files: a
/// thousand tests sync a thousand databases each to a disk that others may be busy with.
pub(crate) fn in_memory() -> PathBuf {
    const ROOM_KB: u64 = 3 << 20;
    let folder = PathBuf::from("/dev/shm");
    let free = || -> Option<u64> {
        let told = Command::new("df").arg("-Pk").arg(&folder).output().ok()?;
        let told = String::from_utf8(told.stdout).ok()?;
        told.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
    };
    if free().is_some_and(|kb| kb >= ROOM_KB) { folder } else { std::env::temp_dir() }
}
