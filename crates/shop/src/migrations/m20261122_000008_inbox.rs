//! The inbox: conversations as the team sees them, what staff send, the media that is kept, notes and quick phrases.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        chats(manager).await?;
        follower(manager).await?;
        projection(manager).await?;
        phrases(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "quick_phrases",
            "inbox_events",
            "inbox_gaps",
            "inbox_cursor",
            "inbox_media",
            "follower_notes",
            "chat_lines",
            "outgoing",
            "chats",
        ] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}

async fn chats(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Chats::Table)
                .col(big_pk_auto(Chats::Id))
                .col(big_integer(Chats::AccountId))
                .col(text(Chats::Openid))
                // What the list shows: the latest message, of either side. 0 while there were only events.
                .col(big_integer(Chats::LastMessageId))
                .col(big_integer(Chats::LastAt))
                .col(boolean(Chats::LastInbound))
                .col(text(Chats::LastKind))
                .col(text(Chats::LastSummary))
                // What WeChat lets the account send: since the follower's latest message, and since the latest tap,
                // scan or subscription.
                .col(big_integer(Chats::SaidAt))
                .col(big_integer(Chats::SaidUsed))
                .col(big_integer(Chats::ActedAt))
                .col(big_integer(Chats::ActedUsed))
                .col(big_integer(Chats::Unread))
                .col(big_integer_null(Chats::WaitingSince))
                .col(big_integer_null(Chats::AssignedId))
                .col(text(Chats::Status).check(Expr::col(Chats::Status).is_in(["open", "done"])))
                .foreign_key(
                    ForeignKey::create().from(Chats::Table, Chats::AccountId).to(Accounts::Table, Accounts::Id),
                )
                .index(Index::create().unique().col(Chats::AccountId).col(Chats::Openid))
                .to_owned(),
        )
        .await?;
    // Two lists, each read from its own index: what is unread, and the rest.
    manager
        .create_index(
            Index::create().name("chats_latest").table(Chats::Table).col(Chats::LastAt).col(Chats::Id).to_owned(),
        )
        .await?;
    let unread = "CREATE INDEX chats_unread ON chats (last_at, id) WHERE unread > 0";
    manager.get_connection().execute_unprepared(unread).await?;
    manager
        .create_table(
            Table::create()
                .table(Outgoing::Table)
                .col(big_pk_auto(Outgoing::Id))
                .col(big_integer(Outgoing::ChatId))
                .col(big_integer_null(Outgoing::StaffId))
                .col(text(Outgoing::StaffName))
                .col(text(Outgoing::Kind).check(Expr::col(Outgoing::Kind).is_in(["text", "image"])))
                .col(text(Outgoing::Content))
                // The kept picture, and what WeChat calls it once it was uploaded.
                .col(text_null(Outgoing::File))
                .col(text_null(Outgoing::ContentType))
                .col(text_null(Outgoing::MediaId))
                .col(
                    text(Outgoing::State)
                        .check(Expr::col(Outgoing::State).is_in(["queued", "sending", "sent", "failed", "unknown"])),
                )
                .col(text(Outgoing::Allowance))
                .col(big_integer_null(Outgoing::Errcode))
                .col(text_null(Outgoing::Error))
                .col(big_integer(Outgoing::Tries))
                .col(text(Outgoing::FormKey))
                .col(big_integer(Outgoing::CreatedAt))
                .col(big_integer(Outgoing::ChangedAt))
                .foreign_key(ForeignKey::create().from(Outgoing::Table, Outgoing::ChatId).to(Chats::Table, Chats::Id))
                .index(Index::create().unique().col(Outgoing::ChatId).col(Outgoing::FormKey))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("outgoing_chat")
                .table(Outgoing::Table)
                .col(Outgoing::ChatId)
                .col(Outgoing::Id)
                .to_owned(),
        )
        .await?;
    let unfinished = "CREATE INDEX outgoing_unfinished ON outgoing (changed_at) WHERE state IN ('queued', 'sending')";
    manager.get_connection().execute_unprepared(unfinished).await?;
    Ok(())
}

