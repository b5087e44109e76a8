//! The second step: the first Official Account.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::Steps;
use crate::{
    App,
    admin::{
        accounts::fields,
        desk::Desk,
        error::Answer,
        form::Form,
        shell::{Bare, form_page},
        toast::redirect,
        visitor::Visitor,
    },
};

#[derive(Template)]
#[template(path = "admin/setup/account.html")]
struct Page {
    bare: Bare,
    steps: Steps,
    form: Form,
}

/// `GET /admin/setup/account`
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor, desk: Desk) -> Answer {
    if let Some(first) = app.registry.accounts().list().await?.first() {
        desk.reach.must_see(first.id)?;
        return Ok(redirect(&format!("/admin/setup/connect/{}", first.id)));
    }
    page(&visitor, &desk, Form::of([("mode", "encrypted")]))
}

/// `POST /admin/setup/account`
pub(super) async fn create(State(app): State<Arc<App>>, visitor: Visitor, desk: Desk, mut form: Form) -> Answer {
    match fields::create(&app, &desk, &mut form).await? {
        Some(account) => Ok(redirect(&format!("/admin/setup/connect/{}", account.id))),
        None => page(&visitor, &desk, form),
    }
}

fn page(visitor: &Visitor, desk: &Desk, form: Form) -> Answer {
    let bare = Bare::new(visitor, Some(desk), desk.t("setup.account_title"));
    let page = Page { bare, steps: Steps::at(2), form };
    form_page(&page.form, &page)
}
