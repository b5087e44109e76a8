//! How a text is taken apart to be found: as the search indexes of the declared lists expect it (their crate and this one
//! do not know each other; a test holds the two together).

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, Value};

use crate::{Result, db};

/// The longest word kept, in characters: the rest of a longer one is not searched.
const LONGEST: usize = 40;
/// The most words of one record.
const MOST: usize = 5_000;
/// Rows written by one statement.
const AT_ONCE: usize = 100;

/// A stretch of text without spaces and signs.
enum Run {
    /// Letters and digits, in small letters.
    Letters(String),
    /// Chinese, Japanese, Korean.
    Characters(Vec<char>),
}

/// The words under which `text` is found: runs of letters and digits, found by their beginnings; of Chinese, Japanese and
/// Korean every two neighbours, and the last character of a run alone.
pub(crate) fn tokens(text: &str) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for run in runs(text) {
        match run {
            Run::Letters(letters) => {
                tokens.insert(letters.chars().take(LONGEST).collect());
            }
            Run::Characters(characters) => {
                tokens.extend(characters.windows(2).map(|pair| pair.iter().collect::<String>()));
                tokens.extend(characters.last().map(char::to_string));
            }
        }
        if tokens.len() >= MOST {
            break;
        }
    }
    tokens
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Option<Run>> = Vec::new();
    for character in text.chars() {
        if !character.is_alphanumeric() {
            runs.push(None);
        } else if is_cjk(character) {
            match runs.last_mut() {
                Some(Some(Run::Characters(run))) => run.push(character),
                _ => runs.push(Some(Run::Characters(vec![character]))),
            }
        } else {
            match runs.last_mut() {
                Some(Some(Run::Letters(run))) => run.extend(character.to_lowercase()),
                _ => runs.push(Some(Run::Letters(character.to_lowercase().collect()))),
            }
        }
    }
    runs.into_iter().flatten().collect()
}

fn is_cjk(character: char) -> bool {
    matches!(u32::from(character), 0x2E80..=0x30FF | 0x3130..=0x318F | 0x31A0..=0x31FF | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

/// Writes the words of rows of `table` (its row number and text) into `{table}_search`, in place of those before.
pub(crate) async fn store<C: ConnectionTrait>(on: &C, table: &str, rows: &[(i64, String)]) -> Result<()> {
    let sqlite = on.get_database_backend() == DbBackend::Sqlite;
    for part in rows.chunks(AT_ONCE) {
        let mut values: Vec<Value> = Vec::with_capacity(part.len() * 2);
        let mut places = Vec::with_capacity(part.len());
        for (at, (id, text)) in part.iter().enumerate() {
            let (a, b) = (at * 2 + 1, at * 2 + 2);
            let tokens = tokens(text).into_iter();
            // Words are letters and digits only, so the quotes hold.
            let words: Vec<_> =
                if sqlite { tokens.collect() } else { tokens.map(|word| format!("'{word}'")).collect() };
            values.extend([(*id).into(), words.join(" ").into()]);
            places.push(if sqlite { format!("(${a}, ${b})") } else { format!("(${a}, CAST(${b} AS tsvector))") });
        }
        let places = places.join(", ");
        let sql = if sqlite {
            format!("INSERT OR REPLACE INTO {table}_search (rowid, words) VALUES {places}")
        } else {
            format!(
                "INSERT INTO {table}_search (id, words) VALUES {places} \
                 ON CONFLICT (id) DO UPDATE SET words = excluded.words"
            )
        };
        db::execute(on, &sql, values).await?;
    }
    Ok(())
}

/// The condition that a row of `table` is found by all words of `query`, with its values behind those there are; none
/// when the query has no word.
pub(crate) fn condition(sqlite: bool, table: &str, query: &str, values: &mut Vec<Value>) -> Option<String> {
    values.push(asked(sqlite, query, None)?.into());
    Some(within(sqlite, table, values.len(), ""))
}

/// The same of the `limit` rows with the highest numbers that have the whole word `own` too: of so many rows at most the
/// table itself is read.
pub(crate) fn newest(
    sqlite: bool,
    table: &str,
    (query, own): (&str, &str),
    limit: usize,
    values: &mut Vec<Value>,
) -> Option<String> {
    values.push(asked(sqlite, query, Some(own))?.into());
    let id = if sqlite { "rowid" } else { "id" };
    Some(within(sqlite, table, values.len(), &format!(" ORDER BY {id} DESC LIMIT {limit}")))
}

/// The condition on the search index, whose question is the value `place`.
fn within(sqlite: bool, table: &str, place: usize, end: &str) -> String {
    match sqlite {
        true => format!("id IN (SELECT rowid FROM {table}_search WHERE {table}_search MATCH ${place}{end})"),
        false => format!("id IN (SELECT id FROM {table}_search WHERE words @@ CAST(${place} AS tsquery){end})"),
    }
}

/// A question to a search index: all words of `query`, and the whole word `own`; none when the query has no word.
fn asked(sqlite: bool, query: &str, own: Option<&str>) -> Option<String> {
    let mut words: BTreeSet<(String, bool)> = BTreeSet::new();
    for run in runs(query) {
        match run {
            Run::Letters(letters) => {
                words.insert((letters.chars().take(LONGEST).collect(), true));
            }
            Run::Characters(characters) if characters.len() == 1 => {
                words.insert((characters[0].to_string(), true));
            }
            Run::Characters(characters) => {
                words.extend(characters.windows(2).map(|pair| (pair.iter().collect(), false)));
            }
        }
    }
    if words.is_empty() {
        return None;
    }
    let words = words.into_iter().take(16).chain(own.map(|own| (own.to_owned(), false)));
    if sqlite {
        let asked: Vec<_> =
            words.map(|(word, begins)| format!("\"{word}\"{}", if begins { "*" } else { "" })).collect();
        return Some(asked.join(" AND "));
    }
    let asked: Vec<_> = words.map(|(word, begins)| format!("'{word}'{}", if begins { ":*" } else { "" })).collect();
    Some(asked.join(" & "))
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
    fn a_query_cannot_leave_its_quotes_and_signs_alone_ask_for_nothing() {
        let mut values = Vec::new();
        assert!(condition(true, "followers", "!? \" *", &mut values).is_none() && values.is_empty());
        condition(true, "followers", r#"a" OR "b*"#, &mut values);
        assert_eq!(values, [Value::from(r#""a"* AND "b"* AND "or"*"#)]);
        newest(false, "followers", ("绿", "acct1"), 9, &mut Vec::new()).unwrap();
        condition(false, "followers", "a'|b 绿茶杯", &mut values);
        assert_eq!(values[1], Value::from("'a':* & 'b':* & '绿茶' & '茶杯'"));
    }
}
