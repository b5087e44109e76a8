//! Values: from what is typed or sent into stored form, and from there into what people and programs read.

mod labels;
mod moment;
mod number;
mod parse;
pub mod reading;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::Problem;

pub use self::{
    labels::Labels,
    number::MOST,
    parse::{from_json, from_text},
};
pub(crate) use self::{
    moment::{local_date, parse_date},
    words::{email, url},
};

/// Why a text or a JSON value is none of its kind: the catalogue key of the message and what its places stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Catalogue key, such as `rules.money`.
    pub key: Cow<'static, str>,
    /// What the message's places stand for.
    pub args: Vec<(&'static str, String)>,
}

impl Fault {
    /// A fault whose message is `key`.
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into(), args: Vec::new() }
    }

    /// Fills the place `{name}` of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The problem of the field at `path`.
    pub fn at(self, path: impl Into<String>) -> Problem {
        Problem { field: path.into(), key: self.key.into_owned(), args: self.args }
    }
}
