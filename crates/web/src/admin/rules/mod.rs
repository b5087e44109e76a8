//! `/admin/rules`: what an account answers by itself.

mod bubbles;
mod conflict;
mod edit;
mod examples;
mod fields;
mod list;
mod media;
mod preview;
mod reading;
mod steps;
mod transfer;
mod trial;
mod words;

use std::sync::Arc;

use puzi_shop::{
    accounts::LiveAccount,
    replies::{Rules, Setting},
};

use super::{
    desk::Desk,
    error::Failure,
    nav::{Group, NavItem},
    routes::{Routes, may},
    shell::Shell,
};
use crate::App;

/// Where the list is.
const LIST: &str = "/admin/rules";

/// The largest rules file, in bytes: a thousand long rules.
const FILE_LIMIT: usize = 5 << 20;
/// WeChat's own limit of a picture or a video, and room for the form around it.
const UPLOAD_LIMIT: usize = (10 << 20) + (64 << 10);

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/rules", may("rules.view"), list::page)
        .post("/admin/rules", may("rules.create"), edit::create)
        .get("/admin/rules/new", may("rules.create"), edit::new)
        .post("/admin/rules/form", may("rules.view"), edit::step)
        .post("/admin/rules/preview", may("rules.view"), preview::partial)
        .post("/admin/rules/order", may("rules.edit"), list::order)
        .get("/admin/rules/test", may("rules.view"), trial::page)
        .get("/admin/rules/export", may("rules.export"), transfer::export)
        .get("/admin/rules/import", may("rules.import"), transfer::form)
        .post_large("/admin/rules/import", may("rules.import"), FILE_LIMIT, transfer::import)
        .get("/admin/rules/media", may("rules.view"), media::page)
        .post_large("/admin/rules/media", may("rules.edit"), UPLOAD_LIMIT, media::upload)
        .get("/admin/rules/media/{id}/thumbnail", may("rules.view"), media::thumbnail)
        .get("/admin/rules/{id}", may("rules.view"), edit::show)
        .post("/admin/rules/{id}", may("rules.edit"), edit::save)
        .post("/admin/rules/{id}/switch", may("rules.edit"), list::switch)
        .post("/admin/rules/{id}/move", may("rules.edit"), list::step_in_order)
        .post("/admin/rules/{id}/delete", may("rules.delete"), list::delete)
        .post("/admin/rules/{id}/restore", may("rules.restore"), list::restore)
}

pub(super) fn nav() -> NavItem {
    NavItem {
        key: "rules",
        label: "nav.rules",
        href: LIST,
        icon: "robot",
        permission: Some("rules.view"),
        group: Group::Content,
    }
}

/// The use cases.
fn rules(app: &App) -> Rules {
    Rules::new(app.db.clone(), app.admin.vault.clone(), app.admin.guard.clone())
}

/// The account whose rules are shown; none while there is no account at all.
fn account(app: &App, desk: &Desk) -> Option<Arc<LiveAccount>> {
    desk.account.and_then(|id| app.registry.by_id(id))
}

/// The account whose rules are changed.
fn account_or_404(app: &App, desk: &Desk) -> Result<Arc<LiveAccount>, Failure> {
    account(app, desk).ok_or_else(Failure::not_found)
}

/// How the account answers: its clock and its name.
fn setting(app: &App, live: &LiveAccount) -> Setting {
    Setting {
        timezone: app.admin.zone.clone(),
        account: live.account.name.clone(),
        locale: puzi_shop::texts::Locale::ZhCn,
    }
}

/// The frame of a page below the list; the list itself has no further step.
fn shell(app: &App, desk: &Desk, title: String) -> Shell {
    Shell::new(app, desk, title.clone()).active("rules").crumb(desk.t("nav.rules"), LIST).crumb(title, None)
}
