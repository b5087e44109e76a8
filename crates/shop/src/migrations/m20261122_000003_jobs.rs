//! The outbox: what must happen after a commit.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Jobs::Table)
                    // A number never comes twice: an attempt that lost its lease must not end another's job.
                    .col(big_pk_auto(Jobs::Id))
                    .col(text(Jobs::Kind))
                    // At most one job of a key waits at a time.
                    .col(ColumnDef::new(Jobs::Key).text().null().unique_key())
                    .col(text(Jobs::Payload))
                    .col(text(Jobs::State).check(Expr::col(Jobs::State).is_in(["queued", "sending", "dead"])))
                    .col(integer(Jobs::Attempts).default(0))
                    .col(big_integer(Jobs::RunAt))
                    .col(text_null(Jobs::LastError))
                    .col(big_integer(Jobs::CreatedAt))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("jobs_due").table(Jobs::Table).col(Jobs::State).col(Jobs::RunAt).to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Jobs::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum Jobs {
    Table,
    Id,
    Kind,
    Key,
    Payload,
    State,
    Attempts,
    RunAt,
    LastError,
    CreatedAt,
}
