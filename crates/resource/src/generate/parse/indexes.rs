//! Indexes: `title,first|second#unique`.

use super::{
    fields::Draft,
    fit::{fits, fitting},
    rules::Given,
    target::Target,
    text::{Text, entries},
};
use crate::{
    Rule,
    generate::{Fault, ForeignKey, FormKind, IndexSpec},
    nearest::nearest,
};

/// An index as it was asked for.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub columns: Vec<Text<'a>>,
    /// Where it is said to be unique.
    pub unique: Option<Text<'a>>,
    pub at: Text<'a>,
}

/// What is said in `--indexes`.
pub(super) fn read<'a>(text: &Text<'a>) -> Result<Vec<Asked<'a>>, Fault> {
    entries(text.split(&[',', ';']))?.iter().map(one).collect()
}

/// One index.
pub(super) fn one<'a>(at: &Text<'a>) -> Result<Asked<'a>, Fault> {
    let parts = at.split(&['#']);
    let columns = parts[0].split(&['|']);
    if let Some(empty) = columns.iter().find(|column| column.is_empty()) {
        return Err(empty.fault("index_shape", vec![]));
    }
    let unique = match &parts[1..] {
        [] => None,
        [word] if word.as_str() == "unique" => Some(word.clone()),
        [word, ..] if word.as_str() != "unique" => {
            let args = vec![("word", word.as_str().to_owned())];
            return Err(word.fault("index_word", args).suggest(Some("unique")));
        }
        [_, more, ..] => return Err(more.fault("index_shape", vec![])),
        [_] => None,
    };
    Ok(Asked { columns, unique, at: at.clone() })
}

/// The indexes that are made besides those of unique fields and foreign keys. One of a single column that is unique is
/// the rule `unique`, so that people get a message.
pub(super) fn resolve<'a>(
    all: Vec<Asked<'a>>,
    drafts: &mut [Draft<'a>],
    keys: &[ForeignKey],
    target: &mut Target<'_>,
) -> Result<Vec<IndexSpec>, Fault> {
    let mut made: Vec<IndexSpec> = Vec::new();
    for asked in all {
        let mut columns: Vec<String> = Vec::new();
        for at in &asked.columns {
            check_column(at, asked.unique.is_some(), drafts, target)?;
            if columns.iter().any(|known| known == at.as_str()) {
                return Err(at.fault("index_column_twice", vec![("column", at.as_str().to_owned())]));
            }
            columns.push(at.as_str().to_owned());
        }
        let index = IndexSpec { columns, unique: asked.unique.is_some() };
        if made.contains(&index) {
            return Err(asked.at.fault("index_twice", vec![("index", index.columns.join("|"))]));
        }
        if let [column] = &asked.columns[..]
            && there_anyway(column, asked.unique.as_ref(), drafts, keys, target)?
        {
            continue;
        }
        made.push(index);
    }
    Ok(made)
}

/// Whether an index of this column alone is made anyway, or becomes a rule.
fn there_anyway<'a>(
    column: &Text<'a>,
    unique: Option<&Text<'a>>,
    drafts: &mut [Draft<'a>],
    keys: &[ForeignKey],
    target: &mut Target<'_>,
) -> Result<bool, Fault> {
    let name = column.as_str();
    if let (Some(at), Some(draft)) = (unique, drafts.iter_mut().find(|draft| draft.name.as_str() == name)) {
        draft.push(Given::implied(Rule::Unique, "unique".to_owned(), at.called("unique".to_owned()), vec![]))?;
        return Ok(true);
    }
    let has_one = drafts.iter().any(|draft| draft.name.as_str() == name && draft.is_unique())
        || keys.iter().any(|key| key.column == name)
        || name == target.key;
    if has_one {
        target.note("index_there", vec![("column", name.to_owned())]);
    }
    Ok(has_one)
}

/// Whether the table has such a column, and a database an index for its values.
fn check_column(at: &Text<'_>, unique: bool, drafts: &[Draft<'_>], target: &Target<'_>) -> Result<(), Fault> {
    let name = at.as_str();
    if let Some(draft) = drafts.iter().find(|draft| draft.name.as_str() == name) {
        // Long texts: PostgreSQL refuses a row whose index entry is larger than a third of a page.
        if fits(&Rule::Unique, draft.form) || (draft.form == FormKind::Boolean && !unique) {
            return Ok(());
        }
        let args =
            vec![("field", name.to_owned()), ("type", draft.word.word.to_owned()), ("types", fitting(&Rule::Unique))];
        return Err(at.fault("index_unfit", args));
    }
    let others = || target.kept.iter().chain([&target.key]).map(String::as_str);
    if others().any(|column| column == name) {
        return Ok(());
    }
    let columns = drafts.iter().map(|draft| draft.name.as_str()).chain(others());
    Err(at.fault("field_unknown", vec![("field", name.to_owned())]).suggest(nearest(name, columns)))
}
