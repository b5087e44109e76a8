//! Routes of the API beside those that follow from a declared resource. Each is declared once, with what it needs, takes
//! and answers, and is served and described from that. A file of this folder declares those of one area; `mod.rs` lists
//! the files.

use std::{borrow::Cow, sync::Arc};

use axum::{
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};
use puzi_resource::Say;
use serde_json::{Map, Value, json};

use super::Row;
use crate::{App, Needs};

/// One route, with its description.
pub(super) struct Extra {
    method: Method,
    path: String,
    tag: &'static str,
    name: &'static str,
    needs: Cow<'static, str>,
    parameters: Vec<(&'static str, Value)>,
    body: Option<Value>,
    answers: (u16, Answer),
    keyed: bool,
    versioned: bool,
    calls_wechat: bool,
    limit: usize,
    handler: MethodRouter<Arc<App>>,
}

/// What a good answer holds.
enum Answer {
    Nothing,
    Json(Value),
    /// Bytes of this media type.
    Bytes(&'static str),
}

impl Extra {
    /// `handler` answers `method path`. `tag` is the area, whose texts name it (`{tag}.api.{name}`) and its parameters
    /// (`{tag}.api.parameters.{parameter}`); `needs` is the permission, or several with `+` between them.
    pub(super) fn new<H, T>(
        method: &Method,
        path: impl Into<String>,
        (tag, name): (&'static str, &'static str),
        needs: impl Into<Cow<'static, str>>,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        Self {
            method: method.clone(),
            path: path.into(),
            tag,
            name,
            needs: needs.into(),
            parameters: Vec::new(),
            body: None,
            answers: (200, Answer::Json(json!({ "type": "object" }))),
            keyed: false,
            versioned: false,
            calls_wechat: false,
            limit: super::BODY_LIMIT,
            handler: on(filter, handler),
        }
    }

    /// Takes a query parameter of this JSON Schema.
    pub(super) fn asks(mut self, name: &'static str, schema: Value) -> Self {
        self.parameters.push((name, schema));
        self
    }

    /// Takes a JSON body of this schema.
    pub(super) fn takes(mut self, schema: Value) -> Self {
        self.body = Some(schema);
        self
    }

    /// Answers 200 with JSON of this schema.
    pub(super) fn answers(self, schema: Value) -> Self {
        self.answers_with(200, schema)
    }

    /// Answers `status` with JSON of this schema.
    pub(super) fn answers_with(mut self, status: u16, schema: Value) -> Self {
        self.answers = (status, Answer::Json(schema));
        self
    }

    /// Answers 204.
    pub(super) fn answers_nothing(mut self) -> Self {
        self.answers = (204, Answer::Nothing);
        self
    }

    /// Answers with bytes of this media type.
    pub(super) fn gives(mut self, media: &'static str) -> Self {
        self.answers = (200, Answer::Bytes(media));
        self
    }

    /// Takes an `Idempotency-Key`: [`Call::once`](super::call::Call::once).
    pub(super) fn keyed(mut self) -> Self {
        self.keyed = true;
        self
    }

    /// Takes the version that the client saw by `If-Match`: [`Call::version`](super::call::Call::version).
    pub(super) fn versioned(mut self) -> Self {
        self.versioned = true;
        self
    }

    /// Calls WeChat, which may refuse (502).
    pub(super) fn calls_wechat(mut self) -> Self {
        self.calls_wechat = true;
        self
    }

