//! The fields: `name#type#rules`, from the command line or from a file.

use heck::ToSnakeCase;

use super::{
    options::{self, Options},
    reserved,
    rules::Given,
    scan::{self, Entry},
    target::Target,
    text::Text,
    types,
};
use crate::{
    Rule,
    generate::{ColumnKind, Fault, FormKind, TypeWord, names::LONGEST},
    nearest::nearest,
    validate::NAMES,
};

/// Columns that every table has, or may have, and that no field is.
pub(super) const OWN: [&str; 5] = ["id", "version", "created_at", "updated_at", "deleted_at"];

/// A field as far as it was read.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub name: Text<'a>,
    /// The type's word, where it stands.
    pub kind: Text<'a>,
    pub word: &'static TypeWord,
    pub column: ColumnKind,
    pub form: FormKind,
    pub bounds: (Option<i64>, Option<i64>),
    /// The bounds were said, or are the type's own width: no rule goes beyond them.
    pub bounded: bool,
    pub options: Option<Options<'a>>,
    pub rules: Vec<Given<'a>>,
    pub nullable: Option<Text<'a>>,
    pub readonly: Option<Text<'a>>,
    pub labels: [Option<String>; 2],
    pub belongs_to: Option<String>,
}

/// The fields of `--fields`.
pub(super) fn read<'a>(text: &Text<'a>, target: &Target<'_>) -> Result<Vec<Draft<'a>>, Fault> {
    scan::read(text, scan::begins_field)?.into_iter().map(|entry| one(entry, target)).collect()
}

fn one<'a>(entry: Entry<'a>, target: &Target<'_>) -> Result<Draft<'a>, Fault> {
    let [name, kind, rest @ ..] = &entry.segments[..] else {
        // As Rails would write it.
        let meant = entry.whole.as_str().contains(':').then(|| entry.whole.as_str().replacen(':', "#", 1));
        let args = vec![("field", entry.whole.as_str().to_owned())];
        return Err(entry.whole.end().fault("type_missing", args).suggest(meant));
    };
    let mut draft = Draft::new(name, kind, target)?;
    for segment in rest {
        draft.add(segment)?;
    }
    Ok(draft)
}

impl<'a> Draft<'a> {
    /// A field of this name and type, such as `string(40)`.
    pub(super) fn new(name: &Text<'a>, kind: &Text<'a>, target: &Target<'_>) -> Result<Self, Fault> {
        check_name(name, target)?;
        if kind.is_empty() {
            return Err(kind.fault("type_missing", vec![("field", name.as_str().to_owned())]));
        }
        let typed = types::read(kind)?;
        Ok(Self {
            name: name.clone(),
            kind: typed.at,
            word: typed.word,
            column: typed.word.column,
            form: typed.form,
            bounds: typed.bounds,
            bounded: typed.bounded,
            options: typed.options,
            rules: vec![],
            nullable: None,
            readonly: None,
            labels: [None, None],
            belongs_to: None,
        })
    }

