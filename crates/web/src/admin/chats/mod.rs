//! `/admin/chats`: all conversations with their filters, who is served, the figures, and conversations as files.

mod export;
mod figures;
mod list;
mod records;
mod sessions;

use puzi_shop::chats::Chats;

pub(crate) use self::figures::words_of;
pub(super) use self::list::face;
use super::routes::{Routes, may};
use crate::App;

const PATH: &str = "/admin/chats";
/// What was said is for those who may see conversations: everywhere, also beside a list or in a file.
const WORDS: &str = "inbox.view";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/chats/sessions", may("chats.view"), sessions::page)
        .post("/admin/chats/sessions", may("chats.serve"), sessions::act)
        .post("/admin/chats/records", may("chats.serve"), records::begin)
        .get("/admin/chats/figures", may("chats.view"), figures::page)
        .get("/admin/chats/cloud", may("chats.view+inbox.view"), figures::cloud)
        .get("/admin/chats/{id}", may("chats.view"), list::open)
        .get("/admin/chats/{id}/export", may(format!("chats.export+{WORDS}")), export::file)
}

fn chats(app: &App) -> Chats {
    Chats::new(&app.db, &app.registry)
}

/// A length of time as people say it: `3 分钟`, `2 小时 5 分`, `4 天`.
fn length(texts: &impl Fn(&str, &[(&'static str, String)]) -> String, ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    let n = |n: i64| n.to_string();
    match minutes {
        0 => texts("chats.length.seconds", &[("n", n(ms.max(0) / 1_000))]),
        1..60 => texts("chats.length.minutes", &[("n", n(minutes))]),
        60..1_440 if minutes % 60 == 0 => texts("chats.length.hours", &[("n", n(minutes / 60))]),
        60..1_440 => texts("chats.length.hours_minutes", &[("n", n(minutes / 60)), ("m", n(minutes % 60))]),
        _ => texts("chats.length.days", &[("n", n(minutes / 1_440))]),
    }
}
