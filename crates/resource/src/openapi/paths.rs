//! What can be asked of a resource, and what is answered.

use serde_json::{Map, Value, json};

use super::api_name;
use crate::{
    declare::{Resource, Say, Verb},
    query,
};

/// The paths of one resource under `/api/v1`.
pub(super) fn of(resource: &Resource, texts: &dyn Say) -> Map<String, Value> {
    let (name, base) = (api_name(resource), format!("/api/v1/{}", resource.name));
    let mut paths = Map::new();
    let mut collection = Map::new();
    if resource.offers(Verb::View) {
        collection.insert("get".into(), list(resource, &name, texts));
    }
    if resource.offers(Verb::Create) {
        collection.insert("post".into(), create(resource, &name, texts));
    }
    let mut record = Map::new();
    if resource.offers(Verb::View) {
        record.insert("get".into(), view(resource, &name, texts));
    }
    if resource.offers(Verb::Edit) {
        record.insert("patch".into(), edit(resource, &name, texts));
    }
    if resource.offers(Verb::Delete) {
        record.insert("delete".into(), delete(resource, texts));
    }
    if !collection.is_empty() {
        paths.insert(base.clone(), collection.into());
    }
    if !record.is_empty() {
        record.insert("parameters".into(), json!([id_parameter(texts)]));
        paths.insert(format!("{base}/{{id}}"), record.into());
    }
    if resource.offers(Verb::Restore) {
        let operation = restore(resource, &name, texts);
        paths.insert(
            format!("{base}/{{id}}/restore"),
            json!({ "parameters": [id_parameter(texts)], "post": operation }),
        );
    }
    for action in &resource.actions {
        let operation = act(resource, action.name, texts);
        paths.insert(
            format!("{base}/{{id}}/{}", action.name),
            json!({ "parameters": [id_parameter(texts)], "post": operation }),
        );
    }
    paths
}

fn list(resource: &Resource, name: &str, texts: &dyn Say) -> Value {
    let mut parameters = vec![
        query_parameter("q", json!({ "type": "string", "maxLength": 200 }), texts),
        query_parameter("size", json!({ "type": "integer", "minimum": 1, "maximum": query::LARGEST_PAGE }), texts),
        query_parameter("after", json!({ "type": "string" }), texts),
        query_parameter("before", json!({ "type": "string" }), texts),
    ];
    let sortable = resource.fields.iter().filter(|field| field.sortable && field.appears.api).map(|field| field.name);
    let orders: Vec<_> = ["id"].into_iter().chain(sortable).flat_map(|f| [f.to_owned(), format!("-{f}")]).collect();
    parameters.push(query_parameter("sort", json!({ "type": "string", "enum": orders }), texts));
    if resource.is_soft() {
        parameters.push(query_parameter("deleted", json!({ "type": "string", "enum": ["only"] }), texts));
    }
    for filter in query::filters(resource) {
        for op in filter.ops {
            let field = filter.field.name;
            let parameter = match op.word() {
                "is" => format!("f.{field}"),
                word => format!("f.{field}.{word}"),
            };
            let label = texts.say(&format!("{}.fields.{field}", resource.name), &[]);
            let about = texts.say(&format!("api.filters.{}", op.word()), &[("field", label)]);
            let schema = json!({ "type": "string" });
            parameters.push(json!({ "name": parameter, "in": "query", "schema": schema, "description": about }));
        }
    }
    let page = json!({ "$ref": format!("#/components/schemas/{name}Page") });
    operation(resource, "list", &resource.permission(Verb::View), texts)
        .with("parameters", parameters.into())
        .answers("200", texts.say("api.answers.page", &[]), Some(page))
        .refuses(&["400"], texts)
        .done()
}

fn create(resource: &Resource, name: &str, texts: &dyn Say) -> Value {
    let mut answer = json!({ "$ref": format!("#/components/schemas/{name}") });
    answer["description"] = texts.say("api.answers.created", &[]).into();
    operation(resource, "create", &resource.permission(Verb::Create), texts)
        .with("parameters", json!([idempotency_key(texts)]))
        .with("requestBody", body(&format!("{name}New")))
        .answers("201", texts.say("api.answers.created", &[]), Some(answer))
        .refuses(&["400", "409", "413", "415", "422"], texts)
        .done()
}

