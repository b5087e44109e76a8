//! Webhooks out: endpoints that are told of events, what is to be told to each, and every attempt at it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const INDEXES: [&str; 11] = [
    "CREATE INDEX webhooks_of_account ON webhooks (account_id, id)",
    "CREATE UNIQUE INDEX webhooks_name ON webhooks (account_id, name) WHERE deleted_at IS NULL",
    "CREATE UNIQUE INDEX deliveries_once ON deliveries (webhook_id, event_id, copy)",
    "CREATE UNIQUE INDEX deliveries_form ON deliveries (form, replay_of)",
    "CREATE INDEX deliveries_of_account ON deliveries (account_id, created_at, id)",
    "CREATE INDEX deliveries_state ON deliveries (account_id, state, created_at, id)",
    "CREATE INDEX deliveries_of_webhook ON deliveries (webhook_id, created_at, state)",
    "CREATE INDEX deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL",
    "CREATE INDEX deliveries_waiting ON deliveries (webhook_id) WHERE state IN ('waiting', 'sending')",
    "CREATE INDEX deliveries_left_out ON deliveries (webhook_id) WHERE last_error = 'full'",
    // What waits for its endpoint to be resumed.
    "CREATE INDEX deliveries_parked ON deliveries (webhook_id, id) WHERE state = 'waiting' AND next_at IS NULL",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [webhooks(), deliveries(), attempts()] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["delivery_attempts", "deliveries", "webhooks"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn webhooks() -> TableCreateStatement {
    Table::create()
        .table("webhooks")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        // Names the row where its secret is sealed.
        .col(text("uid").unique_key())
        .col(text("name"))
        .col(text("url"))
        // JSON array of names.
        .col(text("events"))
        .col(text("secret"))
        .col(text_null("previous_secret"))
        .col(big_integer_null("previous_until"))
        .col(text("state").check(Expr::col("state").is_in(["active", "paused", "failing"])))
        // Why it is paused: `staff`, `gone`, `failed`.
        .col(text_null("note"))
        // Attempts that failed since one succeeded, and when the first of them was.
        .col(integer("failures").default(0))
        .col(big_integer_null("trouble_since"))
        .col(big_integer_null("failing_since"))
        .col(big_integer_null("last_success_at"))
        .col(big_integer("version").default(1))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .col(big_integer_null("deleted_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn deliveries() -> TableCreateStatement {
    const STATES: [&str; 5] = ["waiting", "sending", "delivered", "failed", "cancelled"];
    Table::create()
        .table("deliveries")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(big_integer("webhook_id"))
        // `webhook-id`: the same at each attempt and for each copy.
        .col(text("event_id"))
        .col(text("event"))
        .col(text("payload"))
        .col(text("state").check(Expr::col("state").is_in(STATES)))
        .col(integer("attempts").default(0))
        // When it is due; while it is being sent, when its lease ends. Null: parked, or over.
        .col(big_integer_null("next_at"))
        .col(integer_null("last_status"))
        .col(text_null("last_error"))
        .col(big_integer_null("last_us"))
        .col(big_integer_null("replay_of"))
        .col(integer("copy").default(0))
        .col(text_null("form"))
        .col(big_integer("created_at"))
        .col(big_integer_null("done_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .foreign_key(ForeignKey::create().from_col("webhook_id").to("webhooks", "id"))
        .to_owned()
}

fn attempts() -> TableCreateStatement {
    Table::create()
        .table("delivery_attempts")
        .col(big_integer("delivery_id"))
        .col(integer("attempt"))
        .col(big_integer("at"))
        .col(big_integer("us"))
        .col(integer_null("status"))
        .col(text_null("error"))
        // The beginning of what was answered, printable.
        .col(text_null("answer"))
        .primary_key(Index::create().col("delivery_id").col("attempt"))
        .to_owned()
}
