//! Mass messages: writing one, having it approved, watching it go out.

mod ask;
mod edit;
mod face;
mod form;
mod show;
mod steer;
mod words;

use puzi_shop::broadcasts::Broadcasts;

pub(super) use self::face::face;
use super::{
    error::Failure,
    routes::{Routes, may},
};
use crate::App;

const PATH: &str = "/admin/broadcasts";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/broadcasts/new", may("broadcasts.create"), edit::show_new)
        .post("/admin/broadcasts/new", may("broadcasts.create"), edit::create)
        .post("/admin/broadcasts/form", may("broadcasts.view"), ask::step)
        .post("/admin/broadcasts/speed", may("broadcasts.approve"), steer::speed)
        .get("/admin/broadcasts/{id}", may("broadcasts.view"), show::page)
        .get("/admin/broadcasts/{id}/parts", may("broadcasts.view"), show::parts)
        .get("/admin/broadcasts/{id}/edit", may("broadcasts.edit"), edit::show)
        .post("/admin/broadcasts/{id}/edit", may("broadcasts.edit"), edit::save)
        .post("/admin/broadcasts/{id}/preview", may("broadcasts.preview"), steer::preview)
        .post("/admin/broadcasts/{id}/submit", may("broadcasts.submit"), steer::submit)
        .post("/admin/broadcasts/{id}/approve", may("broadcasts.approve"), steer::approve)
        .post("/admin/broadcasts/{id}/reject", may("broadcasts.reject"), steer::reject)
        .post("/admin/broadcasts/{id}/cancel", may("broadcasts.cancel"), steer::cancel)
        .post("/admin/broadcasts/{id}/stop", may("broadcasts.stop"), steer::stop)
        .post("/admin/broadcasts/{id}/retry", may("broadcasts.retry"), steer::retry)
        .post("/admin/broadcasts/{id}/revoke", may("broadcasts.revoke"), steer::revoke)
        .post("/admin/broadcasts/{id}/parts/{part}/resolve", may("broadcasts.approve"), steer::resolve)
}

fn broadcasts(app: &App) -> Broadcasts {
    Broadcasts::new(&app.db, &app.registry)
}

/// The page of a broadcast.
fn path_of(id: i64) -> String {
    format!("{PATH}/{id}")
}

/// A row number in an address; what is none is not there.
fn number(id: &str) -> Result<i64, Failure> {
    id.parse().map_err(|_| Failure::not_found())
}
