//! Somebody changed the record while it was being edited: both versions, field by field, and a choice for each.

use askama::Template;
use axum::http::StatusCode;
use puzi_resource::{Field, Input, Kind, Labels, Record, values::from_text};
use serde_json::{Map, Value};

use super::{
    base::Base,
    cell::{self, Place},
    form::is_in_form,
    history,
    markup::Markup,
    reader::{self, Reader},
    visit::{Visit, failure},
};
use crate::admin::{
    error::Answer,
    form::Form,
    shell::{Shell, page_with},
};

/// Before the name of a field, in the form of a conflict: whose value is kept.
const KEEP: &str = "_keep.";

#[derive(Template)]
#[template(path = "admin/resource/conflict.html")]
struct ConflictPage {
    shell: Shell,
    action: String,
    /// The version that the person sees now.
    version: i64,
    /// What was typed, to be sent again.
    typed: Vec<(String, String)>,
    differences: Vec<Difference>,
    /// Who changed it, and when (Unix ms).
    who: Option<(String, i64)>,
    /// A password was typed: it is on no page and has to be typed again.
    password: bool,
}

/// A field that has two values now.
struct Difference {
    name: &'static str,
    label: String,
    theirs: Markup,
    mine: Markup,
    /// The person did not touch it: the other one's value is offered.
    untouched: bool,
}

/// The form with the choices of a conflict carried out: where the other one's value is kept, nothing is sent.
pub(super) fn settled(form: Form) -> Form {
    let theirs: Vec<String> = form
        .values()
        .iter()
        .filter(|(_, value)| value == "theirs")
        .filter_map(|(name, _)| name.strip_prefix(KEEP).map(str::to_owned))
        .collect();
    let is_theirs = |name: &str| {
        let name = name.strip_prefix("_has.").unwrap_or(name);
        let field = name.split('.').next().unwrap_or(name).trim_end_matches("[]");
        theirs.iter().any(|other| other == field)
    };
    let dropped: Vec<String> =
        form.values().iter().map(|(name, _)| name).filter(|name| is_theirs(name)).cloned().collect();
    let dropped: Vec<&str> = dropped.iter().map(String::as_str).collect();
    form.without(&dropped)
}

/// The page of the conflict between `current` and what was typed.
pub(super) async fn page(visit: &Visit, current: Record, form: &Form, input: &Input) -> Answer {
    let (resource, actor) = (visit.resource(), visit.actor());
    let mine = mine(visit, &current, input);
    let both = [current, mine];
    let labels = visit.engine().labels(resource, &actor, &both).await.map_err(failure)?;
    let [current, mine] = both;
    let is_secret = |name: &str| {
        resource.find(name).is_some_and(|field| field.secret || matches!(field.kind, Kind::Password))
            || name.ends_with("_confirmation")
    };
    let typed =
        form.values().iter().filter(|(name, _)| !is_secret(name) && name != "_version" && !name.starts_with(KEEP));
    let password = form.values().iter().any(|(name, value)| is_secret(name) && !value.is_empty());
    let who = history::latest(visit, current.id).await?;
    let title = visit.desk.t("resource.conflict.title");
    let shell = Shell::new(&visit.app, &visit.desk, title.clone())
        .active(resource.name)
        .crumb(reader::many(&visit.texts(), resource), visit.face.path().as_str())
        .crumb(resource.title_of(&current), visit.record_path(current.id, None).as_str())
        .crumb(title, None);
    let page = ConflictPage {
        shell,
        action: format!("{}/{}", visit.face.path(), current.id),
        version: current.version.unwrap_or_default(),
        typed: typed.cloned().collect(),
        differences: differences(visit, &current, &mine, &Base::parse(form.value("_base")), input, &labels),
        who,
        password,
    };
    page_with(StatusCode::CONFLICT, &page)
}

fn differences(
    visit: &Visit,
    current: &Record,
    mine: &Record,
    base: &Base,
    input: &Input,
    labels: &Labels,
) -> Vec<Difference> {
    let reader = Reader::new(&visit.desk, visit.resource(), labels);
    let different = |field: &&Field| {
        let given = mine.values.contains_key(field.name);
        given && !same(field, current.get(field.name), mine.get(field.name))
    };
    let difference = |field: &Field| Difference {
        name: field.name,
        label: reader.label(field),
        theirs: cell::markup(&visit.face, field, current, &reader, Place::Page),
        mine: cell::markup(&visit.face, field, mine, &reader, Place::Page),
        untouched: base.is_untouched(field, input),
    };
    visit.resource().fields.iter().filter(different).map(difference).collect()
}

/// Whether two values are the same for people: nothing is nothing, however it is stored, and inline rows are compared
/// by what was entered.
fn same(field: &Field, a: &Value, b: &Value) -> bool {
    let nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Bool(yes) => !yes,
        _ => false,
    };
    let entered = |value: &Value| -> Vec<Map<String, Value>> {
        let rows = value.as_array().into_iter().flatten().filter_map(Value::as_object).cloned();
        let bare = |mut row: Map<String, Value>| {
            row.retain(|name, value| name != "id" && !nothing(value));
            row
        };
        rows.map(bare).collect()
    };
    match field.kind {
        Kind::Inline(_) => entered(a) == entered(b),
        Kind::Image(_) | Kind::File(_) => cell::keys(a) == cell::keys(b),
        _ => a == b || (nothing(a) && nothing(b)),
    }
}

/// What was typed, as a record: what cannot be read stands there as it was typed.
fn mine(visit: &Visit, current: &Record, input: &Input) -> Record {
    let zone = &visit.desk.zone;
    let read = |field: &Field, text: &str| match from_text(&field.kind, text, zone) {
        Ok(value) => value.unwrap_or_default(),
        Err(_) => Value::from(text),
    };
    let value = |field: &Field, input: &Input| match &field.kind {
        Kind::Boolean => Value::from(input.raw(field.name).is_some_and(|text| !text.is_empty() && text != "0")),
        kind if kind.is_list() => {
            input.raw_all(field.name).iter().filter(|text| !text.is_empty()).map(|text| read(field, text)).collect()
        }
        _ => input.raw(field.name).map_or(Value::Null, |text| read(field, &text)),
    };
    let mut record = Record { id: current.id, ..Record::default() };
    let typed = |field: &&Field| {
        let sent = input.has(field.name) || !input.rows(field.name).is_empty();
        is_in_form(field, false) && field.is_taken(false) && sent && !matches!(field.kind, Kind::Password)
    };
    for field in visit.resource().fields.iter().filter(typed) {
        let value = match &field.kind {
            Kind::Inline(inline) => {
                let row = |row: &Input| -> Value {
                    let pairs = inline.fields.iter().map(|inner| (inner.name.to_owned(), value(inner, row)));
                    Value::Object(pairs.collect())
                };
                input.rows(field.name).iter().map(|(_, sent)| row(sent)).collect()
            }
            _ => value(field, input),
        };
        record.set(field.name, value);
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_ones_value_is_kept_by_sending_nothing() {
        let form = Form::parse(
            b"title=a&open=1&_has.open=1&items.0.name=x&_has.items.0.on=1&tags[]=t&_keep.open=theirs&_keep.items=theirs\
              &_keep.tags=theirs&_keep.title=mine&_version=3",
        );
        let names: Vec<String> = settled(form).values().iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names, ["title", "_keep.open", "_keep.items", "_keep.tags", "_keep.title", "_version"]);
    }
}
