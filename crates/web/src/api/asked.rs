//! What a handler of the API is asked: the resource, the actor, and the steps that every write shares.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequestParts, Path, rejection::BytesRejection},
    http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts},
    response::Response,
};
use puzi_resource::{Actor, Engine, Error, Hook, Input, Record, Resource};
use puzi_shop::idempotency::{self, Ticket};
use serde_json::{Map, Value};

use super::{
    gate::Reader,
    idempotent::{self, Begin},
    problem::Problem,
    records,
};
use crate::App;

/// A request to a resource, past the gate.
pub(super) struct Asked {
    pub(super) app: Arc<App>,
    pub(super) resource: Arc<Resource>,
    pub(super) actor: Actor,
    pub(super) reader: Reader,
    pub(super) uri: Uri,
    method: Method,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Ok(reader) = Reader::from_request_parts(parts, app).await;
        // The route leaves the one and the gate the other; without them this is a fault of the table.
        let fault = || reader.problem(StatusCode::INTERNAL_SERVER_ERROR);
        Ok(Self {
            app: app.clone(),
            resource: parts.extensions.get::<Arc<Resource>>().cloned().ok_or_else(fault)?,
            actor: parts.extensions.get::<Actor>().cloned().ok_or_else(fault)?,
            reader,
            uri: parts.uri.clone(),
            method: parts.method.clone(),
            headers: parts.headers.clone(),
        })
    }
}

impl Asked {
    pub(super) fn engine(&self) -> &Engine {
        self.app.admin.faces.engine()
    }

    /// What `error` is to the client.
    pub(super) fn problem(&self, error: Error) -> Problem {
        Problem::of(error, &self.resource, &self.reader)
    }

    /// The row number in the address. What is no number is no record's.
    pub(super) fn id(&self, id: records::Id) -> Result<i64, Problem> {
        let id = id.ok().and_then(|Path(id)| id.parse().ok());
        id.ok_or_else(|| self.reader.problem(StatusCode::NOT_FOUND))
    }

    /// The body, whole.
    pub(super) fn body(&self, body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
        body.map_err(|refused| self.reader.problem(refused.status()))
    }

    /// The fields of the body.
    pub(super) fn object(&self, body: &[u8]) -> Result<Map<String, Value>, Problem> {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
            return Err(self.reader.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(self.refused("api.refused.object")),
            Err(error) => Err(self.reader.problem(StatusCode::BAD_REQUEST).detail(error.to_string())),
        }
    }

    /// The values given.
    pub(super) fn input(&self, body: &[u8]) -> Result<Input, Problem> {
        Ok(Input::Json(self.object(body)?))
    }

    fn refused(&self, key: &str) -> Problem {
        self.reader.problem(StatusCode::BAD_REQUEST).detail(self.reader.text(key))
    }

    /// The version that the client saw: `If-Match`, else the body's `version`.
    pub(super) fn version(&self, fields: &mut Map<String, Value>) -> Result<Option<i64>, Problem> {
        if !self.resource.is_versioned() {
            return Ok(None);
        }
        let in_body = fields.remove("version");
        let version = records::if_match(&self.headers).or_else(|| in_body?.as_i64());
        match version {
            Some(version) => Ok(Some(version)),
            None => Err(self.reader.problem(StatusCode::PRECONDITION_REQUIRED)),
        }
    }

    /// Claims the request's idempotency key, if it has one.
    pub(super) async fn begin(&self, body: &[u8]) -> Result<Begin, Problem> {
        let asked = (&self.method, &self.uri, &self.headers);
        let begun = idempotent::begin(&self.app.db, &self.actor, &self.reader, asked, body).await?;
        if let Begin::Again { body, .. } = &begun {
            self.still_sees(body).await?;
        }
        Ok(begun)
    }

    /// An answer is given again for a record that is still seen: what lies outside by now is not there.
    async fn still_sees(&self, answered: &str) -> Result<(), Problem> {
        if self.resource.partition.is_none() || self.actor.within.is_none() {
            return Ok(());
        }
        let in_path = self.uri.path().split('/').find_map(|part| part.parse::<i64>().ok());
        let in_body = || serde_json::from_str::<Value>(answered).ok()?["id"].as_i64();
        let Some(id) = in_path.or_else(in_body) else { return Ok(()) };
        let record = self.engine().written(&self.resource, &self.actor, id).await;
        let record = record.map_err(|error| self.problem(error))?;
        if record.values.is_empty() { Err(self.reader.problem(StatusCode::NOT_FOUND)) } else { Ok(()) }
    }

    /// The engine, its next change marking the key's claim in the same transaction. An area's own use case has a
    /// transaction that is not ours: there the claim is marked as begun before.
    pub(super) async fn marking(&self, ticket: Option<Ticket>) -> Result<Engine, Problem> {
        let engine = self.engine().clone();
        let Some(ticket) = ticket else { return Ok(engine) };
        if self.resource.writer.is_some() {
            self.mark_begun(Some(ticket)).await?;
            return Ok(engine);
        }
        let hook: Hook = Arc::new(move |change| {
            Box::pin(async move {
                match idempotency::mark(change.tx, ticket, change.id).await {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(Error::Other("the key's claim was taken over".into())),
                    Err(error) => Err(Error::Other(error.to_string())),
                }
            })
        });
        Ok(engine.also(hook))
    }

    /// Marks that something begins whose end no transaction of ours will know.
    pub(super) async fn mark_begun(&self, ticket: Option<Ticket>) -> Result<(), Problem> {
        match ticket {
            Some(ticket) => idempotent::mark_begun(&self.app.db, &self.reader, ticket).await,
            None => Ok(()),
        }
    }

    /// Answers for a change that happened although nobody was told: with the record as it is now.
    pub(super) async fn told_late(&self, status: StatusCode, id: i64) -> Result<Response, Problem> {
        let record = self.engine().written(&self.resource, &self.actor, id).await;
        let record = record.map_err(|error| self.problem(error))?;
        let body = records::to_json(&self.resource, &record).to_string();
        Ok(records::with_version(&record, records::answer(status, body)))
    }

    /// Answers for a change, and keeps the answer with the key.
    pub(super) async fn settle(
        &self,
        ticket: Option<Ticket>,
        status: StatusCode,
        changed: Result<Record, Error>,
    ) -> Result<Response, Problem> {
        let tag = changed.as_ref().ok().cloned();
        let body = changed.map(|record| records::to_json(&self.resource, &record).to_string());
        let response = self.keep(ticket, status, body).await?;
        Ok(match tag {
            Some(record) => records::with_version(&record, response),
            None => response,
        })
    }

    /// Answers with `body`, and keeps it with the key; a refusal gives the key back.
    pub(super) async fn keep(
        &self,
        ticket: Option<Ticket>,
        status: StatusCode,
        body: Result<String, Error>,
    ) -> Result<Response, Problem> {
        let kept = match (ticket, &body) {
            (Some(ticket), Ok(body)) => idempotency::answer(&self.app.db, ticket, status.as_u16(), body).await,
            (Some(ticket), Err(error)) if records::is_refusal(error) => {
                idempotency::release(&self.app.db, ticket).await
            }
            _ => Ok(()),
        };
        if let Err(error) = kept {
            // The change stands and is marked: the same request finds it.
            tracing::warn!(%error, "an answer could not be kept with its key");
        }
        body.map(|body| records::answer(status, body)).map_err(|error| self.problem(error))
    }
}
