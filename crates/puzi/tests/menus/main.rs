//! Menus: drafts, publishing whatever happens, versions. The real server and a simulated WeChat.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../common/mod.rs"]
mod common;

mod command;
mod killed;
mod pages;
mod publishing;
mod shop;
