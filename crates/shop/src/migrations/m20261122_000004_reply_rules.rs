//! Reply rules of an account.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(ReplyRules::Table)
                    .col(big_pk_auto(ReplyRules::Id))
                    .col(big_integer(ReplyRules::AccountId))
                    .col(text(ReplyRules::Name))
                    // The trigger's word once more, so that rules can be searched without reading JSON.
                    .col(text(ReplyRules::TriggerKind))
                    .col(text(ReplyRules::Trigger))
                    .col(text(ReplyRules::Answer))
                    .col(text_null(ReplyRules::WebhookSecret))
                    .col(integer(ReplyRules::Priority).default(0))
                    .col(text(ReplyRules::Active))
                    .col(boolean(ReplyRules::Enabled))
                    .col(big_integer(ReplyRules::CreatedAt))
                    .col(big_integer(ReplyRules::UpdatedAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(ReplyRules::Table, ReplyRules::AccountId)
                            .to(Accounts::Table, Accounts::Id),
                    )
                    .index(Index::create().unique().col(ReplyRules::AccountId).col(ReplyRules::Name))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(ReplyRules::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum ReplyRules {
    Table,
    Id,
    AccountId,
    Name,
    TriggerKind,
    Trigger,
    Answer,
    WebhookSecret,
    Priority,
    Active,
    Enabled,
    CreatedAt,
    UpdatedAt,
}
