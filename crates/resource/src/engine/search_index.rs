//! The search index of a large table: `{table}_search`, kept by every change through the engine.
//!
//! A text is taken apart into words: runs of letters and digits, lower-cased, found by their beginnings; and for
//! Chinese, Japanese and Korean each two neighbouring characters, for nobody puts spaces there. The last character of a
//! run stands alone too, so that every single character is found as the beginning of something. On SQLite the index is
//! FTS5, without the texts themselves; on PostgreSQL a `tsvector` with a GIN index.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend};

use crate::{
    declare::{Error, Field, Record, Resource, Result},
    query::sql::{Sql, quoted},
};

/// The longest word kept, in characters: the rest of a longer one is not searched.
const LONGEST_WORD: usize = 40;

/// The most words of one record: a text beyond is found by its beginning.
const MOST_WORDS: usize = 5_000;

/// The most words of one query.
const MOST_ASKED: usize = 16;

/// The search table of `table`.
pub(crate) fn table(table: &str) -> String {
    format!("{table}_search")
}

/// The statements of a migration that make the search table of `table`. A table that has rows already is then indexed
/// by [`crate::Engine::rebuild_search`].
pub fn create_search(backend: DbBackend, of: &str) -> Vec<String> {
    let (index, of) = (quoted(&table(of)), quoted(of));
    if backend == DbBackend::Sqlite {
        // Neither texts nor positions are kept: a word occurs in a record or it does not.
        return vec![format!(
            "CREATE VIRTUAL TABLE {index} USING fts5(words, content='', contentless_delete=1, detail='none', prefix='1 2 3', \
             tokenize='unicode61 remove_diacritics 0')"
        )];
    }
    let gin = quoted(&format!("{}_words", index.trim_matches('"')));
    vec![
        format!(
            "CREATE TABLE {index} (id BIGINT PRIMARY KEY REFERENCES {of} ON DELETE CASCADE, words TSVECTOR NOT NULL)"
        ),
        // Without the pending list: a search would read it from end to end.
        format!("CREATE INDEX {gin} ON {index} USING GIN (words) WITH (fastupdate = off)"),
    ]
}

/// The statements that take the search table of `table` away.
pub fn drop_search(of: &str) -> Vec<String> {
    vec![format!("DROP TABLE {}", quoted(&table(of)))]
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word {
    text: String,
    /// Found by its beginning.
    prefix: bool,
}

/// What a query's text asks for: all of these.
pub(crate) fn words(query: &str) -> Vec<Word> {
    let mut words = BTreeSet::new();
    for run in runs(query) {
        match run {
            Run::Letters(text) => {
                words.insert(Word { text, prefix: true });
            }
            Run::Characters(characters) => match characters.as_slice() {
                [one] => {
                    words.insert(Word { text: one.to_string(), prefix: true });
                }
                several => {
                    words.extend(several.windows(2).map(|pair| Word { text: pair.iter().collect(), prefix: false }));
                }
            },
        }
    }
    words.into_iter().take(MOST_ASKED).collect()
}

/// The words under which a record is found.
fn tokens(text: &str) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for run in runs(text) {
        match run {
            Run::Letters(text) => {
                tokens.insert(text);
            }
            Run::Characters(characters) => {
                tokens.extend(characters.windows(2).map(|pair| pair.iter().collect::<String>()));
                tokens.extend(characters.last().map(char::to_string));
            }
        }
        if tokens.len() >= MOST_WORDS {
            break;
        }
    }
    tokens
}

enum Run {
    Letters(String),
    Characters(Vec<char>),
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for character in text.chars() {
        if !character.is_alphanumeric() {
            runs.push(None);
        } else if is_cjk(character) {
            match runs.last_mut() {
                Some(Some(Run::Characters(run))) => run.push(character),
                _ => runs.push(Some(Run::Characters(vec![character]))),
            }
        } else {
            let lower = character.to_lowercase();
            match runs.last_mut() {
                Some(Some(Run::Letters(run))) => run.extend(lower),
                _ => runs.push(Some(Run::Letters(lower.collect()))),
            }
        }
    }
    let short = |run| match run {
        Run::Letters(text) => Run::Letters(text.chars().take(LONGEST_WORD).collect()),
        characters @ Run::Characters(_) => characters,
    };
    runs.into_iter().flatten().map(short).collect()
}

