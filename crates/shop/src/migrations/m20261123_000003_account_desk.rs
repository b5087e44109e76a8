//! The accounts' desk: settings of an account, what its checks said, WeChat's quotas and their clearings,
//! customer-service accounts; and leases, by which one node of several does what only one must.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [settings(), checks(), quotas(), clearings(), agents(), leases()] {
            manager.create_table(table).await?;
        }
        for (name, table, second) in
            [("quota_clearings_of", "quota_clearings", "at"), ("agents_of_account", "agents", "id")]
        {
            let index = Index::create().name(name).table(table).col("account_id").col(second).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["leases", "agents", "quota_clearings", "account_quotas", "account_checks", "account_settings"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// `name`, with the account that each of its rows belongs to.
fn of_account(name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).col(big_integer("account_id"));
    table.foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"));
    table
}

/// Only what somebody has set stands here, as JSON.
fn settings() -> TableCreateStatement {
    of_account("account_settings")
        .col(text("key"))
        .col(text("value"))
        .col(big_integer("updated_at"))
        .primary_key(Index::create().col("account_id").col("key"))
        .to_owned()
}

/// The latest result of each check.
fn checks() -> TableCreateStatement {
    of_account("account_checks")
        .col(text("kind"))
        .col(text("state").check(Expr::col("state").is_in(["good", "warning", "bad", "unknown"])))
        // Key of the sentence, and what fills it (JSON).
        .col(text("text"))
        .col(text("args"))
        // WeChat's own words, masked; or a list of lines (JSON), by the kind.
        .col(text("detail"))
        .col(big_integer("at"))
        .col(big_integer("us"))
        .primary_key(Index::create().col("account_id").col("kind"))
        .to_owned()
}

fn quotas() -> TableCreateStatement {
    of_account("account_quotas")
        .col(text("path"))
        .col(big_integer("daily_limit"))
        .col(big_integer("used"))
        .col(big_integer("remain"))
        .col(big_integer_null("minute_limit"))
        .col(big_integer("asked_at"))
        // Why WeChat did not tell; the figures are then those of before.
        .col(text_null("trouble"))
        .primary_key(Index::create().col("account_id").col("path"))
        .to_owned()
}

fn clearings() -> TableCreateStatement {
    of_account("quota_clearings")
        .col(big_pk_auto("id"))
        // Absent: all paths of the account.
        .col(text_null("path"))
        .col(big_integer("at"))
        .col(text("by_name"))
        .col(text("state").check(Expr::col("state").is_in(["sending", "done", "refused", "unknown"])))
        .col(big_integer_null("errcode"))
        // The form it was asked with: sent twice, it is one clearing.
        .col(text("form"))
        .index(Index::create().unique().col("account_id").col("form"))
        .to_owned()
}

fn agents() -> TableCreateStatement {
    of_account("agents")
        .col(big_pk_auto("id"))
        // `prefix@wechat-id`.
        .col(text("kf_account"))
        .col(big_integer("kf_id"))
        .col(text("nickname"))
        // WeChat's picture, and the upload that it was made of (JSON, as image fields keep it).
        .col(text("avatar_url"))
        .col(text("avatar").default("[]"))
        // The WeChat number that is bound, and the one that is invited.
        .col(text("wx"))
        .col(text("invite_wx"))
        .col(text_null("invite_status"))
        .col(big_integer_null("invite_ends_at"))
        .col(boolean("online"))
        .col(big_integer_null("sessions"))
        .col(text_null("qr_url"))
        .col(big_integer("seen_at"))
        .col(big_integer_null("deleted_at"))
        .col(big_integer("version").default(1))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .index(Index::create().unique().col("account_id").col("kf_account"))
        .to_owned()
}

fn leases() -> TableCreateStatement {
    Table::create()
        .table("leases")
        .col(text("name").primary_key())
        .col(text("holder"))
        .col(big_integer("until"))
        .to_owned()
}
