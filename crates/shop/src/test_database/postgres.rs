//! Databases on a PostgreSQL server for tests: each a copy of one that has the whole schema, for making the schema takes a
//! second or two. The tests of the program read this file too.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    path::Path,
};

use sea_orm::{ConnectionTrait, Statement};

use super::Db;

/// Whoever makes the template holds this lock; any number will do that nobody else takes.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1886743929)";

/// Makes a database with the schema of `migrations` on `server`, whose user may create databases, and gives its URL.
pub async fn new_database(server: &str, migrations: &Path) -> String {
    let name = format!("puzi_test_{:016x}", rand::random::<u64>());
    let admin = Db::connect(server).await.unwrap();
    let template = template(&admin, server, migrations).await;
    let strategy = copying(&admin).await;
    run(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}")).await;
    admin.close().await.unwrap();
    beside(server, &name)
}

/// Removes the database of `url`, whoever is connected to it. For `Drop`: the test's own runtime may be the one that drops,
/// and cannot wait for itself.
pub fn drop_database(server: &str, url: &str) {
    let (server, sql) = (server.to_owned(), format!("DROP DATABASE {} WITH (FORCE)", name_of(url)));
    let dropping = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let admin = Db::connect(&server).await.unwrap();
            run(&admin, &sql).await;
            admin.close().await.unwrap();
        });
    });
    if dropping.join().is_err() {
        eprintln!("the database of a test is left behind: {}", name_of(url));
    }
}

/// The database that `url` names.
pub fn name_of(url: &str) -> String {
    url::Url::parse(url).unwrap().path().trim_start_matches('/').to_owned()
}

/// The database to copy; made by the first test that asks, anew when a migration has changed.
async fn template(admin: &Db, server: &str, migrations: &Path) -> String {
    let name = format!("puzi_template_{:016x}", fingerprint(migrations));
    if is_there(admin, &name).await {
        return name;
    }
    let tx = admin.begin_write().await.unwrap();
    tx.execute_unprepared(LOCK).await.unwrap();
    if !is_there(admin, &name).await {
        // Under its name only when it is whole: a test that is killed here leaves no half one.
        let making = format!("{name}_making");
        run(admin, &format!("DROP DATABASE IF EXISTS {making}")).await;
        run(admin, &format!("CREATE DATABASE {making}")).await;
        let db = Db::connect(&beside(server, &making)).await.unwrap();
        db.migrate().await.unwrap();
        db.close().await.unwrap();
        run(admin, &format!("ALTER DATABASE {making} RENAME TO {name}")).await;
    }
    drop(tx);
    name
}

/// Copies files, as old servers do anyway: writing each of a thousand files' pages to the log, which newer ones do unless
/// they are told, takes four times as long.
async fn copying(admin: &Db) -> &'static str {
    const FIRST_TO_CHOOSE: i32 = 15_00_00;
    let sql = "SELECT current_setting('server_version_num')::int4";
    let statement = Statement::from_string(sea_orm::DbBackend::Postgres, sql);
    let row = admin.read().query_one_raw(statement).await.unwrap().unwrap();
    if row.try_get_by_index::<i32>(0).unwrap() < FIRST_TO_CHOOSE { "" } else { " STRATEGY file_copy" }
}

async fn is_there(admin: &Db, name: &str) -> bool {
    let sql = "SELECT 1 FROM pg_database WHERE datname = $1";
    let statement = Statement::from_sql_and_values(sea_orm::DbBackend::Postgres, sql, [name.into()]);
    admin.read().query_one_raw(statement).await.unwrap().is_some()
}

/// Of the migrations as they are written.
fn fingerprint(migrations: &Path) -> u64 {
    let files = std::fs::read_dir(migrations).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.file_name().hash(&mut hasher);
        std::fs::read(&file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

fn beside(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.to_string()
}

async fn run(admin: &Db, sql: &str) {
    admin.read().execute_unprepared(sql).await.unwrap();
}
