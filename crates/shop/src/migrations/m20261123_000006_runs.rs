//! Long work that can be watched, paused and killed: runs, what happened to them, the lines they refused, and which
//! followers a reading of all of them has seen. How far the followers of an account are read.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Written out, not `LIKE`: SQLite takes a partial index only for the very same words.
const INDEXES: [&str; 5] = [
    "CREATE INDEX runs_of_account ON runs (account_id, id)",
    // One reading of an account's followers at a time.
    "CREATE UNIQUE INDEX runs_one ON runs (account_id) WHERE kind IN ('sync_full', 'sync_recent') \
     AND state IN ('queued', 'running', 'paused', 'waiting')",
    // One run of an account works at a time, on whatever node.
    "CREATE UNIQUE INDEX runs_working ON runs (account_id) WHERE state = 'running'",
    "CREATE INDEX runs_due ON runs (wake_at) WHERE state IN ('queued', 'running', 'waiting')",
    "CREATE INDEX run_events_of ON run_events (run_id, id)",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [runs(), events(), lines(), seen(), syncs()] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["follower_syncs", "run_seen", "run_lines", "run_events", "runs"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn one_of(column: &'static str, words: &[&'static str]) -> ColumnDef {
    text(column).check(Expr::col(column).is_in(words.iter().copied())).to_owned()
}

fn runs() -> TableCreateStatement {
    let count = |name| big_integer(name).default(0).to_owned();
    Table::create()
        .table("runs")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(one_of("kind", &["sync_full", "sync_recent", "mark", "records"]))
        .col(one_of("state", &["queued", "running", "paused", "waiting", "done", "partly", "failed", "cancelled"]))
        // JSON: what was asked, and how far it is.
        .col(text("ask"))
        .col(text("place"))
        .col(big_integer_null("total"))
        .col(count("seen"))
        .col(count("added"))
        .col(count("changed"))
        .col(count("gone"))
        .col(count("refused"))
        // Key of a text, and what WeChat said.
        .col(text_null("problem"))
        .col(text_null("detail"))
        .col(count("wake_at"))
        .col(text_null("holder"))
        .col(count("lease_until"))
        // When the holder began, and how many were seen then: the rate is told from these.
        .col(count("taken_at"))
        .col(count("taken_seen"))
        .col(text("asked_by"))
        // The same form asked twice is one run.
        .col(ColumnDef::new("form").text().null().unique_key())
        .col(big_integer("created_at"))
        .col(big_integer_null("started_at"))
        .col(big_integer_null("ended_at"))
        .col(big_integer("version").default(1))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn events() -> TableCreateStatement {
    Table::create()
        .table("run_events")
        .col(big_pk_auto("id"))
        .col(big_integer("run_id"))
        .col(text("event"))
        .col(text("from_state"))
        .col(text("to_state"))
        .col(text("who"))
        .col(text("by"))
        .col(text("why").default(""))
        .col(big_integer("at"))
        .foreign_key(ForeignKey::create().from_col("run_id").to("runs", "id").on_delete(ForeignKeyAction::Cascade))
        .to_owned()
}

fn lines() -> TableCreateStatement {
    Table::create()
        .table("run_lines")
        .col(big_integer("run_id"))
        .col(big_integer("number"))
        .col(text("subject"))
        .col(big_integer_null("errcode"))
        .col(text("detail"))
        .primary_key(Index::create().col("run_id").col("number"))
        .foreign_key(ForeignKey::create().from_col("run_id").to("runs", "id").on_delete(ForeignKeyAction::Cascade))
        .to_owned()
}

/// Bit n of chunk c: the follower with row number c · 32,768 + n was seen.
fn seen() -> TableCreateStatement {
    Table::create()
        .table("run_seen")
        .col(big_integer("run_id"))
        .col(big_integer("chunk"))
        .col(ColumnDef::new("bits").blob().not_null())
        .primary_key(Index::create().col("run_id").col("chunk"))
        .foreign_key(ForeignKey::create().from_col("run_id").to("runs", "id").on_delete(ForeignKeyAction::Cascade))
        .to_owned()
}

fn syncs() -> TableCreateStatement {
    Table::create()
        .table("follower_syncs")
        .col(big_integer("account_id").primary_key())
        // Where WeChat's list goes on for those who came since.
        .col(text_null("last_openid"))
        .col(big_integer_null("full_at"))
        .col(big_integer_null("recent_at"))
        // The account may not list followers: not tried by itself before then.
        .col(big_integer("not_before").default(0))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}
