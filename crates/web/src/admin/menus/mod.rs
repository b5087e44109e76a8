//! `/admin/menus`: the menu of an account, edited as the phone shows it, compared with what is live, published, brought back.

mod compare;
mod edit;
mod place;
mod publication;
mod reading;
mod steps;
mod versions;
mod view;
mod words;

use std::sync::Arc;

use puzi_shop::{accounts::LiveAccount, menus::Menus};

use super::{
    desk::Desk,
    error::Failure,
    nav::{Group, NavItem},
    routes::{Routes, may},
    shell::Shell,
};
use crate::App;
use crate::admin::wechat;

/// Where the editor is.
const PATH: &str = "/admin/menus";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, may("menus.view"), edit::page)
        .post(PATH, may("menus.edit"), edit::save)
        .post("/admin/menus/form", may("menus.view"), edit::step)
        .get("/admin/menus/compare", may("menus.view"), compare::page)
        .post("/admin/menus/publish", may("menus.publish"), compare::publish)
        .post("/admin/menus/shown", may("menus.view"), versions::shown)
        .get("/admin/menus/publications/{id}", may("menus.view"), publication::page)
        .get("/admin/menus/publications/{id}/part", may("menus.view"), publication::part)
        .post("/admin/menus/publications/{id}/resume", may("menus.publish"), publication::resume)
        .get("/admin/menus/versions", may("menus.view"), versions::list)
        .get("/admin/menus/versions/{number}", may("menus.view"), versions::show)
        .post("/admin/menus/versions/{number}/restore", may("menus.edit"), versions::restore)
}

pub(super) fn nav() -> NavItem {
    NavItem {
        key: "menus",
        label: "menus.many",
        href: PATH,
        icon: "menu",
        permission: Some("menus.view"),
        group: Group::Content,
    }
}

/// The use cases.
fn menus(app: &App) -> Menus {
    Menus::new(&app.db, &app.registry)
}

/// The account whose menu is on the page.
fn account(app: &App, desk: &Desk) -> Result<Arc<LiveAccount>, Failure> {
    desk.live(app, desk.account.ok_or_else(Failure::not_found)?)
}

/// The frame of a page below the editor.
fn shell(app: &App, desk: &Desk, title: String) -> Shell {
    Shell::new(app, desk, title.clone()).active("menus").crumb(desk.t("menus.many"), PATH).crumb(title, None)
}

/// What went wrong with WeChat or with a step, in words for the page; what is neither is a failure.
fn said(desk: &Desk, error: puzi_shop::Error) -> Result<String, Failure> {
    use puzi_shop::Error;
    match error {
        Error::NotNow(problem) => Ok(problem.message(desk.locale)),
        Error::Stale => Ok(desk.t("menus.stale")),
        Error::Invalid(problems) => {
            let lines: Vec<_> = problems.iter().map(|problem| words::problem(desk, problem)).collect();
            Ok(lines.join(" "))
        }
        Error::WeChat(error) => {
            tracing::warn!(%error, "WeChat refused a call about the menu");
            Ok(wechat::refused(desk.locale, &error))
        }
        other => Err(other.into()),
    }
}
