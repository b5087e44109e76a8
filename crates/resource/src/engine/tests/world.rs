//! A database of its own for a test, on SQLite or on the PostgreSQL that `PUZI_TEST_DATABASE` names.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, entity::prelude::*,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::{
    Actor, AuditEntry, Engine, Error, Field, Inline, Input, Many, Options, Record, Resource, Resources, Result, Say,
    Store, Transaction, Upload, belongs_to, boolean, computed, create_search, datetime, decimal, inline, integer, many,
    money, multi_select, password, select, string, text,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "teas")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub sku: Option<String>,
    pub title: String,
    pub note: Option<String>,
    pub status: String,
    pub price: Option<i64>,
    pub weight: Option<i64>,
    pub open: bool,
    pub sold_at: Option<i64>,
    pub tags: Option<String>,
    pub origin_id: Option<i64>,
    pub shop_id: i64,
    pub keeper: Option<String>,
    pub version: i64,
    pub deleted_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod origins {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "origins")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const TABLES: &[&str] = &[
    "CREATE TABLE origins (id {key}, name TEXT NOT NULL)",
    "CREATE TABLE teas (id {key}, sku TEXT UNIQUE, title TEXT NOT NULL, note TEXT, status TEXT NOT NULL, price BIGINT, \
     weight INTEGER, open BOOLEAN NOT NULL, sold_at BIGINT, tags TEXT, origin_id BIGINT REFERENCES origins (id), \
     shop_id BIGINT NOT NULL DEFAULT 1, keeper TEXT, version BIGINT NOT NULL, deleted_at BIGINT, created_at BIGINT NOT NULL, \
     updated_at BIGINT NOT NULL)",
    "CREATE INDEX teas_price ON teas (price, id)",
    "CREATE INDEX teas_title ON teas (title, id)",
    "CREATE INDEX teas_status ON teas (status, id)",
    "CREATE INDEX teas_deleted ON teas (deleted_at)",
    "CREATE TABLE tea_packs (id {key}, tea_id BIGINT NOT NULL REFERENCES teas (id), place BIGINT NOT NULL, grams BIGINT)",
    "CREATE TABLE tea_blends (tea_id BIGINT NOT NULL, other_id BIGINT NOT NULL, PRIMARY KEY (tea_id, other_id))",
    "CREATE TABLE resource_views (id {key}, resource TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, \
     query TEXT NOT NULL, shared BOOLEAN NOT NULL, parts TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, \
     UNIQUE (resource, owner, name))",
    "CREATE TABLE imports (id {key}, resource TEXT NOT NULL, owner TEXT NOT NULL, file TEXT NOT NULL, status TEXT NOT NULL, \
     plan TEXT NOT NULL, undo TEXT, created_at BIGINT NOT NULL, applied_at BIGINT, undone_at BIGINT)",
];

pub const STATUSES: &[&str] = &["draft", "open", "closed"];

/// The fields of the tests' resource.
pub fn fields() -> Vec<Field> {
    vec![
        string("sku").unique().nullable().filter(),
        string("title").required().max(100).in_list().searchable().sortable().filter(),
        text("note").nullable().searchable(),
        select("status", Options::Fixed(STATUSES)).required().default("draft").in_list().filter(),
        money("price").nullable().in_list().sortable().filter(),
        decimal("weight", 3).nullable(),
        boolean("open").default(true).filter().sortable(),
        datetime("sold_at").nullable().filter().sortable(),
        multi_select("tags", Options::Fixed(&["new", "rare"])).nullable().filter(),
        belongs_to("origin_id", "origins").nullable().filter(),
        password("keeper").nullable(),
        many("blends", Many { resource: "teas", table: "tea_blends", here: "tea_id", there: "other_id" })
            .nullable()
            .filter(),
        inline(
            "packs",
            Inline {
                table: "tea_packs",
                parent: "tea_id",
                position: Some("place"),
                fields: vec![integer("grams").min(1)],
            },
        )
        .nullable(),
        computed("label", |record| json!(format!("{}!", record.text("title")))).in_list(),
    ]
}

pub fn teas() -> Resource {
    fields().into_iter().fold(Resource::of::<Entity>("teas").title("title"), Resource::field)
}

/// An audit row as a test sees it: action, id, before, after.
pub type Audited = (String, i64, Option<Json>, Option<Json>);

/// The tests' way to the database.
pub struct TestStore {
    connection: DatabaseConnection,
    writer: Arc<tokio::sync::Mutex<()>>,
    pub audited: Mutex<Vec<Audited>>,
    /// The partitions that audit rows name.
    pub places: Mutex<Vec<Option<i64>>>,
}

struct Tx(DatabaseTransaction, Option<tokio::sync::OwnedMutexGuard<()>>);

impl Transaction for Tx {
    fn on(&self) -> &DatabaseTransaction {
        &self.0
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let Self(tx, _turn) = *self;
            Ok(tx.commit().await?)
        })
    }
}

impl Store for TestStore {
    fn reader(&self) -> &DatabaseConnection {
        &self.connection
    }

