//! Which field a column becomes: what its type says, and where that leaves a choice, its name.

use super::{OWN, TableColumn, TableShape};
use crate::generate::{ColumnKind, parse::reserved};

/// The longest text that is one line; a column may hold more.
const LINE: usize = 255;

/// A column as a field of the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnField {
    /// The column.
    pub column: String,
    /// Its type with what belongs to it: `string(40)`, `enum(open,closed)`, `integer#unsigned`.
    pub word: String,
    /// Whether something must be given.
    pub need: Need,
    /// What else is said, as `--fields` says it: `unique|max:100`, `options=a,b`.
    pub more: String,
}

/// Whether something must be given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It need not, and the column is null then.
    Nullable,
    /// It need not.
    #[default]
    Neither,
}

/// A column that becomes no field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub column: String,
    /// The database's word for its type.
    pub declared: String,
    /// Why.
    pub why: Why,
}

/// Why a column becomes no field by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It has a type that this program does not write.
    Type,
    /// A field cannot have its name.
    Name,
    /// By its name it holds a secret, which no page is to show.
    Secret,
}

impl Why {
    /// The key of its text, below `generate.left_out`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Name => "name",
            Self::Secret => "secret",
        }
    }
}

impl ColumnField {
    /// As `--fields` says it.
    pub fn text(&self) -> String {
        let need = match self.need {
            Need::Required => "required",
            Need::Nullable => "nullable",
            Need::Neither => "",
        };
        // Rules stand together, choices stand apart.
        let between = if self.more.starts_with("options") || self.more.starts_with("unsigned") { "#" } else { "|" };
        let rules = [need, self.more.as_str()].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>();
        let parts = [self.column.clone(), self.word.clone(), rules.join(between)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("#")
    }
}

impl TableShape {
    /// The fields that the table's columns become.
    pub fn fields(&self) -> Vec<ColumnField> {
        self.candidates().filter(|column| column.why_not().is_none()).filter_map(|column| self.field(column)).collect()
    }

    /// The columns that become none, though the engine does not keep them by itself.
    pub fn left_out(&self) -> Vec<LeftOut> {
        let left_out = |column: &TableColumn| {
            let why = column.why_not()?;
            Some(LeftOut { column: column.name.clone(), declared: column.declared.clone(), why })
        };
        self.candidates().filter_map(left_out).collect()
    }

    /// The field that `column` becomes when it is wanted; none: it cannot.
    pub fn field(&self, column: &TableColumn) -> Option<ColumnField> {
        let kind = column.kind().filter(|_| can_be_field(&column.name))?;
        let (word, mut more) = self.word(column, kind);
        let unique = self.is_unique(&column.name);
        if unique {
            more.push("unique".to_owned());
        }
        // Of two records without a text that is unique, one would be too many.
        let need = column.need(&word, !column.nullable && (unique || !column.has_default));
        Some(ColumnField { column: column.name.clone(), word, need, more: more.join("|") })
    }

    /// All columns but those that every resource keeps by itself.
    fn candidates(&self) -> impl Iterator<Item = &TableColumn> {
        let key = self.key().map(|key| key.name.clone());
        self.columns.iter().filter(move |column| !column.is_own() && Some(&column.name) != key.as_ref())
    }

    fn word(&self, column: &TableColumn, kind: ColumnKind) -> (String, Vec<String>) {
        let plain = |word: &str| (word.to_owned(), Vec::new());
        match kind {
            ColumnKind::Boolean => plain("boolean"),
            ColumnKind::Integer => number(column),
            ColumnKind::Text if !column.options.is_empty() && column.options.iter().all(|word| is_choice(word)) => {
                plain(&format!("enum({})", column.options.join(",")))
            }
            ColumnKind::Text => self.text(column),
        }
    }

    fn text(&self, column: &TableColumn) -> (String, Vec<String>) {
        let (base, arguments) = split(&column.declared);
        let longest: Option<usize> = arguments.and_then(|it| it.parse().ok());
        let looked_up = self.indexes.iter().any(|(columns, _)| columns.contains(&column.name));
        let is_line = !matches!(base, "text" | "mediumtext" | "longtext" | "clob");
        let word = match (text_by_name(&column.name), longest) {
            (Some(word), _) => word,
            (None, Some(longest)) if longest <= LINE => {
                let word = if matches!(base, "char" | "character" | "bpchar" | "nchar") { "char" } else { "string" };
                return (format!("{word}({longest})"), Vec::new());
            }
            (None, Some(_)) => "text",
            // What is looked up is one line.
            (None, None) if is_line || looked_up || is_line_by_name(&column.name) => "string",
            (None, None) => "text",
        };
        let bounded = longest.filter(|_| matches!(word, "text" | "email" | "url" | "phone"));
        (word.to_owned(), bounded.map(|longest| format!("max:{longest}")).into_iter().collect())
    }
}

impl TableColumn {
    /// The kind of its type; none: a type that this program does not write.
    pub fn kind(&self) -> Option<ColumnKind> {
        let (base, arguments) = split(&self.declared);
        if is_whole(&self.declared) {
            return Some(ColumnKind::Integer);
        }
        match (base, arguments) {
            ("boolean" | "bool", _) | ("tinyint", Some("1")) => Some(ColumnKind::Boolean),
            ("text" | "mediumtext" | "longtext" | "clob" | "nvarchar" | "nchar", _) => Some(ColumnKind::Text),
            ("varchar" | "character varying" | "char" | "character" | "bpchar", _) => Some(ColumnKind::Text),
            _ => None,
        }
    }

