//! Foreign keys: which columns lead to other tables.

use super::{
    fields::Draft,
    rules::Given,
    target::Target,
    text::{Text, entries},
};
use crate::{
    Rule,
    generate::{Fault, ForeignKey, FormKind, Known, OnDelete, Part},
    nearest::nearest,
};

/// What is done on delete, in the words of the command line.
const ACTIONS: [&str; 4] = ["cascade", "set null", "restrict", "no action"];

/// A foreign key as it was asked for.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub column: Text<'a>,
    pub references: Text<'a>,
    pub table: Text<'a>,
    pub on_delete: Option<Text<'a>>,
    pub on_update: Option<Text<'a>>,
}

/// Tables and their columns: those that are there, and the one that is made.
pub(super) struct Tables<'k> {
    known: &'k Known,
    table: String,
    /// Its columns, and whether no two rows have the same value.
    columns: Vec<(String, bool)>,
}

/// What is said in `--foreign-keys`: `column#references#table#action`.
pub(super) fn read<'a>(text: &Text<'a>) -> Result<Vec<Asked<'a>>, Fault> {
    entries(text.split(&[';', ',']))?
        .into_iter()
        .map(|entry| match &entry.split(&['#'])[..] {
            [column, references, table, more @ ..] if more.len() <= 2 => Ok(Asked {
                column: column.clone(),
                references: references.clone(),
                table: table.clone(),
                on_delete: more.first().cloned(),
                on_update: more.get(1).cloned(),
            }),
            [_, _, _, _, _, more, ..] => Err(more.fault("foreign_key_shape", vec![])),
            _ => Err(entry.fault("foreign_key_shape", vec![])),
        })
        .collect()
}

impl<'k> Tables<'k> {
    pub(super) fn of(known: &'k Known, target: &Target<'_>, drafts: &[Draft<'_>]) -> Self {
        let fields = drafts.iter().map(|draft| (draft.name.as_str().to_owned(), draft.is_unique()));
        let kept = target.kept.iter().map(|column| (column.clone(), false));
        let columns = [(target.key.clone(), true)].into_iter().chain(fields).chain(kept).collect();
        Self { known, table: target.table.clone(), columns }
    }

    /// The columns of a table, and which of them are unique.
    pub(super) fn columns(&self, table: &str) -> Option<Vec<(&str, bool)>> {
        if table == self.table {
            return Some(self.columns.iter().map(|(name, unique)| (name.as_str(), *unique)).collect());
        }
        let columns = &self.known.table(table)?.columns;
        Some(columns.iter().map(|column| (column.name.as_str(), column.unique)).collect())
    }

    /// The table called `at`.
    ///
    /// # Errors
    /// `table_unknown`, with the nearest one.
    pub(super) fn find(&self, at: &Text<'_>) -> Result<Vec<(&str, bool)>, Fault> {
        self.columns(at.as_str()).ok_or_else(|| {
            at.fault("table_unknown", vec![("table", at.as_str().to_owned())])
                .suggest(nearest(at.as_str(), self.names()))
        })
    }

    /// The column `at` of a table, and whether it is unique.
    ///
    /// # Errors
    /// `column_unknown`, with the nearest one.
    pub(super) fn column(&self, table: &str, at: &Text<'_>) -> Result<bool, Fault> {
        let columns = self.columns(table).unwrap_or_default();
        let found = columns.iter().find(|(name, _)| *name == at.as_str());
        found.map(|(_, unique)| *unique).ok_or_else(|| {
            let args = vec![("column", at.as_str().to_owned()), ("table", table.to_owned())];
            at.fault("column_unknown", args).suggest(nearest(at.as_str(), columns.iter().map(|(name, _)| *name)))
        })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.tables.iter().map(|table| table.name.as_str()).chain([self.table.as_str()])
    }

    /// The key of a table: `id`, or else its first unique column.
    pub(super) fn key(&self, table: &str) -> Option<&str> {
        let columns = self.columns(table)?;
        let own = table == self.table;
        let id = columns.iter().find(|(name, _)| *name == "id" && !own);
        id.or_else(|| columns.iter().find(|(_, unique)| *unique)).map(|(name, _)| *name)
    }
}

/// The field called `at`.
///
/// # Errors
/// `field_unknown`, with the nearest one.
pub(super) fn field<'d, 'a>(drafts: &'d mut [Draft<'a>], at: &Text<'_>) -> Result<&'d mut Draft<'a>, Fault> {
    match drafts.iter().position(|draft| draft.name.as_str() == at.as_str()) {
        Some(place) => Ok(&mut drafts[place]),
        None => {
            let near = nearest(at.as_str(), drafts.iter().map(|draft| draft.name.as_str()));
            Err(at.fault("field_unknown", vec![("field", at.as_str().to_owned())]).suggest(near))
        }
    }
}

