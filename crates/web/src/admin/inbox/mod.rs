//! `/admin/inbox`: conversations with followers, live.

mod events;
mod files;
mod page;
pub(super) mod view;
mod window;
pub(super) mod words;
mod write;

use puzi_shop::inbox::{Author, Seen};

pub(in crate::admin) use self::files::serve;
use super::{
    desk::Desk,
    nav::{Group, NavItem},
    routes::{Routes, may},
};
use crate::App;

/// The largest answer with a picture, in bytes: WeChat takes 10 MB.
const REPLY_LIMIT: usize = 12 << 20;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/inbox", may("inbox.view"), page::home)
        .get("/admin/inbox/list", may("inbox.view"), page::list)
        .get("/admin/inbox/events", may("inbox.view"), events::events)
        .get("/admin/inbox/{chat}", may("inbox.view"), page::chat)
        .get("/admin/inbox/{chat}/parts", may("inbox.view"), page::parts)
        .get("/admin/inbox/{chat}/media/{message}/{part}", may("inbox.view"), files::media)
        .get("/admin/inbox/{chat}/sent/{message}", may("inbox.view"), files::sent)
        .post_large("/admin/inbox/{chat}/reply", may("inbox.reply"), REPLY_LIMIT, write::reply)
        .post("/admin/inbox/{chat}/retry/{message}", may("inbox.reply"), write::retry)
        .post("/admin/inbox/{chat}/typing", may("inbox.reply"), write::typing)
        .post("/admin/inbox/{chat}/done", may("inbox.reply"), write::done)
        .post("/admin/inbox/{chat}/read", may("inbox.view"), write::read_up_to)
        .post("/admin/inbox/{chat}/assign", may("inbox.assign"), write::assign)
        .post("/admin/inbox/{chat}/notes", may("inbox.note"), write::add_note)
        .post("/admin/inbox/{chat}/notes/{note}", may("inbox.note"), write::edit_note)
}

pub(super) fn nav() -> NavItem {
    NavItem {
        key: "inbox",
        label: "nav.inbox",
        href: "/admin/inbox",
        icon: "inbox",
        permission: Some("inbox.view"),
        group: Group::Today,
    }
}

/// The conversations that the member may see.
fn inbox(app: &App, desk: &Desk) -> Seen {
    app.admin.inbox.seen_by(&desk.reach)
}

fn author(desk: &Desk) -> Author {
    Author { id: desk.staff.id, name: desk.staff.name.clone() }
}
