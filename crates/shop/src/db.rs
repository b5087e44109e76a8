//! The database: SQLite by default, PostgreSQL by URL, the same code on both.

mod turns;

use std::{ops::Deref, panic::Location, path::Path, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use sea_orm_migration::MigratorTrait;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::OwnedMutexGuard;

use self::turns::{Sqlite, Turn};
use crate::{Error, Result, migrations::Migrator};

/// How long a SQLite connection waits for another process's write lock, and how long anyone waits for a connection.
const BUSY: Duration = Duration::from_secs(5);

/// Statements kept prepared on each connection: on PostgreSQL the intake has one for each batch size.
const PREPARED: usize = 400;

/// How often a change is tried: of two that wait for each other PostgreSQL ends one ([`crate::Error::is_deadlock`]).
pub(crate) const TRIES: u32 = 3;
/// Names the advisory lock of migrations on PostgreSQL: "puzi" in ASCII.
const MIGRATION_LOCK: i64 = 0x7075_7a69;

/// The most rows that are counted to be shown: a busy shop is told "more than" instead of waiting.
pub const COUNTED: i64 = 100_000;

/// A number, exact or "at least".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// The number, [`COUNTED`] at most.
    pub n: i64,
    /// There are more.
    pub more: bool,
}

impl From<i64> for Count {
    /// From a count that went one beyond the bound.
    fn from(counted: i64) -> Self {
        Self { n: counted.min(COUNTED), more: counted > COUNTED }
    }
}

/// A handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    connection: DatabaseConnection,
    sqlite: Option<Arc<Sqlite>>,
}

/// A write transaction. Dropped without [`WriteTx::commit`], it rolls back.
#[derive(Debug)]
pub struct WriteTx {
    transaction: DatabaseTransaction,
    _turn: Option<Turn>,
}

impl WriteTx {
    /// Makes the transaction durable.
    pub async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

impl Deref for WriteTx {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

impl Db {
    /// Connects to `url`: `sqlite:PATH` (made when missing) or `postgres://…`.
    ///
    /// # Errors
    /// [`Error::Database`] when the URL is of neither kind or the server does not answer.
    pub async fn connect(url: &str) -> Result<Self> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Self::postgres(url).await;
        }
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(|e| unusable(&e))?;
            return Self::sqlite(options).await;
        }
        Err(Error::Database(DbErr::Custom("the database URL begins with neither sqlite: nor postgres:".into())))
    }

    /// Opens (or makes) the SQLite database in the file `path`.
    pub async fn open_file(path: &Path) -> Result<Self> {
        Self::sqlite(SqliteConnectOptions::new().filename(path)).await
    }

    async fn sqlite(options: SqliteConnectOptions) -> Result<Self> {
        let file = options.get_filename().to_owned();
        let options = options
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: what WeChat got an answer for survives a power cut, not only a crash.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .statement_cache_capacity(PREPARED)
            .disable_statement_logging()
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", "16000")
            .pragma("journal_size_limit", "67108864");
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(BUSY)
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(keep_if_clean(connection)))
            .connect_with(options)
            .await
            .map_err(|e| unusable(&e))?;
        Ok(Self { connection: pool.into(), sqlite: Some(Arc::new(Sqlite::new(file))) })
    }

    async fn postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|e| unusable(&e))?
            .statement_cache_capacity(PREPARED)
            .disable_statement_logging()
            .application_name("puzi")
            // A statement that hangs must end, and with it the locks it holds.
            .options([
                ("statement_timeout", "15s"),
                ("lock_timeout", "5s"),
                ("idle_in_transaction_session_timeout", "20s"),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(BUSY)
            .connect_with(options)
            .await
            .map_err(|e| unusable(&e))?;
        Ok(Self { connection: pool.into(), sqlite: None })
    }

    /// The connection pool, for reading.
    pub fn read(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Begins the only kind of transaction that may write. On SQLite it takes the write lock at once: a transaction
    /// that reads first and then writes would be refused as locked instead of waiting.
    ///
    /// # Errors
    /// When the database does not answer.
    #[track_caller]
    pub fn begin_write(&self) -> impl Future<Output = Result<WriteTx>> + Send + use<'_> {
        self.begin_write_from(Location::caller())
    }

    #[allow(clippy::disallowed_methods)]
    async fn begin_write_from(&self, whence: &'static Location<'static>) -> Result<WriteTx> {
        let turn = match &self.sqlite {
            Some(sqlite) => Some(sqlite.turn(whence).await),
            None => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: self.is_sqlite().then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(WriteTx { transaction: self.connection.begin_with_options(options).await?, _turn: turn })
    }

    /// The file of a SQLite database; none on PostgreSQL.
    pub fn sqlite_file(&self) -> Option<&Path> {
        self.sqlite.as_deref().map(|sqlite| sqlite.file.as_path())
    }

    /// Waits in a thread of its own until it is its turn to write to SQLite, past the pool and past all who write by
    /// [`Db::begin_write`] but one.
    pub(crate) fn wait_for_turn(&self) -> Option<OwnedMutexGuard<()>> {
        self.sqlite.as_deref().map(Sqlite::wait)
    }

    /// The same for the committer of pushes: while it has turns, those who write by [`Db::begin_write`] rest between theirs.
    pub(crate) fn wait_for_turn_of_pushes(&self) -> Option<OwnedMutexGuard<()>> {
        self.sqlite.as_deref().map(Sqlite::wait_as_pushes)
    }

    /// Runs one writing statement in a transaction of its own and gives the number of rows it changed.
    ///
    /// # Errors
    /// When the database does not answer, or refuses.
    #[track_caller]
    pub fn execute<V>(&self, sql: &str, values: V) -> impl Future<Output = Result<u64>> + Send + use<'_, V>
    where
        V: IntoIterator<Item = Value>,
    {
        let (statement, whence) = (statement(&self.connection, sql, values), Location::caller());
        async move {
            let tx = self.begin_write_from(whence).await?;
            let changed = tx.execute_raw(statement).await?.rows_affected();
            tx.commit().await?;
            Ok(changed)
        }
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.connection.ping().await?)
    }

    /// Takes the right to write and gives it back: fails where the database is gone, read-only or held by somebody. It writes
    /// no page, so a full disk passes; messages that wait in the journal tell of that.
    pub async fn try_write(&self) -> Result<()> {
        self.execute("UPDATE accounts SET version = version WHERE id = 0", []).await?;
        Ok(())
    }

    /// True on SQLite, false on PostgreSQL.
    pub fn is_sqlite(&self) -> bool {
        self.connection.get_database_backend() == DbBackend::Sqlite
    }

    /// Brings the schema up to date. Of several nodes that start at once, one does it and the others wait.
    pub async fn migrate(&self) -> Result<()> {
        if self.is_sqlite() {
            // A node starts also while somebody else writes, when there is nothing to do.
            if self.pending_migrations().await?.is_empty() {
                return Ok(());
            }
            // Whole or not at all; and on one connection, for another one may still know a table that was just dropped.
            let tx = self.begin_write().await?;
            Migrator::up(&*tx, None).await?;
            return tx.commit().await;
        }
        // The lock is the session's: it needs a connection of its own, and ends with it.
        let mut session = self.connection.get_postgres_connection_pool().acquire().await.map_err(|e| unusable(&e))?;
        let lock = format!("SELECT pg_advisory_lock({MIGRATION_LOCK})");
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut *session).await.map_err(|e| unusable(&e))?;
        let migrated = Migrator::up(&self.connection, None).await;
        let unlock = format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})");
        sqlx::raw_sql(AssertSqlSafe(unlock)).execute(&mut *session).await.map_err(|e| unusable(&e))?;
        Ok(migrated?)
    }

    /// Names of the migrations that have not run yet.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        let pending = Migrator::get_pending_migrations(&self.connection).await?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }

    /// Closes all connections; on SQLite this also folds the write-ahead log into the file.
    pub async fn close(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}

