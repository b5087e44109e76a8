//! A form: what was typed stays, and what is wrong stands beside its field.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::Response,
};
use puzi_shop::{Problem, texts::Locale};
use puzi_wechat::Secret;

use super::{error::Failure, gate::CSRF_FIELD};
use crate::App;

/// The fields of a form in the order they came in, without `_csrf`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    values: Vec<(String, String)>,
    problems: Vec<(String, String)>,
}

impl Form {
    /// An empty form that begins with `values`.
    pub(crate) fn of<V: Into<String>>(values: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Self { values, problems: Vec::new() }
    }

    /// Reads `application/x-www-form-urlencoded`.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(body).filter(|(name, _)| name != CSRF_FIELD);
        Self { values: pairs.map(|(name, value)| (name.into_owned(), typed(&value))).collect(), problems: Vec::new() }
    }

    /// What was typed into `name`; empty when nothing was.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// What was typed, without the spaces around it.
    pub(crate) fn trimmed(&self, name: &str) -> String {
        self.value(name).trim().to_owned()
    }

    /// What was typed and is nobody else's business.
    pub(crate) fn secret(&self, name: &str) -> Secret<String> {
        Secret::new(self.value(name).to_owned())
    }

    /// Whether `name` was sent at all: a ticked box.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether `name` was sent with this value: a chosen option.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.values.iter().any(|(n, v)| n == name && v == value)
    }

    /// Every value of `name`.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.values.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }

    /// All fields.
    pub(crate) fn values(&self) -> &[(String, String)] {
        &self.values
    }

    /// Takes a value out, so that no page can show it again.
    #[must_use]
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.values.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// With another value for `name`.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.retain(|(n, _)| n != name);
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// Says what is wrong with a field.
    pub(crate) fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push((field.to_owned(), message.into()));
    }

    /// Says what a use case found wrong.
    ///
    /// # Errors
    /// Whatever else than wrong fields went wrong.
    pub(crate) fn take(&mut self, error: puzi_shop::Error, locale: Locale) -> Result<(), Failure> {
        match error {
            puzi_shop::Error::Invalid(problems) => {
                self.take_problems(&problems, locale);
                Ok(())
            }
            error => Err(error.into()),
        }
    }

    /// Says what is wrong with each field.
    pub(crate) fn take_problems(&mut self, problems: &[Problem], locale: Locale) {
        for problem in problems {
            self.refuse(&problem.field, problem.message(locale));
        }
    }

    /// Puts what is wrong into the order of the fields on the page, so that the first of them gets the focus.
    pub(crate) fn order(&mut self, fields: &[&str]) {
        self.problems.sort_by_key(|(field, _)| fields.iter().position(|name| name == field));
    }

    /// What is wrong with `name`.
    pub(crate) fn problem(&self, name: &str) -> Option<&str> {
        self.problems.iter().find(|(field, _)| field == name).map(|(_, message)| message.as_str())
    }

    /// The first wrong field has the focus.
    pub(crate) fn is_first_wrong(&self, name: &str) -> bool {
        self.problems.first().is_some_and(|(field, _)| field == name)
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_fine(&self) -> bool {
        self.problems.is_empty()
    }

    /// All that is wrong.
    pub(crate) fn problems(&self) -> &[(String, String)] {
        &self.problems
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// What a person can have typed: no NUL, which PostgreSQL takes in no text.
pub(crate) fn typed(text: &str) -> String {
    text.replace('\0', "")
}

impl FromRequest<Arc<App>> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Arc<App>) -> Result<Self, Response> {
        Ok(Self::parse(
            &Bytes::from_request(request, state).await.map_err(axum::response::IntoResponse::into_response)?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_and_the_first_wrong_field_is_known() {
        let mut form = Form::parse("_csrf=x&name=%E8%8C%B6+&tag=a&tag=b&secret=s".as_bytes());
        assert_eq!((form.value("name"), form.trimmed("name").as_str(), form.value("_csrf")), ("茶 ", "茶", ""));
        assert_eq!(form.all("tag"), ["a", "b"]);
        assert!(form.is("tag", "b") && form.has("secret") && !form.has("other") && form.is_fine());
        form.refuse("tag", "no");
        form.refuse("name", "no");
        assert!(form.is_first_wrong("tag") && !form.is_first_wrong("name"));
        assert!(!form.without(&["secret"]).has("secret"));
        assert_eq!(Form::parse(b"name=a%00b%0A").value("name"), "ab\n");
    }
}
