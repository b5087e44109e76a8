//! The first step: language, and the owner.

use std::sync::Arc;

use askama::Template;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::State;
use puzi_shop::{Error, audit::Actor, staff::Attempt};

use super::Steps;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        login,
        shell::{Bare, form_page},
        toast::redirect,
        visitor::{Visitor, known_locale},
    },
    texts,
};

const PASSWORDS: [&str; 2] = ["password", "password_again"];

#[derive(Template)]
#[template(path = "admin/setup/owner.html")]
struct Page {
    bare: Bare,
    steps: Steps,
    form: Form,
    /// Asked from elsewhere: the code that stands where the server was started.
    needs_code: bool,
}

/// `GET /admin/setup`
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor, desk: Option<Desk>) -> Answer {
    if app.has_staff().await? {
        return Ok(redirect(if desk.is_some() { "/admin/setup/account" } else { "/admin/login" }));
    }
    page(&visitor, Form::default())
}

/// `POST /admin/setup`: makes the owner, who is signed in at once. Of two who do so at the same time, one wins.
pub(super) async fn create(State(app): State<Arc<App>>, visitor: Visitor, mut form: Form) -> Answer {
    if app.has_staff().await? {
        return Ok(redirect("/admin/login"));
    }
    let locale = known_locale(form.value("language")).unwrap_or(visitor.locale);
    let visitor = Visitor { locale, ..visitor };
    let say = |key: &str| texts::say(locale, key, &[]);
    if !visitor.here && !is_code(&app, form.value("setup_code").trim()) {
        tracing::warn!(address = %visitor.address, "the first run was tried with a wrong setup code");
        form.refuse("setup_code", say("setup.wrong_code"));
    }
    if form.value("password") != form.value("password_again") {
        form.refuse("password_again", say("setup.not_the_same"));
    }
    if !form.is_fine() {
        return page(&visitor, form);
    }
    let (name, password) = (form.trimmed("login"), form.secret("password"));
    let by = Actor::system().at(visitor.address.to_string());
    match app.staff.create_first_owner(&by, &name, &form.trimmed("name"), password.clone(), locale).await {
        Ok(_) => {}
        // Somebody else was quicker.
        Err(Error::Forbidden(_)) => return Ok(redirect("/admin/login")),
        Err(error) => {
            form.take(error, locale)?;
            return page(&visitor, form);
        }
    }
    tracing::info!("the first run made the owner");
    let attempt = Attempt { login: name, password, code: None, address: visitor.address, agent: visitor.agent.clone() };
    let logged_in = app.staff.log_in(attempt).await.map_err(|error| {
        tracing::error!(%error, "the new owner could not be signed in");
        Failure::internal()
    })?;
    login::enter(&app, &visitor, None, &logged_in, "/admin/setup/account").await
}

fn is_code(app: &App, given: &str) -> bool {
    verify_slices_are_equal(app.admin.setup_code.expose().as_bytes(), given.as_bytes()).is_ok()
}

fn page(visitor: &Visitor, form: Form) -> Answer {
    let mut bare = Bare::new(visitor, None, "");
    bare.title = bare.t("setup.owner_title");
    let page = Page { bare, steps: Steps::at(1), form: form.without(&PASSWORDS), needs_code: !visitor.here };
    form_page(&page.form, &page)
}
