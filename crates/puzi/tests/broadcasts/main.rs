//! Broadcasts: the real server and a simulated WeChat. Nothing goes out without a second person, and nothing twice.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../common/mod.rs"]
mod common;

mod approval;
mod drafts;
mod killed;
mod limited;
mod materials;
mod pages;
mod results;
mod sending;
mod shop;
