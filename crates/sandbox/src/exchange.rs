//! What went over the wire for one thing a user did.

use serde::Serialize;

use crate::Answer;

/// One push with all of its deliveries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    /// Grows over the whole sandbox.
    pub id: u64,
    /// The account's appid.
    pub appid: String,
    /// Who did it; empty for a URL check.
    pub openid: String,
    /// Unix milliseconds, by the sandbox's clock.
    pub at: i64,
    /// What it was, in a few words.
    pub label: Label,
    /// Whether nothing more will be delivered.
    pub done: bool,
    /// Every time it was sent.
    pub deliveries: Vec<Delivery>,
}

impl Exchange {
    /// The answer that the user got, if any.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        self.deliveries.iter().find_map(|delivery| delivery.answer.as_ref())
    }

    /// The text of the answer, when it is one of text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.answer().and_then(Answer::text)
    }

    /// Whether some delivery was answered as the platform wants it: with a reply, nothing, or `success`.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.deliveries.iter().any(|delivery| delivery.outcome.is_accepted())
    }
}

/// What an exchange is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// MsgType, or the event's name, or `verify`.
    pub kind: String,
    /// The text, key, scene or the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One time a push was sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// 1 to 3; a duplicate has its first's number.
    pub attempt: u8,
    /// Unix milliseconds, by the sandbox's clock.
    pub at: i64,
    /// `POST`, or `GET` for a URL check.
    pub method: &'static str,
    /// Where to, without the query.
    pub url: String,
    /// The signed query.
    pub query: String,
    /// Whether the body holds a sealed message.
    pub encrypted: bool,
    /// The body as sent.
    pub body: String,
    /// The message before sealing.
    pub plain: String,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Milliseconds until the answer or the failure.
    pub millis: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// The answer's body.
    pub response: String,
    /// The answer's message after opening.
    pub response_plain: String,
    /// What was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The answer as understood.
    #[serde(skip)]
    pub answer: Option<Answer>,
}

impl Delivery {
    /// The text of the answer, when it is one of text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.answer.as_ref().and_then(Answer::text)
    }
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A reply that the platform understands (for a URL check: the echostr).
    Answered,
    /// An empty body: nothing to say.
    Empty,
    /// The word `success`: nothing to say.
    Success,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke.
    Refused,
    /// An answer that the platform does not understand.
    BadAnswer,
    /// Lost by the fault switch.
    Dropped,
    /// Still waiting.
    Running,
}

impl Outcome {
    /// Whether the platform is content and does not send again.
    #[must_use]
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Answered | Self::Empty | Self::Success)
    }
}
