//! Settings from file, environment and flags, the later the stronger. `puzi.example.toml` explains each.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use puzi_shop::{
    accounts::{self, Accounts, Registry},
    calls::{Origin, Recorder},
    db::Db,
    replies::{Guard, Webhooks},
    secrets::Vault,
    texts::Locale,
};
use puzi_wechat::Secret;
use serde::{Deserialize, Serialize};

use crate::{
    cli::{ServeArgs, SettingFlags},
    error::Failure,
    texts::say,
};

/// The settings file, in the working directory.
const FILE: &str = "puzi.toml";

/// The key of the vault in base64, for several nodes.
const KEY_VARIABLE: &str = "PUZI_SECRET_KEY";

/// All settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Folder for the database, the key and the journal.
    pub data: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Where WeChat reaches this server; empty while it cannot.
    pub public_url: String,
    /// Own address for `/metrics`.
    pub metrics_listen: Option<SocketAddr>,
    /// `postgres://…`; empty: the SQLite file in the data folder.
    pub database_url: String,
    /// The shop's clock.
    pub timezone: String,
    /// `zh-CN` or `en`.
    pub language: String,
    /// How old or new a callback's timestamp may be, in seconds.
    pub replay_window_seconds: u64,
    /// Hosts, addresses or networks that webhooks may reach although they are not public.
    pub allow_private_webhooks: Vec<String>,
    /// Whether calls of WeChat's API and its pushes are recorded.
    pub record_calls: bool,
    /// What this server calls itself in the record; empty: the machine's name.
    pub node: String,
    /// What to log.
    pub log: String,
    /// `text` or `json`.
    pub log_format: LogFormat,
    /// The record of this process's calls, as soon as a command makes some.
    #[serde(skip)]
    pub recording: Arc<OnceLock<Recorder>>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors, one object a line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: "data".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: String::new(),
            metrics_listen: None,
            database_url: String::new(),
            timezone: "Asia/Shanghai".into(),
            language: "zh-CN".into(),
            replay_window_seconds: 600,
            allow_private_webhooks: Vec::new(),
            record_calls: true,
            node: String::new(),
            log: "info".into(),
            log_format: LogFormat::Text,
            recording: Arc::default(),
        }
    }
}

