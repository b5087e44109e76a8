//! A folder of one's own, and the binary in it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use puzi_sandbox::{App, Config, Mode, Sandbox};

pub const APPID: &str = "wx0123456789abcdef";
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
        let add = ["accounts", "add", "--name", "茶铺", "--appid", APPID, "--slug", "tea", "--secret", SECRET];
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

    /// WeChat with the account `tea`, which calls its API there, and a free address for [`World::serve`].
    pub async fn wechat(&self) -> (Sandbox, String) {
        let shown = self.json(&["accounts", "show-url", "tea", "--json"]);
        let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let app = App {
            name: "茶铺".into(),
            appid: APPID.into(),
            secret: SECRET.into(),
            token: shown["token"].as_str().unwrap().into(),
            encoding_aes_key: shown["encoding_aes_key"].as_str().map(str::to_owned),
            mode: Mode::Encrypted,
            callback_url: format!("http://{listen}/wechat/tea"),
            ..Default::default()
        };
        let sandbox = Sandbox::start(Config { apps: vec![app], ..Default::default() }).await.unwrap();
        self.run(&["accounts", "edit", "tea", "--api-base", &sandbox.url()]).succeeds();
        (sandbox, listen)
    }

    /// `puzi serve` in the background, ready for messages.
    pub async fn serve(&self, listen: &str) -> Background {
        let serving = Background(self.command(&["serve", "--listen", listen]).spawn().unwrap());
        for _ in 0..200 {
            if std::net::TcpStream::connect(listen).is_ok() {
                return serving;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing listens on {listen}");
    }
}

/// A process that is gone with the test.
pub struct Background(pub Child);

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        self.0.wait().unwrap();
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
