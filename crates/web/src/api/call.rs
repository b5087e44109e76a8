//! What a handler of an extra route is asked, and the steps that they share.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequestParts, RawPathParams, rejection::BytesRejection},
    http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use puzi_resource::Actor;
use puzi_shop::{
    accounts::{LiveAccount, Reach},
    audit, idempotency,
};
use puzi_wechat::client::ErrorKind;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    gate::Reader,
    idempotent::{self, Begin},
    problem::Problem,
    records,
};
use crate::{App, admin::shop_actor};

/// What a handler gives.
pub(super) type Answer = Result<Response, Problem>;
/// The body as it came.
pub(super) type Body = Result<Bytes, BytesRejection>;

/// A request to an extra route, past the gate.
pub(super) struct Call {
    pub(super) app: Arc<App>,
    pub(super) actor: Actor,
    /// The accounts whose things are there for the asker.
    pub(super) reach: Reach,
    pub(super) reader: Reader,
    places: Vec<(String, String)>,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Ok(reader) = Reader::from_request_parts(parts, app).await;
        // The gate leaves it; without it this is a fault of the table.
        let actor = parts.extensions.get::<Actor>().cloned();
        let actor = actor.ok_or_else(|| reader.problem(StatusCode::INTERNAL_SERVER_ERROR))?;
        let places = RawPathParams::from_request_parts(parts, app).await;
        let places = places.map_err(|_| reader.problem(StatusCode::NOT_FOUND))?;
        Ok(Self {
            app: app.clone(),
            reach: reader.reach.clone(),
            actor,
            places: places.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            uri: parts.uri.clone(),
            method: parts.method.clone(),
            headers: parts.headers.clone(),
            reader,
        })
    }
}

impl Call {
    /// Who asks, as the audit log names them.
    pub(super) fn by(&self) -> audit::Actor {
        shop_actor(&self.actor)
    }

    /// The text at `{name}` of the path.
    pub(super) fn text(&self, name: &str) -> &str {
        self.places.iter().find(|(place, _)| place == name).map_or("", |(_, value)| value)
    }

    /// The row number at `{name}` of the path. What is no number is nobody's: 404.
    pub(super) fn number(&self, name: &str) -> Result<i64, Problem> {
        self.text(name).parse().map_err(|_| self.reader.problem(StatusCode::NOT_FOUND))
    }

    /// The account at `{account}` or `{id}` of the path, by slug or row number. One that is not seen is not there: 404.
    pub(super) fn account(&self) -> Result<Arc<LiveAccount>, Problem> {
        let which = [self.text("account"), self.text("id")].into_iter().find(|which| !which.is_empty());
        self.find_account(which.unwrap_or_default())
    }

    /// The account `which`, by slug or row number; 404 when it is not seen.
    pub(super) fn find_account(&self, which: &str) -> Result<Arc<LiveAccount>, Problem> {
        let registry = &self.app.registry;
        let by_number = || which.parse().ok().and_then(|id| registry.by_id(id));
        // A slug may be made of digits alone; a paused account is one, too.
        let found = registry.all().into_iter().find(|live| live.account.slug == which).or_else(by_number);
        found.filter(|live| self.reach.sees(live.account.id)).ok_or_else(|| self.reader.problem(StatusCode::NOT_FOUND))
    }

