//! What SQLite tells of its tables.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement};

use super::{TableColumn, TableShape, check};
use crate::Result;

/// Virtual tables, the tables that those keep (`shadow`) and views are none that a resource could have.
const COLUMNS: &str = "SELECT t.name, c.name, lower(c.type), c.\"notnull\", c.pk, c.dflt_value IS NOT NULL \
    FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
    WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid";

/// The columns of each index; null where an index is of an expression.
const INDEXES: &str = "SELECT t.name, i.name, i.\"unique\", x.name \
    FROM pragma_table_list t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) x \
    WHERE t.schema = 'main' AND t.type = 'table' AND i.origin <> 'pk' AND i.partial = 0 \
    ORDER BY t.name, i.name, x.seqno";

const FOREIGN_KEYS: &str = "SELECT t.name, f.id, f.\"from\", f.\"table\", f.\"to\", lower(f.on_delete) \
    FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) f \
    WHERE t.schema = 'main' AND t.type = 'table' ORDER BY t.name, f.id, f.seq";

const TEXTS: &str = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL";

/// All tables.
pub(super) async fn read(db: &DatabaseConnection) -> Result<Vec<TableShape>> {
    let mut tables: BTreeMap<String, TableShape> = BTreeMap::new();
    for row in rows(db, COLUMNS).await? {
        let name: String = row.try_get_by_index(0)?;
        let flag = |at: usize| row.try_get_by_index::<i64>(at).map(|flag| flag != 0);
        let key = flag(4)?;
        let column = TableColumn {
            name: row.try_get_by_index(1)?,
            declared: row.try_get_by_index(2)?,
            nullable: !flag(3)? && !key,
            key,
            has_default: flag(5)?,
            ..TableColumn::default()
        };
        let table = tables.entry(name.clone()).or_insert_with(|| TableShape { name, ..TableShape::default() });
        table.columns.push(column);
    }
    read_indexes(db, &mut tables).await?;
    read_foreign_keys(db, &mut tables).await?;
    for row in rows(db, TEXTS).await? {
        let Some(table) = tables.get_mut(&row.try_get_by_index::<String>(0)?) else { continue };
        for (column, words) in check::of_table(&row.try_get_by_index::<String>(1)?) {
            // SQLite's names know no case.
            if let Some(column) = table.columns.iter_mut().find(|it| it.name.eq_ignore_ascii_case(&column)) {
                column.options = words;
            }
        }
    }
    Ok(tables.into_values().collect())
}

/// An index; a column of it is none where it is of an expression.
#[derive(Default)]
struct Index {
    columns: Vec<Option<String>>,
    unique: bool,
}

async fn read_indexes(db: &DatabaseConnection, tables: &mut BTreeMap<String, TableShape>) -> Result<()> {
    let mut indexes: BTreeMap<(String, String), Index> = BTreeMap::new();
    for row in rows(db, INDEXES).await? {
        let index = indexes.entry((row.try_get_by_index(0)?, row.try_get_by_index(1)?)).or_default();
        index.unique = row.try_get_by_index::<i64>(2)? != 0;
        index.columns.push(row.try_get_by_index(3)?);
    }
    for ((table, _), index) in indexes {
        let columns: Option<Vec<String>> = index.columns.into_iter().collect();
        if let (Some(table), Some(columns)) = (tables.get_mut(&table), columns) {
            table.indexes.push((columns, index.unique));
        }
    }
    Ok(())
}

/// A column of a foreign key.
struct Reference {
    column: String,
    table: String,
    /// None: the primary key.
    to: Option<String>,
    on_delete: String,
}

async fn read_foreign_keys(db: &DatabaseConnection, tables: &mut BTreeMap<String, TableShape>) -> Result<()> {
    let mut keys: BTreeMap<(String, i64), Vec<Reference>> = BTreeMap::new();
    for row in rows(db, FOREIGN_KEYS).await? {
        let reference = Reference {
            column: row.try_get_by_index(2)?,
            table: row.try_get_by_index(3)?,
            to: row.try_get_by_index(4)?,
            on_delete: row.try_get_by_index(5)?,
        };
        keys.entry((row.try_get_by_index(0)?, row.try_get_by_index(1)?)).or_default().push(reference);
    }
    for ((table, _), columns) in keys {
        // A key of several columns is no relation that a field could have.
        let [it] = columns.as_slice() else { continue };
        let key = || tables.get(&it.table)?.columns.iter().find(|column| column.key).map(|column| column.name.clone());
        let Some(to) = it.to.clone().or_else(key) else { continue };
        let leads_to = (it.table.clone(), to, it.on_delete.clone());
        let columns = tables.get_mut(&table).map(|table| table.columns.iter_mut());
        if let Some(column) = columns.into_iter().flatten().find(|other| other.name.eq_ignore_ascii_case(&it.column)) {
            column.leads_to.get_or_insert(leads_to);
        }
    }
    Ok(())
}

async fn rows(db: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>> {
    Ok(db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?)
}
