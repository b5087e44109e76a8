//! `/admin/followers`: who follows, their page, and what is done with many at once.

mod face;
mod growth;
mod mark;
mod person;
mod show;
mod sync;
mod write;

use puzi_shop::followers::Followers;

pub(super) use self::{face::face, person::picture, write::said};
use super::routes::{Routes, may};
use crate::App;

const PATH: &str = "/admin/followers";
/// Where a list's selection goes to be tagged, and to be put on the blacklist.
const TAGS: &str = "/admin/followers/tags";
const BLOCK: &str = "/admin/followers/block";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/followers/head", may("followers.view"), sync::head)
        .post("/admin/followers/sync", may("followers.sync"), sync::start)
        .post(TAGS, may("followers.tag"), mark::tags)
        .post(BLOCK, may("followers.block"), mark::block)
        .get("/admin/followers/growth", may("followers.view"), growth::show)
        .get("/admin/followers/{id}", may("followers.view"), show::page)
        .get("/admin/followers/{id}/picture", may("followers.view"), show::picture)
        .post("/admin/followers/{id}/remark", may("followers.edit"), write::remark)
        .post("/admin/followers/{id}/tags", may("followers.tag"), write::tag)
        .post("/admin/followers/{id}/block", may("followers.block"), write::block)
        .post("/admin/followers/{id}/notes", may("inbox.note"), write::note)
        .post("/admin/followers/{id}/refresh", may("followers.sync"), write::refresh)
}

fn followers(app: &App) -> Followers {
    Followers::new(&app.db, &app.registry)
}

/// The page of a follower.
fn path_of(id: i64) -> String {
    format!("{PATH}/{id}")
}
