//! The index of what was said.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let blocks = Table::create()
            .table("said_blocks")
            .col(big_pk_auto("id"))
            .col(big_integer("account_id"))
            .col(small_integer("source"))
            // The block has the numbers above this one.
            .col(big_integer("base"))
            .col(integer("size").check(Expr::col("size").is_in([1_024, 65_536])))
            .col(big_integer("texts"))
            .col(big_integer("first_at"))
            .col(big_integer("last_at"))
            .col(text("state").check(Expr::col("state").is_in(["building", "live", "dying"])))
            .col(big_integer("changed_at"))
            .foreign_key(ForeignKey::create().from("said_blocks", "account_id").to("accounts", "id"))
            .index(Index::create().unique().col("account_id").col("source").col("size").col("base"))
            .to_owned();
        manager.create_table(blocks).await?;
        let of_account = Index::create()
            .name("said_blocks_of_account")
            .table("said_blocks")
            .col("account_id")
            .col("source")
            .col("base")
            .to_owned();
        manager.create_index(of_account).await?;
        let of_source = Index::create()
            .name("said_blocks_of_source")
            .table("said_blocks")
            .col("source")
            .col("state")
            .col("size")
            .col("base")
            .to_owned();
        manager.create_index(of_source).await?;
        // Its numbers are the block's and the bucket's: no sequence gives them. Only an `integer` is SQLite's row number.
        let mut id =
            if manager.get_database_backend() == DbBackend::Sqlite { integer("id") } else { big_integer("id") };
        let words = Table::create().table("said_words").col(id.primary_key()).col(blob("words")).to_owned();
        manager.create_table(words).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            // Packed already.
            let external = "ALTER TABLE said_words ALTER COLUMN words SET STORAGE EXTERNAL";
            manager.get_connection().execute_unprepared(external).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("said_words").to_owned()).await?;
        manager.drop_table(Table::drop().table("said_blocks").to_owned()).await
    }
}
