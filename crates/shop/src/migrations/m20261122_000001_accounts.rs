//! Official Accounts and the access token each of them shares between processes.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Accounts::Table)
                    .col(big_pk_auto(Accounts::Id))
                    .col(text_uniq(Accounts::Slug))
                    .col(text(Accounts::Name))
                    .col(text_uniq(Accounts::Appid))
                    .col(text(Accounts::Secret))
                    .col(text(Accounts::ContactName))
                    .col(text(Accounts::ContactPhone))
                    .col(text(Accounts::ContactEmail))
                    .col(text(Accounts::Mode))
                    .col(text(Accounts::Token))
                    .col(text(Accounts::AesKey))
                    .col(text_null(Accounts::PreviousAesKey))
                    .col(text_null(Accounts::ApiBase))
                    .col(text(Accounts::Status).check(Expr::col(Accounts::Status).is_in(["active", "paused"])))
                    .col(big_integer_null(Accounts::VerifiedAt))
                    .col(big_integer(Accounts::Version).default(1))
                    .col(big_integer(Accounts::RulesVersion).default(1))
                    .col(big_integer(Accounts::CreatedAt))
                    .col(big_integer(Accounts::UpdatedAt))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccessTokens::Table)
                    .col(ColumnDef::new(AccessTokens::Appid).text().not_null().primary_key())
                    .col(text_null(AccessTokens::Token))
                    .col(big_integer(AccessTokens::ExpiresAt).default(0))
                    .col(text_null(AccessTokens::LeaseHolder))
                    .col(big_integer(AccessTokens::LeaseUntil).default(0))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(AccessTokens::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Accounts::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
    Slug,
    Name,
    Appid,
    Secret,
    ContactName,
    ContactPhone,
    ContactEmail,
    Mode,
    Token,
    AesKey,
    PreviousAesKey,
    ApiBase,
    Status,
    VerifiedAt,
    Version,
    RulesVersion,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum AccessTokens {
    Table,
    Appid,
    Token,
    ExpiresAt,
    LeaseHolder,
    LeaseUntil,
}
