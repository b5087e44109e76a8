//! Pausing an endpoint, giving it a new key, deleting it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::webhooks::entity::webhook;
use puzi_wechat::Secret;

use super::{PATH, path_of, show::number};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        form::Form,
        path::Path,
        shell::{Shell, page},
        toast::{Toast, redirect_with},
    },
};

#[derive(Template)]
#[template(path = "admin/webhooks/key.html")]
struct Key {
    shell: Shell,
    key: String,
    /// It takes the place of another one.
    exchanged: bool,
    back: String,
}

/// The page that shows a key, this once.
pub(super) fn show_key(
    app: &App,
    desk: &Desk,
    webhook: &webhook::Model,
    key: &Secret<String>,
    exchanged: bool,
) -> Answer {
    let back = path_of(webhook.id);
    let shell = Shell::new(app, desk, desk.t("webhooks.key"))
        .active("webhooks")
        .crumb(desk.t("webhooks.many"), PATH)
        .crumb(webhook.name.clone(), back.as_str())
        .crumb(desk.t("webhooks.key"), None);
    page(&Key { shell, key: key.expose().clone(), exchanged, back })
}

/// `POST /admin/webhooks/{id}/pause`
pub(super) async fn pause(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let webhook = app.admin.webhooks.pause(&desk.actor(), &desk.reach, number(&id)?).await?;
    let path = path_of(webhook.id);
    let toast = Toast::done(desk.ta("webhooks.done.pause", &[("name", webhook.name)]));
    Ok(redirect_with(&desk, &path, &toast.undo(format!("{path}/resume"))))
}

/// `POST /admin/webhooks/{id}/resume`
pub(super) async fn resume(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let webhook = app.admin.webhooks.resume(&desk.actor(), &desk.reach, number(&id)?).await?;
    let path = path_of(webhook.id);
    let toast = Toast::done(desk.ta("webhooks.done.resume", &[("name", webhook.name)]));
    Ok(redirect_with(&desk, &path, &toast.undo(format!("{path}/pause"))))
}

/// `POST /admin/webhooks/{id}/rotate`: `version` is the one on the page, so that a second press changes nothing.
pub(super) async fn rotate(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>, form: Form) -> Answer {
    let id = number(&id)?;
    let version = form.value("version").parse().unwrap_or_default();
    let key = app.admin.webhooks.rotate(&desk.actor(), &desk.reach, id, Some(version)).await?;
    let webhook = app.admin.webhooks.get(&desk.reach, id).await?;
    show_key(&app, &desk, &webhook, &key, true)
}

/// `POST /admin/webhooks/{id}/delete`
pub(super) async fn delete(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let webhook = app.admin.webhooks.get(&desk.reach, id).await?;
    app.admin.webhooks.delete(&desk.actor(), &desk.reach, id).await?;
    let mut toast = Toast::done(desk.ta("webhooks.done.delete", &[("name", webhook.name)]));
    if desk.may("webhooks.restore") {
        toast = toast.undo(format!("{}/restore", path_of(id)));
    }
    Ok(redirect_with(&desk, PATH, &toast))
}

/// `POST /admin/webhooks/{id}/restore`
pub(super) async fn restore(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    match app.admin.webhooks.restore(&desk.actor(), &desk.reach, number(&id)?).await {
        Ok(webhook) => {
            let toast = Toast::done(desk.ta("webhooks.done.restore", &[("name", webhook.name)]));
            Ok(redirect_with(&desk, &path_of(webhook.id), &toast))
        }
        Err(puzi_shop::Error::Invalid(problems)) => {
            let why: Vec<_> = problems.iter().map(|problem| problem.message(desk.locale)).collect();
            Ok(redirect_with(&desk, PATH, &Toast::error(why.join(" "))))
        }
        Err(error) => Err(error.into()),
    }
}
