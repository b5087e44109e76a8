//! Staff who are limited to some accounts, and to which account a job, a line of the audit log and an event of the inbox
//! belong.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Two columns: who unticks the last account of a member must not give them all of them.
        let reach = text("reach").default("all").check(Expr::col("reach").is_in(["all", "some"])).to_owned();
        for (table, column) in [
            ("staff", reach),
            ("staff", text("accounts").default("[]").to_owned()),
            ("staff_sessions", boolean("all_accounts").default(false).to_owned()),
            ("inbox_events", big_integer("account_id").default(0).to_owned()),
            ("jobs", big_integer_null("account_id").to_owned()),
            ("audit_log", big_integer_null("account_id").to_owned()),
        ] {
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        let mut index = Index::create();
        index.name("audit_log_account").table("audit_log").col("account_id").col("id");
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("audit_log_account").table("audit_log").to_owned()).await?;
        for (table, column) in [
            ("audit_log", "account_id"),
            ("jobs", "account_id"),
            ("inbox_events", "account_id"),
            ("staff_sessions", "all_accounts"),
            ("staff", "accounts"),
            ("staff", "reach"),
        ] {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
