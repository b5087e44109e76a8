//! QR channels: the codes that lead to the account, where they were scanned, and the posters that carry them.

mod face;
mod poster;
mod show;

pub(super) use self::face::{face, folders};
pub use self::poster::{Size, svg};
use super::routes::{Routes, may};

const PATH: &str = "/admin/channels";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/channels/{id}", may("channels.view"), show::page)
        .get("/admin/channels/{id}/part", may("channels.view"), show::part)
        .get("/admin/channels/{id}/picture", may("channels.view"), show::picture)
        .get("/admin/channels/{id}/poster", may("channels.view"), show::poster)
}

/// The page of a channel.
fn path_of(id: i64) -> String {
    format!("{PATH}/{id}")
}
