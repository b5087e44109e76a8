//! What is to be made, before its fields: its names, its table, and what of it is there already.

use super::{fields::OWN, reserved, settings::yes_or_no, text::Text};
use crate::{
    generate::{Fault, Known, KnownTable, Names, Note, Part, Request, names::LONGEST},
    nearest::nearest,
};

/// What is to be made.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub names: Names,
    pub parts: Vec<Part>,
    pub table: String,
    pub key: String,
    /// The table, where it stays as it is.
    pub there: Option<&'a KnownTable>,
    pub soft_deletes: bool,
    /// The columns that the engine keeps by itself.
    pub kept: Vec<String>,
    pub notes: Vec<Note>,
}

impl<'a> Target<'a> {
    pub(super) fn read(request: &Request, known: &'a Known) -> Result<Self, Fault> {
        let names = names(request)?;
        let parts = parts(request);
        let (table, there) = table(request, known, &names, &parts)?;
        let mut target =
            Self { names, parts, table, key: String::new(), there, soft_deletes: false, kept: vec![], notes: vec![] };
        target.key = target.key(request)?;
        target.keep(request)?;
        Ok(target)
    }

    pub(super) fn writes(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    pub(super) fn note(&mut self, key: &'static str, args: Vec<(&'static str, String)>) {
        self.notes.push(Note::new(key, args));
    }

    /// The name of the key's column.
    fn key(&self, request: &Request) -> Result<String, Fault> {
        let said = |key: &str| vec![("column", key.to_owned()), ("table", self.table.clone())];
        let (key, at) = match &request.pk {
            Some(pk) => (pk.trim(), Text::of("--pk", pk).trim()),
            None => ("id", place_of_table(request)),
        };
        if let Some(table) = self.there {
            let mut unique = table.columns.iter().filter(|column| column.unique).map(|column| column.name.as_str());
            if !table.columns.iter().any(|column| column.name == key && column.unique) {
                return Err(at.fault("key_unknown", said(key)).suggest(nearest(key, unique.clone()).or(unique.next())));
            }
        }
        if let Some(whose) = refused(key, self.there.is_some()) {
            let args = vec![("name", key.to_owned()), ("whose", whose.to_owned())];
            return Err(at.fault("identifier_reserved", args).suggest(Some("id")));
        }
        if !super::fields::is_identifier(key) || key.len() > LONGEST {
            return Err(at.fault("identifier", vec![("name", key.to_owned())]).suggest(snake(key)));
        }
        if key != "id" && OWN.contains(&key) {
            return Err(at.fault("field_own", vec![("field", key.to_owned())]).suggest(Some("id")));
        }
        Ok(key.to_owned())
    }

    /// Which columns the engine keeps, and whether a deletion can be taken back.
    fn keep(&mut self, request: &Request) -> Result<(), Fault> {
        let asked = yes_or_no("--soft-deletes", request.soft_deletes.as_ref())?;
        let Some(table) = self.there else {
            self.soft_deletes = asked.unwrap_or(false);
            self.kept = OWN[1..].iter().map(|&column| column.to_owned()).collect();
            self.kept.retain(|column| self.soft_deletes || column != "deleted_at");
            return Ok(());
        };
        let has = |column: &&&str| table.columns.iter().any(|known| known.name == ***column);
        self.kept = OWN[1..].iter().filter(has).map(|&column| column.to_owned()).collect();
        self.soft_deletes = self.kept.iter().any(|column| column == "deleted_at");
        match (asked, self.soft_deletes) {
            (Some(true), false) => {
                let at = Text::of("--soft-deletes", request.soft_deletes.as_deref().unwrap_or_default()).trim();
                Err(at.fault("soft_deletes_without_column", vec![("table", self.table.clone())]))
            }
            (Some(false), true) => {
                self.note("soft_deletes_follow", vec![("table", self.table.clone())]);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Where the table was named, as far as it was.
fn place_of_table(request: &Request) -> Text<'_> {
    match (&request.from_table, &request.table) {
        (Some(table), _) => Text::of("--from-table", table).trim(),
        (None, Some(table)) => Text::of("--table", table).trim(),
        (None, None) => name_of(request).trim(),
    }
}

/// The option that names the resource.
pub(super) fn name_of(request: &Request) -> Text<'_> {
    match &request.crud_name {
        Some(name) => Text::of("--crud-name", name),
        None => Text::of("NAME", &request.name),
    }
}

fn names(request: &Request) -> Result<Names, Fault> {
    if let Some(name) = &request.crud_name {
        return Names::given(name, "--crud-name");
    }
    // Laravel's users name the controller.
    let bare = request.name.trim_end().strip_suffix("Controller").filter(|bare| !bare.trim().is_empty());
    match (request.parts.as_slice(), bare) {
        ([Part::Resource], Some(bare)) => Names::of(bare),
        _ => Names::of(&request.name),
    }
}

/// What is written: all, unless said otherwise, and no migration of a table that is there.
fn parts(request: &Request) -> Vec<Part> {
    let mut parts = if request.parts.is_empty() { Part::CRUD.to_vec() } else { request.parts.clone() };
    if request.from_table.is_some() {
        parts.retain(|part| *part != Part::Migration);
    }
    parts
}

/// The table's name, and the table itself where it stays as it is.
fn table<'a>(
    request: &Request,
    known: &'a Known,
    names: &Names,
    parts: &[Part],
) -> Result<(String, Option<&'a KnownTable>), Fault> {
    let all = || known.tables.iter().map(|table| table.name.as_str());
    if let Some(from) = &request.from_table {
        let at = Text::of("--from-table", from).trim();
        let table = known.table(at.as_str()).ok_or_else(|| {
            let args = vec![("table", at.as_str().to_owned())];
            at.fault("table_unknown", args).suggest(nearest(at.as_str(), all()))
        })?;
        if let Some(other) = request.table.as_ref().filter(|other| other.trim() != table.name) {
            let args = vec![("table", other.trim().to_owned()), ("other", table.name.clone())];
            return Err(Text::of("--table", other).trim().fault("tables_differ", args).suggest(Some(&table.name)));
        }
        return Ok((table.name.clone(), Some(table)));
    }
    // Of a table that is made, or that nothing is written about, it does not matter what is there.
    let made = parts.contains(&Part::Migration) || ![Part::Model, Part::Resource].iter().any(|it| parts.contains(it));
    let Some(given) = &request.table else {
        return Ok((names.plural.clone(), known.table(&names.plural).filter(|_| !made)));
    };
    let at = Text::of("--table", given).trim();
    let name = at.as_str();
    if let Some(table) = known.table(name).filter(|_| !made) {
        return Ok((table.name.clone(), Some(table)));
    }
    if !super::fields::is_identifier(name) || name.len() > LONGEST {
        return Err(at.fault("identifier", vec![("name", name.to_owned())]).suggest(snake(name)));
    }
    if let Some(whose) = reserved::database_of(name) {
        return Err(at.fault("identifier_reserved", vec![("name", name.to_owned()), ("whose", whose.to_owned())]));
    }
    Ok((name.to_owned(), None))
}

/// Who keeps a name for himself; a database that has it already does not mind.
pub(super) fn refused(name: &str, in_database: bool) -> Option<&'static str> {
    if reserved::is_rust(name) { Some("Rust") } else { reserved::database_of(name).filter(|_| !in_database) }
}

/// The same name as Rust writes it.
pub(super) fn snake(name: &str) -> Option<String> {
    use heck::ToSnakeCase;
    Some(name.to_snake_case()).filter(|snake| snake != name && super::fields::is_identifier(snake))
}
