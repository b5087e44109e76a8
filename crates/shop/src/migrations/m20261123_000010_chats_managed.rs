//! Who answered a conversation, how long each question waited, and how much was said in each hour.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The columns of `chat_hours` that count.
const COUNTED: [&str; 14] = [
    "asked", "at_once", "by_rule", "by_staff", "by_agent", "waits", "wait_ms", "w1m", "w5m", "w15m", "w1h", "w6h",
    "w24h", "w_more",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on = manager.get_connection();
        // One column a statement: SQLite takes no more.
        for column in [
            "answered_by TEXT NULL CHECK (answered_by IN ('rule', 'staff', 'agent'))",
            "answered_id BIGINT NULL",
            "answered_name TEXT NULL",
            "answered_at BIGINT NULL",
        ] {
            on.execute_unprepared(&format!("ALTER TABLE chats ADD COLUMN {column}")).await?;
        }
        for index in [
            "chats_of_account ON chats (account_id, last_at, id)",
            "chats_waiting ON chats (account_id, waiting_since, id) WHERE waiting_since IS NOT NULL",
            "chats_answered ON chats (account_id, answered_by, last_at, id) WHERE answered_by IS NOT NULL",
        ] {
            on.execute_unprepared(&format!("CREATE INDEX {index}")).await?;
        }
        manager.create_table(waits()).await?;
        let by_time = Index::create()
            .name("chat_waits_account")
            .table(ChatWaits::Table)
            .col(ChatWaits::AccountId)
            .col(ChatWaits::AnsweredAt)
            .to_owned();
        manager.create_index(by_time).await?;
        manager.create_table(hours()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(ChatHours::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(ChatWaits::Table).to_owned()).await?;
        let on = manager.get_connection();
        for index in ["chats_of_account", "chats_waiting", "chats_answered"] {
            on.execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        for column in ["answered_at", "answered_name", "answered_id", "answered_by"] {
            on.execute_unprepared(&format!("ALTER TABLE chats DROP COLUMN {column}")).await?;
        }
        Ok(())
    }
}

/// One row for each wait that ended.
fn waits() -> TableCreateStatement {
    Table::create()
        .table(ChatWaits::Table)
        .col(big_integer(ChatWaits::ChatId))
        .col(big_integer(ChatWaits::Since))
        .col(big_integer(ChatWaits::AccountId))
        .col(big_integer(ChatWaits::AnsweredAt))
        .col(text(ChatWaits::ByKind).check(Expr::col(ChatWaits::ByKind).is_in(["rule", "staff", "agent", "none"])))
        .col(big_integer_null(ChatWaits::StaffId))
        .col(text(ChatWaits::Name))
        .primary_key(Index::create().col(ChatWaits::ChatId).col(ChatWaits::Since))
        .foreign_key(ForeignKey::create().from(ChatWaits::Table, ChatWaits::ChatId).to(Chats::Table, Chats::Id))
        .to_owned()
}

fn hours() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table(ChatHours::Table)
        .col(big_integer(ChatHours::AccountId))
        // Hours since 1970, UTC.
        .col(big_integer(ChatHours::Hour));
    for column in COUNTED {
        table.col(big_integer(Alias::new(column)).default(0));
    }
    table
        .primary_key(Index::create().col(ChatHours::AccountId).col(ChatHours::Hour))
        .foreign_key(
            ForeignKey::create().from(ChatHours::Table, ChatHours::AccountId).to(Accounts::Table, Accounts::Id),
        )
        .to_owned()
}

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Chats {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum ChatWaits {
    Table,
    ChatId,
    Since,
    AccountId,
    AnsweredAt,
    ByKind,
    StaffId,
    Name,
}

#[derive(DeriveIden)]
enum ChatHours {
    Table,
    AccountId,
    Hour,
}