/// Runs one statement; `$1`, `$2` … stand for `values` on both databases.
pub(crate) async fn execute<C: ConnectionTrait>(
    on: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64> {
    Ok(on.execute_raw(statement(on, sql, values)).await?.rows_affected())
}

/// A statement for the backend of `on`.
pub(crate) fn statement<C: ConnectionTrait>(on: &C, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(on.get_database_backend(), sql, values)
}

/// The number `n` that `sql` gives; 0 when it gives no row.
pub(crate) async fn one_number<C: ConnectionTrait>(
    on: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<i64> {
    let row = on.query_one_raw(statement(on, sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default())
}

/// Counts `rows`, a table with its condition (`chats WHERE account_id = $1`), as far as [`COUNTED`].
pub(crate) async fn count(db: &Db, rows: &str, values: impl IntoIterator<Item = Value>) -> Result<Count> {
    let sql = format!("SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM {rows} LIMIT {}) AS bounded", COUNTED + 1);
    Ok(one_number(db.read(), &sql, values).await?.into())
}

/// Appends `($1, $2), ($3, $4)…` for `rows` rows of `columns` columns.
pub(crate) fn push_rows(sql: &mut String, rows: usize, columns: usize) {
    use std::fmt::Write;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            let comma = if column == 1 { "" } else { ", " };
            let _ = write!(sql, "{comma}${}", row * columns + column);
        }
        sql.push(')');
    }
}

/// A pattern for `LIKE … ESCAPE '!'` that finds `words` anywhere, whatever signs are in them. (The declared
/// resources have one with `\`; their crate and this one do not know each other.)
pub(crate) fn like(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// After a full disk SQLite has rolled back by itself, and the pool's own rollback fails: such a connection would go on
/// inside a transaction and keep the write lock. It is closed instead.
async fn keep_if_clean(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if !connection.is_in_transaction() {
        return Ok(true);
    }
    // A rollback may only be queued yet: the ping waits for it.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

fn unusable(error: &sqlx::Error) -> Error {
    Error::Database(DbErr::Custom(error.to_string()))
}

/// Now, in Unix milliseconds: the unit of every time in the tables.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_it_is_at_least() {
        assert_eq!(Count::from(7), Count { n: 7, more: false });
        assert_eq!(Count::from(COUNTED), Count { n: COUNTED, more: false });
        assert_eq!(Count::from(COUNTED + 1), Count { n: COUNTED, more: true });
    }
}
