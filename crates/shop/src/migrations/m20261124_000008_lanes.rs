//! Runs that do not wait for each other: the readings of an account, its marks, and its records of customer service. What
//! was done to a follower from here, so that an answer that was asked for before does not undo it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const UP: [&str; 4] = [
    "DROP INDEX runs_working",
    // One run of each lane of an account works at a time, on whatever node.
    "CREATE UNIQUE INDEX runs_working ON runs \
     (account_id, (CASE kind WHEN 'mark' THEN 1 WHEN 'records' THEN 2 ELSE 0 END)) WHERE state = 'running'",
    // How often it failed without getting any further.
    "ALTER TABLE runs ADD COLUMN failures BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE followers ADD COLUMN marked_at BIGINT NULL",
];

const DOWN: [&str; 4] = [
    "ALTER TABLE followers DROP COLUMN marked_at",
    "ALTER TABLE runs DROP COLUMN failures",
    "DROP INDEX runs_working",
    "CREATE UNIQUE INDEX runs_working ON runs (account_id) WHERE state = 'running'",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::all(manager, &UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::all(manager, &DOWN).await
    }
}
