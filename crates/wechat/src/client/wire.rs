//! One HTTP exchange with the platform: where it goes, how long it may take, what comes back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

use super::answer::{self, Binary};
use super::error::{ApiError, ErrorKind, Result, bare};
use super::pauses::Pauses;
use super::upload::Payload;

/// An answer beyond this many bytes is refused; the platform's largest, a voice or a picture, is 10 MB.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// Bytes that are put aside for an answer before it comes.
const FIRST_ROOM: usize = 256 * 1024;
/// How long calls go to the second host before the first is tried again.
const SECOND_HOST_LASTS: Duration = Duration::from_secs(60);

/// What carries requests: the network, or a double in its place.
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    #[cfg(feature = "testing")]
    pub(crate) double: Option<crate::testing::Line>,
}

impl Transport {
    async fn send(&self, request: RequestBuilder, out: &Outgoing<'_>) -> Result<Response> {
        let request = request.build().map_err(|e| ApiError::transport(out.path, e))?;
        #[cfg(feature = "testing")]
        if let Some(double) = &self.double {
            return double.respond(&request, out.path, out.payload).await;
        }
        self.http.execute(request).await.map_err(|e| ApiError::transport(out.path, e))
    }
}

/// The connection to the platform and its limits.
pub(super) struct Wire {
    pub(super) transport: Transport,
    /// Without a slash at the end.
    pub(super) base: String,
    /// Whether `base` is the platform's own, which has other hosts beside it.
    pub(super) own: bool,
    pub(super) second: Option<SecondHost>,
    pub(super) timeout: Duration,
    pub(super) back_off: Duration,
    pub(super) repeats: u32,
    pub(super) deadline: Duration,
    pub(super) slots: Option<Arc<Semaphore>>,
}

/// Another host of the platform's, for when the first cannot be connected to.
pub(super) struct SecondHost {
    base: String,
    /// When the first host could not be connected to and this one could.
    since: Mutex<Option<Instant>>,
}

impl SecondHost {
    pub(super) fn new(base: String) -> Self {
        Self { base, since: Mutex::default() }
    }

    fn is_in_use(&self) -> bool {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|at| at.elapsed() < SECOND_HOST_LASTS)
    }

    fn use_it(&self, use_it: bool) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = use_it.then(Instant::now);
    }
}

/// One request as it goes out.
pub(super) struct Outgoing<'a> {
    pub(super) method: &'a Method,
    /// Another host of the platform's.
    pub(super) host: Option<&'static str>,
    pub(super) path: &'a str,
    pub(super) query: &'a [(String, String)],
    pub(super) token: Option<&'a str>,
    pub(super) payload: &'a Payload,
    pub(super) timeout: Duration,
}

impl Wire {
    /// Sends the request once and reads its answer, which carries no errcode but 0.
    pub(super) async fn exchange(&self, out: &Outgoing<'_>) -> Result<Binary> {
        let began = Instant::now();
        let result = match self.begin(out).await {
            Ok(arrival) => arrival.collect().await,
            Err(error) => Err(error),
        };
        note(out, began, result.as_ref().err());
        result
    }

    /// Sends the request once, until its answer begins.
    pub(super) async fn open(&self, out: &Outgoing<'_>) -> Result<Arrival> {
        let began = Instant::now();
        let result = self.begin(out).await;
        note(out, began, result.as_ref().err());
        result
    }

    async fn begin(&self, out: &Outgoing<'_>) -> Result<Arrival> {
        if let Some(host) = out.host.filter(|_| self.own) {
            return self.begin_at(&format!("https://{host}"), out).await;
        }
        let Some(second) = &self.second else { return self.begin_at(&self.base, out).await };
        let in_use = second.is_in_use();
        let (one, other) = if in_use { (&second.base, &self.base) } else { (&self.base, &second.base) };
        match self.begin_at(one, out).await {
            // Nothing was sent, so that sending it elsewhere cannot do it twice.
            Err(error) if error.never_connected() => {
                tracing::warn!(path = bare(out.path), %error, "trying the other host");
                let result = self.begin_at(other, out).await;
                if !result.as_ref().is_err_and(ApiError::never_connected) {
                    second.use_it(!in_use);
                }
                result
            }
            result => result,
        }
    }

