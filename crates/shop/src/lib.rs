//! The business of the shop: one folder an area, each with its tables, its rules and its use cases. No HTTP.

pub mod accounts;
pub mod agents;
pub mod audit;
pub mod broadcasts;
pub mod calls;
pub mod channels;
pub mod chats;
pub mod conversations;
pub mod db;
pub mod digest;
pub mod drafts;
pub mod ecommerces;
mod error;
pub mod followers;
pub mod idempotency;
pub mod inbox;
pub mod jobs;
pub mod leases;
pub mod machine;
pub mod materials;
pub mod media_type;
pub mod menus;
mod migrations;
pub mod notices;
pub mod outward;
pub mod replies;
pub mod runs;
pub mod said;
pub mod secrets;
pub mod settings;
pub mod staff;
#[cfg(test)]
mod test_database;
pub mod texts;
pub mod uploads;
pub mod webhooks;
mod words;

pub use error::{Error, Problem, Result};
pub use migrations::Migrator;
