//! Language and theme: in a cookie before somebody is signed in, and with the member from then on.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use puzi_shop::{staff::Profile, texts::Locale};

use super::{
    cookies,
    desk::Desk,
    error::{Answer, Failure},
    form::Form,
    login::safe_next,
    routes::{Needs, Routes},
    toast::redirect,
    visitor::{Visitor, is_theme, known_locale},
};
use crate::{App, texts::tag};

pub(super) fn routes() -> Routes {
    Routes::new().post("/admin/preferences", Needs::Nothing, set).post(
        "/admin/account",
        Needs::LoggedIn,
        choose_account,
    )
}

/// `POST /admin/preferences`: `language`, `theme` or both; then back to the page `back`.
async fn set(State(app): State<Arc<App>>, visitor: Visitor, desk: Option<Desk>, form: Form) -> Answer {
    let locale = form.has("language").then(|| known_locale(form.value("language")));
    let theme = form.has("theme").then(|| form.value("theme"));
    if locale == Some(None) || theme.is_some_and(|theme| !is_theme(theme)) {
        return Err(Failure::bad_request());
    }
    let locale: Option<Locale> = locale.flatten();
    if let Some(desk) = &desk {
        let profile = Profile { name: None, locale, theme: theme.map(str::to_owned) };
        app.staff.edit_profile(&desk.actor(), desk.staff.id, profile).await?;
    }
    let mut response =
        if visitor.htmx { StatusCode::NO_CONTENT.into_response() } else { redirect(back(form.value("back"))) };
    if let Some(locale) = locale {
        cookies::set(&mut response, &visitor, cookies::LANGUAGE, tag(locale), cookies::TASTE_SECONDS);
    }
    if let Some(theme) = theme {
        cookies::set(&mut response, &visitor, cookies::THEME, theme, cookies::TASTE_SECONDS);
    }
    Ok(response)
}

/// `POST /admin/account`: the account to work with from now on, or `all`.
async fn choose_account(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let chosen = match form.value("account") {
        "all" => None,
        id => {
            let id = id.parse().map_err(|_| Failure::bad_request())?;
            Some(desk.live(&app, id)?.account.id)
        }
    };
    app.staff.choose_account(desk.session_id, chosen).await?;
    Ok(redirect(back(form.value("back"))))
}

/// A page of the admin, also the login page: its language is changed there.
fn back(path: &str) -> &str {
    if path.starts_with("/admin/login") && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
        return path;
    }
    safe_next(path)
}
