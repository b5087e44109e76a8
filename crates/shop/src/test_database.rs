//! A database of its own for a test: SQLite, or PostgreSQL on the server that `PUZI_TEST_DATABASE` names.

mod postgres;

use std::path::Path;

use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use crate::db::{self, Db};

/// A new database with its schema; dropped, it is gone.
pub(crate) struct TestDatabase {
    pub(crate) db: Db,
    /// For a second connection, as another node has one.
    url: String,
    /// The PostgreSQL server.
    server: Option<String>,
    _folder: TempDir,
}

impl TestDatabase {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = std::env::var("PUZI_TEST_DATABASE").ok().filter(|server| server.starts_with("postgres"));
        let url = match &server {
            None => format!("sqlite:{}", folder.path().join("puzi.db").display()),
            Some(server) => {
                let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/migrations");
                postgres::new_database(server, &migrations).await
            }
        };
        let db = Db::connect(&url).await.unwrap();
        db.migrate().await.unwrap();
        Self { db, url, server, _folder: folder }
    }

    /// The database as another process sees it. On SQLite that would be the same file: writers take turns in its lock.
    pub(crate) async fn second_node(&self) -> Db {
        Db::connect(&self.url).await.unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            postgres::drop_database(server, &self.url);
        }
    }
}

/// Whether the reader `name` has read all messages that are there. On PostgreSQL other tests' transactions on the same server
/// hold readers up: a test goes on until this is so.
pub(crate) async fn has_read(db: &Db, name: &str) -> bool {
    let sql = "SELECT 1 AS one FROM message_cursors WHERE name = $1 \
               AND done_id >= (SELECT COALESCE(MAX(id), 0) FROM messages)";
    db.read().query_one_raw(db::statement(db.read(), sql, [name.into()])).await.unwrap().is_some()
}
