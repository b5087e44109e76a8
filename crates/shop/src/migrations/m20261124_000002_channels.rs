//! QR channels: codes with a scene, the folders they lie in, how each was made, and who came by them on which day.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const INDEXES: [&str; 11] = [
    "CREATE UNIQUE INDEX channel_folders_name ON channel_folders (account_id, name)",
    "CREATE INDEX channel_folders_of_account ON channel_folders (account_id, id)",
    // Over deleted ones too: what was printed is scanned for years.
    "CREATE UNIQUE INDEX channels_scene ON channels (account_id, scene)",
    "CREATE INDEX channels_of_account ON channels (account_id, id)",
    "CREATE INDEX channels_of_folder ON channels (folder_id, id)",
    "CREATE INDEX channels_asked ON channels (account_id, asked_at) WHERE asked_at IS NOT NULL",
    "CREATE INDEX channels_uncounted ON channels (account_id, counted_to) WHERE counted_to IS NOT NULL",
    "CREATE INDEX channel_events_of ON channel_events (channel_id, id)",
    "CREATE INDEX channel_days_of_account ON channel_days (account_id, day)",
    "CREATE INDEX channel_people_lately ON channel_people (channel_id, last_day, last_at)",
    // The latest follow before something bought.
    "CREATE INDEX channel_follows_of ON channel_follows (account_id, openid, message_id)",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [folders(), channels(), events(), days(), people(), follows()] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["channel_follows", "channel_people", "channel_days", "channel_events", "channels", "channel_folders"];
        for table in tables {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn folders() -> TableCreateStatement {
    Table::create()
        .table("channel_folders")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(text("name"))
        .col(big_integer("position").default(0))
        .col(big_integer("version").default(1))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn channels() -> TableCreateStatement {
    const STATES: [&str; 5] = ["making", "asking", "live", "failed", "unknown"];
    Table::create()
        .table("channels")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(big_integer_null("folder_id"))
        .col(text("name"))
        .col(text("note").default(""))
        .col(boolean("lasting").default(false))
        // How long a temporary code lives; null for one that lasts.
        .col(big_integer_null("ttl_days"))
        .col(text("scene_kind").check(Expr::col("scene_kind").is_in(["number", "text"])))
        // As EventKey has it.
        .col(text("scene"))
        .col(text("state").default("making").check(Expr::col("state").is_in(STATES)))
        .col(text_null("ticket"))
        .col(text_null("url"))
        // WeChat's picture of the ticket: a name in the folder of media.
        .col(text_null("picture"))
        .col(big_integer_null("asked_at"))
        .col(big_integer_null("made_at"))
        .col(big_integer_null("expires_at"))
        .col(text_null("error"))
        .col(big_integer_null("errcode"))
        .col(text_null("rid"))
        // Null: each scan is counted as it comes. Else up to which message those from before are counted.
        .col(big_integer_null("counted_to"))
        .col(big_integer("version").default(1))
        .col(big_integer_null("deleted_at"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .foreign_key(ForeignKey::create().from_col("folder_id").to("channel_folders", "id"))
        .to_owned()
}

fn events() -> TableCreateStatement {
    Table::create()
        .table("channel_events")
        .col(big_pk_auto("id"))
        .col(big_integer("channel_id"))
        .col(text("event"))
        .col(text("from_state"))
        .col(text("to_state"))
        .col(text("who"))
        .col(text("by"))
        .col(text("why").default(""))
        .col(big_integer("at"))
        .foreign_key(
            ForeignKey::create().from_col("channel_id").to("channels", "id").on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn days() -> TableCreateStatement {
    let count = |name| big_integer(name).default(0).to_owned();
    Table::create()
        .table("channel_days")
        .col(big_integer("channel_id"))
        // Days since 1970-01-01 by the shop's clock.
        .col(big_integer("day"))
        .col(big_integer("account_id"))
        .col(count("scans"))
        .col(count("follows"))
        // Of those who followed: never seen before, and come back.
        .col(count("fresh"))
        .col(count("again"))
        // Who scanned, each once.
        .col(count("people"))
        .primary_key(Index::create().col("channel_id").col("day"))
        .foreign_key(
            ForeignKey::create().from_col("channel_id").to("channels", "id").on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn people() -> TableCreateStatement {
    Table::create()
        .table("channel_people")
        .col(big_integer("channel_id"))
        .col(text("openid"))
        .col(big_integer("first_at"))
        .col(big_integer("last_at"))
        .col(big_integer("scans"))
        .col(big_integer("last_day"))
        .primary_key(Index::create().col("channel_id").col("openid"))
        .foreign_key(
            ForeignKey::create().from_col("channel_id").to("channels", "id").on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn follows() -> TableCreateStatement {
    Table::create()
        .table("channel_follows")
        .col(big_integer("message_id").primary_key())
        .col(big_integer("channel_id"))
        .col(big_integer("account_id"))
        .col(text("openid"))
        .col(boolean("fresh"))
        .col(big_integer("at"))
        .foreign_key(
            ForeignKey::create().from_col("channel_id").to("channels", "id").on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
