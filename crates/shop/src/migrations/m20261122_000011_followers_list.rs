//! What the list of followers is filtered and sorted by. A known follower who writes costs nothing here: none of these
//! columns changes then.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Those of one account and those of a span of time, each in an order in which a list is read; and those who went, who
/// are few among many.
const INDEXES: [(&str, &str); 3] = [
    ("followers_account", "(account_id, id)"),
    ("followers_first_seen", "(first_seen_at, id)"),
    ("followers_gone", "(id) WHERE subscribed = FALSE"),
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns) in INDEXES {
            let sql = format!("CREATE INDEX {name} ON followers {columns}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        Ok(())
    }
}
