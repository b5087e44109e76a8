//! Where a world's data lies: a folder, and on PostgreSQL a database of its own.

use std::process::Command;

use base64::{Engine, prelude::BASE64_STANDARD};
use puzi_shop::{db::Db, secrets::Vault};
use puzi_wechat::Secret;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use super::Node;

/// The server whose databases the tests use instead of SQLite, when `PUZI_TEST_DATABASE` names one.
pub fn postgres_server() -> Option<String> {
    std::env::var("PUZI_TEST_DATABASE").ok().filter(|server| server.starts_with("postgres"))
}

/// Where a world's data lies; a second node may be started on it. Dropped, it is gone.
pub struct Place {
    pub data: TempDir,
    /// Empty on SQLite.
    pub database_url: String,
    key: String,
}

impl Place {
    pub async fn new() -> Self {
        let database_url = match postgres_server() {
            Some(server) => new_postgres_database(&server).await,
            None => String::new(),
        };
        let key = BASE64_STANDARD.encode(rand::random::<[u8; 32]>());
        Self { data: tempfile::tempdir().unwrap(), database_url, key }
    }

    pub fn is_postgres(&self) -> bool {
        !self.database_url.is_empty()
    }

    /// The name of the PostgreSQL database.
    pub fn database_name(&self) -> String {
        url::Url::parse(&self.database_url).unwrap().path().trim_start_matches('/').to_owned()
    }

    pub async fn connect(&self) -> Db {
        if self.is_postgres() {
            Db::connect(&self.database_url).await.unwrap()
        } else {
            Db::open_file(&self.data.path().join("puzi.db")).await.unwrap()
        }
    }

    pub fn vault(&self) -> Vault {
        Vault::from_base64(&Secret::new(self.key.clone())).unwrap()
    }

    /// The binary on this place's data, with no settings of the machine's own.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_puzi"));
        command
            .current_dir(self.data.path())
            .env_remove("DATABASE_URL")
            .env("PUZI_DATA", self.data.path())
            .env("PUZI_SECRET_KEY", &self.key)
            .env("PUZI_ALLOW_PRIVATE_WEBHOOKS", r#"["127.0.0.1"]"#)
            .env("PUZI_LANGUAGE", "en");
        if self.is_postgres() {
            command.env("DATABASE_URL", &self.database_url);
        }
        command
    }

    /// `puzi serve` on any free port, as [`Node::start`] wants it.
    pub fn serve(&self) -> Command {
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("PUZI_LOG_FORMAT", "json").env("PUZI_LOG", "info");
        command
    }

    pub fn start_node(&self) -> Node {
        Node::start(self.serve())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(server) = postgres_server().filter(|_| self.is_postgres()) else { return };
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.database_name());
        // The test's own runtime may be the one that drops this, and cannot wait for itself.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let admin = Db::connect(&server).await.unwrap();
                admin.read().execute_unprepared(&sql).await.unwrap();
                admin.close().await.unwrap();
            });
        });
        if dropping.join().is_err() {
            eprintln!("the database of {} is left behind", self.database_url);
        }
    }
}

async fn new_postgres_database(server: &str) -> String {
    let name = format!("puzi_{:016x}", rand::random::<u64>());
    let admin = Db::connect(server).await.unwrap();
    admin.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(&name);
    url.to_string()
}
