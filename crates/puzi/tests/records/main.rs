//! Followers, conversations and calls: what is kept of them and how it is found again.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test that cannot go on says where"
)]

#[path = "../common/mod.rs"]
mod common;

mod calls;
mod chats;
mod people;
