//! The record of calls: its pages, and replaying pushes.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

#[path = "../common/mod.rs"]
mod common;

mod command;
mod pages;
mod recording;
mod replay;
