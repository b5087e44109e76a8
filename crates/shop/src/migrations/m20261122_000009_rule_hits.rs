//! How often rules answered, which rules were deleted, a version for each rule, and media uploaded to WeChat.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let version =
            Table::alter().table(ReplyRules::Table).add_column(big_integer(ReplyRules::Version).default(1)).to_owned();
        manager.alter_table(version).await?;
        manager.create_table(deleted_rules()).await?;
        manager.create_table(hits()).await?;
        manager.create_table(totals()).await?;
        manager.create_table(cursor()).await?;
        let begin = Query::insert()
            .into_table(RuleHitsCursor::Table)
            .columns([
                RuleHitsCursor::Id,
                RuleHitsCursor::DoneId,
                RuleHitsCursor::HorizonId,
                RuleHitsCursor::HorizonXid,
            ])
            .values_panic([1.into(), 0.into(), 0.into(), 0.into()])
            .to_owned();
        manager.execute(begin).await?;
        manager.create_table(media_items()).await?;
        let by_account = Index::create()
            .name("media_items_of_account")
            .table(MediaItems::Table)
            .col(MediaItems::AccountId)
            .col(MediaItems::Kind)
            .col(MediaItems::Id)
            .to_owned();
        manager.create_index(by_account).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(MediaItems::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(RuleHitsCursor::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(RuleTotals::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(RuleHits::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(DeletedRules::Table).to_owned()).await?;
        let version = Table::alter().table(ReplyRules::Table).drop_column(ReplyRules::Version).to_owned();
        manager.alter_table(version).await
    }
}

/// A deleted rule moves here: what reads `reply_rules` cannot meet it, and its name is free for another.
fn deleted_rules() -> TableCreateStatement {
    Table::create()
        .table(DeletedRules::Table)
        .col(big_integer(DeletedRules::Id).primary_key())
        .col(big_integer(DeletedRules::AccountId))
        .col(text(DeletedRules::Name))
        .col(text(DeletedRules::TriggerKind))
        .col(text(DeletedRules::Trigger))
        .col(text(DeletedRules::Answer))
        .col(text_null(DeletedRules::WebhookSecret))
        .col(integer(DeletedRules::Priority))
        .col(text(DeletedRules::Active))
        .col(boolean(DeletedRules::Enabled))
        .col(big_integer(DeletedRules::CreatedAt))
        .col(big_integer(DeletedRules::UpdatedAt))
        .col(big_integer(DeletedRules::Version))
        .col(big_integer(DeletedRules::DeletedAt))
        .foreign_key(
            ForeignKey::create().from(DeletedRules::Table, DeletedRules::AccountId).to(Accounts::Table, Accounts::Id),
        )
        .to_owned()
}

fn hits() -> TableCreateStatement {
    Table::create()
        .table(RuleHits::Table)
        .col(big_integer(RuleHits::RuleId))
        // Days since 1970-01-01 by the shop's clock.
        .col(integer(RuleHits::Day))
        .col(big_integer(RuleHits::Hits))
        .primary_key(Index::create().col(RuleHits::RuleId).col(RuleHits::Day))
        .to_owned()
}

fn totals() -> TableCreateStatement {
    Table::create()
        .table(RuleTotals::Table)
        .col(big_integer(RuleTotals::RuleId).primary_key())
        .col(big_integer(RuleTotals::Hits))
        .col(big_integer(RuleTotals::LastHitAt))
        .to_owned()
}

/// One row: how far messages have been counted.
fn cursor() -> TableCreateStatement {
    Table::create()
        .table(RuleHitsCursor::Table)
        .col(big_integer(RuleHitsCursor::Id).primary_key())
        .col(big_integer(RuleHitsCursor::DoneId))
        .col(big_integer(RuleHitsCursor::HorizonId))
        .col(big_integer(RuleHitsCursor::HorizonXid))
        .to_owned()
}

fn media_items() -> TableCreateStatement {
    Table::create()
        .table(MediaItems::Table)
        .col(big_pk_auto(MediaItems::Id))
        .col(big_integer(MediaItems::AccountId))
        .col(text(MediaItems::MediaId))
        .col(text(MediaItems::Kind))
        .col(text(MediaItems::Name))
        .col(big_integer(MediaItems::Bytes))
        .col(ColumnDef::new(MediaItems::Thumbnail).blob().null())
        .col(big_integer(MediaItems::CreatedAt))
        .col(big_integer(MediaItems::ExpiresAt))
        .foreign_key(
            ForeignKey::create().from(MediaItems::Table, MediaItems::AccountId).to(Accounts::Table, Accounts::Id),
        )
        .index(Index::create().unique().col(MediaItems::AccountId).col(MediaItems::MediaId))
        .to_owned()
}

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum ReplyRules {
    Table,
    Version,
}

#[derive(DeriveIden)]
enum DeletedRules {
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
    Version,
    DeletedAt,
}

#[derive(DeriveIden)]
enum RuleHits {
    Table,
    RuleId,
    Day,
    Hits,
}

#[derive(DeriveIden)]
enum RuleTotals {
    Table,
    RuleId,
    Hits,
    LastHitAt,
}

#[derive(DeriveIden)]
enum RuleHitsCursor {
    Table,
    Id,
    DoneId,
    HorizonId,
    HorizonXid,
}

#[derive(DeriveIden)]
enum MediaItems {
    Table,
    Id,
    AccountId,
    MediaId,
    Kind,
    Name,
    Bytes,
    Thumbnail,
    CreatedAt,
    ExpiresAt,
}
