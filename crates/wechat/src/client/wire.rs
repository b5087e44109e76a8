//! One HTTP exchange with the platform, and the pauses between repeated ones.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use reqwest::{Method, Response, StatusCode};

use super::answer::{self, Binary};
use super::error::{ApiError, ErrorKind, Result};
use super::upload::Payload;

/// An answer beyond this many bytes is refused; the platform's largest, a voice or a picture, is 10 MB.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How often a call is repeated at most.
const REPEATS: u32 = 4;

/// The connection to the platform and its limits.
pub(super) struct Wire {
    pub(super) http: reqwest::Client,
    /// Without a slash at the end.
    pub(super) base: String,
    pub(super) timeout: Duration,
    pub(super) back_off: Duration,
    pub(super) deadline: Duration,
}

/// One request as it goes out.
pub(super) struct Outgoing<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: &'a [(String, String)],
    pub(super) token: Option<&'a str>,
    pub(super) payload: &'a Payload,
    pub(super) timeout: Duration,
}

impl Wire {
    /// Sends the request once and reads its answer, which carries no errcode but 0.
    pub(super) async fn exchange(&self, out: &Outgoing<'_>) -> Result<Binary> {
        let started = Instant::now();
        let result = self.send(out).await.map_err(|e| match out.token {
            Some(token) => e.without(token),
            None => e,
        });
        let errcode = result.as_ref().err().and_then(|e| e.errcode);
        tracing::debug!(path = out.path, ok = result.is_ok(), errcode, millis = started.elapsed().as_millis(), "call");
        result
    }

    async fn send(&self, out: &Outgoing<'_>) -> Result<Binary> {
        let mut request = self.http.request(out.method.clone(), format!("{}{}", self.base, out.path));
        request = request.timeout(out.timeout);
        if let Some(token) = out.token {
            request = request.query(&[("access_token", token)]);
        }
        if !out.query.is_empty() {
            request = request.query(out.query);
        }
        request = out.payload.attach(request, out.path).await?;
        let response = request.send().await.map_err(|e| ApiError::transport(out.path, e))?;
        let status = response.status();
        let content_type = header(&response, CONTENT_TYPE);
        let file_name = header(&response, CONTENT_DISPOSITION).and_then(|text| answer::file_name(&text));
        let bytes = read(out.path, response).await?;
        answer::check(out.path, &bytes)?;
        if status.is_success() { Ok(Binary { bytes, content_type, file_name }) } else { Err(refused(out.path, status)) }
    }

    /// The pauses between the attempts of one call that begins now.
    pub(super) fn pauses(&self, deadline: Duration) -> Pauses {
        Pauses { next: self.back_off, left: REPEATS, until: Instant::now() + deadline }
    }
}

/// An HTTP status that came without an errcode: from something between us and the API.
fn refused(path: &str, status: StatusCode) -> ApiError {
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::RetryLater,
        s if s.is_server_error() => ErrorKind::Transport,
        s if s.is_redirection() => ErrorKind::Configuration,
        _ => ErrorKind::CallerMistake,
    };
    ApiError::local(kind, path, format!("HTTP status {status}"))
}

async fn read(path: &str, mut response: Response) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| ApiError::transport(path, e))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            let text = format!("the answer is longer than {MAX_ANSWER} bytes");
            return Err(ApiError::local(ErrorKind::CallerMistake, path, text));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn header(response: &Response, name: HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(response.headers().get(name)?.as_bytes()).into_owned())
}

/// Growing pauses: doubled each time, with a little chance added so that many callers do not come back together.
pub(super) struct Pauses {
    next: Duration,
    left: u32,
    until: Instant,
}

impl Pauses {
    /// The pause before the next attempt; `None` when attempts or time are used up.
    pub(super) fn next(&mut self) -> Option<Duration> {
        let pause = self.next.mul_f64(1.0 + random_below(250) as f64 / 1000.0);
        if self.left == 0 || Instant::now() + pause > self.until {
            return None;
        }
        self.left -= 1;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        Some(pause)
    }
}

/// Randomness for jitter and names, not for secrets.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

pub(super) fn random_below(limit: u32) -> u32 {
    u32::try_from(random() % u64::from(limit)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let mut pauses =
            Pauses { next: Duration::from_secs(1), left: REPEATS, until: Instant::now() + Duration::from_secs(60) };
        let taken: Vec<_> = std::iter::from_fn(|| pauses.next()).map(|p| p.as_secs_f64()).collect();
        assert_eq!(taken.len(), 4);
        for (pause, least) in taken.iter().zip([1.0, 2.0, 4.0, 8.0]) {
            assert!((least..least * 1.25).contains(pause), "{pause} for {least}");
        }
    }

    #[test]
    fn a_pause_beyond_the_deadline_is_not_taken() {
        let until = Instant::now() + Duration::from_millis(500);
        assert_eq!(Pauses { next: Duration::from_secs(1), left: REPEATS, until }.next(), None);
    }
}
