//! Conversations of one account that nobody has read, and those that somebody has; those whose last word is of a kind, those
//! that are open or done, and those of one of the team: each in the order of the list. Without these the account's
//! conversations were walked through.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const UP: [&str; 5] = [
    // Not a partial one: SQLite walks through the account's conversations rather than through fewer of them.
    "CREATE INDEX chats_read ON chats (account_id, (unread > 0), last_at, id)",
    "DROP INDEX chats_unread",
    "CREATE INDEX chats_of_kind ON chats (account_id, last_kind, last_at, id)",
    "CREATE INDEX chats_of_status ON chats (account_id, status, last_at, id)",
    "CREATE INDEX chats_assigned ON chats (account_id, assigned_id, last_at, id) WHERE assigned_id IS NOT NULL",
];

const DOWN: [&str; 5] = [
    "CREATE INDEX chats_unread ON chats (last_at, id) WHERE unread > 0",
    "DROP INDEX chats_assigned",
    "DROP INDEX chats_of_status",
    "DROP INDEX chats_of_kind",
    "DROP INDEX chats_read",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::all(manager, &UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::all(manager, &DOWN).await
    }
}
