//! `cargo xtask bench generate`: how long a developer waits from `puzi generate crud` to the new page in the browser.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::exec::{self, Context as _, Error, Result};
use crate::generator::{Puzi, Tree, cargo, lend, target_of};
use crate::steps::clock;

/// What it should take at most, on two cores.
const WANTED: Duration = Duration::from_secs(30);

/// What is generated, one after the other.
const NAMES: [&str; 3] = ["Showrooms", "Storefronts", "Warehouses"];

const FIELDS: &str = "--fields=title#string#required";

/// Generates, builds, migrates, serves and asks, three times in a warm copy of the workspace.
pub(super) fn run() -> Result {
    exec::catch_signals();
    let folder = exec::target().join("bench").join("generate");
    fs::create_dir_all(&folder).context(folder.display())?;
    exec::run(exec::cargo().args(["build", "--package", "puzi"]))?;
    let tree = Tree::make(&folder.join("tree"))?;
    let program = Puzi::keep(&folder, tree.root())?;
    println!("Building once …");
    lend(tree.root())?;
    build(tree.root())?;
    let mut times = Vec::new();
    for name in NAMES {
        let taken = measured(&program, &tree, name)?;
        program.run(&["generate", "destroy", name])?;
        println!("  {name}: {}", taken.told());
        times.push(taken.total());
    }
    times.sort();
    let median = times[times.len() / 2];
    let mark = if median <= WANTED { "✓" } else { "✗" };
    println!(
        "\nFrom the command to the page: {} (median of {}; at most {}) {mark}",
        clock(median),
        times.len(),
        clock(WANTED)
    );
    Ok(())
}

/// The parts of the wait.
struct Taken([(&'static str, Duration); 4]);

impl Taken {
    fn total(&self) -> Duration {
        self.0.iter().map(|(_, time)| *time).sum()
    }

    fn told(&self) -> String {
        let parts: Vec<_> = self.0.iter().map(|(what, time)| format!("{what} {}", clock(*time))).collect();
        format!("{} ({})", clock(self.total()), parts.join(", "))
    }
}

fn measured(program: &Puzi, tree: &Tree, name: &str) -> Result<Taken> {
    let shop = Shop::new(program, tree.root())?;
    let generated = timed(|| program.run(&["generate", "crud", name, FIELDS]).map(drop))?;
    let built = timed(|| build(tree.root()))?;
    let migrated = timed(|| exec::output(shop.puzi().arg("migrate")).map(drop))?;
    let page = format!("/admin/{}", name.to_lowercase());
    let served = timed(|| shop.page(&page))?;
    Ok(Taken([("generate", generated), ("build", built), ("migrate", migrated), ("serve and ask", served)]))
}

fn timed(work: impl FnOnce() -> Result) -> Result<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

/// As a developer builds, in a target folder of the copy's own: what is measured is a second build, not the first.
fn build(root: &Path) -> Result {
    exec::run(cargo(root).env_remove("CARGO_INCREMENTAL").args(["build", "--quiet", "--package", "puzi"]))
}

/// A shop with an owner who is signed in.
struct Shop {
    root: std::path::PathBuf,
    data: tempfile::TempDir,
    password: String,
}

/// A running server; dropped, it ends.
struct Server(Child);

impl Shop {
    /// With a schema and an owner, made by the program as it is before anything is generated.
    fn new(program: &Puzi, root: &Path) -> Result<Self> {
        let near = program.data();
        let data = tempfile::TempDir::with_prefix_in("shop-", near).context(near.display())?;
        let shop = Self { root: root.to_owned(), data, password: exec::random_hex(16)? };
        let mut add = program.command(&["staff", "add", "owner", "--name", "Owner", "--role", "owner"]);
        add.env("PUZI_DATA", shop.data.path());
        let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("puzi staff add")?;
        if let Some(mut input) = child.stdin.take() {
            writeln!(input, "{}", shop.password).context("puzi staff add")?;
        }
        let status = child.wait().context("puzi staff add")?;
        if status.success() { Ok(shop) } else { Err(Error::new(format!("`puzi staff add` failed ({status})."))) }
    }

    /// The program that was built last.
    fn puzi(&self) -> Command {
        let mut puzi = Command::new(target_of(&self.root).join("debug/puzi"));
        puzi.current_dir(&self.root).env_remove("DATABASE_URL").env("PUZI_DATA", self.data.path());
        puzi.env("PUZI_LANGUAGE", "en").env("PUZI_LOG_FORMAT", "json").env("PUZI_LOG", "info");
        puzi
    }

    /// Serves, signs in, and asks for a page until it is there.
    fn page(&self, page: &str) -> Result {
        let mut serve = self.puzi();
        serve.args(["serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut server = Server(serve.stderr(Stdio::piped()).spawn().context("puzi serve")?);
        let log = server.0.stderr.take().ok_or_else(|| Error::new("`puzi serve` has no log."))?;
        let mut lines = BufReader::new(log).lines();
        let address = lines
            .by_ref()
            .map_while(std::result::Result::ok)
            .find(|line| line.contains("\"listening\""))
            .and_then(|line| Some(line.split("\"address\":\"").nth(1)?.split('"').next()?.to_owned()))
            .ok_or_else(|| Error::new("`puzi serve` ended before it listened."))?;
        // Read on, or a full pipe stops the server.
        std::thread::spawn(move || lines.for_each(drop));
        let form = format!("login=owner&password={}", self.password);
        let signed_in = ask(
            &address,
            &format!(
                "POST /admin/login HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
                form.len(),
            ),
        )?;
        let cookies: Vec<&str> = signed_in
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .filter_map(|(_, value)| value.split(';').next())
            .collect();
        let request = format!(
            "GET {page} HTTP/1.1\r\nHost: {address}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            cookies.join("; ")
        );
        let answer = ask(&address, &request)?;
        let status = answer.lines().next().unwrap_or_default().to_owned();
        if status.contains(" 200 ") { Ok(()) } else { Err(Error::new(format!("{page} answers {status}"))) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The whole answer to a request.
fn ask(address: &str, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).context(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).context(address)?;
    stream.write_all(request.as_bytes()).context(address)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context(address)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
