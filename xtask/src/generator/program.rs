//! The built program, kept where the copy's own builds do not replace it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::exec::{self, Context as _, Error, Result};

/// `puzi` in a copy of the workspace.
pub(crate) struct Program {
    binary: PathBuf,
    root: PathBuf,
    /// A data folder whose database has the schema, and room for files that command lines name.
    data: PathBuf,
}

impl Program {
    /// Keeps the program that was built in `folder`, to run it in `root`.
    pub(crate) fn keep(folder: &Path, root: &Path) -> Result<Self> {
        let (built, binary, data) = (exec::target().join("debug/puzi"), folder.join("puzi"), folder.join("data"));
        // A program that runs cannot be written over, but it can be removed.
        let _ = fs::remove_file(&binary);
        fs::copy(&built, &binary).context(built.display())?;
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data).context(data.display())?;
        let program = Self { binary, root: root.to_owned(), data };
        program.run(&["migrate"])?;
        Ok(program)
    }

    /// Where files lie that command lines name.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The program with these arguments; `{data}` in them is its folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        let data = self.data.display().to_string();
        command.args(args.iter().map(|arg| arg.replace("{data}", &data)));
        command.current_dir(&self.root).env_remove("DATABASE_URL");
        command.env("PUZI_DATA", &self.data).env("PUZI_LANGUAGE", "en").env("PUZI_LOG", "warn");
        command
    }

    pub(crate) fn output(&self, args: &[&str]) -> Result<Output> {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).output().context(format!("puzi {}", args.join(" ")))
    }

    /// Runs it to its good end; gives what it printed.
    pub(crate) fn run(&self, args: &[&str]) -> Result<String> {
        done(args, self.output(args)?)
    }

    /// The same with lines to answer its questions with.
    pub(crate) fn answer(&self, args: &[&str], lines: &str) -> Result<String> {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("puzi")?;
        if let Some(mut input) = child.stdin.take() {
            // It may have said no before it read everything; then its exit code tells.
            let _ = input.write_all(lines.as_bytes());
        }
        done(args, child.wait_with_output().context("puzi")?)
    }

    /// Starts it, to be killed.
    pub(crate) fn start(&self, args: &[&str]) -> Result<Child> {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("puzi")
    }
}

fn done(args: &[&str], output: Output) -> Result<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        return Err(Error::new(format!("`puzi {}` failed ({}):\n{said}", args.join(" "), output.status)));
    }
    Ok(text(&output.stdout))
}
