//! Menus: the draft of each account, versions that are never changed, publications and what happened to them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const INDEXES: [&str; 5] = [
    "CREATE UNIQUE INDEX menu_versions_number ON menu_versions (account_id, number)",
    "CREATE INDEX menu_versions_digest ON menu_versions (account_id, digest)",
    "CREATE INDEX menu_publications_of ON menu_publications (account_id, id)",
    // One at a time: two that go on together would add menus twice.
    "CREATE UNIQUE INDEX menu_publications_one ON menu_publications (account_id) WHERE state IN ('queued', 'running')",
    "CREATE INDEX menu_publication_events_of ON menu_publication_events (publication_id, id)",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [drafts(), versions(), publications(), events()] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["menu_publication_events", "menu_publications", "menu_versions", "menu_drafts"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn one_of(column: &'static str, words: &[&'static str]) -> ColumnDef {
    text(column).check(Expr::col(column).is_in(words.iter().copied())).to_owned()
}

fn drafts() -> TableCreateStatement {
    Table::create()
        .table("menu_drafts")
        .col(big_integer("account_id").primary_key())
        // JSON in the platform's own words, here and below.
        .col(text("content"))
        .col(big_integer("version").default(1))
        .col(text("changed_by"))
        .col(big_integer("updated_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn versions() -> TableCreateStatement {
    Table::create()
        .table("menu_versions")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        // From 1 in each account.
        .col(big_integer("number"))
        .col(text("content"))
        .col(text("digest"))
        .col(one_of("origin", &["published", "found", "platform"]))
        .col(text("made_by"))
        .col(big_integer("created_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn publications() -> TableCreateStatement {
    Table::create()
        .table("menu_publications")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(big_integer("version_id"))
        .col(one_of("state", &["queued", "running", "live", "partly", "failed"]))
        // Digest of the live menu that the person compared with.
        .col(text("seen"))
        // JSON: the calls that were made, in their order.
        .col(text("done").default("[]"))
        .col(big_integer("rounds").default(0))
        .col(text_null("error"))
        .col(big_integer_null("errcode"))
        .col(text_null("rid"))
        .col(text("asked_by"))
        .col(big_integer("created_at"))
        .col(big_integer("changed_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .foreign_key(ForeignKey::create().from_col("version_id").to("menu_versions", "id"))
        .to_owned()
}

fn events() -> TableCreateStatement {
    Table::create()
        .table("menu_publication_events")
        .col(big_pk_auto("id"))
        .col(big_integer("publication_id"))
        .col(text("event"))
        .col(text("from_state"))
        .col(text("to_state"))
        .col(text("who"))
        .col(text("by"))
        .col(text("why").default(""))
        .col(big_integer("at"))
        .foreign_key(
            ForeignKey::create()
                .from_col("publication_id")
                .to("menu_publications", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
