//! The engine against a real database.

mod changes;
mod fills;
mod keys;
mod lists;
mod pages;
pub(crate) mod world;
