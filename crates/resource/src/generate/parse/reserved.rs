//! Words that are no names.

/// Keywords of Rust, strict and reserved, with those of the editions 2018 and 2024 (The Rust Reference, Keywords).
const RUST: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The words of SQLite's list (SQLite Keywords, sqlite.org/lang_keywords.html) that SQLite 3.40 does not take for a
/// table or a column without quotes. The others of the list it takes.
const SQLITE: [&str; 61] = [
    "add",
    "all",
    "alter",
    "and",
    "as",
    "autoincrement",
    "between",
    "case",
    "cast",
    "check",
    "collate",
    "commit",
    "constraint",
    "create",
    "default",
    "deferrable",
    "delete",
    "distinct",
    "drop",
    "else",
    "escape",
    "except",
    "exists",
    "foreign",
    "from",
    "group",
    "having",
    "if",
    "in",
    "index",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "limit",
    "not",
    "nothing",
    "notnull",
    "null",
    "on",
    "or",
    "order",
    "primary",
    "raise",
    "references",
    "returning",
    "select",
    "set",
    "table",
    "then",
    "to",
    "transaction",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "when",
    "where",
];

/// The words that PostgreSQL reserves, also those that may name a function or a type (its documentation, Appendix C:
/// SQL Key Words; `pg_get_keywords()` of 15, with `system_user` of 16), and the columns that each of its tables has
/// already (its documentation, System Columns).
const POSTGRESQL: [&str; 107] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "tableoid",
    "xmin",
    "cmin",
    "xmax",
    "cmax",
    "ctid",
];

/// What such a word is often replaced by.
const INSTEAD: [(&str, &str); 21] = [
    ("abstract", "summary"),
    ("box", "carton"),
    ("check", "checked"),
    ("column", "column_name"),
    ("default", "is_default"),
    ("desc", "description"),
    ("end", "ends_at"),
    ("final", "is_final"),
    ("from", "sender"),
    ("group", "group_name"),
    ("index", "position"),
    ("limit", "most"),
    ("match", "game"),
    ("mod", "module"),
    ("order", "position"),
    ("ref", "reference"),
    ("table", "table_name"),
    ("to", "recipient"),
    ("type", "kind"),
    ("use", "usage"),
    ("user", "user_name"),
];

/// Whether Rust keeps the word for itself.
pub(in crate::generate) fn is_rust(word: &str) -> bool {
    RUST.contains(&word)
}

/// The database that keeps the word for itself.
pub(in crate::generate) fn database_of(word: &str) -> Option<&'static str> {
    match (SQLITE.contains(&word), POSTGRESQL.contains(&word)) {
        (false, false) => None,
        (true, true) => Some("SQL"),
        (true, false) => Some("SQLite"),
        (false, true) => Some("PostgreSQL"),
    }
}

/// Another name for a column that cannot have this one.
pub(super) fn instead(word: &str) -> Option<&'static str> {
    INSTEAD.iter().find(|(reserved, _)| *reserved == word).map(|(_, other)| *other)
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Database};

    use super::*;

    #[tokio::test]
    async fn sqlite_refuses_each_of_its_words() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        for word in SQLITE {
            let as_column = db.execute_unprepared(&format!("CREATE TABLE t_{word} (a INT, {word} TEXT)")).await;
            let as_table = db.execute_unprepared(&format!("CREATE TABLE {word} (a TEXT)")).await;
            let as_term = db.execute_unprepared(&format!("SELECT * FROM t_{word} WHERE {word} = 'a'")).await;
            assert!(as_column.is_err() || as_table.is_err() || as_term.is_err(), "{word}");
        }
        for word in ["key", "plan", "query", "row", "first", "action", "view"] {
            db.execute_unprepared(&format!("CREATE TABLE {word} ({word} TEXT)")).await.unwrap();
            assert_eq!(database_of(word), None);
        }
    }

    #[test]
    fn each_word_is_told_by_whose_it_is() {
        assert!(is_rust("gen") && is_rust("self") && !is_rust("title"));
        assert_eq!(
            (database_of("order"), database_of("index"), database_of("user")),
            (Some("SQL"), Some("SQLite"), Some("PostgreSQL"))
        );
        for (word, other) in INSTEAD {
            assert!(is_rust(word) || database_of(word).is_some(), "{word}");
            assert!(!is_rust(other) && database_of(other).is_none(), "{other}");
        }
    }
}
