//! Pictures and files that staff upload.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Uploads::Table)
                    .col(big_pk_auto(Uploads::Id))
                    .col(text(Uploads::Key).unique_key())
                    .col(text(Uploads::Kind).check(Expr::col(Uploads::Kind).is_in(["image", "file"])))
                    .col(text(Uploads::MediaType))
                    .col(text(Uploads::Name))
                    .col(big_integer(Uploads::Bytes))
                    .col(big_integer_null(Uploads::Width))
                    .col(big_integer_null(Uploads::Height))
                    .col(text(Uploads::Sha256))
                    .col(big_integer_null(Uploads::CreatedBy))
                    .col(big_integer(Uploads::CreatedAt))
                    .col(boolean(Uploads::Attached).default(false))
                    .to_owned(),
            )
            .await?;
        // Few at any time: what nobody has saved yet.
        let loose = "CREATE INDEX uploads_loose ON uploads (created_at, id) WHERE NOT attached";
        manager.get_connection().execute_unprepared(loose).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Uploads::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum Uploads {
    Table,
    Id,
    Key,
    Kind,
    MediaType,
    Name,
    Bytes,
    Width,
    Height,
    Sha256,
    CreatedBy,
    CreatedAt,
    Attached,
}
