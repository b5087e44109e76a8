//! A double of the platform, for tests without a network.
//!
//! A [`Double`] takes the place of the connection only: tokens, repetition, limits, the reading of answers and errors are
//! the real ones. It answers what it was told to answer, in order, and keeps what it was asked.
//!
//! ```
//! use puzi_wechat::client::{ApiError, Client, Condition, CustomMessage};
//! use puzi_wechat::testing::Double;
//! use serde_json::json;
//!
//! /// What is to be tested: greets a follower, and says whether the greeting arrived.
//! async fn greet(wechat: &Client, openid: &str) -> Result<bool, ApiError> {
//!     match wechat.messages().send(openid, &CustomMessage::text("您好")).await {
//!         Err(e) if e.is(Condition::WindowClosed) => Ok(false),
//!         other => other.map(|()| true),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let wechat = Double::new();
//! wechat.answer("/cgi-bin/message/custom/send", json!({"errcode": 0, "errmsg": "ok"}));
//! wechat.fail("/cgi-bin/message/custom/send", 45015, "response out of time limit");
//!
//! let client = wechat.client();
//! assert_eq!(greet(&client, "o1").await, Ok(true));
//! assert_eq!(greet(&client, "o1").await, Ok(false));
//!
//! assert_eq!(wechat.calls().len(), 2);
//! assert_eq!(wechat.calls()[0].json["text"]["content"], "您好");
//! assert!(wechat.unused().is_empty());
//! # }
//! ```

mod answer;
mod line;
mod recorded;

use std::time::Duration;

pub use answer::Answer;
pub(crate) use line::Line;
pub use recorded::{Part, Recorded};

use crate::Secret;
use crate::client::{Builder, Client};

/// The account that the double's clients speak for.
const APPID: &str = "wx0123456789abcdef";

/// Stands in for the platform; see the [module](self). Clones are the same double.
#[derive(Clone, Default)]
pub struct Double {
    line: Line,
}

impl Double {
    /// A double that knows no path yet, except the one that hands out access tokens.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client whose calls come here. It repeats as the real one does, but hardly pauses.
    pub fn client(&self) -> Client {
        self.builder().build().expect("the double's settings are right")
    }

    /// The beginning of such a client, to set more.
    pub fn builder(&self) -> Builder {
        let builder = Client::builder(APPID, Secret::new("the double's secret".to_owned()));
        builder.no_proxy().back_off(Duration::from_millis(1)).double(self.line.clone())
    }

    /// The answer to one more call of `path`, such as `/cgi-bin/tags/create`: JSON, or an [`Answer`]. Several are given
    /// in this order, one a call.
    pub fn answer(&self, path: &str, answer: impl Into<Answer>) -> &Self {
        self.line.script(path, |script| script.next.push_back(answer.into()));
        self
    }

    /// Refuses one more call of `path` with `errcode`.
    pub fn fail(&self, path: &str, errcode: i64, errmsg: &str) -> &Self {
        self.answer(path, Answer::error(errcode, errmsg))
    }

    /// What every call of `path` gets when no answer of its own is left for it.
    pub fn always(&self, path: &str, answer: impl Into<Answer>) -> &Self {
        self.line.script(path, |script| script.always = Some(answer.into()));
        self
    }

    /// All calls so far, in order, those for access tokens left out.
    pub fn calls(&self) -> Vec<Recorded> {
        self.line.calls()
    }

    /// The calls of one path so far, in order; for `/cgi-bin/stable_token` those for access tokens.
    pub fn calls_of(&self, path: &str) -> Vec<Recorded> {
        self.line.calls_of(path)
    }

    /// Paths with answers that nobody has asked for yet, as often as there are such answers.
    pub fn unused(&self) -> Vec<String> {
        self.line.unused()
    }
}

impl std::fmt::Debug for Double {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Double").field("calls", &self.calls().len()).finish_non_exhaustive()
    }
}