fn view(resource: &Resource, name: &str, texts: &dyn Say) -> Value {
    let record = json!({ "$ref": format!("#/components/schemas/{name}") });
    operation(resource, "get", &resource.permission(Verb::View), texts)
        .answers("200", texts.say("api.answers.record", &[]), Some(record))
        .refuses(&["400", "404"], texts)
        .done()
}

fn edit(resource: &Resource, name: &str, texts: &dyn Say) -> Value {
    let record = json!({ "$ref": format!("#/components/schemas/{name}") });
    let mut parameters = vec![idempotency_key(texts)];
    if resource.is_versioned() {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "schema": { "type": "string" },
            "description": texts.say("api.parameters.if_match", &[]),
        }));
    }
    operation(resource, "edit", &resource.permission(Verb::Edit), texts)
        .with("parameters", parameters.into())
        .with("requestBody", body(&format!("{name}Change")))
        .answers("200", texts.say("api.answers.record", &[]), Some(record))
        .refuses(&["400", "404", "409", "413", "415", "422", "428"], texts)
        .done()
}

fn delete(resource: &Resource, texts: &dyn Say) -> Value {
    operation(resource, "delete", &resource.permission(Verb::Delete), texts)
        .answers("204", texts.say("api.answers.deleted", &[]), None)
        .refuses(&["400", "404", "409"], texts)
        .done()
}

fn restore(resource: &Resource, name: &str, texts: &dyn Say) -> Value {
    let record = json!({ "$ref": format!("#/components/schemas/{name}") });
    operation(resource, "restore", &resource.permission(Verb::Restore), texts)
        .answers("200", texts.say("api.answers.record", &[]), Some(record))
        .refuses(&["400", "404", "409"], texts)
        .done()
}

fn act(resource: &Resource, action: &str, texts: &dyn Say) -> Value {
    let done = json!({
        "type": "object", "required": ["changed"], "properties": { "changed": { "type": "integer" } },
    });
    operation(resource, action, &format!("{}.{action}", resource.name), texts)
        .with("parameters", json!([idempotency_key(texts)]))
        .answers("200", texts.say("api.answers.acted", &[]), Some(done))
        .refuses(&["400", "404", "409", "422"], texts)
        .done()
}

/// One operation, being put together.
struct Operation {
    value: Value,
    responses: Map<String, Value>,
}

fn operation(resource: &Resource, verb: &str, permission: &str, texts: &dyn Say) -> Operation {
    let what = texts
        .find(&format!("api.verbs.{verb}"))
        .unwrap_or_else(|| texts.say(&format!("{}.actions.{verb}", resource.name), &[]));
    let value = json!({
        "operationId": format!("{}_{verb}", resource.name),
        "tags": [resource.name],
        "summary": what,
        "description": texts.say("api.needs", &[("permission", format!("`{permission}`"))]),
        "x-permission": permission,
    });
    let operation = Operation { value, responses: Map::new() };
    operation.refuses(&["401", "403", "503"], texts)
}

impl Operation {
    fn with(mut self, name: &str, value: Value) -> Self {
        self.value[name] = value;
        self
    }

    fn answers(mut self, status: &str, text: String, schema: Option<Value>) -> Self {
        let mut answer = json!({ "description": text });
        if let Some(schema) = schema {
            answer["content"] = json!({ "application/json": { "schema": schema } });
        }
        self.responses.insert(status.to_owned(), answer);
        self
    }

    fn refuses(mut self, statuses: &[&str], texts: &dyn Say) -> Self {
        for status in statuses {
            let schema = json!({ "$ref": "#/components/schemas/Problem" });
            self.responses.insert(
                (*status).to_owned(),
                json!({
                    "description": texts.say(&format!("api.answers.{status}"), &[]),
                    "content": { "application/problem+json": { "schema": schema } },
                }),
            );
        }
        self
    }

    fn done(mut self) -> Value {
        self.value["responses"] = self.responses.into();
        self.value
    }
}

fn body(schema: &str) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn id_parameter(texts: &dyn Say) -> Value {
    json!({
        "name": "id", "in": "path", "required": true,
        "schema": { "type": "integer", "format": "int64", "minimum": 1 },
        "description": texts.say("api.parameters.id", &[]),
    })
}

fn query_parameter(name: &str, schema: Value, texts: &dyn Say) -> Value {
    let description = texts.say(&format!("api.parameters.{name}"), &[]);
    json!({ "name": name, "in": "query", "schema": schema, "description": description })
}

fn idempotency_key(texts: &dyn Say) -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" },
        "description": texts.say("api.parameters.idempotency_key", &[]),
    })
}
