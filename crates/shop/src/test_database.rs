//! A database of its own for a test: SQLite, or PostgreSQL on the server that `PUZI_TEST_DATABASE` names.

use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use crate::db::Db;

/// A new database with its schema; dropped, it is gone.
pub(crate) struct TestDatabase {
    pub(crate) db: Db,
    /// For a second connection, as another node has one.
    url: String,
    postgres: Option<(String, String)>,
    _folder: TempDir,
}

impl TestDatabase {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = std::env::var("PUZI_TEST_DATABASE").ok().filter(|server| server.starts_with("postgres"));
        let (url, postgres) = match server {
            None => (format!("sqlite:{}", folder.path().join("puzi.db").display()), None),
            Some(server) => {
                let name = format!("puzi_shop_{:016x}", rand::random::<u64>());
                run(&server, &format!("CREATE DATABASE {name}")).await;
                let mut url = url::Url::parse(&server).unwrap();
                url.set_path(&name);
                (url.to_string(), Some((server, name)))
            }
        };
        let db = Db::connect(&url).await.unwrap();
        db.migrate().await.unwrap();
        Self { db, url, postgres, _folder: folder }
    }

    /// The database as another process sees it. On SQLite that would be the same file: writers take turns in its lock.
    pub(crate) async fn second_node(&self) -> Db {
        Db::connect(&self.url).await.unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.postgres.take() else { return };
        // The test's own runtime may be the one that drops this, and cannot wait for itself.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")));
        });
        if dropping.join().is_err() {
            eprintln!("a test's database is left behind");
        }
    }
}

async fn run(server: &str, sql: &str) {
    let admin = Db::connect(server).await.unwrap();
    admin.read().execute_unprepared(sql).await.unwrap();
    admin.close().await.unwrap();
}
