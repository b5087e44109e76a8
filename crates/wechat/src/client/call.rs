//! Calls of any API path, which the typed calls are made of.

use std::fmt;
use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Client;
use super::answer::{self, Binary};
use super::error::{ApiError, ErrorKind, Result};
use super::token::AccessToken;
use super::upload::{Field, Payload};
use super::wire::Outgoing;

/// An upload may take this long where the client's own limit is shorter.
const UPLOAD_TIME: Duration = Duration::from_secs(60);

/// A call being put together; see [`Client::call`].
#[must_use = "a call is made by send, send_bytes or done"]
pub struct Call {
    client: Client,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    payload: Result<Payload>,
    idempotent: bool,
    with_token: bool,
    timeout: Option<Duration>,
}

impl Call {
    pub(super) fn new(client: Client, method: Method, path: String) -> Self {
        let idempotent = method.is_safe();
        let payload = match path.starts_with('/') {
            true => Ok(Payload::Empty),
            false => Err(ApiError::mistake(&path, "an API path begins with a slash")),
        };
        Self { client, method, path, query: Vec::new(), payload, idempotent, with_token: true, timeout: None }
    }

    /// Adds a query parameter. The access token needs none, it is added by itself.
    pub fn query(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sends `body` as JSON, in plain UTF-8 without `\uXXXX`.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        if self.payload.is_ok() {
            self.payload = Payload::json(&self.path, body);
        }
        self
    }

    /// Sends a form, `multipart/form-data`, with files.
    pub fn multipart(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        if self.payload.is_ok() {
            self.payload = Ok(Payload::Form(fields.into_iter().collect()));
        }
        self
    }

    /// Whether doing the call twice is the same as doing it once. Such a call is repeated after a pause when the
    /// platform is busy or the exchange breaks; GET is taken for one, other methods are not.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Sends no access token, for the APIs that take none.
    pub fn without_token(mut self) -> Self {
        self.with_token = false;
        self
    }

    /// The time for one attempt, in the place of the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Makes the call and reads its JSON answer.
    ///
    /// # Errors
    /// Any [`ApiError`]; [`ErrorKind::Transport`] also when the answer is not a `T`.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T> {
        let answer = self.perform().await?;
        answer::parse(&self.path, &answer.bytes)
    }

    /// Makes a call whose answer says no more than that it went well.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn done(self) -> Result<()> {
        self.send::<serde::de::IgnoredAny>().await.map(|_| ())
    }

    /// Makes the call and takes its answer as bytes. A JSON error in the place of the bytes is an error.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn send_bytes(self) -> Result<Binary> {
        self.perform().await
    }

    async fn perform(&self) -> Result<Binary> {
        let payload = self.payload.as_ref().map_err(Clone::clone)?;
        let (wire, keeper) = (&self.client.inner.wire, &self.client.inner.keeper);
        let mut token = match self.with_token {
            true => Some(keeper.current(wire).await.map_err(ApiError::before_sending)?),
            false => None,
        };
        let mut pauses = wire.pauses(wire.deadline);
        let mut refreshed = false;
        loop {
            let error = match self.attempt(payload, token.as_ref()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.kind == ErrorKind::RefreshToken
                && !refreshed
                && let Some(failed) = &token
            {
                // The platform refuses a token before it does anything, so that any call may be repeated.
                refreshed = true;
                token = Some(keeper.replace(wire, failed).await.map_err(ApiError::before_sending)?);
                continue;
            }
            match pauses.next().filter(|_| self.idempotent && error.is_passing()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    async fn attempt(&self, payload: &Payload, token: Option<&AccessToken>) -> Result<Binary> {
        let usual = self.client.inner.wire.timeout;
        let timeout = self.timeout.unwrap_or(match payload {
            Payload::Form(_) => usual.max(UPLOAD_TIME),
            _ => usual,
        });
        let token = token.map(|token| token.value.expose().as_str());
        let out = Outgoing { method: &self.method, path: &self.path, query: &self.query, token, payload, timeout };
        self.client.inner.wire.exchange(&out).await
    }
}

impl fmt::Debug for Call {
    /// Without the query and the body, which may carry secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}
