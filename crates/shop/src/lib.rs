//! The business of the shop: one folder an area, each with its tables, its rules and its use cases. No HTTP.

pub mod accounts;
pub mod conversations;
pub mod db;
mod error;
pub mod followers;
pub mod jobs;
mod migrations;
pub mod replies;
pub mod secrets;
pub mod texts;

pub use error::{Error, Problem, Result};
pub use migrations::Migrator;
