//! What each command does.

pub mod accounts;
pub mod call;
pub mod calls;
pub mod chats;
pub mod common;
pub mod demo;
pub mod doctor;
pub mod generate;
pub mod jobs;
pub mod migrate;
pub mod rules;
pub mod sandbox;
pub mod serve;
pub mod staff;
pub mod users;
pub mod webhooks;