    /// Takes a body of at most so many bytes: for files.
    pub(super) fn large(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// The route, with what it needs.
    pub(super) fn into_row(self) -> Row {
        Row {
            method: self.method,
            path: self.path,
            needs: Needs::Permission(self.needs),
            handler: self.handler,
            limit: self.limit,
        }
    }

    /// The names in braces of its path.
    fn places(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The statuses of its refusals, beside those that every route has.
    fn refusals(&self) -> Vec<u16> {
        // 404 everywhere: the body or the query may name an account or a record that is not there.
        let mut statuses = vec![400, 401, 403, 404, 503];
        if self.method != Method::GET {
            statuses.extend([409, 413, 415]);
        }
        if self.method != Method::GET || !self.parameters.is_empty() {
            statuses.push(422);
        }
        if self.versioned {
            statuses.push(428);
        }
        if self.calls_wechat {
            statuses.push(502);
        }
        statuses
    }

    fn operation(&self, texts: &dyn Say) -> Value {
        let needs = [("permission", format!("`{}`", self.needs.replace('+', "` + `")))];
        let mut operation = json!({
            "operationId": format!("{}_{}", self.tag, self.name),
            "tags": [self.tag],
            "summary": texts.say(&format!("{}.api.{}", self.tag, self.name), &[]),
            "description": texts.say("api.needs", &needs),
            "x-permission": self.needs,
        });
        let mut parameters: Vec<_> = self.places().map(|name| self.place(name, texts)).collect();
        for (name, schema) in &self.parameters {
            let about = self.about(name, texts);
            parameters.push(json!({ "name": name, "in": "query", "schema": schema, "description": about }));
        }
        if self.keyed {
            parameters.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" },
                "description": texts.say("api.parameters.idempotency_key", &[]),
            }));
        }
        if self.versioned {
            parameters.push(json!({
                "name": "If-Match", "in": "header", "schema": { "type": "string" },
                "description": texts.say("api.parameters.if_match", &[]),
            }));
        }
        operation["parameters"] = parameters.into();
        if self.body.is_some() {
            let schema = json!({ "$ref": format!("#/components/schemas/{}", self.body_name()) });
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        let (status, answer) = &self.answers;
        let mut responses = Map::new();
        let mut good = json!({ "description": texts.say("api.answers.acted", &[]) });
        match answer {
            Answer::Nothing => {}
            Answer::Json(schema) => good["content"] = json!({ "application/json": { "schema": schema } }),
            Answer::Bytes(media) => {
                let schema = json!({ "type": "string", "contentMediaType": media });
                good["content"] = json!({ *media: { "schema": schema } });
            }
        }
        responses.insert(status.to_string(), good);
        for status in self.refusals() {
            let schema = json!({ "$ref": "#/components/schemas/Problem" });
            let refusal = json!({
                "description": texts.say(&format!("api.answers.{status}"), &[]),
                "content": { "application/problem+json": { "schema": schema } },
            });
            responses.insert(status.to_string(), refusal);
        }
        operation["responses"] = responses.into();
        operation
    }

    fn place(&self, name: &str, texts: &dyn Say) -> Value {
        let schema = match name {
            "id" | "number" => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
            _ => json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema, "description": self.about(name, texts) })
    }

    fn about(&self, parameter: &str, texts: &dyn Say) -> String {
        texts
            .find(&format!("{}.api.parameters.{parameter}", self.tag))
            .unwrap_or_else(|| texts.say(&format!("api.parameters.{parameter}"), &[]))
    }

    /// The name of its body's schema: `accounts_clear_quota` becomes `AccountsClearQuotaBody`.
    fn body_name(&self) -> String {
        let words = self.tag.split(['_', '-']).chain(self.name.split(['_', '-']));
        let capital = |word: &str| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        };
        words.map(capital).chain(["Body".to_owned()]).collect()
    }
}

/// Writes `extras` into the API's description `document`.
pub(super) fn describe(document: &mut Value, extras: &[Extra], texts: &dyn Say) {
    for extra in extras {
        let known = document["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag["name"] == extra.tag));
        if !known && let Some(tags) = document["tags"].as_array_mut() {
            let about = texts.find(&format!("{}.about", extra.tag));
            let about = about.unwrap_or_else(|| texts.say(&format!("{}.many", extra.tag), &[]));
            tags.push(json!({ "name": extra.tag, "description": about }));
        }
        document["paths"][&extra.path][extra.method.as_str().to_lowercase()] = extra.operation(texts);
        if let Some(body) = &extra.body {
            document["components"]["schemas"][extra.body_name()] = body.clone();
        }
    }
}
