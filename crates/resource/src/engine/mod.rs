//! The engine: what is done with records, for every resource alike. Permission, scope, validation, hooks, audit and the
//! search index have their one place here; a page or an API only parses and renders.

mod act;
pub(crate) mod children;
mod options;
pub(crate) mod read;
mod remove;
mod resources;
pub(crate) mod row;
pub(crate) mod search_index;
mod views;
pub(crate) mod write;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use sea_orm::ConnectionTrait;

use crate::declare::{Actor, Error, Hook, Limit, Resource, Result, Store, Verb};

pub(crate) use self::resources::related;
pub(crate) use self::row::{bindable, plain};

/// How often a change is tried that waits for another one while that waits for it.
const TRIES: u32 = 3;
pub use self::{
    resources::Resources,
    search_index::{create_search, drop_search},
    views::SavedView,
};

/// Reads and changes records of all resources. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    store: Arc<dyn Store>,
    resources: Arc<Resources>,
    also: Vec<Hook>,
}

impl Engine {
    /// An engine over `store`.
    pub fn new(store: Arc<dyn Store>, resources: Arc<Resources>) -> Self {
        Self { store, resources, also: Vec::new() }
    }

    /// The same engine with one hook more, for one request: it runs after each record created or changed, in the
    /// transaction of the change.
    #[must_use]
    pub fn also(mut self, hook: Hook) -> Self {
        self.also.push(hook);
        self
    }

    /// All resources.
    pub fn resources(&self) -> &Arc<Resources> {
        &self.resources
    }

    /// The database.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Whether `verb` is offered for `r` at all, to anybody. A file's all-or-nothing needs one transaction, which an
    /// area's own use cases do not share: what they write is not imported.
    pub fn offers(r: &Resource, verb: Verb) -> bool {
        r.offers(verb) && !(verb == Verb::Import && r.writer.is_some())
    }

    /// Whether `by` may do `verb` with `r`: what decides about buttons. The functions of the engine ask for themselves.
    pub fn may(&self, r: &Resource, by: &Actor, verb: Verb) -> bool {
        permit(r, by, Asked::Verb(verb)).is_ok()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("resources", &self.resources).finish_non_exhaustive()
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'a> {
    Verb(Verb),
    Action(&'a str),
}

/// The one place where permissions of records are checked. What a resource does not offer is not found, whoever asks.
pub(crate) fn permit(r: &Resource, by: &Actor, asked: Asked<'_>) -> Result<()> {
    let permission = match asked {
        Asked::Verb(verb) if !Engine::offers(r, verb) => return Err(Error::NotFound),
        Asked::Verb(verb) => r.permission(verb),
        Asked::Action(name) => {
            let action = r.actions.iter().find(|action| action.name == name).ok_or(Error::NotFound)?;
            r.action_permission(action)
        }
    };
    if by.may(&permission) { Ok(()) } else { Err(Error::Forbidden(permission)) }
}

/// Who sees records, makes them or changes them sees what they are related to.
pub(crate) fn permit_any(r: &Resource, by: &Actor) -> Result<()> {
    let any = [Verb::View, Verb::Create, Verb::Edit].iter().any(|verb| permit(r, by, Asked::Verb(*verb)).is_ok());
    if any { Ok(()) } else { permit(r, by, Asked::Verb(Verb::View)) }
}

/// Adds the actor's scope to a `WHERE`: a stranger's row number finds nothing.
pub(crate) fn in_scope(sql: &mut crate::query::sql::Sql, r: &Resource, by: &Actor) {
    for (column, limit) in r.limits(by) {
        limited(sql, r, column, &limit);
    }
}

/// The same for the partitions alone: what a record outside of them is called is nobody's business either.
pub(crate) fn in_partitions(sql: &mut crate::query::sql::Sql, r: &Resource, by: &Actor) {
    if let (Some(column), Some(ids)) = (r.partition, &by.within) {
        limited(sql, r, column, &Limit::Any(ids.clone()));
    }
}

fn limited(sql: &mut crate::query::sql::Sql, r: &Resource, column: &str, limit: &Limit) {
    match limit {
        Limit::Any(ids) if ids.is_empty() => {
            sql.push(" AND 1 = 0");
        }
        Limit::Any(ids) => {
            sql.push(" AND ").column(&r.table, column).push(" IN (").bind_all(ids.iter().copied()).push(")");
        }
        Limit::Is(value) if value.is_null() => {
            sql.push(" AND ").column(&r.table, column).push(" IS NULL");
        }
        Limit::Is(value) => {
            sql.push(" AND ").column(&r.table, column).push(" = ").bind(row::plain(value));
        }
    }
}

/// Whether the database is SQLite.
pub(crate) fn is_sqlite(on: &impl ConnectionTrait) -> bool {
    on.get_database_backend() == sea_orm::DbBackend::Sqlite
}

/// Now, in Unix ms.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
