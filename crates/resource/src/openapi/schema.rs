//! JSON Schemas of a resource's records and of what may be written.

use serde_json::{Map, Value, json};

use crate::{
    declare::{Field, Kind, Options, Resource, Rule, Say},
    validate::{may_be_empty, must_be_given},
};

/// The name of a resource's schema: `quick_phrases` becomes `QuickPhrases`.
pub fn api_name(resource: &Resource) -> String {
    resource
        .name
        .split(['_', '-'])
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        })
        .collect()
}

/// A record as it is read.
pub fn record_schema(resource: &Resource, texts: &dyn Say) -> Value {
    let mut properties = Map::from_iter([("id".to_owned(), json!({ "type": "integer", "format": "int64" }))]);
    let mut required = vec!["id".to_owned()];
    if resource.is_versioned() {
        properties.insert("version".into(), json!({ "type": "integer", "format": "int64" }));
        required.push("version".into());
    }
    if resource.is_soft() {
        properties.insert("deleted_at".into(), json!({ "type": ["string", "null"], "format": "date-time" }));
    }
    for field in resource.fields.iter().filter(|field| field.appears.api && !field.secret) {
        properties.insert(field.name.to_owned(), described(resource, field, nullable(form(field)), texts));
    }
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

/// What may be written: for a new record, or else for a change, in which every field may be left out.
pub fn input_schema(resource: &Resource, new: bool, texts: &dyn Say) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in resource.fields.iter().filter(|field| field.appears.api && field.is_taken(new)) {
        let mut schema = limited(field, form(field));
        if new && must_be_given(field) {
            required.push(field.name);
        }
        if may_be_empty(field) {
            schema = nullable(schema);
        }
        properties.insert(field.name.to_owned(), described(resource, field, schema, texts));
        if field.rules.iter().any(|rule| matches!(rule, Rule::Confirmed)) {
            properties.insert(format!("{}_confirmation", field.name), form(field));
        }
    }
    if !new && resource.is_versioned() {
        let about = texts.say("api.parameters.version", &[]);
        properties.insert("version".into(), json!({ "type": "integer", "format": "int64", "description": about }));
    }
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

fn described(resource: &Resource, field: &Field, mut schema: Value, texts: &dyn Say) -> Value {
    let label = texts.say(&format!("{}.fields.{}", resource.name, field.name), &[]);
    let words = [Some(label), texts.find(&format!("{}.help.{}", resource.name, field.name)), unit(&field.kind, texts)];
    schema["description"] = words.into_iter().flatten().collect::<Vec<_>>().join(" · ").into();
    if field.readonly {
        schema["readOnly"] = true.into();
    }
    if matches!(field.kind, Kind::Password) {
        schema["writeOnly"] = true.into();
    }
    schema
}

fn unit(kind: &Kind, texts: &dyn Say) -> Option<String> {
    match kind {
        Kind::Money | Kind::Percent | Kind::Image(_) | Kind::File(_) => {
            Some(texts.say(&format!("api.units.{}", kind.word()), &[]))
        }
        _ => None,
    }
}

/// The shape of a value in the API.
fn form(field: &Field) -> Value {
    match &field.kind {
        Kind::Integer | Kind::Money | Kind::Percent | Kind::BelongsTo(_) => {
            json!({ "type": "integer", "format": "int64" })
        }
        Kind::Decimal(scale) => json!({ "type": "string", "pattern": decimal_pattern(*scale) }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Time => json!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$" }),
        Kind::DateTime => json!({ "type": "string", "format": "date-time" }),
        Kind::Select(options) | Kind::Radio(options) => choice(options),
        Kind::MultiSelect(options) => json!({ "type": "array", "items": choice(options), "uniqueItems": true }),
        Kind::Json | Kind::Computed(_) => json!({}),
        Kind::Colour => json!({ "type": "string", "pattern": "^#[0-9a-fA-F]{6}$" }),
        Kind::Email => json!({ "type": "string", "format": "email" }),
        Kind::Url => json!({ "type": "string", "format": "uri" }),
        Kind::Password => json!({ "type": "string", "format": "password" }),
        Kind::Image(most) | Kind::File(most) => {
            json!({ "type": "array", "items": { "type": "string" }, "maxItems": most })
        }
        Kind::Many(_) => {
            json!({ "type": "array", "items": { "type": "integer", "format": "int64" }, "uniqueItems": true })
        }
        Kind::Inline(inline) => {
            let rows = inline.fields.iter().map(|field| (field.name.to_owned(), nullable(form(field))));
            json!({ "type": "array", "items": { "type": "object", "properties": Map::from_iter(rows) } })
        }
        Kind::String | Kind::Text | Kind::RichText | Kind::Phone => json!({ "type": "string" }),
    }
}

fn decimal_pattern(scale: u8) -> String {
    if scale == 0 { "^-?[0-9]+$".to_owned() } else { format!(r"^-?[0-9]+(\.[0-9]{{1,{scale}}})?$") }
}

fn choice(options: &Options) -> Value {
    match options {
        Options::Fixed(words) if !words.is_empty() => json!({ "type": "string", "enum": words }),
        // Asked for, or none of ours: any word.
        Options::Fixed(_) | Options::Asked(_) => json!({ "type": "string" }),
    }
}

/// The rules that JSON Schema can say, too.
fn limited(field: &Field, mut schema: Value) -> Value {
    let (least, most) = match (field.kind.is_number(), field.kind.is_list()) {
        (true, _) => ("minimum", "maximum"),
        (_, true) => ("minItems", "maxItems"),
        _ if schema["type"] == "string" => ("minLength", "maxLength"),
        _ => return schema,
    };
    // A decimal travels as a text, so its bounds cannot be said of the text's length.
    if matches!(field.kind, Kind::Decimal(_) | Kind::DateTime) {
        return schema;
    }
    for rule in &field.rules {
        match rule {
            Rule::Min(bound) => schema[least] = (*bound).into(),
            Rule::Max(bound) => schema[most] = (*bound).into(),
            Rule::Bytes(bound) if schema["type"] == "string" => schema["x-max-bytes"] = (*bound).into(),
            Rule::Between(low, high) => (schema[least], schema[most]) = ((*low).into(), (*high).into()),
            Rule::Size(bound) => (schema[least], schema[most]) = ((*bound).into(), (*bound).into()),
            Rule::Required if least == "minLength" && schema.get(least).is_none() => schema[least] = 1.into(),
            Rule::Required if least == "minItems" && schema.get(least).is_none() => schema[least] = 1.into(),
            Rule::In(words) if schema["type"] == "string" => schema["enum"] = words.clone().into(),
            _ => {}
        }
    }
    schema
}

fn nullable(mut schema: Value) -> Value {
    if let Some(kind) = schema.get("type").and_then(Value::as_str).map(str::to_owned) {
        schema["type"] = json!([kind, "null"]);
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    schema
}
