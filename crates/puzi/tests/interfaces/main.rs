//! What holds for every way in: routes and their permissions, the reach of limited staff, the API, webhooks.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../common/mod.rs"]
mod common;

mod alike;
mod api;
mod reach;
mod routes;
mod webhooks_out;
