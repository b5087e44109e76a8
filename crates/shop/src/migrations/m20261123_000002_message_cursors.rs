//! One table for all who follow the messages; the counting of rules' hits moves into it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cursors = Table::create()
            .table(MessageCursors::Table)
            .col(text(MessageCursors::Name).primary_key())
            .col(big_integer(MessageCursors::DoneId))
            .col(big_integer(MessageCursors::HorizonId))
            .col(big_integer(MessageCursors::HorizonXid))
            .to_owned();
        manager.create_table(cursors).await?;
        let on = manager.get_connection();
        on.execute_unprepared(
            "INSERT INTO message_cursors (name, done_id, horizon_id, horizon_xid) \
             SELECT 'rule_hits', done_id, horizon_id, horizon_xid FROM rule_hits_cursor WHERE id = 1",
        )
        .await?;
        manager.drop_table(Table::drop().table(RuleHitsCursor::Table).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cursor = Table::create()
            .table(RuleHitsCursor::Table)
            .col(big_integer(RuleHitsCursor::Id).primary_key())
            .col(big_integer(RuleHitsCursor::DoneId))
            .col(big_integer(RuleHitsCursor::HorizonId))
            .col(big_integer(RuleHitsCursor::HorizonXid))
            .to_owned();
        manager.create_table(cursor).await?;
        let on = manager.get_connection();
        // On SQLite the horizon is not noted: what is counted is never beyond it.
        on.execute_unprepared(
            "INSERT INTO rule_hits_cursor (id, done_id, horizon_id, horizon_xid) \
             SELECT 1, done_id, CASE WHEN horizon_id < done_id THEN done_id ELSE horizon_id END, horizon_xid \
             FROM message_cursors WHERE name = 'rule_hits'",
        )
        .await?;
        manager.drop_table(Table::drop().table(MessageCursors::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum MessageCursors {
    Table,
    Name,
    DoneId,
    HorizonId,
    HorizonXid,
}

#[derive(DeriveIden)]
enum RuleHitsCursor {
    Table,
    Id,
    DoneId,
    HorizonId,
    HorizonXid,
}