    /// Adds what stands behind a `#`: choices, or rules.
    pub(super) fn add(&mut self, segment: &Text<'a>) -> Result<(), Fault> {
        let text = segment.as_str();
        if text.is_empty() {
            return Err(segment.fault("segment_missing", vec![("field", self.name.as_str().to_owned())]));
        }
        let is_word = |word: &Text<'_>| word.as_str().chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        match segment.split_once('=').filter(|(word, _)| is_word(word)) {
            Some((word, value)) if word.as_str() == "options" => self.choose(options::read(&value)?),
            Some((word, value)) => {
                let known = || NAMES.iter().find(|name| **name == word.as_str());
                let meant = nearest(word.as_str(), ["options"]).map(str::to_owned);
                let meant = meant.or_else(|| known().map(|name| format!("{name}:{}", value.as_str())));
                Err(word.fault("segment_unknown", vec![("word", word.as_str().to_owned())]).suggest(meant))
            }
            None => self.add_rules(segment),
        }
    }

    /// Gives the choices.
    pub(super) fn choose(&mut self, options: Options<'a>) -> Result<(), Fault> {
        if !types::has_options(self.form) {
            let args = vec![("field", self.name.as_str().to_owned()), ("type", self.word.word.to_owned())];
            return Err(options.at.fault("options_unfit", args));
        }
        if self.options.is_some() {
            return Err(options.at.fault("options_twice", vec![("field", self.name.as_str().to_owned())]));
        }
        self.options = Some(options);
        Ok(())
    }

    /// Adds rules with `|` between them.
    pub(super) fn add_rules(&mut self, text: &Text<'a>) -> Result<(), Fault> {
        let mut list: Vec<String> = Vec::new();
        let pieces = scan::rules(text);
        if pieces.is_empty() {
            return Err(text.fault("rule_missing", vec![]));
        }
        for piece in pieces {
            let said = piece.as_str().to_owned();
            if list.contains(&said) && !said.is_empty() {
                return Err(piece.fault("rule_twice", vec![("rule", said)]));
            }
            list.push(said);
            self.add_rule(piece)?;
        }
        Ok(())
    }

    fn add_rule(&mut self, piece: Text<'a>) -> Result<(), Fault> {
        match piece.as_str() {
            "nullable" => drop(self.nullable.get_or_insert(piece)),
            "readonly" => drop(self.readonly.get_or_insert(piece)),
            "unsigned" => self.unsign(&piece)?,
            _ => self.push(Given::read(&piece, self.form)?)?,
        }
        Ok(())
    }

    /// Adds a rule, unless the same was said before.
    pub(super) fn push(&mut self, given: Given<'a>) -> Result<(), Fault> {
        if self.rules.iter().any(|known| known.text == given.text) {
            return Ok(());
        }
        let other = self.rules.iter().find(|known| known.rule.name() == given.rule.name() && is_single(&known.rule));
        if let Some(other) = other {
            let args = vec![("rule", given.at.as_str().to_owned()), ("other", other.at.as_str().to_owned())];
            return Err(given.at.fault("rules_contradict", args));
        }
        self.rules.push(given);
        Ok(())
    }

    /// No number below zero.
    fn unsign(&mut self, at: &Text<'a>) -> Result<(), Fault> {
        use FormKind as F;
        if !matches!(self.form, F::Integer | F::Decimal(_) | F::Money | F::Percent) {
            let args = vec![("field", self.name.as_str().to_owned()), ("type", self.word.word.to_owned())];
            return Err(at.fault("unsigned_unfit", args));
        }
        self.bounds = (Some(0), self.word.unsigned.or(self.bounds.1));
        self.bounded = true;
        Ok(())
    }

    pub(super) fn find(&self, is: impl Fn(&Rule) -> bool) -> Option<&Given<'a>> {
        self.rules.iter().find(|given| is(&given.rule))
    }

    pub(super) fn is_required(&self) -> bool {
        self.find(|rule| matches!(rule, Rule::Required)).is_some()
    }

    pub(super) fn is_unique(&self) -> bool {
        self.find(|rule| matches!(rule, Rule::Unique)).is_some()
    }
}

/// Whether a field has such a rule once at most.
fn is_single(rule: &Rule) -> bool {
    !matches!(
        rule,
        Rule::Regex(_)
            | Rule::NotIn(_)
            | Rule::Different(_)
            | Rule::Same(_)
            | Rule::RequiredWith(_)
            | Rule::Exists(..)
            | Rule::Before(_)
            | Rule::After(_)
    )
}

/// Whether a field may be called so.
fn check_name(name: &Text<'_>, target: &Target<'_>) -> Result<(), Fault> {
    let text = name.as_str();
    let said = || vec![("field", text.to_owned())];
    if text.is_empty() {
        return Err(name.fault("field_missing", vec![]));
    }
    if !is_identifier(text) {
        let snake = Some(text.to_snake_case()).filter(|snake| is_identifier(snake));
        return Err(name.fault("field_name", said()).suggest(snake));
    }
    if text.len() > LONGEST {
        return Err(name.fault("field_long", said()));
    }
    if OWN.contains(&text) || text == target.key {
        return Err(name.fault("field_own", said()));
    }
    if reserved::is_rust(text) {
        return Err(name.fault("field_rust", said()).suggest(reserved::instead(text)));
    }
    if let Some(table) = target.there {
        let columns = || table.columns.iter().map(|column| column.name.as_str());
        if columns().any(|column| column == text) {
            return Ok(());
        }
        let args = vec![("column", text.to_owned()), ("table", table.name.clone())];
        return Err(name.fault("column_unknown", args).suggest(nearest(text, columns())));
    }
    match reserved::database_of(text) {
        Some(whose) => {
            let args = vec![("field", text.to_owned()), ("whose", whose.to_owned())];
            Err(name.fault("field_sql", args).suggest(reserved::instead(text)))
        }
        None => Ok(()),
    }
}

/// Whether `text` is a name as Rust and databases write them.
pub(super) fn is_identifier(text: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(of_name) && text.to_snake_case() == text
}
