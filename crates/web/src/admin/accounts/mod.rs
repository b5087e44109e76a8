//! Official Accounts: list, add, edit, pause, keys, health, quotas, settings.

pub(super) mod callback;
mod checks;
mod edit;
mod face;
pub(super) mod fields;
mod keys;
mod quota;
mod settings;
mod show;

pub(super) use self::face::face;
use super::routes::{Routes, may};

const PATH: &str = "/admin/accounts";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/accounts/new", may("accounts.create"), edit::show_new)
        .post("/admin/accounts/new", may("accounts.create"), edit::create)
        .get("/admin/accounts/{id}", may("accounts.view"), show::show)
        .post("/admin/accounts/{id}/check", may("accounts.view"), show::check)
        .get("/admin/accounts/{id}/quota", may("accounts.view"), quota::show)
        .post("/admin/accounts/{id}/quota/refresh", may("accounts.view"), quota::refresh)
        .get("/admin/accounts/{id}/quota/clear", may("accounts.clear_quota"), quota::ask)
        .post("/admin/accounts/{id}/quota/clear", may("accounts.clear_quota"), quota::clear)
        .get("/admin/accounts/{id}/settings", may("accounts.edit"), settings::show)
        .post("/admin/accounts/{id}/settings", may("accounts.edit"), settings::save)
        .get("/admin/accounts/{id}/edit", may("accounts.edit"), edit::show)
        .post("/admin/accounts/{id}/edit", may("accounts.edit"), edit::save)
        .post("/admin/accounts/{id}/pause", may("accounts.pause"), keys::pause)
        .post("/admin/accounts/{id}/resume", may("accounts.pause"), keys::resume)
        .post("/admin/accounts/{id}/rotate-key", may("accounts.rotate"), keys::rotate_key)
        .post("/admin/accounts/{id}/rotate-token", may("accounts.rotate"), keys::rotate_token)
        .post("/admin/accounts/{id}/drop-key", may("accounts.rotate"), keys::drop_key)
}

/// The word of an account's state.
fn state(paused: bool, verified_at: Option<i64>) -> &'static str {
    match (paused, verified_at) {
        (true, _) => "paused",
        (false, None) => "unverified",
        (false, Some(_)) => "active",
    }
}

/// The page of an account.
fn path_of(id: i64) -> String {
    format!("{PATH}/{id}")
}
