//! What can go wrong, and the field at fault when it is the caller's input.

use sea_orm::{DbErr, RuntimeErr};

use super::{Record, Say};

/// The result of everything a resource does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such record, or not for this actor.
    #[error("not found")]
    NotFound,
    /// The actor lacks this permission.
    #[error("{0} is not permitted")]
    Forbidden(String),
    /// The input is refused; each problem names its field.
    #[error("invalid: {}", list(.0))]
    Invalid(Vec<Problem>),
    /// Somebody changed the record since it was read: the record as it is now.
    #[error("the record was changed meanwhile")]
    Conflict(Box<Record>),
    /// The business refuses, with the catalogue key of the reason and what its places stand for.
    #[error("refused: {0}")]
    Refused(String, Vec<(&'static str, String)>),
    /// The request itself makes no sense: an unknown filter, a cursor of another list.
    #[error("{0}")]
    Request(String),
    /// The database refused or did not answer.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// Anything else that is nobody's input.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// Whether the database took the change back because it and another one waited for each other: tried once more, it
    /// succeeds.
    pub(crate) fn is_deadlock(&self) -> bool {
        let Self::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
            self
        else {
            return false;
        };
        // PostgreSQL: deadlock_detected.
        error.as_database_error().and_then(|refusal| refusal.code()).is_some_and(|code| code == "40P01")
    }
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the field; `items.2.title` for a field of an inline row.
    pub field: String,
    /// Catalogue key of the message, such as `rules.required`.
    pub key: String,
    /// What the message's places stand for; the place `{field}` is the field's label.
    pub args: Vec<(&'static str, String)>,
}

impl Problem {
    /// A problem of `field` whose message is `key`.
    pub fn new(field: impl Into<String>, key: impl Into<String>) -> Self {
        Self { field: field.into(), key: key.into(), args: Vec::new() }
    }

    /// Fills the place `{name}` of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The message in the reader's language; `label` is the field's name in it.
    pub fn message(&self, texts: &dyn Say, label: &str) -> String {
        let mut args = self.args.clone();
        args.push(("field", label.to_owned()));
        texts.say(&self.key, &args)
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{} {}", problem.field, problem.key)).collect::<Vec<_>>().join(", ")
}
