//! A folder of one's own, and the binary in it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A machine with nothing but the binary.
pub struct World {
    folder: tempfile::TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With the account `tea` in it.
    pub fn with_account() -> Self {
        let world = Self::new();
        let add = ["accounts", "add", "--name", "茶铺", "--appid", "wx0123456789abcdef", "--slug", "tea", "--secret", SECRET];
        world.run(&add).succeeds();
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn run(&self, args: &[&str]) -> Said {
        self.run_with(args, &[], "")
    }

    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let said = self.run(args);
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    pub fn run_with(&self, args: &[&str], variables: &[(&str, &str)], input: &str) -> Said {
        let mut child = self
            .command(args)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may be gone before it is written.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap().into()
    }

    /// The binary in this folder, with nothing of the developer's own environment that it would heed.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_puzi"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PUZI_") || name.starts_with("LC_")) {
            command.env_remove(name);
        }
        command.env_remove("DATABASE_URL").env("LANG", "C").env("PUZI_LANGUAGE", "en").env("PUZI_LOG", "warn");
        command.current_dir(self.folder.path()).args(args);
        command
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Said {
    pub fn succeeds(self) -> Self {
        assert!(self.ok, "{self:?}");
        self
    }

    pub fn fails(self) -> Self {
        assert!(!self.ok, "{self:?}");
        self
    }
}

/// Permission bits of a file.
#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
