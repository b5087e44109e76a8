//! The life of each declared resource, told from its declaration through the real server: see [`story`].
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says where")]

#[path = "../common/mod.rs"]
pub(crate) mod common;
pub(crate) mod story;

mod ecommerces;
mod phrases;
