//! Webhooks out: endpoints that are told what happens, and what became of each thing that they were told.

mod delivery;
mod edit;
mod face;
mod replay;
mod show;
mod steer;
mod words;

pub(super) use self::face::{deliveries, face};
use super::routes::{Routes, may};

const PATH: &str = "/admin/webhooks";
const DELIVERIES: &str = "/admin/deliveries";
/// Where a list's selection goes to be sent again.
const REPLAY: &str = "/admin/deliveries/replay";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/webhooks/new", may("webhooks.create"), edit::show_new)
        .post("/admin/webhooks/new", may("webhooks.create"), edit::create)
        .get("/admin/webhooks/{id}", may("webhooks.view"), show::page)
        .get("/admin/webhooks/{id}/edit", may("webhooks.edit"), edit::show)
        .post("/admin/webhooks/{id}/edit", may("webhooks.edit"), edit::save)
        .post("/admin/webhooks/{id}/pause", may("webhooks.edit"), steer::pause)
        .post("/admin/webhooks/{id}/resume", may("webhooks.edit"), steer::resume)
        .post("/admin/webhooks/{id}/rotate", may("webhooks.rotate"), steer::rotate)
        .post("/admin/webhooks/{id}/test", may("webhooks.test"), show::test)
        .post("/admin/webhooks/{id}/delete", may("webhooks.delete"), steer::delete)
        .post("/admin/webhooks/{id}/restore", may("webhooks.restore"), steer::restore)
        .post(REPLAY, may("deliveries.replay"), replay::replay)
        .get("/admin/deliveries/{id}", may("deliveries.view"), delivery::page)
}

/// The page of an endpoint.
fn path_of(id: i64) -> String {
    format!("{PATH}/{id}")
}
