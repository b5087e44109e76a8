//! The API's description: OpenAPI for programs, the same as a page for people.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use puzi_resource::{Say, openapi};
use serde_json::Value;

use super::{extra, gate::Reader, problem::Problem};
use crate::App;

const STYLE: &str = include_str!("../../templates/api/docs.css");
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The statuses of refusals, all of which have a text.
const REFUSALS: [u16; 13] = [400, 401, 403, 404, 405, 409, 413, 415, 422, 428, 500, 502, 503];

#[derive(Template)]
#[template(path = "api/docs.html")]
struct Page {
    reader: Reader,
    groups: Vec<Group>,
    /// What a refusal's status means: where the `type` of a problem leads.
    problems: Vec<(u16, String)>,
    version: &'static str,
    server: String,
}

/// One resource.
struct Group {
    name: String,
    title: String,
    about: String,
    operations: Vec<Operation>,
}

/// One method on one path.
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    permission: String,
    parameters: Vec<Line>,
    body: Vec<Line>,
    answers: Vec<(String, String)>,
    example: String,
}

/// A parameter or a field.
struct Line {
    name: String,
    kind: String,
    required: bool,
    about: String,
}

impl Page {
    fn t(&self, key: &str) -> String {
        self.reader.text(key)
    }
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn document(State(app): State<Arc<App>>, reader: Reader) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json"), (header::VARY, "accept-language")];
    (kind, describe(&app, &reader).to_string()).into_response()
}

/// `GET /api/v1/docs.css`.
pub(super) async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (kind, STYLE).into_response()
}

/// `GET /api/v1`: the description to read.
pub(super) async fn page(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, Problem> {
    let document = describe(&app, &reader);
    let server = app.admin.public_url.trim_end_matches('/').to_owned();
    let tags = document["tags"].as_array().into_iter().flatten();
    let groups = tags.map(|tag| group(&document, tag, &reader, &server)).collect();
    let problems = REFUSALS.map(|status| (status, reader.text(&format!("api.answers.{status}")))).into();
    let page = Page { reader: reader.clone(), groups, problems, version: env!("CARGO_PKG_VERSION"), server };
    let html = page.render().map_err(|error| {
        tracing::error!(%error, "the description of the API could not be written");
        reader.problem(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::VARY, "accept-language"),
    ];
    Ok((headers, html).into_response())
}

fn describe(app: &App, reader: &Reader) -> Value {
    let server = app.admin.public_url.trim_end_matches('/').to_owned();
    let about = openapi::About { version: env!("CARGO_PKG_VERSION"), server };
    let resources = app.admin.faces.engine().resources();
    let mut document = openapi::document(resources.iter().map(AsRef::as_ref), reader, &about);
    extra::describe(&mut document, &super::extras(), reader);
    document
}

fn group(document: &Value, tag: &Value, reader: &Reader, server: &str) -> Group {
    let name = text(&tag["name"]);
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if operation["tags"][0] == *name {
                let shared = &methods["parameters"];
                operations.push(self::operation(document, (method, path), operation, shared, server));
            }
        }
    }
    Group { about: text(&tag["description"]), title: reader.text(&format!("{name}.many")), name, operations }
}

fn operation(
    document: &Value,
    (method, path): (&str, &str),
    operation: &Value,
    shared: &Value,
    server: &str,
) -> Operation {
    let parameters = [shared, &operation["parameters"]];
    let parameters = parameters.iter().flat_map(|list| list.as_array().into_iter().flatten());
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let schema = schema.as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    let mut answers: Vec<_> = operation["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(status, answer)| (status.clone(), text(&answer["description"])))
        .collect();
    answers.sort();
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        permission: text(&operation["x-permission"]),
        parameters: parameters.map(parameter).collect(),
        body: schema.map(fields).unwrap_or_default(),
        answers,
        example: example(method, path, schema.is_some(), server),
    }
}

fn parameter(value: &Value) -> Line {
    Line {
        name: text(&value["name"]),
        kind: text(&value["in"]),
        required: value["required"] == true,
        about: text(&value["description"]),
    }
}

fn fields(schema: &Value) -> Vec<Line> {
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let line = |(name, field): (&String, &Value)| Line {
        name: name.clone(),
        kind: kind(field),
        required: required.contains(&name.as_str()),
        about: text(&field["description"]),
    };
    schema["properties"].as_object().into_iter().flatten().map(line).collect()
}

/// The type in a few words: `string (date) | null`, `"a" | "b"`.
fn kind(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        Value::String(kind) => kind.clone(),
        _ => "any".to_owned(),
    };
    match schema["format"].as_str() {
        Some(format) if format != "int64" => format!("{kind} ({format})"),
        _ => kind,
    }
}

fn example(method: &str, path: &str, has_body: bool, server: &str) -> String {
    let server = if server.is_empty() { "http://127.0.0.1:8080" } else { server };
    let method = if method == "get" { String::new() } else { format!(" -X {}", method.to_uppercase()) };
    let body = if has_body { " \\\n  -H 'Content-Type: application/json' -d '{…}'" } else { "" };
    format!("curl{method} {server}{} \\\n  -H \"Authorization: Bearer $PUZI_TOKEN\"{body}", path.replace("{id}", "1"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
