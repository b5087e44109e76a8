//! Followers and the messages between them and an account.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Followers::Table)
                    .col(row_id(manager, Followers::Id))
                    .col(big_integer(Followers::AccountId))
                    .col(text(Followers::Openid))
                    .col(boolean(Followers::Subscribed))
                    .col(big_integer(Followers::SubscriptionChangedAt))
                    .col(text_null(Followers::Scene))
                    .col(text_null(Followers::Nickname))
                    .col(big_integer_null(Followers::ProfileReadAt))
                    .col(big_integer(Followers::FirstSeenAt))
                    .col(big_integer(Followers::LastSeenAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(Followers::Table, Followers::AccountId)
                            .to(Accounts::Table, Accounts::Id),
                    )
                    .index(Index::create().unique().col(Followers::AccountId).col(Followers::Openid))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(Messages::Table)
                    .col(row_id(manager, Messages::Id))
                    .col(big_integer(Messages::AccountId))
                    .col(text(Messages::Openid))
                    .col(boolean(Messages::Inbound))
                    .col(text(Messages::Kind))
                    .col(ColumnDef::new(Messages::DedupKey).blob().null())
                    .col(text(Messages::Summary))
                    .col(text(Messages::Payload))
                    .col(big_integer(Messages::SentAt))
                    .col(big_integer(Messages::ReceivedAt))
                    .col(text(Messages::AnswerState).check(Expr::col(Messages::AnswerState).is_in([
                        "answered",
                        "answering",
                        "deferred",
                        "failed",
                        "none",
                    ])))
                    .col(text_null(Messages::Answer))
                    .col(big_integer(Messages::AnsweredAt))
                    .col(big_integer_null(Messages::RuleId))
                    .col(big_integer(Messages::LeaseUntil))
                    .foreign_key(
                        ForeignKey::create()
                            .from(Messages::Table, Messages::AccountId)
                            .to(Accounts::Table, Accounts::Id),
                    )
                    // Begins with the message's own time, so that new rows land at the end of the index.
                    .index(Index::create().unique().col(Messages::AccountId).col(Messages::DedupKey))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("messages_conversation")
                    .table(Messages::Table)
                    .col(Messages::AccountId)
                    .col(Messages::Openid)
                    .col(Messages::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(RefusedPushes::Table)
                    .col(big_pk_auto(RefusedPushes::Id))
                    .col(big_integer(RefusedPushes::AccountId))
                    .col(text(RefusedPushes::Label))
                    .col(text(RefusedPushes::Reason))
                    .col(boolean(RefusedPushes::Encrypted))
                    .col(text(RefusedPushes::Body))
                    .col(big_integer(RefusedPushes::ReceivedAt))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(RefusedPushes::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Messages::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Followers::Table).to_owned()).await
    }
}

/// A row number without SQLite's AUTOINCREMENT, which writes one more row with each insert: rows are never taken away
/// here, so no number comes twice.
fn row_id<T: IntoIden>(manager: &SchemaManager, column: T) -> ColumnDef {
    if manager.get_database_backend() == DbBackend::Sqlite {
        ColumnDef::new(column).integer().not_null().primary_key().to_owned()
    } else {
        big_pk_auto(column)
    }
}

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Followers {
    Table,
    Id,
    AccountId,
    Openid,
    Subscribed,
    SubscriptionChangedAt,
    Scene,
    Nickname,
    ProfileReadAt,
    FirstSeenAt,
    LastSeenAt,
}

#[derive(DeriveIden)]
enum Messages {
    Table,
    Id,
    AccountId,
    Openid,
    Inbound,
    Kind,
    DedupKey,
    Summary,
    Payload,
    SentAt,
    ReceivedAt,
    AnswerState,
    Answer,
    AnsweredAt,
    RuleId,
    LeaseUntil,
}

#[derive(DeriveIden)]
enum RefusedPushes {
    Table,
    Id,
    AccountId,
    Label,
    Reason,
    Encrypted,
    Body,
    ReceivedAt,
}
