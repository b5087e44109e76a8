//! The JSON API against its own description: schemathesis asks what the description allows and what it does not, and no
//! answer may be a fault of the server or one that is not described.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::exec::{self, Context as _, Error, Result};

/// What must hold for every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance";

/// Requests made up for each operation and phase.
const EXAMPLES: &str = "10";

/// The whole run, in seconds, at most.
const MOST_SECONDS: &str = "90";

/// Builds the program and lets schemathesis loose on an empty shop.
pub(crate) fn test() -> Result {
    let python = environment()?;
    exec::run(exec::cargo().args(["build", "--package", "puzi"]))?;
    let shop = Shop::open()?;
    let token = shop.token()?;
    let server = shop.serve()?;
    let mut tool = Command::new(python.with_file_name("schemathesis"));
    tool.arg("run").arg(format!("{}/api/v1/openapi.json", server.url));
    tool.args(["--header", &format!("Authorization: Bearer {token}")]);
    tool.args(["--checks", CHECKS, "--max-examples", EXAMPLES, "--max-time", MOST_SECONDS, "--seed", "1"]);
    tool.args(["--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--generation-database", "none"]);
    exec::run(tool.args(["--no-color", "--warnings", "off"]).current_dir(shop.folder.path()))
}

/// A Python of the tests' own, with the packages of `tests/api/requirements.txt`.
fn environment() -> Result<PathBuf> {
    let wanted = exec::root().join("tests/api/requirements.txt");
    let folder = exec::target().join("xtask").join("api-tests");
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    let list = fs::read(&wanted).context(wanted.display())?;
    if python.is_file() && fs::read(&stamp).is_ok_and(|last| last == list) {
        return Ok(python);
    }
    let make = || exec::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    if exec::find("python3").is_none() || make().is_err() {
        exec::apt_install("python3-venv", "Python 3 with venv")?;
        make()?;
    }
    let mut pip = Command::new(&python);
    exec::run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&wanted))?;
    fs::write(&stamp, list).context(stamp.display())?;
    Ok(python)
}

/// A shop of the test's own: a data folder and the built program.
struct Shop {
    folder: TempDir,
}

/// A running server; dropped, it ends.
struct Server {
    child: Child,
    url: String,
}

impl Shop {
    fn open() -> Result<Self> {
        Ok(Self { folder: TempDir::with_prefix("puzi-api-").context("a folder for the shop")? })
    }

    fn puzi(&self) -> Command {
        let mut puzi = Command::new(exec::target().join("debug/puzi"));
        puzi.current_dir(self.folder.path()).env_remove("DATABASE_URL").env("PUZI_DATA", self.folder.path());
        puzi.env("PUZI_LANGUAGE", "en");
        puzi
    }

    /// An owner, and a token that may do nearly everything.
    fn token(&self) -> Result<String> {
        let password = exec::random_hex(16)?;
        let mut add = self.puzi();
        add.args(["staff", "add", "owner", "--name", "Owner", "--role", "owner"]);
        let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("puzi staff add")?;
        if let Some(mut input) = child.stdin.take() {
            writeln!(input, "{password}").context("puzi staff add")?;
        }
        let status = child.wait().context("puzi staff add")?;
        if !status.success() {
            return Err(Error::new(format!("`puzi staff add` failed ({status}).")));
        }
        // It must not revoke itself in the middle: every answer after that would be the same refusal.
        let scopes = ["--scope", "*", "--scope", "!tokens.revoke"];
        let said = exec::output(self.puzi().args(["staff", "token", "owner", "--name", "tests"]).args(scopes))?;
        let token = said.split_whitespace().find(|word| word.starts_with("puzi_"));
        token.map(str::to_owned).ok_or_else(|| Error::new("`puzi staff token` printed no token."))
    }

    fn serve(&self) -> Result<Server> {
        let mut serve = self.puzi();
        serve.args(["serve", "--listen", "127.0.0.1:0"]).env("PUZI_LOG", "info").env("PUZI_LOG_FORMAT", "json");
        let log = self.folder.path().join("log");
        serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log).context(log.display())?);
        let child = serve.spawn().context("puzi serve")?;
        let mut server = Server { child, url: String::new() };
        for _ in 0..300 {
            if let Some(url) = address(&log)? {
                server.url = url;
                return Ok(server);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err(Error::new("`puzi serve` did not listen within 30 s."))
    }
}

/// Where the server of this log listens, once it does.
fn address(log: &Path) -> Result<Option<String>> {
    let lines = BufReader::new(fs::File::open(log).context(log.display())?).lines();
    let line = lines.map_while(std::result::Result::ok).find(|line| line.contains("\"listening\""));
    let address = line.as_deref().and_then(|line| line.split("\"address\":\"").nth(1)?.split('"').next());
    Ok(address.map(|address| format!("http://{address}")))
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
