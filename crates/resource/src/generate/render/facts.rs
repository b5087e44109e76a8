//! What follows from a spec, for several files at once.

use crate::{
    Rule,
    generate::{FieldSpec, FormKind, Part, Spec},
};

/// Longest name of an index that PostgreSQL keeps whole, in bytes.
const NAME: usize = 63;
/// Columns of a list that are shown at first.
const LISTED: usize = 4;

/// An index as it is made.
pub(super) struct Index {
    pub name: String,
    pub columns: Vec<String>,
    pub unique: bool,
}

/// The indexes to make: those asked for, and one for each foreign key that has none. The unique columns of fields are
/// not among them. One that is not unique ends with the key, for lists are ordered by (column, key).
pub(super) fn indexes(spec: &Spec) -> Vec<Index> {
    let ruled = |column: &str| spec.fields.iter().any(|field| field.name == column && field.is_unique());
    let mut wanted: Vec<(Vec<String>, bool)> = Vec::new();
    for index in &spec.indexes {
        let is_ruled = matches!(&index.columns[..], [only] if ruled(only));
        match wanted.iter_mut().find(|(columns, _)| *columns == index.columns) {
            Some((_, unique)) => *unique |= index.unique,
            None if is_ruled => {}
            None => wanted.push((index.columns.clone(), index.unique)),
        }
    }
    for key in &spec.foreign_keys {
        if !ruled(&key.column) && !wanted.iter().any(|(columns, _)| columns.first() == Some(&key.column)) {
            wanted.push((vec![key.column.clone()], false));
        }
    }
    let named = wanted.into_iter().enumerate().map(|(at, (mut columns, unique))| {
        let name = index_name(&spec.table, &columns, at);
        if !unique && columns.last() != Some(&spec.key) {
            columns.push(spec.key.clone());
        }
        Index { name, columns, unique }
    });
    named.collect()
}

/// `{table}_{columns}`, shorter where a database would cut it.
fn index_name(table: &str, columns: &[String], at: usize) -> String {
    let name = format!("{table}_{}", columns.join("_"));
    if name.len() <= NAME {
        return name;
    }
    let number = format!("_{at}");
    let kept: String = name.chars().take(NAME - number.len()).collect();
    format!("{}{number}", kept.trim_end_matches('_'))
}

/// Whether an index begins with the field's column: lists can be sorted by it.
pub(super) fn leads_an_index(spec: &Spec, field: &FieldSpec) -> bool {
    let asked = spec.indexes.iter().any(|index| index.columns.first() == Some(&field.name));
    // A table that is there already has the indexes that the spec names, and no other.
    let made = || spec.parts.contains(&Part::Migration) && spec.foreign_keys.iter().any(|key| key.column == field.name);
    field.is_unique() || asked || made()
}

/// Whether no two records have the same value: by a rule, or by an index of its own.
pub(super) fn is_unique(spec: &Spec, field: &FieldSpec) -> bool {
    let alone = |columns: &[String]| matches!(columns, [only] if *only == field.name);
    field.is_unique() || spec.indexes.iter().any(|index| index.unique && alone(&index.columns))
}

/// Whether the table has this column of the program's own.
pub(super) fn keeps(spec: &Spec, column: &str) -> bool {
    spec.parts.contains(&Part::Migration) || spec.kept_columns.iter().any(|kept| kept == column)
}

/// Whether it is stored as an array, which is empty where nothing was given.
pub(super) fn is_list(form: FormKind) -> bool {
    matches!(form, FormKind::MultiSelect | FormKind::Image | FormKind::File)
}

/// Whether it is a line of words by which people may look for a record.
pub(super) fn is_wording(form: FormKind) -> bool {
    matches!(form, FormKind::String | FormKind::Email | FormKind::Phone | FormKind::Url)
}

/// The field by which people know a record: a line of words that must be given, else one that may be.
pub(super) fn title(spec: &Spec) -> Option<&str> {
    let words = || spec.fields.iter().filter(|field| is_wording(field.form));
    words().find(|field| field.is_required()).or_else(|| words().next()).map(|field| field.name.as_str())
}

/// The columns of the list: the first few short ones, the title among them.
pub(super) fn listed(spec: &Spec) -> Vec<&str> {
    let short = spec.fields.iter().filter(|field| {
        use FormKind::{File, Json, Password, RichText, Text};
        !matches!(field.form, Password | Text | RichText | Json | File)
    });
    let mut names: Vec<&str> = short.map(|field| field.name.as_str()).take(LISTED).collect();
    if let Some(title) = title(spec)
        && !names.contains(&title)
    {
        names.truncate(LISTED - 1);
        names.push(title);
    }
    names
}

/// The rules, each with its text.
pub(super) fn rules(field: &FieldSpec) -> impl Iterator<Item = (&Rule, &str)> {
    field.rules.iter().zip(field.rule_texts.iter().map(String::as_str))
}
