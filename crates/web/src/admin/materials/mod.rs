//! The library of materials: upload, look, replace, remove; reading WeChat's own list; the dialog in which other pages choose
//! one.

mod face;
mod new;
mod pick;
mod show;
mod sync;

pub(super) use self::face::face;
use super::routes::{Routes, may};

const PATH: &str = "/admin/materials";
/// The largest form with a file, in bytes.
const UPLOAD_LIMIT: usize = puzi_shop::materials::LARGEST + (64 << 10);

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/materials/new", may("materials.create"), new::show)
        .post_large(PATH, may("materials.create"), UPLOAD_LIMIT, new::create)
        .get("/admin/materials/pick", may("materials.view"), pick::page)
        .post_large("/admin/materials/pick", may("materials.create"), UPLOAD_LIMIT, pick::upload)
        .get("/admin/materials/sync", may("materials.view"), sync::part)
        .post("/admin/materials/sync", may("materials.sync"), sync::start)
        .post("/admin/materials/sync/pause", may("materials.sync"), sync::pause)
        .get("/admin/materials/{id}", may("materials.view"), show::page)
        .get("/admin/materials/{id}/file", may("materials.view"), show::file)
        .get("/admin/materials/{id}/thumbnail", may("materials.view"), show::thumbnail)
        .post_large("/admin/materials/{id}/replace", may("materials.replace"), UPLOAD_LIMIT, show::replace)
        .post("/admin/materials/{id}/again", may("materials.create"), show::again)
}

/// The page of a material.
fn path_of(id: i64) -> String {
    format!("{PATH}/{id}")
}

/// Where the small picture of a material is.
pub(super) fn thumbnail_of(id: i64) -> String {
    format!("{PATH}/{id}/thumbnail")
}

/// A length as people say it; empty when it is not known.
pub(super) fn size(bytes: i64) -> String {
    match bytes {
        0 => String::new(),
        bytes if bytes < 1 << 20 => format!("{} KB", (bytes >> 10).max(1)),
        bytes => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}
