//! A form that came too late: signed out meanwhile, or signed in anew elsewhere. What was typed is kept on a page from
//! which it can be sent once more.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    desk::Desk,
    form::Form,
    login,
    shell::{Bare, page_with},
    visitor::Visitor,
};

/// Parts of the names of fields that are typed again rather than written into a page.
const SECRETS: [&str; 3] = ["password", "secret", "code"];

#[derive(Template)]
#[template(path = "admin/shell/kept.html")]
struct Kept {
    bare: Bare,
    /// What the form carries as `_csrf`.
    csrf: String,
    action: String,
    fields: Vec<(String, String)>,
    /// Where to sign in first, when nobody is.
    login: Option<String>,
}

/// The page that keeps `form` for another try by `desk`, or by whoever signs in.
pub(super) fn page(visitor: &Visitor, csrf: &str, desk: Option<&Desk>, form: &Form) -> Response {
    let mut bare = Bare::new(visitor, desk, "");
    bare.title = bare.t("kept.title");
    let is_secret = |name: &str| SECRETS.iter().any(|part| name.contains(part));
    let fields = form.values().iter().filter(|(name, _)| !is_secret(name)).cloned().collect();
    let login = desk.is_none().then(|| login::path_back_to(None));
    let kept = Kept { bare, csrf: csrf.to_owned(), action: visitor.path.clone(), fields, login };
    page_with(StatusCode::FORBIDDEN, &kept).unwrap_or_else(IntoResponse::into_response)
}
