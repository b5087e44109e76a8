//! Reading WeChat's own list: a line above ours that tells how far it is.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::PATH;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        resource::{ListPage, Markup},
        shell::{Shell, Words, page},
        toast::{Toast, redirect_with},
        wechat,
    },
};

#[derive(Template)]
#[template(path = "admin/materials/head.html")]
struct Head<'a> {
    shell: &'a Shell,
}

/// Above the list: asked as soon as the page is there.
pub(super) fn head(list: &ListPage) -> Markup {
    Markup::trusted(Head { shell: &list.shell }.render().unwrap_or_default())
}

#[derive(Template)]
#[template(path = "admin/materials/sync.html")]
struct Part {
    csrf: String,
    words: Words,
    sentence: String,
    error: Option<String>,
    bar: Option<(i64, i64)>,
    running: bool,
    paused: bool,
    may_sync: bool,
}

/// `GET /admin/materials/sync`: asked again while it is running.
pub(super) async fn part(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let account = desk.account.ok_or_else(Failure::not_found)?;
    let progress = app.admin.materials.progress(&desk.reach, account).await?;
    let (done, total) = progress.counts();
    let args = [("done", done.to_string()), ("total", total.to_string())];
    let sentence = match (progress.is_running(), progress.is_paused(), progress.changed_at()) {
        (true, ..) => desk.ta("materials.sync.running", &args),
        (_, true, _) => desk.ta("materials.sync.paused", &args),
        (.., Some(at)) => desk.ta("materials.sync.done", &[("total", total.to_string()), ("when", desk.when(at))]),
        (.., None) => desk.t("materials.sync.never"),
    };
    page(&Part {
        csrf: desk.csrf().to_owned(),
        words: Words::of(desk.locale),
        sentence,
        error: progress.error().map(|said| wechat::refused_as_stored(desk.locale, said)),
        bar: (progress.is_running() && total > 0).then_some((done, total)),
        running: progress.is_running(),
        paused: progress.is_paused(),
        may_sync: desk.may("materials.sync"),
    })
}

/// `POST /admin/materials/sync`
pub(super) async fn start(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let account = desk.account.ok_or_else(Failure::not_found)?;
    app.admin.materials.sync(&desk.actor(), &desk.reach, account).await?;
    Ok(redirect_with(&desk, PATH, &Toast::done(desk.t("materials.sync.begun"))))
}

/// `POST /admin/materials/sync/pause`
pub(super) async fn pause(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let account = desk.account.ok_or_else(Failure::not_found)?;
    app.admin.materials.pause(&desk.actor(), &desk.reach, account).await?;
    let toast = Toast::done(desk.t("materials.sync.stopped")).undo("/admin/materials/sync");
    Ok(redirect_with(&desk, PATH, &toast))
}
