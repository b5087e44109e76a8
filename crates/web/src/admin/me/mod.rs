//! `/admin/me`: one's own name, password, two-step login, sessions and tokens.

mod profile;
mod sessions;
mod tokens;
mod totp;

use super::routes::{Needs, Routes, may};

const PATH: &str = "/admin/me";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, Needs::LoggedIn, profile::show)
        .post(PATH, Needs::LoggedIn, profile::save)
        .post("/admin/me/password", Needs::LoggedIn, profile::change_password)
        .post("/admin/me/sessions/{id}/end", Needs::LoggedIn, sessions::end)
        .post("/admin/me/sessions/end-others", Needs::LoggedIn, sessions::end_others)
        .get("/admin/me/totp", Needs::LoggedIn, totp::show)
        .post("/admin/me/totp", Needs::LoggedIn, totp::confirm)
        .post("/admin/me/totp/off", Needs::LoggedIn, totp::off)
        .post("/admin/me/totp/codes", Needs::LoggedIn, totp::renew_codes)
        .get("/admin/me/tokens", may("tokens.create"), tokens::show)
        .post("/admin/me/tokens", may("tokens.create"), tokens::create)
        .post("/admin/me/tokens/{id}/revoke", Needs::LoggedIn, tokens::revoke)
}
