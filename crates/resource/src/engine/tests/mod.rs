//! The engine against a real database.

mod changes;
mod lists;
mod pages;
pub(crate) mod world;
