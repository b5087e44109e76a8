//! `cargo xtask bench admin`: a list of a million rows in Puzi's admin and in Django's, on the same SQLite file in one run;
//! then ours on PostgreSQL, and the memory that taking the whole list out needs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::exec::{self, Context as _, Error, Result};
use crate::postgres::Cluster;
use crate::say;

use super::server::{Account, Server, release};

const PROGRAM: &str = "puzi-bench-admin";

/// What the server should keep to, ms.
const WANTED: f64 = 50.0;

/// What is asked for: Puzi's queries and Django's, which say the same.
struct Case {
    name: &'static str,
    ours: &'static [&'static str],
    theirs: &'static [&'static str],
    /// Ours are where a walk against the order begins; each step is a page as far from the beginning.
    walked: bool,
}

const CASES: [Case; 5] = [
    Case { name: "first page", ours: &[""], theirs: &[""], walked: false },
    Case {
        name: "filtered",
        ours: &[
            "f.status=draft",
            "f.status=returned",
            "f.status=sold_out",
            "f.status=paused",
            "f.status=on_sale",
            "f.status=returned&sort=-price",
            "f.status=sold_out&sort=title",
            "f.status=paused&sort=-created_at",
        ],
        theirs: &[
            "status__exact=draft",
            "status__exact=returned",
            "status__exact=sold_out",
            "status__exact=paused",
            "status__exact=on_sale",
            "status__exact=returned&o=-4",
            "status__exact=sold_out&o=1",
            "status__exact=paused&o=-7",
        ],
        walked: false,
    },
    Case {
        name: "sorted",
        ours: &["sort=price", "sort=-price", "sort=title", "sort=-created_at", "sort=sold_at", "sort=-sold_at"],
        theirs: &["o=4", "o=-4", "o=1", "o=-7", "o=6", "o=-6"],
        walked: false,
    },
    Case {
        name: "searched",
        ours: &[
            "q=绿茶",
            "q=西湖龙井绿茶",
            "q=碧螺春",
            "q=茶",
            "q=大红袍+罐装",
            "q=S-01234",
            "q=明前+金骏眉+散装",
            "q=熟普洱&sort=price",
            "q=勐海&sort=-created_at",
        ],
        theirs: &[
            "q=绿茶",
            "q=西湖龙井绿茶",
            "q=碧螺春",
            "q=茶",
            "q=大红袍+罐装",
            "q=S-01234",
            "q=明前+金骏眉+散装",
            "q=熟普洱&o=4",
            "q=勐海&o=-7",
        ],
        walked: false,
    },
    Case {
        name: "far page",
        ours: &["before=", "sort=price&before=", "sort=title&before=", "sort=-sold_at&before="],
        theirs: &["p=19790", "o=4&p=19780", "o=1&p=19770", "o=-6&p=19760", "p=19600", "o=4&p=19500"],
        walked: true,
    },
];

/// Runs the benchmark over `rows` rows, `requests` for each number; with `build` builds the programs before.
pub(crate) fn run(rows: u64, requests: u32, build: bool) -> Result {
    exec::catch_signals();
    let dir = exec::target().join("bench").join("admin");
    fs::create_dir_all(&dir).context(dir.display())?;
    if build {
        println!("Building …");
        exec::run(exec::cargo().args(["build", "--release", "--package", PROGRAM, "--package", "puzi-load"]))?;
    }
    let mut report = Vec::new();
    on_sqlite(&dir, rows, requests, &mut report)?;
    on_postgres(&dir, rows, requests, &mut report)?;
    println!("\n{}", table(&report));
    let file = dir.join("admin.json");
    fs::write(&file, format!("{:#}\n", Value::Array(report))).context(file.display())?;
    println!("All numbers: {}", file.display());
    Ok(())
}

fn on_sqlite(dir: &Path, rows: u64, requests: u32, report: &mut Vec<Value>) -> Result {
    // Kept from run to run: it is the same each time.
    let data = dir.join(format!("sqlite-{rows}"));
    println!("SQLite with {rows} rows in {} …", data.display());
    let (ours, cookie) = puzi(&data, rows, None)?;
    let (theirs, session) = django(dir, &data.join("puzi.db"))?;
    for case in &CASES {
        report.push(ask(dir, &ours, ("puzi, SQLite", &cookie), case, requests)?);
        report.push(ask(dir, &theirs, ("Django, SQLite", &session), case, requests)?);
    }
    // Django's processes shall not share the cache and the cores while memory is looked at.
    drop(theirs);
    for format in ["csv", "xlsx"] {
        report.push(export(&ours, "puzi, SQLite", &cookie, format)?);
    }
    Ok(())
}

