//! Whether an account works: six checks, each asked when somebody wants to know, the two cheapest of them every hour. What a
//! check said last is kept; when WeChat cannot be asked, it stays and says so.

mod asked;
mod callback;
mod lists;
mod store;
mod watch;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use puzi_wechat::client::{ApiError, ErrorKind};
use serde_json::Value;

use super::{LiveAccount, Registry};
use crate::{
    Result,
    db::{Db, now_ms},
};

pub use self::{
    asked::{Token, ask_for_token},
    callback::OWN_CHECK,
    store::{known, worst},
    watch::watch,
};

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// What can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// WeChat gives an access token for AppID and AppSecret.
    Token,
    /// The callback answers under its public address, and WeChat's network finds it.
    Callback,
    /// WeChat has sent something lately.
    Push,
    /// WeChat's own addresses are those that a firewall was told.
    Addresses,
    /// Which groups of the API the account may use.
    Permissions,
    /// How far today's quotas are used.
    Quota,
}

impl Check {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] =
        [Self::Token, Self::Callback, Self::Push, Self::Addresses, Self::Permissions, Self::Quota];

    /// The word in the table and the texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Callback => "callback",
            Self::Push => "push",
            Self::Addresses => "addresses",
            Self::Permissions => "permissions",
            Self::Quota => "quota",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.as_str() == word)
    }
}

/// How it stands, the better the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Good,
    /// Nobody could say.
    Unknown,
    /// It works, and deserves a look.
    Warning,
    /// It does not work.
    Bad,
}

impl State {
    /// The word in the table and the texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    fn from_word(word: &str) -> Self {
        let all = [Self::Good, Self::Warning, Self::Bad];
        all.into_iter().find(|state| state.as_str() == word).unwrap_or(Self::Unknown)
    }
}

/// The names of what fills a check's sentence.
const PLACES: [&str; 9] = ["address", "url", "status", "at", "count", "all", "path", "percent", "loss"];

/// What a check said.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Which.
    pub check: Check,
    /// How it stands.
    pub state: State,
    /// Key of the sentence among the texts: `account_health.…`.
    pub text: String,
    /// What fills it; `at` is a time in Unix milliseconds.
    args: Vec<(&'static str, String)>,
    /// What belongs to it, by the kind of check: WeChat's own words, lists of addresses, families of the API.
    pub detail: Value,
    /// When it was asked, Unix ms.
    pub at: i64,
    /// How long it took, in microseconds.
    pub us: i64,
    /// It was asked anew and could not be answered: this is what it said before.
    pub in_vain: bool,
}

impl Checked {
    /// What fills the sentence, a time as `when` writes it.
    pub fn args(&self, when: impl Fn(i64) -> String) -> Vec<(&'static str, String)> {
        let written = |(name, value): &(&'static str, String)| match value.parse() {
            Ok(at) if *name == "at" => (*name, when(at)),
            _ => (*name, value.clone()),
        };
        self.args.iter().map(written).collect()
    }
}

/// What a check found, before it is kept.
struct Found {
    state: State,
    text: &'static str,
    args: Vec<(&'static str, String)>,
    detail: Value,
}

impl Found {
    fn new(state: State, text: &'static str) -> Self {
        Self { state, text, args: Vec::new(), detail: Value::Null }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        debug_assert!(PLACES.contains(&name), "{name} is read back by its name");
        self.args.push((name, value.to_string()));
        self
    }

    fn detail(mut self, detail: impl Into<Value>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// What checks need of their surroundings.
#[derive(Clone)]
pub struct HealthParts {
    /// The database.
    pub db: Db,
    /// The accounts.
    pub registry: Registry,
    /// Where WeChat reaches this server, as the operator says; empty while it cannot.
    pub public_url: String,
}

/// Asks `kinds` of `live`, all at once, 8 s each at most, and keeps what each said as soon as it said it. A check that could
/// not be answered keeps what it said before, and is marked so.
///
/// # Errors
/// When the database does not answer.
pub async fn check(parts: &HealthParts, live: &LiveAccount, kinds: &[Check]) -> Result<Vec<Checked>> {
    let asked = join_all(kinds.iter().map(|kind| one(parts, live, *kind))).await;
    let mut all = asked.into_iter().collect::<Result<Vec<_>>>()?;
    all.sort_by_key(|checked| checked.check);
    Ok(all)
}

async fn one(parts: &HealthParts, live: &LiveAccount, check: Check) -> Result<Checked> {
    let (at, began) = (now_ms(), Instant::now());
    let ask = async {
        match check {
            Check::Token => Ok(asked::token(live).await),
            Check::Callback => callback::look(parts, live).await,
            Check::Push => asked::push(parts, live).await,
            Check::Addresses => lists::addresses(parts, live).await,
            Check::Permissions => Ok(lists::permissions(live).await),
            Check::Quota => asked::quota(parts, live).await,
        }
    };
    let found = match tokio::time::timeout(PATIENCE, ask).await {
        Ok(found) => found?,
        Err(_) => None,
    };
    let us = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
    match found {
        Some(found) => {
            let args = found.args;
            let (state, text, detail) = (found.state, found.text.to_owned(), found.detail);
            let checked = Checked { check, state, text, args, detail, at, us, in_vain: false };
            store::keep(&parts.db, live.account.id, &checked).await?;
            Ok(checked)
        }
        None => {
            let before = store::last(&parts.db, live.account.id, check).await?;
            Ok(Checked {
                in_vain: true,
                ..before.unwrap_or_else(|| Checked {
                    check,
                    state: State::Unknown,
                    text: "account_health.never".into(),
                    args: Vec::new(),
                    detail: Value::Null,
                    at,
                    us,
                    in_vain: true,
                })
            })
        }
    }
}

/// A call that failed: none when WeChat could not be asked, so that nothing is known anew.
fn refused(error: &ApiError, text: &'static str) -> Option<Found> {
    match error.kind {
        ErrorKind::Transport | ErrorKind::RetryLater => None,
        _ => Some(Found::new(State::Unknown, text).detail(error.to_string())),
    }
}
