//! Tables that exist, as requests.

mod check;
mod command;
mod guess;
mod postgres;
mod request;
mod sqlite;
#[cfg(test)]
mod tests;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::{KnownColumn, KnownTable};
use crate::Result;

pub use self::{
    command::{command_line, command_words},
    guess::{ColumnField, LeftOut, Need, Why},
    request::{request_for, request_with},
};

/// Columns that every resource has, or may have, and that no form writes.
const OWN: [&str; 4] = ["version", "created_at", "updated_at", "deleted_at"];

/// A table as the database describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableShape {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<TableColumn>,
    /// Its indexes: columns, and whether they are unique. The primary key is not among them, nor is an index of a part
    /// of the rows or of an expression.
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
    /// The database fills it where nothing is given.
    pub has_default: bool,
    /// Table and column that it leads to, and what happens on delete (`cascade`, `set null`, …).
    pub leads_to: Option<(String, String, String)>,
    /// The words that a CHECK allows; empty when it allows any.
    pub options: Vec<String>,
}

/// The names of all tables but the database's and the migrations' own, sorted.
///
/// # Errors
/// When the database does not answer.
pub async fn tables(db: &DatabaseConnection) -> Result<Vec<String>> {
    Ok(describe_all(db).await?.into_iter().map(|table| table.name).collect())
}

/// The table called `name`, if there is one; those that [`tables`] leaves out are none.
///
/// # Errors
/// When the database does not answer.
pub async fn describe(db: &DatabaseConnection, name: &str) -> Result<Option<TableShape>> {
    Ok(describe_all(db).await?.into_iter().find(|table| table.name == name))
}

/// All that [`tables`] names, in a few queries however many there are.
///
/// # Errors
/// When the database does not answer.
pub async fn describe_all(db: &DatabaseConnection) -> Result<Vec<TableShape>> {
    let mut all = match db.get_database_backend() {
        DbBackend::Sqlite => sqlite::read(db).await?,
        _ => postgres::read(db).await?,
    };
    all.sort_by(|a, b| a.name.cmp(&b.name));
    for table in &mut all {
        table.indexes.sort();
        table.indexes.dedup();
    }
    let names: Vec<String> = all.iter().map(|table| table.name.clone()).collect();
    all.retain(|table| !is_own(&table.name, &names));
    Ok(all)
}

/// The name of the next migration of `table` on `today` (`m20261122_000011_posts`), as far as this database knows the
/// earlier ones.
///
/// # Errors
/// When the database does not answer.
pub async fn next_migration(db: &DatabaseConnection, table: &str, today: jiff::civil::Date) -> Result<String> {
    let sql = "SELECT max(version) FROM seaql_migrations";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let last: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    let number: u32 = last.and_then(|last| last.split('_').nth(1)?.parse().ok()).unwrap_or(0);
    Ok(format!("m{}_{:06}_{table}", today.strftime("%Y%m%d"), number + 1))
}

/// The migrations' table, and the search index of another one.
fn is_own(name: &str, all: &[String]) -> bool {
    let searched = name.strip_suffix("_search").is_some_and(|of| all.iter().any(|table| table == of));
    name == "seaql_migrations" || searched
}

impl TableShape {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The primary key, when it is one column of whole numbers.
    pub fn key(&self) -> Option<&TableColumn> {
        let mut keys = self.columns.iter().filter(|column| column.key);
        let key = keys.next().filter(|column| column.is_whole())?;
        keys.next().is_none().then_some(key)
    }

    /// Whether no two rows have the same value of `column`.
    pub fn is_unique(&self, column: &str) -> bool {
        let alone = |name: &str| self.columns.iter().all(|it| it.key == (it.name == name));
        alone(column) || self.indexes.iter().any(|(columns, unique)| *unique && columns.as_slice() == [column])
    }

    /// The table as far as others may relate to it. A column that has the name of one of every resource's own, and
    /// another type, is not told: nothing is to take it for that one.
    pub fn known(&self) -> KnownTable {
        let told = self.columns.iter().filter(|column| !column.is_foreign_own());
        let known =
            |column: &TableColumn| KnownColumn { name: column.name.clone(), unique: self.is_unique(&column.name) };
        KnownTable { name: self.name.clone(), columns: told.map(known).collect() }
    }
}

impl TableColumn {
    /// One of the columns that the engine keeps by itself.
    pub fn is_own(&self) -> bool {
        OWN.contains(&self.name.as_str()) && self.is_whole()
    }

    /// It has such a column's name, and cannot be kept as one.
    fn is_foreign_own(&self) -> bool {
        OWN.contains(&self.name.as_str()) && !self.is_whole()
    }

    fn is_whole(&self) -> bool {
        guess::is_whole(&self.declared)
    }
}