fn is_cjk(character: char) -> bool {
    matches!(u32::from(character), 0x2E80..=0x30FF | 0x3130..=0x318F | 0x31A0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

/// A query in FTS5's language. Words are letters and digits only, so the quotes hold.
pub(crate) fn fts_query(query: &str) -> String {
    let words = words(query);
    let quoted = words.iter().map(|word| format!("\"{}\"{}", word.text, if word.prefix { "*" } else { "" }));
    quoted.collect::<Vec<_>>().join(" AND ")
}

fn ts_query(query: &str) -> String {
    let words = words(query);
    let quoted = words.iter().map(|word| format!("'{}'{}", word.text, if word.prefix { ":*" } else { "" }));
    quoted.collect::<Vec<_>>().join(" & ")
}

/// The condition that a record is found by `query`.
pub(crate) fn matches(sql: &mut Sql, r: &Resource, index: &str, query: &str) {
    if sql.is_sqlite() {
        sql.push("EXISTS (SELECT 1 FROM ")
            .name(index)
            .push(" WHERE ")
            .name(index)
            .push(" MATCH ")
            .bind(fts_query(query));
        sql.push(" AND ").name(index).push(".rowid = ").column(&r.table, r.key).push(")");
    } else {
        sql.push("EXISTS (SELECT 1 FROM ")
            .name(index)
            .push(" WHERE ")
            .column(index, "id")
            .push(" = ")
            .column(&r.table, r.key);
        sql.push(" AND ").column(index, "words").push(" @@ CAST(").bind(ts_query(query)).push(" AS tsquery))");
    }
}

/// Up to `most` row numbers that `query` finds in SQLite's index, as a JSON array, and how many they are.
pub(crate) async fn ids(on: &impl ConnectionTrait, index: &str, query: &str, most: u64) -> Result<(String, u64)> {
    let mut sql = Sql::new(on);
    sql.push("SELECT json_group_array(id), COUNT(*) FROM (SELECT rowid AS id FROM ").name(index).push(" WHERE ");
    sql.name(index).push(" MATCH ").bind(fts_query(query)).push(&format!(" LIMIT {most})"));
    let row = on.query_one_raw(sql.statement()).await?;
    let row = row.ok_or_else(|| Error::Other("a search gave no row".into()))?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index::<i64>(1)?.unsigned_abs()))
}

/// How many rows `query` finds in PostgreSQL's index, counted no further than `most`.
pub(crate) async fn count(on: &impl ConnectionTrait, index: &str, query: &str, most: u64) -> Result<u64> {
    let mut sql = Sql::new(on);
    sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ").name(index).push(" WHERE ").column(index, "words");
    sql.push(" @@ CAST(").bind(ts_query(query)).push(&format!(" AS tsquery) LIMIT {most}) AS counted"));
    let row = on.query_one_raw(sql.statement()).await?;
    let row = row.ok_or_else(|| Error::Other("a search gave no row".into()))?;
    Ok(row.try_get_by_index::<i64>(0)?.unsigned_abs())
}

/// The words of a query that stand in a text as they are. `LIKE` knows the cases of ASCII letters and of no others.
pub(crate) fn plain_words(query: &str) -> Vec<String> {
    let is_plain = |word: &Word| word.text.chars().all(|character| character.is_ascii() || is_cjk(character));
    words(query).into_iter().filter(is_plain).map(|word| word.text).collect()
}

/// Whether a record is found by `query` just when its [`plain_words`] stand in it: of other words than Chinese,
/// Japanese and Korean ones, only the beginning is found.
pub(crate) fn is_plain(query: &str) -> bool {
    words(query).iter().all(|word| word.text.chars().all(is_cjk))
}

