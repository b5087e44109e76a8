//! Drafts of articles, what happened to them, and how publications ended.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const STATES: [&str; 12] = [
    "editing",
    "saving",
    "saved",
    "failed",
    "submitting",
    "unsure",
    "publishing",
    "published",
    "refused",
    "sent",
    "removing",
    "removed",
];

/// Written out: SQLite takes a partial index only for the very same words.
const INDEXES: [&str; 5] = [
    "CREATE INDEX drafts_of_account ON drafts (account_id, id)",
    "CREATE UNIQUE INDEX drafts_media ON drafts (account_id, media_id) WHERE media_id IS NOT NULL",
    "CREATE UNIQUE INDEX drafts_publish ON drafts (account_id, publish_id) WHERE publish_id IS NOT NULL",
    "CREATE INDEX drafts_doubtful ON drafts (account_id) WHERE state IN ('submitting', 'unsure')",
    "CREATE INDEX draft_events_of ON draft_events (draft_id, id)",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [drafts(), events(), results(), copies()] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["draft_copies", "publish_results", "draft_events", "drafts"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn drafts() -> TableCreateStatement {
    Table::create()
        .table("drafts")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        // The first article's.
        .col(text("title"))
        .col(text("articles"))
        .col(text("state").check(Expr::col("state").is_in(STATES)))
        // Where it is among WeChat's drafts, and the version that lies there.
        .col(text_null("media_id"))
        .col(big_integer_null("saved_version"))
        // The articles as they were told to WeChat: what a copy is made of.
        .col(text_null("resolved"))
        .col(text_null("publish_id"))
        .col(text_null("msg_data_id"))
        .col(text_null("article_id"))
        .col(text("urls").default("[]"))
        // Numbers of articles that WeChat refused, from 1.
        .col(text("refused").default("[]"))
        .col(text_null("error"))
        .col(big_integer_null("errcode"))
        .col(text_null("rid"))
        // When what is under way began, and when WeChat was told of it.
        .col(big_integer_null("began_at"))
        .col(big_integer_null("tried_at"))
        .col(big_integer("version").default(1))
        .col(big_integer_null("deleted_at"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn events() -> TableCreateStatement {
    Table::create()
        .table("draft_events")
        .col(big_pk_auto("id"))
        .col(big_integer("draft_id"))
        .col(text("event"))
        .col(text("from_state"))
        .col(text("to_state"))
        .col(text("who"))
        .col(text("by"))
        .col(text("why").default(""))
        .col(big_integer("at"))
        .foreign_key(ForeignKey::create().from_col("draft_id").to("drafts", "id").on_delete(ForeignKeyAction::Cascade))
        .to_owned()
}

/// How a publication ended, which may be told before its number is known here.
fn results() -> TableCreateStatement {
    Table::create()
        .table("publish_results")
        .col(big_integer("account_id"))
        .col(text("publish_id"))
        .col(text("payload"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("account_id").col("publish_id"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

/// Copies of drafts at WeChat, made for broadcasts: whoever writes one down has it.
fn copies() -> TableCreateStatement {
    Table::create()
        .table("draft_copies")
        .col(big_integer("account_id"))
        .col(text("media_id"))
        .col(big_integer("draft_id"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("account_id").col("media_id"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}
