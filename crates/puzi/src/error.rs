//! Why a command failed, in words for the person at the terminal.

use std::{fmt, path::Path, process::ExitCode};

use puzi_resource::generate::TreeError;
use puzi_shop::texts::Locale;

use crate::{exit, texts::say};

/// A failed command.
#[derive(Debug)]
pub enum Failure {
    /// The shop refused.
    Shop(Box<puzi_shop::Error>),
    /// A setting is wrong.
    Settings(Box<figment::Error>),
    /// What was asked cannot be made; nothing was written. Ready lines.
    Refused(Vec<String>),
    /// WeChat or the way to it refused a call: the exit code that says how, and ready lines.
    Call(u8, Vec<String>),
    /// It was done, but not as wanted: this exit code, and lines that say more, or none.
    Ended(u8, Vec<String>),
    /// A source tree is left as it is.
    Tree(TreeError),
    /// Anything else, with what to do.
    Plain(String),
}

impl Failure {
    /// Something in words.
    pub fn plain(text: impl fmt::Display) -> Self {
        Self::Plain(text.to_string())
    }

    pub(crate) fn no_such_file(path: &Path) -> Self {
        Self::Plain(format!("{}: no such file", path.display()))
    }

    pub(crate) fn folder(path: &Path, error: &std::io::Error) -> Self {
        Self::Plain(format!("{}: {error}", path.display()))
    }

    pub(crate) fn setting(name: &str, error: &impl fmt::Display) -> Self {
        Self::Plain(format!("{name}: {error}"))
    }

    /// The lines for the terminal.
    pub fn lines(&self, locale: Locale) -> Vec<String> {
        match self {
            Self::Shop(error) => match error.as_ref() {
                puzi_shop::Error::Invalid(problems) => {
                    problems.iter().map(|problem| format!("{}: {}", problem.field, problem.message(locale))).collect()
                }
                puzi_shop::Error::NotNow(problem) => vec![problem.message(locale)],
                other => vec![other.to_string()],
            },
            Self::Settings(error) => error.clone().into_iter().map(|error| error.to_string()).collect(),
            Self::Refused(lines) | Self::Call(_, lines) | Self::Ended(_, lines) => lines.clone(),
            Self::Tree(error) => vec![say(locale, &format!("generate.faults.{}", error.key()), &error.args())],
            Self::Plain(text) => vec![text.clone()],
        }
    }

    /// What happened, as a number: the list stands in [`exit`].
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) | Self::Tree(_) => ExitCode::from(exit::REFUSED),
            Self::Call(code, _) | Self::Ended(code, _) => ExitCode::from(*code),
            Self::Shop(error) => ExitCode::from(exit::of_shop(error)),
            _ => ExitCode::from(exit::FAILED),
        }
    }
}

impl From<puzi_shop::Error> for Failure {
    fn from(error: puzi_shop::Error) -> Self {
        Self::Shop(Box::new(error))
    }
}

impl From<figment::Error> for Failure {
    fn from(error: figment::Error) -> Self {
        Self::Settings(Box::new(error))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::plain(error)
    }
}

impl From<puzi_resource::Error> for Failure {
    fn from(error: puzi_resource::Error) -> Self {
        Self::plain(error)
    }
}