    /// Whether a field of the type `word` has to have a value: an emptied number or day is stored as null, which the
    /// column refuses. An empty text is a text, and a box that is not ticked says no.
    pub fn must_be_given(&self, word: &str) -> bool {
        const HAVE_EMPTY: [&str; 18] = [
            "string",
            "char",
            "varchar",
            "text",
            "mediumtext",
            "longtext",
            "textarea",
            "rich_text",
            "email",
            "phone",
            "url",
            "colour",
            "image",
            "file",
            "binary",
            "multi_select",
            "boolean",
            "",
        ];
        let base = word.split(['(', '#']).next().unwrap_or(word).trim();
        !self.nullable && !HAVE_EMPTY.contains(&base)
    }

    /// What is said of a field of the type `word` over this column, when it is wanted that something is given, or not.
    pub fn need(&self, word: &str, wanted: bool) -> Need {
        match (wanted, self.nullable) {
            // Nobody need tick a box.
            (_, nullable) if word == "boolean" => {
                if nullable {
                    Need::Nullable
                } else {
                    Need::Neither
                }
            }
            (true, _) => Need::Required,
            (false, true) => Need::Nullable,
            (false, false) if self.must_be_given(word) => Need::Required,
            (false, false) => Need::Neither,
        }
    }

    fn why_not(&self) -> Option<Why> {
        if self.kind().is_none() {
            return Some(Why::Type);
        }
        if !can_be_field(&self.name) {
            return Some(Why::Name);
        }
        is_secret(&self.name).then_some(Why::Secret)
    }
}

/// Whether a column declared so holds whole numbers, and no truth.
pub(super) fn is_whole(declared: &str) -> bool {
    const WHOLE: [&str; 9] = ["integer", "int", "bigint", "int8", "int4", "int2", "mediumint", "smallint", "tinyint"];
    let (base, arguments) = split(declared);
    WHOLE.contains(&base) && (base, arguments) != ("tinyint", Some("1"))
}

/// `varchar(100)` as `varchar` and `100`; without the `unsigned` of some databases.
fn split(declared: &str) -> (&str, Option<&str>) {
    let declared = declared.trim().trim_end_matches(" unsigned");
    match declared.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        Some((base, arguments)) => (base.trim(), Some(arguments.trim())),
        None => (declared.trim(), None),
    }
}

fn number(column: &TableColumn) -> (String, Vec<String>) {
    let name = column.name.as_str();
    let is = |word: &str| name == word || name.ends_with(&format!("_{word}"));
    let (word, rule) = match split(&column.declared).0 {
        _ if column.leads_to.is_some() => ("integer", None),
        "int2" | "smallint" => ("smallint", None),
        "tinyint" => ("tinyint", None),
        "mediumint" => ("mediumint", None),
        // In 32 bits there is no moment in milliseconds, and what is larger the database refuses.
        "int4" => ("integer", Some("between:-2147483648,2147483647".to_owned())),
        _ if name.ends_with("_at") => ("datetime", None),
        _ if ["price", "amount", "total"].into_iter().any(is) => ("money", None),
        _ => ("integer", None),
    };
    let unsigned = if column.declared.contains("unsigned") { "#unsigned" } else { "" };
    (format!("{word}{unsigned}"), rule.into_iter().collect())
}

/// The type that a name tells.
fn text_by_name(name: &str) -> Option<&'static str> {
    let last = name.rsplit('_').next().unwrap_or(name);
    match last {
        "email" => Some("email"),
        "phone" | "mobile" => Some("phone"),
        "url" | "website" | "homepage" => Some("url"),
        "logo" | "image" | "photo" | "picture" | "cover" | "avatar" => Some("image"),
        "password" => Some("password"),
        _ => None,
    }
}

/// Names of what is written on one line.
fn is_line_by_name(name: &str) -> bool {
    const LINES: [&str; 32] = [
        "name", "title", "nickname", "label", "slug", "key", "code", "sku", "no", "number", "kind", "type", "status",
        "state", "mode", "role", "locale", "theme", "group", "tag", "scene", "city", "province", "country", "address",
        "login", "author", "appid", "openid", "unionid", "contact", "shortcut",
    ];
    LINES.contains(&name.rsplit('_').next().unwrap_or(name))
}

/// A word that `enum(…)` takes as it is.
fn is_choice(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn can_be_field(name: &str) -> bool {
    let own = name == "id" || OWN.contains(&name) || reserved::is_rust(name) || reserved::database_of(name).is_some();
    !own && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A password is written and never shown; of the others nothing is known but that they are nobody's business.
fn is_secret(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name);
    let has = |word: &str| name.split('_').any(|part| part == word);
    matches!(last, "token" | "hash" | "hashed")
        || has("secret")
        || (last == "key" && (has("aes") || has("api") || has("private")))
}
