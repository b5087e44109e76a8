//! The library of materials: what was uploaded for answers moves here. What WeChat still uses of old ones, how far its own
//! list was read, and pictures inside articles.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Written out: SQLite takes a partial index only for the very same words.
const INDEXES: [&str; 5] = [
    "CREATE UNIQUE INDEX materials_lasting ON materials (account_id, lasting_id) WHERE lasting_id IS NOT NULL",
    "CREATE UNIQUE INDEX materials_passing ON materials (account_id, passing_id) WHERE passing_id IS NOT NULL",
    "CREATE INDEX materials_of_kind ON materials (account_id, kind, id)",
    "CREATE INDEX materials_ending ON materials (expires_at) WHERE passing_id IS NOT NULL",
    // Uploads that a dead process left behind.
    "CREATE INDEX materials_uploading ON materials (updated_at) WHERE state = 'uploading'",
];

const MOVE: &str = "INSERT INTO materials (id, account_id, kind, name, title, introduction, media_type, bytes, pictured, \
                    thumbnail, passing_id, expires_at, state, version, created_at, updated_at) \
                    SELECT id, account_id, kind, name, '', '', '', bytes, thumbnail IS NOT NULL, thumbnail, media_id, \
                    expires_at, 'ready', 1, created_at, created_at FROM media_items";

const MOVE_BACK: &str = "INSERT INTO media_items (id, account_id, media_id, kind, name, bytes, thumbnail, created_at, \
                         expires_at) SELECT id, account_id, passing_id, kind, name, bytes, thumbnail, created_at, \
                         expires_at FROM materials WHERE passing_id IS NOT NULL AND expires_at IS NOT NULL";

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [materials(), leftovers(), syncs(), pictures()] {
            manager.create_table(table).await?;
        }
        let on = manager.get_connection();
        for index in INDEXES {
            on.execute_unprepared(index).await?;
        }
        on.execute_unprepared(MOVE).await?;
        count_on(manager, "materials").await?;
        manager.drop_table(Table::drop().table("media_items").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(media_items()).await?;
        let by_account = Index::create()
            .name("media_items_of_account")
            .table("media_items")
            .col("account_id")
            .col("kind")
            .col("id")
            .to_owned();
        manager.create_index(by_account).await?;
        manager.get_connection().execute_unprepared(MOVE_BACK).await?;
        count_on(manager, "media_items").await?;
        for table in ["article_pictures", "material_syncs", "material_leftovers", "materials"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// Rows came with their numbers: the next one is numbered after them. SQLite sees that by itself.
async fn count_on(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM {table}), false)"
        );
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}

fn one_of(column: &'static str, words: &[&'static str]) -> ColumnDef {
    text(column).check(Expr::col(column).is_in(words.iter().copied())).to_owned()
}

fn materials() -> TableCreateStatement {
    Table::create()
        .table("materials")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(one_of("kind", &["image", "voice", "video", "thumb"]))
        .col(text("name"))
        // Of a video.
        .col(text("title").default(""))
        .col(text("introduction").default(""))
        // Name of the file in the folder; none for what only WeChat has.
        .col(text_null("file"))
        .col(text("media_type").default(""))
        .col(big_integer("bytes").default(0))
        .col(boolean("pictured").default(false))
        .col(ColumnDef::new("thumbnail").blob().null())
        .col(text_null("lasting_id"))
        .col(text_null("lasting_url"))
        .col(text_null("passing_id"))
        .col(big_integer_null("expires_at"))
        // How it is to be uploaded: to stay, or for three days.
        .col(boolean("lasting").default(false))
        .col(one_of("state", &["ready", "uploading", "failed", "gone"]))
        .col(text_null("error"))
        .col(big_integer_null("errcode"))
        .col(text_null("rid"))
        // When WeChat's own list named it last.
        .col(big_integer_null("seen_at"))
        .col(big_integer_null("deleted_at"))
        .col(big_integer("version").default(1))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

/// Old ones that WeChat still uses, until it lets go of them.
fn leftovers() -> TableCreateStatement {
    Table::create()
        .table("material_leftovers")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(text("media_id"))
        // Whose place it had.
        .col(big_integer_null("material_id"))
        .col(text("why"))
        .col(big_integer("tries").default(0))
        .col(big_integer("created_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .index(Index::create().unique().col("account_id").col("media_id"))
        .to_owned()
}

fn syncs() -> TableCreateStatement {
    Table::create()
        .table("material_syncs")
        .col(big_integer("account_id"))
        .col(one_of("kind", &["image", "voice", "video"]))
        .col(one_of("state", &["running", "paused", "done", "failed"]))
        .col(big_integer("position").default(0))
        .col(big_integer("total").default(0))
        .col(big_integer("began_at"))
        .col(text_null("error"))
        .col(big_integer("changed_at"))
        .primary_key(Index::create().col("account_id").col("kind"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

/// What was uploaded for the inside of articles, by its digest: not uploaded again.
fn pictures() -> TableCreateStatement {
    Table::create()
        .table("article_pictures")
        .col(big_integer("account_id"))
        .col(text("digest"))
        .col(text("url"))
        .primary_key(Index::create().col("account_id").col("digest"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

/// As it was before.
fn media_items() -> TableCreateStatement {
    Table::create()
        .table("media_items")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(text("media_id"))
        .col(text("kind"))
        .col(text("name"))
        .col(big_integer("bytes"))
        .col(ColumnDef::new("thumbnail").blob().null())
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .index(Index::create().unique().col("account_id").col("media_id"))
        .to_owned()
}
