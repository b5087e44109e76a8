mod fields;
mod files;
mod odd;
mod relations;
mod rules;
mod settings;
mod tables;
mod texts;

use super::*;
use crate::generate::{FieldSpec, KnownColumn, KnownTable};

/// What there is: a few tables, resources, modules and routes.
fn known() -> Known {
    let table = |name: &str, columns: &[&str]| KnownTable {
        name: name.into(),
        columns: columns
            .iter()
            .map(|column| {
                let name = column.trim_end_matches('!');
                KnownColumn { name: name.into(), unique: name != *column }
            })
            .collect(),
    };
    Known {
        tables: vec![
            table("accounts", &["id!", "name", "slug!"]),
            table("users", &["id!", "email!", "name"]),
            table("comments", &["id!", "post_id", "body"]),
            table("tags", &["id!", "name"]),
            table("post_tag", &["post_id", "tag_id"]),
            table("items", &["id!", "title", "type", "order", "price", "version", "created_at", "deleted_at"]),
            table("codes", &["code!", "text"]),
            table("old_words", &["word", "text"]),
        ],
        resources: ["accounts", "followers", "tags", "rules"].map(str::to_owned).into(),
        routes: ["/admin/rules", "/admin/search", "/admin/desk/{id}", "/api/v1/health"].map(str::to_owned).into(),
        modules: ["accounts", "audits", "comments"].map(str::to_owned).into(),
        generated: ["comments", "tags"].map(str::to_owned).into(),
    }
}

/// `Posts` with one field.
fn posts() -> Request {
    Request {
        name: "Posts".into(),
        fields: Some("title#string".into()),
        parts: Part::CRUD.to_vec(),
        ..Request::default()
    }
}

fn with_fields(fields: &str) -> Request {
    Request { fields: Some(fields.into()), ..posts() }
}

/// `request` with one option more.
fn and(mut request: Request, option: &str, text: &str) -> Request {
    let given = Some(text.to_owned());
    match option {
        "NAME" => request.name = text.into(),
        "--fields" => request.fields = given,
        "fields.json" => (request.fields, request.file) = (None, Some((option.into(), text.into()))),
        "--validations" => request.validations = given,
        "--route" => request.route = given,
        "--route-group" => request.route_group = given,
        "--pk" => request.pk = given,
        "--view-path" => request.view_path = given,
        "--namespace" => request.controller_namespace = given,
        "--model-namespace" => request.model_namespace = given,
        "--pagination" => request.pagination = given,
        "--indexes" => request.indexes = given,
        "--foreign-keys" => request.foreign_keys = given,
        "--relationships" => request.relationships = given,
        "--soft-deletes" => request.soft_deletes = given,
        "--form-helper" => request.form_helper = given,
        "--localize" => request.localize = given,
        "--locales" => request.locales = given,
        "--fillable" => request.fillable = given,
        "--custom-data" => request.custom_data = given,
        "--crud-name" => request.crud_name = given,
        "--model-name" => request.model_name = given,
        "--table" => request.table = given,
        "--from-table" => request.from_table = given,
        other => panic!("no option {other}"),
    }
    request
}

fn made(request: &Request) -> Spec {
    read(request, &known()).unwrap_or_else(|fault| {
        panic!("{}", fault.lines(&|key, args| format!("{key} {args:?}")).join("\n"));
    })
}

/// The only field of `fields`.
fn field(fields: &str) -> FieldSpec {
    made(&with_fields(fields)).fields.remove(0)
}

/// `text` with the marks `«` and `»` taken out, and what stood between them.
fn marked(text: &str) -> (String, std::ops::Range<usize>) {
    let start = text.find('«').expect("a mark");
    let end = text.find('»').expect("a mark") - '«'.len_utf8();
    (text.replace(['«', '»'], ""), start..end)
}

/// `request` with the option `option`, in which the marked place is at fault.
#[track_caller]
fn refused(request: Request, option: &str, text: &str, key: &str, suggestion: Option<&str>) {
    let (plain, span) = marked(text);
    let fault = read(&and(request, option, &plain), &known()).expect_err(text);
    let place = fault.place.expect("a place");
    assert_eq!((fault.key, place.option.as_str(), place.text.as_str()), (key, option, plain.as_str()), "{text}");
    let found = format!("{}«{}»{}", &plain[..place.span.start], &plain[place.span.clone()], &plain[place.span.end..]);
    assert_eq!(place.span, span, "{found}");
    assert_eq!(fault.suggestion.as_deref(), suggestion, "{text}");
}

/// The notes' keys.
fn notes(spec: &Spec) -> Vec<&str> {
    spec.notes.iter().map(|note| note.key).collect()
}
