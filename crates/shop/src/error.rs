//! What can go wrong in the business, and the field at fault when it is the caller's input.

use puzi_wechat::client::ApiError;
use sea_orm::{DbErr, RuntimeErr};

use crate::texts::{Locale, t};

/// The result of every use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing of that name or number is there, or not for this person.
    #[error("not found")]
    NotFound,
    /// The input is refused; each problem names its field.
    #[error("{}", list(.0))]
    Invalid(Vec<Problem>),
    /// The person lacks this permission, or it would give more than the person has.
    #[error("{0} is not permitted")]
    Forbidden(String),
    /// Somebody else changed it since it was read.
    #[error("it was changed meanwhile")]
    Stale,
    /// It cannot be done as things stand, and the problem says why.
    #[error("{}", .0.message(Locale::En))]
    NotNow(Problem),
    /// Too much is asked at once: later it works.
    #[error("too busy, try again later")]
    Busy,
    /// The database refused or did not answer.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// A sealed value could not be opened: another key sealed it, or it was changed.
    #[error("a stored secret cannot be opened: was the key file changed?")]
    Unsealable,
    /// The key file is missing, too short or readable by others.
    #[error("key file: {0}")]
    KeyFile(String),
    /// WeChat refused a call.
    #[error(transparent)]
    WeChat(#[from] ApiError),
    /// The file system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The problem of one field.
    pub fn field(field: impl Into<String>, key: &'static str) -> Self {
        Self::Invalid(vec![Problem::new(field, key)])
    }

    /// Whether PostgreSQL took the change back because it and another one waited for each other or saw each other halfway:
    /// tried once more, it succeeds.
    pub(crate) fn is_deadlock(&self) -> bool {
        let Self::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
            self
        else {
            return false;
        };
        // deadlock_detected, serialization_failure.
        let code = error.as_database_error().and_then(|refusal| refusal.code());
        code.is_some_and(|code| matches!(&*code, "40P01" | "40001"))
    }
}

/// One field that is wrong, with the key of its message in `locales/…/shop.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field, such as `answer.articles[1].url`.
    pub field: String,
    /// Key of the message.
    pub key: &'static str,
    /// What the message's `{name}` places stand for.
    pub args: Vec<(&'static str, String)>,
}

impl Problem {
    /// A problem whose message has no places to fill.
    pub fn new(field: impl Into<String>, key: &'static str) -> Self {
        Self { field: field.into(), key, args: Vec::new() }
    }

    /// Fills the place `{name}` of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The message in the reader's language, without the field.
    pub fn message(&self, locale: Locale) -> String {
        t(locale, self.key, &self.args)
    }
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.field, p.message(Locale::En))).collect();
    lines.join("; ")
}
