//! The record of calls: the list with what is new as it comes, one line with its attempts, figures, what happened to a
//! rid, and replaying a push.

mod face;
mod figures;
mod replay;
mod rid;
mod show;
mod words;

pub(crate) use self::face::masked;
pub(super) use self::{face::face, words::why};
use super::routes::{Routes, may};

const PATH: &str = "/admin/calls";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/calls/hour", may("calls.view"), figures::hour)
        .get("/admin/calls/figures", may("calls.view"), figures::page)
        .get("/admin/calls/rid", may("calls.view"), rid::page)
        .post("/admin/calls/rid/ask", may("calls.view"), rid::ask)
        .get("/admin/calls/replay", may("calls.replay"), replay::look)
        .post("/admin/calls/replay", may("calls.replay"), replay::run)
        .get("/admin/calls/{id}", may("calls.view"), show::page)
}
