//! Conditions as SQL.

use super::{
    filter::{Cond, Operand},
    sql::{Sql, containing, literal},
};
use crate::{declare::Resource, engine::search_index};

/// One condition; with `guard` SQLite does not use an index for it.
pub(super) fn condition(sql: &mut Sql, r: &Resource, cond: &Cond, guard: bool) {
    let table = r.table.as_str();
    let plus = if guard && sql.is_sqlite() { "+" } else { "" };
    match cond {
        Cond::Compare { column, op, value } => {
            sql.push(plus).column(table, column).push(" ").push(op).push(" ");
            operand(sql, value);
        }
        Cond::Unlike { column, value } => {
            sql.push("(").column(table, column).push(" <> ");
            operand(sql, value);
            sql.push(" OR ").column(table, column).push(" IS NULL)");
        }
        Cond::Any { column, values } => {
            sql.push(plus).column(table, column).push(" IN (");
            for (at, value) in values.iter().enumerate() {
                sql.push(if at > 0 { ", " } else { "" });
                operand(sql, value);
            }
            sql.push(")");
        }
        Cond::Within { column, texts, absent } => {
            sql.push(if *absent { "(" } else { "" }).push(if *absent { "NOT (" } else { "(" });
            for (at, text) in texts.iter().enumerate() {
                sql.push(if at > 0 { " OR " } else { "" });
                like(sql, table, column, text);
            }
            sql.push(")");
            if *absent {
                sql.push(" OR ").column(table, column).push(" IS NULL)");
            }
        }
        Cond::Empty { column, text, filled } => {
            sql.push(if *filled { "NOT (" } else { "(" }).column(table, column).push(" IS NULL");
            if *text {
                sql.push(" OR ").column(table, column).push(" IN ('', '[]')");
            }
            sql.push(")");
        }
        Cond::Pairs { many, ids, absent } => {
            sql.column(table, r.key).push(if *absent { " NOT IN (" } else { " IN (" });
            sql.push("SELECT ").name(many.here).push(" FROM ").name(many.table);
            if let Some(ids) = ids {
                sql.push(" WHERE ").name(many.there).push(" IN (").bind_all(ids.iter().copied()).push(")");
            }
            sql.push(")");
        }
        Cond::Search { columns, texts } => search(sql, table, columns, texts),
        Cond::Indexed { table: index, query, columns } => indexed(sql, r, index, query, columns),
        Cond::Ids(ids) => {
            sql.column(table, r.key).push(" IN (SELECT value FROM json_each(").bind(ids.as_str()).push("))");
        }
        // Almost all records live: an index on it is of use for the deleted ones only.
        Cond::Deleted(false) => {
            sql.push(if sql.is_sqlite() { "+" } else { "" }).column(table, "deleted_at").push(" IS NULL");
        }
        Cond::Deleted(true) => {
            sql.push(plus).column(table, "deleted_at").push(" >= 0");
        }
    }
}

/// Asking SQLite's index about one row costs as much as reading a hundred: whether the words stand in the row at all is
/// asked before, and of Chinese words that is all there is to ask.
fn indexed(sql: &mut Sql, r: &Resource, index: &str, query: &str, columns: &[String]) {
    let words = if sql.is_sqlite() { search_index::plain_words(query) } else { Vec::new() };
    if words.is_empty() {
        return search_index::matches(sql, r, index, query);
    }
    if search_index::is_plain(query) {
        sql.push("(");
        search(sql, &r.table, columns, &words);
        sql.push(")");
        return;
    }
    sql.push("CASE WHEN ");
    search(sql, &r.table, columns, &words);
    sql.push(" THEN ");
    search_index::matches(sql, r, index, query);
    sql.push(" ELSE FALSE END");
}

fn search(sql: &mut Sql, table: &str, columns: &[String], texts: &[String]) {
    for (at, text) in texts.iter().enumerate() {
        sql.push(if at > 0 { " AND (" } else { "(" });
        for (at, column) in columns.iter().enumerate() {
            sql.push(if at > 0 { " OR " } else { "" });
            like(sql, table, column, text);
        }
        sql.push(")");
    }
}

fn like(sql: &mut Sql, table: &str, column: &str, text: &str) {
    let word = if sql.is_sqlite() { " LIKE " } else { " ILIKE " };
    // Also of a column that is no text.
    sql.push("CAST(").column(table, column).push(" AS TEXT)").push(word).bind(containing(text)).push(" ESCAPE '\\'");
}

fn operand(sql: &mut Sql, value: &Operand) {
    match value {
        Operand::Text(text) => sql.bind(text.as_str()),
        Operand::Number(number) => sql.bind(*number),
        Operand::Word(word) => sql.push(&literal(word)),
        Operand::Key(key) => sql.push(&key.to_string()),
        Operand::Bool(value) => sql.push(if *value { "TRUE" } else { "FALSE" }),
    };
}
