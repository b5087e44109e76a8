//! The protocol core, from the outside.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod attacks;
mod commerce;
mod common;
mod envelope;
mod events;
mod messages;
mod properties;
mod reading;
mod replies;
mod vectors;
