//! rustfmt.

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use super::TreeError;

/// How to come by rustfmt, which not every toolchain has.
const HOW_TO_GET: &str = "not found; `rustup component add rustfmt` installs it";

/// rustfmt, with a workspace's settings.
#[derive(Debug)]
pub(super) struct Rustfmt {
    program: OsString,
    root: PathBuf,
}

impl Rustfmt {
    /// rustfmt as Cargo would find it.
    pub(super) fn of(root: &Path) -> Self {
        let program = env::var_os("RUSTFMT").unwrap_or_else(|| "rustfmt".into());
        Self { program, root: root.to_owned() }
    }

    /// The texts formatted, each or why not. They go through standard input: of a file, rustfmt would also visit the
    /// modules that it names, and there are none where it stands.
    ///
    /// # Errors
    /// [`TreeError::Format`] when there is no rustfmt.
    pub(super) fn all(&self, texts: &[&str]) -> Result<Vec<Result<String, String>>, TreeError> {
        let formatted: io::Result<Vec<_>> = thread::scope(|scope| {
            let runs: Vec<_> = texts.iter().map(|text| scope.spawn(|| self.one(text))).collect();
            let joined = runs.into_iter().map(|run| run.join().unwrap_or_else(|_| Err(io::Error::other("panicked"))));
            joined.collect()
        });
        formatted.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => TreeError::Format(HOW_TO_GET.to_owned()),
            _ => TreeError::Format(error.to_string()),
        })
    }

    fn one(&self, text: &str) -> io::Result<Result<String, String>> {
        let mut child = Command::new(&self.program)
            .args(["--edition", "2024"])
            // Where it looks for its settings, and for the toolchain, should the workspace name one.
            .current_dir(&self.root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // When it ends before it has read everything, its status tells why.
            let _ = input.write_all(text.as_bytes());
        }
        let output = child.wait_with_output()?;
        Ok(match String::from_utf8(output.stdout) {
            Ok(formatted) if output.status.success() => Ok(formatted),
            _ => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_formatted_side_by_side_and_mistakes_stay_with_theirs() {
        let rustfmt = Rustfmt::of(Path::new(env!("CARGO_MANIFEST_DIR")));
        let all = rustfmt.all(&["fn  a( ){}", "fn", "mod nowhere;"]).unwrap();
        assert_eq!(all[0].as_deref(), Ok("fn a() {}\n"));
        assert!(all[1].as_ref().unwrap_err().contains("error"), "{:?}", all[1]);
        assert_eq!(all[2].as_deref(), Ok("mod nowhere;\n"));
    }

    #[test]
    fn who_has_no_rustfmt_is_told_how_to_get_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
        let error = Rustfmt { program: "no-such-rustfmt".into(), root }.all(&["fn a() {}"]).unwrap_err();
        assert!(error.to_string().contains("rustup component add rustfmt"), "{error}");
    }
}
