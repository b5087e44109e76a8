//! Where a world's data lies: a folder, and on PostgreSQL a database of its own.

#[path = "../../../shop/src/test_database/postgres.rs"]
mod postgres;

use std::{path::Path, process::Command};

use base64::{Engine, prelude::BASE64_STANDARD};
use puzi_shop::{db::Db, secrets::Vault};
use puzi_wechat::Secret;
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
            Some(server) => {
                let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shop/src/migrations");
                postgres::new_database(&server, &migrations).await
            }
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
        postgres::name_of(&self.database_url)
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
        if let Some(server) = postgres_server().filter(|_| self.is_postgres()) {
            postgres::drop_database(&server, &self.database_url);
        }
    }
}
