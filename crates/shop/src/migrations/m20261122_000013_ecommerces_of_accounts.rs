//! Ecommerces belong to an account, and say more than their title.
//!
//! SQLite cannot add a column that must not be null and leads to another table, so the table is made anew. A row from
//! before goes to the first account; without any account there is nothing that it could belong to.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("ecommerces_of_accounts")
            .col(big_pk_auto("id"))
            .col(big_integer("account_id"))
            .col(text("title"))
            .col(text("logo").default("[]"))
            .col(text("notice").default(""))
            .col(boolean("open").default(true))
            .col(text("contact_name").default(""))
            .col(text("contact_phone").default(""))
            .col(text("contact_email").default(""))
            .col(big_integer("version").default(1))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let db = manager.get_connection();
        db.execute_unprepared(
            "INSERT INTO ecommerces_of_accounts (account_id, title, version, created_at, updated_at) \
             SELECT (SELECT MIN(id) FROM accounts), title, version, created_at, updated_at FROM ecommerces \
             WHERE EXISTS (SELECT 1 FROM accounts) ORDER BY id",
        )
        .await?;
        manager.drop_table(Table::drop().table("ecommerces").to_owned()).await?;
        manager.rename_table(Table::rename().table("ecommerces_of_accounts", "ecommerces").to_owned()).await?;
        let mut index = Index::create();
        index.name("ecommerces_account_id").table("ecommerces").col("account_id").col("id");
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("ecommerces_account_id").table("ecommerces").to_owned()).await?;
        for column in ["account_id", "logo", "notice", "open", "contact_name", "contact_phone", "contact_email"] {
            let table = Table::alter().table("ecommerces").drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