impl Settings {
    /// Reads file, environment (`PUZI_…`, and `DATABASE_URL`) and flags.
    ///
    /// # Errors
    /// Names the setting that is wrong or unknown, and where it stands.
    pub fn read(flags: &SettingFlags) -> Result<Self, Failure> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        figment = match &flags.config {
            Some(path) if !path.exists() => return Err(Failure::no_such_file(path)),
            Some(path) => figment.merge(Toml::file_exact(path)),
            // Exactly here: a file in some folder above is another one's.
            None if Path::new(FILE).exists() => figment.merge(Toml::file_exact(FILE)),
            None => figment,
        };
        figment = figment
            .merge(Env::raw().only(&["DATABASE_URL"]))
            // Only the settings' own names: other variables that begin so (the key, the sandbox's, a test's) are not for
            // here, and the key never becomes a setting that could be printed.
            .merge(Env::prefixed("PUZI_").filter(|name| Self::names().iter().any(|known| name == known)));
        if let Some(data) = &flags.data {
            figment = figment.merge(("data", data));
        }
        for (name, value) in [("database_url", &flags.database_url), ("language", &flags.language), ("log", &flags.log)]
        {
            if let Some(value) = value {
                figment = figment.merge((name, value));
            }
        }
        Ok(figment.extract()?)
    }

    /// The names of all settings.
    pub fn names() -> Vec<String> {
        match serde_json::to_value(Self::default()) {
            Ok(serde_json::Value::Object(settings)) => settings.into_iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        }
    }

    /// Lets the flags of `puzi serve` win.
    pub fn merge_serve_flags(&mut self, flags: &ServeArgs) {
        self.listen = flags.listen.unwrap_or(self.listen);
        self.metrics_listen = flags.metrics_listen.or(self.metrics_listen);
        if let Some(url) = &flags.public_url {
            self.public_url.clone_from(url);
        }
    }

    /// The language of messages.
    pub fn locale(&self) -> Locale {
        Locale::from_tag(&self.language)
    }

    /// How old or new a callback's timestamp may be.
    pub fn replay_window(&self) -> Duration {
        Duration::from_secs(self.replay_window_seconds)
    }

    /// The URL to paste into WeChat's admin platform for the account `slug`.
    pub fn callback_url(&self, slug: &str) -> String {
        let base = if self.public_url.is_empty() { format!("http://{}", self.listen) } else { self.public_url.clone() };
        format!("{}/wechat/{slug}", base.trim_end_matches('/'))
    }

    /// Opens the database, brings its schema up to date, and opens the vault: what every command begins with.
    pub async fn open(&self) -> Result<Workplace, Failure> {
        self.make_folder()?;
        let db = self.connect().await?;
        db.migrate().await?;
        if self.key_is_missing() && accounts::are_there(&db).await? {
            // A new key beside secrets that another one sealed would only hide that the old one is gone.
            let path = [("path", self.key_file().display().to_string())];
            return Err(Failure::Plain(say(self.locale(), "settings.no_key", &path)));
        }
        let vault = Arc::new(self.vault()?);
        Ok(Workplace { accounts: Accounts::new(db.clone(), vault.clone()), db, vault })
    }

    /// Makes the data folder when it is not there; only its owner may look into it.
    pub fn make_folder(&self) -> Result<(), Failure> {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.data).map_err(|error| Failure::folder(&self.data, &error))
    }

    /// Connects to the database without touching its schema.
    pub async fn connect(&self) -> Result<Db, Failure> {
        Ok(if self.database_url.is_empty() {
            Db::open_file(&self.data.join("puzi.db")).await?
        } else {
            Db::connect(&self.database_url).await?
        })
    }

    /// The vault, by the key in `PUZI_SECRET_KEY` or in the data folder's `puzi.key`, which is made at first run.
    pub fn vault(&self) -> Result<Vault, Failure> {
        Ok(match std::env::var(KEY_VARIABLE) {
            Ok(key) => Vault::from_base64(&Secret::new(key))?,
            Err(_) => Vault::open_or_create(&self.key_file())?,
        })
    }

    /// Whether [`Settings::vault`] would make a new key.
    pub fn key_is_missing(&self) -> bool {
        std::env::var_os(KEY_VARIABLE).is_none() && !self.key_file().exists()
    }

    /// Where the key lies when it is not in the environment.
    pub fn key_file(&self) -> PathBuf {
        self.data.join("puzi.key")
    }

    /// The record of calls, written into `db`; `origin` tells who makes them. Nothing is recorded when the settings say so.
    pub fn recorder(&self, db: &Db, origin: Origin) -> Result<Recorder, Failure> {
        if !self.record_calls {
            return Ok(Recorder::off());
        }
        let node = if self.node.is_empty() { host_name() } else { self.node.clone() };
        Ok(Recorder::start(db, &node, origin)?)
    }

    /// The accounts at work, for a command that calls WeChat. Its calls are recorded; [`Settings::finish`] writes the last of
    /// them down.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn registry(&self, place: &Workplace) -> Result<Registry, Failure> {
        let recorder = match self.recording.get() {
            Some(recorder) => recorder.clone(),
            None => {
                let new = self.recorder(&place.db, Origin::Cli)?;
                self.recording.get_or_init(|| new).clone()
            }
        };
        let (db, vault) = (place.db.clone(), place.vault.clone());
        Ok(Registry::load_recording(db, vault, &self.timezone, self.replay_window(), recorder).await?)
    }

    /// Waits until all is written down that this process recorded.
    pub async fn finish(&self) {
        if let Some(recorder) = self.recording.get() {
            recorder.stop().await;
        }
    }

    /// Webhooks that may reach public addresses and those the operator allows.
    pub fn webhooks(&self) -> Result<Webhooks, Failure> {
        Ok(Webhooks::new(self.guard()?))
    }

    /// Which addresses webhooks may reach.
    pub fn guard(&self) -> Result<Guard, Failure> {
        Guard::allowing(&self.allow_private_webhooks)
            .map_err(|error| Failure::setting("allow_private_webhooks", &error))
    }
}

/// The machine's own name.
fn host_name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("HOSTNAME"));
    let name = told.unwrap_or_default().trim().to_owned();
    if name.is_empty() { "puzi".into() } else { name }
}

/// What every command works with.
#[derive(Debug, Clone)]
pub struct Workplace {
    /// The database, its schema up to date.
    pub db: Db,
    /// Seals secrets.
    pub vault: Arc<Vault>,
    /// The accounts.
    pub accounts: Accounts,
}
