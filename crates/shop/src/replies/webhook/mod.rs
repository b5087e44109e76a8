//! Asks the merchant's own server for an answer.
//!
//! The request is a `POST` of the message as JSON ([`Question`]), with the headers `webhook-id`, `webhook-timestamp`
//! and `webhook-signature` of <https://www.standardwebhooks.com/>. A message has one id, however often it is asked
//! about. The answer is one of:
//!
//! - `204`, or an empty body: no answer to the follower;
//! - `application/json`: a reply, such as `{"kind": "text", "content": "您好"}`;
//! - `text/plain`: the text to answer with.
//!
//! Anything else is an error: another status (redirects are not followed), a page of HTML, more than 64 KiB, or no
//! answer within the rule's time.

use std::time::Duration;

use puzi_wechat::reply::Reply;
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde::{Deserialize, Serialize};

pub(super) use crate::outward::SigningKey;
pub use crate::outward::{Guard, NotAllowable, Refused};

use super::{plan::WebhookCall, template::TEXT_LIMIT};
use crate::outward::{Letter, NotSent, Sender};

/// The most that an answer may have, in bytes.
const ANSWER_LIMIT: usize = 64 << 10;

/// The most time that any rule may give, whatever it says.
const LONGEST: Duration = Duration::from_secs(30);

/// What a webhook is told about a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The message's id; the same when the message is asked about again.
    pub id: String,
    /// The account's short name.
    pub account: String,
    /// The name of the rule that asks.
    pub rule: String,
    /// The follower.
    pub openid: String,
    /// When the message was sent, in Unix seconds.
    pub sent_at: i64,
    /// WeChat's `MsgType`.
    pub kind: String,
    /// The text of a text message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// WeChat's `Event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// WeChat's `EventKey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_key: Option<String>,
    /// The scene of a scanned code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<String>,
    /// Everything that WeChat sent, by WeChat's names.
    #[serde(default)]
    pub fields: serde_json::Value,
}

/// Why a webhook gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The address is one that may not be called.
    #[error("the webhook's address is refused: {0}")]
    Refused(#[from] Refused),
    /// The rule has no usable signing key.
    #[error("the webhook has no signing key; save the rule again")]
    NoKey,
    /// No answer in time.
    #[error("the webhook did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The connection failed.
    #[error("the webhook cannot be reached: {0}")]
    Unreachable(String),
    /// An answer with another status than 200 or 204.
    #[error("the webhook answered {0}")]
    Status(StatusCode),
    /// More than 64 KiB.
    #[error("the webhook's answer is larger than {ANSWER_LIMIT} bytes")]
    TooLarge,
    /// Neither a reply as JSON nor plain text, or a reply that WeChat would refuse.
    #[error("the webhook's answer cannot be used: {0}")]
    Unusable(String),
}

impl From<NotSent> for AskError {
    fn from(error: NotSent) -> Self {
        match error {
            NotSent::Refused(refused) => Self::Refused(refused),
            NotSent::Unreachable(why) => Self::Unreachable(why),
        }
    }
}

impl AskError {
    /// A short word for metrics.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::NoKey => "no_key",
            Self::TimedOut(_) => "timed_out",
            Self::Unreachable(_) => "unreachable",
            Self::Status(_) => "status",
            Self::TooLarge => "too_large",
            Self::Unusable(_) => "unusable",
        }
    }
}

/// Asks webhooks; cheap to clone, with one pool of connections.
#[derive(Debug, Clone)]
pub struct Webhooks {
    sender: Sender,
}

impl Webhooks {
    /// Webhooks that may reach what `guard` lets them.
    pub fn new(guard: Guard) -> Self {
        Self { sender: Sender::new(guard) }
    }

    /// The rule of which addresses may be called, for [`super::check()`].
    pub fn guard(&self) -> &Guard {
        self.sender.guard()
    }

    /// Asks once, within the call's time.
    ///
    /// # Errors
    /// [`AskError`]; nothing is retried, because the follower waits.
    pub async fn ask(&self, call: &WebhookCall, question: &Question) -> Result<Reply, AskError> {
        self.guard().check_url(&call.url)?;
        let key = call.secret.as_ref().and_then(SigningKey::parse).ok_or(AskError::NoKey)?;
        let body = serde_json::to_vec(question).map_err(|e| AskError::Unusable(e.to_string()))?;
        let timestamp = jiff::Timestamp::now().as_second();
        let signature = key.sign(&question.id, timestamp, &body);
        let letter = Letter { id: &question.id, timestamp, signature, body, replay: false };
        let timeout = call.timeout.min(LONGEST);
        let exchange = async { read_answer(self.sender.post(&call.url, letter).await?).await };
        tokio::time::timeout(timeout, exchange).await.map_err(|_| AskError::TimedOut(timeout))?
    }
}

async fn read_answer(mut response: Response) -> Result<Reply, AskError> {
    match response.status() {
        StatusCode::NO_CONTENT => return Ok(Reply::Nothing),
        StatusCode::OK => {}
        other => return Err(AskError::Status(other)),
    }
    if response.content_length().is_some_and(|length| length > ANSWER_LIMIT as u64) {
        return Err(AskError::TooLarge);
    }
    let kind = media_type(response.headers());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(NotSent::from)? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(AskError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    to_reply(&kind, body)
}

fn to_reply(media_type: &str, body: Vec<u8>) -> Result<Reply, AskError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Reply::Nothing);
    }
    let unusable = |what: &dyn ToString| AskError::Unusable(what.to_string());
    let reply: Reply = match media_type {
        "application/json" => serde_json::from_slice(&body).map_err(|e| unusable(&e))?,
        "text/plain" | "" => Reply::text(String::from_utf8(body).map_err(|e| unusable(&e))?),
        other => return Err(unusable(&format!("{other} is neither application/json nor text/plain"))),
    };
    reply.check().map_err(|e| unusable(&e))?;
    match &reply {
        Reply::Text { content, .. } if content.len() > TEXT_LIMIT => {
            Err(unusable(&format!("the text has {} bytes, WeChat takes {TEXT_LIMIT}", content.len())))
        }
        _ => Ok(reply),
    }
}

/// The media type without its parameters, in lower case; empty when none is given.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
