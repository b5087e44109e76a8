//! Conversations of one account that nobody has read, and those whose last word is of a kind: both are asked for with every
//! page, and without these the account's conversations were walked through.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const UP: [&str; 2] = [
    "CREATE INDEX chats_unread_of_account ON chats (account_id, last_at, id) WHERE unread > 0",
    "CREATE INDEX chats_of_kind ON chats (account_id, last_kind, last_at, id)",
];

const DOWN: [&str; 2] = ["DROP INDEX chats_of_kind", "DROP INDEX chats_unread_of_account"];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::all(manager, &UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::all(manager, &DOWN).await
    }
}