fn on_postgres(dir: &Path, rows: u64, requests: u32, report: &mut Vec<Value>) -> Result {
    let cluster = Cluster::start()?;
    let data = tempfile::TempDir::with_prefix_in("postgres-", dir).context(dir.display())?;
    println!("PostgreSQL with {rows} rows …");
    let (ours, cookie) = puzi(data.path(), rows, Some(cluster.url()))?;
    for case in &CASES {
        report.push(ask(dir, &ours, ("puzi, PostgreSQL", &cookie), case, requests)?);
    }
    report.push(export(&ours, "puzi, PostgreSQL", &cookie, "csv")?);
    Ok(())
}

/// Puzi's own server with one resource more.
fn puzi(data: &Path, rows: u64, database: Option<&str>) -> Result<(Server, String)> {
    let program = |command: &str| {
        let mut program = exec::program(release(PROGRAM));
        program.args([command, "--data"]).arg(data).args(database.map(|url| format!("--database={url}")));
        program
    };
    fs::create_dir_all(data).context(data.display())?;
    let filled = json_of(&exec::output(program("fill").args(["--rows", &rows.to_string()]))?)?;
    let port = exec::free_port()?;
    let mut serve = program("serve");
    serve.args(["--listen", &format!("127.0.0.1:{port}")]);
    let server = Server::start("puzi", &mut serve, port, (Account::new("/admin")?, None), "")?;
    Ok((server, filled["cookie"].as_str().unwrap_or_default().to_owned()))
}

