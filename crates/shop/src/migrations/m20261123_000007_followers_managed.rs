//! What is known of a follower, tags, the words by which followers are found, and the days of coming and going.
//!
//! Every index is partial, so that a follower who turns up with a first message is written into none of them.

use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Constants only: at once on both databases, however many rows there are.
const COLUMNS: [&str; 13] = [
    "unionid TEXT NULL",
    "remark TEXT NOT NULL DEFAULT ''",
    "source TEXT NULL",
    "followed_at BIGINT NULL",
    "left_at BIGINT NULL",
    "spoke_at BIGINT NULL",
    "blocked BOOLEAN NOT NULL DEFAULT FALSE",
    "picture TEXT NULL",
    "consented_at BIGINT NULL",
    "details_at BIGINT NULL",
    "booked_day BIGINT NULL",
    "language TEXT NOT NULL DEFAULT ''",
    "version BIGINT NOT NULL DEFAULT 1",
];

/// `FALSE` and `TRUE` as the lists ask for them: SQLite takes a partial index only for the very same words.
const INDEXES: [(&str, &str); 6] = [
    ("followers_followed", "(account_id, followed_at, id) WHERE followed_at IS NOT NULL"),
    ("followers_spoke", "(account_id, spoke_at, id) WHERE spoke_at IS NOT NULL"),
    ("followers_source", "(account_id, source, id) WHERE source IS NOT NULL"),
    ("followers_left", "(account_id, id) WHERE subscribed = FALSE"),
    ("followers_blocked", "(account_id, id) WHERE blocked = TRUE"),
    ("followers_bare", "(account_id, id) WHERE details_at IS NULL AND followed_at IS NOT NULL"),
];

/// What these take the place of.
const OLD: [(&str, &str); 2] =
    [("followers_first_seen", "(first_seen_at, id)"), ("followers_gone", "(id) WHERE subscribed = FALSE")];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for column in COLUMNS {
            db.execute_unprepared(&format!("ALTER TABLE followers ADD COLUMN {column}")).await?;
        }
        for (name, _) in OLD {
            db.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        for (name, columns) in INDEXES {
            db.execute_unprepared(&format!("CREATE INDEX {name} ON followers {columns}")).await?;
        }
        tags(manager).await?;
        search(db).await?;
        manager.create_table(days()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for table in ["follower_days", "followers_search", "follower_tags", "tags"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for (name, _) in INDEXES {
            db.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        for (name, columns) in OLD {
            db.execute_unprepared(&format!("CREATE INDEX {name} ON followers {columns}")).await?;
        }
        for column in COLUMNS.iter().filter_map(|column| column.split(' ').next()) {
            db.execute_unprepared(&format!("ALTER TABLE followers DROP COLUMN {column}")).await?;
        }
        Ok(())
    }
}

async fn tags(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let tags = Table::create()
        .table("tags")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        // WeChat's number of it, its own within the account.
        .col(big_integer("wechat_id"))
        .col(text("name"))
        // How many have it, as WeChat last told.
        .col(big_integer("followers").default(0))
        .col(big_integer("version").default(1))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .index(Index::create().unique().col("account_id").col("wechat_id"))
        .index(Index::create().unique().col("account_id").col("name"))
        .to_owned();
    manager.create_table(tags).await?;
    let db = manager.get_connection();
    // The pairs of one tag lie together, ordered by follower.
    let kept = if db.get_database_backend() == DbBackend::Sqlite { " WITHOUT ROWID" } else { "" };
    db.execute_unprepared(&format!(
        "CREATE TABLE follower_tags (tag_id BIGINT NOT NULL REFERENCES tags (id), \
         follower_id BIGINT NOT NULL REFERENCES followers (id), PRIMARY KEY (tag_id, follower_id)){kept}"
    ))
    .await?;
    db.execute_unprepared("CREATE INDEX follower_tags_of ON follower_tags (follower_id)").await?;
    Ok(())
}

/// The search index as the list engine reads it.
async fn search(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let statements: &[&str] = if db.get_database_backend() == DbBackend::Sqlite {
        &["CREATE VIRTUAL TABLE followers_search USING fts5(words, content='', contentless_delete=1, detail='none', \
           prefix='1 2 3', tokenize='unicode61 remove_diacritics 0')"]
    } else {
        &[
            "CREATE TABLE followers_search (id BIGINT PRIMARY KEY REFERENCES followers ON DELETE CASCADE, \
             words TSVECTOR NOT NULL)",
            "CREATE INDEX followers_search_words ON followers_search USING GIN (words) WITH (fastupdate = off)",
        ]
    };
    for statement in statements {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}

fn days() -> TableCreateStatement {
    Table::create()
        .table("follower_days")
        .col(big_integer("account_id"))
        // Days since 1970 by the shop's clock.
        .col(big_integer("day"))
        // WeChat's word for how they came; empty: not known.
        .col(text("source"))
        .col(big_integer("followed").default(0))
        .col(big_integer("left_").default(0))
        // Gone without WeChat having told: booked on the day it was noticed.
        .col(big_integer("found_left").default(0))
        // Followed before the shop was connected, and still do.
        .col(big_integer("imported").default(0))
        .primary_key(Index::create().col("account_id").col("day").col("source"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}
