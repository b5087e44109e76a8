//! WeChat's own customer service: what its agents and followers wrote, as far as it was read, and who serves whom.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(records()).await?;
        let of_somebody = Index::create()
            .name("service_records_whose")
            .table(ServiceRecords::Table)
            .col(ServiceRecords::AccountId)
            .col(ServiceRecords::Openid)
            .col(ServiceRecords::SaidAt)
            .col(ServiceRecords::Id)
            .to_owned();
        manager.create_index(of_somebody).await?;
        // One twin each: what was pushed to us and stands in the records too is shown once.
        let twins = "CREATE UNIQUE INDEX service_records_same ON service_records (same_kind, same_id) \
                     WHERE same_id IS NOT NULL";
        manager.get_connection().execute_unprepared(twins).await?;
        // Those without one are looked through at each reading, the newest alone.
        let alone = "CREATE INDEX service_records_alone ON service_records (account_id, said_at) \
                     WHERE same_id IS NULL";
        manager.get_connection().execute_unprepared(alone).await?;
        manager.create_table(reading()).await?;
        manager.create_table(sessions()).await?;
        let by_state = Index::create()
            .name("service_sessions_state")
            .table(ServiceSessions::Table)
            .col(ServiceSessions::AccountId)
            .col(ServiceSessions::State)
            .col(ServiceSessions::Since)
            .to_owned();
        manager.create_index(by_state).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(ServiceSessions::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(ServiceReading::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(ServiceRecords::Table).to_owned()).await
    }
}

fn records() -> TableCreateStatement {
    Table::create()
        .table(ServiceRecords::Table)
        .col(big_pk_auto(ServiceRecords::Id))
        .col(big_integer(ServiceRecords::AccountId))
        .col(text(ServiceRecords::Openid))
        // 24 bytes: the second it was written, and what it says. The same record has the same key whenever it is read.
        .col(ColumnDef::new(ServiceRecords::Key).blob().not_null())
        .col(boolean(ServiceRecords::Ours))
        .col(text(ServiceRecords::Worker))
        .col(text(ServiceRecords::Kind))
        .col(text(ServiceRecords::Text))
        .col(big_integer(ServiceRecords::SaidAt))
        .col(text_null(ServiceRecords::SameKind).check(Expr::col(ServiceRecords::SameKind).is_in(["message", "sent"])))
        .col(big_integer_null(ServiceRecords::SameId))
        .col(big_integer(ServiceRecords::FetchedAt))
        .foreign_key(
            ForeignKey::create()
                .from(ServiceRecords::Table, ServiceRecords::AccountId)
                .to(Accounts::Table, Accounts::Id),
        )
        .index(Index::create().unique().col(ServiceRecords::AccountId).col(ServiceRecords::Key))
        .to_owned()
}

/// How far the records of an account were read.
fn reading() -> TableCreateStatement {
    Table::create()
        .table(ServiceReading::Table)
        .col(big_integer(ServiceReading::AccountId).primary_key())
        .col(boolean(ServiceReading::Enabled))
        // Unix seconds, as WeChat's records have them.
        .col(big_integer(ServiceReading::ReadUntil))
        .col(big_integer_null(ServiceReading::BackUntil))
        .col(text_null(ServiceReading::Problem))
        .col(big_integer_null(ServiceReading::Errcode))
        .col(big_integer_null(ServiceReading::ReadAt))
        // WeChat's lists of who serves and who waits, as they were last read.
        .col(big_integer_null(ServiceReading::ListedAt))
        .col(text_null(ServiceReading::ListedProblem))
        .col(big_integer_null(ServiceReading::ListedErrcode))
        .col(big_integer(ServiceReading::Waiting).default(0))
        .col(text_null(ServiceReading::Agents))
        .foreign_key(
            ForeignKey::create()
                .from(ServiceReading::Table, ServiceReading::AccountId)
                .to(Accounts::Table, Accounts::Id),
        )
        .to_owned()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table(ServiceSessions::Table)
        .col(big_integer(ServiceSessions::AccountId))
        .col(text(ServiceSessions::Openid))
        .col(
            text(ServiceSessions::State)
                .check(Expr::col(ServiceSessions::State).is_in(["waiting", "open", "moving", "closed"])),
        )
        // Who serves; empty when nobody does.
        .col(text(ServiceSessions::KfAccount))
        .col(text(ServiceSessions::Wanted))
        .col(big_integer(ServiceSessions::Since))
        .col(big_integer(ServiceSessions::SeenAt))
        .col(big_integer(ServiceSessions::ChangedAt))
        .col(text_null(ServiceSessions::MovingTo))
        // Handing over failed on both sides: who had the session then.
        .col(text_null(ServiceSessions::LostBy))
        .col(big_integer(ServiceSessions::Version).default(1))
        .primary_key(Index::create().col(ServiceSessions::AccountId).col(ServiceSessions::Openid))
        .foreign_key(
            ForeignKey::create()
                .from(ServiceSessions::Table, ServiceSessions::AccountId)
                .to(Accounts::Table, Accounts::Id),
        )
        .to_owned()
}

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum ServiceRecords {
    Table,
    Id,
    AccountId,
    Openid,
    Key,
    Ours,
    Worker,
    Kind,
    Text,
    SaidAt,
    SameKind,
    SameId,
    FetchedAt,
}

#[derive(DeriveIden)]
enum ServiceReading {
    Table,
    AccountId,
    Enabled,
    ReadUntil,
    BackUntil,
    Problem,
    Errcode,
    ReadAt,
    ListedAt,
    ListedProblem,
    ListedErrcode,
    Waiting,
    Agents,
}

#[derive(DeriveIden)]
enum ServiceSessions {
    Table,
    AccountId,
    Openid,
    State,
    KfAccount,
    Wanted,
    Since,
    SeenAt,
    ChangedAt,
    MovingTo,
    LostBy,
    Version,
}
