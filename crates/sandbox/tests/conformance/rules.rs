//! What the catalogue says of a request and its answer.

use serde_json::Value;

use crate::catalogue::{Call, Field};
use crate::proxy::{Exchange, Sent};
use crate::shape::Shape;

/// What is wrong with a request.
pub fn of_request(call: &Call, exchange: &Exchange) -> Vec<String> {
    let mut faults = Faults { side: Side::Ask, all: Vec::new() };
    query(call, exchange, &mut faults);
    match (&exchange.sent, call.body.as_str()) {
        (Sent::Nothing, "none") => {}
        (Sent::Json(body), "json") => {
            let fields = call.ask.iter().filter(|field| !field.at.starts_with(['?', '@']));
            walk(body, &Shape::of(fields), "", &mut faults);
            if exchange.escaped {
                faults.add("", "text beyond ASCII is written as \\u");
            }
        }
        (Sent::Text(_), "text") => {}
        (Sent::Form(parts), "multipart") => form(call, parts, &mut faults),
        // A file by its address needs no form.
        (Sent::Nothing, "multipart") if call.ask.iter().any(|field| field.at == "?img_url") => {}
        (sent, body) => faults.add("", &format!("the body is {sent:?}, not {body}")),
    }
    faults.all
}

fn query(call: &Call, exchange: &Exchange, faults: &mut Faults) {
    let asked = |name: &str| call.ask.iter().find(|field| field.at.strip_prefix('?') == Some(name));
    for (name, value) in &exchange.query {
        match name.as_str() {
            "access_token" => {}
            name => match asked(name) {
                Some(field) => scalar(&Value::String(value.clone()), field, true, name, faults),
                None => faults.add(name, "is not a parameter of the call"),
            },
        }
    }
    for field in call.ask.iter().filter(|field| field.required) {
        let Some(name) = field.at.strip_prefix('?') else { continue };
        if !exchange.query.iter().any(|(given, _)| given == name) {
            faults.add(name, "is missing in the query");
        }
    }
    let has_token = exchange.query.iter().any(|(name, _)| name == "access_token");
    if has_token != ["account", "user"].contains(&call.token.as_str()) {
        faults.add("access_token", "is sent where it is not asked for, or not where it is");
    }
}

fn form(call: &Call, parts: &[(String, Vec<u8>)], faults: &mut Faults) {
    for (name, bytes) in parts {
        let inside = format!("{name}.");
        let fields: Vec<&Field> = call.ask.iter().filter(|field| field.at.starts_with(&inside)).collect();
        if !fields.is_empty() {
            match serde_json::from_slice::<Value>(bytes) {
                Ok(Value::Object(object)) => {
                    let whole = Value::Object([(name.clone(), Value::Object(object))].into_iter().collect());
                    walk(&whole, &Shape::of(fields), "", faults);
                }
                _ => faults.add(name, "is no JSON object"),
            }
        } else if !call.ask.iter().any(|field| field.at.trim_start_matches('@') == name) {
            faults.add(name, "is not a part of the form");
        }
    }
    for field in call.ask.iter().filter(|field| field.required && field.at.starts_with('@')) {
        if !parts.iter().any(|(name, _)| name == &field.at[1..]) {
            faults.add(&field.at, "is missing in the form");
        }
    }
}

/// What is wrong with an accepted answer.
pub fn of_answer(call: &Call, answer: &[u8]) -> Vec<String> {
    let mut faults = Faults { side: Side::Answer, all: Vec::new() };
    if call.answer.iter().any(|field| field.kind == "bytes") && serde_json::from_slice::<Value>(answer).is_err() {
        return faults.all;
    }
    match serde_json::from_slice::<Value>(answer) {
        Ok(mut value) => {
            if let Some(object) = value.as_object_mut() {
                object.remove("errcode");
                object.remove("errmsg");
            }
            let fields = call.answer.iter().filter(|field| field.kind != "bytes");
            walk(&value, &Shape::of(fields), "", &mut faults);
        }
        Err(error) => faults.add("", &format!("no JSON: {error}")),
    }
    faults.all
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Ask,
    Answer,
}

struct Faults {
    side: Side,
    all: Vec<String>,
}

impl Faults {
    fn add(&mut self, at: &str, what: &str) {
        self.all.push(format!("`{at}` {what}"));
    }
}

fn walk(value: &Value, shape: &Shape<'_>, at: &str, faults: &mut Faults) {
    if let Some(field) = shape.field.filter(|field| field.kind != "object") {
        return scalar(value, field, field.loose, at, faults);
    }
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                match shape.named.get(name.as_str()).or(shape.free.as_deref()) {
                    Some(shape) => walk(value, shape, &place, faults),
                    None => faults.add(&place, "is not in the catalogue"),
                }
            }
            for (name, inner) in &shape.named {
                let must = inner.field.or_else(|| inner.item.as_ref()?.field).is_some_and(|field| match faults.side {
                    Side::Ask => field.required,
                    Side::Answer => !field.optional,
                });
                if must && !object.contains_key(*name) {
                    faults.add(&format!("{at}.{name}"), "is missing");
                }
            }
        }
        Value::Array(items) => {
            let Some(item) = &shape.item else { return faults.add(at, "is a list") };
            let (least, most) = shape.bounds();
            if least.is_some_and(|least| items.len() < least) || most.is_some_and(|most| items.len() > most) {
                faults.add(at, &format!("has {} items", items.len()));
            }
            items.iter().for_each(|value| walk(value, item, &format!("{at}[]"), faults));
        }
        // An object or list that is not there.
        Value::Null if faults.side == Side::Answer => {}
        other => faults.add(at, &format!("is {other}, not an object or a list")),
    }
}

fn scalar(value: &Value, field: &Field, as_text: bool, at: &str, faults: &mut Faults) {
    let number = value.as_f64().or_else(|| value.as_str().filter(|_| as_text)?.parse().ok());
    let fits = match field.kind.as_str() {
        "int" | "time" | "seconds" => number.is_some_and(|number| number.fract() == 0.0),
        "float" => number.is_some(),
        "flag" => number.is_some_and(|number| number == 0.0 || number == 1.0),
        "bool" => value.is_boolean() || (as_text && matches!(value.as_str(), Some("true" | "false"))),
        "enum" => is_of(value, field) || faults.side == Side::Answer,
        "json" => true,
        _ => value.is_string() || (field.loose && value.is_number()),
    };
    if !fits {
        return faults.add(at, &format!("is {value}, which is no {}", field.kind));
    }
    let text = value.as_str().unwrap_or_default();
    let beyond = field.max_bytes.is_some_and(|most| text.len() > most)
        || field.max_chars.is_some_and(|most| text.chars().count() > most)
        || number.is_some_and(|number| field.min.is_some_and(|least| number < least))
        || number.is_some_and(|number| field.max.is_some_and(|most| number > most));
    if beyond && faults.side == Side::Ask {
        faults.add(at, &format!("is {value}, which is beyond its bounds"));
    }
}

fn is_of(value: &Value, field: &Field) -> bool {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    field.values.iter().any(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned) == text)
}
