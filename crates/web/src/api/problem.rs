//! Refusals as RFC 9457 problems, in one place.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use puzi_resource::{Error, Resource, Say};
use serde_json::{Value, json};

use super::gate::Reader;
use crate::RequestId;

/// A refusal, written out for a reader's language.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(super) status: StatusCode,
    body: Value,
}

impl Problem {
    /// The problem of `status` in the words of `texts`.
    pub(super) fn new(status: StatusCode, texts: &dyn Say) -> Self {
        let code = status.as_u16();
        let mut body = json!({
            "type": format!("/api/v1#{code}"),
            "title": texts.say(&format!("api.answers.{code}"), &[]),
            "status": code,
        });
        if let Some(id) = RequestId::current() {
            body["request_id"] = id.as_str().into();
        }
        Self { status, body }
    }

    /// Says more of this one occurrence.
    #[must_use]
    pub(super) fn detail(self, text: impl Into<String>) -> Self {
        let text: String = text.into();
        self.with("detail", text)
    }

    /// With one member more.
    #[must_use]
    pub(super) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.body[member] = value.into();
        self
    }

    /// What `error` means to somebody who asked for records of `resource`.
    pub(super) fn of(error: Error, resource: &Resource, reader: &Reader) -> Self {
        let status = |status| Self::new(status, reader);
        match error {
            Error::NotFound => status(StatusCode::NOT_FOUND),
            Error::Forbidden(permission) => status(StatusCode::FORBIDDEN).with("permission", permission),
            Error::Request(text) => status(StatusCode::BAD_REQUEST).detail(text),
            Error::Refused(key, args) => status(StatusCode::CONFLICT).detail(reader.say(&key, &args)),
            Error::Conflict(record) => {
                status(StatusCode::CONFLICT).with("current", super::records::to_json(resource, &record))
            }
            Error::Invalid(problems) => {
                let errors: Vec<_> = problems
                    .iter()
                    .map(|problem| {
                        let label = reader.label(resource, &problem.field);
                        let rule = problem.key.strip_prefix("rules.").unwrap_or(&problem.key);
                        json!({ "field": problem.field, "rule": rule, "message": problem.message(reader, &label) })
                    })
                    .collect();
                status(StatusCode::UNPROCESSABLE_ENTITY).with("errors", errors)
            }
            Error::Database(error) => {
                tracing::error!(%error, "the database refused a request of the API");
                status(StatusCode::SERVICE_UNAVAILABLE)
            }
            Error::Other(error) => {
                tracing::error!(error, "a request of the API failed");
                status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body.to_string()).into_response();
        let kind = header::HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = header::HeaderValue::from_static("Bearer realm=\"Puzi\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
