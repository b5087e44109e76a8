//! What went wrong, as a page: in one place, whatever the handler.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use puzi_shop::Problem;

/// What a handler gives.
pub(crate) type Answer = Result<Response, Failure>;

/// Why there is no page; the gate turns it into one, for it knows who asks.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    /// The text's group in `[problem]`: `not_found`, `forbidden` …
    pub(crate) key: &'static str,
    /// Wrong fields that no form shows.
    pub(crate) problems: Vec<Problem>,
}

impl Failure {
    /// No such page, or not for this person.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found")
    }

    /// The role does not allow it.
    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden")
    }

    /// The request makes no sense.
    pub(crate) fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request")
    }

    /// Somebody else changed it meanwhile.
    pub(crate) fn conflict() -> Self {
        Self::new(StatusCode::CONFLICT, "conflict")
    }

    /// Our own fault; what it was stands in the log.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    pub(super) fn new(status: StatusCode, key: &'static str) -> Self {
        Self { status, key, problems: Vec::new() }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<puzi_shop::Error> for Failure {
    fn from(error: puzi_shop::Error) -> Self {
        use puzi_shop::Error;
        match error {
            Error::NotFound => Self::not_found(),
            Error::Invalid(problems) => Self { problems, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid") },
            Error::Forbidden(_) => Self::forbidden(),
            Error::Stale => Self::conflict(),
            Error::NotNow(problem) => Self { problems: vec![problem], ..Self::new(StatusCode::CONFLICT, "not_now") },
            Error::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Error::Database(error) => {
                tracing::error!(%error, "the database refused an admin page");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "database")
            }
            Error::WeChat(error) => {
                tracing::warn!(%error, "WeChat refused a call from the admin");
                Self::new(StatusCode::BAD_GATEWAY, "wechat")
            }
            error => {
                tracing::error!(%error, "an admin page failed");
                Self::internal()
            }
        }
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page could not be written");
        Self::internal()
    }
}
