//! The schema, one file a change, named by date and purpose. Times are Unix milliseconds.

// sea-orm-migration's own trait leaves SchemaManager's lifetime out, and async_trait needs both to agree.
#![allow(elided_lifetimes_in_paths)]

use sea_orm_migration::prelude::*;

mod m20261122_000001_accounts;
mod m20261122_000002_conversations;
mod m20261122_000003_jobs;
mod m20261122_000004_reply_rules;
mod m20261122_000005_staff;
mod m20261122_000006_resources;
mod m20261122_000007_uploads;
mod m20261122_000008_inbox;
mod m20261122_000009_rule_hits;
mod m20261122_000010_idempotency;
mod m20261122_000011_followers_list;
mod m20261122_000012_ecommerces;
mod m20261122_000013_ecommerces_of_accounts;
mod m20261123_000001_reach;
mod m20261123_000002_message_cursors;
mod m20261123_000003_account_desk;
mod m20261123_000004_calls;
mod m20261123_000005_webhooks;
mod m20261123_000006_runs;
mod m20261123_000007_followers_managed;
mod m20261123_000008_said;
mod m20261123_000009_service;
mod m20261123_000010_chats_managed;
mod m20261124_000001_menus;
mod m20261124_000002_channels;
mod m20261124_000003_materials;
mod m20261124_000004_drafts;
mod m20261124_000005_broadcasts;
mod m20261124_000006_notices;
mod m20261124_000007_replays_and_views;
mod m20261124_000008_lanes;
mod m20261124_000009_chats;

/// Runs the migrations in order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_accounts::Migration),
            Box::new(m20261122_000002_conversations::Migration),
            Box::new(m20261122_000003_jobs::Migration),
            Box::new(m20261122_000004_reply_rules::Migration),
            Box::new(m20261122_000005_staff::Migration),
            Box::new(m20261122_000006_resources::Migration),
            Box::new(m20261122_000007_uploads::Migration),
            Box::new(m20261122_000008_inbox::Migration),
            Box::new(m20261122_000009_rule_hits::Migration),
            Box::new(m20261122_000010_idempotency::Migration),
            Box::new(m20261122_000011_followers_list::Migration),
            Box::new(m20261122_000012_ecommerces::Migration),
            Box::new(m20261122_000013_ecommerces_of_accounts::Migration),
            Box::new(m20261123_000001_reach::Migration),
            Box::new(m20261123_000002_message_cursors::Migration),
            Box::new(m20261123_000003_account_desk::Migration),
            Box::new(m20261123_000004_calls::Migration),
            Box::new(m20261123_000005_webhooks::Migration),
            Box::new(m20261123_000006_runs::Migration),
            Box::new(m20261123_000007_followers_managed::Migration),
            Box::new(m20261123_000008_said::Migration),
            Box::new(m20261123_000009_service::Migration),
            Box::new(m20261123_000010_chats_managed::Migration),
            Box::new(m20261124_000001_menus::Migration),
            Box::new(m20261124_000002_channels::Migration),
            Box::new(m20261124_000003_materials::Migration),
            Box::new(m20261124_000004_drafts::Migration),
            Box::new(m20261124_000005_broadcasts::Migration),
            Box::new(m20261124_000006_notices::Migration),
            Box::new(m20261124_000007_replays_and_views::Migration),
            Box::new(m20261124_000008_lanes::Migration),
            Box::new(m20261124_000009_chats::Migration),
        ]
    }
}

/// Executes `statements`, which both databases understand, one after the other.
async fn all(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