    /// The query's parameters; 400 when they are not of that form.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        axum::extract::Query::try_from_uri(&self.uri)
            .map(|axum::extract::Query(query)| query)
            .map_err(|error| self.reader.problem(StatusCode::BAD_REQUEST).detail(error.to_string()))
    }

    /// The body, whole.
    pub(super) fn body(&self, body: Body) -> Result<Bytes, Problem> {
        body.map_err(|refused| self.reader.problem(refused.status()))
    }

    /// The body's JSON object; 415 when it is no JSON by its header, 400 when it is none by its bytes.
    pub(super) fn object(&self, body: &[u8]) -> Result<Map<String, Value>, Problem> {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
            return Err(self.reader.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(self.reader.problem(StatusCode::BAD_REQUEST).detail(self.reader.text("api.refused.object"))),
            Err(error) => Err(self.reader.problem(StatusCode::BAD_REQUEST).detail(error.to_string())),
        }
    }

    /// The body as a `T`; 400 when it has another form.
    pub(super) fn json<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Problem> {
        let object = Value::Object(self.object(body)?);
        serde_json::from_value(object)
            .map_err(|error| self.reader.problem(StatusCode::BAD_REQUEST).detail(error.to_string()))
    }

    /// The version of `If-Match`; 428 without one.
    pub(super) fn version(&self) -> Result<i64, Problem> {
        let version = records::if_match(&self.headers);
        version.ok_or_else(|| self.reader.problem(StatusCode::PRECONDITION_REQUIRED))
    }

    /// The `Idempotency-Key` made the asker's own, for use cases that keep forms apart themselves; none without one.
    pub(super) fn key(&self) -> Option<String> {
        let key = self.headers.get("idempotency-key")?.to_str().ok()?;
        let whose = format!("{}:{}", self.actor.kind, self.actor.id.unwrap_or_default());
        Some(puzi_shop::digest::sha256(format!("{whose}\n{key}").as_bytes()))
    }

    /// Carries `change` out and answers `status` with what it gives; with an `Idempotency-Key` once, however often it is
    /// asked. `body` is what was sent: the same key with another body is refused.
    pub(super) async fn once(
        &self,
        status: StatusCode,
        body: &[u8],
        change: impl AsyncFnOnce() -> puzi_shop::Result<Value>,
    ) -> Answer {
        let asked = (&self.method, &self.uri, &self.headers);
        let ticket = match idempotent::begin(&self.app.db, &self.actor, &self.reader, asked, body).await? {
            Begin::Again { status, body } => return Ok(records::answer(status, body)),
            // What happens in here is never a row's change of ours.
            Begin::Happened(_) => return Err(self.reader.problem(StatusCode::CONFLICT)),
            Begin::Unkeyed => None,
            Begin::First(ticket) => Some(ticket),
        };
        let db = &self.app.db;
        if let Some(ticket) = ticket {
            idempotent::mark_begun(db, &self.reader, ticket).await?;
        }
        let done = change().await;
        let kept = match (ticket, &done) {
            (Some(ticket), Ok(value)) => idempotency::answer(db, ticket, status.as_u16(), &value.to_string()).await,
            // Nothing happened: the same request may be sent again with its key.
            (Some(ticket), Err(error)) if is_refusal(error) => idempotency::release(db, ticket).await,
            _ => Ok(()),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "an answer could not be kept with its key");
        }
        match done {
            Ok(value) => Ok(records::answer(status, value.to_string())),
            Err(error) => Err(self.refused(error)),
        }
    }

    /// 200 with `value`.
    #[allow(clippy::unused_self, reason = "reads as the answer to this call")]
    pub(super) fn answer(&self, value: &Value) -> Response {
        records::answer(StatusCode::OK, value.to_string())
    }

    /// 200 with `value`, its version as entity tag.
    pub(super) fn answer_version(&self, value: &Value, version: i64) -> Response {
        let mut response = self.answer(value);
        if let Ok(tag) = header::HeaderValue::from_str(&format!("\"{version}\"")) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    /// `bytes` of the media type `kind`; nothing between here and the asker keeps them.
    #[allow(clippy::unused_self, reason = "reads as the answer to this call")]
    pub(super) fn bytes(&self, kind: &'static str, bytes: Vec<u8>) -> Response {
        ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
    }

    /// What `error` is to the asker.
    pub(super) fn refused(&self, error: puzi_shop::Error) -> Problem {
        use puzi_shop::Error;
        let problem = |status| self.reader.problem(status);
        match error {
            Error::NotFound => problem(StatusCode::NOT_FOUND),
            Error::Forbidden(permission) => problem(StatusCode::FORBIDDEN).with("permission", permission),
            Error::Stale => problem(StatusCode::CONFLICT),
            Error::NotNow(why) => {
                let errors =
                    [json!({ "field": why.field, "rule": why.key, "message": why.message(self.reader.locale) })];
                problem(StatusCode::CONFLICT).with("errors", json!(errors))
            }
            Error::Busy => problem(StatusCode::SERVICE_UNAVAILABLE),
            Error::Invalid(problems) => {
                let errors = problems.iter().map(|problem| {
                    let message = problem.message(self.reader.locale);
                    json!({ "field": problem.field, "rule": problem.key, "message": message })
                });
                problem(StatusCode::UNPROCESSABLE_ENTITY).with("errors", errors.collect::<Vec<_>>())
            }
            Error::WeChat(error) => {
                let told = json!({ "errcode": error.errcode, "errmsg": error.errmsg, "rid": error.rid });
                let status = match error.kind {
                    ErrorKind::RetryLater | ErrorKind::Transport => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::BAD_GATEWAY,
                };
                problem(status).with("wechat", told)
            }
            Error::Database(error) => {
                tracing::error!(%error, "the database refused a request of the API");
                problem(StatusCode::SERVICE_UNAVAILABLE)
            }
            other => {
                tracing::error!(error = %other, "a request of the API failed");
                problem(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

/// Whether nothing was changed for certain.
fn is_refusal(error: &puzi_shop::Error) -> bool {
    use puzi_shop::Error;
    matches!(
        error,
        Error::NotFound | Error::Invalid(_) | Error::Forbidden(_) | Error::Stale | Error::NotNow(_) | Error::Busy
    )
}