    #[allow(clippy::disallowed_methods)]
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>>> {
        Box::pin(async move {
            let sqlite = self.connection.get_database_backend() == DbBackend::Sqlite;
            let turn = if sqlite { Some(self.writer.clone().lock_owned().await) } else { None };
            let options = TransactionOptions {
                sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            };
            let tx: Box<dyn Transaction> = Box::new(Tx(self.connection.begin_with_options(options).await?, turn));
            Ok(tx)
        })
    }

    fn audit<'a>(&'a self, _: &'a DatabaseTransaction, entry: AuditEntry<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.places.lock().unwrap().push(entry.partition);
            self.audited.lock().unwrap().push((entry.action, entry.id, entry.before, entry.after));
            Ok(())
        })
    }

    fn hash_password(&self, password: String) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move { Ok(format!("hash of {}", password.len())) })
    }

    fn uploads<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<Vec<Upload>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn attach_uploads<'a>(&'a self, _: &'a DatabaseTransaction, _: &'a [&'a str]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// A database with the tables, and an engine over it. Dropped, it is gone.
pub struct World {
    pub engine: Engine,
    pub store: Arc<TestStore>,
    pub r: Arc<Resource>,
    _folder: TempDir,
    database: Option<(String, String)>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|teas| teas).await
    }

    pub async fn with(declare: impl FnOnce(Resource) -> Resource) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = std::env::var("PUZI_TEST_DATABASE").ok().filter(|server| server.starts_with("postgres"));
        let mut database = None;
        let url = match server {
            None => format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display()),
            Some(server) => {
                let name = format!("puzi_{:016x}", rand::random::<u64>());
                run(&server, &format!("CREATE DATABASE {name}")).await.unwrap();
                let mut url = url::Url::parse(&server).unwrap();
                url.set_path(&name);
                database = Some((server, name));
                url.to_string()
            }
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(8).sqlx_logging(false);
        let connection = Database::connect(options).await.unwrap();
        let backend = connection.get_database_backend();
        if backend == DbBackend::Sqlite {
            connection.execute_unprepared("PRAGMA journal_mode = WAL").await.unwrap();
        }
        let key = if backend == DbBackend::Sqlite { "INTEGER PRIMARY KEY" } else { "BIGSERIAL PRIMARY KEY" };
        for table in TABLES {
            connection.execute_unprepared(&table.replace("{key}", key)).await.unwrap();
        }
        for statement in create_search(backend, "teas") {
            connection.execute_unprepared(&statement).await.unwrap();
        }
        let store = Arc::new(TestStore {
            connection,
            writer: Arc::default(),
            audited: Mutex::default(),
            places: Mutex::default(),
        });
        let origins = Resource::of::<origins::Entity>("origins").title("name").field(string("name").required());
        let resources = Arc::new(Resources::new(vec![declare(teas()), origins]));
        let r = resources.get("teas").unwrap().clone();
        Self { engine: Engine::new(store.clone(), resources), store, r, _folder: folder, database }
    }

    pub async fn create(&self, json: Json) -> Result<Record> {
        self.engine.create(&self.r, &boss(), &Input::from_json(json).unwrap()).await
    }

    pub async fn tea(&self, title: &str) -> Record {
        self.create(json!({ "title": title, "status": "open" })).await.unwrap()
    }

    pub async fn update(&self, id: i64, version: i64, json: Json) -> Result<Record> {
        self.engine.update(&self.r, &boss(), id, Some(version), &Input::from_json(json).unwrap()).await
    }

    pub async fn sql(&self, sql: &str) {
        self.store.connection.execute_unprepared(sql).await.unwrap();
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let statement = sea_orm::Statement::from_string(self.store.connection.get_database_backend(), sql);
        let row = self.store.connection.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    pub fn is_sqlite(&self) -> bool {
        self.database.is_none()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some((server, name)) = self.database.take() else { return };
        // The test's own runtime may be the one that drops this, and cannot wait for itself.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&server, &format!("DROP DATABASE {name} WITH (FORCE)"))).unwrap();
        });
        assert!(dropping.join().is_ok(), "a test's database is left behind");
    }
}

async fn run(server: &str, sql: &str) -> Result<(), DbErr> {
    let admin = Database::connect(server).await?;
    admin.execute_unprepared(sql).await?;
    admin.close().await
}

/// Somebody who may do everything.
pub fn boss() -> Actor {
    Actor::new("staff", Some(1), "boss", |_| true)
}

/// Somebody who may do this only.
pub fn only(permission: &'static str) -> Actor {
    Actor::new("staff", Some(2), "clerk", move |asked| asked == permission)
}

/// The fields that a refusal names.
pub fn at_fault<T: std::fmt::Debug>(result: Result<T>) -> Vec<(String, String)> {
    match result {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|it| (it.field, it.key)).collect(),
        other => panic!("not refused: {other:?}"),
    }
}

/// A language without a text.
pub struct Plain;

impl Say for Plain {
    fn tag(&self) -> &str {
        "en"
    }

    fn find(&self, _: &str) -> Option<String> {
        None
    }

    fn say(&self, key: &str, _: &[(&'static str, String)]) -> String {
        key.to_owned()
    }
}
