//! What PostgreSQL tells of the tables of the current schema.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement};

use super::{TableColumn, TableShape, check};
use crate::Result;

/// The columns of ordinary tables. Types have the short names that everybody writes; `format_type` says "timestamp with
/// time zone". What the database computes by itself is nobody's to write.
const COLUMNS: &str = "SELECT c.relname::text, a.attname::text, \
      CASE WHEN t.typcategory = 'A' THEN format_type(t.typelem, NULL) || '[]' \
           WHEN t.typname = 'varchar' AND a.atttypmod > 4 THEN 'varchar(' || (a.atttypmod - 4) || ')' \
           WHEN t.typname = 'bpchar' THEN 'char(' || greatest(a.atttypmod - 4, 1) || ')' \
           WHEN t.typname = 'numeric' THEN format_type(t.oid, a.atttypmod) \
           ELSE t.typname::text END, \
      a.attnotnull, coalesce(a.attnum = ANY (p.indkey::int2[]), FALSE), a.atthasdef OR a.attidentity <> '' \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid \
    LEFT JOIN pg_index p ON p.indrelid = c.oid AND p.indisprimary \
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' \
    ORDER BY c.relname, a.attnum";

/// The columns of each whole index; those that it only carries along do not count.
const INDEXES: &str = "SELECT c.relname::text, i.indexrelid::int8, i.indisunique, a.attname::text \
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum \
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND NOT i.indisprimary AND i.indisvalid \
      AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts \
    ORDER BY c.relname, i.indexrelid, k.place";

/// Foreign keys of one column, and CHECKs that look at one column.
const CONSTRAINTS: &str = "SELECT c.relname::text, a.attname::text, pg_get_constraintdef(k.oid), f.relname::text, \
      b.attname::text, \
      CASE k.confdeltype WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' \
                         WHEN 'd' THEN 'set default' ELSE 'no action' END \
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] \
    LEFT JOIN pg_class f ON f.oid = k.confrelid AND f.relnamespace = c.relnamespace \
    LEFT JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = k.confkey[1] \
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND k.contype IN ('c', 'f') AND cardinality(k.conkey) = 1 \
    ORDER BY c.relname, k.conname";

/// All tables.
pub(super) async fn read(db: &DatabaseConnection) -> Result<Vec<TableShape>> {
    let mut tables: BTreeMap<String, TableShape> = BTreeMap::new();
    for row in rows(db, COLUMNS).await? {
        let name: String = row.try_get_by_index(0)?;
        let column = TableColumn {
            name: row.try_get_by_index(1)?,
            declared: row.try_get_by_index(2)?,
            nullable: !row.try_get_by_index::<bool>(3)?,
            key: row.try_get_by_index(4)?,
            has_default: row.try_get_by_index(5)?,
            ..TableColumn::default()
        };
        let table = tables.entry(name.clone()).or_insert_with(|| TableShape { name, ..TableShape::default() });
        table.columns.push(column);
    }
    let mut indexes: BTreeMap<(String, i64), (Vec<String>, bool)> = BTreeMap::new();
    for row in rows(db, INDEXES).await? {
        let unique = row.try_get_by_index(2)?;
        let key = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        indexes.entry(key).or_insert_with(|| (Vec::new(), unique)).0.push(row.try_get_by_index(3)?);
    }
    for ((table, _), index) in indexes {
        if let Some(table) = tables.get_mut(&table) {
            table.indexes.push(index);
        }
    }
    for row in rows(db, CONSTRAINTS).await? {
        let table = tables.get_mut(&row.try_get_by_index::<String>(0)?);
        let name: String = row.try_get_by_index(1)?;
        let Some(column) = table.and_then(|table| table.columns.iter_mut().find(|it| it.name == name)) else {
            continue;
        };
        match (row.try_get_by_index::<Option<String>>(3)?, row.try_get_by_index::<Option<String>>(4)?) {
            (Some(other), Some(to)) => drop(column.leads_to.get_or_insert((other, to, row.try_get_by_index(5)?))),
            _ => {
                let words = check::of_constraint(&row.try_get_by_index::<String>(2)?, &name);
                column.options = words.unwrap_or_else(|| std::mem::take(&mut column.options));
            }
        }
    }
    Ok(tables.into_values().collect())
}

async fn rows(db: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>> {
    Ok(db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?)
}
