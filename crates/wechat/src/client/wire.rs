//! One HTTP exchange with the platform: where it goes, how long it may take, what comes back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

use super::answer::{self, Binary};
use super::download::Download;
use super::error::{ApiError, ErrorKind, Result, bare};
use super::observe::{Got, Observer, Watch, host_of};
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
    pub(super) observer: Option<Arc<dyn Observer>>,
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
    /// The account's, which nobody may be shown.
    pub(super) secret: &'a str,
    pub(super) payload: &'a Payload,
    pub(super) timeout: Duration,
    /// From 1.
    pub(super) attempt: u32,
}

impl<'a> Outgoing<'a> {
    /// What nothing that is said of this request may show.
    pub(super) fn secrets(&self) -> Vec<&'a str> {
        let asked = self.query.iter().filter(|(name, value)| is_secret(name, value)).map(|(_, value)| value.as_str());
        self.token.into_iter().chain(asked).chain([self.secret]).collect()
    }
}

/// Whether a query parameter is nobody else's business. What is short guards nothing, and would strike out words.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    value.len() >= 8 && (name.contains("token") || name.contains("secret") || name.ends_with("code"))
}

impl Wire {
    /// Sends the request once and reads its answer, which carries no errcode but 0.
    pub(super) async fn exchange(&self, out: &Outgoing<'_>) -> Result<Binary> {
        let watch = Watch::begin(self.observer.as_ref());
        let mut arrival = match self.begin(out).await {
            Ok(arrival) => arrival,
            Err(error) => {
                watch.end(out, self.host(out), None, Some(&error));
                return Err(error);
            }
        };
        let (status, content_type) = (arrival.response.status().as_u16(), arrival.content_type());
        let read = arrival.read().await;
        let body = read.as_ref().ok().cloned();
        let result = read.and_then(|body| arrival.finish(body));
        let length = body.as_ref().map(|body| body.len() as u64);
        let got = Got { status, length, content_type: content_type.as_deref(), body: body.as_ref() };
        watch.end(out, self.host(out), Some(got), result.as_ref().err());
        result
    }

    /// Sends the request once, until its answer begins and is no error. `slot` is kept until the answer's end.
    pub(super) async fn open(&self, out: &Outgoing<'_>, slot: Option<OwnedSemaphorePermit>) -> Result<Download> {
        let watch = Watch::begin(self.observer.as_ref());
        let (result, got) = match self.begin(out).await {
            Ok(arrival) => {
                let got = (arrival.response.status().as_u16(), arrival.length, arrival.content_type());
                (Download::begin(arrival, slot).await, Some(got))
            }
            Err(error) => (Err(error), None),
        };
        let got = got.as_ref().map(|(status, length, content_type)| Got {
            status: *status,
            length: *length,
            content_type: content_type.as_deref(),
            body: None,
        });
        watch.end(out, self.host(out), got, result.as_ref().err());
        result
    }

    /// The host that `out` went to, as far as can be told afterwards.
    fn host<'a>(&'a self, out: &Outgoing<'a>) -> &'a str {
        if let Some(host) = out.host.filter(|_| self.own) {
            return host;
        }
        let second = self.second.as_ref().filter(|second| second.is_in_use());
        host_of(second.map_or(&self.base, |second| &second.base))
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

/// The time is over.
pub(super) fn late(path: &str, timeout: Duration) -> ApiError {
    ApiError::late(path, timeout)
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
    async fn read(&mut self) -> Result<Bytes> {
        // A length that was told may be a lie.
        let told = self.length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut body = BytesMut::with_capacity(told.min(FIRST_ROOM));
        while self.more(&mut body).await? {
            if body.len() > MAX_ANSWER {
                let text = format!("the answer is longer than {MAX_ANSWER} bytes");
                return Err(ApiError::local(ErrorKind::CallerMistake, &self.path, text));
            }
        }
        Ok(body.freeze())
    }

    /// The answer, read to its end; an error when it is one.
    fn finish(self, bytes: Bytes) -> Result<Binary> {
        self.check(&bytes)?;
        Ok(Binary { bytes, content_type: self.content_type(), file_name: self.file_name() })
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
