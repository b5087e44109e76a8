//! Notices: the accounts' templates of template messages and subscription notifications, a test on one's own phone, and the
//! log of everything sent.

mod face;
mod library;
mod show;
mod template;
mod words;

use puzi_shop::notices::Notices;

pub(super) use self::face::{face, templates};
use super::{
    error::Failure,
    routes::{Routes, may},
};
use crate::App;

const PATH: &str = "/admin/notices";
const TEMPLATES: &str = "/admin/notice_templates";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/notice_templates/new", may("notice_templates.create"), library::show)
        .post("/admin/notice_templates/new", may("notice_templates.create"), library::add)
        .post("/admin/notice_templates/sync", may("notice_templates.sync"), template::sync)
        .get("/admin/notice_templates/{id}", may("notice_templates.view"), template::page)
        .post("/admin/notice_templates/{id}/test", may("notices.send"), template::test)
        .post("/admin/notice_templates/{id}/remove", may("notice_templates.delete"), template::remove)
        .get("/admin/notices/{id}", may("notices.view"), show::page)
}

fn notices(app: &App) -> Notices {
    Notices::new(&app.db, &app.registry)
}

/// A row number in an address; what is none is not there.
fn number(id: &str) -> Result<i64, Failure> {
    id.parse().map_err(|_| Failure::not_found())
}
