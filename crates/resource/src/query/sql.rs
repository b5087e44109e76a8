//! SQL put together from declared names and bound values, for both databases.

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

/// A statement that grows. Names come from declarations only; whatever anybody entered is bound.
#[derive(Debug)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
    backend: DbBackend,
}

impl Sql {
    pub(crate) fn new(on: &impl ConnectionTrait) -> Self {
        Self { text: String::new(), values: Vec::new(), backend: on.get_database_backend() }
    }

    /// Another of the same database.
    #[cfg(test)]
    pub(crate) fn empty(&self) -> Self {
        Self { text: String::new(), values: Vec::new(), backend: self.backend }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.backend == DbBackend::Sqlite
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A declared name, quoted.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push_str(&quoted(name));
        self
    }

    /// A declared table's or alias's column.
    pub(crate) fn column(&mut self, table: &str, column: &str) -> &mut Self {
        self.name(table).push(".").name(column)
    }

    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// Values with commas between them.
    pub(crate) fn bind_all<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn statement(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }
}

/// An identifier in quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A word of a declaration as a literal: where the planner should know it, because its frequency decides the plan.
pub(crate) fn literal(word: &str) -> String {
    format!("'{}'", word.replace('\'', "''"))
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere: its wildcards stand for themselves.
pub(crate) fn containing(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_quotes_are_literal() {
        assert_eq!(containing(r"100%_\"), r"%100\%\_\\%");
        assert_eq!(quoted(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("it's"), "'it''s'");
    }
}
