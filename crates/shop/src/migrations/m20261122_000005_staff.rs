//! Who runs the shop: staff and roles, their sessions and tokens; what they did; the shop's settings.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in
            [staff(), roles(), sessions(), failures(), recovery_codes(), tokens(), guard(), audit(), settings()]
        {
            manager.create_table(table).await?;
        }
        let first =
            Query::insert().into_table(StaffGuard::Table).columns([StaffGuard::Id]).values_panic([1.into()]).take();
        manager.execute(first).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            Settings::Table.into_iden(),
            AuditLog::Table.into_iden(),
            StaffGuard::Table.into_iden(),
            ApiTokens::Table.into_iden(),
            StaffRecoveryCodes::Table.into_iden(),
            StaffFailures::Table.into_iden(),
            StaffSessions::Table.into_iden(),
            Roles::Table.into_iden(),
            Staff::Table.into_iden(),
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn staff() -> TableCreateStatement {
    Table::create()
        .table(Staff::Table)
        .col(big_pk_auto(Staff::Id))
        .col(text_uniq(Staff::Login))
        .col(text(Staff::Name))
        .col(text(Staff::Password))
        .col(text(Staff::Role))
        .col(text(Staff::Locale))
        .col(text(Staff::Theme))
        .col(text(Staff::Status).check(Expr::col(Staff::Status).is_in(["active", "disabled"])))
        .col(text_null(Staff::TotpSecret))
        .col(big_integer_null(Staff::TotpConfirmedAt))
        // The last 30-second step whose code was accepted: no code is taken twice.
        .col(big_integer(Staff::TotpStep).default(0))
        .col(big_integer(Staff::PasswordChangedAt))
        .col(big_integer_null(Staff::LastLoginAt))
        .col(big_integer_null(Staff::DeletedAt))
        .col(big_integer(Staff::Version).default(1))
        .col(big_integer(Staff::CreatedAt))
        .col(big_integer(Staff::UpdatedAt))
        .to_owned()
}

fn roles() -> TableCreateStatement {
    Table::create()
        .table(Roles::Table)
        .col(big_pk_auto(Roles::Id))
        .col(text_uniq(Roles::Key))
        .col(text(Roles::Name))
        // A JSON array of patterns.
        .col(text(Roles::Permissions))
        .col(big_integer_null(Roles::DeletedAt))
        .col(big_integer(Roles::Version).default(1))
        .col(big_integer(Roles::CreatedAt))
        .col(big_integer(Roles::UpdatedAt))
        .to_owned()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table(StaffSessions::Table)
        .col(big_pk_auto(StaffSessions::Id))
        .col(text_uniq(StaffSessions::TokenHash))
        .col(big_integer(StaffSessions::StaffId))
        .col(text(StaffSessions::Address))
        .col(text(StaffSessions::Agent))
        .col(text_null(StaffSessions::SeeingAs))
        .col(big_integer_null(StaffSessions::AccountId))
        .col(text_null(StaffSessions::Flash))
        .col(big_integer(StaffSessions::CreatedAt))
        .col(big_integer(StaffSessions::LastSeenAt))
        .foreign_key(
            ForeignKey::create().from(StaffSessions::Table, StaffSessions::StaffId).to(Staff::Table, Staff::Id),
        )
        .to_owned()
}

fn failures() -> TableCreateStatement {
    Table::create()
        .table(StaffFailures::Table)
        .col(ColumnDef::new(StaffFailures::Key).text().not_null().primary_key())
        .col(big_integer(StaffFailures::Failures))
        .col(big_integer(StaffFailures::LastAt))
        .col(big_integer(StaffFailures::BlockedUntil).default(0))
        .to_owned()
}

fn recovery_codes() -> TableCreateStatement {
    Table::create()
        .table(StaffRecoveryCodes::Table)
        .col(big_pk_auto(StaffRecoveryCodes::Id))
        .col(big_integer(StaffRecoveryCodes::StaffId))
        .col(text_uniq(StaffRecoveryCodes::CodeHash))
        .col(big_integer_null(StaffRecoveryCodes::UsedAt))
        .foreign_key(
            ForeignKey::create()
                .from(StaffRecoveryCodes::Table, StaffRecoveryCodes::StaffId)
                .to(Staff::Table, Staff::Id),
        )
        .to_owned()
}

