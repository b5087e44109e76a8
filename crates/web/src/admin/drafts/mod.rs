//! Drafts of articles: written, saved at WeChat, published, taken away.

mod edit;
mod face;
mod reading;
mod show;

pub(super) use self::face::face;
use super::routes::{Routes, may};

const PATH: &str = "/admin/drafts";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/drafts/new", may("drafts.create"), edit::show_new)
        .post("/admin/drafts/new", may("drafts.create"), edit::create)
        .post("/admin/drafts/form", may("drafts.view"), edit::step)
        .get("/admin/drafts/{id}", may("drafts.view"), show::page)
        .get("/admin/drafts/{id}/edit", may("drafts.edit"), edit::show)
        .post("/admin/drafts/{id}/edit", may("drafts.edit"), edit::save)
        .post("/admin/drafts/{id}/decide", may("drafts.publish"), show::decide)
}

/// The page of a draft.
fn path_of(id: i64) -> String {
    format!("{PATH}/{id}")
}
