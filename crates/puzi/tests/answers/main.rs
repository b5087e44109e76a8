//! The callback and what a follower gets: sound and bad input, late answers, outages, kills, two nodes.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod callback;
mod crash;
mod late_answers;
mod operations;
mod outage;
mod two_nodes;
