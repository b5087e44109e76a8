//! What a resource needs from outside: the database, the audit log, texts.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use serde_json::Value;

use super::{Actor, Record, Result, Verb};

/// The database and what belongs to it.
pub trait Store: Send + Sync + 'static {
    /// The pool, for reading.
    fn reader(&self) -> &DatabaseConnection;

    /// Begins a transaction that may write (`IMMEDIATE` on SQLite).
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>>>;

    /// Writes an audit row in the transaction of the change.
    fn audit<'a>(&'a self, tx: &'a DatabaseTransaction, entry: AuditEntry<'a>) -> BoxFuture<'a, Result<()>>;

    /// Hashes a password for storing.
    fn hash_password(&self, password: String) -> BoxFuture<'_, Result<String>>;

    /// What is known of those of `keys` that are uploads.
    fn uploads<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Upload>>>;

    /// Says of the uploads `keys` that a record has them now, in the transaction that stores it: nobody removes them any
    /// more.
    fn attach_uploads<'a>(&'a self, tx: &'a DatabaseTransaction, keys: &'a [&'a str]) -> BoxFuture<'a, Result<()>>;
}

/// What the rules of a field ask of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its name in records.
    pub key: String,
    /// Whether it is a picture.
    pub is_picture: bool,
    /// MIME type of its content.
    pub media_type: String,
    /// Length of its content.
    pub bytes: i64,
}

/// A write transaction. Dropped without `commit`, it rolls back.
pub trait Transaction: Send {
    /// Where statements run.
    fn on(&self) -> &DatabaseTransaction;

    /// Makes it durable.
    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>>;
}

/// One row of the audit log.
#[derive(Debug)]
pub struct AuditEntry<'a> {
    /// Who did it.
    pub actor: &'a Actor,
    /// The permission it took, such as `accounts.edit`.
    pub action: String,
    /// The resource's name.
    pub subject: &'a str,
    /// The record's row number.
    pub id: i64,
    /// The partition that the record lies in, where the resource has some.
    pub partition: Option<i64>,
    /// The changed values before; none for a new record.
    pub before: Option<Value>,
    /// The changed values after; none for a deleted record. Passwords and secrets are left out.
    pub after: Option<Value>,
}

/// The texts of one language.
pub trait Say: Send + Sync {
    /// The language's tag, such as `zh-CN`.
    fn tag(&self) -> &str;

    /// The text of `key`, if there is one.
    fn find(&self, key: &str) -> Option<String>;

    /// The text of `key` with its `{name}` places filled; the key itself when there is none.
    fn say(&self, key: &str, args: &[(&'static str, String)]) -> String;
}

/// A change under way, as hooks see it.
pub struct Change<'t> {
    /// The transaction of the change: what a hook writes here happens with it or not at all.
    pub tx: &'t DatabaseTransaction,
    /// Who changes it.
    pub actor: &'t Actor,
    /// What happens.
    pub verb: Verb,
    /// The record's row number; 0 before a new one is stored.
    pub id: i64,
    /// The record before; none for a new one.
    pub before: Option<&'t Record>,
    /// The values given, checked. A hook that runs before may change them.
    pub values: &'t mut Record,
}

/// A function run before or after a change, in its transaction. An error takes the change back.
pub type Hook = Arc<dyn for<'c, 't> Fn(&'c mut Change<'t>) -> BoxFuture<'c, Result<()>> + Send + Sync>;

/// An area's own use cases in place of plain SQL. Values are checked and the permission is there when they are called;
/// transaction and audit are the use case's own.
pub trait Writer: Send + Sync {
    /// Creates a record and gives its row number.
    fn create<'a>(&'a self, actor: &'a Actor, values: &'a Record) -> BoxFuture<'a, Result<i64>>;

    /// Changes the values given and nothing else; `version` is the one the person saw.
    fn update<'a>(
        &'a self,
        actor: &'a Actor,
        id: i64,
        version: Option<i64>,
        values: &'a Record,
    ) -> BoxFuture<'a, Result<()>>;

    /// Deletes a record.
    fn delete<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>>;

    /// Takes a deletion back.
    fn restore<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>>;
}
