//! What belongs to resources of every kind: saved views and imported files.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [views(), imports()] {
            manager.create_table(table).await?;
        }
        let by_resource = Index::create()
            .name("imports_resource")
            .table(Imports::Table)
            .col(Imports::Resource)
            .col(Imports::Id)
            .to_owned();
        manager.create_index(by_resource).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Imports::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(ResourceViews::Table).to_owned()).await
    }
}

fn views() -> TableCreateStatement {
    Table::create()
        .table(ResourceViews::Table)
        .col(big_pk_auto(ResourceViews::Id))
        .col(text(ResourceViews::Resource))
        // Kind and row number of whoever saved it: `staff:7`.
        .col(text(ResourceViews::Owner))
        .col(text(ResourceViews::Name))
        .col(text(ResourceViews::Query))
        .col(boolean(ResourceViews::Shared))
        .col(big_integer(ResourceViews::CreatedAt))
        .col(big_integer(ResourceViews::UpdatedAt))
        .index(Index::create().unique().col(ResourceViews::Resource).col(ResourceViews::Owner).col(ResourceViews::Name))
        .to_owned()
}

fn imports() -> TableCreateStatement {
    Table::create()
        .table(Imports::Table)
        .col(big_pk_auto(Imports::Id))
        .col(text(Imports::Resource))
        .col(text(Imports::Owner))
        .col(text(Imports::File))
        .col(text(Imports::Status).check(Expr::col(Imports::Status).is_in(["checked", "applied", "undone"])))
        // What the file would do, until it is applied; then what it takes to undo it.
        .col(text(Imports::Plan))
        .col(text_null(Imports::Undo))
        .col(big_integer(Imports::CreatedAt))
        .col(big_integer_null(Imports::AppliedAt))
        .col(big_integer_null(Imports::UndoneAt))
        .to_owned()
}

#[derive(DeriveIden)]
enum ResourceViews {
    Table,
    Id,
    Resource,
    Owner,
    Name,
    Query,
    Shared,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum Imports {
    Table,
    Id,
    Resource,
    Owner,
    File,
    Status,
    Plan,
    Undo,
    CreatedAt,
    AppliedAt,
    UndoneAt,
}
