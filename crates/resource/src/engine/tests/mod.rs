//! The engine against a real database.

mod changes;
mod fills;
mod keys;
mod lists;
mod pages;
mod partition;
pub(crate) mod world;
