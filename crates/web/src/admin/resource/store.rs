//! The shop's database, audit log and password hashing as the resources use them.

use futures_util::future::BoxFuture;
use puzi_resource::{Actor, AuditEntry, Error, Result, Store, Transaction, Upload};
use puzi_shop::{
    audit::{self, ActorKind},
    db::Db,
    staff::Staff,
    uploads,
};
use puzi_wechat::Secret;
use sea_orm::{DatabaseConnection, DatabaseTransaction};

/// The shop's database for declared resources.
#[derive(Debug, Clone)]
pub struct ResourceStore {
    db: Db,
    staff: Staff,
}

impl ResourceStore {
    /// Over `db`; `staff` hashes passwords.
    pub fn new(db: Db, staff: Staff) -> Self {
        Self { db, staff }
    }
}

struct Writing(puzi_shop::db::WriteTx);

impl Transaction for Writing {
    fn on(&self) -> &DatabaseTransaction {
        &self.0
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move { self.0.commit().await.map_err(from_shop) })
    }
}

impl Store for ResourceStore {
    fn reader(&self) -> &DatabaseConnection {
        self.db.read()
    }

    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>>> {
        Box::pin(async {
            Ok(Box::new(Writing(self.db.begin_write().await.map_err(from_shop)?)) as Box<dyn Transaction>)
        })
    }

    fn audit<'a>(&'a self, tx: &'a DatabaseTransaction, entry: AuditEntry<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut row = audit::Entry::new(&actor(entry.actor), entry.action, entry.subject, entry.id);
            row.account = entry.partition;
            row.before = entry.before;
            row.after = entry.after;
            audit::record(tx, &row).await.map_err(from_shop)
        })
    }

    fn hash_password(&self, password: String) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move { self.staff.hash_password(Secret::new(password)).await.map_err(from_shop) })
    }

    fn uploads<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Upload>>> {
        Box::pin(async move {
            let found = uploads::find_all(&self.db, keys).await.map_err(from_shop)?;
            let known = |upload: uploads::Upload| Upload {
                key: upload.key,
                is_picture: upload.is_picture,
                media_type: upload.media_type,
                bytes: upload.bytes,
            };
            Ok(found.into_iter().map(known).collect())
        })
    }

    fn attach_uploads<'a>(&'a self, tx: &'a DatabaseTransaction, keys: &'a [&'a str]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { uploads::attach(tx, keys).await.map_err(from_shop) })
    }
}

/// All accounts, for [`puzi_resource::Resource::partitions`].
pub(crate) fn every_account(store: &dyn Store) -> BoxFuture<'_, Result<Vec<i64>>> {
    Box::pin(async move {
        let names = puzi_shop::accounts::listed::names_of(store.reader()).await.map_err(from_shop)?;
        Ok(names.into_iter().map(|(id, _)| id).collect())
    })
}

/// Who asks, as the audit log and the shop's use cases know them.
pub(crate) fn actor(by: &Actor) -> audit::Actor {
    let kind = ActorKind::from_word(by.kind).unwrap_or(ActorKind::System);
    audit::Actor { kind, id: by.id, name: by.name.clone(), address: by.address.clone() }
}

/// What a use case of the shop says, as a resource says it.
pub(crate) fn from_shop(error: puzi_shop::Error) -> Error {
    use puzi_shop::Error as Shop;
    match error {
        Shop::NotFound => Error::NotFound,
        Shop::Forbidden(permission) => Error::Forbidden(permission),
        Shop::Invalid(problems) => Error::Invalid(
            problems
                .into_iter()
                .map(|problem| puzi_resource::Problem {
                    field: problem.field,
                    key: problem.key.to_owned(),
                    args: problem.args,
                })
                .collect(),
        ),
        // The engine compares versions itself; this is somebody who came between.
        Shop::Stale => Error::Conflict(Box::default()),
        Shop::NotNow(problem) => Error::Refused(problem.key.to_owned(), problem.args),
        Shop::Database(error) => Error::Database(error),
        other => Error::Other(other.to_string()),
    }
}