async fn follower(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ChatLines::Table)
                .col(big_pk_auto(ChatLines::Id))
                .col(big_integer(ChatLines::ChatId))
                .col(text(ChatLines::Kind))
                .col(text(ChatLines::Actor))
                .col(text(ChatLines::Other))
                .col(big_integer(ChatLines::At))
                .foreign_key(ForeignKey::create().from(ChatLines::Table, ChatLines::ChatId).to(Chats::Table, Chats::Id))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("chat_lines_chat")
                .table(ChatLines::Table)
                .col(ChatLines::ChatId)
                .col(ChatLines::Id)
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(FollowerNotes::Table)
                .col(big_pk_auto(FollowerNotes::Id))
                .col(big_integer(FollowerNotes::ChatId))
                .col(big_integer_null(FollowerNotes::StaffId))
                .col(text(FollowerNotes::StaffName))
                .col(text(FollowerNotes::Text))
                .col(big_integer(FollowerNotes::CreatedAt))
                .col(big_integer(FollowerNotes::UpdatedAt))
                .foreign_key(
                    ForeignKey::create().from(FollowerNotes::Table, FollowerNotes::ChatId).to(Chats::Table, Chats::Id),
                )
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("follower_notes_chat")
                .table(FollowerNotes::Table)
                .col(FollowerNotes::ChatId)
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(InboxMedia::Table)
                .col(big_integer(InboxMedia::MessageId))
                // `main`, or `thumb` for a video's still.
                .col(text(InboxMedia::Part))
                .col(text(InboxMedia::State).check(Expr::col(InboxMedia::State).is_in(["kept", "gone", "failed"])))
                .col(text_null(InboxMedia::File))
                .col(text_null(InboxMedia::ContentType))
                .col(big_integer(InboxMedia::Bytes))
                .col(text_null(InboxMedia::Error))
                .col(big_integer(InboxMedia::At))
                .primary_key(Index::create().col(InboxMedia::MessageId).col(InboxMedia::Part))
                .to_owned(),
        )
        .await
}

async fn projection(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(InboxCursor::Table)
                .col(big_integer(InboxCursor::Id).primary_key())
                .col(big_integer(InboxCursor::LastId))
                .to_owned(),
        )
        .await?;
    // From the first message on: what is there already becomes conversations too.
    let begin = "INSERT INTO inbox_cursor (id, last_id) VALUES (1, 0)";
    manager.get_connection().execute_unprepared(begin).await?;
    manager
        .create_table(
            Table::create()
                .table(InboxGaps::Table)
                .col(big_integer(InboxGaps::Id).primary_key())
                .col(big_integer(InboxGaps::NoticedAt))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(InboxEvents::Table)
                // A number never comes twice: rows are trimmed, and a page asks for what came after one.
                .col(big_pk_auto(InboxEvents::Id))
                .col(big_integer(InboxEvents::ChatId))
                .col(text(InboxEvents::Kind))
                .col(text(InboxEvents::Payload))
                .col(big_integer(InboxEvents::At))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(Index::create().name("inbox_events_at").table(InboxEvents::Table).col(InboxEvents::At).to_owned())
        .await
}

async fn phrases(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(QuickPhrases::Table)
                .col(big_pk_auto(QuickPhrases::Id))
                .col(text(QuickPhrases::Title))
                .col(text(QuickPhrases::Text))
                .col(text(QuickPhrases::GroupName))
                .col(text(QuickPhrases::Shortcut))
                .col(big_integer(QuickPhrases::Position).default(0))
                .col(big_integer(QuickPhrases::Version).default(1))
                .col(big_integer(QuickPhrases::CreatedAt))
                .col(big_integer(QuickPhrases::UpdatedAt))
                .to_owned(),
        )
        .await
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
    AccountId,
    Openid,
    LastMessageId,
    LastAt,
    LastInbound,
    LastKind,
    LastSummary,
    SaidAt,
    SaidUsed,
    ActedAt,
    ActedUsed,
    Unread,
    WaitingSince,
    AssignedId,
    Status,
}

#[derive(DeriveIden)]
enum Outgoing {
    Table,
    Id,
    ChatId,
    StaffId,
    StaffName,
    Kind,
    Content,
    File,
    ContentType,
    MediaId,
    State,
    Allowance,
    Errcode,
    Error,
    Tries,
    FormKey,
    CreatedAt,
    ChangedAt,
}

#[derive(DeriveIden)]
enum ChatLines {
    Table,
    Id,
    ChatId,
    Kind,
    Actor,
    Other,
    At,
}

#[derive(DeriveIden)]
enum FollowerNotes {
    Table,
    Id,
    ChatId,
    StaffId,
    StaffName,
    Text,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum InboxMedia {
    Table,
    MessageId,
    Part,
    State,
    File,
    ContentType,
    Bytes,
    Error,
    At,
}

#[derive(DeriveIden)]
enum InboxCursor {
    Table,
    Id,
    LastId,
}

#[derive(DeriveIden)]
enum InboxGaps {
    Table,
    Id,
    NoticedAt,
}

#[derive(DeriveIden)]
enum InboxEvents {
    Table,
    Id,
    ChatId,
    Kind,
    Payload,
    At,
}

#[derive(DeriveIden)]
enum QuickPhrases {
    Table,
    Id,
    Title,
    Text,
    GroupName,
    Shortcut,
    Position,
    Version,
    CreatedAt,
    UpdatedAt,
}
