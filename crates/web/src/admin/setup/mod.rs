//! The first run: an owner, an account, and WeChat's check of its URL. While there is nobody, everything leads here.

mod account;
mod connect;
mod owner;

use super::routes::{Needs, Routes, may};

/// Where the first run begins.
pub(super) const PATH: &str = "/admin/setup";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, Needs::Nothing, owner::show)
        .post(PATH, Needs::Nothing, owner::create)
        .get("/admin/setup/account", may("accounts.create"), account::show)
        .post("/admin/setup/account", may("accounts.create"), account::create)
        .get("/admin/setup/connect/{id}", may("accounts.rotate"), connect::show)
        .get("/admin/setup/connect/{id}/state", may("accounts.rotate"), connect::state)
        .get("/admin/setup/done", Needs::LoggedIn, connect::done)
}

/// Where the steps of the first run stand.
pub(super) struct Steps(u8);

impl Steps {
    /// The step of this number, from 1.
    fn at(step: u8) -> Self {
        Self(step)
    }

    /// Each step's text and whether it is behind, here or ahead.
    fn list(&self) -> [(&'static str, &'static str); 4] {
        let state = |step: u8| match step.cmp(&self.0) {
            std::cmp::Ordering::Less => "done",
            std::cmp::Ordering::Equal => "here",
            std::cmp::Ordering::Greater => "ahead",
        };
        [
            ("setup.steps.owner", state(1)),
            ("setup.steps.account", state(2)),
            ("setup.steps.connect", state(3)),
            ("setup.steps.next", state(4)),
        ]
    }
}
