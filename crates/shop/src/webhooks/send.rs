//! One attempt: signed, posted, and what came of it.

use std::time::{Duration, Instant};

use puzi_wechat::Secret;
use reqwest::{Response, StatusCode, header::RETRY_AFTER};

use crate::{
    db::now_ms,
    outward::{Letter, NotSent, Refused, Sender, SigningKey},
};

/// The most of an answer that is read, in bytes.
const ANSWER_BYTES: usize = 1 << 10;
/// How long an answer's body may take when its status is there already.
const BODY_WITHIN: Duration = Duration::from_secs(1);
/// The longest that a receiver may put us off.
const LONGEST_PUT_OFF: Duration = Duration::from_secs(3_600);

/// What is sent.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) url: String,
    /// The keys that sign: the newest first.
    pub(super) keys: Vec<Secret<String>>,
    pub(super) id: String,
    pub(super) body: String,
    pub(super) replay: bool,
}

/// What came of an attempt.
#[derive(Debug, Clone, Default)]
pub struct Attempted {
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Why it failed: a word, and after a colon more of it. None: it came through.
    pub error: Option<String>,
    /// How long it took, microseconds.
    pub us: i64,
    /// The beginning of the answer, printable.
    pub answer: Option<String>,
    /// `Retry-After`, an hour at most.
    pub put_off: Option<Duration>,
}

impl Attempted {
    /// The receiver took it.
    pub fn is_good(&self) -> bool {
        self.error.is_none()
    }

    /// There is no use in another attempt: the receiver says it is gone, or the address may not be called.
    pub(super) fn is_final(&self) -> bool {
        self.is_gone() || self.error.as_deref().is_some_and(|error| error.starts_with("refused"))
    }

    /// The receiver says that it is gone for good.
    pub(super) fn is_gone(&self) -> bool {
        self.status == Some(StatusCode::GONE.as_u16())
    }

    fn failed(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::default() }
    }
}

/// Posts `package` once, in `within` at most.
pub(super) async fn attempt(sender: &Sender, package: &Package, within: Duration) -> Attempted {
    let began = Instant::now();
    let keys: Vec<SigningKey> = package.keys.iter().filter_map(SigningKey::parse).collect();
    let mut attempted = if keys.is_empty() {
        Attempted::failed("no_key")
    } else {
        let timestamp = now_ms() / 1_000;
        let body = package.body.as_bytes();
        let signatures: Vec<_> = keys.iter().map(|key| key.sign(&package.id, timestamp, body)).collect();
        let letter = Letter {
            id: &package.id,
            timestamp,
            signature: signatures.join(" "),
            body: body.to_vec(),
            replay: package.replay,
        };
        match tokio::time::timeout(within, sender.post(&package.url, letter)).await {
            Ok(Ok(response)) => answered(response).await,
            Ok(Err(NotSent::Refused(refused))) => Attempted::failed(format!("refused: {}", reason(&refused))),
            Ok(Err(NotSent::Unreachable(why))) => {
                Attempted::failed(format!("unreachable: {}", printable(why.as_bytes())))
            }
            Err(_) => Attempted::failed("timeout"),
        }
    };
    attempted.us = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
    attempted
}

/// Why an address may not be called, without the address that a name led to: it would tell of the network inside.
pub(super) fn reason(refused: &Refused) -> &'static str {
    match refused {
        Refused::NotAUrl => "url",
        Refused::Scheme => "scheme",
        Refused::Credentials => "credentials",
        Refused::Port(_) => "port",
        Refused::Private(_) => "private",
    }
}

async fn answered(response: Response) -> Attempted {
    let status = response.status();
    let error = match status {
        _ if status.is_success() => None,
        // Following it would lead past the guard, and the receiver's new address is for a person to type.
        _ if status.is_redirection() => Some("redirect"),
        StatusCode::GONE => Some("gone"),
        _ => Some("status"),
    };
    Attempted {
        status: Some(status.as_u16()),
        error: error.map(str::to_owned),
        us: 0,
        put_off: put_off(&response),
        answer: beginning(response).await,
    }
}

/// `Retry-After` in seconds, of a receiver that is too busy or away.
fn put_off(response: &Response) -> Option<Duration> {
    let away = matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let seconds: u64 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    away.then(|| Duration::from_secs(seconds).min(LONGEST_PUT_OFF))
}

/// The beginning of the answer's body. The rest is not read: it may have no end.
async fn beginning(mut response: Response) -> Option<String> {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() >= ANSWER_BYTES {
                break;
            }
        }
    };
    // What came by then is enough.
    let _ = tokio::time::timeout(BODY_WITHIN, read).await;
    body.truncate(ANSWER_BYTES);
    Some(printable(&body)).filter(|text| !text.is_empty())
}

/// Text without control characters.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_shown_without_what_would_move_the_cursor() {
        assert_eq!(printable(b"\x1b[31mno\x00\xff\nbut "), "[31mno \u{fffd}\nbut");
    }

    #[test]
    fn a_refused_address_is_not_tried_again() {
        assert!(Attempted::failed("refused: private").is_final());
        assert!(!Attempted::failed("timeout").is_final());
        assert!(Attempted { status: Some(410), error: Some("gone".into()), ..Attempted::default() }.is_final());
    }
}