/// The foreign key that was asked for; its field becomes a relation, where that can be.
pub(super) fn resolve<'a>(
    asked: Asked<'a>,
    drafts: &mut [Draft<'a>],
    known: &Known,
    target: &mut Target<'_>,
) -> Result<ForeignKey, Fault> {
    let action = asked.on_delete.as_ref().map_or(Ok(OnDelete::Restrict), action)?;
    field(drafts, &asked.column)?;
    let tables = Tables::of(known, target, drafts);
    tables.find(&asked.table)?;
    let table = asked.table.as_str();
    if !tables.column(table, &asked.references)? {
        let args = vec![("column", asked.references.as_str().to_owned()), ("table", table.to_owned())];
        return Err(asked.references.fault("references_not_unique", args).suggest(tables.key(table)));
    }
    let to_key = tables.key(table) == Some(asked.references.as_str());
    let resource = resource_of(table, known, target);
    let draft = field(drafts, &asked.column)?;
    if action == OnDelete::SetNull && draft.is_required() {
        let at = asked.on_delete.as_ref().unwrap_or(&asked.column);
        return Err(at.fault("set_null", vec![("field", draft.name.as_str().to_owned())]).suggest(Some("restrict")));
    }
    relate(draft, (&asked.table, &asked.references), to_key, resource)?;
    if let Some(update) = &asked.on_update {
        self::action(update)?;
        target.note("on_update", vec![("field", asked.column.as_str().to_owned())]);
    }
    Ok(ForeignKey {
        column: asked.column.as_str().to_owned(),
        table: table.to_owned(),
        references: asked.references.as_str().to_owned(),
        on_delete: action,
    })
}

/// The resource over a table, where there is or will be one.
pub(super) fn resource_of(table: &str, known: &Known, target: &Target<'_>) -> Option<String> {
    let own = &target.names.plural;
    if table == target.table && (target.writes(Part::Resource) || known.resources.contains(own)) {
        return Some(own.clone());
    }
    known.resources.iter().find(|resource| *resource == table).cloned()
}

/// Makes a field a relation, or a value that must be there.
fn relate<'a>(
    draft: &mut Draft<'a>,
    (table, references): (&Text<'a>, &Text<'a>),
    to_key: bool,
    resource: Option<String>,
) -> Result<(), Fault> {
    let name = || draft.name.as_str().to_owned();
    let fits = if to_key {
        draft.form == FormKind::Integer
    } else {
        matches!(draft.form, FormKind::Integer | FormKind::String)
    };
    if !fits && draft.belongs_to.is_none() {
        let args = vec![("field", name()), ("type", draft.word.word.to_owned())];
        return Err(draft.kind.fault("foreign_key_type", args).suggest(Some("integer")));
    }
    match resource.filter(|_| to_key) {
        Some(resource) => {
            draft.form = FormKind::BelongsTo;
            draft.bounds = (None, None);
            draft.bounded = false;
            draft.belongs_to = Some(resource);
            // The relation looks for itself.
            let implied = |rule: &Rule| matches!(rule, Rule::Exists(to, column) if to == table.as_str() && column == references.as_str());
            draft.rules.retain(|given| !implied(&given.rule));
        }
        None => {
            let rule = Rule::Exists(table.as_str().to_owned(), references.as_str().to_owned());
            let text = format!("exists:{},{}", table.as_str(), references.as_str());
            let words = vec![table.clone(), references.clone()];
            let said = |rule: &Rule| matches!(rule, Rule::Exists(to, column) if to == table.as_str() && column == references.as_str());
            if draft.find(said).is_none() {
                draft.push(Given::implied(rule, text, table.clone(), words))?;
            }
        }
    }
    Ok(())
}

/// What an action's word means.
fn action(at: &Text<'_>) -> Result<OnDelete, Fault> {
    let word = at.as_str().to_lowercase().replace(['-', '_'], " ");
    match word.as_str() {
        "cascade" => Ok(OnDelete::Cascade),
        "set null" | "setnull" => Ok(OnDelete::SetNull),
        // Refusing at once and refusing at the end are the same to who deletes one row.
        "restrict" | "no action" | "noaction" => Ok(OnDelete::Restrict),
        _ => {
            let args = vec![("word", at.as_str().to_owned()), ("words", ACTIONS.join(", "))];
            Err(at.fault("on_delete", args).suggest(nearest(&word, ACTIONS)))
        }
    }
}