fn tokens() -> TableCreateStatement {
    Table::create()
        .table(ApiTokens::Table)
        .col(big_pk_auto(ApiTokens::Id))
        .col(big_integer(ApiTokens::StaffId))
        .col(text(ApiTokens::Name))
        .col(text_uniq(ApiTokens::TokenHash))
        // The last characters, by which its holder knows it again.
        .col(text(ApiTokens::Hint))
        // A JSON array of patterns.
        .col(text(ApiTokens::Scopes))
        .col(big_integer_null(ApiTokens::ExpiresAt))
        .col(big_integer_null(ApiTokens::LastUsedAt))
        .col(big_integer_null(ApiTokens::RevokedAt))
        .col(big_integer(ApiTokens::CreatedAt))
        .foreign_key(ForeignKey::create().from(ApiTokens::Table, ApiTokens::StaffId).to(Staff::Table, Staff::Id))
        .to_owned()
}

/// One row, on which changes of who is an owner queue up.
fn guard() -> TableCreateStatement {
    Table::create()
        .table(StaffGuard::Table)
        .col(ColumnDef::new(StaffGuard::Id).big_integer().not_null().primary_key())
        .col(big_integer(StaffGuard::Changes).default(0))
        .to_owned()
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table(AuditLog::Table)
        .col(big_pk_auto(AuditLog::Id))
        .col(big_integer(AuditLog::At))
        .col(text(AuditLog::ActorKind))
        .col(big_integer_null(AuditLog::ActorId))
        .col(text(AuditLog::ActorName))
        .col(text_null(AuditLog::Address))
        .col(text(AuditLog::Action))
        .col(text(AuditLog::SubjectKind))
        .col(text(AuditLog::SubjectId))
        .col(text_null(AuditLog::Before))
        .col(text_null(AuditLog::After))
        .to_owned()
}

fn settings() -> TableCreateStatement {
    Table::create()
        .table(Settings::Table)
        .col(ColumnDef::new(Settings::Key).text().not_null().primary_key())
        .col(text(Settings::Value))
        .col(big_integer(Settings::Version).default(1))
        .col(big_integer(Settings::UpdatedAt))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &str| Index::create().name(name).to_owned();
    vec![
        index("staff_sessions_staff").table(StaffSessions::Table).col(StaffSessions::StaffId).to_owned(),
        index("staff_recovery_codes_staff")
            .table(StaffRecoveryCodes::Table)
            .col(StaffRecoveryCodes::StaffId)
            .to_owned(),
        index("staff_failures_last").table(StaffFailures::Table).col(StaffFailures::LastAt).to_owned(),
        index("api_tokens_staff").table(ApiTokens::Table).col(ApiTokens::StaffId).to_owned(),
        index("audit_log_at").table(AuditLog::Table).col(AuditLog::At).col(AuditLog::Id).to_owned(),
        index("audit_log_subject")
            .table(AuditLog::Table)
            .col(AuditLog::SubjectKind)
            .col(AuditLog::SubjectId)
            .col(AuditLog::Id)
            .to_owned(),
        index("audit_log_actor")
            .table(AuditLog::Table)
            .col(AuditLog::ActorKind)
            .col(AuditLog::ActorId)
            .col(AuditLog::Id)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Staff {
    Table,
    Id,
    Login,
    Name,
    Password,
    Role,
    Locale,
    Theme,
    Status,
    TotpSecret,
    TotpConfirmedAt,
    TotpStep,
    PasswordChangedAt,
    LastLoginAt,
    DeletedAt,
    Version,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum Roles {
    Table,
    Id,
    Key,
    Name,
    Permissions,
    DeletedAt,
    Version,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum StaffSessions {
    Table,
    Id,
    TokenHash,
    StaffId,
    Address,
    Agent,
    SeeingAs,
    AccountId,
    Flash,
    CreatedAt,
    LastSeenAt,
}

#[derive(DeriveIden)]
enum StaffFailures {
    Table,
    Key,
    Failures,
    LastAt,
    BlockedUntil,
}

#[derive(DeriveIden)]
enum StaffRecoveryCodes {
    Table,
    Id,
    StaffId,
    CodeHash,
    UsedAt,
}

#[derive(DeriveIden)]
enum ApiTokens {
    Table,
    Id,
    StaffId,
    Name,
    TokenHash,
    Hint,
    Scopes,
    ExpiresAt,
    LastUsedAt,
    RevokedAt,
    CreatedAt,
}

#[derive(DeriveIden)]
enum StaffGuard {
    Table,
    Id,
    Changes,
}

#[derive(DeriveIden)]
enum AuditLog {
    Table,
    Id,
    At,
    ActorKind,
    ActorId,
    ActorName,
    Address,
    Action,
    SubjectKind,
    SubjectId,
    Before,
    After,
}

#[derive(DeriveIden)]
enum Settings {
    Table,
    Key,
    Value,
    Version,
    UpdatedAt,
}