/// Django's admin on gunicorn with two workers, in a virtual environment of its own.
fn django(dir: &Path, database: &Path) -> Result<(Server, String)> {
    let (venv, source) = (dir.join("venv"), exec::root().join("bench/admin/django"));
    install(&venv, &source.join("requirements.txt"))?;
    let secret = exec::random_hex(32)?;
    let with = |program: PathBuf| {
        let mut command = exec::program(program);
        command.env("BENCH_DATABASE", database).env("BENCH_SECRET", &secret).env("PYTHONDONTWRITEBYTECODE", "1");
        command.current_dir(&source);
        command
    };
    let cookie = exec::output(with(venv.join("bin/python")).arg("project.py"))?.trim().to_owned();
    let port = exec::free_port()?;
    let mut serve = with(venv.join("bin/gunicorn"));
    serve.args(["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "120"]);
    serve.args(["--timeout", "300", "--bind", &format!("127.0.0.1:{port}"), "project:application"]);
    Ok((Server::start("django", &mut serve, port, (Account::new("/admin")?, None), "")?, cookie))
}

pub(super) fn install(venv: &Path, requirements: &Path) -> Result {
    let wanted = fs::read(requirements).context(requirements.display())?;
    let stamp = venv.join("requirements.txt");
    if fs::read(&stamp).ok().as_ref() == Some(&wanted) {
        return Ok(());
    }
    let python = exec::find("python3").ok_or_else(|| {
        Error::new(say::pick(
            "Python is missing: apt-get install -y python3 python3-venv",
            "没有 Python：apt-get install -y python3 python3-venv",
        ))
    })?;
    exec::run(exec::program(python).args(["-m", "venv", "--clear"]).arg(venv))?;
    let mut pip = exec::program(venv.join("bin/pip"));
    exec::run(pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements))?;
    fs::write(&stamp, wanted).context(stamp.display())
}

fn ask(dir: &Path, server: &Server, (name, cookie): (&str, &str), case: &Case, requests: u32) -> Result<Value> {
    let ours = server.name == "puzi";
    let (path, queries, expect) = if ours {
        ("/admin/bench_products", case.ours, "main-link")
    } else {
        ("/admin/auth/product/", case.theirs, "field-title")
    };
    let paths: Vec<String> =
        queries.iter().map(|query| format!("{path}?{query}").trim_end_matches('?').to_owned()).collect();
    let file = dir.join("paths.txt");
    fs::write(&file, paths.join("\n")).context(file.display())?;
    let mut ask = exec::program(release(PROGRAM));
    ask.args(["ask", "--origin", &format!("http://{}", server.address), "--cookie", cookie, "--expect", expect]);
    ask.args(["--requests", &requests.to_string(), "--paths"]).arg(&file);
    if ours && case.walked {
        ask.args(["--previous", "before"]);
    }
    let mut line = json_of(&exec::output(&mut ask)?)?;
    if exec::interrupted() {
        return Err(Error::new("Interrupted."));
    }
    line["server"] = json!(name);
    line["case"] = json!(case.name);
    println!("  {name:18} {:12} {}", case.name, times(&line));
    Ok(line)
}

fn export(server: &Server, name: &str, cookie: &str, format: &str) -> Result<Value> {
    let mut export = exec::program(release(PROGRAM));
    export.args(["export", "--origin", &format!("http://{}", server.address), "--cookie", cookie]);
    export.args(["--path", &format!("/admin/bench_products/export.{format}"), "--pid", &server.pid().to_string()]);
    let mut line = json_of(&exec::output(&mut export)?)?;
    line["server"] = json!(name);
    line["export"] = json!(format);
    println!("  {name:18} {}", exported(&line));
    Ok(line)
}

fn json_of(line: &str) -> Result<Value> {
    serde_json::from_str(line).context(format!("what {PROGRAM} printed"))
}

fn number(line: &Value, key: &str) -> f64 {
    line[key].as_f64().unwrap_or_default()
}

fn times(line: &Value) -> String {
    let (p50, p99) = (number(line, "p50_ms"), number(line, "p99_ms"));
    let kilobytes = number(line, "bytes") / 1e3;
    format!("p50 {p50:>8.1} ms   p99 {p99:>8.1} ms   {kilobytes:>4.0} kB   {:>3} pages", number(line, "requests"))
}

fn exported(line: &Value) -> String {
    let megabytes = |key| number(line, key) / 1e6;
    format!(
        "{} of everything: {:.0} MB in {:.1} s, the first byte after {:.0} ms; memory {:.1} MB before, {:.1} MB at the peak",
        line["export"].as_str().unwrap_or_default(),
        megabytes("bytes"),
        number(line, "seconds"),
        number(line, "first_ms"),
        megabytes("before"),
        megabytes("peak")
    )
}

fn table(report: &[Value]) -> String {
    let mut lines = Vec::new();
    for case in &CASES {
        lines.push(case.name.to_owned());
        let rows: Vec<&Value> = report.iter().filter(|line| line["case"] == case.name).collect();
        let slowest = rows.iter().find(|line| line["server"].as_str().is_some_and(|it| it.starts_with("Django")));
        for line in &rows {
            let server = line["server"].as_str().unwrap_or_default();
            let ours = server.starts_with("puzi");
            let mark = if !ours {
                ""
            } else if number(line, "p99_ms") < WANTED {
                "  ✓ under 50 ms"
            } else {
                "  ✗ 50 ms or more"
            };
            let faster = slowest.filter(|_| ours).map_or_else(String::new, |theirs| {
                format!("   {:.0}× as fast as Django", number(theirs, "p50_ms") / number(line, "p50_ms"))
            });
            lines.push(format!("  {server:18} {}{mark}{faster}", times(line)));
        }
    }
    lines.push("export".to_owned());
    let exports = report.iter().filter(|line| line["export"].is_string());
    lines
        .extend(exports.map(|line| format!("  {:18} {}", line["server"].as_str().unwrap_or_default(), exported(line))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_which_promise_is_kept() {
        let line =
            |server: &str, p99: f64| json!({ "server": server, "case": "sorted", "p50_ms": p99 / 2.0, "p99_ms": p99 });
        let table = table(&[line("puzi, SQLite", 10.0), line("Django, SQLite", 900.0), line("puzi, PostgreSQL", 60.0)]);
        assert!(table.contains("✓ under 50 ms   90× as fast as Django"), "{table}");
        assert!(table.contains("✗ 50 ms or more"), "{table}");
    }
}
