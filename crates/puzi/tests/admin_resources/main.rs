//! The pages of declared resources through the real server: a resource that has every kind of field, declared here, and
//! the admin's own.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says where")]

#[path = "../common/mod.rs"]
mod common;
mod forms;
mod lists;
mod many;
mod own;
mod teas;
mod world;
