//! From a request to a spec: what was typed is read, checked against what there is, and every fault is marked.

mod build;
mod check;
mod fields;
mod file;
mod fit;
mod free;
mod indexes;
mod json;
mod limits;
mod options;
mod relations;
mod relationships;
pub(super) mod reserved;
mod rules;
mod scan;
mod settings;
mod target;
mod text;
mod types;

#[cfg(test)]
mod tests;

use heck::ToUpperCamelCase;

use self::{
    fields::Draft,
    file::File,
    relations::Tables,
    relationships::Found,
    settings::Settings,
    target::Target,
    text::{Text, entries},
};
use super::{Fault, Known, Part, Request, Spec};
use crate::nearest::nearest;

/// Checks `request` against what there is and makes a spec of it.
///
/// Without any part, all are meant; with a table that is there (`--from-table`) no migration is written. What is looked
/// at is what a part that is written touches: a name may not have a table, a module, a resource or a route already
/// unless it was generated and `force` is given; the declaration alone needs the entity or the table, and views need the
/// resource.
///
/// # Errors
/// The first fault, with its place.
pub fn read(request: &Request, known: &Known) -> Result<Spec, Fault> {
    let mut target = Target::read(request, known)?;
    let settings = Settings::read(request, &mut target)?;
    free::check(request, known, &mut target, &settings)?;
    let mut all = gather(request, &target)?;
    let mut drafts = std::mem::take(&mut all.fields);
    some(request, &target, &drafts)?;
    distinct(&drafts)?;
    for (at, rules) in &all.validations {
        let draft = relations::field(&mut drafts, at)?;
        rules.iter().try_for_each(|rules| draft.add_rules(rules))?;
    }
    fillable(request, &mut drafts, &mut target)?;
    let (mut foreign_keys, mut relations) = (Vec::new(), Vec::new());
    for asked in all.foreign_keys {
        if foreign_keys.iter().any(|known: &super::ForeignKey| known.column == asked.column.as_str()) {
            let args = vec![("field", asked.column.as_str().to_owned())];
            return Err(asked.column.fault("foreign_key_twice", args));
        }
        foreign_keys.push(relations::resolve(asked, &mut drafts, known, &mut target)?);
    }
    for asked in all.relationships {
        let mut found = Found { foreign_keys: &mut foreign_keys, relations: &mut relations };
        asked.resolve(&mut drafts, known, &mut target, &mut found)?;
    }
    let indexes = indexes::resolve(all.indexes, &mut drafts, &foreign_keys, &mut target)?;
    let tables = Tables::of(known, &target, &drafts);
    for at in 0..drafts.len() {
        check::check(&mut drafts, at, &tables)?;
    }
    drop(tables);
    Ok(build::spec(request, target, settings, drafts, build::Beside { foreign_keys, relations, indexes }))
}

/// What the options and the file say of fields.
fn gather<'a>(request: &'a Request, target: &Target<'_>) -> Result<File<'a>, Fault> {
    let mut all = File::default();
    if let Some(fields) = &request.fields {
        all.fields = fields::read(&Text::of("--fields", fields), target)?;
    }
    if let Some((name, text)) = &request.file {
        let file = file::read(name, text, target)?;
        all.fields.extend(file.fields);
        all = File { fields: all.fields, ..file };
    }
    if let Some(validations) = &request.validations {
        for entry in scan::read(&Text::of("--validations", validations), scan::begins_validation)? {
            let [field, rules @ ..] = &entry.segments[..] else { continue };
            if rules.is_empty() {
                let args = vec![("field", field.as_str().to_owned())];
                return Err(entry.whole.end().fault("validation_shape", args));
            }
            all.validations.push((field.clone(), rules.to_vec()));
        }
    }
    if let Some(keys) = &request.foreign_keys {
        all.foreign_keys.extend(relations::read(&Text::of("--foreign-keys", keys))?);
    }
    if let Some(relationships) = &request.relationships {
        all.relationships.extend(relationships::read(&Text::of("--relationships", relationships))?);
    }
    if let Some(indexes) = &request.indexes {
        all.indexes.extend(indexes::read(&Text::of("--indexes", indexes))?);
    }
    Ok(all)
}

/// Everything but views is made of fields.
fn some(request: &Request, target: &Target<'_>, drafts: &[Draft<'_>]) -> Result<(), Fault> {
    if !drafts.is_empty() || target.parts == [Part::View] {
        return Ok(());
    }
    let at = match (&request.fields, &request.file) {
        (None, Some((name, text))) => Text::of(name, text),
        (fields, _) => Text::of("--fields", fields.as_deref().unwrap_or_default()),
    };
    Err(at.trim().end().fault("no_fields", vec![]))
}

/// No two fields have one name, nor one name in Rust's enums.
fn distinct(drafts: &[Draft<'_>]) -> Result<(), Fault> {
    for (at, draft) in drafts.iter().enumerate() {
        let camel = draft.name.as_str().to_upper_camel_case();
        for other in &drafts[..at] {
            let (field, other) = (draft.name.as_str().to_owned(), other.name.as_str().to_owned());
            if field == other {
                return Err(draft.name.fault("field_twice", vec![("field", field)]));
            }
            if camel == other.to_upper_camel_case() {
                return Err(draft.name.fault("field_alike", vec![("field", field), ("other", other)]));
            }
        }
    }
    Ok(())
}

/// `--fillable`: what a form may set. The other fields are only shown.
fn fillable<'a>(request: &'a Request, drafts: &mut [Draft<'a>], target: &mut Target<'_>) -> Result<(), Fault> {
    let Some(fillable) = &request.fillable else { return Ok(()) };
    let whole = Text::of("--fillable", fillable).trim();
    let text = whole.as_str();
    let listed = text.starts_with('[') && text.ends_with(']') && text.len() > 1;
    let inner = if listed { whole.sub(1..text.len() - 1) } else { whole.clone() };
    let mut names = Vec::new();
    for at in entries(inner.split(&[',']))? {
        let word = at.as_str();
        let quoted =
            word.len() > 1 && ['\'', '"'].iter().any(|quote| word.starts_with(*quote) && word.ends_with(*quote));
        let name = if quoted { at.sub(1..word.len() - 1).trim() } else { at.clone() };
        if !drafts.iter().any(|draft| draft.name.as_str() == name.as_str()) {
            let near = nearest(name.as_str(), drafts.iter().map(|draft| draft.name.as_str()));
            return Err(name.fault("field_unknown", vec![("field", name.as_str().to_owned())]).suggest(near));
        }
        names.push(name.as_str().to_owned());
    }
    if !target.writes(Part::Resource) {
        target.note("fillable", vec![]);
        return Ok(());
    }
    for draft in drafts.iter_mut().filter(|draft| !names.iter().any(|name| name == draft.name.as_str())) {
        if draft.is_required() {
            return Err(whole.fault("fillable_required", vec![("field", draft.name.as_str().to_owned())]));
        }
        draft.readonly.get_or_insert(whole.clone());
    }
    Ok(())
}
