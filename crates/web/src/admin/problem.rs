//! The page of a [`Failure`], or its JSON when a script asked.

use askama::Template;
use axum::{
    Json,
    http::{
        HeaderMap,
        header::{ACCEPT, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use puzi_shop::texts::Locale;
use serde_json::json;

use super::{
    desk::Desk,
    error::Failure,
    shell::{Bare, Shell, page_with},
    visitor::Visitor,
};
use crate::{App, protect::RequestId, texts};

/// What both kinds of page tell.
struct Told {
    title: String,
    text: String,
    problems: Vec<(String, String)>,
    code: String,
}

#[derive(Template)]
#[template(path = "admin/shell/problem.html")]
struct Inside {
    shell: Shell,
    told: Told,
}

#[derive(Template)]
#[template(path = "admin/shell/problem_bare.html")]
struct Outside {
    bare: Bare,
    told: Told,
}

/// What went wrong, said to whoever asked.
pub(super) fn page(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    desk: Option<&Desk>,
    failure: &Failure,
) -> Response {
    let locale = desk.map_or(visitor.locale, |desk| desk.locale);
    let told = Told::of(failure, locale);
    if wants_json(headers) {
        let body = json!({ "title": told.title, "detail": told.text, "problems": told.problems });
        return (failure.status, Json(body)).into_response();
    }
    let page = match desk {
        Some(desk) => page_with(failure.status, &Inside { shell: Shell::new(app, desk, told.title.clone()), told }),
        None => page_with(failure.status, &Outside { bare: Bare::new(visitor, None, told.title.clone()), told }),
    };
    page.unwrap_or_else(|failure| {
        (failure.status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], "puzi\n").into_response()
    })
}

/// Whether a script asks that wants data, not a page.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with("application/json"))
}

impl Told {
    fn of(failure: &Failure, locale: Locale) -> Self {
        let say = |part: &str| texts::say(locale, &format!("problem.{}.{part}", failure.key), &[]);
        let id = RequestId::current();
        let problems = failure.problems.iter().map(|problem| (problem.field.clone(), problem.message(locale)));
        Self {
            title: say("title"),
            text: say("text"),
            problems: problems.collect(),
            code: format!("{} · {}", failure.status.as_u16(), id.as_ref().map_or("-", RequestId::as_str)),
        }
    }
}

/// What is nowhere.
pub(super) async fn nothing_here() -> Failure {
    Failure::not_found()
}
