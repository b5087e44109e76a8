//! The protocol core, from the outside.

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
