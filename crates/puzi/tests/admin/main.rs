//! The pages of the admin, asked as a browser asks them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test that cannot go on says where"
)]

#[path = "../common/mod.rs"]
mod common;

mod accounts;
mod dashboard;
mod desk;
mod generator;
mod inbox;
mod login;
mod resources;
mod rules;
mod uploads;
