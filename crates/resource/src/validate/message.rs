//! What a problem says, in the reader's language.

use crate::{Kind, Problem, Resource, Say};

/// What people call the field at `path`: `title`, or `items.2.title` and `items.title` for a field of an inline row,
/// whose text is `{resource}.inline.{field}.{inner}`.
pub fn label(r: &Resource, path: &str, texts: &dyn Say) -> String {
    let parts: Vec<&str> = path.split('.').filter(|part| !part.bytes().all(|b| b.is_ascii_digit())).collect();
    let key = match parts[..] {
        [field, inner] if is_inline(r, field) => format!("{}.inline.{field}.{inner}", r.name),
        _ => format!("{}.fields.{path}", r.name),
    };
    texts.find(&key).unwrap_or_else(|| parts.last().map_or_else(|| path.to_owned(), |name| (*name).to_owned()))
}

fn is_inline(r: &Resource, field: &str) -> bool {
    r.find(field).is_some_and(|field| matches!(field.kind, Kind::Inline(_)))
}

/// The message of `problem`. Its place `{other}` names other fields, with spaces between, and is filled with what
/// people call them.
pub fn explain(r: &Resource, problem: &Problem, texts: &dyn Say) -> String {
    let mut problem = problem.clone();
    for (name, value) in &mut problem.args {
        if *name == "other" {
            *value = others(r, &problem.field, value, texts);
        }
    }
    let label = label(r, &problem.field, texts);
    problem.message(texts, &label)
}

/// What people call the `names`, which stand beside the field at `path`.
pub(super) fn others(r: &Resource, path: &str, names: &str, texts: &dyn Say) -> String {
    let beside = path.rsplit_once('.').map_or(String::new(), |(start, _)| format!("{start}."));
    let labels: Vec<_> = names.split(' ').map(|name| label(r, &format!("{beside}{name}"), texts)).collect();
    labels.join(if texts.tag().starts_with("zh") { "、" } else { ", " })
}
