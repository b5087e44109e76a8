//! The request that makes a resource of a table as it is.

use heck::ToUpperCamelCase;

use super::{ColumnField, TableShape};
use crate::generate::{Fault, Part, Request};

/// The request that makes a resource of `table` with the fields that its columns tell.
///
/// # Errors
/// [`Fault`] `table_without_key` when its key is not one column of whole numbers: no address could name a record.
pub fn request_for(table: &TableShape) -> Result<Request, Fault> {
    request_with(table, &table.fields())
}

/// The request that makes a resource of `table` with these fields.
///
/// # Errors
/// As [`request_for`].
pub fn request_with(table: &TableShape, fields: &[ColumnField]) -> Result<Request, Fault> {
    let name = table.name.as_str();
    let key = table.key().ok_or_else(|| {
        Fault::new("table_without_key", vec![("table", name.to_owned())]).at("--from-table", name, 0..name.len())
    })?;
    let soft = table.column("deleted_at").is_some_and(|column| column.is_own() && column.nullable);
    let texts: Vec<String> = fields.iter().map(ColumnField::text).collect();
    Ok(Request {
        name: name.to_upper_camel_case(),
        fields: joined(&texts, "; "),
        pk: (key.name != "id").then(|| key.name.clone()),
        indexes: joined(&indexes(table, fields), ","),
        foreign_keys: joined(&foreign_keys(table, fields), ","),
        soft_deletes: soft.then(|| "yes".to_owned()),
        from_table: Some(name.to_owned()),
        parts: Part::CRUD.to_vec(),
        ..Request::default()
    })
}

fn joined(parts: &[String], between: &str) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(between))
}

/// The indexes over fields, besides those that a rule or a foreign key tells already.
fn indexes(table: &TableShape, fields: &[ColumnField]) -> Vec<String> {
    let is_field = |column: &String| fields.iter().any(|field| &field.column == column);
    let is_told = |columns: &[String], unique: bool| match columns {
        [column] => unique || table.column(column).is_some_and(|it| it.leads_to.is_some()),
        _ => false,
    };
    let wanted =
        table.indexes.iter().filter(|(columns, unique)| columns.iter().all(is_field) && !is_told(columns, *unique));
    wanted.map(|(columns, unique)| format!("{}{}", columns.join("|"), if *unique { "#unique" } else { "" })).collect()
}

fn foreign_keys(table: &TableShape, fields: &[ColumnField]) -> Vec<String> {
    let text = |field: &ColumnField| {
        let (other, to, on_delete) = table.column(&field.column)?.leads_to.as_ref()?;
        // What refuses is what is meant when nothing is said.
        let action =
            if matches!(on_delete.as_str(), "cascade" | "set null") { format!("#{on_delete}") } else { String::new() };
        Some(format!("{}#{to}#{other}{action}", field.column))
    };
    fields.iter().filter_map(text).collect()
}
