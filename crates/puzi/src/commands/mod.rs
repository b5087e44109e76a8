//! What each command does.

pub mod accounts;
pub mod broadcast;
pub mod call;
pub mod calls;
pub mod channels;
pub mod chats;
pub mod common;
pub mod demo;
pub mod doctor;
pub mod drafts;
pub mod generate;
pub mod jobs;
pub mod materials;
pub mod menu;
pub mod migrate;
pub mod notices;
pub mod rules;
pub mod sandbox;
pub mod serve;
pub mod staff;
pub mod users;
pub mod webhooks;
