//! `cargo xtask bench people`: lists of a million followers, search in ten million messages, and reading a million followers
//! from a simulated WeChat while the server is killed now and then; on SQLite and on PostgreSQL.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::exec::{self, Context as _, Error, Result};
use crate::postgres::Cluster;

use super::server::{Account, Server, release};

const PROGRAM: &str = "puzi-bench-people";
/// Asks a server for pages.
const ASKING: &str = "puzi-bench-admin";
/// What a page or an answer should keep to, ms.
const WANTED: f64 = 50.0;

/// What is measured.
pub(crate) struct Options {
    pub(crate) followers: u64,
    pub(crate) messages: u64,
    pub(crate) requests: u32,
    pub(crate) databases: Vec<String>,
    pub(crate) parts: Vec<String>,
    pub(crate) build: bool,
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result {
    exec::catch_signals();
    let dir = exec::target().join("bench").join("people");
    fs::create_dir_all(&dir).context(dir.display())?;
    if options.build {
        println!("Building …");
        let packages = ["--package", PROGRAM, "--package", ASKING, "--package", "puzi"];
        exec::run(exec::cargo().args(["build", "--release"]).args(packages))?;
    }
    let mut report = Vec::new();
    for database in &options.databases {
        println!("{database}, {} followers, {} messages", options.followers, options.messages);
        // Not kept: ten million messages are some gigabytes.
        let data = tempfile::TempDir::with_prefix_in("people-", &dir).context(dir.display())?;
        let cluster = if database == "postgres" { Some(Cluster::start()?) } else { None };
        let place = Place { data: data.path(), url: cluster.as_ref().map(Cluster::url), name: database };
        if options.parts.iter().any(|part| part != "sync") {
            place.lists_and_search(&dir, options, &mut report)?;
        }
        drop((data, cluster));
        if options.parts.iter().any(|part| part == "sync") {
            let data = tempfile::TempDir::with_prefix_in("sync-", &dir).context(dir.display())?;
            let cluster = if database == "postgres" { Some(Cluster::start()?) } else { None };
            let place = Place { data: data.path(), url: cluster.as_ref().map(Cluster::url), name: database };
            place.sync(options, &mut report)?;
        }
    }
    let file = dir.join("people.json");
    let missed = report.iter().filter(|line| line["p99_ms"].as_f64().is_some_and(|ms| ms >= WANTED)).count();
    fs::write(&file, format!("{:#}\n", Value::Array(report))).context(file.display())?;
    println!("{missed} numbers of {WANTED} ms or more. All numbers: {}", file.display());
    Ok(())
}

/// Where one run's data lies.
struct Place<'a> {
    data: &'a Path,
    url: Option<&'a str>,
    name: &'a str,
}

impl Place<'_> {
    fn program(&self, command: &str) -> std::process::Command {
        let mut program = exec::program(release(PROGRAM));
        program.args([command, "--data"]).arg(self.data).args(self.url.map(|url| format!("--database={url}")));
        program
    }

    fn lists_and_search(&self, dir: &Path, options: &Options, report: &mut Vec<Value>) -> Result {
        let mut fill = self.program("fill");
        fill.args(["--followers", &options.followers.to_string(), "--messages", &options.messages.to_string()]);
        let filled = json_of(&exec::output(&mut fill)?)?;
        let seconds = |key: &str| filled[key].as_f64().unwrap_or_default();
        println!(
            "  filled: followers {:.0} s, messages {:.0} s, index of what was said {:.0} s",
            seconds("followers_seconds"),
            seconds("messages_seconds"),
            seconds("index_seconds")
        );
        report.push(json!({ "database": self.name, "filled": filled }));
        if options.parts.iter().any(|part| part == "said") {
            let lines = exec::output(self.program("said").args(["--requests", &options.requests.to_string()]))?;
            for line in lines.lines() {
                self.tell(json_of(line)?, report);
            }
        }
        if options.parts.iter().any(|part| part == "lists") {
            self.lists(dir, options, filled["cookie"].as_str().unwrap_or_default(), report)?;
        }
        Ok(())
    }

    fn lists(&self, dir: &Path, options: &Options, cookie: &str, report: &mut Vec<Value>) -> Result {
        let port = exec::free_port()?;
        let mut serve = exec::program(release("puzi"));
        serve.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).env("PUZI_DATA", self.data);
        if let Some(url) = self.url {
            serve.env("DATABASE_URL", url);
        }
        let server = Server::start("puzi", &mut serve, port, (Account::new("/admin")?, None), "")?;
        let cases = json_of(&exec::output(exec::program(release(PROGRAM)).arg("paths"))?)?;
        for case in cases.as_array().into_iter().flatten() {
            let paths: Vec<&str> = case[1].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let file = dir.join("paths.txt");
            fs::write(&file, paths.join("\n")).context(file.display())?;
            let mut ask = exec::program(release(ASKING));
            ask.args(["ask", "--origin", &format!("http://{}", server.address), "--cookie", cookie]);
            ask.args(["--expect", "side-link", "--requests", &options.requests.to_string(), "--paths"]).arg(&file);
            let mut line = json_of(&exec::output(&mut ask)?)?;
            line["case"] = case[0].clone();
            self.tell(line, report);
            if exec::interrupted() {
                return Err(Error::new("Interrupted."));
            }
        }
        Ok(())
    }

    fn sync(&self, options: &Options, report: &mut Vec<Value>) -> Result {
        let mut sync = self.program("sync");
        sync.args(["--followers", &options.followers.to_string(), "--puzi"]).arg(release("puzi"));
        let mut line = json_of(&exec::output(&mut sync)?)?;
        let number = |key: &str| line[key].as_f64().unwrap_or_default();
        println!(
            "  {:10} sync: {:.0} a second, killed {} times, memory {} MB at the peak {}; again, unchanged: {:.0} a second; \
             callbacks beside it p99 {:.1} ms",
            self.name,
            number("per_second"),
            line["kills"],
            line["peak_mb"],
            if line["memory_kept"] == json!(true) { "✓" } else { "✗" },
            number("second_per_second"),
            number("callback_p99_ms")
        );
        line["database"] = json!(self.name);
        report.push(line);
        Ok(())
    }

    fn tell(&self, mut line: Value, report: &mut Vec<Value>) {
        let number = |key: &str| line[key].as_f64().unwrap_or_default();
        let (p50, p99) = (number("p50_ms"), number("p99_ms"));
        let mark = if p99 < WANTED { "✓" } else { "✗" };
        println!(
            "  {:10} {:30} p50 {p50:>7.1} ms   p99 {p99:>7.1} ms {mark}",
            self.name,
            line["case"].as_str().unwrap_or_default()
        );
        line["database"] = json!(self.name);
        report.push(line);
    }
}

fn json_of(line: &str) -> Result<Value> {
    serde_json::from_str(line).context(format!("what {PROGRAM} printed"))
}
