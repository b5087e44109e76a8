//! The command line, by its real binary: what it prints, what it refuses, what it leaves untouched.

// Clippy allows it in test functions by itself, not in what they share.
#![allow(clippy::unwrap_used)]

mod accounts;
mod broadcast;
mod call;
mod call_ends;
mod chats;
mod doctor;
mod rules;
mod settings;
mod staff;
mod world;
