//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::staff::{Attempt, LoggedIn, LoginRefused};
use puzi_wechat::Secret;
use serde::Deserialize;

use super::{
    cookies,
    desk::Desk,
    error::{Answer, Failure},
    form::Form,
    path::Query,
    routes::{Needs, Routes},
    setup,
    shell::{Bare, page_with},
    toast::redirect,
    visitor::Visitor,
};
use crate::App;

const PATH: &str = "/admin/login";
/// Where everybody begins.
pub(super) const HOME: &str = "/admin";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, Needs::Nothing, show)
        .post(PATH, Needs::Nothing, log_in)
        .post("/admin/login/code", Needs::Nothing, second_step)
        .get("/admin/login/once", Needs::Nothing, super::once::enter)
        .post("/admin/logout", Needs::LoggedIn, log_out)
}

#[derive(Template)]
#[template(path = "admin/shell/login.html")]
struct Page {
    bare: Bare,
    form: Form,
    next: String,
    told: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/shell/login_code.html")]
struct CodePage {
    bare: Bare,
    /// Sealed: that the password was right.
    ticket: String,
    next: String,
    told: Option<String>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// The login page, which leads back to `path` afterwards.
pub(super) fn path_back_to(path: Option<&str>) -> String {
    match path.filter(|path| *path != HOME && safe_next(path) == *path) {
        Some(path) => format!(
            "{PATH}?{}",
            url::form_urlencoded::Serializer::new(String::new()).append_pair("next", path).finish()
        ),
        None => PATH.to_owned(),
    }
}

/// `next` when it is a page of the admin, else the first one: a link to our login never leads elsewhere.
pub(super) fn safe_next(next: &str) -> &str {
    let inside = next.strip_prefix(HOME).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let again = next.starts_with(PATH) || next.starts_with("/admin/logout");
    if inside && plain && !again { next } else { HOME }
}

/// `GET /admin/login`
async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    desk: Option<Desk>,
    Query(Next { next }): Query<Next>,
) -> Answer {
    if desk.is_some() {
        return Ok(redirect(safe_next(&next)));
    }
    if !app.has_staff().await? {
        return Ok(redirect(setup::PATH));
    }
    page(&visitor, StatusCode::OK, Form::default(), &next, None)
}

/// `POST /admin/login`: name and password.
async fn log_in(State(app): State<Arc<App>>, visitor: Visitor, desk: Option<Desk>, form: Form) -> Answer {
    let attempt = Attempt {
        login: form.trimmed("login"),
        password: form.secret("password"),
        code: None,
        address: visitor.address,
        agent: visitor.agent.clone(),
    };
    let next = form.value("next").to_owned();
    match app.staff.log_in(attempt).await {
        Ok(logged_in) => enter(&app, &visitor, desk, &logged_in, &next).await,
        Err(LoginRefused::NeedsCode { ticket }) => code_page(&visitor, StatusCode::OK, &ticket, &next, None),
        Err(refused) => {
            let (status, told) = tell(&visitor, refused)?;
            page(&visitor, status, form.without(&["password"]), &next, Some(told))
        }
    }
}

/// `POST /admin/login/code`: the code of the second step, or a recovery code.
async fn second_step(State(app): State<Arc<App>>, visitor: Visitor, desk: Option<Desk>, form: Form) -> Answer {
    let (ticket, next) = (form.value("ticket"), form.value("next"));
    let code = Secret::new(form.trimmed("code"));
    match app.staff.finish_log_in(ticket, &code, visitor.address, &visitor.agent).await {
        Ok(logged_in) => enter(&app, &visitor, desk, &logged_in, next).await,
        Err(refused @ LoginRefused::WrongCode) => {
            let (status, told) = tell(&visitor, refused)?;
            code_page(&visitor, status, ticket, next, Some(told))
        }
        Err(refused) => {
            let (status, told) = tell(&visitor, refused)?;
            page(&visitor, status, Form::default(), next, Some(told))
        }
    }
}

/// `POST /admin/logout`
async fn log_out(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    app.staff.log_out(desk.session_id).await?;
    let mut response = redirect(PATH);
    cookies::set(&mut response, &desk.visitor, cookies::SESSION, "", 0);
    Ok(response)
}

/// Gives the browser its new session; the one it had ends.
pub(super) async fn enter(
    app: &App,
    visitor: &Visitor,
    before: Option<Desk>,
    logged_in: &LoggedIn,
    next: &str,
) -> Answer {
    if let Some(before) = before {
        app.staff.log_out(before.session_id).await?;
    }
    let mut response = redirect(safe_next(next));
    let token = logged_in.token.expose();
    cookies::set(&mut response, visitor, cookies::SESSION, token, cookies::SESSION_SECONDS);
    Ok(response)
}

/// What a refusal is called, and its status.
pub(super) fn tell(visitor: &Visitor, refused: LoginRefused) -> Result<(StatusCode, String), Failure> {
    let bare = Bare::new(visitor, None, "");
    Ok(match refused {
        LoginRefused::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, bare.t("login.wrong")),
        LoginRefused::NeedsCode { .. } | LoginRefused::WrongCode => {
            (StatusCode::UNPROCESSABLE_ENTITY, bare.t("login.wrong_code"))
        }
        LoginRefused::TooLate => (StatusCode::UNPROCESSABLE_ENTITY, bare.t("login.step_expired")),
        LoginRefused::Disabled => (StatusCode::FORBIDDEN, bare.t("login.disabled")),
        LoginRefused::TooMany { retry_after_s } if retry_after_s < 120 => {
            (StatusCode::TOO_MANY_REQUESTS, bare.tn("login.wait_seconds", "n", retry_after_s.max(1)))
        }
        LoginRefused::TooMany { retry_after_s } => {
            (StatusCode::TOO_MANY_REQUESTS, bare.tn("login.wait_minutes", "n", retry_after_s.div_ceil(60)))
        }
        LoginRefused::Failed(error) => return Err(error.into()),
    })
}

pub(super) fn page(visitor: &Visitor, status: StatusCode, form: Form, next: &str, told: Option<String>) -> Answer {
    let mut bare = Bare::new(visitor, None, "");
    bare.title = bare.t("login.title");
    page_with(status, &Page { bare, form, next: safe_next(next).to_owned(), told })
}

pub(super) fn code_page(
    visitor: &Visitor,
    status: StatusCode,
    ticket: &str,
    next: &str,
    told: Option<String>,
) -> Answer {
    let mut bare = Bare::new(visitor, None, "");
    bare.title = bare.t("login.code_title");
    page_with(status, &CodePage { bare, ticket: ticket.to_owned(), next: safe_next(next).to_owned(), told })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leaves_the_admin() {
        for path in ["/admin", "/admin/inbox", "/admin/rules/3?tab=hits&x=%2F", "/admin?x"] {
            assert_eq!(safe_next(path), path);
        }
        for path in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/admin",
            "/administer",
            "/admin.evil.example",
            "/admin@evil.example",
            "/admin/\\evil.example",
            "/admin/\r\nset-cookie: x",
            "/admin/login?next=/admin",
            "javascript:alert(1)",
        ] {
            assert_eq!(safe_next(path), HOME, "{path}");
        }
        assert_eq!(path_back_to(Some("/admin/a?b=c&d")), "/admin/login?next=%2Fadmin%2Fa%3Fb%3Dc%26d");
        assert_eq!(path_back_to(Some("//evil.example")), "/admin/login");
    }
}