/// The same, gathered first: for the few newest of all that are found.
pub(crate) fn chooses(sql: &mut Sql, r: &Resource, index: &str, query: &str) {
    if !sql.is_sqlite() {
        return matches(sql, r, index, query);
    }
    sql.column(&r.table, r.key).push(" IN (SELECT rowid FROM ").name(index).push(" WHERE ").name(index).push(" MATCH ");
    sql.bind(fts_query(query)).push(" ORDER BY rowid DESC LIMIT 1000)");
}

/// Records whose words are written in one statement.
const AT_ONCE: usize = 100;

/// The same on PostgreSQL, asked of one row after the other: the operator's function, which no index answers.
pub(crate) fn walks(sql: &mut Sql, r: &Resource, index: &str, query: &str) {
    sql.push("EXISTS (SELECT 1 FROM ")
        .name(index)
        .push(" WHERE ")
        .column(index, "id")
        .push(" = ")
        .column(&r.table, r.key);
    sql.push(" AND ts_match_vq(").column(index, "words").push(", CAST(").bind(ts_query(query)).push(" AS tsquery)))");
}

/// Writes the words of records.
pub(crate) async fn store(on: &impl ConnectionTrait, r: &Resource, records: &[Record]) -> Result<()> {
    let index = table(&r.table);
    for chunk in records.chunks(AT_ONCE) {
        let mut sql = Sql::new(on);
        let sqlite = sql.is_sqlite();
        sql.push(if sqlite { "INSERT OR REPLACE INTO " } else { "INSERT INTO " }).name(&index);
        sql.push(if sqlite { " (rowid, words) VALUES " } else { " (id, words) VALUES " });
        for (at, record) in chunk.iter().enumerate() {
            let tokens = tokens(&text(r, record));
            sql.push(if at > 0 { ", (" } else { "(" }).bind(record.id).push(", ");
            if sqlite {
                sql.bind(tokens.into_iter().collect::<Vec<_>>().join(" ")).push(")");
            } else {
                let words = tokens.iter().map(|token| format!("'{token}'")).collect::<Vec<_>>().join(" ");
                sql.push("CAST(").bind(words).push(" AS tsvector))");
            }
        }
        sql.push(if sqlite { "" } else { " ON CONFLICT (id) DO UPDATE SET words = excluded.words" });
        on.execute_raw(sql.statement()).await?;
    }
    Ok(())
}

/// Forgets the words of a record.
pub(crate) async fn remove(on: &impl ConnectionTrait, r: &Resource, id: i64) -> Result<()> {
    let mut sql = Sql::new(on);
    let key = if sql.is_sqlite() { "rowid" } else { "id" };
    sql.push("DELETE FROM ").name(&table(&r.table)).push(" WHERE ").push(key).push(" = ").bind(id);
    on.execute_raw(sql.statement()).await?;
    Ok(())
}

/// The fields whose texts are searched.
pub(crate) fn searched(r: &Resource) -> Vec<&Field> {
    r.fields.iter().filter(|field| field.searchable && field.has_column() && !field.secret).collect()
}

fn text(r: &Resource, record: &Record) -> String {
    let mut text = String::new();
    for field in searched(r) {
        match record.get(field.name) {
            serde_json::Value::String(value) => text.push_str(value),
            serde_json::Value::Null => {}
            value => text.push_str(&value.to_string()),
        }
        // Words of two fields do not run together.
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_cut_in_pairs_and_words_are_lower_case() {
        let tokens: Vec<String> = tokens("绿茶杯 Keemun-50g, İ").into_iter().collect();
        assert_eq!(tokens, ["50g", "i\u{307}", "keemun", "杯", "绿茶", "茶杯"].map(str::to_owned));
    }

    #[test]
    fn a_query_asks_for_all_its_words_and_cannot_leave_its_quotes() {
        assert_eq!(fts_query("绿茶 Kee"), r#""kee"* AND "绿茶""#);
        assert_eq!(ts_query("茶 KEE"), "'kee':* & '茶':*");
        assert_eq!(fts_query(r#"a" OR "b*"#), r#""a"* AND "b"* AND "or"*"#);
        assert_eq!(ts_query("a'|b\\"), "'a':* & 'b':*");
        assert!(words("!? \" *").is_empty());
    }
}