    async fn begin_at(&self, base: &str, out: &Outgoing<'_>) -> Result<Arrival> {
        let mut request = self.transport.http.request(out.method.clone(), format!("{base}{}", out.path));
        if out.token.is_some() || !out.query.is_empty() {
            let token = out.token.map(|token| ("access_token", token));
            let asked = out.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            request = request.query(&token.into_iter().chain(asked).collect::<Vec<_>>());
        }
        let request = out.payload.attach(request, out.path).await?;
        let until = tokio::time::Instant::now() + out.timeout;
        match timeout_at(until, self.transport.send(request, out)).await {
            Ok(response) => {
                let response = response?;
                let (path, length) = (out.path.to_owned(), response.content_length());
                Ok(Arrival { path, length, response, timeout: out.timeout, until })
            }
            Err(_) => Err(late(out.path, out.timeout)),
        }
    }

    /// The pauses between the attempts of one call that begins now.
    pub(super) fn pauses(&self, deadline: Duration) -> Pauses {
        Pauses::new(self.back_off, self.repeats, Instant::now() + deadline)
    }

    /// Waits until one more request may be on its way.
    pub(super) async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        let slots = self.slots.as_ref()?;
        Some(slots.clone().acquire_owned().await.expect("nobody closes the semaphore"))
    }
}

fn note(out: &Outgoing<'_>, began: Instant, error: Option<&ApiError>) {
    let errcode = error.and_then(|e| e.errcode);
    tracing::debug!(path = bare(out.path), ok = error.is_none(), errcode, millis = began.elapsed().as_millis(), "call");
}

/// The time is over.
pub(super) fn late(path: &str, timeout: Duration) -> ApiError {
    ApiError::local(ErrorKind::Transport, path, format!("no answer within {timeout:?}"))
}

/// An answer that has begun.
pub(super) struct Arrival {
    pub(super) path: String,
    /// In bytes, when it was told beforehand.
    pub(super) length: Option<u64>,
    pub(super) response: Response,
    pub(super) timeout: Duration,
    until: tokio::time::Instant,
}

impl Arrival {
    /// Reads the answer to its end.
    pub(super) async fn collect(mut self) -> Result<Binary> {
        // A length that was told may be a lie.
        let told = self.length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut body = BytesMut::with_capacity(told.min(FIRST_ROOM));
        while self.more(&mut body).await? {
            if body.len() > MAX_ANSWER {
                let text = format!("the answer is longer than {MAX_ANSWER} bytes");
                return Err(ApiError::local(ErrorKind::CallerMistake, &self.path, text));
            }
        }
        self.check(&body)?;
        Ok(Binary { bytes: body.freeze(), content_type: self.content_type(), file_name: self.file_name() })
    }

    /// Reads on into `body`; `false` at the end.
    pub(super) async fn more(&mut self, body: &mut BytesMut) -> Result<bool> {
        match timeout_at(self.until, self.response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                body.extend_from_slice(&chunk);
                Ok(true)
            }
            Ok(Ok(None)) => Ok(false),
            Ok(Err(error)) => Err(ApiError::transport(&self.path, error).having_received(body)),
            Err(_) => Err(late(&self.path, self.timeout).having_received(body)),
        }
    }

    /// Refuses an answer, read to its end, that carries an errcode or a bad status.
    pub(super) fn check(&self, body: &[u8]) -> Result<()> {
        answer::check(&self.path, body)?;
        let status = self.response.status();
        if status.is_success() { Ok(()) } else { Err(self.refused(status).having_received(body)) }
    }

    /// An HTTP status that came without an errcode: from something between us and the API.
    fn refused(&self, status: StatusCode) -> ApiError {
        let kind = match status {
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::RetryLater,
            s if s.is_server_error() => ErrorKind::Transport,
            s if s.is_redirection() => ErrorKind::Configuration,
            _ => ErrorKind::CallerMistake,
        };
        let mut text = format!("HTTP status {status}");
        if let Some(to) = header(&self.response, LOCATION) {
            // Its query may repeat ours, and the token with it.
            let to = to.split(['?', '#']).next().unwrap_or_default();
            text = format!("{text} to {}", to.chars().take(200).collect::<String>());
        }
        ApiError::local(kind, &self.path, text)
    }

    pub(super) fn content_type(&self) -> Option<String> {
        header(&self.response, CONTENT_TYPE)
    }

    pub(super) fn file_name(&self) -> Option<String> {
        header(&self.response, CONTENT_DISPOSITION).and_then(|text| answer::file_name(&text))
    }
}

fn header(response: &Response, name: HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(response.headers().get(name)?.as_bytes()).into_owned())
}
