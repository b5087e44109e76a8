//! What an account publishes: menus, channels, materials, drafts, broadcasts, notices.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says where")]

#[path = "../common/mod.rs"]
mod common;

mod broadcasts;
mod channels;
mod drafts;
mod materials;
mod menus;
mod notices;
