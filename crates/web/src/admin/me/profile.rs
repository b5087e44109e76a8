//! Name and password, and an overview of the rest.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::staff::{Profile, SessionRow, Token};

use super::{PATH, sessions};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        form::Form,
        shell::{Shell, page_with},
        toast::{Toast, redirect_with},
    },
};

const PASSWORDS: [&str; 3] = ["old", "password", "password_again"];

#[derive(Template)]
#[template(path = "admin/me/profile.html")]
struct Page {
    shell: Shell,
    login: String,
    profile: Form,
    password: Form,
    totp: bool,
    codes_left: i64,
    sessions: Vec<SessionRow>,
    this_session: i64,
    tokens: Vec<Token>,
}

/// `GET /admin/me`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let profile = Form::of([("name", desk.staff.name.clone())]);
    page(&app, &desk, profile, Form::default()).await
}

/// `POST /admin/me`: one's name.
pub(super) async fn save(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    let profile = Profile { name: Some(form.trimmed("name")), locale: None, theme: None };
    match app.staff.edit_profile(&desk.actor(), desk.staff.id, profile).await {
        Ok(_) => Ok(redirect_with(&desk, PATH, &Toast::done(desk.t("me.saved")))),
        Err(error) => {
            form.take(error, desk.locale)?;
            page(&app, &desk, form, Form::default()).await
        }
    }
}

/// `POST /admin/me/password`
pub(super) async fn change_password(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    if form.value("password") != form.value("password_again") {
        form.refuse("password_again", desk.t("setup.not_the_same"));
    } else {
        let (old, new) = (form.secret("old"), form.secret("password"));
        let by = desk.actor();
        match app.staff.change_password(&by, desk.staff.id, desk.session_id, &old, new).await {
            Ok(()) => return Ok(redirect_with(&desk, PATH, &Toast::done(desk.t("me.password_changed")))),
            Err(error) => form.take(error, desk.locale)?,
        }
    }
    let profile = Form::of([("name", desk.staff.name.clone())]);
    page(&app, &desk, profile, form.without(&PASSWORDS)).await
}

async fn page(app: &App, desk: &Desk, profile: Form, password: Form) -> Answer {
    let fine = profile.is_fine() && password.is_fine();
    let id = desk.staff.id;
    let mut tokens = app.staff.list_tokens(id).await?;
    tokens.retain(|token| token.revoked_at.is_none());
    let page = Page {
        shell: Shell::new(app, desk, desk.t("me.title")),
        login: desk.staff.login.clone(),
        profile,
        password,
        totp: desk.staff.totp,
        codes_left: if desk.staff.totp { app.staff.recovery_codes_left(id).await? } else { 0 },
        sessions: sessions::list(app, id).await?,
        this_session: desk.session_id,
        tokens,
    };
    page_with(if fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, &page)
}
