//! Adding an account, and changing one.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::accounts::Account;

use super::{PATH, fields, path_of};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        form::Form,
        path::Path,
        shell::{Shell, form_page, page_with},
        toast::{Toast, redirect, redirect_with},
    },
};

/// A field that somebody else changed meanwhile: its label's key, and what stands there now.
struct Theirs {
    label: String,
    value: String,
}

#[derive(Template)]
#[template(path = "admin/accounts/edit.html")]
struct Page {
    shell: Shell,
    form: Form,
    action: String,
    back: String,
    new: bool,
    theirs: Vec<Theirs>,
    /// Calls go elsewhere than to WeChat.
    api_base: Option<String>,
}

/// `GET /admin/accounts/new`
pub(super) async fn show_new(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    new_page(&app, &desk, Form::of([("mode", "encrypted")]))
}

/// `POST /admin/accounts/new`
pub(super) async fn create(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    match fields::create(&app, &desk, &mut form).await? {
        Some(account) => {
            app.registry.refresh().await?;
            Ok(redirect(&format!("/admin/setup/connect/{}", account.id)))
        }
        None => new_page(&app, &desk, form),
    }
}

/// `GET /admin/accounts/{id}/edit`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    desk.live(&app, id)?;
    let account = app.registry.accounts().by_id(id).await?;
    let form = fields::form_of(&account);
    edit_page(&app, &desk, &account, form, Vec::new())
}

/// `POST /admin/accounts/{id}/edit`
pub(super) async fn save(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, mut form: Form) -> Answer {
    desk.live(&app, id)?;
    let account = app.registry.accounts().by_id(id).await?;
    if form.value("version") != account.version.to_string() {
        return show_both(&app, &desk, &account, form);
    }
    match fields::edit(&app, &desk, &account, &mut form).await? {
        Some(saved) => {
            app.registry.refresh().await?;
            let text = desk.ta("accounts.saved", &[("name", saved.name)]);
            Ok(redirect_with(&desk, &path_of(id), &Toast::done(text)))
        }
        None => edit_page(&app, &desk, &account, form, Vec::new()),
    }
}

/// Somebody else was quicker: their values stand beside what was typed, and the next save is made on top of theirs.
fn show_both(app: &App, desk: &Desk, account: &Account, form: Form) -> Answer {
    let now = fields::form_of(account);
    let differs = |(name, value): &&(String, String)| name != "version" && form.value(name) != value;
    let theirs = now
        .values()
        .iter()
        .filter(differs)
        .map(|(name, value)| Theirs { label: format!("accounts.fields.{name}"), value: value.clone() });
    let theirs = theirs.collect();
    let form = form.with("version", account.version.to_string());
    edit_page(app, desk, account, form, theirs)
}

fn new_page(app: &App, desk: &Desk, form: Form) -> Answer {
    let shell = Shell::new(app, desk, desk.t("accounts.actions.create"))
        .active("accounts")
        .crumb(desk.t("accounts.many"), PATH)
        .crumb(desk.t("accounts.actions.create"), None);
    let page = Page {
        shell,
        form: form.without(&["secret"]),
        action: format!("{PATH}/new"),
        back: PATH.to_owned(),
        new: true,
        theirs: Vec::new(),
        api_base: None,
    };
    form_page(&page.form, &page)
}

fn edit_page(app: &App, desk: &Desk, account: &Account, form: Form, theirs: Vec<Theirs>) -> Answer {
    let shell = Shell::new(app, desk, desk.t("resource.actions.edit"))
        .active("accounts")
        .crumb(desk.t("accounts.many"), PATH)
        .crumb(account.name.clone(), path_of(account.id).as_str())
        .crumb(desk.t("resource.actions.edit"), None);
    let conflict = !theirs.is_empty();
    let page = Page {
        shell,
        form: form.without(&["secret"]).with("appid", account.appid.clone()),
        action: format!("{}/edit", path_of(account.id)),
        back: path_of(account.id),
        new: false,
        theirs,
        api_base: account.api_base.clone(),
    };
    if conflict { page_with(StatusCode::CONFLICT, &page) } else { form_page(&page.form, &page) }
}
