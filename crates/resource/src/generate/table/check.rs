//! The words that a CHECK allows, where it is a plain list of them: `status IN ('open', 'closed')`, or what PostgreSQL
//! makes of it, `status = ANY (ARRAY['open'::text, 'closed'::text])`.

use std::{iter::Peekable, str::Chars};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A name, in quotes or not.
    Name(String),
    /// A word without quotes, in lower case: a name or a keyword.
    Word(String),
    Text(String),
    Cast,
    Sign(char),
}

/// The types that PostgreSQL names when it writes down a list of texts.
const TEXT_TYPES: [&str; 5] = ["text", "character", "varying", "varchar", "bpchar"];

/// The columns that the CHECKs of a `CREATE TABLE` tie to words, and the words.
pub(super) fn of_table(sql: &str) -> Vec<(String, Vec<String>)> {
    let tokens = tokens(sql);
    let is_check =
        |at: &usize| tokens[*at] == Token::Word("check".into()) && tokens.get(at + 1) == Some(&Token::Sign('('));
    (0..tokens.len()).filter(is_check).filter_map(|at| list(within(&tokens[at + 1..]))).collect()
}

/// The words that the constraint `sql` (`CHECK (…)`) allows in `column`.
pub(super) fn of_constraint(sql: &str, column: &str) -> Option<Vec<String>> {
    let tokens = tokens(sql);
    let (name, words) = list(within(tokens.get(1..)?))?;
    (name == column).then_some(words)
}

/// What stands in the parentheses that `tokens` begin with.
fn within(tokens: &[Token]) -> &[Token] {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &tokens[..at];
        }
    }
    tokens
}

/// The column and its words, when the expression says nothing else. Parentheses and brackets may be left out of account:
/// with one comparison and no other operator they change nothing.
fn list(expression: &[Token]) -> Option<(String, Vec<String>)> {
    let mut plain = Vec::new();
    let mut in_cast = false;
    for token in expression {
        in_cast = match token {
            Token::Cast => true,
            Token::Word(word) => in_cast && TEXT_TYPES.contains(&word.as_str()),
            _ => false,
        };
        if !in_cast && !matches!(token, Token::Sign('(' | ')' | '[' | ']')) {
            plain.push(token.clone());
        }
    }
    let word = |text: &str| Token::Word(text.to_owned());
    let (column, rest) = plain.split_first()?;
    let rest = [&[word("in")][..], &[Token::Sign('='), word("any"), word("array")], &[Token::Sign('=')]]
        .into_iter()
        .find_map(|start| rest.strip_prefix(start))?;
    let (Token::Name(column) | Token::Word(column)) = column else { return None };
    let mut words = Vec::new();
    for (at, token) in rest.iter().enumerate() {
        match (at % 2, token) {
            (0, Token::Text(text)) => words.push(text.clone()),
            (1, Token::Sign(',')) => {}
            _ => return None,
        }
    }
    (rest.len() % 2 == 1).then(|| (column.clone(), words))
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => tokens.push(Token::Text(quoted(&mut chars, '\''))),
            '"' | '`' => tokens.push(Token::Name(quoted(&mut chars, c))),
            '-' if chars.peek() == Some(&'-') => while chars.next().is_some_and(|c| c != '\n') {},
            '/' if chars.peek() == Some(&'*') => skip_comment(&mut chars),
            ':' if chars.peek() == Some(&':') => {
                chars.next();
                tokens.push(Token::Cast);
            }
            c if is_of_word(c) => {
                let mut word = c.to_lowercase().to_string();
                while let Some(c) = chars.next_if(|c| is_of_word(*c)) {
                    word.extend(c.to_lowercase());
                }
                tokens.push(Token::Word(word));
            }
            c if c.is_whitespace() => {}
            c => tokens.push(Token::Sign(c)),
        }
    }
    tokens
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// What stands up to the closing mark; twice the mark is one in it.
fn quoted(chars: &mut Peekable<Chars<'_>>, mark: char) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        if c == mark && chars.next_if_eq(&mark).is_none() {
            break;
        }
        text.push(c);
    }
    text
}

fn skip_comment(chars: &mut Peekable<Chars<'_>>) {
    chars.next();
    let mut star = false;
    for c in chars {
        if star && c == '/' {
            break;
        }
        star = c == '*';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(of: &[&str]) -> Vec<String> {
        of.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn sqlite_tells_the_list_as_it_was_written() {
        let sql = "CREATE TABLE \"t\" (-- CHECK (no IN ('x'))\n id integer, \"status\" text NOT NULL CHECK (\"status\" IN \
                   ('open', 'it''s')), /* CHECK (a IN ('b')) */ note text CHECK(note <> 'CHECK (c IN (''d''))'), \
                   kind text check (Kind in ('a')), n integer CHECK (n IN (1, 2)), CHECK ((mode IN ('x','y'))))";
        let expected = [("status", words(&["open", "it's"])), ("kind", words(&["a"])), ("mode", words(&["x", "y"]))];
        assert_eq!(of_table(sql), expected.map(|(column, words)| (column.to_owned(), words)));
    }

    #[test]
    fn postgresql_tells_what_it_made_of_it() {
        for (sql, expected) in [
            ("CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text])))", Some(&["active", "paused"][..])),
            (
                "CHECK (((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
                Some(&["a", "b"]),
            ),
            ("CHECK ((status = 'only'::text))", Some(&["only"])),
            ("CHECK ((status = 'a'::text) OR (status IS NULL))", None),
            ("CHECK ((length(status) > 3))", None),
            ("CHECK ((status <> 'a'::text))", None),
            ("CHECK ((NOT (status = ANY (ARRAY['a'::text]))))", None),
            ("CHECK ((other = 'a'::text))", None),
            ("CHECK", None),
        ] {
            assert_eq!(of_constraint(sql, "status"), expected.map(words), "{sql}");
        }
    }
}
