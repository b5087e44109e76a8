//! The audit log as a list that can be read and nothing else.

use askama::Template;
use puzi_resource::{Options, Resource, Verb, datetime, json, select, string};
use puzi_shop::{audit::entity, texts::Locale};
use serde_json::Value;

use super::{
    resource::{Face, Markup, Rendering, ShowPage, ShowView},
    shell::Shell,
};
use crate::texts;

const ACTORS: Options = Options::Fixed(&["staff", "token", "cli", "system"]);

/// The resource `audit`.
pub(super) fn face() -> Face {
    let resource = Resource::of::<entity::Entity>("audit")
        .in_group("system", "history")
        .title("action")
        .partitioned_by("account_id")
        .not_narrowed()
        .field(datetime("at").readonly().filter().sortable().in_list())
        .field(string("actor_name").readonly().searchable().in_list())
        .field(select("actor_kind", ACTORS).readonly().filter().in_list())
        .field(string("action").readonly().searchable().filter().in_list())
        .field(string("subject_kind").readonly().filter().in_list())
        .field(string("subject_id").readonly().filter().in_list())
        .field(string("address").readonly())
        .field(json("before").readonly())
        .field(json("after").readonly())
        .only(&[Verb::View, Verb::Export]);
    Face::of(resource)
        .cell("action", |record, reader| Markup::text(&said(record.text("action"), reader.texts.0)))
        .cell("subject_kind", |record, reader| {
            let kind = record.text("subject_kind");
            Markup::text(texts::area(reader.texts.0, kind).unwrap_or(kind))
        })
        .cell("subject_id", |record, _| {
            Markup::tag("span", &[("class", "mono")], Markup::text(record.text("subject_id")))
        })
        .template(|page| match page {
            Rendering::Show(page) => Some(Show::of(page).render()),
            _ => None,
        })
}

/// One entry with what was and what is, side by side.
#[derive(Template)]
#[template(path = "admin/resource/audit.html")]
struct Show<'a> {
    shell: &'a Shell,
    show: &'a ShowView,
    /// What was done, in words.
    title: String,
    changes: Vec<Change>,
}

struct Change {
    name: String,
    before: Option<String>,
    after: Option<String>,
    differs: bool,
}

impl<'a> Show<'a> {
    fn of(page: &'a ShowPage) -> Self {
        let (before, after) = (values(page.record.get("before")), values(page.record.get("after")));
        let subject = page.record.text("subject_kind");
        let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let changes = names.into_iter().map(|name| {
            let words = |value: &Value| {
                let plain = plain(value);
                let key = format!("{subject}.options.{name}.{plain}");
                Some(page.shell.t(&key)).filter(|text| *text != key).unwrap_or(plain)
            };
            let (before, after) = (before.get(name).map(words), after.get(name).map(words));
            let key = format!("{subject}.fields.{name}");
            let label = page.shell.t(&key);
            let label = if label == key { name.clone() } else { label };
            Change { differs: before != after, name: label, before, after }
        });
        let title = said(page.record.text("action"), page.shell.locale());
        Self { shell: &page.shell, show: &page.show, title, changes: changes.collect() }
    }
}

/// `staff.log_in` as people say it; an area's own action may have its text there.
fn said(action: &str, locale: Locale) -> String {
    let Some((area, verb)) = action.split_once('.') else { return action.to_owned() };
    let find = |key: String| texts::find(locale, &key);
    let verb = find(format!("audit.said.{action}"))
        .or_else(|| find(format!("audit.verbs.{verb}")))
        .or_else(|| find(format!("{area}.actions.{verb}")));
    match (texts::area(locale, area), verb) {
        (Some(area), Some(verb)) => format!("{area} · {verb}"),
        _ => action.to_owned(),
    }
}

fn values(value: &Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(values) => values.clone(),
        Value::Null => serde_json::Map::new(),
        other => std::iter::once(("—".to_owned(), other.clone())).collect(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
