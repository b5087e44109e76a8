//! The JSON API's description, OpenAPI 3.1, made from the declarations: what is described is what is served.

mod paths;
mod schema;

use serde_json::{Map, Value, json};

use crate::declare::{Resource, Say};

pub use self::schema::{api_name, input_schema, record_schema};

/// What the document says besides the resources.
#[derive(Debug, Clone)]
pub struct About {
    /// Version of the program.
    pub version: &'static str,
    /// Address under which the paths lie, such as `https://shop.example.com`; empty: where the document lies.
    pub server: String,
}

/// The whole document for `resources`, its texts in the language of `texts`.
pub fn document<'a>(resources: impl IntoIterator<Item = &'a Resource>, texts: &dyn Say, about: &About) -> Value {
    let (mut tags, mut schemas, mut all_paths) = (Vec::new(), Map::new(), Map::new());
    schemas.insert("Problem".into(), problem(texts));
    for resource in resources {
        tags.push(json!({
            "name": resource.name,
            "description": texts.find(&format!("{}.about", resource.name))
                .unwrap_or_else(|| texts.say(&format!("{}.many", resource.name), &[])),
        }));
        let name = api_name(resource);
        schemas.insert(name.clone(), record_schema(resource, texts));
        schemas.insert(format!("{name}New"), input_schema(resource, true, texts));
        schemas.insert(format!("{name}Change"), input_schema(resource, false, texts));
        schemas.insert(format!("{name}Page"), page(&name));
        all_paths.extend(paths::of(resource, texts));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": texts.say("api.title", &[]),
            "version": about.version,
            "description": texts.say("api.about", &[]),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": if about.server.is_empty() { "/" } else { about.server.as_str() } }],
        "security": [{ "token": [] }],
        "tags": tags,
        "paths": all_paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": texts.say("api.token", &[]) },
            },
        },
    })
}

fn page(name: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data", "next", "previous"],
        "properties": {
            "data": { "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } },
            "next": { "type": ["string", "null"] },
            "previous": { "type": ["string", "null"] },
        },
    })
}

/// RFC 9457, with the fields at fault.
fn problem(texts: &dyn Say) -> Value {
    json!({
        "type": "object",
        "description": texts.say("api.problem", &[]),
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "request_id": { "type": "string" },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "rule", "message"],
                    "properties": {
                        "field": { "type": "string" },
                        "rule": { "type": "string" },
                        "message": { "type": "string" },
                    },
                },
            },
            "current": { "type": "object" },
        },
    })
}

#[cfg(test)]
mod tests;
